"""Lies about state: balances, nonces, storage, code, and the proofs of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from peerwatt.devnet.codec import rlp_decode, rlp_encode, to_list

from .front import Deceit
from .lie import Lie, Verdict, every_other, on
from .probe import MINE
from .scene import BUSY, PEOPLE, Scene

Json = dict[str, Any]
NODE = "0x" + rlp_encode([b"\x20" + b"k" * 32, b"v"]).hex()
"""A well-formed leaf that is in no trie here."""


def _flip(text: str, at: int = -1) -> str:
    """Change one digit of a hexadecimal text."""
    digits = list(text)
    digits[at] = "1" if digits[at] != "1" else "2"
    return "".join(digits)


def _set(**values: Any) -> Callable[[Json], Json]:
    return lambda answer: answer | values


def _plus_one(name: str) -> Callable[[Json], Json]:
    return lambda answer: answer | {name: hex(int(answer[name], 16) + 1)}


def _nodes(change: Callable[[list[str]], list[Any]]) -> Callable[[Json], Json]:
    """Change the account's proof."""
    return lambda answer: answer | {"accountProof": change(answer["accountProof"])}


def _slots(change: Callable[[list[Json]], Any]) -> Callable[[Json], Json]:
    """Change the storage proofs where there are any."""

    def changed(answer: Json) -> Json:
        listed = answer["storageProof"]
        return answer | {"storageProof": change(listed)} if listed else answer

    return changed


def _each_slot(change: Callable[[Json], Json]) -> Callable[[Json], Json]:
    return _slots(lambda listed: [change(entry) for entry in listed])


def _rich_leaf(answer: Json) -> Json:
    """Forge balance and leaf together, so that they agree."""
    *path, last = answer["accountProof"]
    leaf = to_list(rlp_decode(bytes.fromhex(last[2:])))
    if len(leaf) != 2 or not isinstance(leaf[1], bytes):
        return answer | {"balance": "0xffff"}
    account = to_list(rlp_decode(leaf[1]))
    account[1] = b"\xff\xff"
    forged = rlp_encode([leaf[0], rlp_encode(account)])
    return answer | {"accountProof": [*path, "0x" + forged.hex()], "balance": "0xffff"}


def _elsewhere(address: str | None, block: int | None) -> Callable[[Scene], Deceit]:
    """Answer with the true proof of another account, or of another block."""

    def deceive(scene: Scene) -> Deceit:
        def result(method: str, params: list[Any], honest: Any) -> Any | Awaitable[Any]:
            if method != "eth_getProof":
                return honest
            at = params[2] if block is None else hex(block)
            return scene.ask(method, address or params[0], params[1], at)

        return Deceit(result=result)

    return deceive


def _shifted(answer: Json) -> Json:
    """Give each slot the value and proof of its neighbour."""
    listed = answer["storageProof"]
    turned = [*listed[1:], *listed[:1]]
    pairs = zip(listed, turned, strict=True)
    return answer | {"storageProof": [other | {"key": own["key"]} for own, other in pairs]}


