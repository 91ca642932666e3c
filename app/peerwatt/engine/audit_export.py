"""Gathers a member's day as an audit file: which slots, events and batches prove which figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from peerwatt.chain.bindings.artefact import load_artefact
from peerwatt.chain.bindings.layout import bits
from peerwatt.chain.encoding import to_hex
from peerwatt.chain.proofs.signed import decode_transaction
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.model.units import INTERVAL_S
from peerwatt.model.verified import Unproven

from .audit_file import Evidence, Found, member_topic

Json = dict[str, Any]

FORMAT = "peerwatt-audit"
VERSION = 1
SEALED = ("qbft", "ibft2")
"""Kinds of consensus whose single blocks prove by their seals that they are final."""
RING_HOURS = 192
SETTLED = ("Settled", "Finalised", "TruedUp", "DealServed")
CONTRACTS = ("Registry", "Market", "Meter", "Settlement")
BATCH_FIELDS = ("member", "first", "import_wh", "export_wh", "rows", "v", "r", "s")


@dataclass(frozen=True, slots=True)
class DayWanted:
    """Whose day; intervals are ``first`` to ``first + count - 1``."""

    member: str
    first: int
    count: int


async def export_day(reader: ProvenReader, wanted: DayWanted) -> Json:
    """Return the audit file of a day without its bill. Raises ChainFault.

    State is proven at the newest final block; orders and sums stay provable for eight days.
    """
    client, network = reader.client, reader.client.network
    if network.consensus not in SEALED:
        raise Unproven(
            f"An audit file rests on seals of QBFT or IBFT 2.0; this is {network.consensus}."
        )
    evidence = Evidence(reader, client.pinned(client.final_number))
    wanted = await _settled_part(evidence, network.contracts, wanted)
    await _prove_state(evidence, network.contracts, wanted)
    start = await evidence.first_block_at(wanted.first * INTERVAL_S)
    events = await _events(evidence, network.contracts["Settlement"], wanted, start)
    batches = await _batches(evidence, network.contracts["Meter"], wanted, start)
    validators = getattr(evidence.state, "validators", ())
    shown = [evidence.show(found) for found in events]
    return {
        "format": FORMAT,
        "version": VERSION,
        "member": wanted.member.lower(),
        "first": wanted.first,
        "count": wanted.count,
        "chain": {
            "id": network.chain_id,
            "consensus": network.consensus,
            "validators": [to_hex(one) for one in validators],
        },
        "contracts": {name: network.contracts[name].lower() for name in CONTRACTS},
        "block": evidence.state.header.number,
        "headers": evidence.headers,
        "events": shown,
        "batches": batches,
        "nodes": evidence.nodes,
    }


async def _settled_part(
    evidence: Evidence, contracts: Mapping[str, str], wanted: DayWanted
) -> DayWanted:
    """Return the part of a day that is settled. Raises Unproven where nothing is."""
    address = contracts["Settlement"]
    slot = load_artefact("Settlement").layout.of("state", wanted.member)
    word = (await evidence.slots({address: [slot]}))[address][slot]
    first = max(wanted.first, bits(word, 16, 32))
    end = min(wanted.first + wanted.count, bits(word, 48, 32) + 1)
    if not word or end <= first:
        raise Unproven("Nothing of that day is settled yet; try again when its readings are in.")
    return DayWanted(wanted.member, first, end - first)


async def _prove_state(evidence: Evidence, contracts: Mapping[str, str], wanted: DayWanted) -> None:
    """Prove every word that the bill follows from."""
    member, span = wanted.member, range(wanted.first, wanted.first + wanted.count)
    registry, market, settlement = (
        load_artefact(name).layout for name in ("Registry", "Market", "Settlement")
    )
    word = registry.of("member_words", member)
    places = contracts["Registry"], contracts["Market"], contracts["Settlement"]
    key = registry.of("meter_of", member)
    zone = bits((await evidence.slots({places[0]: [word, key]}))[places[0]][word], 0, 8)
    books = [zone]
    while len(books) < 3:
        slot = market.of("books", books[-1])
        parent = bits((await evidence.slots({places[1]: [slot]}))[places[1]][slot], 238, 8)
        if parent == 0:
            break
        books.append(parent)
    hours = sorted({interval // 4 for interval in span})
    await evidence.slots(
        {
            places[1]: [
                *(market.of("orders", member) + hour % RING_HOURS for hour in hours),
                *(market.of("results", book, i) for book in books for i in span),
            ],
            places[2]: [
                settlement.slot("params"),
                settlement.slot("next_params"),
                *(settlement.of("records", member) + hour % RING_HOURS for hour in hours),
                *(
                    settlement.of("tallies", zone) + interval // 2 % (2 * RING_HOURS)
                    for interval in span
                ),
            ],
        }
    )


async def _events(evidence: Evidence, address: str, wanted: DayWanted, start: int) -> list[Found]:
    """Return the settlement's events about the member and the day, in the chain's order."""
    artefact, who = load_artefact("Settlement"), member_topic(wanted.member)
    topics = [artefact.topic(name) for name in SETTLED]
    found = await evidence.events(address, [topics, [who]], start)
    found += await evidence.events(address, [topics[-1:], None, [who]], start)
    kept = [one for one in found if _concerns(artefact.decode_event(one.event.log), wanted)]
    return sorted(kept, key=lambda one: (one.event.block_number, one.event.log_index))


def _concerns(decoded: tuple[str, Mapping[str, Any]] | None, wanted: DayWanted) -> bool:
    if decoded is None:
        return False
    _, values = decoded
    first = int(values["first"] if "first" in values else values["interval"])
    count = int(values.get("count", len(values.get("rows", (0,)))))
    return first < wanted.first + wanted.count and wanted.first < first + count


async def _batches(evidence: Evidence, address: str, wanted: DayWanted, start: int) -> list[Json]:
    """Return the batches that the member's meter signed, out of the calls that carried them."""
    meter = load_artefact("Meter")
    topics = [[meter.topic("Metered")], [member_topic(wanted.member)]]
    batches: dict[int, Json] = {}
    for found in await evidence.events(address, topics, start):
        data = decode_transaction(found.raw_transaction).data
        for batch in _carried(data):
            overlaps = batch["first"] + len(batch["rows"]) // 16 > wanted.first
            if batch.pop("member") == wanted.member.lower() and overlaps:
                batches[batch["first"]] = batch
    end = wanted.first + wanted.count
    return [batches[first] for first in sorted(batches) if first < end]


def _carried(data: bytes) -> Iterable[Json]:
    """Read the batches of a call of ``Meter.submit`` or ``Settlement.settle``."""
    from eth_abi.abi import decode

    selectors = {
        load_artefact("Meter").selector("submit"),
        load_artefact("Settlement").selector("settle"),
    }
    if data[:4] not in selectors:
        return
    kind = "(address,uint64,uint64,uint64,bytes,uint8,bytes32,bytes32)[]"
    listed: Sequence[Sequence[Any]] = decode([kind], data[4:])[0]
    for values in listed:
        batch = dict(zip(BATCH_FIELDS, values, strict=True))
        yield {
            name: to_hex(value) if isinstance(value, bytes) else value
            for name, value in batch.items()
        }
