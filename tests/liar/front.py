"""The lying endpoint: JSON-RPC over a real socket, in front of a real node, with places to lie at.

An answer passes four places, at each of which a lie may take hold: the result of one call, the
whole JSON-RPC answer, its bytes, and the socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import inspect
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from peerwatt.devnet.params import METHOD_NOT_FOUND, RpcError


class Asked(Protocol):
    """What an endpoint stands in front of."""

    async def ask(self, method: str, *params: object) -> object:
        """Return the honest answer. Raises RpcError, or KeyError for an unknown method."""


Result = Callable[[str, list[Any], Any], Any]
"""(method, parameters, the node's answer) -> what is answered instead, or an awaitable of it;
RpcError may be raised."""
Reply = Callable[[Any, Any], Any]
"""(request, JSON-RPC answer, a list for a batch) -> what is answered instead."""
Body = Callable[[bytes], bytes]
Wire = Callable[["Exchange"], Awaitable[bool]]
"""Sends (or does not send) the answer; returns whether the connection stays open."""


@dataclass(frozen=True)
class Exchange:
    """One request and the honest answer to it, with the socket."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    body: bytes
    timeout_s: float
    """The client's timeout, so that a lie can be slow by the measure of its victim."""

    async def send(self, head: str, body: bytes = b"") -> None:
        """Send a status line with fields, and a body."""
        self.writer.write(head.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n" + body)
        await self.writer.drain()

    async def answer(self) -> bool:
        """Send the honest answer as an honest server does."""
        await self.send(f"HTTP/1.1 200 OK\nContent-Length: {len(self.body)}", self.body)
        return True


@dataclass(frozen=True)
class Deceit:
    """Where and how an endpoint lies; an empty one is honest."""

    result: Result | None = None
    reply: Reply | None = None
    body: Body | None = None
    wire: Wire | None = None
    connect: Wire | None = None
    """Instead of reading any request."""


HONEST = Deceit()
MISSING = "no such method"
"""What a lie is given for a method that the node does not have."""


@dataclass
class Front:
    """One endpoint; ``calls`` are the methods asked for."""

    scene: Asked
    deceit: Deceit = HONEST
    timeout_s: float = 1.0
    calls: list[str] = field(default_factory=list)
    url: str = ""

    async def __aenter__(self) -> Front:
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def name(self) -> str:
        """Host and port, as the client names it."""
        return self.url.removeprefix("http://")

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            if self.deceit.connect is not None:
                await self.deceit.connect(Exchange(reader, writer, b"", self.timeout_s))
                return
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
            pass  # the client went away, or the test is over
        finally:
            self._tasks.discard(task)
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        body = json.dumps(await self._answer(head, reader)).encode()
        if self.deceit.body is not None:
            body = self.deceit.body(body)
        exchange = Exchange(reader, writer, body, self.timeout_s)
        if self.deceit.wire is not None:
            return await self.deceit.wire(exchange)
        return await exchange.answer()

    async def _answer(self, head: bytes, reader: asyncio.StreamReader) -> Any:
        """Return the answer to a request as JSON."""
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        request = json.loads(await reader.readexactly(length))
        many = isinstance(request, list)
        answer = [await self._one(item) for item in request] if many else await self._one(request)
        return answer if self.deceit.reply is None else self.deceit.reply(request, answer)

    async def _one(self, call: dict[str, object]) -> dict[str, object]:
        method, params = str(call["method"]), call["params"]
        assert isinstance(params, list)
        self.calls.append(method)
        base: dict[str, object] = {"jsonrpc": "2.0", "id": call["id"]}
        try:
            result = await self._honest(method, params)
            if self.deceit.result is not None:
                result = self.deceit.result(method, params, copy.deepcopy(result))
                if inspect.isawaitable(result):
                    result = await result
        except RpcError as refusal:
            return base | {"error": {"code": refusal.code, "message": str(refusal)}}
        if result == MISSING:
            return base | {"error": {"code": METHOD_NOT_FOUND, "message": f"no {method}"}}
        return base | {"result": result}

    async def _honest(self, method: str, params: list[Any]) -> Any:
        try:
            return await self.scene.ask(method, *params)
        except KeyError:
            return MISSING
