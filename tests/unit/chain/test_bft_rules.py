from __future__ import annotations

from dataclasses import replace

import pytest
from bft_lab import first_header, follow, hash_of, run, sealed_child, start_state
from chain_lab import KEYS, PERIOD_S, VALIDATORS, address_of, make_keys
from ethereum.forks.london.fork import calculate_base_fee_per_gas
from ethereum_types.numeric import Uint
from hypothesis import given
from hypothesis import strategies as st

from peerwatt.chain.consensus.base_fee import next_base_fee
from peerwatt.chain.consensus.bft import Vote, trusted_overlap
from peerwatt.chain.consensus.bft_rules import BftState, OverlapTooSmall, TrustExpired
from peerwatt.chain.consensus.header import Header, HeaderRefused, HeaderTooEarly
from peerwatt.chain.consensus.qbft import QbftRules
from peerwatt.chain.consensus.schedule import Schedule, Transition
from peerwatt.chain.consensus.validator_contract import ValidatorContract
from peerwatt.chain.encoding import keccak

RULES = QbftRules()
FIRST = first_header()
OTHERS = make_keys(4, salt=3)
MANY = sorted([*KEYS, *OTHERS], key=address_of)
NEW = address_of(OTHERS[0])
CONTRACT = ValidatorContract(b"\x77" * 20, slot=2)
DAY_S = 86_400


def names(keys: object) -> tuple[bytes, ...]:
    return tuple(sorted(address_of(key) for key in keys))  # type: ignore[attr-defined]


# -- base fee ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "limit", "used", "expected"),
    [
        (1_000_000_000, 20_000_000, 10_000_000, 1_000_000_000),
        (1_000_000_000, 20_000_000, 20_000_000, 1_125_000_000),
        (1_000_000_000, 20_000_000, 9_000_000, 987_500_000),
        (1, 20_000_000, 20_000_000, 2),
        (7, 20_000_000, 0, 7),
        (0, 20_000_000, 20_000_000, 1),
        (None, 20_000_000, 0, 1_000_000_000),
    ],
)
def test_the_next_base_fee_is_eip_1559s(
    base: int | None, limit: int, used: int, expected: int
) -> None:
    parent = replace(FIRST, base_fee=base, gas_limit=limit, gas_used=used)
    assert next_base_fee(parent) == expected


@given(
    base=st.integers(7, 10**12),
    limit=st.integers(10_000, 10**8),
    share=st.integers(0, 1000),
)
def test_the_next_base_fee_is_that_of_the_executable_specification(
    base: int, limit: int, share: int
) -> None:
    used = limit * share // 1000
    parent = replace(FIRST, base_fee=base, gas_limit=limit, gas_used=used)
    theirs = calculate_base_fee_per_gas(Uint(limit), Uint(limit), Uint(used), Uint(base))
    assert next_base_fee(parent) == int(theirs)


def test_a_base_fee_must_follow_from_the_parent_where_the_network_says_so() -> None:
    rules = QbftRules(base_fee="eip1559")
    first = replace(FIRST, base_fee=1_000_000_000)
    state = start_state(rules, first)
    good = sealed_child(first, base_fee=875_000_000)
    assert follow(rules, state, [good])
    for fee in (875_000_001, 0, 1_000_000_000):
        with pytest.raises(HeaderRefused, match="EIP-1559"):
            follow(rules, state, [sealed_child(first, base_fee=fee)])


# -- schedule ----------------------------------------------------------------------------------


def test_a_block_sooner_than_the_period_is_refused() -> None:
    rules = QbftRules(period_s=PERIOD_S, transitions=(Transition(3, period_s=2 * PERIOD_S),))
    state = follow(rules, start_state(rules), run(FIRST, 2))
    with pytest.raises(HeaderRefused, match="period"):
        follow(rules, state, run(state.header, 1))
    slow = sealed_child(state.header, timestamp=state.header.timestamp + 2 * PERIOD_S)
    assert follow(rules, state, [slow])


