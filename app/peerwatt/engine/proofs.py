"""Makes proof files of values of the screen: what is asked for becomes storage words and events."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from peerwatt.api.proof_messages import (
    AccountProof,
    AgentProof,
    BookProof,
    ClearingProof,
    CreditProof,
    EscrowProof,
    MeterProof,
    OrderProof,
    ProofFile,
    ProofOf,
    ReceiptProof,
    RequestProof,
    SettledProof,
    SupplyProof,
)
from peerwatt.chain.bindings.community import Community
from peerwatt.chain.bindings.market import BUCKETS, RING, RING_H, SELL_WORDS
from peerwatt.chain.bindings.meter import GRID
from peerwatt.chain.bundles.make import make_bundle
from peerwatt.chain.bundles.values import (
    AccountValue,
    BundleRefused,
    EventValue,
    ReceiptValue,
    Value,
    packed_values,
    storage_value,
)
from peerwatt.chain.encoding import checksum_address, to_hex
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.model.market import MarketRules
from peerwatt.model.units import interval_start_s
from peerwatt.model.verified import Unproven

from .chain_service import ChainService, order_intervals

MAX_VALUES = 2_000


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose values are meant where a wish names nobody."""

    owner: str
    agent: str | None
    now_s: float
    rules: MarketRules


async def make_proof(chain: ChainService, wanted: Sequence[ProofOf], now_s: float) -> ProofFile:
    """Return a file that proves what is wanted at the newest verified block.

    Raises Unproven or EndpointAway with one sentence.
    """
    if chain.facts is None:
        raise Unproven("The community's contracts are not verified yet; try again in a moment.")
    whose = Whose(chain.owner, chain.agent, now_s, chain.facts.rules)
    values: list[Value] = []
    for item in wanted:
        if isinstance(item, ReceiptProof):
            values += await _receipt(chain.community, chain.reader, item.transaction_hash)
        else:
            values += VALUES[type(item)](chain.community, whose, item)
        if isinstance(item, SettledProof):
            values += await chain.outcomes.evidence(item.interval)
    if len(values) > MAX_VALUES:
        raise BundleRefused("That is too much for one file; save fewer values at a time.")
    document = await make_bundle(chain.reader, values)
    number = int(document["block"]["number"])
    return ProofFile(name=_name(wanted, number), block_number=number, document=document)


def _name(wanted: Sequence[ProofOf], block: int) -> str:
    """Return a file name in plain letters."""
    first = wanted[0]
    about = next((v for k, v in first if k in {"interval", "request_id"}), "")
    words = f"{first.of}-{about}" if about != "" else first.of
    return re.sub(r"[^a-z0-9-]", "", f"peerwatt-proof-{words}-block-{block}") + ".json"


def _credit(community: Community, whose: Whose, item: CreditProof) -> list[Value]:
    holder = checksum_address(bytes.fromhex((item.holder or whose.owner)[2:]))
    label = f"Credits of {holder}"
    at = community.credit.address
    return [storage_value(label, at, "Credit", "balanceOf", holder, unit="micro-units")]


def _supply(community: Community, _: Whose, item: SupplyProof) -> list[Value]:
    del item
    at = community.credit.address
    return [storage_value("All credits", at, "Credit", "totalSupply", unit="micro-units")]


