"""Asynchronous client of the engine's local API, for the window and for scripts."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import TypeVar

import httpx
from pydantic import ValidationError

from peerwatt.config.paths import SitePaths

from .base import Message
from .messages import (
    SECTIONS,
    Changed,
    Command,
    Figures,
    NoticesView,
    PowerHistory,
    Problem,
    SiteFile,
    SiteState,
)
from .proof_messages import ProofFile, ProofRequest
from .wallet_messages import PreparedSend, PrepareSend

TIMEOUT_S = 30.0
"""Longest wait for an answer: a simulated control cycle may settle an interval."""

STREAM_SILENCE_S = 30.0
"""The engine sends a heartbeat every 10 s; after three missed ones it is gone."""

MAX_EVENT = 8 << 20
"""Longest event taken, bytes."""

_ENDLESS = "The engine's stream sent an event without end; start the engine again."

M = TypeVar("M", bound=Message)


class ApiFault(Exception):
    """The engine refused or answered something that cannot be used; one clear sentence."""


class EngineAway(Exception):
    """The engine does not run or does not answer; one clear sentence."""


class ApiClient:
    """One engine's API; use as an asynchronous context manager or call :meth:`close`.

    Every method raises EngineAway when the engine cannot be reached and ApiFault when it
    refuses. Nothing is retried here: whoever calls decides.
    """

    def __init__(self, url: str, token: str, timeout_s: float = TIMEOUT_S) -> None:
        self._url = url
        # No proxy from the environment: the token must not leave this machine.
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(timeout_s, connect=3.0),
            trust_env=False,
        )

    @classmethod
    def from_site(cls, paths: SitePaths, timeout_s: float = TIMEOUT_S) -> ApiClient:
        """Return a client of the engine that last started for a site.

        Raises EngineAway when none has, ApiFault when its file cannot be used.
        """
        site = read_site_file(paths)
        return cls(site.url, site.token, timeout_s)

    async def __aenter__(self) -> ApiClient:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def state(self) -> SiteState:
        """Return all sections as they are now."""
        return await self._get(SiteState, "/v1/state")

    async def power(self, start_s: float, end_s: float, step_s: int) -> PowerHistory:
        """Return mean powers, W, on a grid of ``step_s`` seconds."""
        query: dict[str, float | int] = {"start_s": start_s, "end_s": end_s, "step_s": step_s}
        return await self._get(PowerHistory, "/v1/history/power", query)

    async def figures(self) -> Figures:
        """Return the figures counted so far."""
        return await self._get(Figures, "/v1/figures")

    async def log(self, after_id: int = 0) -> NoticesView:
        """Return the notices with a number above ``after_id``, oldest first."""
        return await self._get(NoticesView, "/v1/notices", {"after": after_id})

    async def command(self, command: Command) -> Changed:
        """Carry out a command and return what it changed."""
        request = self._http.build_request("POST", "/v1/command", json=command.model_dump())
        return await self._send(Changed, request)

    async def prepare(self, body: PrepareSend) -> PreparedSend:
        """Return a transaction of the owner, ready for the signer's process."""
        request = self._http.build_request("POST", "/v1/wallet/prepare", json=body.model_dump())
        return await self._send(PreparedSend, request)

    async def transactions_csv(
        self, start_s: float | None = None, end_s: float | None = None
    ) -> str:
        """Return the wallet's list as CSV (RFC 4180), all of it or a stretch of time."""
        ends = {"start_s": start_s, "end_s": end_s}
        query = {name: value for name, value in ends.items() if value is not None}
        path = "/v1/wallet/transactions.csv"
        response = await self._answer(self._http.build_request("GET", path, params=query))
        return response.content.decode("utf-8", "replace")

    async def proof(self, body: ProofRequest) -> ProofFile:
        """Return a file that proves values of the screen."""
        request = self._http.build_request("POST", "/v1/proof", json=body.model_dump())
        return await self._send(ProofFile, request)

    async def stream(
        self, silence_s: float = STREAM_SILENCE_S
    ) -> AsyncGenerator[tuple[str, Message], None]:
        """Yield (section, message) each time a section changed; at first every section.

        Ends only by EngineAway: when the engine closes the stream or is silent, heartbeats
        included, for ``silence_s``. A section that this client does not know is passed over.
        """
        timeout = httpx.Timeout(silence_s, connect=3.0)
        request = self._http.build_request("GET", "/v1/stream", timeout=timeout)
        async with self._opened(request, silence_s) as response:
            async for name, data in _events(response.aiter_bytes()):
                kind = SECTIONS.get(name)
                if kind is not None:
                    yield name, _parsed(kind, data)
        raise EngineAway(f"The engine at {self._url} closed the stream; connect again.")

    async def _get(
        self, kind: type[M], path: str, query: dict[str, float | int] | None = None
    ) -> M:
        return await self._send(kind, self._http.build_request("GET", path, params=query))

    async def _send(self, kind: type[M], request: httpx.Request) -> M:
        return _parsed(kind, (await self._answer(request)).content)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        try:
            response = await self._http.send(request)
        except httpx.HTTPError as fault:
            raise self._away(fault) from fault
        if response.is_error:
            raise _refusal(response)
        return response

    @asynccontextmanager
    async def _opened(
        self, request: httpx.Request, silence_s: float
    ) -> AsyncIterator[httpx.Response]:
        response: httpx.Response | None = None
        try:
            response = await self._http.send(request, stream=True)
            if response.is_error:
                await response.aread()
                raise _refusal(response)
            yield response
        except httpx.ReadTimeout:
            raise EngineAway(
                f"The engine at {self._url} has been silent for {silence_s:g} s; connect again."
            ) from None
        except httpx.HTTPError as fault:
            raise self._away(fault) from fault
        finally:
            if response is not None:
                await response.aclose()

    def _away(self, fault: httpx.HTTPError) -> EngineAway:
        if isinstance(fault, httpx.ConnectError | httpx.ConnectTimeout):
            return EngineAway(f"No engine answers at {self._url}; start it.")
        if isinstance(fault, httpx.TimeoutException):
            return EngineAway(f"The engine at {self._url} did not answer in time; ask again.")
        return EngineAway(f"The connection to the engine at {self._url} was cut; connect again.")


