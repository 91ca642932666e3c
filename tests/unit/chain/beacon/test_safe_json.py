from __future__ import annotations

import json
import sys

import pytest

from peerwatt.chain.endpoints.safe_json import MAX_NESTING, parse


@pytest.mark.parametrize(
    "value", [None, 3, "text", [], {}, [[1], {"a": [{}]}] * 500, {"a": "[[[" * 3}, "}" * 20]
)
def test_what_json_holds_is_returned(value: object) -> None:
    assert parse(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 1_000_000,
        b'{"a":' * 300_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'[{"a":' * 100_000 + b"1" + b"}]" * 100_000,
        b"[],[" * 100_000,
    ],
)
def test_deep_nesting_is_refused_whatever_the_recursion_limit(content: bytes) -> None:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)
    try:
        with pytest.raises(ValueError, match="nested too deep"):
            parse(content)
    finally:
        sys.setrecursionlimit(before)


def test_nesting_within_the_bound_is_read() -> None:
    depth = MAX_NESTING
    assert parse(b"[" * depth + b"]" * depth) is not None


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[1,]", b"nul"])
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse(content)
