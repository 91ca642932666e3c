"""The meter's signatures, checked by an independent implementation of EIP-712."""

from __future__ import annotations

import pytest
from coincurve import PrivateKey
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.chain.encoding import keccak
from peerwatt.simulation.physics.house import SimHouse
from peerwatt.simulation.physics.spec import HouseSpec
from peerwatt.simulation.physics.weather import Weather
from peerwatt.simulation.smart_meter import MeterDomain, SmartMeter, sign_batch

CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
MEMBER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
DOMAIN = MeterDomain(20_211, CONTRACT)
HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
START_S = 1_781_827_200.0


def typed(first: int, registers: tuple[int, int], rows: bytes) -> dict:
    return {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "Batch": [
                {"name": "member", "type": "address"},
                {"name": "firstInterval", "type": "uint64"},
                {"name": "importWh", "type": "uint64"},
                {"name": "exportWh", "type": "uint64"},
                {"name": "rows", "type": "bytes32"},
            ],
        },
        "primaryType": "Batch",
        "domain": {
            "name": "Peerwatt Meter",
            "version": "1",
            "chainId": 20_211,
            "verifyingContract": CONTRACT,
        },
        "message": {
            "member": MEMBER,
            "firstInterval": first,
            "importWh": registers[0],
            "exportWh": registers[1],
            "rows": keccak(rows),
        },
    }


@settings(max_examples=25, deadline=None)
@given(
    secret=st.integers(1, 2**250),
    first=st.integers(0, 2**32),
    registers=st.tuples(st.integers(0, 2**40), st.integers(0, 2**40)),
    rows=st.binary(min_size=8, max_size=64),
)
def test_signatures_recover_to_the_meters_address(secret, first, registers, rows):
    key = PrivateKey(secret.to_bytes(32, "big"))
    batch = sign_batch(key, DOMAIN, MEMBER, first, registers, rows)
    message = encode_typed_data(full_message=typed(first, registers, rows))
    vrs = (batch.v, int.from_bytes(batch.r), int.from_bytes(batch.s))
    assert (
        Account.recover_message(message, vrs=vrs) == Account.from_key(secret.to_bytes(32)).address
    )
    assert int.from_bytes(batch.s) <= HALF_ORDER
    assert batch.v in {27, 28}


def test_batches_hold_what_was_metered_between_the_registers():
    sim = SimHouse(HouseSpec("h", 9), Weather(1), START_S)
    meter = SmartMeter.seeded(sim)
    interval = int(START_S // 900)
    assert meter.batch(DOMAIN, MEMBER, interval, 1) is None
    for k in range(1, 190):
        sim.step(START_S + 15.0 * k, 15.0)
    assert meter.batch(DOMAIN, MEMBER, interval, 1) is None, "registers before it are not known"
    batch = meter.batch(DOMAIN, MEMBER, interval + 1, 2)
    assert batch is not None
    assert (batch.import_wh, batch.export_wh) == sim.interval_registers[interval]
    parts = [int.from_bytes(batch.rows[i : i + 4]) for i in range(0, 16, 4)]
    total = (batch.import_wh + parts[0] + parts[2], batch.export_wh + parts[1] + parts[3])
    assert total == sim.interval_registers[interval + 2]
    assert meter.batch(DOMAIN, MEMBER, interval + 1, 4) is None
    registers = (batch.import_wh, batch.export_wh)
    message = encode_typed_data(full_message=typed(interval + 1, registers, batch.rows))
    vrs = (batch.v, int.from_bytes(batch.r), int.from_bytes(batch.s))
    assert Account.recover_message(message, vrs=vrs) == meter.address


def test_a_wrong_address_is_refused():
    with pytest.raises(ValueError, match="no address"):
        sign_batch(PrivateKey(b"\1" * 32), DOMAIN, "0x12", 1, (0, 0), b"")
