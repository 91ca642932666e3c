"""Mutations of what nodes answer about state, receipts and transactions.

What is no lie here: members of an answer that the client does not read, because the record is
rebuilt from what was proven (hashes, places, blooms of receipts, the key beside a slot's proof).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from peerwatt.chain.encoding import address_bytes
from peerwatt.chain.proofs.account import verify_answer
from peerwatt.chain.proofs.receipts import verify_receipts
from peerwatt.chain.proofs.transactions import verify_transactions

from .corpus import Target
from .mutate import change_bytes, change_json
from .probe import slots_of
from .scene import BUSY, LENGTH, NOBODY, PEOPLE, Scene

Json = dict[str, Any]
Same = Callable[[Any], Any]
"""Reduces an answer to what it says; raises for what says nothing."""


def _target(
    name: str, true: Any, check: Callable[[Any], object], says: Same, weight: int,
    foreign: Sequence[str] = (),
) -> Target:  # fmt: skip
    """A target whose changes are changed JSON."""
    truth = says(true)

    def is_lie(made: Any) -> bool:
        try:
            return bool(says(made) != truth)
        except (TypeError, KeyError, ValueError, AttributeError):
            return True

    return Target(name, lambda rng: change_json(rng, true, foreign), check, is_lie, weight)


def _only(names: Sequence[str]) -> Callable[[Mapping[str, Any]], list[Any]]:
    return lambda item: [item[name] for name in names]


_ACCOUNT = _only(("accountProof", "balance", "nonce", "codeHash", "storageHash"))


def _says_proof(answer: Any) -> Any:
    entries = [(entry["value"], entry["proof"]) for entry in answer["storageProof"]]
    if not isinstance(answer["storageProof"], list):
        raise TypeError
    return _ACCOUNT(answer), entries


def _says_absence(answer: Any) -> Any:
    """Nodes disagree on which hashes an absent account has, so they are not looked at."""
    return answer["accountProof"], answer["balance"], answer["nonce"], answer["storageProof"]


def _says_receipts(answer: Any) -> Any:
    if not isinstance(answer, list):
        raise TypeError
    return [
        (
            item.get("type", "0x0"), item["status"], item["cumulativeGasUsed"],
            _listed([_only(("address", "topics", "data"))(log) for log in _listed(item["logs"])]),
        )
        for item in answer
    ]  # fmt: skip


def _listed(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


_SIGNED = ("nonce", "gas", "to", "value", "input", "r", "s")
_PRICES = {
    "0x0": ("gasPrice",),
    "0x1": ("gasPrice",),
    "0x2": ("maxFeePerGas", "maxPriorityFeePerGas"),
}


def _says_transactions(answer: Any) -> Any:
    return [_says_transaction(item) for item in _listed(answer)]


def _says_transaction(item: Any) -> Any:
    kind = item.get("type", "0x0")
    names = (*_SIGNED[:2], *_PRICES[kind], *_SIGNED[3:])
    said = [kind, item.get("to"), *(item[name] for name in names)]
    if kind == "0x0":
        return [*said, item["v"]]
    parity = item["v"] if item.get("yParity") is None else item["yParity"]
    return [*said, item["chainId"], item.get("accessList", []), parity]


def _proof_targets(scene: Scene, answers: Mapping[str, Any]) -> list[Target]:
    root = scene.block(LENGTH).header.state_root
    slots = slots_of(scene)
    nodes = json.loads(json.dumps(answers["foreign"]))

    def target(name: str, address: str, wanted: list[int], says: Same, weight: int) -> Target:
        raw = address_bytes(address)

        def check(made: Any) -> object:
            return verify_answer(root, raw, wanted, made)

        return _target(name, answers[name], check, says, weight, nodes)

    return [
        target("account with slots", scene.credit.address, slots, _says_proof, 10),
        target("account proof", PEOPLE[0].address, [], _says_proof, 6),
        target("proof of an account's absence", NOBODY, [], _says_absence, 4),
        _node_target("nodes of proofs", scene, answers["account with slots"], 10),
    ]


def _node_target(name: str, scene: Scene, true: Json, weight: int) -> Target:
    """Change the bytes of one node, or put one node more or less: always refused."""
    root = scene.block(LENGTH).header.state_root
    raw, slots = address_bytes(scene.credit.address), slots_of(scene)

    def change(rng: Random) -> tuple[str, Json]:
        which = rng.randrange(len(slots) + 1)
        proofs = [list(true["accountProof"])]
        proofs += [list(entry["proof"]) for entry in true["storageProof"]]
        proof = proofs[which]
        at = rng.randrange(len(proof))
        kind, node = change_bytes(rng, bytes.fromhex(proof[at][2:]))
        proof[at] = "0x" + node.hex()
        listed = [
            entry | {"proof": proofs[index + 1]} for index, entry in enumerate(true["storageProof"])
        ]
        made = true | {"accountProof": proofs[0], "storageProof": listed}
        return f"{'slot' if which else 'account'} node: {kind}", made

    return Target(
        name, change, lambda made: verify_answer(root, raw, slots, made),
        lambda made: bool(_says_proof(made) != _says_proof(true)), weight,
    )  # fmt: skip


async def proof_targets(scene: Scene) -> list[Target]:
    """Everything about state and about the scene's busiest block."""
    at, header = hex(LENGTH), scene.block(BUSY).header
    keys = [f"0x{slot:064x}" for slot in slots_of(scene)]
    answers: Json = {
        "account with slots": await scene.ask("eth_getProof", scene.credit.address, keys, at),
        "account proof": await scene.ask("eth_getProof", PEOPLE[0].address, [], at),
        "proof of an account's absence": await scene.ask("eth_getProof", NOBODY, [], at),
    }
    earlier = [
        await scene.ask("eth_getProof", scene.credit.address, keys, hex(number))
        for number in (4, BUSY - 1)
    ]
    answers["foreign"] = [
        node
        for answer in (*answers.values(), *earlier)
        for proof in (answer["accountProof"], *(e["proof"] for e in answer["storageProof"]))
        for node in proof
    ]
    receipts = await scene.ask("eth_getBlockReceipts", hex(BUSY))
    block = await scene.ask("eth_getBlockByNumber", hex(BUSY), True)
    assert isinstance(block, dict)
    root = header.transactions_root
    return [
        *_proof_targets(scene, answers),
        _target("receipts of a block", receipts,
                lambda made: verify_receipts(header.receipts_root, made), _says_receipts, 12),
        _target("transactions of a block", block["transactions"],
                lambda made: verify_transactions(root, made), _says_transactions, 10),
    ]  # fmt: skip
