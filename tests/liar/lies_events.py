"""Lies about what happened: receipts, logs and transactions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from peerwatt.devnet.params import METHOD_NOT_FOUND, RpcError

from .front import Deceit
from .lie import Lie, Verdict, on
from .scene import BUSY, Scene

Json = dict[str, Any]
Listed = list[Json]
ROOT = "receipts root"


def _with_log(listed: Listed) -> int:
    """Index of the first receipt that has a log."""
    return next(index for index, item in enumerate(listed) if item["logs"])


def _receipts(change: Callable[[Listed], Any]) -> Callable[[Scene], Deceit]:
    """Change the receipts of each block that has any."""
    return on("eth_getBlockReceipts", lambda listed: change(listed) if listed else listed)


def _logs(change: Callable[[Listed], Listed]) -> Callable[[Scene], Deceit]:
    """Change the logs of the first receipt that has any."""

    def changed(listed: Listed) -> Listed:
        if any(item["logs"] for item in listed):
            item = listed[_with_log(listed)]
            item["logs"] = change(item["logs"])
        return listed

    return _receipts(changed)


def _log(**values: Any) -> Callable[[Scene], Deceit]:
    return _logs(lambda logs: [logs[0] | values, *logs[1:]])


def _all(**values: Any) -> Callable[[Listed], Listed]:
    return lambda listed: [item | values for item in listed]


def _moved(listed: Listed) -> Listed:
    """Move a log into the receipt of another transaction."""
    if len(listed) > 1 and any(item["logs"] for item in listed):
        index = _with_log(listed)
        log = listed[index]["logs"].pop(0)
        listed[(index + 1) % len(listed)]["logs"].append(log)
    return listed


def _metadata(listed: Listed) -> Listed:
    """Forge all that a receipt does not hold: places, hashes, parties."""
    place = {
        "transactionHash": "0x" + "ab" * 32,
        "blockHash": "0x" + "cd" * 32,
        "blockNumber": "0x1",
        "transactionIndex": "0x7",
    }
    for item in listed:
        item["logs"] = [log | place | {"logIndex": "0x63", "removed": True} for log in item["logs"]]
    return [item | place | {"from": "0x" + "11" * 20, "gasUsed": "0x1"} for item in listed]


def _reversed(listed: Listed) -> Listed:
    """Turn the logs of each receipt around; blocks without two logs in one are emptied."""
    many = any(len(item["logs"]) > 1 for item in listed)
    return [item | {"logs": item["logs"][::-1]} for item in listed] if many else []


def _swapped(listed: Listed) -> Listed:
    """Swap the logs of two receipts."""
    full = [item for item in listed if item["logs"]]
    if len(full) > 1:
        full[0]["logs"], full[1]["logs"] = full[1]["logs"], full[0]["logs"]
    return listed


def _other_block(scene: Scene) -> Deceit:
    async def result(method: str, params: list[Any], honest: Any) -> Any:
        other = method == "eth_getBlockReceipts" and int(params[0], 16) == BUSY
        return await scene.ask(method, "0x3") if other else honest

    return Deceit(result=result)


def _one_by_one(_: Scene) -> Deceit:
    """No receipts of a whole block; those of single transactions are false."""

    def result(method: str, params: list[Any], honest: Any) -> Any:
        if method == "eth_getBlockReceipts":
            raise RpcError(METHOD_NOT_FOUND, "not here")
        if method == "eth_getTransactionReceipt":
            return honest | {"logs": []}
        return honest

    return Deceit(result=result)


def _transactions(change: Callable[[Listed], Any]) -> Callable[[Scene], Deceit]:
    """Change the full transactions of blocks that have any."""

    def result(method: str, params: list[Any], honest: Any) -> Any:
        if method == "eth_getBlockByNumber" and params[1] is True and honest["transactions"]:
            honest["transactions"] = change(honest["transactions"])
        return honest

    return lambda _: Deceit(result=result)


def _first(**values: Any) -> Callable[[Listed], Listed]:
    return lambda listed: [listed[0] | values, *listed[1:]]


_RECEIPT_LIES: dict[str, tuple[Callable[[Scene], Deceit], str]] = {
    "omitted log": (_logs(lambda logs: logs[1:]), ROOT),
    "omitted log, bloom and all": (
        _receipts(
            lambda listed: [i | {"logs": [], "logsBloom": "0x" + "00" * 256} for i in listed]
        ),
        ROOT,
    ),
    "omitted receipt": (_receipts(lambda listed: listed[:-1]), ROOT),
    "all receipts omitted": (_receipts(lambda listed: []), ROOT),
    "reordered receipts": (
        _receipts(lambda listed: listed[::-1] if len(listed) > 1 else []),
        ROOT,
    ),
    "reordered logs": (_receipts(_reversed), ROOT),
    "logs swapped between receipts": (_receipts(_swapped), ROOT),
    "moved log": (_receipts(_moved), ROOT),
    "doubled log": (_logs(lambda logs: [logs[0], *logs]), ROOT),
    "invented log": (
        _logs(lambda logs: [*logs, logs[0] | {"data": "0x" + "ff" * 32}]),
        ROOT,
    ),
    "altered amount": (_log(data="0x" + "00" * 31 + "01"), ROOT),
    "altered topic": (_log(topics=["0x" + "00" * 32]), ROOT),
    "altered emitter": (_log(address="0x" + "22" * 20), ROOT),
    "five topics": (_log(topics=["0x" + "00" * 32] * 5), "four topics"),
    "failure shown as success": (
        _receipts(lambda listed: [i | {"status": hex(1 - int(i["status"], 16))} for i in listed]),
        ROOT,
    ),
    "status two": (_receipts(_all(status="0x2")), "status"),
    "status as a truth value": (_receipts(_all(status=True)), "expected a number"),
    "altered gas": (_receipts(_all(cumulativeGasUsed="0x5208")), ROOT),
    "another type prefix": (_receipts(_all(type="0x1")), ROOT),
    "type beyond a byte": (_receipts(_all(type="0x1ff")), "expected a number"),
    "receipts of another block": (_other_block, ROOT),
    "receipts null": (_receipts(lambda listed: None), "no list"),
    "receipts as an object": (_receipts(lambda listed: {"0": listed}), "no list"),
    "receipt null": (_receipts(lambda listed: [None, *listed[1:]]), "must be an object"),
    "logs null": (_receipts(_all(logs=None)), "list of logs"),
    "false receipts one by one": (_one_by_one, ROOT),
}

_TRANSACTION_LIES: dict[str, tuple[Callable[[Listed], Any], str]] = {
    "transactions reordered": (lambda listed: listed[::-1] if len(listed) > 1 else [], "root"),
    "transaction left out": (lambda listed: listed[:-1], "transactions root"),
    "transaction doubled": (lambda listed: [*listed, listed[-1]], "transactions root"),
    "altered value": (_first(value="0x1"), "transactions root"),
    "altered receiver": (_first(to="0x" + "33" * 20), "transactions root"),
    "altered input": (_first(input="0x00"), "transactions root"),
    "altered signature": (_first(r="0x1"), "transactions root"),
    "unknown type": (_first(type="0x63"), "type 99"),
    "transactions as hashes": (lambda listed: [item["hash"] for item in listed], "an object"),
    "transactions null": (lambda listed: None, "no list"),
}


def _names_block(number: str | None) -> Callable[[Any], Any]:
    return lambda answer: None if answer is None else answer | {"blockNumber": number}


EVENT_LIES = [
    *(
        Lie(name, "events", deceive, Verdict.CONTRADICTS, words)
        for name, (deceive, words) in _RECEIPT_LIES.items()
    ),
    *(
        Lie(name, "events", _transactions(change), Verdict.CONTRADICTS, words)
        for name, (change, words) in _TRANSACTION_LIES.items()
    ),
    Lie(
        "receipt placed in another block", "events",
        on("eth_getTransactionReceipt", _names_block("0x3")), Verdict.CONTRADICTS, "not in the",
    ),
    Lie(
        "receipt placed in text", "events",
        on("eth_getTransactionReceipt", _names_block("thirty-six")), Verdict.CONTRADICTS, "number",
    ),
    Lie("log metadata that is not the receipt's", "events", _receipts(_metadata), Verdict.IGNORED),
    Lie(
        "forged bloom of a receipt", "events", _receipts(_all(logsBloom="0x" + "ff" * 256)),
        Verdict.IGNORED,
    ),
    Lie(
        "forged hashes of transactions", "events",
        _transactions(lambda listed: [i | {"hash": "0x" + "44" * 32} for i in listed]),
        Verdict.IGNORED,
    ),
    Lie(
        "logs omitted by eth_getLogs", "events", on("eth_getLogs", lambda _: []), Verdict.IGNORED
    ),
    Lie(
        "receipt denied", "events", on("eth_getTransactionReceipt", lambda _: None),
        Verdict.IGNORED,
    ),
    Lie(
        "receipt placed in the future", "events",
        on("eth_getTransactionReceipt", _names_block("0xffff")), Verdict.IGNORED,
    ),
    Lie(
        "status forged in a single receipt", "events",
        on("eth_getTransactionReceipt", lambda a: a | {"status": "0x0", "logs": []} if a else a),
        Verdict.IGNORED,
    ),
]  # fmt: skip
