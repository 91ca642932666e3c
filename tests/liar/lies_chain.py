"""Lies about the chain as a whole: which chain, which head, which branch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from peerwatt.devnet.header import BlockHeader, block_hash

from .forge import Forgery, branch, one
from .front import Deceit
from .keys import SECOND_SET, quorum, reseal
from .lie import Lie, Verdict, on
from .lies_wire import SHORT_S, just_in_time
from .scene import LENGTH, PERIOD_S, Scene

QUORUM = quorum(len(SECOND_SET))
TOO_FEW = SECOND_SET[: QUORUM - 1]
NOT_OURS = "not the verified one|seals where|does not follow"


def _fork(first: int, length: int, *, sealed: bool) -> Callable[[Scene], Deceit]:
    signers = SECOND_SET if sealed else TOO_FEW
    return lambda scene: branch(scene, first, length, signers).deceit


def _depth(depth: int, longer: int, *, sealed: bool) -> Lie:
    """A branch that leaves the chain ``depth`` blocks before its head."""
    first, length = LENGTH + 1 - depth, depth + longer
    kind = "double quorum" if sealed else "no quorum"
    name = f"fork at depth {depth}, {longer:+d} blocks, {kind}"
    verdict = Verdict.STOPPED if sealed else Verdict.CONTRADICTS
    deceive = _fork(first, length, sealed=sealed)
    words, alone = ("", Verdict.UNSEEN) if sealed else (NOT_OURS, None)
    return Lie(name, "chain", deceive, verdict, words, height=first, alone=alone)


def _genesis(change: Callable[[BlockHeader], BlockHeader]) -> Callable[[Scene], Deceit]:
    return lambda scene: one(scene, 0, change(scene.block(0).header))


def _next(scene: Scene, **values: Any) -> BlockHeader:
    """An unsealed block after the head."""
    head = scene.block(scene.head).header
    template = replace(
        head, number=head.number + 1, parent_hash=block_hash(head),
        timestamp=head.timestamp + PERIOD_S,
    )  # fmt: skip
    return replace(template, **values)


def _future(signers: tuple[bytes, ...]) -> Callable[[Scene], Deceit]:
    def deceive(scene: Scene) -> Deceit:
        header = reseal(_next(scene, timestamp=int(scene.now_s) + 86_400), signers)
        return one(scene, header.number, header, header.number)

    return deceive


def _two_faced(times: int) -> Callable[[Scene], Deceit]:
    """A forged header for the first ``times`` questions about the head, the true one after."""

    def deceive(scene: Scene) -> Deceit:
        forged = replace(scene.block(LENGTH).header, gas_used=1)
        lying, honest = one(scene, LENGTH, forged), Deceit()
        asked: Counter[str] = Counter()

        def result(method: str, params: list[Any], answer: Any) -> Any:
            if method == "eth_getBlockByNumber":
                asked[params[0]] += 1
            face = lying if asked[hex(LENGTH)] <= times else honest
            return face.result(method, params, answer) if face.result else answer

        return Deceit(result=result)

    return deceive


def _turncoat(first: int, length: int) -> Callable[[Scene], Deceit]:
    """Honest until it was followed to the head; then another branch, sealed by the validators."""

    def deceive(scene: Scene) -> Deceit:
        other = branch(scene, first, length).deceit
        heads = 0

        def result(method: str, params: list[Any], honest: Any) -> Any:
            nonlocal heads
            heads += method == "eth_blockNumber"
            return other.result(method, params, honest) if heads > 1 and other.result else honest

        return Deceit(result=result)

    return deceive


def _fewer_seals(scene: Scene) -> Deceit:
    """Other seals than the neighbour's, but enough: the hash does not cover them."""
    return Forgery(
        scene, {n: reseal(scene.block(n).header, SECOND_SET[1:]) for n in (35, LENGTH)}
    ).deceit


def _shifted(scene: Scene) -> Deceit:
    """Answer each question about a block with the block before."""

    async def result(method: str, params: list[Any], honest: Any) -> Any:
        if method == "eth_getBlockByNumber" and int(params[0], 16) > 1:
            return await scene.ask(method, hex(int(params[0], 16) - 1), params[1])
        return honest

    return Deceit(result=result)


def _late(deceive: Callable[[Scene], Deceit]) -> Callable[[Scene], Deceit]:
    """The same lie, each answer to which takes a good part of the client's patience."""
    return lambda scene: replace(deceive(scene), wire=just_in_time)


