"""The whole house over real protocols: a street, its chain, and the engine as its own process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from peerwatt.api.client import ApiClient
from peerwatt.api.messages import SetCar, SiteState
from peerwatt.config.paths import SitePaths
from peerwatt.config.settings import load_settings, save_settings
from peerwatt.model.units import INTERVAL_S
from peerwatt.simulation.demo import DemoFault, DemoOptions, run_demo
from peerwatt.simulation.onboarding import chain_folder, free_port, make_home
from peerwatt.simulation.processes import start_engine, wait_for_site_file
from peerwatt.simulation.runner import Demo, start_time_s
from peerwatt.simulation.street.street import Street, StreetOptions

pytestmark = pytest.mark.allow_log("DatetimeIndex.dayofyear")


def run_cli(*words: str, timeout_s: float = 240) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    environment.pop("QT_QPA_PLATFORM", None)
    return subprocess.run(
        [sys.executable, "-m", "peerwatt", *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def test_six_intervals_end_to_end(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    done = run_cli(
        "demo", "--headless", "--intervals", "6", "--speed", "max", "--report", str(path)
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(path.read_text())
    assert report["schema"] == 1
    assert report["errors"] == []
    assert {(d["kind"], d["protocol"]) for d in report["devices"]} == {
        ("meter", "sunspec-tcp"),
        ("inverter", "sunspec-tcp"),
        ("battery", "sunspec-tcp"),
        ("charger", "ocpp1.6"),
    }
    assert all(d["samples"] > 300 and d["errors"] == 0 for d in report["devices"])
    check_energy(report["energy_wh"])
    check_money(report)
    flexibility = report["flexibility"]
    assert flexibility["awards"] == 1
    assert 0 < flexibility["delivered_wh"] <= flexibility["promised_wh"]
    assert flexibility["earned_micro"] > 0
    assert report["twins"]["transitions"] > 0
    assert report["twins"]["replay_ok"]


def check_energy(energy: dict[str, float]) -> None:
    assert energy["pv"] > 0
    assert energy["ev"] > 0
    # The charger tells of a change one tick late: 15 s at 11 kW are 46 Wh; registers round down.
    assert abs(energy["balance_error"]) <= 46 + 12


def check_money(report: dict[str, Any]) -> None:
    market, settlement, chain = report["market"], report["settlement"], report["chain"]
    assert market["orders"] >= 3
    assert market["cleared_intervals"] >= 3
    assert market["bought_wh"] + market["sold_wh"] > 0
    assert settlement["intervals"] == 6
    assert settlement["sum_of_all_accounts_micro"] == 0
    assert chain["credit_supply_ok"]
    assert chain["consensus"] == "qbft"
    assert chain["validators"] == 4
    assert chain["headers_verified"] == chain["head"]
    assert chain["proofs_verified"] > 0
    assert chain["rejected"] == 0


def test_demo_without_a_display_says_what_to_do() -> None:
    done = run_cli("demo")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "peerwatt demo --headless" in done.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (DemoOptions(headless=True, start="soon"), "--start soon is no time"),
        (DemoOptions(headless=True, replay=Path("/nowhere.csv")), "--replay /nowhere.csv"),
        (DemoOptions(headless=True, report=Path("/no/where.json")), "folder of --report"),
    ],
)
def test_wrong_options_are_refused_in_one_line(options: DemoOptions, words: str) -> None:
    with pytest.raises(DemoFault, match=words):
        run_demo(options)


class Lab:
    """A street and an engine whose time and blocks the test moves."""

    def __init__(self, site: str) -> None:
        self.options = DemoOptions(site=site, headless=True, speed=0.0)
        self.paths = SitePaths.named(site)
        self.now_s = float(start_time_s(self.options))
        self.engines: list[subprocess.Popen[bytes]] = []

    async def __aenter__(self) -> Lab:
        home = await make_home(self.paths)
        chain_folder(self.paths).mkdir(parents=True)
        start_s = int(self.now_s)
        street = Street(StreetOptions(chain_folder(self.paths), start_s, 1, free_port()))
        self.demo = Demo(self.options, street, home)
        await self.demo.prepare()
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            await self.demo.close()
        finally:
            for engine in self.engines:
                if engine.poll() is None:
                    engine.kill()
                engine.wait()

    async def start_engine(self) -> ApiClient:
        log = self.paths.folder / "engine.out"
        engine = start_engine(self.options.site, self.demo.home.environment, log)
        self.engines.append(engine)
        file = await wait_for_site_file(self.paths.api, engine, log)
        client = ApiClient(file.url, file.token)
        self.demo.drive(client)
        charger = self.demo.street.peers[0].charger
        assert charger is not None
        await charger.wait_connected()
        return client

    async def tick(self, *, seal: bool = True) -> None:
        self.now_s += 15.0
        await self.demo.street.tick(self.now_s)
        if seal:
            await self.demo.street.seal()
        await self.demo.advance_engine(self.now_s)

    async def until(self, wanted: Any, client: ApiClient, *, seal: bool = True) -> SiteState:
        for _ in range(200):
            await self.tick(seal=seal)
            state = await client.state()
            if wanted(state):
                return state
        raise AssertionError("it did not happen within 50 simulated minutes")

    def rows(self, query: str) -> list[Any]:
        with sqlite3.connect(f"file:{self.paths.history}?mode=ro", uri=True) as connection:
            return connection.execute(query).fetchall()


async def test_engine_killed_between_order_and_receipt_places_it_once() -> None:
    async with Lab("kill") as lab:
        client = await lab.start_engine()
        await lab.until(lambda s: s.chain.state == "verified", client)
        sent = await lab.until(
            lambda s: any(o.state == "sent" for o in s.market.orders), client, seal=False
        )
        order = next(o for o in sent.market.orders if o.state == "sent")
        samples = lab.rows("select count(*) from power_sample")[0][0]
        lab.engines[0].send_signal(signal.SIGKILL)
        lab.engines[0].wait()
        await client.close()
        again = await lab.start_engine()
        placed = await lab.until(
            lambda s: any(
                o.interval == order.interval and o.state in {"placed", "cleared"}
                for o in s.market.orders
            ),
            again,
        )
        await check_placed_once(lab, order.interval)
        assert placed.wallet.credit.mark == "verified"
        assert lab.rows("select count(*) from power_sample")[0][0] >= samples
        await check_second_engine_is_refused(lab)
        await check_killed_window_leaves_the_house_running(lab, again)


async def check_placed_once(lab: Lab, interval: int) -> None:
    """Every transaction that the agent's key signed stands once in the chain."""
    street = lab.demo.street
    await street.client.sync()
    head = street.node.head.number
    events = await street.reader.events(street.contracts.market.address, 1, head)
    ours = bytes.fromhex(street.members[0][2:])
    decode = street.contracts.market.artefact.decode_event
    placed = [
        values["orders"]
        for event in events
        if (found := decode(event.log)) is not None and found[0] == "Placed"
        for values in [found[1]]
        if bytes.fromhex(str(values["member"]).removeprefix("0x")) == ours
    ]
    orders = [word for listed in placed if isinstance(listed, tuple) for word in listed]
    assert [word >> 64 for word in orders].count(interval) == 1
    hashes = lab.rows("select count(distinct transaction_hash) from order_intent")[0][0]
    assert len(placed) == hashes
    agent = await street.reader.account(lab.demo.home.agent_address)
    where = f"where lower(account) = '{lab.demo.home.agent_address.lower()}'"
    signed = lab.rows(f"select count(*) from sent_transaction {where}")[0][0]
    assert hashes <= agent.value.nonce <= signed


