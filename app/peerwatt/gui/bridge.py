"""The one hop between threads: the API's client runs on its own loop, Qt hears of it here.

Everything that reaches a widget arrives as a signal on the window's thread; everything that
could take time (HTTP, cutting a day of data to pixels) runs elsewhere.
"""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from peerwatt.api.base import Message
from peerwatt.api.client import ApiClient, ApiFault, EngineAway
from peerwatt.api.messages import (
    SECTIONS,
    Changed,
    ClockView,
    Command,
    FlowView,
    PowerHistory,
    SiteState,
)
from peerwatt.api.proof_messages import ProofFile, ProofRequest
from peerwatt.api.wallet_messages import PreparedSend, PrepareSend
from peerwatt.config.paths import SitePaths

from .series import PowerSeries
from .siteclock import SiteClock
from .words import translate

log = logging.getLogger(__name__)
T = TypeVar("T")

RETRY_S = (0.2, 0.3, 0.5, 1.0)
"""Waits between tries to reach the engine; the last one repeats, so that it is seen in 3 s."""
PATIENCE_S = 0.8
STARTING_S = 20.0
"""How long an engine may take to come up, before its absence is said."""
DRAIN_MS = 50
"""At most one batch of changes in this time reaches the widgets, however fast they come."""
CLOCK_SET_BACK_S = 60.0
"""A house whose time is this much before what was seen has started anew (a simulation)."""
HISTORY_S = 24 * 3600
HISTORY_STEP_S = 60


class Link(StrEnum):
    """State of the connection to the engine."""

    CONNECTING = "connecting"
    LIVE = "live"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class LinkView:
    """Connection to the engine with a sentence for the owner."""

    link: Link
    sentence: str = ""


class Client(Protocol):
    """What the bridge needs of the API's client."""

    async def state(self) -> SiteState:
        """Return all sections."""

    def stream(self) -> AsyncIterator[tuple[str, Message]]:
        """Yield each section that changed."""

    async def power(self, start_s: float, end_s: float, step_s: int) -> PowerHistory:
        """Return mean powers."""

    async def command(self, command: Command) -> Changed:
        """Carry out a command."""

    async def proof(self, body: ProofRequest) -> ProofFile:
        """Return a file that proves values of the screen."""

    async def prepare(self, wanted: PrepareSend) -> PreparedSend:
        """Return a transaction ready to be signed."""

    async def transactions_csv(self, start_s: float | None, end_s: float | None) -> str:
        """Return the transactions of a span as the text of a CSV file."""

    async def close(self) -> None:
        """Close all connections."""


