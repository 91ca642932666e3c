"""Everything a program reads through the client, compared with what the node itself says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from peerwatt.chain.answers.methods import VerifiedMethods
from peerwatt.chain.encoding import to_hex
from peerwatt.chain.reading.reader import ProvenReader

from .scene import BUSY, NOBODY, PEOPLE, Scene

MINE = PEOPLE[0].address
Ask = Callable[[ProvenReader, int], Awaitable[object]]
"""Reads at a block; returns plain values."""


@dataclass(frozen=True)
class Question:
    """One thing to read."""

    name: str
    ask: Ask
    groups: tuple[str, ...] = ("state", "events", "headers", "chain", "json", "wire")
    """Groups of lies in whose trials it is asked."""


def slots_of(scene: Scene) -> list[int]:
    """Storage slots of the credit contract: filled ones and one that is empty."""
    layout = scene.credit.artefact.layout
    people = [layout.of("balanceOf", person.address) for person in PEOPLE]
    return [layout.slot("totalSupply"), *people, layout.of("balanceOf", NOBODY)]


def _log(item: Mapping[str, object]) -> tuple[object, ...]:
    names = ("address", "topics", "data", "blockNumber", "blockHash", "transactionHash")
    named = tuple(
        str(item[name]).lower() if name == "address" else item[name]
        for name in (*names, "transactionIndex", "logIndex")
    )
    return (*named[:1], tuple(item["topics"]), *named[2:])  # type: ignore[arg-type]


def questions(scene: Scene) -> list[Question]:
    """Return all questions. Each asks at one block and returns comparable values."""
    credit, slots, sent = scene.credit.address, slots_of(scene), scene.sent[-6]

    async def several(reader: ProvenReader, at: int) -> object:
        found = (await reader.read({credit: slots, MINE: (), NOBODY: ()}, at)).value
        accounts = [found[item].account for item in (credit, MINE, NOBODY)]
        return dict(found[credit].slots), [(item.nonce, item.balance_wei) for item in accounts]

    async def code(reader: ProvenReader, at: int) -> object:
        return (await reader.code(credit, at)).value

    async def receipt(reader: ProvenReader, at: int) -> object:
        found = await reader.receipt(sent)
        if found is None:
            return None
        value = found.value
        logs = [(item.address, item.topics, item.data) for item in value.receipt.logs]
        place = (value.block_number, value.block_hash, value.transaction_index)
        return *place, value.succeeded, value.gas_used, logs

    async def events(reader: ProvenReader, at: int) -> object:
        listed = await reader.events(credit, 1, at)
        listed += await reader.events(scene.registry.address, 1, at)
        return [
            (
                to_hex(event.log.address),
                tuple(to_hex(topic) for topic in event.log.topics),
                to_hex(event.log.data),
                hex(event.block_number),
                to_hex(event.block_hash),
                to_hex(event.transaction_hash),
                hex(event.transaction_index),
                hex(event.log_index),
            )
            for event in listed
        ]

    async def methods(reader: ProvenReader, at: int) -> object:
        answers = VerifiedMethods(reader)
        try:
            return [
                await answers.answer(method, [*params, hex(at)]) for method, params in _calls(scene)
            ]
        finally:
            answers.close()

    async def body(reader: ProvenReader, at: int) -> object:
        return (await reader.body(min(BUSY, at))).transactions

    return [
        Question("accounts and slots", several),
        Question("code", code, ("state", "chain")),
        Question("receipt", receipt, ("events", "chain", "wire")),
        Question("events", events, ("events", "chain", "headers")),
        Question("transactions", body, ("events", "chain")),
        Question("methods and calls", methods, ("state", "chain")),
    ]


def _calls(scene: Scene) -> list[tuple[str, list[object]]]:
    """Requests that web3 would make; the last one runs a contract's code."""
    credit, data = scene.credit, scene.credit.artefact.calldata("balanceOf", MINE)
    slot = hex(credit.artefact.layout.of("balanceOf", MINE))
    return [
        ("eth_getBalance", [MINE]),
        ("eth_getTransactionCount", [MINE]),
        ("eth_getStorageAt", [credit.address, slot]),
        ("eth_call", [{"to": credit.address, "data": to_hex(data)}]),
    ]


async def truth(scene: Scene, at: int) -> dict[str, tuple[object, ...]]:
    """Return what may be answered to each question at a block, by the node's own plain methods."""
    credit, block = scene.credit.address, hex(at)
    stored = {}
    for slot in slots_of(scene):
        word = await scene.ask("eth_getStorageAt", credit, hex(slot), block)
        stored[slot] = int(str(word), 16)
    accounts = []
    for address in (credit, MINE, NOBODY):
        nonce = await scene.ask("eth_getTransactionCount", address, block)
        balance = await scene.ask("eth_getBalance", address, block)
        accounts.append((int(str(nonce), 16), int(str(balance), 16)))
    code = bytes.fromhex(str(await scene.ask("eth_getCode", credit, block))[2:])
    logs: list[dict[str, object]] = []
    for address in (credit, scene.registry.address):
        query = {"address": address, "fromBlock": "0x1", "toBlock": block}
        found = await scene.ask("eth_getLogs", query)
        assert isinstance(found, list)
        logs += found
    transactions = tuple(item.hash for item in scene.block(min(BUSY, at)).transactions)
    # "Not found" is no claim of absence, so it is no lie.
    receipts = (_receipt(scene), None)
    return {
        "accounts and slots": ((stored, accounts),),
        "code": (code,),
        "receipt": receipts if at >= BUSY else (None,),
        "events": ([_log(item) for item in logs],),
        "transactions": (transactions,),
        "methods and calls": (
            [await scene.ask(method, *params, block) for method, params in _calls(scene)],
        ),
    }


def _receipt(scene: Scene) -> object:
    from peerwatt.devnet.receipt import decode_receipt

    wanted = bytes.fromhex(scene.sent[-6][2:])
    stored = scene.node.store.transaction(wanted)
    assert stored is not None
    found = decode_receipt(stored.receipt)
    logs = [(address, tuple(topics), data) for address, topics, data in found.logs]
    place = (stored.block_number, scene.block(stored.block_number).hash, stored.position)
    return *place, found.succeeded, stored.gas_used, logs
