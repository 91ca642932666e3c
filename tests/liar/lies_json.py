"""Lies in the form of answers: garbage, wrong types, wrong ids, batches that do not match."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

from .front import Body, Deceit, Reply
from .lie import Lie, Verdict, on

NOT_JSON = "something else than JSON-RPC"
BAD_BODY = f"{NOT_JSON}|something else|more values"
AWAY = Verdict.AWAY


def _body(change: Body) -> Callable[[Any], Deceit]:
    return lambda _: Deceit(body=change)


def _constant(body: bytes) -> Callable[[Any], Deceit]:
    return _body(lambda _: body)


def _reply(change: Reply) -> Callable[[Any], Deceit]:
    return lambda _: Deceit(reply=change)


def _each(change: Callable[[dict[str, Any]], Any]) -> Callable[[Any], Deceit]:
    """Change every JSON-RPC answer, in batches too."""

    def reply(_: Any, answer: Any) -> Any:
        return [change(item) for item in answer] if isinstance(answer, list) else change(answer)

    return _reply(reply)


def _batches(change: Callable[[list[Any]], Any]) -> Callable[[Any], Deceit]:
    """Change batches only."""
    return _reply(lambda _, answer: change(answer) if isinstance(answer, list) else answer)


def _twice(body: bytes) -> bytes:
    """Give each result a second time under the same key, forged."""
    return body.replace(b'"result": ', b'"result": "0x1", "result": ')


def _twice_forged_last(body: bytes) -> bytes:
    return body.replace(b"}", b', "result": "0x1"}')


def _error(fault: Any) -> Callable[[Any], Deceit]:
    return _each(lambda item: {"jsonrpc": "2.0", "id": item["id"], "error": fault})


def _nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


_BODIES: dict[str, bytes] = {
    "no body": b"",
    "white space": b" \n\t " * 100,
    "html": b"<html><body>It works!</body></html>",
    "null": b"null",
    "a number": b"7",
    "a text": b'"0x1"',
    "not a number": b"NaN",
    "infinity": b"[Infinity, -Infinity]",
    "an empty list": b"[]",
    "an empty object": b"{}",
    "cut off": b'{"jsonrpc": "2.0", "id": 1, "resu',
    "invalid UTF-8": b'{"id": "\xff\xfe\xfd"}',
    "lone surrogate": b'{"id": "\\ud800", "result": "\\udfff"}',
    "UTF-16": json.dumps({"id": 1}).encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "zero bytes": bytes(10_000),
    "random bytes": bytes(range(256)) * 40,
    "nested lists": b"[" * 200_000,
    "nested lists, closed": b"[" * 50_000 + b"]" * 50_000,
    "nested objects": b'{"a":' * 100_000,
    "number of a million digits": b'{"id": 1, "result": ' + b"9" * 1_000_000 + b"}",
    "exponent": b'{"id": 1e999999, "result": 1e400}',
    "gzip bomb, unannounced": gzip.compress(bytes(16 << 20)),
}

_REPLIES: dict[str, tuple[Callable[[Any], Deceit], str]] = {
    "wrong ids": (_each(lambda i: i | {"id": 999_999}), NOT_JSON),
    "ids as text": (_each(lambda i: i | {"id": str(i["id"])}), NOT_JSON),
    "ids null": (_each(lambda i: i | {"id": None}), NOT_JSON),
    "ids as lists": (_each(lambda i: i | {"id": [i["id"]]}), NOT_JSON),
    "ids as objects": (_each(lambda i: i | {"id": {"id": i["id"]}}), NOT_JSON),
    "no ids": (_each(lambda i: {"result": i.get("result")}), NOT_JSON),
    "no results": (_each(lambda i: {"id": i["id"]}), "without a result"),
    "answers as lists": (_each(lambda i: [i]), NOT_JSON),
    "answers as texts": (_each(json.dumps), NOT_JSON),
    "answers null": (_each(lambda _: None), NOT_JSON),
    "result and error": (_each(lambda i: i | {"error": {"code": 1, "message": "both"}}), ""),
    "batch item missing": (_batches(lambda items: items[:-1]), "something else"),
    "batch item too many": (_batches(lambda items: [*items, items[0]]), "something else"),
    "batch item doubled for another": (
        _batches(lambda items: [items[0], *items[:-1]]),
        "JSON-RPC",
    ),
    "batch empty": (_batches(lambda _: []), "something else"),
    "batch as one object": (_batches(lambda items: items[0]), "something else"),
    "batch of numbers": (_batches(lambda items: [1] * len(items)), "JSON-RPC"),
    "batch as an object by id": (
        _batches(lambda items: {str(i["id"]): i for i in items}),
        "something else",
    ),
    "batch of a million": (
        _batches(lambda items: [1] * 1_000_000),
        "something else|more values",
    ),
}

_ERRORS: dict[str, tuple[Any, str]] = {
    "errors": ({"code": -32000, "message": "no"}, "refused .*: no"),
    "error as text": ("no", "refused"),
    "error as a number": (7, "refused"),
    "error without words": ({}, "refused"),
    "error with control characters": (
        {"code": -1, "message": "\x1b\r\n\u202e\x00bad" * 50},
        "refused [^\x1b\n]*$",
    ),
    "error of a megabyte": ({"code": -1, "message": "x" * 1_000_000}, "refused"),
    "error code huge": ({"code": 10**300, "message": "big"}, "refused"),
    "error nested": ({"code": 1, "message": _nested(25)}, "refused"),
}

_TYPES: dict[str, Any] = {
    "null": None, "true": True, "a float": 1.5, "a list": [], "an object": {}, "text": "x",
    "a negative": "-0x1", "nested": _nested(25),
}  # fmt: skip
_METHODS = ("eth_chainId", "eth_blockNumber", "eth_getBlockByNumber", "eth_getProof")

JSON_LIES = [
    *(
        Lie(f"body: {name}", "json", _constant(body), AWAY, BAD_BODY)
        for name, body in _BODIES.items()
    ),
    *(
        Lie(name, "json", deceive, Verdict.BEHIND if "error" in name else AWAY, words)
        for name, (deceive, words) in _REPLIES.items()
    ),
    *(Lie(name, "json", _error(fault), Verdict.BEHIND, w) for name, (fault, w) in _ERRORS.items()),
    *(
        Lie(f"{method} {name}", "json", on(method, lambda _, v=value: v), Verdict.ANY)  # type: ignore[misc]
        for method in _METHODS
        for name, value in _TYPES.items()
    ),
    Lie("answer nested too deep", "json", _each(lambda i: i | {"more": _nested(700)}), AWAY,
        NOT_JSON),
    Lie("duplicate keys, truth last", "json", _body(_twice), Verdict.IGNORED),
    Lie("duplicate keys, forged last", "json", _body(_twice_forged_last), Verdict.ANY),
    Lie(
        "batch in another order", "json", _batches(lambda items: items[::-1]), Verdict.IGNORED
    ),
    Lie(
        "surplus members", "json", _each(lambda i: i | {"extra": [1], "error": None}),
        Verdict.IGNORED,
    ),
]  # fmt: skip
