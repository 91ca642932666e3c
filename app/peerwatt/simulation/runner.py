"""Runs the demo: the street as master of time, the engine and the window as processes."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

from peerwatt.api.client import ApiClient, ApiFault, EngineAway
from peerwatt.api.messages import AdvanceClock, Shutdown
from peerwatt.config.logs import setup_logging
from peerwatt.config.paths import SitePaths
from peerwatt.config.settings import Location
from peerwatt.model.units import INTERVAL_S

from .demo import DemoFault, DemoOptions
from .onboarding import (
    DEMO_PASSWORD,
    Home,
    admit_agent,
    chain_folder,
    free_port,
    make_home,
    write_address_book,
    write_settings,
)
from .processes import ProcessFault, start_engine, start_window, stop, wait_for_site_file
from .replay import Replay, ReplayFault, ReplayOptions, load_replay
from .report import make_report, prove_sums
from .street.account import StreetAccount
from .street.street import Street, StreetOptions

log = logging.getLogger(__name__)

LONGEST_TICK_S = 15.0
TICKS_PER_S = 4.0
"""Ticks in a real second, where the demo runs paced."""

SETTLE_TICKS = 8
"""Ticks after the last interval in which it is metered and settled."""

STOP_HOUSE = 3
"""Exit code of a window whose owner wants the house to be stopped, too."""


async def run_street(options: DemoOptions) -> int:
    """Run the demo to its end and return its exit code. Raises DemoFault."""
    setup_logging(None, logging.WARNING)
    paths = SitePaths.named(options.site)
    start_s = start_time_s(options)
    replay = _replay(options, start_s)
    home = await make_home(paths)
    street = Street(StreetOptions(chain_folder(paths), start_s, options.seed, free_port(), replay))
    chain_folder(paths).mkdir(parents=True, exist_ok=True)
    demo = Demo(options, street, home)
    _end_kindly()
    try:
        await demo.start()
        return await demo.run()
    except (ProcessFault, EngineAway) as fault:
        raise DemoFault(str(fault)) from None
    finally:
        await demo.close()


def _end_kindly() -> None:
    """Let a terminating signal end the demo as Ctrl-C does: with everything closed."""
    task = asyncio.current_task()
    if task is not None:
        with suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def start_time_s(options: DemoOptions) -> int:
    """Return the Unix second at which the demo begins: the beginning of an interval."""
    zone = ZoneInfo(Location().timezone)
    start = datetime.fromisoformat(options.start)
    if start.tzinfo is None:
        start = start.replace(tzinfo=zone)
    return int(start.timestamp()) // INTERVAL_S * INTERVAL_S


def _replay(options: DemoOptions, start_s: int) -> Replay | None:
    if options.replay is None:
        return None
    scaled = ReplayOptions(options.replay_load_kwh, options.replay_pv_kwh)
    try:
        return load_replay(options.replay, scaled, float(start_s))
    except ReplayFault as fault:
        raise DemoFault(str(fault)) from None


class Demo:
    """One run."""

    def __init__(self, options: DemoOptions, street: Street, home: Home) -> None:
        self.options = options
        self.street = street
        self.home = home
        self._engine: subprocess.Popen[bytes] | None = None
        self._window: subprocess.Popen[bytes] | None = None
        self._client: ApiClient | None = None
        self._tick_s = _tick_s(options.times_real)
        self._refusal = ""

    async def prepare(self) -> None:
        """Found the street and make the household a member; nothing of it runs yet."""
        street, home = self.street, self.home
        await street.node.open()
        owner = StreetAccount(street.node, home.owner_key.reveal())
        await street.open(owner)
        await admit_agent(street, owner, home.agent_address)
        write_settings(street, home, owner.address, self._tick_s)
        write_address_book(street, home)

    @property
    def engine_pid(self) -> int:
        """Process id of the engine that was started last. Raises RuntimeError before."""
        if self._engine is None:
            raise RuntimeError("the engine is not started yet")
        return self._engine.pid

    def drive(self, client: ApiClient) -> None:
        """Drive the clock of this engine from now on."""
        self._client = client

    async def start(self) -> None:
        """Prepare, start the engine and, unless headless, the window."""
        _say("Building the street: six houses, their devices, a chain ...")
        await self.prepare()
        street, home = self.street, self.home
        log_file = home.paths.folder / "engine.out"
        self._engine = start_engine(self.options.site, home.environment, log_file)
        site_file = await wait_for_site_file(home.paths.api, self._engine, log_file)
        self.drive(ApiClient(site_file.url, site_file.token))
        charger = street.peers[0].charger
        if charger is not None:
            with suppress(TimeoutError):
                await charger.wait_connected()
        if not self.options.headless:
            self._window = start_window(self.options.site, home.environment, self.options.theme)
            _say("The window is open. Ctrl-C here ends the demo.")
            _say(f"To send credits from the wallet, its password is: {DEMO_PASSWORD}")

    async def run(self) -> int:
        """Tick until the wanted intervals are over or the window is closed."""
        begun = time.monotonic()
        count = self.options.interval_count
        start_s = self.street.options.start_s
        end_s = None if count is None else start_s + count * INTERVAL_S
        last_s = None if end_s is None else end_s + SETTLE_TICKS * self._tick_s
        now_s = float(start_s)
        while (last_s is None or now_s < last_s) and not self._closed():
            tick_begun = time.monotonic()
            now_s += self._tick_s
            await self._tick(now_s)
            if end_s is not None:
                self._progress(now_s, start_s, end_s)
            await self._pace(tick_begun)
        if self.options.report is not None and count is not None:
            await self._write_report(count, time.monotonic() - begun)
        return 0

    async def _tick(self, now_s: float) -> None:
        """Physics and messages first, then the engine's cycle and the next block side by side."""
        await self.street.tick(now_s)
        await asyncio.gather(self.street.seal(), self.advance_engine(now_s))

    async def advance_engine(self, now_s: float) -> None:
        """Drive the engine's clock; an engine that is away is a state, looked at again."""
        client = self._client
        if client is None:
            await self._find_engine()
            return
        try:
            await client.command(AdvanceClock(to_s=now_s, speed=self.options.times_real))
        except EngineAway:
            await client.close()
            self._client = None
        except ApiFault as fault:
            if str(fault) != self._refusal:
                self._refusal = str(fault)
                log.warning("The engine refused: %s", fault)

    async def _find_engine(self) -> None:
        """Look whether an engine was started again, for example by the window."""
        with suppress(EngineAway, OSError, ValueError):
            self._client = ApiClient.from_site(self.home.paths)

    async def _pace(self, tick_begun: float) -> None:
        if self.options.times_real > 0:
            rest = self._tick_s / self.options.times_real - (time.monotonic() - tick_begun)
            await asyncio.sleep(max(rest, 0.0))

    def _closed(self) -> bool:
        """Whether the owner wants the demo to end; a window that is merely gone is no reason."""
        if self._window is None:
            return False
        code = self._window.poll()
        if code is None:
            return False
        self._window = None
        if code == STOP_HOUSE:
            return True
        _say(
            "The window is closed; the house runs on. Open it again with: "
            f"peerwatt --site {self.options.site}. Ctrl-C here ends the demo."
        )
        return False

    def _progress(self, now_s: float, start_s: float, end_s: float) -> None:
        """Say once per 4 simulated hours how far a headless run is."""
        step = 16 * INTERVAL_S
        if self.options.headless and now_s < end_s and (now_s - start_s) % step < self._tick_s:
            done = int((now_s - start_s) // INTERVAL_S)
            _say(f"{done} of {int((end_s - start_s) // INTERVAL_S)} intervals")

    async def _write_report(self, intervals: int, wall_s: float) -> None:
        if self._client is None or self.options.report is None:
            raise DemoFault("the engine is away, so there is no report; see its log")
        figures = await self._client.figures()
        sums = await prove_sums(self.street)
        report = make_report(
            figures, sums, seed=self.options.seed, intervals=intervals, wall_s=wall_s
        )
        text = json.dumps(report, indent=1) + "\n"
        self.options.report.write_text(text, encoding="utf-8")
        _say(f"The report is in {self.options.report}.")

    async def close(self) -> None:
        """End the window, the engine, and the street."""
        if self._window is not None:
            stop(self._window)
        if self._client is not None:
            with suppress(EngineAway, ApiFault):
                await self._client.command(Shutdown())
            await self._client.close()
        if self._engine is not None:
            await asyncio.to_thread(stop, self._engine)
        await self.street.close()


def _tick_s(times_real: float) -> float:
    """Return simulated seconds per tick: as many ticks a second as look live, 15 s at most."""
    if times_real == 0:
        return LONGEST_TICK_S
    for tick_s in (1.0, 3.0, 5.0, 15.0):
        if times_real / tick_s <= TICKS_PER_S:
            return tick_s
    return LONGEST_TICK_S


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
