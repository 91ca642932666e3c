from __future__ import annotations

from dataclasses import replace

import pytest
import rlp
from chain_lab import KEYS, VALIDATORS, address_of, child, genesis, keccak, make_keys, seal
from hypothesis import given
from hypothesis import strategies as st

from peerwatt.chain.consensus.bft import Vote, quorum
from peerwatt.chain.consensus.header import (
    Header,
    HeaderRefused,
    HeaderTooEarly,
    header_from_rlp,
    header_to_rlp,
)
from peerwatt.chain.consensus.qbft import (
    QbftRules,
    QbftState,
    block_hash,
    committed_seal_hash,
    decode_extra,
    encode_extra,
)
from peerwatt.chain.consensus.schedule import Transition
from peerwatt.chain.encoding import EncodingFault
from peerwatt.model.verified import Unproven

RULES = QbftRules()
CURVE_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
OUTSIDER = make_keys(1, salt=9)[0]


def start(rules: QbftRules = RULES) -> QbftState:
    header = genesis()
    return rules.genesis(header, block_hash(header))


def verify(header: Header, state: QbftState | None = None, rules: QbftRules = RULES) -> QbftState:
    return rules.verify(state or start(rules), header, now_s=header.timestamp)


GOOD = seal(child(genesis()))
GOOD_RLP = header_to_rlp(GOOD)


def test_a_sealed_header_is_accepted() -> None:
    state = verify(GOOD)
    assert state.block_hash == block_hash(GOOD)
    assert state.validators == VALIDATORS


def test_published_extra_data_of_a_contract_mode_genesis() -> None:
    # Besu, QBFT genesis in contract mode.
    data = bytes.fromhex("e5a0" + "00" * 32 + "c0c080c0")
    extra = decode_extra(data)
    assert (extra.validators, extra.vote, extra.round, extra.seals) == ((), None, 0, ())
    assert encode_extra(extra) == data


def test_published_extra_data_of_a_genesis() -> None:
    # Besu's documentation, genesis of a QBFT network with four validators.
    members = [
        "64a702e6263b7297a96638cac6ae65e6541f4169",
        "3923390ad55e90c237593b3b0e401f3b08a03185",
        "aefdb9a738c9f433e5b6b212a6d62f6370c2f692",
        "c7eeb9a4e00ce683cf93039b212648e01c6c6b78",
    ]
    listed = "".join("94" + member for member in members)
    data = bytes.fromhex("f87aa0" + "00" * 32 + "f854" + listed + "c080c0")
    extra = decode_extra(data)
    assert extra.validators == tuple(map(bytes.fromhex, members))
    assert encode_extra(extra) == data


def test_extra_data_is_what_the_rlp_package_makes_of_besus_layout() -> None:
    seals = [bytes([i]) * 65 for i in range(3)]
    for vote, item in (
        (None, []),
        (Vote(b"\x07" * 20, True), [b"\x07" * 20, b"\xff"]),
        (Vote(b"\x07" * 20, False), [b"\x07" * 20, b""]),
    ):
        for round_number in (0, 1, 127, 128, 70_000):
            raw = rlp.encode([b"v" * 32, list(VALIDATORS), item, round_number, seals])
            extra = decode_extra(raw)
            assert (extra.vote, extra.round) == (vote, round_number)
            assert encode_extra(extra) == raw


def test_both_hashes_follow_from_their_definitions() -> None:
    header = seal(child(genesis()), round_number=3)
    fields = rlp.decode(header_to_rlp(header))
    vanity, validators, vote, round_number, _ = rlp.decode(fields[12])
    fields[12] = rlp.encode([vanity, validators, vote, b"", []])
    assert block_hash(header) == keccak(rlp.encode(fields))
    fields[12] = rlp.encode([vanity, validators, vote, round_number, []])
    assert committed_seal_hash(header) == keccak(rlp.encode(fields))
    assert keccak(header_to_rlp(header)) != block_hash(header)


@pytest.mark.parametrize(
    ("count", "least"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (7, 5), (16, 11)]
)
def test_quorum_is_two_thirds_rounded_up(count: int, least: int) -> None:
    assert quorum(count) == least


@given(st.integers(0, len(GOOD_RLP) - 1), st.integers(1, 255))
def test_no_single_changed_byte_is_accepted(at: int, flip: int) -> None:
    changed = bytearray(GOOD_RLP)
    changed[at] ^= flip
    with pytest.raises(Unproven):
        verify(header_from_rlp(bytes(changed)))


