"""Settlement: what an interval meant for a member, and debts that could not be paid at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .artefact import Artefact, load_artefact
from .layout import bits, signed
from .wants import Want, word


@dataclass(frozen=True, slots=True)
class SettlementResult:
    """One settled interval; money + received, - paid, micro-units."""

    bought_wh: int
    sold_wh: int
    trade_micro: int
    supplier_micro: int
    is_unmetered: bool
    """Settled after the grace period without a reading."""


class Settlement:
    """The settlement contract at an address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.artefact: Artefact = load_artefact("Settlement")

    def result(self, member: str, interval: int) -> Want[SettlementResult | None]:
        """A member's result; ``None`` before it is settled."""
        slot = self.artefact.layout.of("results", member, interval)
        return word(self.address, slot).map(decode_result)

    def owed(self, payer: str, payee: str) -> Want[int]:
        """What a payer could not pay so far, micro-units."""
        return word(self.address, self.artefact.layout.of("owed", payer, payee))

    def supplier_total(self, supplier: str) -> Want[int]:
        """What a supplier has earned (+) or paid (-), micro-units."""
        return word(self.address, self.artefact.layout.of("totals", supplier)).map(signed)

    def settle(self, interval: int, members: Sequence[str]) -> bytes:
        """Data that settles up to 64 members; clears the interval first where nobody did."""
        return self.artefact.calldata("settle", interval, list(members))

    def settle_unmetered(self, interval: int, members: Sequence[str]) -> bytes:
        """Data that settles members whose reading never came, after the grace period."""
        return self.artefact.calldata("settle_unmetered", interval, list(members))

    def collect(self, payer: str, payee: str) -> bytes:
        """Data that pays as much of a debt as the payer can pay now."""
        return self.artefact.calldata("collect", payer, payee)

    @staticmethod
    def deployment(credit: str, registry: str, market: str, meter: str) -> bytes:
        """Data that deploys the contract."""
        return load_artefact("Settlement").deployment(credit, registry, market, meter)


def decode_result(value: int) -> SettlementResult | None:
    """Unpack a result; ``None`` before the interval is settled."""
    if not value >> 255:
        return None
    return SettlementResult(
        bought_wh=bits(value, 32, 32),
        sold_wh=bits(value, 0, 32),
        trade_micro=signed(bits(value, 128, 64), 64),
        supplier_micro=signed(bits(value, 64, 64), 64),
        is_unmetered=bool(bits(value, 254, 1)),
    )
