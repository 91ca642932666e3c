"""Settlement: what each interval meant for a member, from proven words and events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from peerwatt.model.market import SettledInterval

from .artefact import Artefact, load_artefact
from .layout import bits, signed
from .meter import SignedBatch
from .wants import Want, word

RING_HOURS = 192
"""Hours whose records the contract keeps."""


@dataclass(frozen=True, slots=True)
class MemberProgress:
    """How far a member is settled; intervals are 0 where there is none."""

    h: int
    """Its record of accuracy, of 65536."""
    first_interval: int
    settled_interval: int
    final_interval: int


@dataclass(frozen=True, slots=True)
class SettlementRecord:
    """What the contract keeps of a settled interval."""

    interval: int
    rest_wh: int
    """D, what the supplier's tariff applies to: + short, - long; after deals and sharing."""
    size_wh: int
    """Bought and sold together."""
    h: int
    is_estimated: bool
    is_on_time: bool
    shares: bool
    """Counted among those who choose "no fuss"."""
    is_final: bool


@dataclass(frozen=True, slots=True)
class SettledRow:
    """An interval as the event Settled tells it; money + received, - paid, micro-units."""

    interval: int
    import_wh: int
    export_wh: int
    bought_wh: int
    sold_wh: int
    trade_micro: int
    supplier_micro: int
    charge_micro: int
    """Use of system, - paid."""
    is_estimated: bool


@dataclass(frozen=True, slots=True)
class FinalRow:
    """An interval as the event Finalised tells it."""

    interval: int
    accuracy_micro: int
    mid_market_micro: int
    shared_wh: int


