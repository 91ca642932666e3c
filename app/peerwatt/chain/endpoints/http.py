"""HTTP to a stranger: one exchange at a time within its time, size and allowance.

The list of certificate authorities takes 20 ms to read, which the engine's loop must not wait for:
it is read once, on a thread, and only when an https address is first asked.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from urllib.parse import urlsplit

import httpx

from .patience import spending

for _name in ("httpcore", "httpcore._backends.anyio", "anyio._backends._asyncio"):
    with suppress(ImportError):
        # httpx loads them within the first exchange, which would hold the engine's loop for 30 ms.
        import_module(_name)


class HttpFault(Exception):
    """An exchange failed; the message is the end of a sentence that begins with the endpoint."""


@cache
def _trusting_nobody() -> ssl.SSLContext:
    """For http addresses: no certificate would be accepted, and none is ever seen."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@cache
def _trusting_authorities() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


class BoundedHttp:
    """Keep-alive connections to one address; follows no redirects, unpacks nothing."""

    def __init__(self, url: str, headers: Mapping[str, str], timeout_s: float) -> None:
        """``timeout_s`` bounds an exchange as a whole. Raises ValueError for another scheme."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"The endpoint {url!r} is no http or https address.")
        self.name = parts.hostname if parts.port is None else f"{parts.hostname}:{parts.port}"
        """Host and port: paths and users of a URL often hold access keys, so they are not shown."""
        self._is_secure = parts.scheme == "https"
        self._headers = {**headers, "Accept-Encoding": "identity"}
        self._timeout_s = timeout_s
        self._client: httpx.AsyncClient | None = None

    async def exchange(
        self, method: str, url: str, max_bytes: int, body: bytes | None = None
    ) -> tuple[int, bytes]:
        """Return status and body of an answer. Raises HttpFault, or OutOfTime for its allowance."""
        try:
            with spending(self.name):
                async with asyncio.timeout(self._timeout_s):
                    return await self._read(method, url, max_bytes, body)
        except TimeoutError:
            raise HttpFault(f"did not answer within {self._timeout_s:g} s") from None
        except httpx.HTTPError as fault:
            reason = "takes no connection" if isinstance(fault, httpx.ConnectError) else "broke off"
            raise HttpFault(reason) from None

    async def _read(
        self, method: str, url: str, max_bytes: int, body: bytes | None
    ) -> tuple[int, bytes]:
        client = await self._opened()
        async with client.stream(method, url, content=body) as response:
            if response.status_code >= 500 or response.is_redirect:
                raise HttpFault(f"answers with HTTP status {response.status_code}")
            chunks: list[bytes] = []
            size = 0
            async for chunk in response.aiter_raw():
                size += len(chunk)
                if size > max_bytes:
                    raise HttpFault(f"sent more than {max_bytes} bytes in one answer")
                chunks.append(chunk)
            return response.status_code, b"".join(chunks)

    async def _opened(self) -> httpx.AsyncClient:
        trust = _trusting_nobody()
        if self._is_secure:
            trust = await asyncio.to_thread(_trusting_authorities)
        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=self._timeout_s, trust_env=False, headers=self._headers, verify=trust
            )
        return self._client

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
