from __future__ import annotations

from dataclasses import replace

import pytest
import rlp
from bft_lab import first_header, follow, hash_of, run, sealed_child, start_state
from chain_lab import KEYS, VALIDATORS, address_of, keccak, make_keys
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.chain.consensus.bft import BftExtra, Vote
from peerwatt.chain.consensus.header import (
    Header,
    HeaderRefused,
    header_from_rlp,
    header_to_rlp,
)
from peerwatt.chain.consensus.ibft2 import Ibft2Rules
from peerwatt.chain.consensus.qbft import QbftRules
from peerwatt.chain.encoding import EncodingFault
from peerwatt.model.verified import Unproven

RULES = Ibft2Rules()
IBFT = RULES.codec
NEW = address_of(make_keys(1, salt=9)[0])


def good(round_number: int = 0) -> Header:
    return sealed_child(first_header(IBFT), codec=IBFT, round_number=round_number)


def test_extra_data_is_what_the_rlp_package_makes_of_besus_layout() -> None:
    seals = [bytes([i]) * 65 for i in range(3)]
    for vote, item in (
        (None, b""),
        (Vote(NEW, True), [NEW, b"\xff"]),
        (Vote(NEW, False), [NEW, b"\x00"]),
    ):
        for round_number in (0, 1, 70_000):
            four = round_number.to_bytes(4, "big")
            raw = rlp.encode([b"v" * 32, list(VALIDATORS), item, four, seals])
            extra = IBFT.decode(raw)
            assert (extra.vote, extra.round) == (vote, round_number)
            assert IBFT.encode(extra) == raw


def test_published_extra_data_of_a_genesis() -> None:
    # Besu's documentation, genesis of an IBFT 2.0 network with one validator.
    member = bytes.fromhex("9811ebc35d7b06b3fa8dc5809a1f9c52751e1deb")
    data = bytes.fromhex("f83ea0" + "00" * 32 + "d594" + member.hex() + "808400000000c0")
    assert IBFT.decode(data) == BftExtra(bytes(32), (member,), None, 0, ())
    assert IBFT.encode(IBFT.decode(data)) == data


def test_both_hashes_drop_the_items_they_do_not_cover() -> None:
    header = good(round_number=3)
    fields = rlp.decode(header_to_rlp(header))
    items = rlp.decode(fields[12])
    fields[12] = rlp.encode(items[:3])
    assert hash_of(header, IBFT) == keccak(rlp.encode(fields))
    fields[12] = rlp.encode(items[:4])
    sealed = IBFT.hashes(header, IBFT.decode(header.extra_data))[1]
    assert sealed == keccak(rlp.encode(fields))


def test_a_sealed_chain_is_accepted_and_votes_count() -> None:
    first = first_header(IBFT)
    vote = Vote(NEW, True)
    headers = run(first, 3, codec=IBFT, vote=vote)
    state = follow(RULES, start_state(RULES), headers)
    assert state.validators == tuple(sorted((*VALIDATORS, NEW)))
    assert RULES.unpack(RULES.pack(state)) == state


def test_the_nonce_must_be_zero() -> None:
    header = sealed_child(first_header(IBFT), codec=IBFT, nonce=b"\0" * 7 + b"\x01")
    with pytest.raises(HeaderRefused, match="nonce"):
        follow(RULES, start_state(RULES), [header])


def test_quorum_minus_one_and_a_stranger_are_refused() -> None:
    first = first_header(IBFT)
    for signers in (KEYS[:2], [*KEYS[:3], *make_keys(1, salt=9)]):
        header = sealed_child(first, signers, codec=IBFT, listed=VALIDATORS)
        with pytest.raises(HeaderRefused):
            follow(RULES, start_state(RULES), [header])


def test_the_two_protocols_do_not_take_each_others_blocks() -> None:
    with pytest.raises(EncodingFault):
        QbftRules().hash(good())
    with pytest.raises(EncodingFault):
        RULES.hash(sealed_child(first_header()))


GOOD = good()


@given(st.integers(0, len(GOOD.extra_data) - 1), st.integers(1, 255))
@settings(max_examples=60)
def test_no_single_changed_byte_is_accepted(at: int, flip: int) -> None:
    changed = bytearray(GOOD.extra_data)
    changed[at] ^= flip
    with pytest.raises(Unproven):
        follow(RULES, start_state(RULES), [replace(GOOD, extra_data=bytes(changed))])


@given(st.integers(0, len(header_to_rlp(GOOD)) - 1), st.integers(1, 255))
@settings(max_examples=40)
def test_no_changed_header_is_accepted(at: int, flip: int) -> None:
    changed = bytearray(header_to_rlp(GOOD))
    changed[at] ^= flip
    with pytest.raises(Unproven):
        follow(RULES, start_state(RULES), [header_from_rlp(bytes(changed))])
