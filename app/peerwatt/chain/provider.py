"""web3.py on proofs: the rest of the program may use web3 without trusting any node.

``Web3(VerifiedProvider(network))`` follows the network by itself on a thread of its own;
``AsyncWeb3(AsyncVerifiedProvider(reader))`` shares the caller's event loop and client. Import
this module only where web3 is used; it takes web3's import time.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Self, TypeVar, cast

from web3 import AsyncWeb3, Web3
from web3.middleware import ExtraDataToPOAMiddleware
from web3.providers.async_base import AsyncBaseProvider
from web3.providers.base import BaseProvider
from web3.types import RPCEndpoint, RPCResponse

from peerwatt.config.clock import SystemClock
from peerwatt.model.ports import Clock

from .answers import UNPROVEN, AnswerFault
from .answers.methods import VerifiedMethods
from .clients.opening import open_chain
from .networks import Network
from .ports import HeaderStore, VerifiedChain
from .reading.reader import ProvenReader

T = TypeVar("T")

ANSWER_TIMEOUT_S = 60.0
START_TIMEOUT_S = 30.0


class AsyncVerifiedProvider(AsyncBaseProvider):
    """Provider for ``AsyncWeb3`` over a client that somebody else keeps in step."""

    # Following a contract's pointer to a web server would leave what is proven (EIP-3668).
    global_ccip_read_enabled = False

    def __init__(self, reader: ProvenReader) -> None:
        super().__init__()
        self._answers = VerifiedMethods(reader)

    async def is_connected(self, show_traceback: bool = False) -> bool:  # noqa: ARG002
        """Whether a verified block is known."""
        return self._answers.is_ready

    async def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Answer one request from proofs, or with an error that says why not."""
        return await _respond(self._answers, method, params)

    async def disconnect(self) -> None:
        """Let the threads of calls end; the client stays its owner's."""
        self._answers.close()


class VerifiedProvider(BaseProvider):
    """Provider for ``Web3``: verifies a network on a thread of its own; close it when done.

    ``open_client`` makes the client, on that thread, where the usual one will not do.
    """

    global_ccip_read_enabled = False

    def __init__(
        self,
        network: Network,
        clock: Clock | None = None,
        store: HeaderStore | None = None,
        *,
        open_client: Callable[[], VerifiedChain] | None = None,
    ) -> None:
        super().__init__()
        used = clock or SystemClock()
        self._open = open_client or (lambda: open_chain(network, used, store))
        self._period_s = max(1.0, network.block_period_s / 2)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="verified-chain", daemon=True)
        self._thread.start()
        self._started = asyncio.run_coroutine_threadsafe(self._start(), self._loop)

    def is_connected(self, show_traceback: bool = False) -> bool:  # noqa: ARG002
        """Whether a verified block is known, after the first round with the endpoints."""
        return self._thread.is_alive() and self._ready().is_ready

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Answer one request from proofs, or with an error that says why not."""
        try:
            return self._wait(_respond(self._ready(), method, params), ANSWER_TIMEOUT_S)
        except TimeoutError:
            text = f"{method} was not answered within {ANSWER_TIMEOUT_S:g} s; ask again."
            return _error(UNPROVEN, text)

    def sync(self) -> None:
        """Do a round with the endpoints now instead of waiting for the next one."""
        self._ready()
        self._wait(self._sync(), START_TIMEOUT_S)

    def close(self) -> None:
        """Stop following the network and close all connections."""
        if not self._thread.is_alive():
            return
        try:
            self._wait(self._stop(self._ready()), START_TIMEOUT_S)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- on the thread -----------------------------------------------------------------------

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    async def _start(self) -> VerifiedMethods:
        self._client = self._open()
        methods = VerifiedMethods(ProvenReader(self._client))
        await self._client.sync()
        self._task = asyncio.create_task(self._follow())
        return methods

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(self._period_s)
            await self._client.sync()

    async def _sync(self) -> None:
        await self._client.sync()

    async def _stop(self, methods: VerifiedMethods) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        methods.close()
        await self._client.close()

    # -- from any other thread ---------------------------------------------------------------

    def _ready(self) -> VerifiedMethods:
        return self._started.result(START_TIMEOUT_S)

    def _wait(self, work: Coroutine[Any, Any, T], timeout_s: float) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout_s)


async def _respond(methods: VerifiedMethods, method: str, params: Any) -> RPCResponse:
    try:
        result = await methods.answer(method, params)
    except AnswerFault as fault:
        return _error(fault.code, str(fault), fault.data)
    return cast("RPCResponse", {"jsonrpc": "2.0", "id": 1, "result": result})


def _error(code: int, message: str, data: str | None = None) -> RPCResponse:
    error = {"code": code, "message": message} | ({} if data is None else {"data": data})
    return cast("RPCResponse", {"jsonrpc": "2.0", "id": 1, "error": error})


def verified_web3(reader: ProvenReader) -> AsyncWeb3[AsyncVerifiedProvider]:
    """Return asynchronous web3 on proofs, ready for the long extraData of authority chains.

    Hashes and seals were verified before, so web3's own check has nothing to add.
    """
    web3 = AsyncWeb3(AsyncVerifiedProvider(reader))
    web3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)
    return web3


def verified_web3_sync(provider: VerifiedProvider) -> Web3:
    """Return synchronous web3 on proofs, ready for the long extraData of authority chains."""
    web3 = Web3(provider)
    web3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)
    return web3
