"""AuRa: known hashes of real networks, and chains sealed here under every kind of validator set."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from aura_lab import (
    CONTRACT,
    KEYS,
    NEW_SET,
    NOW_S,
    RULES,
    SET,
    START_STEP,
    STEP_S,
    WITH_CONTRACT,
    as_json,
    change_log,
    child,
    genesis,
    grow,
    start,
)
from eth_abi.abi import encode
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.chain.consensus.aura import MAX_DIFFICULTY, AuraState, rules_from
from peerwatt.chain.consensus.aura_header import (
    AuraHeader,
    aura_block_hash,
    aura_header_from_json,
    aura_header_from_rlp,
    aura_header_to_rlp,
)
from peerwatt.chain.consensus.aura_sets import INITIATE_CHANGE, ValidatorSource, decode_set
from peerwatt.chain.consensus.forking import settled_number
from peerwatt.chain.consensus.header import HeaderRefused, HeaderTooEarly, header_to_json
from peerwatt.chain.consensus.linkage import next_base_fee
from peerwatt.chain.encoding import EncodingFault, to_hex
from peerwatt.chain.proofs.bloom import bloom_of
from peerwatt.chain.proofs.receipts import LogEntry, Receipt

# -- what real networks say --------------------------------------------------------------------


def test_block_0_of_kovan_hashes_to_its_known_hash() -> None:
    """The public test network of OpenEthereum, which was sealed by AuRa."""
    root = "2480155b48a1cea17d67dbfdfaafe821c1d19cdd478c5358e8ec56dec24502b2"
    known = "a3c565fc15c7478862d50ccd6561e3c06b24cc509bf388941c25ea985ce32cb9"
    header = genesis(state_root=bytes.fromhex(root))
    assert aura_block_hash(header).hex() == known
    state = RULES.genesis(header, bytes.fromhex(known))
    assert (state.header.number, state.validators) == (0, SET)


def test_the_difficulties_of_energy_web_add_up_to_its_published_total() -> None:
    """Block 30,320,000: the sum of all difficulties tells its step, which tells its time."""
    total, number, first = 10317361365042854212209518097331212170972166406, 30_320_000, 131_072
    step = first + number * MAX_DIFFICULTY - total
    seconds = step * STEP_S
    assert 1_717_800_000 < seconds < 1_717_900_000  # the 8th of June 2024


def test_the_event_is_the_one_of_both_clients() -> None:
    known = "55252fa6eee4741b4e24a74a70e9c11fd2c2281df8d6ea13126ff845f7825c89"
    assert INITIATE_CHANGE.hex() == known


# -- headers ----------------------------------------------------------------------------------


HEADER = child(start())


@pytest.mark.parametrize("client", ["nethermind", "openethereum", "seal fields"])
@pytest.mark.parametrize("base_fee", [None, 7])
def test_all_forms_of_json_give_the_same_header(client: str, base_fee: int | None) -> None:
    header = replace(HEADER, base_fee=base_fee)
    assert aura_header_from_json(as_json(header, client)) == header
    assert aura_header_from_rlp(aura_header_to_rlp(header)) == header


@pytest.mark.parametrize(
    "change",
    [
        {"step": "012", "signature": "00" * 65},
        {"step": "-1", "signature": "00" * 65},
        {"step": "1", "signature": "00" * 64},
        {"step": None},
        {"sealFields": ["0x80"]},
        {"sealFields": ["0x80", "0xb841" + "00" * 65, "0xc0"]},
        {"sealFields": ["0x00", "0xb841" + "00" * 65]},
        {"sealFields": ["0x80", "0x80"]},
    ],
)
def test_seals_of_another_form_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(EncodingFault):
        aura_header_from_json(as_json(HEADER, "nethermind") | change)
    with pytest.raises(EncodingFault):
        aura_header_from_json([])


# -- the rules ----------------------------------------------------------------------------------


def test_a_chain_with_skipped_steps_is_believed() -> None:
    states = grow(start(), [0, 0, 3, 1, 0, 7, 0])
    assert [state.header.number for state in states] == list(range(1, 8))
    assert all(RULES.unpack(RULES.pack(state)) == state for state in states)
    assert states[-1].total_difficulty == 131_072 + 7 * MAX_DIFFICULTY - (
        states[-1].header.step - START_STEP
    )


TIP = grow(start(), [0, 0])[-1]
STEP = TIP.header.step
BROKEN: list[tuple[str, dict[str, Any]]] = [
    ("does not follow", {"parent_hash": bytes(32)}),
    ("names uncles", {"ommers_hash": bytes(32)}),
    ("names uncles or", {"extra_data": bytes(33)}),
    ("not later than its parent", {"timestamp": TIP.header.timestamp}),
    ("step is not after", {"step": STEP}),
    ("belong to its time", {"timestamp": (STEP + 7) * STEP_S}),
    ("difficulty does not follow", {"difficulty": MAX_DIFFICULTY}),
    ("not the author's turn", {"beneficiary": SET[STEP % 4], "key": KEYS[STEP % 4]}),
    ("did not sign", {"key": KEYS[STEP % 4]}),
    ("gas limit", {"gas_limit": 6_006_000}),
]


@pytest.mark.parametrize(("words", "changes"), BROKEN)
def test_each_rule_is_told_when_it_is_broken(words: str, changes: dict[str, Any]) -> None:
    with pytest.raises(HeaderRefused, match=words):
        RULES.verify(TIP, child(TIP, **changes), NOW_S)


def test_a_step_too_far_ahead_of_the_clock_waits() -> None:
    header = child(TIP)
    RULES.verify(TIP, header, header.timestamp - 4 * STEP_S)
    with pytest.raises(HeaderTooEarly, match="25 s in the future"):
        RULES.verify(TIP, header, header.timestamp - 5 * STEP_S)


def test_london_begins_where_the_network_says() -> None:
    rules = replace(RULES, london_block=3)
    fork = child(TIP, base_fee=10**9, gas_limit=12_000_000)
    after = rules.verify(TIP, fork, NOW_S)
    fee = next_base_fee(fork)
    rules.verify(after, child(after, base_fee=fee), NOW_S)
    for header in (child(TIP), child(TIP, base_fee=10**9)):
        with pytest.raises(HeaderRefused):
            rules.verify(TIP, header, NOW_S)


def test_other_headers_and_states_are_refused() -> None:
    plain = header_to_json(HEADER)
    with pytest.raises(EncodingFault, match="no AuRa chain"):
        RULES.read(plain)
    with pytest.raises(HeaderRefused, match="another chain"):
        RULES.genesis(genesis(), bytes(32))
    with pytest.raises(HeaderRefused, match="other rules"):
        RULES.verify(object(), HEADER, NOW_S)  # type: ignore[arg-type]
    assert (RULES.name, "majority" in RULES.finality) == ("aura", True)


# -- finality and changes of the set ------------------------------------------------------------


def test_a_block_is_final_with_more_than_half_of_the_validators() -> None:
    """Four validators: three in a row, the block's own included."""
    states = [start(), *grow(start(), [0] * 6)]
    found = [settled_number(RULES, states[n::-1]) for n in range(len(states))]
    assert found == [0, 0, 0, 1, 2, 3, 4]
    stricter = replace(RULES, validators=SET[:3], two_thirds_block=0)
    states = [start(stricter), *grow(start(stricter), [0] * 6, stricter)]
    found = [settled_number(stricter, states[n::-1]) for n in range(len(states))]
    assert found == [0, 0, 0, 1, 2, 3, 4]  # all three are more than two thirds


