"""Register layouts are those of the SunSpec definitions."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerwatt.simulation.peers.sunspec_layout import DeviceMap, Model, layout

FIXED_LENGTHS = {
    1: 66,
    103: 50,
    113: 60,
    120: 26,
    121: 30,
    122: 44,
    123: 24,
    124: 24,
    203: 105,
    701: 153,
    702: 50,
    703: 17,
    713: 7,
}


@pytest.mark.parametrize(("model_id", "length"), FIXED_LENGTHS.items())
def test_lengths_are_the_published_ones(model_id, length):
    model = Model.build(model_id)
    assert model.registers[:2] == [model_id, length]
    assert len(model.registers) == length + 2


@pytest.mark.parametrize(
    ("model_id", "point", "offset"),
    [
        (123, "WMaxLimPct", 5),
        (123, "WMaxLimPct_SF", 23),
        (124, "StorCtl_Mod", 5),
        (124, "OutWRte", 12),
        (124, "InOutWRte_RvrtTms", 15),
        (124, "ChaGriSet", 17),
        (704, "WMaxLimPctRvrtTms", 18),
        (704, "WSet", 24),
        (704, "WMaxLimPct_SF", 54),
    ],
)
def test_control_points_lie_where_devices_have_them(model_id, point, offset):
    assert layout(model_id).slots[point].offset == offset


def test_modules_repeat():
    model = Model.build(160, {}, {"module": 3}, N=3)
    assert model.registers[1] == 8 + 3 * 20
    assert model.layout.slots["module[2].IDStr"].offset == 10 + 2 * 20 + 1


def test_what_is_not_set_is_not_implemented():
    model = Model.build(103)
    slot = model.layout.slots["W"]
    assert model.registers[slot.offset] == 0x8000
    assert model.value(slot) is None
    floats = Model.build(113)
    slot = floats.layout.slots["W"]
    raw = struct.pack(">2H", *floats.registers[slot.offset : slot.offset + 2])
    assert math.isnan(struct.unpack(">f", raw)[0])


@given(value=st.floats(-32_000, 32_000), exponent=st.integers(-2, 2))
def test_a_value_is_told_to_half_a_step_of_its_scale_factor(value, exponent):
    model = Model.build(103, {"W_SF": exponent}, W=value)
    told = model.value(model.layout.slots["W"])
    greatest = 32_767 * 10.0**exponent
    nearest = min(max(value, -greatest), greatest)
    assert told == pytest.approx(nearest, abs=0.5 * 10.0**exponent + 1e-9)


def test_a_write_must_cover_whole_writable_points():
    device = DeviceMap([Model.build(704, {"WSet_SF": 0}, WSet=0)])
    start = device.base + 2
    assert device.write(start, [704]) is None
    assert device.write(start + 24, [0]) is None
    assert device.write(start + 24, [0xFFFF, 0xFE0C]) == {704: {"WSet": -500.0}}
    # WSetEna is not implemented in this model: the write is taken and changes nothing.
    assert device.write(start + 22, [1]) == {}
