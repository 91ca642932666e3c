"""Credits that moved from or to our accounts, told from all events of one proven transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from peerwatt.chain.bindings.artefact import Artefact
from peerwatt.chain.bindings.community import Community
from peerwatt.chain.encoding import address_bytes, checksum_address
from peerwatt.chain.reading.blocks import EventLog
from peerwatt.history.wallet_records import Movement
from peerwatt.wallet.address import ZERO_ADDRESS
from peerwatt.wallet.amounts import energy_text

Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Named:
    """An event of one of the community's contracts."""

    contract: str
    name: str
    values: Values
    event: EventLog


class MovementReader:
    """Knows the community's events."""

    def __init__(self, community: Community) -> None:
        bound: tuple[tuple[str, str, Artefact], ...] = (
            ("Credit", community.credit.address, community.credit.artefact),
            ("Settlement", community.settlement.address, community.settlement.artefact),
            ("Flexibility", community.flexibility.address, community.flexibility.artefact),
        )
        self._artefacts = {
            address_bytes(address): (name, artefact) for name, address, artefact in bound
        }
        self._market = checksum_address(address_bytes(community.market.address))

    def read(self, events: Iterable[EventLog], accounts: Sequence[str]) -> list[Movement]:
        """Return the movements of accounts (checksummed) among all events of proven blocks.

        Orders and settled intervals move credits within the market only and have rows of their own.
        """
        found: list[Movement] = []
        for _, group in groupby(events, key=lambda one: (one.block_number, one.transaction_index)):
            named = [known for one in group if (known := self._named(one)) is not None]
            for account in accounts:
                found += self._of(named, account)
        return found

    def _named(self, event: EventLog) -> Named | None:
        bound = self._artefacts.get(event.log.address)
        decoded = bound[1].decode_event(event.log) if bound else None
        if bound is None or decoded is None:
            return None
        return Named(bound[0], decoded[0], decoded[1], event)

    def _of(self, named: Sequence[Named], account: str) -> Iterable[Movement]:
        for one in named:
            if one.contract != "Credit" or one.name != "Transfer":
                continue
            sender, receiver = _address(one, "sender"), _address(one, "receiver")
            if account not in (sender, receiver) or sender == receiver:
                continue
            other, sign = (sender, 1) if receiver == account else (receiver, -1)
            if other == self._market:
                kind, what = _MARKET[sign]
            else:
                kind, what = _kind(named, account, other, sign)
            yield Movement(
                transaction_hash=f"0x{one.event.transaction_hash.hex()}",
                log_index=one.event.log_index,
                account=account,
                block_number=one.event.block_number,
                time_s=float(one.event.block_time_s),
                counterparty=other,
                amount_micro=sign * _number(one, "value"),
                kind=kind,
                what=what,
            )


_MARKET = {
    1: ("withdrawal", "Withdrawn from the account with the market"),
    -1: ("deposit", "Deposited in the account with the market"),
}


def _kind(named: Sequence[Named], account: str, other: str, sign: int) -> tuple[str, str]:
    if other == ZERO_ADDRESS:
        return ("issue", "") if sign > 0 else ("redemption", "")
    for one in named:
        if _is(one, "Flexibility", "Verified", "member", account):
            delivered = energy_text(_number(one, "delivered"))
            request = _number(one, "id")
            return "flexibility", f"The grid operator paid for {delivered} of request {request}"
        if one.contract == "Settlement" and one.name == "Collected":
            return "debt", ""
    return "transfer", ""


def _is(one: Named, contract: str, name: str, field: str, account: str) -> bool:
    return (one.contract, one.name) == (contract, name) and _address(one, field) == account


def _address(one: Named, field: str) -> str:
    return checksum_address(address_bytes(str(one.values[field])))


def _number(one: Named, field: str) -> int:
    value = one.values[field]
    return value if isinstance(value, int) else 0
