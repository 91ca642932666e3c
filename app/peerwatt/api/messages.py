"""Every message of the local API, typed once: the OpenAPI document and the client follow from it.

The state of the house is a set of *sections*. ``GET /v1/state`` answers all of them; the stream
``GET /v1/stream`` (server-sent events) sends a section whole each time it changed, with the
section's name as the event's name.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .base import ChainValue, Message, TrustMark
from .community_messages import CommunityView
from .market_messages import MarketView
from .wallet_messages import (
    AccountView,
    BroadcastSend,
    LabelTransaction,
    RefreshAccounts,
    ResolveEvidence,
    TransactionView,
)


class ClockView(Message):
    """Time in the engine; ``speed`` is simulated seconds per second, 1 in a real house."""

    now_s: float
    simulated: bool
    speed: float = 1.0
    timezone: str = "UTC"


class EngineView(Message):
    """The engine itself."""

    version: str
    site_name: str
    started_s: float
    cycle: int
    cycle_ms: float
    """Duration of the last control cycle, milliseconds of real time."""
    demo: bool = False


class FlowView(Message):
    """Power now, W, with the signs of the design; ``None`` where not known."""

    time_s: float
    grid_w: float | None = None
    pv_w: float | None = None
    battery_w: float | None = None
    ev_w: float | None = None
    home_w: float | None = None
    soc_pct: float | None = None
    battery_capacity_wh: int | None = None
    car_present: bool | None = None
    car_status: str | None = None
    neighbours_w: float | None = None
    """Part of the grid power that is traded with neighbours in this interval (+ bought)."""
    stale: tuple[str, ...] = ()
    """Names out of grid, pv, battery, ev whose value is too old; shown greyed."""
    has_battery: bool = True
    has_car: bool = True
    has_pv: bool = True


class DayView(Message):
    """Today so far (local day of the site)."""

    date: str
    pv_wh: int = 0
    import_wh: int = 0
    export_wh: int = 0
    home_wh: int = 0
    ev_wh: int = 0
    battery_charged_wh: int = 0
    battery_discharged_wh: int = 0
    bought_wh: int = 0
    sold_wh: int = 0
    mean_trade_price_micro: int | None = None
    bill_micro: int | None = None
    """What the settled part of today cost (+) or earned (-); proven."""
    supplier_only_micro: int | None = None
    """What the same energy would have cost with the supplier alone."""
    flexibility_micro: int = 0
    self_sufficiency_pct: float | None = None


class NextAction(Message):
    """One row of "what happens next, and why"."""

    action_id: str
    time_s: float
    what: str
    why: str
    subject: Literal["car", "battery", "market", "flexibility", "house"]
    undo: str | None = None
    """Words of the undo button (such as "Not tonight"); ``None`` where nothing can be undone."""
    change: str = ""
    """What would change it, in one sentence."""
    undo_cost_micro: int | None = None
    """What undoing it costs more over the coming days, found by planning the house around it;
    below zero it saves. ``None`` while that is not known."""


class PlanPoint(Message):
    """Plan of one interval, mean W."""

    interval: int
    pv_w: float
    home_w: float
    battery_w: float
    ev_w: float
    grid_w: float
    band_w: float
    """Half width of the error band of the grid power, W."""
    price_micro: int


class OverrideCosts(Message):
    """What each override would cost more than the plan if it were chosen now, micro-units."""

    car_now: int | None = None
    car_pause: int | None = None
    battery_hold: int | None = None


class ForecastScoreView(Message):
    """How forecasts of one quantity did, so far ahead."""

    quantity: Literal["pv", "load"]
    stage: str
    """How far ahead: ``1 h``, ``6 h``, ``24 h`` or ``48 h``."""
    error_w: float
    """Mean absolute error."""
    bias_w: float
    """Mean of forecast less measured."""
    crps_w: float
    best: str
    """The method with the least error here; ``bands`` is the one that is used."""
    best_error_w: float


class ForecastView(Message):
    """What forecasts rest on, and how good they were in the last two weeks."""

    learned_s: float | None = None
    """When they were last learned; ``None``: still from rules of thumb."""
    learned_days: float = 0.0
    weather: str = ""
    """What is wrong with the weather source; empty where all is well or there is none."""
    scores: tuple[ForecastScoreView, ...] = ()


class PlanView(Message):
    """Next hours."""

    made_s: float | None = None
    points: tuple[PlanPoint, ...] = ()
    actions: tuple[NextAction, ...] = ()
    sentence: str = ""
    """What is to be known of the plan itself: that it is old, or made by rule; mostly empty."""
    solve_ms: float = 0.0
    overrides: OverrideCosts = OverrideCosts()
    forecast: ForecastView = ForecastView()


class DeviceValue(Message):
    """One value that a device reads, ready for a table."""

    name: str
    value: float | int | str | None
    unit: str = ""


class DeviceView(Message):
    """One device with the state of its twin and the age of its data."""

    device_id: str
    kind: Literal["meter", "inverter", "battery", "charger"]
    protocol: str
    title: str
    address: str
    version: str = ""
    health: Literal["connecting", "fresh", "stale", "away"]
    sentence: str = ""
    last_reading_s: float | None = None
    samples: int = 0
    errors: int = 0
    writes: int = 0
    twin_state: str | None = None
    twin_transitions: int = 0
    twin_root: str | None = None
    control: str | None = None
    """What is being asked of it and why, in one sentence."""
    values: tuple[DeviceValue, ...] = ()


class DevicesView(Message):
    """Every device that is set up, in the order of kind and id."""

    devices: tuple[DeviceView, ...] = ()


class FlexView(Message):
    """One request with our answer to it."""

    request_id: int
    direction: Literal["reduce", "increase"]
    first_interval: int
    interval_count: int
    quantity_wh: int
    max_price_micro: int
    penalty_micro: int
    offer_deadline_s: int
    state: Literal[
        "open", "not for us", "offered", "awarded", "declined", "delivering", "verified", "failed"
    ]
    offered_wh: int | None = None
    offer_price_micro: int | None = None
    baseline_wh: int | None = None
    awarded_wh: int = 0
    delivered_wh: int | None = None
    """Verified on chain once ``state`` is verified, else the meter's figure so far."""
    paid_micro: int | None = None
    reason: str = ""
    mark: TrustMark = TrustMark.PENDING
    curve: tuple[tuple[float, float, float], ...] = ()
    """(time_s, promised net W, measured net W) during the window."""


