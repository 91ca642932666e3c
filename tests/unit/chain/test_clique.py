"""Clique against headers that three geth nodes sealed, and against each rule broken."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chain_lab import address_of, make_keys
from clique_lab import (
    EPOCH,
    KEYS,
    NOW_S,
    RULES,
    SIGNERS,
    allowed,
    child,
    grow,
    seal,
    start,
    vote,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.chain.consensus.bft import Tally, Vote
from peerwatt.chain.consensus.clique import (
    CliqueRules,
    CliqueState,
    count_vote,
    decode_extra,
    rules_from,
)
from peerwatt.chain.consensus.forking import settled_number
from peerwatt.chain.consensus.header import HeaderRefused, HeaderTooEarly

RECORDED = json.loads((Path(__file__).parent / "data" / "clique_headers.json").read_text())
BLOCKS: list[dict[str, Any]] = RECORDED["blocks"]
FROM_GETH = rules_from(
    {"period_s": RECORDED["period_s"], "epoch_length": RECORDED["epoch_length"], "london_block": 0}
)
FAR_S = 4_000_000_000


def recorded_states(rules: CliqueRules = FROM_GETH) -> list[CliqueState]:
    first = BLOCKS[0]["header"]
    states = [rules.genesis(rules.read(first), bytes.fromhex(first["hash"][2:]))]
    for block in BLOCKS[1:]:
        states.append(rules.verify(states[-1], rules.read(block["header"]), FAR_S))
    return states


STATES = recorded_states()


def test_every_block_of_geth_is_believed_with_its_hash_signers_and_weight() -> None:
    for state, block in zip(STATES, BLOCKS, strict=True):
        assert "0x" + state.block_hash.hex() == block["header"]["hash"]
        assert ["0x" + signer.hex() for signer in state.signers] == block["signers"]
        assert state.total_difficulty == int(block["total_difficulty"], 16)


def test_the_recorded_chain_holds_what_the_rules_distinguish() -> None:
    counts = [state.validator_count for state in STATES]
    assert {3, 4} == set(counts)
    assert counts[-1] == 3
    assert {state.header.difficulty for state in STATES[1:]} == {1, 2}
    epoch = RECORDED["epoch_length"]
    listed = [len(decode_extra(s.header.extra_data).signers) for s in STATES[epoch::epoch]]
    assert listed[0] == 3
    assert 4 in listed
    lone = [s for s in STATES[:epoch] if s.votes]
    assert lone
    assert STATES[epoch].votes == ()
    assert any(state.header.gas_used for state in STATES)


def test_states_survive_packing() -> None:
    for state in STATES:
        assert FROM_GETH.unpack(FROM_GETH.pack(state)) == state


def test_settled_follows_the_head_with_two_blocks_of_others_on_top() -> None:
    found = [settled_number(FROM_GETH, STATES[n::-1]) for n in range(len(STATES))]
    assert found[:2] == [0, 0]
    assert found == sorted(found)
    assert all(n - 4 <= number <= n - 2 for n, number in enumerate(found) if n > 4 and number)


@pytest.mark.parametrize("number", [1, 12, 20, 24, 30])
def test_no_bit_of_a_real_block_may_change(number: int) -> None:
    """Each field of the JSON in turn, one digit changed."""
    number = min(number, len(STATES) - 1)
    parent, header = STATES[number - 1], BLOCKS[number]["header"]
    for name, value in header.items():
        if name == "hash":
            continue
        last = "1" if value[-1] != "1" else "2"
        changed = FROM_GETH.read({**header, name: value[:-1] + last})
        with pytest.raises(HeaderRefused):
            FROM_GETH.verify(parent, changed, FAR_S)


def test_another_chain_or_other_signers_are_refused() -> None:
    first = FROM_GETH.read(BLOCKS[0]["header"])
    with pytest.raises(HeaderRefused, match="another chain"):
        FROM_GETH.genesis(first, bytes(32))
    with pytest.raises(HeaderRefused, match="other signers"):
        replace(FROM_GETH, signers=(bytes(20),)).genesis(first, STATES[0].block_hash)
    with pytest.raises(HeaderRefused, match="no signers"):
        FROM_GETH.genesis(STATES[1].header, STATES[1].block_hash)
    with pytest.raises(HeaderRefused, match="other rules"):
        FROM_GETH.verify(object(), first, FAR_S)  # type: ignore[arg-type]


def test_an_epoch_block_may_be_the_trusted_one() -> None:
    epoch = RECORDED["epoch_length"]
    state = FROM_GETH.genesis(STATES[epoch].header, STATES[epoch].block_hash)
    for known in STATES[epoch + 1 :]:
        state = FROM_GETH.verify(state, known.header, FAR_S)
        assert state.signers == known.signers
    assert state.votes == STATES[-1].votes


# -- each rule broken --------------------------------------------------------------------------

TIP = grow(start(), 5)[-1]
NEXT_KEY = allowed(TIP)[0]
BROKEN: list[tuple[str, dict[str, Any]]] = [
    ("does not follow from its parent", {"parent_hash": bytes(32)}),
    ("not its parent's plus one", {"number": 9}),
    ("within less than the period", {"timestamp": TIP.header.timestamp + 4}),
    ("mix hash is not zero", {"mix_hash": b"\1" * 32}),
    ("names uncles", {"ommers_hash": bytes(32)}),
    ("nonce is neither", {"nonce": b"\1" + bytes(7)}),
    ("lists signers", {"extra_data": bytes(32) + b"".join(SIGNERS) + bytes(65)}),
    ("whole addresses", {"extra_data": bytes(32) + bytes(19) + bytes(65)}),
    ("whole addresses", {"extra_data": bytes(96)}),
    ("difficulty does not tell", {"difficulty": 1}),
    ("more gas than its limit", {"gas_used": 30_000_001}),
    ("gas limit moves too far", {"gas_limit": 30_000_000 + 30_000_000 // 1024}),
    ("base fee is not the one", {"base_fee": 10**9}),
    ("base fee before its fork", {"base_fee": None}),
    ("fields of a fork", {"withdrawals_root": bytes(32)}),
]


@pytest.mark.parametrize(("words", "changes"), BROKEN)
def test_each_rule_is_told_when_it_is_broken(words: str, changes: dict[str, Any]) -> None:
    with pytest.raises(HeaderRefused, match=words):
        RULES.verify(TIP, child(TIP, NEXT_KEY, **changes), NOW_S)


def test_who_may_seal() -> None:
    stranger = make_keys(1, salt=99)[0]
    with pytest.raises(HeaderRefused, match="not sealed by a signer"):
        RULES.verify(TIP, child(TIP, stranger), NOW_S)
    again = next(key for key in KEYS if address_of(key) == TIP.author)
    with pytest.raises(HeaderRefused, match="one of the blocks just before"):
        RULES.verify(TIP, child(TIP, again), NOW_S)
    broken = child(TIP, NEXT_KEY)
    broken = replace(broken, extra_data=broken.extra_data[:-1] + b"\7")
    with pytest.raises(HeaderRefused, match="seal"):
        RULES.verify(TIP, broken, NOW_S)
    with pytest.raises(HeaderTooEarly, match="check this machine's clock"):
        RULES.verify(TIP, child(TIP, NEXT_KEY), TIP.header.timestamp - 30)


def test_an_epoch_must_list_the_elected_signers_and_carries_no_vote() -> None:
    before = grow(start(), EPOCH - 1)[-1]
    key = allowed(before)[0]
    header = child(before, key)
    RULES.verify(before, header, NOW_S)
    for changes, words in (
        ({"extra_data": bytes(32) + b"".join(SIGNERS[::-1]) + bytes(65)}, "not the one"),
        ({"beneficiary": b"\1" * 20}, "carries a vote"),
        ({"nonce": b"\xff" * 8}, "carries a vote"),
    ):
        with pytest.raises(HeaderRefused, match=words):
            RULES.verify(before, seal(replace(header, **changes), key), NOW_S)


def test_london_may_begin_later_and_doubles_the_gas_limit() -> None:
    rules = replace(RULES, london_block=None)
    header = replace(start().header, base_fee=None)
    state = rules.genesis(header, rules.hash(header))
    key = allowed(state)[0]
    limit = header.gas_limit
    fork = child(state, key, base_fee=10**9, gas_limit=2 * limit)
    after = rules.verify(state, fork, NOW_S)
    with pytest.raises(HeaderRefused, match="older fork"):
        rules.verify(after, child(after, allowed(after)[0], base_fee=None), NOW_S)
    with pytest.raises(HeaderRefused, match="gas limit"):
        rules.verify(state, child(state, key, base_fee=10**9, gas_limit=limit), NOW_S)


# -- votes ------------------------------------------------------------------------------------


def test_a_vote_passes_with_more_than_half_and_a_dropped_signer_loses_its_votes() -> None:
    newcomer = make_keys(1, salt=8)[0]
    target = address_of(newcomer)
    state = start()
    state = vote(state, allowed(state)[0], target, add=True)
    assert state.validator_count == 3
    state = vote(state, allowed(state)[0], target, add=True)
    assert state.signers == tuple(sorted((*SIGNERS, target)))
    assert state.votes == ()
    keys = (*KEYS, newcomer)
    other = bytes([1]) * 20
    while address_of(allowed(state, keys)[0]) != target:
        state = grow(state, 1, keys)[-1]
    state = vote(state, newcomer, other, add=True)
    assert state.votes == ((target, other, True),)
    while target in state.signers:
        key = next(k for k in allowed(state, keys) if k is not newcomer)
        state = vote(state, key, target, add=False)
    assert state.signers == SIGNERS
    assert state.votes == ()


@st.composite
def ballots(draw: st.DrawFn) -> list[tuple[int, int, bool]]:
    person = st.integers(0, 5)
    return draw(st.lists(st.tuples(person, person, st.booleans()), max_size=40))


@settings(max_examples=150)
@given(ballots())
def test_the_tally_is_the_one_of_counting_anew(cast: list[tuple[int, int, bool]]) -> None:
    """geth keeps a list of votes beside a running tally; here the list alone is counted."""
    signers: tuple[bytes, ...] = tuple(bytes([n]) * 20 for n in range(4))
    votes: Tally = ()
    counted = ReferenceTally(set(signers))
    for voter_number, target_number, add in cast:
        voter, target = (bytes([n]) * 20 for n in (voter_number, target_number))
        if voter not in signers:
            continue
        signers, votes = count_vote(signers, votes, voter, Vote(target, add))
        counted.apply(voter, target, add)
        assert set(signers) == counted.signers
        assert list(signers) == sorted(signers)
        assert {v[:2] for v in votes} == set(counted.votes)


class ReferenceTally:
    """The same rules with a running count for each target."""

    def __init__(self, signers: set[bytes]) -> None:
        self.signers = signers
        self.votes: dict[tuple[bytes, bytes], bool] = {}
        self.tally: dict[bytes, int] = {}

    def _take_back(self, key: tuple[bytes, bytes]) -> None:
        if self.votes.pop(key, None) is not None:
            self.tally[key[1]] -= 1

    def apply(self, voter: bytes, target: bytes, add: bool) -> None:
        self._take_back((voter, target))
        if (target in self.signers) != add:
            self.votes[voter, target] = add
            self.tally[target] = self.tally.get(target, 0) + 1
        if self.tally.get(target, 0) <= len(self.signers) // 2:
            return
        if target in self.signers:
            self.signers.discard(target)
            for key in [key for key in self.votes if key[0] == target]:
                self._take_back(key)
        else:
            self.signers.add(target)
        for key in [key for key in self.votes if key[1] == target]:
            self._take_back(key)


# -- which of two chains -----------------------------------------------------------------------


def test_more_difficulty_wins_then_the_order_of_eip_3436() -> None:
    base = grow(start(), 3)[-1]
    in_turn, other = allowed(base)
    first = RULES.verify(base, child(base, in_turn), NOW_S)
    second = RULES.verify(base, child(base, other), NOW_S)
    assert RULES.weight(first) > RULES.weight(second)

    def variant(**changes: Any) -> CliqueState:
        return replace(first, **changes)

    lower = variant(header=replace(first.header, number=first.header.number - 3))
    assert RULES.weight(lower) > RULES.weight(first)
    # In its turn is the most recent turn there can be: the longest ago is preferred.
    waited = variant(author=first.signers[(first.header.number + 1) % 3])
    assert RULES.weight(waited) > RULES.weight(first)
    smaller = variant(block_hash=bytes(32))
    assert RULES.weight(smaller) > RULES.weight(first)


def test_descriptions_that_make_no_rules() -> None:
    with pytest.raises(ValueError, match="epoch"):
        rules_from({"epoch_length": 0})
    with pytest.raises(ValueError, match="ascending"):
        rules_from({}, (b"\2" * 20, b"\1" * 20))
    assert rules_from({}).period_s == 15
    assert (RULES.name, RULES.finality) == ("clique", "probabilistic")
