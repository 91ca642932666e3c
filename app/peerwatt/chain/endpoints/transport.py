"""JSON-RPC over HTTP, kept on a short lead: bounded in time and size, one sentence a failure.

web3.py trusts its node; this client hands raw answers to verifiers and trusts nothing.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Sequence

from peerwatt.model.verified import ChainFault, EndpointAway

from .http import BoundedHttp, HttpFault
from .safe_json import parse

MAX_ANSWER_BYTES = 8 << 20
MAX_TOKENS = 120_000
"""Separators and brackets in one answer: reading as many as an answer of that size can hold would
keep the interpreter, and with it the engine's loop, for hundreds of milliseconds."""
INLINE_BYTES = 1 << 17
"""Answers up to this size are read on the loop, in about 1 ms; larger ones on a thread."""
TIMEOUT_S = 5.0
_MESSAGE_CHARS = 160
NO_REASON = "without a reason"


class RpcRefused(ChainFault):
    """The endpoint answered with a JSON-RPC error."""

    def __init__(self, endpoint: str, method: str, code: int, message: str) -> None:
        super().__init__(f"{endpoint} refused {method}: {message} (code {code}).")
        self.code = code
        self.reason = message

    @property
    def unknown_method(self) -> bool:
        """Whether the endpoint does not have the method."""
        return self.code == -32601


Call = tuple[str, Sequence[object]]
"""Method and parameters."""


class JsonRpc:
    """One HTTP endpoint: keep-alive, batches, a deadline for the whole exchange."""

    def __init__(
        self, url: str, *, timeout_s: float = TIMEOUT_S, max_bytes: int = MAX_ANSWER_BYTES
    ) -> None:
        self._http = BoundedHttp(url, {"Content-Type": "application/json"}, timeout_s)
        self.name = self._http.name
        """Host and port."""
        self._url = url
        self._max_bytes = max_bytes
        self._ids = itertools.count(1)

    async def call(self, method: str, *params: object) -> object:
        """Return the result of one call. Raises EndpointAway or RpcRefused."""
        request = self._request(method, params)
        return self._result(method, request["id"], await self._exchange(request))

    async def batch(self, calls: Sequence[Call]) -> list[object]:
        """Return the results of several calls in one exchange, in their order.

        Raises EndpointAway, or RpcRefused for the first call that was refused.
        """
        if not calls:
            return []
        requests = [self._request(method, params) for method, params in calls]
        answer = await self._exchange(requests)
        if not isinstance(answer, list) or len(answer) != len(requests):
            # A node that takes no batches, or too long a one, answers one object.
            raise self._away("answered a batch with something else")
        by_id = {
            item["id"]: item
            for item in answer
            if isinstance(item, dict) and isinstance(item.get("id"), int)
        }
        return [
            self._result(str(request["method"]), request["id"], by_id.get(request["id"]))
            for request in requests
        ]

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    def _request(self, method: str, params: Sequence[object]) -> dict[str, object]:
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(params)}

    async def _exchange(self, body: object) -> object:
        try:
            # JSON-RPC errors come with 200 from most nodes and with 4xx from some.
            _, content = await self._http.exchange(
                "POST", self._url, self._max_bytes, json.dumps(body).encode()
            )
        except HttpFault as fault:
            raise self._away(str(fault)) from None
        if len(content) > INLINE_BYTES:
            return await asyncio.to_thread(self._parsed, content)
        return self._parsed(content)

    def _parsed(self, content: bytes) -> object:
        if sum(map(content.count, (b",", b"[", b"{"))) > MAX_TOKENS:
            raise self._away("sent more values in one answer than any answer needs")
        try:
            return parse(content)
        except ValueError:
            raise self._away("answers with something else than JSON-RPC") from None

    def _result(self, method: str, request_id: object, answer: object) -> object:
        if not isinstance(answer, dict) or answer.get("id") != request_id:
            raise self._away(f"answers {method} with something else than JSON-RPC")
        fault = answer.get("error")
        if fault is not None:
            code, message = -32603, str(fault)
            if isinstance(fault, dict):
                given = fault.get("code")
                code = given if isinstance(given, int) and abs(given) < 2**31 else code
                message = str(fault.get("message", ""))
            raise RpcRefused(self.name, method, code, _printable(message))
        if "result" not in answer:
            raise self._away(f"answers {method} without a result")
        return answer["result"]

    def _away(self, reason: str) -> EndpointAway:
        return EndpointAway(f"The endpoint {self.name} {reason}.")


def _printable(text: str) -> str:
    """Cut untrusted text down to one line that is safe to show and to log."""
    shown = "".join(c for c in text[:_MESSAGE_CHARS] if c.isprintable()).strip(". ")
    return shown or NO_REASON
