"""The meter's signatures, checked by an independent implementation of EIP-712."""

from __future__ import annotations

import pytest
from coincurve import PrivateKey
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.simulation.physics.house import SimHouse
from peerwatt.simulation.physics.spec import HouseSpec
from peerwatt.simulation.physics.weather import Weather
from peerwatt.simulation.smart_meter import MeterDomain, SmartMeter, sign_reading

CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
MEMBER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
DOMAIN = MeterDomain(20_211, CONTRACT)
HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
START_S = 1_781_827_200.0


def typed(interval: int, import_wh: int, export_wh: int) -> dict:
    return {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "Reading": [
                {"name": "member", "type": "address"},
                {"name": "interval", "type": "uint64"},
                {"name": "importWh", "type": "uint64"},
                {"name": "exportWh", "type": "uint64"},
            ],
        },
        "primaryType": "Reading",
        "domain": {
            "name": "Peerwatt Meter",
            "version": "1",
            "chainId": 20_211,
            "verifyingContract": CONTRACT,
        },
        "message": {
            "member": MEMBER,
            "interval": interval,
            "importWh": import_wh,
            "exportWh": export_wh,
        },
    }


@settings(max_examples=25, deadline=None)
@given(
    secret=st.integers(1, 2**250),
    interval=st.integers(0, 2**32),
    registers=st.tuples(st.integers(0, 2**40), st.integers(0, 2**40)),
)
def test_signatures_recover_to_the_meters_address(secret, interval, registers):
    key = PrivateKey(secret.to_bytes(32, "big"))
    reading = sign_reading(key, DOMAIN, MEMBER, interval, registers)
    message = encode_typed_data(full_message=typed(interval, *registers))
    vrs = (reading.v, int.from_bytes(reading.r), int.from_bytes(reading.s))
    assert (
        Account.recover_message(message, vrs=vrs) == Account.from_key(secret.to_bytes(32)).address
    )
    assert int.from_bytes(reading.s) <= HALF_ORDER
    assert reading.v in {27, 28}


def test_readings_exist_only_for_intervals_that_are_over():
    sim = SimHouse(HouseSpec("h", 9), Weather(1), START_S)
    meter = SmartMeter.seeded(sim)
    interval = int(START_S // 900)
    assert meter.reading(DOMAIN, MEMBER, interval) is None
    for k in range(1, 62):
        sim.step(START_S + 15.0 * k, 15.0)
    reading = meter.reading(DOMAIN, MEMBER, interval)
    assert reading is not None
    assert (reading.import_wh, reading.export_wh) == sim.interval_registers[interval]
    assert reading.import_wh <= sim.counters.import_wh
    assert meter.reading(DOMAIN, MEMBER, interval + 1) is None
    message = encode_typed_data(full_message=typed(interval, reading.import_wh, reading.export_wh))
    vrs = (reading.v, int.from_bytes(reading.r), int.from_bytes(reading.s))
    assert Account.recover_message(message, vrs=vrs) == meter.address


def test_a_wrong_address_is_refused():
    with pytest.raises(ValueError, match="no address"):
        sign_reading(PrivateKey(b"\1" * 32), DOMAIN, "0x12", 1, (0, 0))