class Bridge(QObject):
    """The engine as the window sees it: typed sections as signals, requests as methods."""

    clock = Signal(object)
    engine = Signal(object)
    flow = Signal(object)
    day = Signal(object)
    plan = Signal(object)
    devices = Signal(object)
    market = Signal(object)
    flexibility = Signal(object)
    community = Signal(object)
    wallet = Signal(object)
    chain = Signal(object)
    notices = Signal(object)
    overrides = Signal(object)
    link_changed = Signal(object)
    """A LinkView."""
    history_loaded = Signal()
    """The series holds the last day now."""
    changed = Signal(object)
    """A Changed: what a command did."""
    refused = Signal(str)
    """A sentence: why a command was not carried out."""
    _wake = Signal()

    def __init__(
        self,
        site: str,
        connect: Callable[[], Client] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.site = site
        self.site_clock = SiteClock()
        self.series = PowerSeries()
        self.link = LinkView(Link.CONNECTING)
        self.latest: dict[str, Message] = {}
        self._connect = connect or (lambda: ApiClient.from_site(SitePaths.named(site)))
        self._client: Client | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._patient_until_s = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._cutter = ThreadPoolExecutor(1, thread_name_prefix="plots")
        self._news: dict[str, Message] = {}
        self._calls: deque[Callable[[], None]] = deque()
        self._lock = threading.Lock()
        self._woken = False
        self._drained_s = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._drain)
        self._wake.connect(self._schedule)

    # --- life -----------------------------------------------------------------------------

    def start(self, patience_s: float = PATIENCE_S) -> None:
        """Start to follow the engine; returns at once.

        For ``patience_s`` an engine that does not answer counts as still coming up.
        """
        if self._thread is None:
            self._patient_until_s = time.monotonic() + patience_s
            self._thread = threading.Thread(target=self._run, name="bridge", daemon=True)
            self._thread.start()

    def stop(self, timeout_s: float = 3.0) -> None:
        """Stop following and end the worker threads. The engine runs on."""
        self._stopping.set()
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._cancel_all)
        if self._thread is not None:
            self._thread.join(timeout_s)
        self._cutter.shutdown(wait=True, cancel_futures=True)

    def start_engine(self) -> None:
        """Start the site's engine as its own process, which outlives the window."""
        arguments = [sys.executable, "-m", "peerwatt", "engine", "--site", self.site]
        if getattr(sys, "frozen", False):
            arguments = [sys.executable, "engine", "--site", self.site]
        try:
            subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as fault:
            self.set_link(
                LinkView(
                    Link.AWAY,
                    translate("Bridge", "The engine could not be started: {0}.").format(
                        fault.strerror or fault
                    ),
                )
            )
            return
        self._patient_until_s = time.monotonic() + STARTING_S
        self.set_link(LinkView(Link.CONNECTING, translate("Bridge", "The engine is starting.")))

    # --- requests, from the window's thread -------------------------------------------------

    def send(self, command: Command) -> None:
        """Send a command; the answer comes as ``changed`` or ``refused``."""
        self._ask(
            lambda client: client.command(command),
            self.changed.emit,
            translate("Bridge", "This could not be done, because the engine is away."),
        )

    def ask(
        self,
        call: Callable[[Client], Awaitable[T]],
        done: Callable[[T], None],
        failed: Callable[[str], None],
    ) -> None:
        """Ask the engine; ``done`` or ``failed`` (a sentence) follows on the window's thread."""
        self._ask(
            call,
            done,
            translate("Bridge", "This could not be done, because the engine is away."),
            failed,
        )

    def load_history(self) -> None:
        """Ask for the last 24 hours; the answer comes as ``history_loaded``."""
        if not self.site_clock.known:
            return
        end_s = self.site_clock.now_s()

        def take(history: PowerHistory) -> None:
            self.series.load(history)
            self.history_loaded.emit()

        self._ask(lambda c: c.power(end_s - HISTORY_S, end_s, HISTORY_STEP_S), take)

    def off_thread(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Run ``work`` on the plots' worker, then ``done`` with its result on this thread."""

        def run() -> None:
            """Work on the worker's thread; the result goes back to the window's."""
            result = work()
            self._post(lambda: done(result))

        if not self._stopping.is_set():
            with suppress(RuntimeError):
                self._cutter.submit(_logged, run)

    def publish(self, section: str, message: Message) -> None:
        """Hand one section to the window; must run on its thread."""
        self.latest[section] = message
        if isinstance(message, ClockView):
            self.site_clock.set(message)
        if isinstance(message, FlowView):
            self.series.append(message)
        getattr(self, section).emit(message)

    def publish_state(self, state: SiteState) -> None:
        """Hand all sections to the window, the clock first."""
        for section in SECTIONS:
            self.publish(section, getattr(state, section))

    # --- the worker's loop --------------------------------------------------------------------

    def _run(self) -> None:
        try:
            asyncio.run(self._follow())
        except asyncio.CancelledError:
            return

    def _cancel_all(self) -> None:
        for task in asyncio.all_tasks():
            task.cancel()

    async def _follow(self) -> None:
        self._loop = asyncio.get_running_loop()
        tries = 0
        while not self._stopping.is_set():
            try:
                await self._follow_once()
                tries = 0
            except (ApiFault, EngineAway, OSError) as fault:
                was_live = self._client is not None
                tries = 0 if was_live else tries + 1
                self._lost(str(fault))
            finally:
                await self._close()
            await asyncio.sleep(RETRY_S[min(tries, len(RETRY_S) - 1)])

    async def _follow_once(self) -> None:
        """Read the whole state, then each change, until the stream ends or breaks."""
        client = self._connect()
        try:
            state = await client.state()
        except BaseException:
            await _close_client(client)
            raise
        self._client = client
        self._post(lambda: self._arrived(state))
        async for section, message in client.stream():
            if section in SECTIONS:
                with self._lock:
                    self._news[section] = message
                self._nudge()
        raise EngineAway(translate("Bridge", "The engine has ended."))

    async def _close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await _close_client(client)

    def _lost(self, sentence: str) -> None:
        # The first moments after a start are no loss: the engine may still be coming up.
        coming_up = time.monotonic() < self._patient_until_s
        if self.link.link is Link.CONNECTING and coming_up:
            return
        if self.link != LinkView(Link.AWAY, sentence):
            self._post(lambda: self.set_link(LinkView(Link.AWAY, sentence)))

    def _ask(
        self,
        ask: Callable[[Client], Awaitable[T]],
        take: Callable[[T], None],
        away: str = "",
        failed: Callable[[str], None] | None = None,
    ) -> None:
        refuse = failed or self.refused.emit

        async def run() -> None:
            """Ask on the network's thread; the answer or the refusal goes to the window's."""
            client = self._client
            if client is None:
                if away:
                    self._post(lambda: refuse(away))
                return
            try:
                answer = await ask(client)
            except (ApiFault, EngineAway, OSError) as fault:
                sentence = str(fault)
                self._post(lambda: refuse(sentence))
            else:
                self._post(lambda: take(answer))

        if self._loop is None or self._stopping.is_set():
            if away:
                refuse(away)
            return
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._spawn, run)

    def _spawn(self, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        task = asyncio.ensure_future(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- the hop --------------------------------------------------------------------------------

    def _post(self, call: Callable[[], None]) -> None:
        self._calls.append(call)
        self._nudge()

    def _nudge(self) -> None:
        with self._lock:
            if self._woken or self._stopping.is_set():
                return
            self._woken = True
        self._wake.emit()

    def _schedule(self) -> None:
        rest_ms = DRAIN_MS - int((time.monotonic() - self._drained_s) * 1000)
        self._timer.start(max(0, rest_ms))

    def _drain(self) -> None:
        self._drained_s = time.monotonic()
        with self._lock:
            news, self._news, self._woken = self._news, {}, False
        if self._stopping.is_set():
            # The window is being taken down: nobody is left to hear it.
            self._calls.clear()
            return
        while self._calls:
            self._calls.popleft()()
        for section in SECTIONS:
            if section in news:
                self.publish(section, news[section])

    def _arrived(self, state: SiteState) -> None:
        newest_s = self.series.end_s
        if newest_s is not None and state.flow.time_s < newest_s - CLOCK_SET_BACK_S:
            self.series.clear()
        self.set_link(LinkView(Link.LIVE))
        self.publish_state(state)
        self.load_history()

    def set_link(self, view: LinkView) -> None:
        """Tell everybody how the engine can be reached; on the window's thread only."""
        self.link = view
        self.link_changed.emit(view)


def _logged(run: Callable[[], None]) -> None:
    try:
        run()
    except Exception:
        log.exception("A plot could not be prepared.")


async def _close_client(client: Client) -> None:
    with suppress(ApiFault, EngineAway, OSError):
        await client.close()
