"""The local API's server: loopback only, a token for everything, an OpenAPI document."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Annotated, Protocol

import uvicorn
from fastapi import Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.params import Depends as Dependency
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from peerwatt import __version__
from peerwatt.api.messages import (
    Changed,
    Command,
    Figures,
    NoticesView,
    PowerHistory,
    Problem,
    SiteState,
)

from .owner_wallet.routes import WalletHouse, add_wallet_routes
from .proof_route import ProofHouse, add_proof_route
from .publisher import Publisher
from .refusal import ApiRefusal

HEARTBEAT_S = 10.0
STREAM_GAP_S = 0.15
"""Least time between two batches to one reader: a window need not be told more often."""

BEARER = HTTPBearer(auto_error=False)
MAX_HISTORY_POINTS = 200_000


class House(WalletHouse, ProofHouse, Protocol):
    """What the API needs of the engine."""

    publisher: Publisher

    async def command(self, command: Command) -> Changed:
        """Carry out a command. Raises ApiRefusal."""

    async def power_history(self, start_s: float, end_s: float, step_s: int) -> PowerHistory:
        """Return mean powers on a grid."""

    async def figures(self) -> Figures:
        """Return the figures counted so far."""

    async def notices(self, after: int) -> NoticesView:
        """Return notices with an id above ``after``."""


def build_app(house: House, token: str) -> FastAPI:
    """Return the application; every path but the document's needs the bearer token."""
    app = FastAPI(title="Peerwatt", version=__version__, openapi_url="/v1/openapi.json")

    async def owner(
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
    ) -> None:
        given = credentials.credentials if credentials else ""
        if not secrets.compare_digest(given.encode(), token.encode()):
            raise ApiRefusal("The token is missing or wrong; read it from engine.json.", 401)

    guard = [Depends(owner)]
    _add_errors(app)
    _add_reads(app, house, guard)
    add_wallet_routes(app, house, guard)
    add_proof_route(app, house, guard)

    @app.post("/v1/command", dependencies=guard, responses={409: {"model": Problem}})
    async def command(command: Command) -> Changed:
        """Change something; answers what it changed."""
        return await house.command(command)

    return app


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(ApiRefusal)
    async def refused(_: Request, fault: ApiRefusal) -> JSONResponse:
        return JSONResponse(Problem(sentence=str(fault)).model_dump(), status_code=fault.status)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, fault: RequestValidationError) -> JSONResponse:
        first = fault.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        sentence = f"The request is not valid at {place}: {first['msg']}."
        return JSONResponse(Problem(sentence=sentence).model_dump(), status_code=422)


def _add_reads(app: FastAPI, house: House, guard: Sequence[Dependency]) -> None:
    async def state() -> SiteState:
        """All sections as they are now."""
        try:
            return house.publisher.state()
        except KeyError:
            raise ApiRefusal("The engine is starting; ask again in a moment.", 503) from None

    async def stream() -> StreamingResponse:
        """Server-sent events: a section whole each time it changed."""
        return StreamingResponse(_events(house.publisher), media_type="text/event-stream")

    async def power(
        start_s: float, end_s: float, step_s: Annotated[int, Query(ge=1, le=86_400)]
    ) -> PowerHistory:
        """Mean powers on a fixed grid."""
        if end_s < start_s or (end_s - start_s) / step_s > MAX_HISTORY_POINTS:
            raise ApiRefusal("The range is empty or too long for its step; use a larger one.", 422)
        return await house.power_history(start_s, end_s, step_s)

    async def figures() -> Figures:
        """Figures counted where they happened; counters since the engine started."""
        return await house.figures()

    async def notices(after: int = 0) -> NoticesView:
        """Lines of the owner's log after a given one."""
        return await house.notices(after)

    routes: tuple[tuple[str, Callable[..., Awaitable[object]]], ...] = (
        ("/v1/state", state),
        ("/v1/stream", stream),
        ("/v1/history/power", power),
        ("/v1/figures", figures),
        ("/v1/notices", notices),
    )
    for path, handler in routes:
        app.get(path, dependencies=guard)(handler)


async def _events(publisher: Publisher) -> AsyncIterator[str]:
    async with publisher.subscribe() as subscription:
        while not publisher.closed:
            changed = await subscription.next(HEARTBEAT_S)
            if not changed:
                yield ": alive\n\n"
                continue
            for name, message in changed:
                yield f"event: {name}\ndata: {message.model_dump_json()}\n\n"
            await asyncio.sleep(STREAM_GAP_S)


class _QuietServer(uvicorn.Server):
    """A server that leaves the process's signals to the engine, and tells when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and say so."""
        await super().startup(sockets)
        self._up.set()

    async def wait_started(self) -> None:
        """Return once the server listens."""
        await self._up.wait()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing."""
        yield


class ApiServer:
    """Runs the application on a loopback socket inside the engine's loop."""

    def __init__(self, app: FastAPI, port: int) -> None:
        # With the protocol named, asyncio turns Nagle's algorithm off; without it each answer
        # waits 40 ms for the other side's delayed acknowledgement.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if os.name == "posix":
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        self._socket.listen(64)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
            http="h11",
            ws="none",
        )
        self._server = _QuietServer(config)
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Base URL of the API."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    async def start(self) -> None:
        """Start serving."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        await self._server.wait_started()

    async def close(self) -> None:
        """Stop serving; streams must have been ended by closing the publisher."""
        self._server.should_exit = True
        if self._task is not None:
            with suppress(asyncio.CancelledError):
                await asyncio.wait_for(self._task, 5)
        self._socket.close()
