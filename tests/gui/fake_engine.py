"""An engine's API on a real port, with a made-up house behind it."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from fake_wallet import WalletBackend
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from gui_feed import FakeFeed, history

from peerwatt.api.messages import Changed
from peerwatt.api.wallet_messages import PrepareSend
from peerwatt.config.paths import SitePaths, write_private

SITE = "street"
TOKEN = "not-a-secret"


def service(
    feed: FakeFeed,
    news: list[tuple[str, Any]],
    ending: threading.Event,
    wallet: WalletBackend | None = None,
) -> FastAPI:
    """Return an engine's API with a made-up house behind it."""

    def allowed(request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            raise HTTPException(401)

    app = FastAPI(dependencies=[Depends(allowed)])

    @app.get("/v1/state")
    async def state() -> JSONResponse:
        return JSONResponse(feed.state().model_dump(mode="json"))

    @app.get("/v1/history/power")
    async def power(start_s: float, end_s: float, step_s: int) -> JSONResponse:
        return JSONResponse(history(start_s, end_s, step_s).model_dump(mode="json"))

    @app.post("/v1/command")
    async def command(request: Request) -> JSONResponse:
        asked = json.loads(await request.body())
        feed.commands.append(asked)
        if wallet is not None and asked["command"].startswith("wallet-"):
            refusal = wallet.command(asked)
            if refusal:
                return JSONResponse({"sentence": refusal}, 409)
        if asked["command"] == "set-car":
            return JSONResponse({"sentence": "No car is plugged in; plug it in."}, 409)
        return JSONResponse(Changed(sections=("market",)).model_dump(mode="json"))

    add_stream(app, news, ending)
    if wallet is not None:
        add_wallet(app, wallet)
    return app


def add_stream(app: FastAPI, news: list[tuple[str, Any]], ending: threading.Event) -> None:
    """Add the path that tells sections as they are put into ``news``, until ``ending`` is set."""

    async def events() -> AsyncIterator[str]:
        sent = 0
        while not ending.is_set():
            while sent < len(news):
                section, message = news[sent]
                yield f"event: {section}\ndata: {message.model_dump_json()}\n\n"
                sent += 1
            yield ": beat\n\n"
            await asyncio.sleep(0.02)

    @app.get("/v1/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(events(), media_type="text/event-stream")


def add_wallet(app: FastAPI, wallet: WalletBackend) -> None:
    """Add the wallet's own paths."""

    @app.post("/v1/wallet/prepare")
    async def prepare(body: PrepareSend) -> JSONResponse:
        prepared = wallet.prepare(body)
        if isinstance(prepared, str):
            return JSONResponse({"sentence": prepared}, 409)
        return JSONResponse(prepared.model_dump(mode="json"))

    @app.get("/v1/wallet/transactions.csv")
    async def table(start_s: float = 0, end_s: float = 1e12) -> Response:
        return Response(f"time_utc,what\r\n{start_s:.0f},{end_s:.0f}\r\n", media_type="text/csv")


class Engine:
    """An engine's API on a real port, in a thread of its own."""

    def __init__(self, port: int = 0, chain: dict[str, str] | None = None) -> None:
        self.feed = FakeFeed()
        self.news: list[tuple[str, Any]] = []
        self.wallet = WalletBackend(self.feed, self.news, chain) if chain else None
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", port))
        self.port = self.socket.getsockname()[1]
        self.ending = threading.Event()
        api = service(self.feed, self.news, self.ending, self.wallet)
        config = uvicorn.Config(api, log_config=None, lifespan="off", timeout_graceful_shutdown=2)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, args=([self.socket],), daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.005)
        site = {"url": f"http://127.0.0.1:{self.port}", "token": TOKEN, "pid": 1, "version": "0"}
        write_private(SitePaths.named(SITE).api, json.dumps(site))

    def stop(self) -> None:
        self.ending.set()
        self.server.should_exit = True
        self.thread.join(5)
        self.socket.close()