_PROOF_LIES: dict[str, tuple[Callable[[Json], Any], str]] = {
    "forged balance": (_plus_one("balance"), "differs from what its proof"),
    "forged nonce": (_plus_one("nonce"), "differs from what its proof"),
    "forged balance with a forged leaf": (_rich_leaf, "hash"),
    "forged storage root": (
        lambda a: a | {"storageHash": _flip(a["storageHash"])},
        "differ from what its proof",
    ),
    "forged code hash": (
        lambda a: a | {"codeHash": _flip(a["codeHash"])},
        "differ from what its proof",
    ),
    "forged storage value": (
        _each_slot(lambda e: e | {"value": hex(int(e["value"], 16) + 1)}),
        "storage value",
    ),
    "stored value denied": (_each_slot(lambda e: e | {"value": "0x0", "proof": []}), "proof"),
    "storage proof altered": (
        _each_slot(lambda e: e | {"proof": [_flip(node, 20) for node in e["proof"]]}),
        "hash",
    ),
    "storage proof truncated": (
        _each_slot(lambda e: e | {"proof": e["proof"][:-1]}),
        "ends before",
    ),
    "storage proof padded": (
        _each_slot(lambda e: e | {"proof": [*e["proof"], NODE]}),
        "not on its path",
    ),
    "storage proof reordered": (
        _each_slot(lambda e: e | {"proof": e["proof"][::-1]}),
        "hash",
    ),
    "storage proofs swapped": (_shifted, "proof"),
    "a slot left out": (_slots(lambda listed: listed[:-1]), "slots"),
    "a slot too many": (_slots(lambda listed: [*listed, listed[0]]), "slots"),
    "no slots": (_slots(lambda listed: []), "slots"),
    "slots as an object": (_slots(lambda listed: {"0": listed}), "slots"),
    "account denied": (_nodes(lambda nodes: []), "ends before"),
    "account proof truncated": (_nodes(lambda nodes: nodes[:-1]), "ends before"),
    "account proof without its root": (_nodes(lambda nodes: nodes[1:]), "hash|ends before"),
    "account proof padded": (_nodes(lambda nodes: [*nodes, NODE]), "not on its path"),
    "account proof doubled": (_nodes(lambda nodes: [*nodes, *nodes]), "not on its path"),
    "account proof with ten thousand nodes": (
        _nodes(lambda nodes: [*nodes, *[NODE] * 10_000]),
        "not on its path",
    ),
    "account proof reordered": (_nodes(lambda nodes: nodes[::-1]), "hash"),
    "account proof altered": (_nodes(lambda nodes: [_flip(n, 9) for n in nodes]), "hash"),
    "nodes as numbers": (_nodes(lambda nodes: [7 for _ in nodes]), "expected data"),
    "nodes without 0x": (_nodes(lambda nodes: [n[2:] for n in nodes]), "expected data"),
    "nodes with spaces": (
        _nodes(lambda nodes: [n[:4] + "  " + n[4:] for n in nodes]),
        "no hexadecimal",
    ),
    "proof as text": (_set(accountProof="0x"), "no list"),
    "proof missing": (_set(accountProof=None), "no list"),
    "balance as number": (_set(balance=12), "expected a number"),
    "balance beyond 256 bits": (_set(balance="0x" + "f" * 5000), "expected a number"),
    "answer null": (lambda a: None, "no object"),
    "answer a list": (lambda a: [a], "no object"),
}

_CODE_LIES: dict[str, Callable[[Any], Any]] = {
    "no code": lambda code: "0x",
    "another code": lambda code: "0x6000",
    "code altered": lambda code: _flip(code, 300),
    "code extended": lambda code: code + "00",
}


def _ignored(name: str, method: str, value: Any) -> Lie:
    """A lie in an answer that the client never asks for."""
    return Lie(name, "state", on(method, lambda _: value), Verdict.IGNORED)


_HINTS: dict[str, Any] = {
    "a stranger": [{"address": "0x" + "77" * 20, "storageKeys": ["0x" + "00" * 32]}],
    "too many": [{"address": MINE, "storageKeys": ["0x" + "00" * 32] * 5000}],
    "malformed": [{"address": "0x7", "storageKeys": [None]}],
    "no list": {"address": []},
    "empty": [],
}
"""What an endpoint may say a call will read; nothing of it may change the result."""

STATE_LIES = [
    *(
        Lie(name, "state", on("eth_getProof", change), Verdict.CONTRADICTS, words)
        for name, (change, words) in _PROOF_LIES.items()
    ),
    *(
        Lie(name, "state", on("eth_getCode", change), Verdict.CONTRADICTS, "does not hash")
        for name, change in _CODE_LIES.items()
    ),
    Lie("code null", "state", on("eth_getCode", lambda _: None), Verdict.CONTRADICTS, "expected"),
    Lie(
        "proof of another account", "state", _elsewhere(PEOPLE[1].address, None),
        Verdict.CONTRADICTS, "hash|proof",
    ),
    Lie(
        "proof of another block", "state", _elsewhere(None, BUSY - 1),
        Verdict.CONTRADICTS, "hash",
    ),
    Lie(
        "forged balance in every second answer", "state",
        every_other(on("eth_getProof", _plus_one("balance"))), Verdict.CONTRADICTS, "differs",
    ),
    *(
        _ignored(f"hints of a call: {name}", "eth_createAccessList", {"accessList": value})
        for name, value in _HINTS.items()
    ),
    _ignored("forged eth_call", "eth_call", "0x" + "00" * 31 + "07"),
    _ignored("forged eth_getBalance", "eth_getBalance", "0xffff"),
    _ignored("forged eth_getStorageAt", "eth_getStorageAt", "0x" + "ff" * 32),
    _ignored("forged eth_getTransactionCount", "eth_getTransactionCount", "0xff"),
]  # fmt: skip
