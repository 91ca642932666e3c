"""Types, sentinels, scale factors and chain walking, against definitions and pysunspec2's codec."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sunspec2 import mb

from peerwatt.devices.faults import NoAnswer, NotSunSpec, RegisterRefused
from peerwatt.devices.sunspec.codec import Block, encode_number, raw_value
from peerwatt.devices.sunspec.definitions import Point, known, model
from peerwatt.devices.sunspec.mapping import mppt_flows, port_flows, read_values
from peerwatt.devices.sunspec.plan import collect, plan
from peerwatt.devices.sunspec.walker import Place, walk
from peerwatt.model.ports import DeviceFault

SIZES = {
    "int16": 1, "uint16": 1, "acc16": 1, "enum16": 1, "bitfield16": 1, "count": 1, "sunssf": 1,
    "int32": 2, "uint32": 2, "acc32": 2, "enum32": 2, "bitfield32": 2, "float32": 2,
    "int64": 4, "uint64": 4, "acc64": 4, "ipaddr": 2, "ipv6addr": 8, "eui48": 4, "string": 4,
}  # fmt: skip


@pytest.mark.parametrize("kind", SIZES)
def test_sentinel_of_every_type_is_no_value(peers: Any, kind: str) -> None:
    absent = {"ipaddr": 0, "ipv6addr": 0, "string": 0, "eui48": (1 << 48) - 1}
    raw = absent.get(kind, peers.ABSENT.get(kind))
    size = SIZES[kind]
    registers = [raw >> 16 * (size - 1 - i) & 0xFFFF for i in range(size)]
    assert raw_value(Point("P", kind, 0, size, None), registers) is None


@given(
    st.sampled_from([k for k in SIZES if k not in {"string", "eui48", "ipaddr", "ipv6addr"}]),
    st.data(),
)
def test_every_type_decodes_as_pysunspec2_does(kind: str, data: st.DataObject) -> None:
    size = SIZES[kind]
    registers = data.draw(st.lists(st.integers(0, 0xFFFF), min_size=size, max_size=size))
    raw = b"".join(register.to_bytes(2, "big") for register in registers)
    info = mb.point_type_info[kind]
    expected = info.data_to(raw)
    expected = expected if info.is_impl(expected) else None
    ours = raw_value(Point("P", kind, 0, size, None), registers)
    if isinstance(expected, float) and not math.isfinite(expected):
        assert ours is None
    else:
        assert ours == expected


@given(st.sampled_from(["int16", "uint16", "int32", "uint32", "uint64"]), st.integers(-10, 10))
def test_encoding_is_undone_by_decoding(kind: str, exponent: int) -> None:
    value = 12 * 10.0**exponent
    registers = encode_number(value, kind, exponent)
    assert len(registers) == SIZES[kind]
    assert raw_value(Point("P", kind, 0, SIZES[kind], None), registers) == 12


@pytest.mark.parametrize(
    ("value", "kind", "exponent"), [(-1, "uint16", 0), (70_000, "uint16", 0), (400, "int16", -2)]
)
def test_what_does_not_fit_is_refused(value: float, kind: str, exponent: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        encode_number(value, kind, exponent)


def test_scaled_values_and_groups(peers: Any) -> None:
    modules = [{"IDStr": "A\x07B", "DCW": 25}, {"IDStr": "C", "DCW": None}]
    block = Block(known(160), peers.model(160, DCW_SF=-1, N=2, module=modules))
    assert block.repeats(("IDStr", "DCW")) == (
        {"IDStr": "A?B", "DCW": 2.5},
        {"IDStr": "C", "DCW": None},
    )
    assert len(block.everything()["module"]) == 2


def test_cut_off_model_has_no_values_beyond(peers: Any) -> None:
    block = Block(known(103), peers.model(103, W=5, W_SF=0, WH=9, WH_SF=0)[:20])
    assert block.number("W") == 5
    assert block.number("WH") is None


def test_unknown_model_has_no_layout() -> None:
    assert model(64_999) is None
    with pytest.raises(KeyError):
        known(64_999)


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))
def test_arbitrary_registers_never_raise(seed: int, length: int) -> None:
    for model_id in (1, 103, 113, 120, 123, 124, 160, 203, 213, 701, 704, 713, 714):
        size = min(length % 200 + 2, known(model_id).top.size + 40)
        registers = [(seed * (index + 7) * 2654435761 >> 7) & 0xFFFF for index in range(size)]
        block = Block(known(model_id), registers)
        block.everything()
        read_values({(model_id, 0): block})


Image = dict[int, int]


async def walked(image: Image, *, silence: bool = False) -> Any:
    async def read(address: int, count: int) -> list[int]:
        wanted = range(address, address + count)
        if any(register not in image for register in wanted):
            if silence:
                raise NoAnswer("silent")
            raise RegisterRefused("no", 2)
        return [image[register] for register in wanted]

    return await walk(read)


def image(base: int, registers: list[int]) -> Image:
    return {base + 2 + i: value for i, value in enumerate(registers)} | {
        base: 0x5375,
        base + 1: 0x6E53,
    }


async def test_walk_counts_occurrences() -> None:
    chain = await walked(image(0, [203, 1, 9, 160, 0, 203, 2, 8, 8, 0xFFFF, 0]))
    assert [place.key for place in chain.places] == [(203, 0), (160, 0), (203, 1)]
    assert chain.find(203, 1) == Place((203, 1), 7, 2)
    assert chain.first_of((701, 160, 203)).key == (160, 0)


@pytest.mark.parametrize("silence", [False, True])
async def test_missing_end_after_a_model_is_an_end(silence: bool) -> None:
    registers = image(40_000, [1, 1, 0])
    registers |= {0: 0, 1: 0}
    chain = await walked(registers, silence=silence)
    assert not chain.terminated
    assert len(chain.places) == 1


async def test_no_marker_anywhere() -> None:
    with pytest.raises(NotSunSpec):
        await walked({0: 1, 1: 2})


async def test_chain_over_the_address_space_is_refused() -> None:
    with pytest.raises(DeviceFault, match="chain without end: after 1 models"):
        await walked(image(0, [999, 65_532]))


@given(st.lists(st.integers(0, 0xFFFF), min_size=2, max_size=400))
def test_walk_always_ends(registers: list[int]) -> None:
    try:
        chain = asyncio.run(walked(image(0, registers)))
    except (DeviceFault, NoAnswer):
        return
    assert len(chain.places) <= 64


def test_neighbours_share_a_read_and_nothing_exceeds_the_limit() -> None:
    places = [Place((103, 0), 100, 50), Place((123, 0), 152, 24), Place((124, 0), 178, 24)]
    requests = plan(places, {})
    assert [(r.address, r.count, len(r.parts)) for r in requests] == [(100, 104, 3)]
    assert len(plan(places, {}, merge=False)) == 3


def test_long_model_is_read_where_its_values_and_scales_are() -> None:
    place = Place((701, 0), 1000, 153)
    (request,) = plan([place], {701: ("W", "TotWhInj")})
    assert (request.address, request.count) == (1000, 125)


def test_model_cut_in_pieces_guards_its_scales() -> None:
    place = Place((160, 0), 0, 8 + 20 * 8)
    requests = plan([place], {})
    assert [(r.address, r.count) for r in requests] == [(0, 125), (125, 45), (2, 4)]
    answers = [list(range(125)), list(range(125, 170)), [2, 3, 4, 5]]
    found, shaken = collect(requests, answers)
    assert found[160, 0] == list(range(170))
    assert not shaken
    _, shaken = collect(requests, [*answers[:2], [2, 3, 4, 6]])
    assert shaken == {(160, 0)}


@given(st.lists(st.integers(0, 400), min_size=1, max_size=12), st.booleans())
def test_plan_covers_every_register_once(lengths: list[int], merge: bool) -> None:
    places, address = [], 0
    for index, length in enumerate(lengths):
        places.append(Place((64_000 + index, 0), address, length))
        address += length + 2
    requests = plan(places, {}, merge=merge)
    assert all(0 < request.count <= 125 for request in requests)
    memory = list(range(address + 2))
    answers = [memory[r.address : r.address + r.count] for r in requests]
    found, shaken = collect(requests, answers)
    assert not shaken
    for place in places:
        assert found[place.key] == memory[place.address : place.address + place.size]


@pytest.mark.parametrize(
    ("taking", "giving"),
    [("StCha", "StDisCha"), ("StCha 3", "StDisCha 4"), ("Storage charge", "Storage discharge"),
     ("Battery charging", "Battery discharging"), ("BAT_CHA", "BAT_DISCHA")],
)  # fmt: skip
def test_names_of_storage_trackers(taking: str, giving: str) -> None:
    rows = [
        {"IDStr": "MPPT 1", "DCW": 100, "DCWH": 10},
        {"IDStr": "String 2", "DCW": None, "DCWH": None},
        {"IDStr": taking, "DCW": 30, "DCWH": 5},
        {"IDStr": giving, "DCW": 70, "DCWH": 6},
    ]
    flows = mppt_flows(rows)
    assert (flows.pv_w, flows.pv_wh, flows.battery_w) == (100, 10, 40)
    assert (flows.charged_wh, flows.discharged_wh) == (5, 6)


def test_no_values_stay_none() -> None:
    rows = [{"IDStr": "StCha", "DCW": None, "DCWH": None}]
    assert mppt_flows(rows).battery_w is None
    assert mppt_flows([]).pv_w is None
    assert port_flows([]).battery_w is None