def test_a_schedule_says_what_holds_at_each_block() -> None:
    plan = Schedule(
        (
            Transition(5, contract=CONTRACT),
            Transition(8, period_s=9),
            Transition(9, validators=VALIDATORS, block_header=True),
        )
    )
    assert [plan.contract_at(n) for n in (0, 4, 5, 8, 9)] == [None, None, CONTRACT, CONTRACT, None]
    assert [plan.period_at(n) for n in (7, 8, 100)] == [0, 9, 9]
    assert [plan.validators_at(n) for n in (8, 9, 10)] == [None, VALIDATORS, None]
    with pytest.raises(ValueError, match="ascending"):
        Schedule((Transition(5), Transition(5)))
    with pytest.raises(ValueError, match="names no validators"):
        Schedule((Transition(5, block_header=True),))


# -- a trusted block that is not block 0 -------------------------------------------------------


def test_any_block_can_be_the_trust_root() -> None:
    headers = run(FIRST, 7)
    root = headers[3]
    state = RULES.genesis(root, hash_of(root))
    assert state.votes is None
    assert follow(RULES, state, headers[4:]).header.number == 7
    with pytest.raises(HeaderRefused, match="Block 4 is not the trusted one"):
        RULES.genesis(root, bytes(32))
    epoch = QbftRules(epoch_length=4)
    assert epoch.genesis(root, hash_of(root)).votes == ()


def test_unknown_votes_let_only_the_parents_own_vote_pass() -> None:
    # Two voted before the trusted block, which is unknown; the third vote is seen.
    headers = run(FIRST, 2, vote=Vote(NEW, True))
    deciding = sealed_child(headers[-1], vote=Vote(NEW, True))
    state = follow(RULES, RULES.genesis(headers[-1], hash_of(headers[-1])), [deciding])
    assert (state.validators, state.votes) == (VALIDATORS, None)
    grown = tuple(sorted((*VALIDATORS, NEW)))
    signers = [*KEYS, OTHERS[0]]
    after = follow(RULES, state, [sealed_child(deciding, signers, listed=grown)])
    assert (after.validators, after.votes) == (grown, None)
    # As well it may not have passed.
    assert follow(RULES, state, [sealed_child(deciding)]).validators == VALIDATORS
    stranger = address_of(OTHERS[1])
    other = tuple(sorted((*VALIDATORS, stranger)))
    with pytest.raises(HeaderRefused, match="other validators"):
        follow(RULES, state, [sealed_child(deciding, [*KEYS, OTHERS[1]], listed=other)])


@pytest.mark.allow_log("other validators than the votes elected")
def test_a_set_beside_our_tally_is_taken_only_where_the_network_allows_it() -> None:
    lenient = QbftRules(tally="overlap")
    grown = [*KEYS, OTHERS[0]]
    odd = sealed_child(FIRST, grown, listed=names(grown))
    with pytest.raises(HeaderRefused):
        follow(RULES, start_state(RULES), [odd])
    state = follow(lenient, start_state(lenient), [odd])
    assert (state.validators, state.votes) == (names(grown), None)
    foreign = sealed_child(FIRST, [KEYS[0], *OTHERS], listed=names([KEYS[0], *OTHERS]))
    with pytest.raises(OverlapTooSmall):
        follow(lenient, start_state(lenient), [foreign])


# -- skipping ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "least"), [(1, 1), (2, 1), (3, 2), (4, 2), (7, 3), (16, 6)])
def test_one_more_than_a_third_must_overlap(count: int, least: int) -> None:
    assert trusted_overlap(count) == least


def skip(header: Header, state: BftState | None = None, **options: float) -> BftState:
    now_s = options.get("now_s", header.timestamp)
    period_s = options.get("period_s", 7 * DAY_S)
    return RULES.skip(state or start_state(RULES), header, now_s, period_s)


def far(signers: list[object], listed: object = None, **changes: object) -> Header:
    """A header 500 blocks on whose parents nobody shows."""
    parent = replace(FIRST, number=499, timestamp=FIRST.timestamp + 2500)
    return sealed_child(parent, signers, listed=names(listed or signers), **changes)  # type: ignore[arg-type]


