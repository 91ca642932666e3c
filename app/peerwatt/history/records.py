"""Frozen records of the history that no other package needs to know of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Retention:
    """How long power is kept at each resolution; 15-minute values are kept for ever."""

    second_days: int = 8
    minute_days: int = 730


@dataclass(frozen=True, slots=True)
class PowerSample:
    """Powers of one control cycle, W (signs of the design); ``None`` where not known."""

    time_s: float
    grid_w: float | None = None
    pv_w: float | None = None
    battery_w: float | None = None
    ev_w: float | None = None
    home_w: float | None = None
    soc_pct: float | None = None


Column = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class PowerColumns:
    """Mean powers, W, on a fixed grid: value i stands for ``start_s + i * step_s`` onwards.

    ``None`` marks a step in which nothing was measured.
    """

    start_s: int
    step_s: int
    grid_w: Column
    pv_w: Column
    battery_w: Column
    ev_w: Column
    home_w: Column
    soc_pct: Column


@dataclass(frozen=True, slots=True)
class EnergyTotals:
    """Energies over a stretch of time, Wh; ``None`` where not measured. All are zero or more."""

    import_wh: int | None = None
    export_wh: int | None = None
    pv_wh: int | None = None
    home_wh: int | None = None
    ev_wh: int | None = None
    battery_charged_wh: int | None = None
    battery_discharged_wh: int | None = None


@dataclass(frozen=True, slots=True)
class RegisterReading:
    """A device's cumulative register, Wh, as it stood when ``interval`` began."""

    device_id: str
    register: str
    """``import``, ``export``, ``pv``, ``charged``, ``discharged`` or ``ev``."""
    interval: int
    time_s: float
    value_wh: int


@dataclass(frozen=True, slots=True)
class ClearedPrice:
    """Result of one cleared interval."""

    interval: int
    price_micro: int
    volume_wh: int


class PartKind(StrEnum):
    """Which event told a part of an interval's outcome."""

    SETTLED = "settled"
    FINAL = "final"
    DEAL = "deal"
    TRUE_UP = "true-up"


@dataclass(frozen=True, slots=True)
class SettledPart:
    """What one proven event says of one interval of ours; money + received, - paid.

    A true-up has the signed readings and what they change with the supplier.
    """

    interval: int
    kind: PartKind
    block_number: int
    log_index: int
    transaction_hash: str
    import_wh: int = 0
    export_wh: int = 0
    bought_wh: int = 0
    sold_wh: int = 0
    trade_micro: int = 0
    supplier_micro: int = 0
    charge_micro: int = 0
    accuracy_micro: int = 0
    mid_market_micro: int = 0
    deal_micro: int = 0
    is_estimated: bool = False


class TransactionState(StrEnum):
    """Life of a transaction that we sent."""

    SENT = "sent"
    IN_BLOCK = "in block"
    FINAL = "final"
    FAILED = "failed"


class TransactionParty(StrEnum):
    """Whose key signed a transaction."""

    OWNER = "owner"
    AGENT = "agent"
    KEEPER = "keeper"
    """The agent's key, in the house's turn at a duty of the community."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class SentTransaction:
    """One transaction of our accounts; ``what`` is in plain words."""

    transaction_hash: str
    time_s: float
    what: str
    amount_micro: int | None = None
    state: TransactionState = TransactionState.SENT
    block_number: int | None = None
    by: TransactionParty = TransactionParty.AGENT
    account: str | None = None
    """Address that sent it."""
    recipient: str | None = None
    """Address it was sent to: for the agent always a contract."""
    nonce: int | None = None


class NoticeLevel(StrEnum):
    """How much a notice matters."""

    INFO = "info"
    GOOD = "good"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class NoticeRecord:
    """A line of the owner's log."""

    notice_id: int
    time_s: float
    level: NoticeLevel
    source: str
    sentence: str


@dataclass(frozen=True, slots=True)
class StoredModel:
    """What a forecaster learned, as JSON."""

    trained_s: float
    learned_from: int
    """Intervals that were known then."""
    body: str


@dataclass(frozen=True, slots=True)
class ForecastScore:
    """How one method did on one day; W where not said."""

    day: str
    """UTC day (ISO) on which the forecasts were given out."""
    quantity: str
    method: str
    stage: str
    count: int
    mae_w: float
    bias_w: float
    crps_w: float
    coverage: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class ChargingVisit:
    """One time the car was plugged in."""

    device_id: str
    plugged_s: float
    unplugged_s: float
    energy_wh: int