@settings(max_examples=40)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=25), st.booleans())
def test_what_is_open_is_what_is_not_settled(skips: list[int], strict: bool) -> None:
    rules = replace(RULES, two_thirds_block=0 if strict else None)
    states = [start(rules), *grow(start(rules), skips, rules)]
    settled = settled_number(rules, states[::-1])
    still_open = [number for number, _ in states[-1].open_blocks]
    assert settled is not None
    assert still_open == list(range(settled + 1, len(states)))


def receipt(*logs: LogEntry) -> Receipt:
    return Receipt(0, True, 21_000, logs)


def signalling(parent: AuraState, *receipts: Receipt) -> AuraHeader:
    items = [i for r in receipts for log in r.logs for i in (log.address, *log.topics)]
    header: AuraHeader = child(parent, logs_bloom=bloom_of(items))
    return header


def test_a_signalled_set_takes_over_after_the_block_that_makes_it_final() -> None:
    rules = WITH_CONTRACT
    before = grow(start(rules), [0, 0], rules)[-1]
    signal = receipt(change_log(before, NEW_SET))
    header = signalling(before, signal)
    assert rules.wants_receipts(before, header)
    with pytest.raises(HeaderRefused, match="receipts are needed"):
        rules.verify(before, header, NOW_S)
    state = rules.verify(before, header, NOW_S, [signal])
    assert (state.validators, state.pending) == (SET, (3, NEW_SET))
    assert rules.unpack(rules.pack(state)) == state
    # A further signal is ignored while one is pending, and its receipts are not asked for.
    again = signalling(state, receipt(change_log(state, SET[:1])))
    assert not rules.wants_receipts(state, again)
    state = rules.verify(state, again, NOW_S)
    assert (state.validators, state.pending) == (SET, (3, NEW_SET))
    state = rules.verify(state, child(state), NOW_S)
    assert (state.validators, state.pending, state.open_blocks) == (NEW_SET, None, ())
    states = grow(state, [0] * 6, rules)
    assert {s.author for s in states} == set(NEW_SET)
    assert settled_number(rules, [*states[::-1], state]) == states[-3].header.number