def _escrow(community: Community, whose: Whose, item: EscrowProof) -> list[Value]:
    """The account with the market, and the orders that hold its escrow."""
    del item
    account = packed_values(
        "Our account with the market",
        community.market.address,
        "Market",
        "account_words",
        whose.owner,
    )
    hours = dict.fromkeys(i // 4 for i in order_intervals(whose.now_s))
    return [*account, *(v for h in hours for v in _orders_of(community, whose.owner, h))]


def _order(community: Community, whose: Whose, item: OrderProof) -> list[Value]:
    return _orders_of(community, whose.owner, item.interval // 4)


def _orders_of(community: Community, owner: str, hour: int) -> list[Value]:
    """The word of our orders for the four quarters of an hour."""
    label = f"Our orders for the hour of {_when(hour * 4)}"
    place = hour % RING_H
    at = community.market.address
    return [*packed_values(label, at, "Market", "orders", owner, member=place)]


def _agent(community: Community, whose: Whose, item: AgentProof) -> list[Value]:
    del item
    if whose.agent is None:
        raise BundleRefused("The house has no key of its own.")
    at = community.registry.address
    return [
        *packed_values("The house's key", at, "Registry", "authority", whose.agent),
        *packed_values("Limits and use of the house's key", at, "Registry", "limits", whose.agent),
    ]


def _book(community: Community, whose: Whose, item: BookProof) -> list[Value]:
    at, groups = community.market.address, -(-whose.rules.ladder.count // BUCKETS)
    number = _number(whose.rules, item.reach)
    values: list[Value] = []
    for side, first in (("Wanted", 0), ("Offered", SELL_WORDS)):
        for group in range(groups):
            label = f"{side} for {_when(item.interval)}, from tick {BUCKETS * group}"
            place = item.interval % RING * 64 + first + group
            values += packed_values(label, at, "Market", "ladder", number, member=place)
    return values + _clearing_of(community, number, item.interval)


def _clearing(community: Community, whose: Whose, item: ClearingProof) -> list[Value]:
    return _clearing_of(community, _number(whose.rules, item.reach), item.interval)


def _number(rules: MarketRules, reach: int) -> int:
    """Return the number of the book at a reach. Raises BundleRefused."""
    if reach not in rules.reaches:
        raise BundleRefused("Our zone has no book of that reach.")
    return rules.book_at(reach).book


def _clearing_of(community: Community, book: int, interval: int) -> list[Value]:
    label = f"Result of book {book} for {_when(interval)}"
    return [*packed_values(label, community.market.address, "Market", "results", book, interval)]


def _settled(community: Community, whose: Whose, item: SettledProof) -> list[Value]:
    """State that an outcome follows from; the events that told it come beside."""
    i, owner = item.interval, whose.owner
    settlement, meter = community.settlement.address, community.meter.address
    place, when = i // 4 % RING_H, _when(i // 4 * 4)
    values: list[Value] = [
        *packed_values("How far we are settled", settlement, "Settlement", "state", owner),
        *packed_values(
            f"Settled for the hour of {when}",
            settlement,
            "Settlement",
            "records",
            owner,
            member=place,
        ),
        *packed_values(
            f"Metered for the hour of {when}", meter, "Meter", "rows", GRID, owner, member=place
        ),
        *_orders_of(community, owner, i // 4),
        *packed_values("Our terms", community.registry.address, "Registry", "member_words", owner),
    ]
    for reach in whose.rules.reaches:
        values += _clearing_of(community, whose.rules.book_at(reach).book, i)
    return values


def _request(community: Community, whose: Whose, item: RequestProof) -> list[Value]:
    at, number = community.flexibility.address, item.request_id
    label = f"Request {number} of the grid operator"
    return [
        *packed_values(label, at, "Flexibility", "requests", number),
        *packed_values(label, at, "Flexibility", "requests", number, member=1),
        *packed_values(
            f"{label}: escrow in micro-units", at, "Flexibility", "requests", number, member=2
        ),
        *packed_values(f"Our offer on {label}", at, "Flexibility", "offers", number, whose.owner),
    ]


def _meter(community: Community, whose: Whose, item: MeterProof) -> list[Value]:
    del item
    at = community.meter.address
    return [*packed_values("Our meter", at, "Meter", "last", GRID, whose.owner)]


def _account(_: Community, whose: Whose, item: AccountProof) -> list[Value]:
    address = checksum_address(bytes.fromhex((item.address or whose.owner)[2:]))
    return [
        AccountValue(f"Coins of {address}", address),
        AccountValue(f"Transactions sent by {address}", address, "nonce", ""),
    ]


VALUES: dict[type, Callable[..., list[Value]]] = {
    CreditProof: _credit,
    SupplyProof: _supply,
    EscrowProof: _escrow,
    AgentProof: _agent,
    OrderProof: _order,
    BookProof: _book,
    ClearingProof: _clearing,
    SettledProof: _settled,
    RequestProof: _request,
    MeterProof: _meter,
    AccountProof: _account,
}


async def _receipt(community: Community, reader: ProvenReader, wanted: str) -> list[Value]:
    """Return a transaction's outcome and its events; ours are decoded by name."""
    found = await reader.receipt(wanted)
    if found is None:
        raise BundleRefused(
            "The transaction is in no verified block that is kept; only the newest can be proven."
        )
    names = {address.lower(): name for name, address in community.addresses.items()}
    values: list[Value] = [ReceiptValue("Outcome of the transaction", wanted)]
    for index, event in enumerate(found.value.receipt.logs, found.value.first_log_index):
        contract = names.get(to_hex(event.address), "")
        label = f"Event of the contract {contract}" if contract else "Event of another contract"
        values.append(EventValue(label, wanted, index, contract))
    return values


def _when(interval: int) -> str:
    """Return an interval in words that mean the same everywhere."""
    at = datetime.fromtimestamp(interval_start_s(interval), UTC)
    return at.strftime("%Y-%m-%d %H:%M UTC")