def test_a_far_header_is_believed_by_overlap_and_quorum() -> None:
    state = skip(far(KEYS))
    assert (state.header.number, state.validators, state.votes) == (500, VALIDATORS, None)
    half_new = [*KEYS[:2], *OTHERS[:2]]
    assert skip(far(half_new)).validators == names(half_new)
    with pytest.raises(OverlapTooSmall, match="1 trusted validators sealed where 2"):
        skip(far([KEYS[0], *OTHERS[:3]]))
    # Two trusted among six, but below their own quorum of ceil(2 * 6 / 3) = 4.
    with pytest.raises(HeaderRefused, match="3 seals where 4"):
        skip(far([*KEYS[:2], OTHERS[0]], [*KEYS[:2], *OTHERS]))


def test_what_is_skipped_to_keeps_the_rules_of_a_header_alone() -> None:
    for header, words in (
        (far(KEYS, timestamp=FIRST.timestamp), "later"),
        (far(KEYS, difficulty=2), "difficulty"),
        (far(KEYS, requests_hash=None), "older fork"),
        (far(KEYS, beneficiary=NEW), "proposer"),
    ):
        with pytest.raises(HeaderRefused, match=words):
            skip(header, now_s=FIRST.timestamp + 9999)
    unsorted = sealed_child(replace(FIRST, number=9), KEYS, listed=VALIDATORS[::-1])
    with pytest.raises(HeaderRefused, match="ascending"):
        skip(unsorted)
    with pytest.raises(HeaderTooEarly):
        skip(far(KEYS), now_s=far(KEYS).timestamp - 16)


def test_trust_ends_with_its_period() -> None:
    header = far(KEYS)
    end_s = FIRST.timestamp + 7 * DAY_S
    assert skip(header, now_s=end_s)
    with pytest.raises(TrustExpired, match="7 days; ask your community"):
        skip(header, now_s=end_s + 1)


def test_parents_are_believed_by_their_hash() -> None:
    headers = run(FIRST, 3)
    state = follow(RULES, start_state(RULES), headers)
    before = RULES.linked(headers[1], state)
    assert (before.header, before.validators) == (headers[1], VALIDATORS)
    assert follow(RULES, before, headers[2:]).block_hash == state.block_hash
    for other in (headers[0], replace(headers[1], gas_used=1)):
        with pytest.raises(HeaderRefused, match="not the parent"):
            RULES.linked(other, state)


# -- validators held by a contract -------------------------------------------------------------

HELD = QbftRules(contract=CONTRACT)
HELD_FIRST = first_header(validators=())


def held(parent: Header, signers: list[object] | None = None, **options: object) -> Header:
    return sealed_child(parent, signers or KEYS, listed=(), **options)  # type: ignore[arg-type]


def test_a_contracts_set_must_be_proven_before_each_block() -> None:
    state = start_state(HELD, HELD_FIRST)
    query = HELD.validators_needed(state)
    assert query is not None
    assert (query.contract, query.block_number, query.known_root) == (CONTRACT, 0, None)
    header = held(HELD_FIRST)
    with pytest.raises(HeaderRefused, match="not proven yet"):
        follow(HELD, state, [header])
    after = follow(HELD, HELD.with_validators(state, VALIDATORS, b"r" * 32), [header])
    again = HELD.validators_needed(after)
    assert again is not None
    assert (again.block_number, again.known_root) == (1, b"r" * 32)
    assert HELD.unpack(HELD.pack(after)) == after


def test_a_header_may_not_name_what_a_contract_holds() -> None:
    state = HELD.with_validators(start_state(HELD, HELD_FIRST), VALIDATORS, b"r" * 32)
    for header in (
        sealed_child(HELD_FIRST),
        held(HELD_FIRST, vote=Vote(NEW, True)),
    ):
        with pytest.raises(HeaderRefused, match="contract holds"):
            follow(HELD, state, [header])
    strange = [*KEYS[:3], OTHERS[0]]
    with pytest.raises(HeaderRefused, match="not made by a validator"):
        follow(HELD, state, [held(HELD_FIRST, strange, beneficiary=VALIDATORS[0])])
    with pytest.raises(HeaderRefused, match="contract holds"):
        start_state(HELD, FIRST)