def test_only_the_contracts_own_signal_for_this_block_counts() -> None:
    parent = start(WITH_CONTRACT)
    source = WITH_CONTRACT.source
    good = change_log(parent, NEW_SET)
    header = signalling(parent, receipt(good))
    other = replace(good, address=b"\1" * 20)
    stale = replace(good, topics=(INITIATE_CHANGE, bytes(32)))
    longer = replace(good, topics=(*good.topics, bytes(32)))
    for log in (other, stale, longer):
        assert source.signalled(header, [receipt(log)]) is None
    assert source.signalled(header, [receipt(other), receipt(good)]) == NEW_SET
    # Of several, that of the last transaction.
    first = change_log(parent, SET)
    assert source.signalled(header, [receipt(first), receipt(good)]) == NEW_SET
    assert not RULES.wants_receipts(start(), header)
    assert source.signalled(header, [receipt(change_log(parent, ()))]) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(31),
        bytes(64),
        encode(["address[]"], [[to_hex(SET[0])]])[:-32],
        encode(["uint256[]"], [[1 << 160]]),
    ],
)
def test_lists_of_another_form_are_refused(data: bytes) -> None:
    with pytest.raises(HeaderRefused):
        decode_set(LogEntry(CONTRACT, (), data))


def test_a_list_by_block_takes_over_after_its_block() -> None:
    rules = replace(RULES, source=ValidatorSource(lists={3: NEW_SET}))
    states = grow(start(rules), [0] * 5, rules)
    assert [s.validators for s in states] == [SET, SET, NEW_SET, NEW_SET, NEW_SET]
    assert states[2].author in SET
    assert states[3].author == NEW_SET[states[3].header.step % len(NEW_SET)]


def test_descriptions() -> None:
    listed = [to_hex(address) for address in SET]
    rules = rules_from(
        {
            "kind": "aura",
            "validators": listed,
            "validator_contract": to_hex(CONTRACT),
            "validator_lists": {"7": listed[:2]},
            "london_block": 14_735_788,
        }
    )
    assert rules.validators == SET
    assert rules.source == ValidatorSource({7: SET[:2]}, CONTRACT)
    assert rules_from({}, SET).step_duration_s == 5
    for described, words in (
        ({}, "validators"),
        ({"validators": listed, "empty_steps": True}, "empty steps"),
        ({"validators": listed, "step_duration_s": {"0": 5}}, "one number"),
        ({"validators": listed, "validator_lists": {"7": []}}, "empty"),
    ):
        with pytest.raises(ValueError, match=words):
            rules_from(described)