class FlexibilityView(Message):
    """Requests of the network operator, and what serving them earned (micro-units)."""

    requests: tuple[FlexView, ...] = ()
    earned_micro: int = 0
    active_request_id: int | None = None
    active_until_s: float | None = None
    sentence: str = ""


class AgentView(Message):
    """The key with which the engine trades, and the limits the contract holds it to."""

    address: str | None = None
    stored_in: str = ""
    daily_limit: ChainValue
    spent_today: ChainValue
    min_price_micro: int | None = None
    max_price_micro: int | None = None
    expires_s: int | None = None
    daily_sales_wh: int | None = None
    sold_today_wh: int | None = None
    state: Literal["none", "active", "paused", "expired", "revoked"] = "none"
    """As the contract holds it; ``none`` where it was never authorised or is not read yet."""
    may_trade: bool = False
    may_offer: bool = False


class WalletView(Message):
    """Balances of the owner, each with its mark."""

    owner_address: str | None = None
    currency: str = "EUR"
    credit: ChainValue
    escrowed: ChainValue
    total_supply: ChainValue
    agent: AgentView
    transactions: tuple[TransactionView, ...] = ()
    accounts: tuple[AccountView, ...] = ()
    """Accounts of the wallet, the member's first."""
    incomplete: str = ""
    """Where payments may be missing from the list, in words; balances are proven apart from it."""
    sentence: str = ""


class EndpointView(Message):
    """One endpoint, named by host and port; an endpoint of a beacon chain has no block number."""

    url: str
    state: Literal["following", "behind", "away", "contradicts"]
    head: int | None = None
    sentence: str = ""
    head_age_s: float | None = None
    """Age of its newest verified block, s."""
    blocks_behind: int | None = None
    answered_s: float | None = None
    """When it answered last, Unix s."""


class EvidenceView(Message):
    """Two valid histories of one chain: what was found, and what the owner can do."""

    height: int
    ours_hash: str = ""
    """Block that was verified first; empty where the network tells no hashes."""
    theirs_hash: str = ""
    endpoint: str
    """Who served the second one."""
    sentence: str
    todo: str
    can_resolve: bool
    """Whether ``chain-resolve`` goes on; else only a new trust root does."""


class ChainView(Message):
    """The light client."""

    network: str
    title: str = ""
    """The network's name for the owner."""
    consensus: str
    chain_id: int
    validators: int
    state: Literal["starting", "verified", "behind", "stale", "away", "expired", "stopped"]
    sentence: str = ""
    head: int | None = None
    head_time_s: int | None = None
    final: int | None = None
    """Newest block that can no longer be replaced."""
    finality: str = ""
    """What "final" rests on, in words."""
    evidence: str = ""
    """What was found against the chain, in words; empty where nothing was."""
    found: EvidenceView | None = None
    """The same in parts."""
    trust_root: str = ""
    """What everything rests on: number and hash of a block, or a checkpoint."""
    block_period_s: int = 0
    reading: str = ""
    """Why values are not read from the verified block; empty while they are."""
    headers_verified: int = 0
    proofs_verified: int = 0
    rejected: int = 0
    endpoints: tuple[EndpointView, ...] = ()