def _hole(number: int) -> Callable[[Scene], Deceit]:
    """One block in the middle is not served."""

    def result(method: str, params: list[Any], honest: Any) -> Any:
        hidden = method == "eth_getBlockByNumber" and params[0] == hex(number)
        return None if hidden else honest

    return lambda _: Deceit(result=result)


def _flapping(scene: Scene) -> Deceit:
    """A head that moves back and forth."""
    heads = [0, LENGTH, 3, 2**63, LENGTH]

    def result(method: str, params: list[Any], honest: Any) -> Any:
        if method != "eth_blockNumber":
            return honest
        heads.append(heads.pop(0))
        return hex(heads[-1])

    return Deceit(result=result)


CHAIN_LIES = [
    Lie("wrong chain id", "chain", on("eth_chainId", lambda _: "0x1"), Verdict.CONTRADICTS,
        "serves chain 1 instead of 20211"),
    Lie("chain id as number", "chain", on("eth_chainId", lambda _: 20211), Verdict.CONTRADICTS,
        "expected a number"),
    Lie("wrong genesis", "chain", _genesis(lambda h: replace(h, timestamp=h.timestamp - 1)),
        Verdict.CONTRADICTS, "another chain"),
    Lie("genesis with other validators", "chain",
        _genesis(lambda h: replace(h, extra_data=h.extra_data.replace(SECOND_SET[0], bytes(20)))),
        Verdict.CONTRADICTS, "another chain"),
    Lie("no genesis", "chain", _hole(0), Verdict.ANY, "must be an object|does not serve"),
    Lie("stale head", "chain", lambda s: Forgery(s, {}, LENGTH - 10).deceit, Verdict.BEHIND,
        "10 blocks behind", alone=Verdict.STALE),
    Lie("head stuck at block 0", "chain", lambda s: Forgery(s, {}, 0).deceit, Verdict.BEHIND,
        "44 blocks behind", alone=Verdict.STALE),
    Lie("head announced, not served", "chain", on("eth_blockNumber", lambda _: "0xffffff"),
        Verdict.BEHIND, "announced block 45 but does not serve it"),
    Lie("head as large as can be", "chain", on("eth_blockNumber", lambda _: "0x" + "f" * 16),
        Verdict.BEHIND, "announced block 45 but does not serve it"),
    Lie("head beyond 64 bits", "chain", on("eth_blockNumber", lambda _: "0x1" + "0" * 16),
        Verdict.CONTRADICTS, "expected a number"),
    Lie("head below zero", "chain", on("eth_blockNumber", lambda _: "-0x1"), Verdict.CONTRADICTS,
        "expected a number"),
    Lie("head null", "chain", on("eth_blockNumber", lambda _: None), Verdict.CONTRADICTS,
        "expected a number"),
    Lie("head moving back and forth", "chain", _flapping, Verdict.ANY),
    Lie("a hole in the chain", "chain", _hole(30), Verdict.BEHIND, "does not serve"),
    Lie("blocks shifted by one", "chain", _shifted, Verdict.CONTRADICTS, "number|follow"),
    Lie("head from the future, no quorum", "chain", _future(TOO_FEW), Verdict.CONTRADICTS,
        "seals where"),
    Lie("head from the future", "chain", _future(SECOND_SET), Verdict.ANY,
        "future"),
    *(_depth(depth, longer, sealed=False)
      for depth, longer in ((1, 0), (2, 0), (3, 1), (20, 0), (20, 1), (20, -15))),
    *(_depth(depth, longer, sealed=True)
      for depth, longer in ((1, 0), (1, 1), (2, -1), (5, 0), (20, 0), (20, 2), (20, -12))),
    Lie("another branch later, longer", "chain", _turncoat(LENGTH - 4, 6), Verdict.STOPPED,
        height=LENGTH - 4, alone=Verdict.STOPPED),
    Lie("another branch later, as long", "chain", _turncoat(LENGTH - 4, 5), Verdict.ANY),
    Lie("highest head and a branch without quorum, slowly", "chain",
        _late(_fork(LENGTH - 30, 40, sealed=False)), Verdict.ANY, timeout_s=SHORT_S),
    Lie("highest head that is not served, slowly", "chain",
        _late(on("eth_blockNumber", lambda _: "0xffffff")), Verdict.ANY, timeout_s=SHORT_S),
    Lie("other seals, enough of them", "chain", _fewer_seals, Verdict.IGNORED),
    *(Lie(f"true after {times} forged heads", "chain", _two_faced(times), Verdict.ANY)
      for times in (1, 2, 3, 4)),
]  # fmt: skip
