"""Lies that any client may be told, whatever its consensus: a fitting part of the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from peerwatt.devnet.params import RpcError

from .front import Deceit
from .lie import Lie, Verdict, on
from .lies_json import JSON_LIES
from .lies_wire import WIRE_LIES
from .stages import Stage

Change = Callable[[dict[str, Any]], Any]
_CHOSEN = {
    "no answer", "body drop by drop", "connection reset", "answer cut in half", "head without end",
    "body without end", "two lengths", "status 500", "status 404", "redirect 302 to another host",
    "each answer just in time", "half-closed socket", "body: null", "body: nested lists",
    "body: cut off", "wrong ids", "no results", "answers null", "batch item missing",
    "batch as one object", "batch of a million", "errors", "error without words",
    "batch in another order", "answer nested too deep",
}  # fmt: skip
PLAIN_LIES = [lie for lie in (*WIRE_LIES, *JSON_LIES) if lie.name in _CHOSEN]
"""Lies that need no chain."""


def _block(number: int | None, change: Change) -> Callable[[Stage], Deceit]:
    """Alter one block wherever it is served; by default the one that the stage names."""

    def deceive(stage: Stage) -> Deceit:
        at = stage.forged if number is None else number

        def result(method: str, params: list[Any], honest: Any) -> Any:
            del params
            asked = method in ("eth_getBlockByNumber", "eth_getBlockByHash")
            if asked and isinstance(honest, dict) and int(honest["number"], 16) == at:
                return change(honest)
            return honest

        return Deceit(result=result)

    return deceive


def _flip(name: str) -> Change:
    """Change the last digit of a field."""

    def changed(block: dict[str, Any]) -> Any:
        text = block[name]
        return block | {name: text[:-1] + ("1" if text[-1] != "1" else "2")}

    return changed


def _shifted(stage: Stage) -> Deceit:
    """Answer each question about a block with the block before."""

    async def result(method: str, params: list[Any], honest: Any) -> Any:
        if method == "eth_getBlockByNumber" and int(params[0], 16) > 1:
            return await stage.ask(method, hex(int(params[0], 16) - 1), params[1])
        return honest

    return Deceit(result=result)


def _head(change: Callable[[Stage], Any]) -> Callable[[Stage], Deceit]:
    return lambda stage: Deceit(
        result=lambda method, _, honest: change(stage) if method == "eth_blockNumber" else honest
    )


def _stage_lie(name: str, deceive: Callable[[Stage], Deceit], verdict: Verdict) -> Lie:
    return Lie(name, "chain", deceive, verdict)  # type: ignore[arg-type]  # takes what it is told about


ANY = Verdict.ANY
BLOCK_LIES = [
    *(_stage_lie(f"forged {name}", _block(None, _flip(name)), ANY)
      for name in ("stateRoot", "receiptsRoot", "timestamp", "extraData", "parentHash", "gasLimit",
                   "number", "miner")),
    _stage_lie("block without a root", _block(None, lambda b: b | {"stateRoot": None}), ANY),
    _stage_lie("block as a list", _block(None, lambda b: [b]), ANY),
    _stage_lie("a hole in the chain", _block(None, lambda b: None), ANY),
    _stage_lie(
        "extraData cut", _block(None, lambda b: b | {"extraData": b["extraData"][:40]}), ANY
    ),
    _stage_lie("number as number", _block(None, lambda b: b | {"number": 7}), ANY),
    _stage_lie("no first block", _block(0, lambda b: None), ANY),
    _stage_lie("blocks shifted by one", _shifted, ANY),
    _stage_lie("wrong chain id", on("eth_chainId", lambda _: "0x1"), Verdict.CONTRADICTS),  # type: ignore[arg-type]
    _stage_lie("chain id null", on("eth_chainId", lambda _: None), Verdict.CONTRADICTS),  # type: ignore[arg-type]
    _stage_lie("head not served", _head(lambda stage: hex(stage.head + 500)), ANY),
    _stage_lie("head as large as can be", _head(lambda _: "0x" + "f" * 16), ANY),
    _stage_lie("head null", _head(lambda _: None), Verdict.CONTRADICTS),
    _stage_lie("stale head", _head(lambda stage: hex(stage.head - 5)), ANY),
]  # fmt: skip


def _proof(**values: Any) -> Callable[[Stage], Deceit]:
    return on("eth_getProof", lambda answer: answer | values)  # type: ignore[return-value]


STATE_LIES = [
    _stage_lie("forged balance", _proof(balance="0xffff"), ANY),
    _stage_lie("account denied", _proof(accountProof=[]), ANY),
    _stage_lie("proof as text", _proof(accountProof="0x"), ANY),
    _stage_lie("slots left out", _proof(storageProof=[]), ANY),
]
CHAIN_AND_STATE = [*BLOCK_LIES, *STATE_LIES]
BEACON_LIES = [lie for lie in PLAIN_LIES if lie.group == "wire" or lie.name.startswith("body")]
"""Lies that a beacon endpoint may tell as well: none about JSON-RPC."""


def _sent(name: str, change: Callable[[Any], Any], verdict: Verdict) -> Lie:
    return _stage_lie(name, on("eth_sendRawTransaction", change), verdict)  # type: ignore[arg-type]


def _refuse(code: int, words: str) -> Callable[[Any], Any]:
    def refuse(_: Any) -> Any:
        raise RpcError(code, words)

    return refuse


SEND_LIES = [
    _sent("takes it and forgets it", lambda digest: digest, Verdict.IGNORED),
    _sent("answers another hash", lambda _: "0x" + "11" * 32, Verdict.CONTRADICTS),
    _sent("answers no hash", lambda _: None, Verdict.CONTRADICTS),
    _sent("answers an object", lambda digest: {"hash": digest}, Verdict.CONTRADICTS),
    _sent("answers a list", lambda digest: [digest], Verdict.CONTRADICTS),
    _sent("refuses it", _refuse(-32000, "nonce too low"), Verdict.IGNORED),
    _sent("refuses it without a word", _refuse(-32000, ""), Verdict.IGNORED),
    _sent("claims to know it", _refuse(-32000, "already known"), Verdict.IGNORED),
]
"""Lies about sending: the honest endpoint must get the transaction all the same."""