class Notice(Message):
    """A line of the log for the owner: lost and regained devices, decisions, faults."""

    notice_id: int
    time_s: float
    level: Literal["info", "good", "warning", "fault"]
    source: str
    sentence: str


class NoticesView(Message):
    """Lines of the owner's log, oldest first."""

    notices: tuple[Notice, ...] = ()


class OverrideView(Message):
    """The owner's overrides in force."""

    car: Literal["auto", "now", "pause"] = "auto"
    car_until_s: float | None = None
    battery: Literal["auto", "hold"] = "auto"
    battery_until_s: float | None = None
    market_paused: bool = False
    declined_requests: tuple[int, ...] = ()


class SiteState(Message):
    """All sections."""

    clock: ClockView
    engine: EngineView
    flow: FlowView
    day: DayView
    plan: PlanView
    devices: DevicesView
    market: MarketView
    flexibility: FlexibilityView
    community: CommunityView
    wallet: WalletView
    chain: ChainView
    notices: NoticesView
    overrides: OverrideView


SECTIONS: dict[str, type[Message]] = {
    name: field.annotation
    for name, field in SiteState.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, Message)
}
"""Section name (also the event's name in the stream) -> its message."""


class PowerHistory(Message):
    """Mean powers, W, on a fixed grid of time; ``None`` where nothing was measured."""

    start_s: float
    step_s: int
    grid_w: tuple[float | None, ...]
    pv_w: tuple[float | None, ...]
    battery_w: tuple[float | None, ...]
    ev_w: tuple[float | None, ...]
    home_w: tuple[float | None, ...]
    soc_pct: tuple[float | None, ...]
    price_micro: tuple[int | None, ...] = ()
    """Price of the interval that holds each step: market where cleared, else retail."""


class Figures(Message):
    """Figures counted where they happen; the demo's report is made of them."""

    energy_wh: dict[str, float]
    devices: tuple[dict[str, str | int], ...]
    market: dict[str, int | list[int]]
    flexibility: dict[str, int]
    settlement: dict[str, int]
    chain: dict[str, str | int | bool]
    twins: dict[str, int | bool]
    errors: tuple[str, ...]


# Commands: every mutation is one of these and answers Changed.


class SetCar(Message):
    """Override the car: charge now, pause, or back to the plan."""

    command: Literal["set-car"] = "set-car"
    mode: Literal["auto", "now", "pause"]
    minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 240


class SetBattery(Message):
    """Override the battery: hold its charge, or back to the plan."""

    command: Literal["set-battery"] = "set-battery"
    mode: Literal["auto", "hold"]
    minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 240


class PauseMarket(Message):
    """Stop or resume placing orders; orders already placed stand."""

    command: Literal["pause-market"] = "pause-market"
    paused: bool


class DeclineRequest(Message):
    """Do not answer a DSO request that has not been awarded yet."""

    command: Literal["decline-request"] = "decline-request"
    request_id: int


class UndoAction(Message):
    """Undo one row of "what happens next"."""

    command: Literal["undo-action"] = "undo-action"
    action_id: str


class AdvanceClock(Message):
    """Drive a simulated clock forward; refused by an engine that runs on real time.

    Answers when the control cycle at the new time is complete.
    """

    command: Literal["advance-clock"] = "advance-clock"
    to_s: float
    speed: float = 1.0


class Shutdown(Message):
    """Release all devices and end the engine."""

    command: Literal["shutdown"] = "shutdown"


Command = Annotated[
    SetCar
    | SetBattery
    | PauseMarket
    | DeclineRequest
    | UndoAction
    | BroadcastSend
    | LabelTransaction
    | RefreshAccounts
    | ResolveEvidence
    | AdvanceClock
    | Shutdown,
    Field(discriminator="command"),
]


class Changed(Message):
    """What a command changed: the names of the sections to be looked at again, and a sentence."""

    sections: tuple[str, ...]
    sentence: str = ""


class Problem(Message):
    """Body of every error answer: what is wrong, where, what to do."""

    sentence: str


class SiteFile(Message):
    """Where the engine of a site listens; written 0600 beside the site's lock."""

    url: str
    token: str
    pid: int
    version: str
