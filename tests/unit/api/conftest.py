"""A small real server on a loopback socket that behaves as a test tells it to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from peerwatt.api.base import ChainValue, TrustMark
from peerwatt.api.client import ApiClient
from peerwatt.api.community_messages import CommunityView
from peerwatt.api.market_messages import MarketView
from peerwatt.api.messages import (
    AgentView,
    ChainView,
    ClockView,
    DayView,
    DevicesView,
    EngineView,
    FlexibilityView,
    FlowView,
    NoticesView,
    OverrideView,
    PlanView,
    SiteState,
    WalletView,
)

NONE = ChainValue(value=None, mark=TrustMark.PENDING)
STATE = SiteState(
    clock=ClockView(now_s=1.0, simulated=True),
    engine=EngineView(version="0", site_name="Haus", started_s=0, cycle=1, cycle_ms=2),
    flow=FlowView(time_s=1.0, grid_w=-1500.5),
    day=DayView(date="2026-07-01"),
    plan=PlanView(),
    devices=DevicesView(),
    market=MarketView(),
    flexibility=FlexibilityView(),
    community=CommunityView(),
    wallet=WalletView(
        credit=NONE,
        escrowed=NONE,
        total_supply=NONE,
        agent=AgentView(daily_limit=NONE, spent_today=NONE),
    ),
    chain=ChainView(network="devnet", consensus="qbft", chain_id=1, validators=4, state="verified"),
    notices=NoticesView(),
    overrides=OverrideView(),
)


@dataclass
class Script:
    """What the server answers, and what it was asked."""

    answers: dict[str, Response] = field(default_factory=dict)
    stream: list[bytes] = field(default_factory=list)
    keep_open: bool = False
    asked: list[tuple[str, str, str, bytes]] = field(default_factory=list)
    """(method, path with query, Authorization, body)."""


@dataclass
class Peer:
    """The running server and a client of it."""

    url: str
    script: Script
    client: ApiClient


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    """A server and a client with the token ``secret``."""
    script = Script()
    app = FastAPI()

    @app.get("/v1/stream")
    async def stream(request: Request) -> Response:
        if "/v1/stream" in script.answers:
            return script.answers["/v1/stream"]
        return StreamingResponse(_chunks(script, request), media_type="text/event-stream")

    @app.api_route("/{path:path}", methods=["GET", "POST"])
    async def anything(request: Request) -> Response:
        url = request.url
        path = f"{url.path}?{url.query}" if url.query else url.path
        bearer = request.headers.get("authorization", "")
        script.asked.append((request.method, path, bearer, await request.body()))
        return script.answers[url.path]

    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
    config.timeout_graceful_shutdown = 1
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    async with ApiClient(url, "secret", timeout_s=2.0) as client:
        yield Peer(url, script, client)
    server.should_exit = True
    with suppress(asyncio.CancelledError):
        await task


async def _chunks(script: Script, request: Request) -> AsyncIterator[bytes]:
    for chunk in script.stream:
        yield chunk
        await asyncio.sleep(0)
    if script.keep_open:
        while (await request.receive())["type"] != "http.disconnect":
            pass