def read_site_file(paths: SitePaths) -> SiteFile:
    """Return where the engine of a site listens.

    Raises EngineAway when it never started, ApiFault when the file cannot be used.
    """
    try:
        return SiteFile.model_validate_json(paths.api.read_bytes())
    except FileNotFoundError:
        raise EngineAway(f"No engine runs for the site in {paths.folder}; start it.") from None
    except OSError as fault:
        raise ApiFault(
            f"{paths.api} cannot be read ({fault.strerror}); check its permissions."
        ) from None
    except ValidationError:
        raise ApiFault(f"{paths.api} is damaged; start the engine again.") from None


def _parsed(kind: type[M], data: bytes | str) -> M:
    try:
        return kind.model_validate_json(data)
    except ValidationError as fault:
        first = fault.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the body"
        raise ApiFault(
            f"The engine's {kind.__name__} cannot be read at {field} ({first['msg']}); "
            "window and engine must be of the same version."
        ) from None


def _refusal(response: httpx.Response) -> ApiFault:
    try:
        return ApiFault(Problem.model_validate_json(response.content).sentence)
    except ValidationError:
        path = response.request.url.path
        return ApiFault(f"The engine answered {response.status_code} to {path}; see its log.")


async def _events(chunks: AsyncIterator[bytes]) -> AsyncIterator[tuple[str, str]]:
    """Yield (event, data) of a stream of server-sent events.

    Source: HTML standard, section 9.2.6 (interpreting an event stream); comments, ids and
    retry times are of no use here.
    """
    name, data, size = "message", list[str](), 0
    async for line in _lines(chunks):
        if not line:
            if data:
                yield name, "\n".join(data)
            name, data, size = "message", [], 0
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        size += len(value)
        if size > MAX_EVENT:
            raise ApiFault(_ENDLESS)
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """Yield lines that end in LF or CRLF.

    httpx's own lines also break at U+2028, U+0085 and others, which may stand unescaped inside
    a JSON text, for example in the name that a device gives itself.
    """
    rest = bytearray()
    async for chunk in chunks:
        rest += chunk
        if b"\n" in chunk:
            *whole, last = bytes(rest).split(b"\n")
            rest = bytearray(last)
            for line in whole:
                yield line.removesuffix(b"\r").decode("utf-8", "replace")
        if len(rest) > MAX_EVENT:
            raise ApiFault(_ENDLESS)
