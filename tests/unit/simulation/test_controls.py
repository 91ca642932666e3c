"""Borrowed control returns by itself when nobody refreshes it."""

from __future__ import annotations

import pytest

from peerwatt.simulation.physics.controls import OutputLimit, PowerSetpoint, StorageControl
from peerwatt.simulation.physics.inverter import Situation, dispatch


def test_storage_command_reverts_after_its_timeout_unless_refreshed():
    storage = StorageControl(mode=3, discharge_pct=-40.0, charge_pct=40.0)
    storage.timer.timeout_s = 60.0
    storage.touch(1_000.0)
    storage.expire(1_059.0)
    assert storage.mode == 3
    storage.touch(1_059.0)
    storage.expire(1_118.0)
    assert storage.mode == 3
    assert storage.timer.remaining_s(1_100.0) == pytest.approx(19.0)
    storage.expire(1_119.0)
    assert (storage.mode, storage.discharge_pct, storage.charge_pct) == (0, 100.0, 100.0)
    assert storage.timer.remaining_s(1_200.0) == 0.0


def test_without_a_timeout_a_command_stays():
    storage = StorageControl(mode=2, discharge_pct=0.0)
    storage.touch(0.0)
    storage.expire(1e9)
    assert storage.mode == 2


def test_limit_and_setpoint_return_to_their_fallback():
    limit = OutputLimit(True, 30.0, fallback_enabled=True, fallback_pct=60.0)
    limit.timer.timeout_s = 10.0
    limit.touch(0.0)
    assert limit.limit_w(8_000.0) == 2_400.0
    limit.expire(10.0)
    assert limit.limit_w(8_000.0) == 4_800.0
    setpoint = PowerSetpoint(True, 1_000.0, fallback_enabled=False)
    setpoint.timer.timeout_s = 10.0
    setpoint.touch(0.0)
    setpoint.expire(11.0)
    assert not setpoint.enabled


@pytest.mark.parametrize(
    ("mode", "out_pct", "in_pct", "band"),
    [
        (0, 0, 0, (-5_000, 4_000)),
        (1, 0, 50, (-2_500, 4_000)),
        (2, 0, 0, (-5_000, 0)),
        (2, -50, 0, (-5_000, -2_500)),
        (1, 0, -50, (2_500, 4_000)),
        (3, 25, -25, (1_000, 1_000)),
        (3, -40, 40, (-2_000, -2_000)),
    ],
)
def test_band_of_model_124(mode, out_pct, in_pct, band):
    storage = StorageControl(mode=mode, discharge_pct=out_pct, charge_pct=in_pct)
    assert storage.band_w(5_000.0, 4_000.0) == pytest.approx(band)


def test_forced_discharge_stops_at_the_output_limit():
    result = dispatch(Situation(2_000, 500, 8_000, 3_000, (-5_000, 5_000), (4_000, 4_000)))
    assert result.battery_w == 3_000
    assert result.pv_w == 0
    assert result.throttled


def test_setpoint_is_met_by_battery_then_by_holding_pv_back():
    wide = (-5_000.0, 5_000.0)
    met = dispatch(Situation(2_000, 0, 8_000, 8_000, wide, wide, setpoint_w=4_500))
    assert (met.pv_w, met.battery_w) == (2_000, 2_500)
    full = dispatch(Situation(6_000, 0, 8_000, 8_000, (0, 5_000), wide, setpoint_w=1_000))
    assert (full.pv_w, full.battery_w) == (1_000, 0)