async def check_second_engine_is_refused(lab: Lab) -> None:
    second = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "peerwatt", "engine", "--site", lab.options.site],
        env={**os.environ, **lab.demo.home.environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert "Another engine already runs the site" in second.stderr


async def check_killed_window_leaves_the_house_running(lab: Lab, client: ApiClient) -> None:
    """A reader of the stream that vanishes is no matter to the engine."""
    stream = client.stream()
    name, _ = await anext(stream)
    assert name
    await stream.aclose()
    before = (await client.state()).engine.cycle
    await lab.tick()
    assert (await client.state()).engine.cycle == before + 1


async def test_owner_overrides_and_an_endpoint_that_is_down_at_start() -> None:
    async with Lab("faults") as lab:
        settings = load_settings(lab.paths.settings)
        endpoints = (f"http://127.0.0.1:{free_port()}", settings.chain.endpoints[1])
        chain = settings.chain.model_copy(update={"endpoints": endpoints})
        save_settings(lab.paths.settings, settings.model_copy(update={"chain": chain}))
        client = await lab.start_engine()
        state = await lab.until(lambda s: s.chain.state == "verified", client)
        assert {e.state for e in state.chain.endpoints} == {"away", "following"}
        assert "Only one endpoint answers" in state.chain.sentence
        charging = await lab.until(lambda s: (s.flow.ev_w or 0) > 4000, client)
        assert charging.flow.car_present
        changed = await client.command(SetCar(mode="pause", minutes=60))
        assert changed.sentence == "The car waits."
        paused = await lab.until(lambda s: s.flow.ev_w == 0, client)
        assert paused.overrides.car == "pause"
        await check_devices_come_and_go(lab, client)
        await check_the_door_is_shut(lab)


async def check_devices_come_and_go(lab: Lab, client: ApiClient) -> None:
    """A meter that is silent, and a charger that hangs up: stale, then away, then back."""
    meter = lab.demo.street.peers[0].meter
    meter.silence(1_000)
    away = await lab.until(lambda s: "grid" in s.flow.stale, client)
    assert away.flow.grid_w is not None
    meter.silence(0)
    await lab.until(lambda s: "grid" not in s.flow.stale, client)
    charger = lab.demo.street.peers[0].charger
    assert charger is not None
    await charger.disconnect()
    await charger.wait_connected()
    back = await lab.until(lambda s: "ev" not in s.flow.stale, client)
    said = [n.sentence for n in back.notices.notices if n.source == "meter"]
    assert len(said) == 2
    assert said[1] == "meter is back."
    registers = lab.rows("select count(*) from register_reading where device_id = 'meter'")
    assert registers[0][0] >= 2


async def check_the_door_is_shut(lab: Lab) -> None:
    """Without its token the API answers nothing but its own description."""
    url = json.loads(lab.paths.api.read_text())["url"]
    assert url.startswith("http://127.0.0.1:")
    assert lab.paths.api.stat().st_mode & 0o777 == 0o600
    async with httpx.AsyncClient(base_url=url, trust_env=False) as stranger:
        refused = await stranger.get("/v1/state")
        assert refused.status_code == 401
        assert "token" in refused.json()["sentence"]
        wrong = await stranger.post("/v1/command", headers={"Authorization": "Bearer no"}, json={})
        assert wrong.status_code == 401
        described = (await stranger.get("/v1/openapi.json")).json()
        assert "/v1/command" in described["paths"]


def test_replay_puts_measured_power_behind_the_meter(tmp_path: Path) -> None:
    rows = ["Timestamp,Generation_kW,Grid_Feed-In_kW,Grid_Supply_kW,Overall_Consumption_Calc_kW"]
    for quarter in range(96 * 2):
        hour, minute = divmod(quarter % 96 * 15, 60)
        day = 17 + quarter // 96
        rows.append(f"2019-06-{day} {hour:02d}:{minute:02d}:00,2.000,1.000,0.000,1.000")
    (tmp_path / "site.csv").write_text("\n".join(rows) + "\n")
    report = tmp_path / "report.json"
    done = run_cli(
        *("demo", "--headless", "--intervals", "3", "--speed", "max"),
        *("--replay", str(tmp_path / "site.csv"), "--report", str(report)),
        *("--replay-load-kwh", "8760", "--replay-pv-kwh", "17520"),
    )
    assert done.returncode == 0, done.stderr
    energy = json.loads(report.read_text())["energy_wh"]
    # 1 kW of load and 2 kW of sun for the hours that were lived through and metered.
    assert energy["home"] == pytest.approx(1000 * 3 / 4, abs=15)
    assert energy["pv"] == pytest.approx(2000 * 3 / 4, abs=15)
    assert INTERVAL_S == 900