@given(st.integers(0, len(GOOD.extra_data) - 1), st.integers(1, 255))
def test_no_single_changed_byte_of_the_seals_is_accepted(at: int, flip: int) -> None:
    changed = bytearray(GOOD.extra_data)
    changed[at] ^= flip
    with pytest.raises(Unproven):
        verify(replace(GOOD, extra_data=bytes(changed)))


@given(st.integers(0, len(GOOD_RLP)), st.binary(max_size=3))
def test_cut_or_padded_headers_are_refused(length: int, tail: bytes) -> None:
    data = GOOD_RLP[:length] + tail
    if data != GOOD_RLP:
        with pytest.raises(Unproven):
            verify(header_from_rlp(data))


def with_seals(header: Header, seals: tuple[bytes, ...]) -> Header:
    extra = decode_extra(header.extra_data)
    return replace(header, extra_data=encode_extra(replace(extra, seals=seals)))


def malleated(raw: bytes) -> bytes:
    s = CURVE_N - int.from_bytes(raw[32:64], "big")
    return raw[:32] + s.to_bytes(32, "big") + bytes([raw[64] ^ 1])


def test_quorum_is_needed_and_enough() -> None:
    seals = decode_extra(GOOD.extra_data).seals
    assert verify(with_seals(GOOD, seals[:3])).block_hash == block_hash(GOOD)
    with pytest.raises(HeaderRefused, match="2 seals where 3"):
        verify(with_seals(GOOD, seals[:2]))


def test_a_seal_counts_once_also_when_it_is_malleated() -> None:
    first, second, third, _ = decode_extra(GOOD.extra_data).seals
    with pytest.raises(HeaderRefused, match="twice"):
        verify(with_seals(GOOD, (first, second, second)))
    with pytest.raises(HeaderRefused, match="twice"):
        verify(with_seals(GOOD, (first, second, malleated(second))))
    # One malleated seal is still one seal of one validator, as Besu sees it.
    assert verify(with_seals(GOOD, (first, malleated(second), third)))


def test_surplus_seals_of_a_set_are_refused() -> None:
    seals = decode_extra(GOOD.extra_data).seals
    with pytest.raises(HeaderRefused, match="seals where"):
        verify(with_seals(GOOD, (*seals, seals[0])))


def test_a_stranger_may_not_seal() -> None:
    with pytest.raises(HeaderRefused, match="not made by a validator"):
        verify(seal(child(genesis()), [*KEYS[:3], OUTSIDER]))


@pytest.mark.parametrize("raw", [bytes(65), b"\xff" * 64 + b"\0", b"\x01" * 64 + b"\x02"])
def test_a_seal_that_is_no_signature(raw: bytes) -> None:
    seals = decode_extra(GOOD.extra_data).seals
    with pytest.raises(HeaderRefused):
        verify(with_seals(GOOD, (*seals[:3], raw)))


def test_wrong_round_is_refused() -> None:
    extra = decode_extra(GOOD.extra_data)
    moved = replace(GOOD, extra_data=encode_extra(replace(extra, round=1)))
    assert block_hash(moved) == block_hash(GOOD)
    with pytest.raises(HeaderRefused):
        verify(moved)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"parent_hash": bytes(32)}, "follow"),
        ({"number": 2}, "number"),
        ({"timestamp": genesis().timestamp}, "later"),
        ({"beneficiary": bytes(20)}, "proposer"),
        ({"mix_hash": bytes(32)}, "mix"),
        ({"difficulty": 2}, "difficulty"),
        ({"ommers_hash": bytes(32)}, "uncles"),
        ({"gas_used": 60_000_001}, "gas"),
        ({"gas_limit": 61_000_000}, "gas limit"),
        ({"requests_hash": None}, "fork"),
    ],
)
def test_rules_hold_however_well_a_header_is_sealed(changes: dict[str, object], words: str) -> None:
    if changes == {"requests_hash": None}:
        with pytest.raises(HeaderRefused, match=words):
            verify(seal(child(genesis(), **changes)))
        return
    with pytest.raises(HeaderRefused, match=words):
        verify(seal(child(genesis(), **changes)))


def test_other_validators_than_elected_are_refused() -> None:
    keys = make_keys(4, salt=1)
    validators = [address_of(key) for key in keys]
    header = child(genesis(), beneficiary=validators[0])
    with pytest.raises(HeaderRefused, match="other validators"):
        verify(seal(header, keys, validators=validators))


def test_unsorted_validators_are_refused() -> None:
    with pytest.raises(HeaderRefused, match="other validators"):
        verify(seal(child(genesis()), validators=VALIDATORS[::-1]))