class Settlement:
    """The settlement contract at an address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.artefact: Artefact = load_artefact("Settlement")

    def progress(self, member: str) -> Want[MemberProgress | None]:
        """How far a member is settled; ``None`` before its first interval."""
        return word(self.address, self.artefact.layout.of("state", member)).map(decode_progress)

    def record(self, member: str, interval: int) -> Want[SettlementRecord | None]:
        """A member's interval; ``None`` before it is settled, or beyond the ring of 8 days."""
        layout = self.artefact.layout
        place = layout.of("records", member, member=interval // 4 % RING_HOURS)
        return Want(
            self.address,
            (layout.of("state", member), place),
            lambda words: decode_record(decode_progress(words[0]), words[1], interval),
        )

    def owed(self, payer: str, payee: str) -> Want[int]:
        """What a payer could not pay so far, micro-units."""
        return word(self.address, self.artefact.layout.of("owed", payer, payee))

    def settle(self, batches: Sequence[SignedBatch]) -> bytes:
        """Data that carries up to 16 batches to the Meter and settles their members."""
        return self.artefact.calldata("settle", [one.as_argument() for one in batches])

    def settle_known(self, member: str, count: int) -> bytes:
        """Data that settles up to 96 intervals whose rows or estimates are there."""
        return self.artefact.calldata("settle_known", member, count)

    def finalise(self, members: Sequence[str], count: int) -> bytes:
        """Data that finalises up to 96 intervals of up to 32 members."""
        return self.artefact.calldata("finalise", list(members), count)

    def true_up(self, member: str, first_interval: int, count: int) -> bytes:
        """Data that puts signed rows in place of estimates."""
        return self.artefact.calldata("true_up", member, first_interval, count)

    def collect(self, payer: str, payee: str) -> bytes:
        """Data that pays as much of a debt as the payer can pay now."""
        return self.artefact.calldata("collect", payer, payee)

    def set_deals(self, deals: str) -> bytes:
        """Data that names the contract of direct deals; only for the community, once."""
        return self.artefact.calldata("set_deals", deals)

    @staticmethod
    def deployment(
        registry: str,
        market: str,
        meter: str,
        imbalance: str,
        *,
        thin_wh: int,
        mid_micro: int,
        spread_micro: int,
        weight_permille: int,
        g_permille: int,
    ) -> bytes:
        """Data that deploys the contract; ``imbalance`` is the account that takes penalties,
        pays rewards and stands between those who share at ``mid_micro``."""
        figures = (thin_wh, mid_micro, spread_micro, weight_permille, g_permille)
        return load_artefact("Settlement").deployment(registry, market, meter, imbalance, *figures)


def decode_progress(value: int) -> MemberProgress | None:
    """Unpack a word of ``state``."""
    if not value >> 255:
        return None
    return MemberProgress(
        bits(value, 0, 16), bits(value, 16, 32), bits(value, 48, 32), bits(value, 80, 32)
    )


def decode_record(
    progress: MemberProgress | None, value: int, interval: int
) -> SettlementRecord | None:
    """Unpack an interval out of its hour's record."""
    if progress is None:
        return None
    settled = progress.settled_interval
    if not progress.first_interval <= interval <= settled:
        return None
    if interval // 4 + RING_HOURS <= settled // 4:
        return None
    at = interval % 4
    return SettlementRecord(
        interval,
        rest_wh=signed(bits(value, 44 * at, 23), 23),
        size_wh=bits(value, 44 * at + 23, 21),
        h=bits(value, 176, 16),
        is_estimated=bool(bits(value, 192 + at, 1)),
        is_on_time=bool(bits(value, 196 + at, 1)),
        shares=bool(bits(value, 200 + at, 1)),
        is_final=interval <= progress.final_interval,
    )


def decode_settled_row(value: int, interval: int) -> SettledRow:
    """Unpack a row of the event Settled."""
    return SettledRow(
        interval,
        import_wh=bits(value, 186, 20),
        export_wh=bits(value, 154, 20),
        bought_wh=bits(value, 0, 21),
        sold_wh=bits(value, 21, 21),
        trade_micro=signed(bits(value, 42, 64), 64),
        supplier_micro=signed(bits(value, 206, 50), 50),
        charge_micro=-bits(value, 106, 48),
        is_estimated=bool(bits(value, 185, 1)),
    )


def settled_rows(first_interval: int, rows: Sequence[int]) -> dict[int, SettledRow]:
    """Return the rows of an event Settled by interval."""
    return {i: decode_settled_row(row, i) for i, row in enumerate(rows, first_interval)}


def final_rows(
    first_interval: int, count: int, accuracies: Sequence[int], shared: Sequence[int]
) -> dict[int, FinalRow]:
    """Return what an event Finalised tells, by interval; ``accuracies`` has one word an hour."""
    parts = {first_interval + bits(word_, 0, 8): word_ for word_ in shared}
    found = {}
    for i in range(first_interval, first_interval + count):
        part = parts.get(i, 0)
        hour = accuracies[i // 4 - first_interval // 4]
        found[i] = FinalRow(
            i,
            accuracy_micro=signed(bits(hour, 64 * (i % 4), 64), 64),
            mid_market_micro=signed(bits(part, 40, 64), 64),
            shared_wh=bits(part, 8, 32),
        )
    return found


def deal_micro(values: Mapping[str, object], member: str) -> int:
    """Return what an event DealServed brought a member (+) or cost it (-): price, charge, and
    what its supplier gave back or took back for the same Wh."""
    numbers = {name: value for name, value in values.items() if isinstance(value, int)}
    cost = -(-numbers["quantity_wh"] * numbers["price"] // 1000)
    found = 0
    if str(values["seller"]).lower() == member.lower():
        found += cost + numbers["seller_supplier_micro"]
    if str(values["buyer"]).lower() == member.lower():
        found += numbers["buyer_supplier_micro"] - cost - numbers["charge"]
    return found


def settled_interval(
    row: SettledRow,
    final: FinalRow | None,
    price_micro: int,
    deals_micro: int = 0,
    trued_up_micro: int = 0,
    trued_up: tuple[int, int] | None = None,
) -> SettledInterval:
    """Return an interval's outcome from its proven events.

    ``price_micro`` is the zone's clearing price, ``deals_micro`` the sum of :func:`deal_micro`,
    ``trued_up`` the signed (import, export) of an event TruedUp with its money.
    """
    imported, exported = trued_up or (row.import_wh, row.export_wh)
    return SettledInterval(
        interval=row.interval,
        import_wh=imported,
        export_wh=exported,
        bought_wh=row.bought_wh,
        sold_wh=row.sold_wh,
        price_micro=price_micro,
        trade_micro=row.trade_micro,
        supplier_micro=row.supplier_micro + trued_up_micro,
        charge_micro=row.charge_micro,
        accuracy_micro=final.accuracy_micro if final else 0,
        mid_market_micro=final.mid_market_micro if final else 0,
        deal_micro=deals_micro,
        is_estimated=row.is_estimated and trued_up is None,
    )
