"""The engine at 1 Hz, a simulated day as fast as the machine can, and the window's liveliness."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from .figures import Figure, report

WARM_UP_S = 12.0
WATCH_S = 40.0


@dataclass(frozen=True, slots=True)
class Load:
    """What a process took: share of one core, %, and its memory, MB (resident)."""

    cpu_pct: float
    memory_mb: float


async def watch(process: psutil.Process, seconds: float) -> Load:
    """Measure a process while it runs."""
    begun, before = time.monotonic(), process.cpu_times()
    await asyncio.sleep(seconds)
    after = process.cpu_times()
    used = after.user + after.system - before.user - before.system
    share = 100 * used / (time.monotonic() - begun)
    return Load(share, process.memory_info().rss / 1e6)


async def at_one_hertz() -> tuple[Load, Load, dict[str, Any]]:
    """Return (engine, bare loop, window) measured on the same running devices."""
    from peerwatt.api.client import ApiClient
    from peerwatt.config.paths import SitePaths
    from peerwatt.simulation.demo import DemoOptions
    from peerwatt.simulation.onboarding import chain_folder, free_port, make_home
    from peerwatt.simulation.runner import Demo, start_time_s
    from peerwatt.simulation.street.street import Street, StreetOptions

    options = DemoOptions(site="bench", headless=True, speed=1.0, intervals=1)
    paths = SitePaths.named("bench")
    home = await make_home(paths)
    chain_folder(paths).mkdir(parents=True)
    street = Street(StreetOptions(chain_folder(paths), start_time_s(options), 1, free_port()))
    demo = Demo(options, street, home)
    await demo.start()
    run = asyncio.create_task(demo.run())
    try:
        await asyncio.sleep(WARM_UP_S)
        async with ApiClient.from_site(paths) as client:
            before = (await client.state()).engine.cycle
            engine = await watch(psutil.Process(demo.engine_pid), WATCH_S)
            cycles = (await client.state()).engine.cycle - before
        if cycles < 0.95 * WATCH_S:
            raise RuntimeError(f"the engine ran only {cycles} cycles in {WATCH_S:.0f} s")
        bare = await bare_loop(street)
        window = await open_window()
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
        await demo.close()
    return engine, bare, window


async def bare_loop(street: Any) -> Load:
    """Poll the same servers with pymodbus and nothing else."""
    peers = street.peers[0]
    ports = json.dumps({"meter": peers.meter_port, "inverter": peers.inverter_port})
    words = ("-m", "tests.bench.poll_reference", ports, str(WATCH_S + 10))
    process = await asyncio.create_subprocess_exec(sys.executable, *words)
    try:
        await asyncio.sleep(3)
        return await watch(psutil.Process(process.pid), WATCH_S)
    finally:
        process.terminate()
        await process.wait()


async def open_window() -> dict[str, Any]:
    """Open the window on the running engine; return its figures."""
    begun = time.time()
    found = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "tests.bench.window_live", "bench"],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    result: dict[str, Any] = json.loads(found.stdout)
    return {**result, "live_s": result["live_s"] - begun}


def one_day() -> tuple[float, dict[str, Any]]:
    """Run 96 intervals of six houses; return the wall time, s, and the report."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.json"
        begun = time.monotonic()
        subprocess.run(
            [
                *(sys.executable, "-m", "peerwatt", "--site", "bench", "demo", "--headless"),
                *("--intervals", "96", "--speed", "max", "--seed", "1", "--report", str(path)),
            ],
            check=True,
        )
        return time.monotonic() - begun, json.loads(path.read_text())


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PEERWATT_HOME"] = folder
        engine, bare, window = asyncio.run(at_one_hertz())
        day_s, day = one_day()
    ratio = engine.cpu_pct / max(bare.cpu_pct, 1e-9)
    held = window["held_ms"][-1]
    reference = f"bare pymodbus loop {bare.cpu_pct:.2f} % (ratio {ratio:.1f})"
    memory = f"bare pymodbus loop {bare.memory_mb:.0f} MB"
    done = f"{day['settlement']['intervals']} intervals settled, {day['chain']['head']} blocks"
    return report(
        "house",
        [
            Figure("engine at 1 Hz, one core", engine.cpu_pct, "%", reference, "<= 5 %",
                   engine.cpu_pct <= 5),
            Figure("engine memory", engine.memory_mb, "MB", memory, "<= 200 MB",
                   engine.memory_mb <= 200),
            Figure("a day of six houses", day_s, "s", done, "< 360 s", day_s < 360),
            Figure("window live", window["live_s"], "s", "from the start of its process", "<= 3 s",
                   window["live_s"] <= 3),
            Figure("window's thread held, longest", held, "ms", "24 h of 1-s data loaded",
                   "<= 50 ms", held <= 50),
            Figure("window's paint, longest", window["paint_ms"], "ms", "24 h of 1-s data loaded",
                   "<= 50 ms", window["paint_ms"] <= 50),
        ],
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