def test_a_header_from_the_future_may_come_later() -> None:
    with pytest.raises(HeaderTooEarly):
        RULES.verify(start(), GOOD, now_s=GOOD.timestamp - 16)
    assert RULES.verify(start(), GOOD, now_s=GOOD.timestamp - 15)


def test_a_base_fee_is_refused_where_there_is_none() -> None:
    header = seal(child(genesis(), base_fee=1))
    assert verify(header)
    with pytest.raises(HeaderRefused, match="base fee"):
        verify(header, rules=QbftRules(base_fee="zero"))


def test_genesis_must_be_the_trusted_one() -> None:
    with pytest.raises(HeaderRefused, match="trusted"):
        RULES.genesis(genesis(timestamp=1), block_hash(genesis()))
    with pytest.raises(HeaderRefused):
        RULES.genesis(genesis(VALIDATORS[::-1]), block_hash(genesis(VALIDATORS[::-1])))
    with pytest.raises(HeaderRefused, match="configured"):
        start(QbftRules(validators=VALIDATORS[:3]))
    assert start(QbftRules(validators=VALIDATORS))


# -- votes -------------------------------------------------------------------------------------


def vote_on(state: QbftState, by: int, vote: Vote | None, rules: QbftRules = RULES) -> QbftState:
    """Seal the next block with a vote of a validator, signed by the present set."""
    keys = [key for key in [*KEYS, OUTSIDER] if address_of(key) in state.validators]
    header = child(state.header, beneficiary=address_of(keys[by]))
    return verify(seal(header, keys, validators=state.validators, vote=vote), state, rules)


NEW = address_of(OUTSIDER)


def test_a_validator_is_added_by_more_than_half() -> None:
    state = start()
    for voter in (0, 1):
        state = vote_on(state, voter, Vote(NEW, True))
        assert state.validators == VALIDATORS
    state = vote_on(state, 1, Vote(NEW, True))  # the same voter again counts once
    assert state.validators == VALIDATORS
    state = vote_on(state, 2, Vote(NEW, True))
    assert state.validators == tuple(sorted((*VALIDATORS, NEW)))
    assert state.votes == ()
    assert vote_on(state, 0, None).validators == state.validators


def test_the_latest_vote_of_a_voter_counts() -> None:
    state = start()
    for voter, add in ((0, True), (1, True), (1, False), (2, True)):
        state = vote_on(state, voter, Vote(NEW, add))
    assert state.validators == VALIDATORS


def test_a_removed_validator_may_neither_seal_nor_vote() -> None:
    state = vote_on(start(), 3, Vote(NEW, True))
    target = VALIDATORS[3]
    for voter in (0, 1, 2):
        state = vote_on(state, voter, Vote(target, False))
    assert state.validators == VALIDATORS[:3]
    assert state.votes == ()  # the vote it cast went with it
    sealed = seal(child(state.header, beneficiary=VALIDATORS[0]), validators=state.validators)
    with pytest.raises(HeaderRefused):
        verify(sealed, state)
    header = child(state.header, beneficiary=VALIDATORS[0])
    sealed = seal(header, [*KEYS[:2], KEYS[3]], validators=state.validators)
    with pytest.raises(HeaderRefused, match="not made by a validator"):
        verify(sealed, state)


def test_votes_end_with_their_epoch() -> None:
    rules = QbftRules(epoch_length=3)
    state = start(rules)
    for voter in (0, 1):
        state = vote_on(state, voter, Vote(NEW, True), rules)
    assert state.votes is not None
    assert len(state.votes) == 2
    state = vote_on(state, 2, Vote(NEW, True), rules)  # block 3: its own vote is ignored
    assert (state.votes, state.validators) == ((), VALIDATORS)


def test_transitions_replace_the_set() -> None:
    keys = make_keys(4, salt=1)
    validators = tuple(address_of(key) for key in keys)
    rules = QbftRules(transitions=(Transition(2, validators),))
    state = vote_on(start(rules), 0, Vote(NEW, True), rules)
    # Besu counts the vote of the block before on the new list.
    assert (state.validators, state.votes) == (validators, ((VALIDATORS[0], NEW, True),))
    header = child(state.header, beneficiary=validators[0])
    assert verify(seal(header, keys, validators=validators), state, rules)


def test_states_survive_packing() -> None:
    state = vote_on(vote_on(start(), 0, Vote(NEW, True)), 1, Vote(VALIDATORS[0], False))
    assert RULES.unpack(RULES.pack(state)) == state
    with pytest.raises(EncodingFault):
        RULES.unpack(RULES.pack(state)[:-1])
