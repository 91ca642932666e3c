"""Lies on the socket: slow, endless, broken and misdirecting answers."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from .front import Deceit, Exchange, Wire
from .lie import Lie, Verdict

SHORT_S = 0.25
"""Timeout of the client where the lie takes all of it."""
SLOW = "did not answer within"
BROKE = "broke off"
FOREVER = 100_000


def _wire(send: Wire) -> Callable[[Any], Deceit]:
    return lambda _: Deceit(wire=send)


def _connect(send: Wire) -> Callable[[Any], Deceit]:
    return lambda _: Deceit(connect=send)


def _raw(data: bytes, *, keep: bool = False) -> Callable[[Any], Deceit]:
    """Send these bytes and close."""

    async def send(exchange: Exchange) -> bool:
        exchange.writer.write(data)
        await exchange.writer.drain()
        return keep

    return _wire(send)


def _status(code: int, fields: str = "", *, honest: bool = False) -> Callable[[Any], Deceit]:
    """Answer with a status, some fields, and no or the honest body."""

    async def send(exchange: Exchange) -> bool:
        body = exchange.body if honest else b"Not here."
        more = f"\n{fields}" if fields else ""
        await exchange.send(f"HTTP/1.1 {code} X\nContent-Length: {len(body)}{more}", body)
        return True

    return _wire(send)


async def _silent(exchange: Exchange) -> bool:
    await asyncio.sleep(FOREVER)
    return False


async def _drip_body(exchange: Exchange) -> bool:
    """A byte of the honest answer at a time, slowly."""
    await exchange.send(f"HTTP/1.1 200 OK\nContent-Length: {len(exchange.body)}")
    return await _drip(exchange, exchange.body)


async def _drip_head(exchange: Exchange) -> bool:
    return await _drip(exchange, b"HTTP/1.1 200 OK\r\nX: " + b"a" * 5000)


async def _drip(exchange: Exchange, data: bytes) -> bool:
    for at in range(len(data)):
        exchange.writer.write(data[at : at + 1])
        await exchange.writer.drain()
        await asyncio.sleep(exchange.timeout_s / 15)
    return True


async def _cut(exchange: Exchange) -> bool:
    """Half of the honest answer, then the end."""
    body = exchange.body
    await exchange.send(f"HTTP/1.1 200 OK\nContent-Length: {len(body)}", body[: len(body) // 2])
    return False


async def _half_closed(exchange: Exchange) -> bool:
    """Half of the answer, then the sending side is closed and the other kept open."""
    body = exchange.body
    await exchange.send(f"HTTP/1.1 200 OK\nContent-Length: {len(body)}", body[: len(body) // 2])
    exchange.writer.write_eof()
    await asyncio.sleep(FOREVER)
    return False


async def _reset(exchange: Exchange) -> bool:
    """Answer half, then a TCP reset."""
    await exchange.send("HTTP/1.1 200 OK\nContent-Length: 9999", b"[")
    raw = exchange.writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    exchange.writer.transport.abort()
    return False


async def _endless_body(exchange: Exchange) -> bool:
    """White space without end, as fast as it goes."""
    await exchange.send("HTTP/1.1 200 OK\nTransfer-Encoding: chunked")
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    while True:
        exchange.writer.write(chunk)
        await exchange.writer.drain()


async def _endless_chunks(exchange: Exchange) -> bool:
    """Chunks of one byte without end."""
    await exchange.send("HTTP/1.1 200 OK\nTransfer-Encoding: chunked")
    while True:
        exchange.writer.write(b"1\r\n[\r\n" * 50)
        await exchange.writer.drain()
        await asyncio.sleep(0)


async def _endless_head(exchange: Exchange) -> bool:
    exchange.writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        exchange.writer.write(b"X-More: " + b"y" * 1000 + b"\r\n")
        await exchange.writer.drain()
        await asyncio.sleep(0)


async def _endless_hints(exchange: Exchange) -> bool:
    """Informational answers without end."""
    while True:
        exchange.writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 20)
        await exchange.writer.drain()
        await asyncio.sleep(0.005)


async def just_in_time(exchange: Exchange) -> bool:
    """Honest, but each answer takes most of what the client waits."""
    await asyncio.sleep(exchange.timeout_s * 0.5)
    return await exchange.answer()


async def _bomb(exchange: Exchange) -> bool:
    """A body that unpacks to 64 MiB."""
    body = _packed(64 << 20)
    await exchange.send(
        f"HTTP/1.1 200 OK\nContent-Encoding: gzip\nContent-Length: {len(body)}", body
    )
    return True


@lru_cache
def _packed(size: int) -> bytes:
    return gzip.compress(bytes(size))


async def _hang_up(exchange: Exchange) -> bool:
    return False


async def _banner(exchange: Exchange) -> bool:
    """Speak first, as a mail server does."""
    exchange.writer.write(b"220 mail ready\r\n")
    await exchange.writer.drain()
    return False


async def _two_answers(exchange: Exchange) -> bool:
    """A second, forged answer right behind the first one, for the next request."""
    forged = b'{"jsonrpc": "2.0", "id": 3, "result": "0xffffff"}'
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(forged)}\r\n\r\n".encode()
    await exchange.send(
        f"HTTP/1.1 200 OK\nContent-Length: {len(exchange.body)}", exchange.body + head + forged
    )
    return True


_SLOW: dict[str, Callable[[Any], Deceit]] = {
    "no answer": _wire(_silent),
    "nothing is read": _connect(_silent),
    "body drop by drop": _wire(_drip_body),
    "head drop by drop": _wire(_drip_head),
}

_LOCATIONS = {
    "another host": "http://192.0.2.1/",
    "itself": "/",
    "a file": "file:///etc/passwd",
    "nonsense": "http://[::1",
    "nothing": "",
    "a strange name": "http://\xe9\xff\x7f../",
    "a huge port": "http://127.0.0.1:99999999/",
}

_BROKEN: dict[str, tuple[Callable[[Any], Deceit], str]] = {
    "hang up at once": (_connect(_hang_up), BROKE),
    "hang up after the request": (_wire(_hang_up), BROKE),
    "banner first": (_connect(_banner), BROKE),
    "answer cut in half": (_wire(_cut), BROKE),
    "connection reset": (_wire(_reset), BROKE),
    "no HTTP": (_raw(b"SSH-2.0-OpenSSH_9.2\r\n"), BROKE),
    "HTTP 0.9": (_raw(b"[]"), BROKE),
    "HTTP status garbage": (_raw(b"HTTP/1.1 abc OK\r\n\r\n"), BROKE),
    "negative length": (_raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"), BROKE),
    "two lengths": (
        _raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\n[]"),
        BROKE,
    ),
    "chunk size garbage": (
        _raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        BROKE,
    ),
    "zero bytes in the head": (_raw(b"HTTP/1.1 200 OK\r\nX\0: y\r\n\r\n"), BROKE),
    "head without end": (_wire(_endless_head), BROKE),
    "body without end": (_wire(_endless_body), "sent more than"),
    "gzip bomb": (_wire(_bomb), "something else than JSON-RPC"),
    "nothing but a status": (_raw(b"HTTP/1.1 204 No Content\r\n\r\n"), "JSON-RPC"),
    **{f"status {code}": (_status(code), f"{code}") for code in (500, 502, 503, 599)},
    **{
        f"status {code}": (_status(code), f"{code}|JSON-RPC")
        for code in (400, 401, 403, 404, 405, 413, 429)
    },
    **{
        f"redirect {code} to {name}": (_status(code, f"Location: {target}"), f"{code}|{BROKE}")
        for name, target in _LOCATIONS.items()
        for code in ((301, 307) if name == "itself" else (302,))
    },
}

WIRE_LIES = [
    *(
        Lie(name, "wire", deceive, Verdict.AWAY, SLOW, timeout_s=SHORT_S)
        for name, deceive in _SLOW.items()
    ),
    Lie("chunks without end", "wire", _wire(_endless_chunks), Verdict.AWAY,
        f"{SLOW}|sent more than", timeout_s=SHORT_S),
    Lie("hints without end", "wire", _wire(_endless_hints), Verdict.AWAY,
        f"{SLOW}|{BROKE}", timeout_s=SHORT_S),
    Lie("half-closed socket", "wire", _wire(_half_closed), Verdict.AWAY, f"{SLOW}|{BROKE}",
        timeout_s=SHORT_S),
    *(
        Lie(name, "wire", deceive, Verdict.AWAY, words)
        for name, (deceive, words) in _BROKEN.items()
    ),
    Lie("each answer just in time", "wire", _wire(just_in_time), Verdict.IGNORED,
        timeout_s=SHORT_S),
    Lie("cookies", "wire", _status(200, "Set-Cookie: a=b; expires=garbage; domain=\xff",
        honest=True), Verdict.IGNORED),
    Lie("a second answer behind the first", "wire", _wire(_two_answers), Verdict.ANY),
]  # fmt: skip
