from __future__ import annotations

import pytest
import rlp
from eth_utils import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from peerwatt.chain.encoding import (
    EncodingFault,
    as_int,
    checksum_address,
    hex_data,
    hex_int,
    rlp_decode,
    rlp_encode,
)

ITEMS = st.recursive(st.binary(max_size=70), lambda inner: st.lists(inner, max_size=20))


@given(ITEMS)
def test_encoding_is_that_of_the_rlp_package_and_decodes_to_itself(item: object) -> None:
    raw = rlp.encode(item)
    assert rlp_encode(item) == raw
    assert rlp_decode(raw) == item


@given(st.binary(max_size=80))
def test_whatever_decodes_encodes_to_the_same_bytes(data: bytes) -> None:
    try:
        item = rlp_decode(data)
    except EncodingFault:
        return
    assert rlp_encode(item) == data


@pytest.mark.parametrize(
    "data",
    [
        "",  # nothing
        "8100",  # a byte below 0x80 in the long form
        "b800",  # a length of 0 in the long form
        "b837" + "61" * 55,  # 55 bytes in the long form
        "b90038" + "61" * 56,  # a length with a leading zero
        "8261",  # too short
        "616261",  # bytes left over
        "c3826161ff",  # bytes left over after a list
        "c28261",  # an item reaches beyond its list
        "bfffffffffffffffff",  # a giant length
        "f7" + "c0" * 10,
        "c1" * 40 + "c0",
    ],
)
def test_other_encodings_are_refused(data: str) -> None:
    with pytest.raises(EncodingFault):
        rlp_decode(bytes.fromhex(data))


def test_deep_nesting_is_refused_and_not_a_crash() -> None:
    item: list[object] = []
    for _ in range(2000):
        item = [item]
    raw = b"\xc0"
    for _ in range(100):
        raw = bytes([0xC0 + len(raw)]) + raw if len(raw) < 56 else b"\xf8" + bytes([len(raw)]) + raw
    with pytest.raises(EncodingFault, match="deep"):
        rlp_decode(raw)


def test_scalars_have_no_leading_zeros() -> None:
    assert as_int(b"") == 0
    for bad in (b"\0", b"\0\1", b"\1" * 9, [b"\1"]):
        with pytest.raises(EncodingFault):
            as_int(bad, 64)


@pytest.mark.parametrize(
    "bad", ["0x", "0x01", "1", "0xg", "0x1_0", None, 5, "0x" + "f" * 65, "0X1"]
)
def test_strict_quantities(bad: object) -> None:
    with pytest.raises(EncodingFault):
        hex_int(bad)


@pytest.mark.parametrize("bad", ["", "ab", "0xa", "0x a b", "0xzz", "0x０１", None, b"0x", 1])
def test_strict_data(bad: object) -> None:
    with pytest.raises(EncodingFault):
        hex_data(bad)


def test_good_hexadecimal() -> None:
    assert hex_int("0x0") == 0
    assert hex_int("0xFf") == 255
    assert hex_data("0x") == b""
    assert hex_data("0xAb01", 2) == b"\xab\x01"


@given(st.binary(min_size=20, max_size=20))
def test_checksum_is_that_of_eip_55(address: bytes) -> None:
    assert checksum_address(address) == to_checksum_address(address)
