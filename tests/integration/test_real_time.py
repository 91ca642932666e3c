"""The engine on real time, as in a real house: without a chain, with one device that is missing."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time

import pytest

from peerwatt.api.client import ApiClient, ApiFault
from peerwatt.api.messages import AdvanceClock, SiteState
from peerwatt.config.paths import SitePaths
from peerwatt.config.settings import SiteSettings, SunSpecDevice, save_settings
from peerwatt.simulation.onboarding import free_port
from peerwatt.simulation.peers.house_peers import HousePeers
from peerwatt.simulation.physics.house import SimHouse
from peerwatt.simulation.physics.spec import street_houses
from peerwatt.simulation.physics.weather import Weather
from peerwatt.simulation.processes import wait_for_site_file

pytestmark = pytest.mark.allow_log("DatetimeIndex.dayofyear")


def sunspec(device_id: str, role: str, port: int) -> SunSpecDevice:
    return SunSpecDevice.model_validate(
        {"device_id": device_id, "role": role, "host": "127.0.0.1", "port": port, "unit": 1}
    )


async def until(client: ApiClient, wanted: object) -> SiteState:
    async with asyncio.timeout(30):
        async for _ in client.stream():
            state = await client.state()
            if callable(wanted) and wanted(state):
                return state
    raise AssertionError("the stream ended")


async def test_a_real_house_is_shown_and_ends_kindly() -> None:
    paths = SitePaths.named("real")
    house = SimHouse(street_houses(1)[0], Weather(1), time.time())
    peers = HousePeers(house)
    await peers.start()
    devices = (
        sunspec("meter", "meter", peers.meter_port),
        sunspec("inverter", "inverter", peers.inverter_port or 0),
        sunspec("missing", "inverter", free_port()),
    )
    save_settings(paths.settings, SiteSettings(name="Real", devices=devices))
    log = paths.folder / "engine.out"
    with log.open("wb") as output:
        engine = subprocess.Popen(  # noqa: ASYNC220
            [sys.executable, "-m", "peerwatt", "engine", "--site", "real"],
            env=dict(os.environ),
            stdout=output,
            stderr=output,
        )
    try:
        file = await wait_for_site_file(paths.api, engine, log)
        async with ApiClient(file.url, file.token) as client:
            state = await until(client, lambda s: s.engine.cycle >= 3 and s.flow.grid_w is not None)
            assert abs(state.clock.now_s - time.time()) < 30
            assert not state.clock.simulated
            assert state.flow.soc_pct is not None
            assert state.wallet.sentence == "No chain is set up for this site yet."
            healths = {d.device_id: d.health for d in state.devices.devices}
            assert healths["meter"] == "fresh"
            assert healths["inverter-battery"] == "fresh"
            lost = [n.sentence for n in state.notices.notices if n.source == "missing"]
            assert len(lost) == 1
            assert "refuses connections" in lost[0]
            with pytest.raises(ApiFault, match="real time"):
                await client.command(AdvanceClock(to_s=0.0))
        engine.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(engine.wait, 20) == 0
        assert not paths.api.exists()
    finally:
        if engine.poll() is None:
            engine.kill()
            engine.wait()
        await peers.close()
