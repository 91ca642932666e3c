"""Borrowing control of a battery and of an inverter's output, and giving it back."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerwatt.config.clock import DrivenClock
from peerwatt.config.settings import SunSpecDevice
from peerwatt.devices.modbus import EndpointPool
from peerwatt.devices.sunspec.codec import Block
from peerwatt.devices.sunspec.definitions import known
from peerwatt.devices.sunspec.inverter import SunSpecInverterDriver
from peerwatt.devices.sunspec.programs import storage_program
from peerwatt.history.facade import History
from peerwatt.model.control import Setpoint
from peerwatt.model.ports import DeviceAway, DeviceFault

BATTERY = "inv-battery"


class House:
    """An inverter driver over a server, with its clock and its ledger on disk."""

    def __init__(self, server: Any, folder: Path, *, control: bool = True) -> None:
        self.server = server
        self.path = folder / "undo.json"
        self.clock = DrivenClock(10_000.0)
        self.control = control
        self.start()

    def start(self) -> None:
        self.ledger = History.open(self.path).undo
        settings = SunSpecDevice(
            device_id="inv", host="127.0.0.1", port=self.server.port, unit=1, role="inverter",
            control=self.control, timeout_s=0.3,
        )  # fmt: skip
        self.driver = SunSpecInverterDriver(
            settings, EndpointPool(self.clock), self.clock, self.ledger
        )

    async def apply(self, power_w: float | None, device_id: str = BATTERY, life: float = 60) -> Any:
        expires_s = self.clock.now_s() + life
        return await self.driver.apply(Setpoint(device_id, power_w, expires_s))

    def window(self) -> tuple[int, int, int]:
        get = self.server.get
        return get(124, "StorCtl_Mod"), get(124, "OutWRte"), get(124, "InWRte")


@pytest.fixture
async def house(peers: Any, serve: Any, tmp_path: Path) -> Any:
    house = House(await serve(peers.hybrid()), tmp_path)
    yield house
    await house.driver.close()


async def test_charging_is_forced_from_the_grid(house: House) -> None:
    applied = await house.apply(-2500)
    assert applied.ok
    assert applied.accepted_w == -2500
    assert house.window() == (3, -5000, 5000)
    assert house.server.get(124, "ChaGriSet") == 1
    assert house.server.get(124, "InOutWRte_RvrtTms") == 60
    order = [address for _, address, _ in house.server.writes]
    assert order[0] == house.server.where(124, "InOutWRte_RvrtTms")[0]
    assert order[-1] == house.server.where(124, "StorCtl_Mod")[0]
    assert applied.writes == len(order) == 4


async def test_discharging_leaves_the_grid_setting(house: House) -> None:
    applied = await house.apply(1000)
    assert applied.accepted_w == 1000
    assert house.window() == (3, 2000, -2000)
    assert house.server.get(124, "ChaGriSet") == 0


async def test_zero_holds_the_battery(house: House) -> None:
    assert (await house.apply(0)).accepted_w == 0
    assert house.window() == (3, 0, 0)


async def test_beyond_the_rating_is_the_rating(house: House) -> None:
    assert (await house.apply(-90_000)).accepted_w == -5000
    house.clock.advance(10_010)
    assert (await house.apply(90_000)).accepted_w == 5000


async def test_scale_factor_is_that_of_the_device(peers: Any, serve: Any, tmp_path: Path) -> None:
    override = {"InOutWRte_SF": 0, "OutWRte": 100, "InWRte": 100}
    house = House(await serve(peers.hybrid(m124=override)), tmp_path)
    applied = await house.apply(1234)
    assert house.window() == (3, 24, -24)  # whole percents, never past the wish
    assert applied.accepted_w == 1200
    await house.driver.close()


async def test_release_restores_every_old_value(house: House) -> None:
    before = list(house.server.image)
    await house.driver.poll()
    await house.apply(-2500)
    await house.apply(4000, "inv")
    assert house.server.image != before
    assert house.ledger.held(BATTERY)
    await house.driver.release()
    assert house.server.image == before
    assert not house.ledger.held(BATTERY)
    assert not house.ledger.held("inv")


async def test_power_none_gives_back(house: House) -> None:
    before = list(house.server.image)
    await house.apply(3000)
    applied = await house.apply(None)
    assert applied.ok
    assert house.server.image == before


async def test_crash_is_undone_at_the_next_start(house: House, caplog: Any) -> None:
    caplog.set_level(logging.INFO)
    before = list(house.server.image)
    await house.apply(-2500)
    await house.driver.close()  # killed: nothing was released
    assert house.server.image != before
    house.start()
    await house.driver.poll()
    assert house.server.image == before
    assert not house.ledger.held(BATTERY)
    assert "earlier run was given back" in caplog.text
    assert await house.driver.restore_after_crash() == 0


async def test_ledger_is_written_before_the_device(house: House) -> None:
    held_at_first_write: list[Any] = []

    async def look(function: int, address: int, count: int, values: Any) -> None:
        if values is not None and not held_at_first_write:
            held_at_first_write.extend(History.open(house.path).undo.held(BATTERY))

    house.server.hook = look
    await house.apply(-2500)
    assert dict(held_at_first_write) == {
        "124/0/InOutWRte_RvrtTms": 0, "124/0/ChaGriSet": 0, "124/0/OutWRte": 10_000,
        "124/0/InWRte": 10_000, "124/0/StorCtl_Mod": 0,
    }  # fmt: skip


async def test_without_a_ledger_on_disk_nothing_is_written(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(house.ledger, "remember", full)
    with pytest.raises(DeviceFault, match="cannot be kept on disk"):
        await house.apply(1000)
    assert house.server.writes == []


async def test_unchanged_is_written_only_at_half_of_its_life(house: House) -> None:
    await house.apply(1000)
    count = len(house.server.writes)
    for step in range(1, 30):
        house.clock.advance(10_000 + step)
        assert (await house.apply(1000)).writes == 0
    assert len(house.server.writes) == count
    house.clock.advance(10_030)
    assert (await house.apply(1000)).writes == 2  # rates and mode restart the device's timer
    assert house.server.get(124, "InOutWRte_RvrtTms") == 60


async def test_changes_are_rate_limited_but_not_towards_zero(house: House) -> None:
    await house.apply(1000)
    held = await house.apply(2000)
    assert (held.ok, held.accepted_w, held.writes) == (True, 1000, 0)
    assert "Held back" in held.sentence
    assert (await house.apply(500)).accepted_w == 500
    assert (await house.apply(0)).accepted_w == 0
    house.clock.advance(10_006)
    assert (await house.apply(2000)).accepted_w == 2000
    assert house.driver.writes_total == len(house.server.writes)


async def test_small_changes_are_not_worth_a_write(house: House) -> None:
    await house.apply(1000)
    house.clock.advance(10_006)
    assert (await house.apply(1010)).writes == 0
    assert (await house.apply(1030)).accepted_w == 1030


async def test_setpoint_that_nobody_renews_is_given_back(house: House, caplog: Any) -> None:
    caplog.set_level(logging.INFO)
    before = list(house.server.image)
    await house.apply(1000, life=60)
    house.clock.advance(10_059)
    await house.driver.poll()
    assert house.server.image != before
    house.clock.advance(10_060)
    await house.driver.poll()
    assert house.server.image == before
    assert "nobody renewed" in caplog.text


async def test_reconnect_writes_again(house: House, serve: Any) -> None:
    await house.apply(1000)
    await house.server.stop()
    with pytest.raises(DeviceAway):
        await house.driver.poll()
    house.clock.advance(10_002)
    house.server.put(124, StorCtl_Mod=0)  # it restarted and forgot
    await house.server.start()
    assert (await house.apply(1000)).writes > 0
    assert house.window() == (3, 2000, -2000)


async def test_without_permission_nothing_is_written(
    peers: Any, serve: Any, tmp_path: Path
) -> None:
    house = House(await serve(peers.hybrid()), tmp_path, control=False)
    applied = await house.apply(1000)
    assert not applied.ok
    assert "not allowed" in applied.sentence
    assert house.server.writes == []
    await house.driver.close()


async def test_expired_setpoint_is_not_written(house: House) -> None:
    applied = await house.apply(1000, life=0)
    assert not applied.ok
    assert house.server.writes == []


async def test_device_that_ignores_the_write_is_told(house: House) -> None:
    async def swallow(function: int, address: int, count: int, values: Any) -> None:
        if values is not None and address == house.server.where(124, "OutWRte")[0]:
            values[0] = 0

    house.server.hook = swallow
    applied = await house.apply(1000)
    assert not applied.ok
    assert "reads back another OutWRte" in applied.sentence


async def test_function_6_where_16_is_refused(house: House, peers: Any) -> None:
    async def only_six(function: int, address: int, count: int, values: Any) -> Any:
        return peers.ExcCodes.ILLEGAL_FUNCTION if function == 16 else None

    house.server.hook = only_six
    applied = await house.apply(1000)
    assert applied.ok
    assert {function for function, _, _ in house.server.writes} == {6}
    assert house.window() == (3, 2000, -2000)


async def test_battery_without_rates_cannot_be_set(peers: Any, serve: Any, tmp_path: Path) -> None:
    house = House(await serve(peers.hybrid(m124={"OutWRte": None})), tmp_path)
    with pytest.raises(DeviceFault, match="does not implement"):
        await house.apply(1000)
    assert house.server.writes == []
    await house.driver.close()


async def test_inverter_limit_through_model_123(house: House) -> None:
    applied = await house.apply(2500, "inv")
    assert applied.accepted_w == 2500
    assert house.server.get(123, "WMaxLimPct") == 2500
    assert house.server.get(123, "WMaxLimPct_RvrtTms") == 60
    assert house.server.get(123, "WMaxLim_Ena") == 1
    inverter, _ = await house.driver.poll()
    assert inverter.limit_pct == 25.0
    house.clock.advance(10_010)
    assert (await house.apply(0, "inv")).accepted_w == 100  # 1 %: 0 % may mean standby
    await house.apply(None, "inv")
    assert house.server.get(123, "WMaxLim_Ena") == 0


async def test_inverter_limit_through_model_704(peers: Any, serve: Any, tmp_path: Path) -> None:
    limit = {
        "WMaxLimPctEna": 0, "WMaxLimPct": 1000, "WMaxLimPctRvrt": 1000, "WMaxLimPctEnaRvrt": 0,
        "WMaxLimPctRvrtTms": 0, "WMaxLimPct_SF": -1,
    }  # fmt: skip
    models = [
        peers.common(),
        peers.model(701, W=100, W_SF=0, InvSt=3),
        peers.model(702, WMax=8000, W_SF=0),
        peers.model(704, **limit),
        peers.END,
    ]
    house = House(await serve(models), tmp_path)
    before = list(house.server.image)
    assert (await house.apply(2000, "inv")).accepted_w == 2000
    assert house.server.get(704, "WMaxLimPct") == 250
    assert house.server.get(704, "WMaxLimPctRvrtTms") == 60
    assert house.server.get(704, "WMaxLimPctEna") == 1
    await house.driver.release()
    assert house.server.image == before
    await house.driver.close()


@given(
    power_w=st.floats(-20_000, 20_000),
    rating=st.integers(100, 60_000),
    exponent=st.integers(-2, 0),
)
def test_window_closes_on_what_was_asked(
    peers: Any, power_w: float, rating: int, exponent: int
) -> None:
    registers = peers.model(
        124, WChaMax=rating, WChaMax_SF=0, OutWRte=0, InWRte=0, InOutWRte_SF=exponent,
        StorCtl_Mod=0, ChaGriSet=1,
    )  # fmt: skip
    program = storage_program(Block(known(124), registers), power_w, 60.0)
    live = {name: raw[0] for name, raw in program.live().items()}
    out = live["OutWRte"] - 0x10000 * (live["OutWRte"] >> 15)
    into = live["InWRte"] - 0x10000 * (live["InWRte"] >> 15)
    assert out == -into
    assert abs(out * 10**exponent) <= 100
    wished = max(-rating, min(rating, power_w))
    assert abs(program.power_w) <= abs(wished) + 1e-6
    assert abs(program.power_w - wished) <= rating * 10**exponent / 100 + 1e-6
    assert program.power_w * wished >= 0