def test_a_network_can_move_to_a_contract_and_back() -> None:
    rules = QbftRules(
        transitions=(
            Transition(3, contract=CONTRACT),
            Transition(5, validators=names(OTHERS), block_header=True),
        )
    )
    state = follow(rules, start_state(rules), run(FIRST, 2))
    assert rules.validators_needed(state) is not None
    for _ in range(2):
        state = rules.with_validators(state, VALIDATORS, b"r" * 32)
        state = follow(rules, state, [held(state.header)])
    assert rules.validators_needed(state) is None
    assert state.validators == names(OTHERS)
    assert follow(rules, state, [sealed_child(state.header, OTHERS)]).header.number == 5


def test_skipping_needs_the_proven_set_of_a_contract() -> None:
    trusted = HELD.with_validators(start_state(HELD, HELD_FIRST), VALIDATORS, b"r" * 32)
    header = held(replace(HELD_FIRST, number=99, timestamp=HELD_FIRST.timestamp + 900))
    args = (trusted, header, header.timestamp, 7 * DAY_S)
    with pytest.raises(HeaderRefused, match="not proven yet"):
        HELD.skip(*args)
    assert HELD.skip(*args, VALIDATORS).header.number == 100
    with pytest.raises(HeaderRefused):
        HELD.skip(*args, names(OTHERS))


def test_arrays_lie_where_their_compilers_put_them() -> None:
    slots = CONTRACT.element_slots(2)
    assert slots[0] == int.from_bytes(keccak((2).to_bytes(32, "big")), "big")
    assert slots[1] == slots[0] + 1
    # Besu's own test contract keeps its array at slot 0.
    first = ValidatorContract(b"\x77" * 20).element_slots(1)[0]
    assert hex(first).startswith("0x290decd9548b62a8")
    assert hex(first).endswith("e563")
    assert ValidatorContract(b"\x77" * 20, 2, "vyper").element_slots(2) == (3, 4)


@given(st.lists(st.integers(1, 2**160 - 1), min_size=1, max_size=9, unique=True))
def test_a_set_read_from_slots_is_ascending(members: list[int]) -> None:
    words = {CONTRACT.slot: len(members)}
    words |= dict(zip(CONTRACT.element_slots(len(members)), members, strict=True))
    found = CONTRACT.validators(words)
    assert found == tuple(sorted(m.to_bytes(20, "big") for m in members))


@pytest.mark.parametrize("members", [[0], [2**160], [5, 5]])
def test_slots_that_hold_no_addresses_are_refused(members: list[int]) -> None:
    words = {CONTRACT.slot: len(members)}
    words |= dict(zip(CONTRACT.element_slots(len(members)), members, strict=True))
    with pytest.raises(HeaderRefused, match="no distinct addresses"):
        CONTRACT.validators(words)
    for count in (0, 257):
        with pytest.raises(HeaderRefused, match="lists"):
            CONTRACT.count({CONTRACT.slot: count})


# -- Besu's headers from Cancun on -------------------------------------------------------------

CUT = {"parent_beacon_block_root": None, "requests_hash": None}
"""What the blocks that validators seal leave out; block 0 has it."""


@pytest.mark.parametrize("fields", [20, 21])
def test_sealed_headers_may_be_shorter_than_a_genesis_with_cancun(fields: int) -> None:
    first = replace(FIRST, **({"requests_hash": None} if fields == 20 else {}))
    assert first.field_count == fields
    chain = run(first, 3, **CUT)
    assert {header.field_count for header in chain} == {19}
    start = start_state(RULES, first)
    assert follow(RULES, start, chain).header.number == 3
    skipped = RULES.skip(start, chain[2], chain[2].timestamp, DAY_S)
    assert skipped.block_hash == hash_of(chain[2])


@pytest.mark.parametrize(
    "changes",
    [
        {"requests_hash": None},
        {**CUT, "excess_blob_gas": None, "blob_gas_used": None},
        {**CUT, "excess_blob_gas": None, "blob_gas_used": None, "withdrawals_root": None},
    ],
)
def test_no_other_header_is_shorter_than_what_it_follows(changes: dict[str, None]) -> None:
    with pytest.raises(HeaderRefused, match="older fork"):
        follow(RULES, start_state(RULES), [sealed_child(FIRST, **changes)])
    first = sealed_child(FIRST)
    state = follow(RULES, start_state(RULES), [first])
    for cut in (changes, CUT):
        with pytest.raises(HeaderRefused, match="older fork"):
            follow(RULES, state, [sealed_child(first, **cut)])
