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
from peerwatt.chain.bindings.market import BUCKETS, SELL_WORDS
from peerwatt.chain.bindings.registry import SECONDS_PER_DAY
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
    tick_count: int


async def make_proof(chain: ChainService, wanted: Sequence[ProofOf], now_s: float) -> ProofFile:
    """Return a file that proves what is wanted at the newest verified block.

    Raises Unproven or EndpointAway with one sentence.
    """
    if chain.facts is None:
        raise Unproven("The community's contracts are not verified yet; try again in a moment.")
    whose = Whose(chain.owner, chain.agent, now_s, chain.facts.rules.ladder.count)
    values: list[Value] = []
    for item in wanted:
        if isinstance(item, ReceiptProof):
            values += await _receipt(chain.community, chain.reader, item.transaction_hash)
        else:
            values += VALUES[type(item)](chain.community, whose, item)
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
    del item
    intervals = order_intervals(whose.now_s)
    return [value for i in intervals for value in _order_of(community, whose.owner, i)]


def _order(community: Community, whose: Whose, item: OrderProof) -> list[Value]:
    return _order_of(community, whose.owner, item.interval)


def _order_of(community: Community, owner: str, interval: int) -> list[Value]:
    label = f"Order for {_when(interval)}"
    return [*packed_values(label, community.market.address, "Market", "orders", owner, interval)]


def _agent(community: Community, whose: Whose, item: AgentProof) -> list[Value]:
    del item
    if whose.agent is None:
        raise BundleRefused("The house has no key of its own.")
    at, day = community.registry.address, int(whose.now_s) // SECONDS_PER_DAY
    return [
        *packed_values("The house's key", at, "Registry", "authority", whose.agent),
        *packed_values("The house's key", at, "Registry", "limits", whose.agent),
        *packed_values("Used today by the house's key", at, "Registry", "used", whose.agent, day),
    ]


def _book(community: Community, whose: Whose, item: BookProof) -> list[Value]:
    at, groups = community.market.address, -(-whose.tick_count // BUCKETS)
    values: list[Value] = []
    for side, first in (("Wanted", 0), ("Offered", SELL_WORDS)):
        for group in range(groups):
            label = f"{side} for {_when(item.interval)}, from tick {BUCKETS * group}"
            values += packed_values(label, at, "Market", "ladder", item.interval, first + group)
    return values + _clearing_of(community, item.interval)


def _clearing(community: Community, _: Whose, item: ClearingProof) -> list[Value]:
    return _clearing_of(community, item.interval)


def _clearing_of(community: Community, interval: int) -> list[Value]:
    label = f"Result of the market for {_when(interval)}"
    return [*packed_values(label, community.market.address, "Market", "results", interval)]


def _settled(community: Community, whose: Whose, item: SettledProof) -> list[Value]:
    i, owner = item.interval, whose.owner
    settlement, meter = community.settlement.address, community.meter.address
    return [
        *packed_values(f"Settled for {_when(i)}", settlement, "Settlement", "results", owner, i),
        *packed_values(f"Metered for {_when(i)}", meter, "Meter", "delta", owner, i),
        *_clearing_of(community, i),
    ]


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
    return [*packed_values("Our meter", community.meter.address, "Meter", "last", whose.owner)]


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
