"""A small HTTP/1.1 server for JSON-RPC: POST only, kept-alive connections, loopback callers only.

A web page the user has open must not reach the chain: a body must be declared as JSON (which a
page cannot send across origins without asking first) and Host must name this machine (which stops
DNS rebinding).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)
MAX_HEAD_BYTES = 16_384
MAX_BODY_BYTES = 4 << 20
IDLE_S = 120.0
MAX_CONNECTIONS = 256
Handler = Callable[[bytes], Awaitable[bytes]]
_LOCAL_HOSTS = {"localhost", "127.0.0.1", "[::1]"}
_REASONS = {
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    405: "Method Not Allowed",
    411: "Length Required",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}


class _RefusedError(Exception):
    """A request that is answered with an HTTP status instead of JSON-RPC."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class _Request:
    length: int
    keep_alive: bool
    expects_continue: bool


class HttpServer:
    """Hands each POST body to a handler and sends back what it returns as JSON."""

    def __init__(self, handler: Handler, host: str, port: int) -> None:
        self._handler = handler
        self._host = host
        self._port = port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> int:
        """Listen; return the port. Raises OSError when the address cannot be used."""
        self._server = await asyncio.start_server(
            self._accept, self._host, self._port, limit=MAX_HEAD_BYTES
        )
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        """Stop listening and end all connections."""
        if self._server is not None:
            self._server.close()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._server.wait_closed()
            self._server = None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            if len(self._tasks) > MAX_CONNECTIONS:
                await _send(writer, 503, b"Too many connections.", keep_alive=False)
                return
            while await self._exchange(reader, writer):
                pass
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError):
            pass  # the caller went away or fell silent; it opens a new connection when it needs one
        except asyncio.CancelledError:
            pass  # the server is closing
        finally:
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return whether the connection stays open."""
        try:
            async with asyncio.timeout(IDLE_S):
                head = await _read_head(reader)
                if head is None:
                    return False
                request = _parse_head(head)
                if request.expects_continue:
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                body = await reader.readexactly(request.length)
        except _RefusedError as refusal:
            await _send(writer, refusal.status, str(refusal).encode(), keep_alive=False)
            return False
        answer = await self._handler(body)
        await _send(writer, 200, answer, keep_alive=request.keep_alive)
        return request.keep_alive


async def _read_head(reader: asyncio.StreamReader) -> bytes | None:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    except asyncio.LimitOverrunError:
        raise _RefusedError(
            431, f"The request's head is longer than {MAX_HEAD_BYTES} bytes."
        ) from None


def _parse_head(head: bytes) -> _Request:
    """Check a request's head. Raises _RefusedError with the HTTP status that fits."""
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise _RefusedError(400, "This is not an HTTP/1.1 request.")
    if words[0] != "POST":
        raise _RefusedError(405, "Only POST with a JSON-RPC body is answered here.")
    fields: dict[str, str] = {}
    for line in lines[1:]:
        name, separator, value = line.partition(":")
        if separator:
            fields[name.strip().lower()] = value.strip()
    _check_origin(fields)
    length = fields.get("content-length", "")
    if "transfer-encoding" in fields or not (length.isascii() and length.isdigit()):
        raise _RefusedError(411, "A body with Content-Length is needed.")
    if len(length) > 9 or int(length) > MAX_BODY_BYTES:
        raise _RefusedError(413, f"The body is longer than {MAX_BODY_BYTES} bytes.")
    connection = fields.get("connection", "").lower()
    keep_alive = connection != "close" and (words[2] == "HTTP/1.1" or connection == "keep-alive")
    return _Request(int(length), keep_alive, fields.get("expect", "").lower() == "100-continue")


def _check_origin(fields: dict[str, str]) -> None:
    host = fields.get("host", "")
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    if name.lower() not in _LOCAL_HOSTS:
        raise _RefusedError(403, "The Host header must name this machine.")
    if fields.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise _RefusedError(415, "The body must be declared as application/json.")


async def _send(
    writer: asyncio.StreamWriter, status: int, body: bytes, *, keep_alive: bool
) -> None:
    kind = "application/json" if status == 200 else "text/plain; charset=utf-8"
    head = (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"Connection: {'keep-alive' if keep_alive else 'close'}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()
