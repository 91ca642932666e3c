"""Configuration, strict reading and committees: what the rules refuse, and with which words."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from beacon_lab import (
    GENESIS_S,
    NAMES,
    SCHEDULE,
    SIZE,
    VALIDATORS_ROOT,
    Chain,
    committee,
    config_for,
    decoded,
    execution_hash,
    spec_of,
    to_hex,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from py_arkworks_bls12381 import G1Point

from peerwatt.chain.clients.beacon.store import CommitteeKeys
from peerwatt.chain.consensus.beacon import parsing
from peerwatt.chain.consensus.beacon.committee_points import (
    PRIME,
    CommitteeRefused,
    decompress,
    pack_points,
    unpack_points,
)
from peerwatt.chain.consensus.beacon.config import (
    FAR_FUTURE,
    BeaconConfigFault,
    config_from,
)
from peerwatt.chain.consensus.beacon.forks import LAYOUTS, Fork
from peerwatt.chain.consensus.beacon.objects import LightHeader, SyncCommittee
from peerwatt.chain.consensus.beacon.rules import BeaconRules
from peerwatt.chain.consensus.beacon.ssz import merkle_root, proves
from peerwatt.chain.consensus.beacon.sync_protocol import initialize, process
from peerwatt.chain.consensus.header import HeaderRefused
from peerwatt.chain.encoding import EncodingFault
from peerwatt.model.verified import Unproven

CHAIN = Chain(SCHEDULE)
CONFIG = config_for()
DESCRIBED = {
    "kind": "ethereum",
    "genesis_validators_root": to_hex(VALIDATORS_ROOT),
    "genesis_time": GENESIS_S,
    "seconds_per_slot": 6,
    "preset": {"slots_per_epoch": 8, "epochs_per_period": 8, "committee_size": 32},
    "forks": {"phase0": {"epoch": 0, "version": "0x00000001"}}
    | {n: {"epoch": SCHEDULE[n], "version": f"0x0{i + 1}000001"} for i, n in enumerate(NAMES)},
}


def ours(data: dict[str, Any]) -> SyncCommittee:
    keys = tuple(bytes.fromhex(key[2:]) for key in data["pubkeys"])
    return SyncCommittee(keys, bytes.fromhex(data["aggregate_pubkey"][2:]))


# -- configuration -----------------------------------------------------------------------------


def test_a_description_gives_the_configuration() -> None:
    config = config_from(DESCRIBED)
    assert dict(config.forks) == dict(CONFIG.forks)
    assert (config.slots_per_period, config.min_participants) == (64, 17)
    assert config.checkpoint is None
    given_root = config_from({**DESCRIBED, "checkpoint": "0x" + "ab" * 32})
    assert given_root.checkpoint == b"\xab" * 32


def test_forks_without_a_date_are_far() -> None:
    forks = {**DESCRIBED["forks"], "gloas": {"version": "0x07000001"}}  # type: ignore[dict-item]
    config = config_from({**DESCRIBED, "forks": forks})
    assert config.forks[Fork.GLOAS] == (FAR_FUTURE, bytes.fromhex("07000001"))
    assert config.fork_at(10**9) is Fork.FULU


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("genesis_validators_root", "0x12", "64 hexadecimal digits"),
        ("genesis_validators_root", None, "64 hexadecimal digits"),
        ("genesis_time", "soon", "genesis_time must be a number"),
        ("seconds_per_slot", 0, "seconds_per_slot must be a number from 1 on"),
        ("seconds_per_slot", True, "seconds_per_slot must be a number"),
        ("preset", [], "preset must be an object"),
        ("forks", {}, "none that begins at epoch 0"),
        ("forks", {"phase9": {}}, "fork 'phase9' is not known"),
        ("forks", {"altair": {"epoch": 5, "version": "0x01000001"}}, "begins at epoch 0"),
        ("forks", {"altair": {"epoch": 0, "version": "0x01"}}, "8 hexadecimal digits"),
        ("checkpoint", "0x" + "00" * 32, "must not be zero"),
        ("checkpoint", "finalized", "64 hexadecimal digits"),
    ],
)
def test_a_wrong_description_is_told(field: str, value: object, words: str) -> None:
    with pytest.raises(BeaconConfigFault, match=words):
        config_from({**DESCRIBED, field: value})


def test_forks_out_of_order_are_refused() -> None:
    forks = {
        "altair": {"epoch": 0, "version": "0x01000001"},
        "capella": {"epoch": 9, "version": "0x03000001"},
        "deneb": {"epoch": 8, "version": "0x04000001"},
    }
    with pytest.raises(BeaconConfigFault, match="deneb is dated before"):
        config_from({**DESCRIBED, "forks": forks})


def test_time_is_counted_in_slots() -> None:
    assert CONFIG.slot_at(GENESIS_S - 100) == 0
    assert CONFIG.slot_at(GENESIS_S + 5.9) == 0
    assert CONFIG.slot_at(GENESIS_S + 6) == 1
    assert CONFIG.slot_time_s(64) == GENESIS_S + 384
    assert (CONFIG.period_at(63), CONFIG.period_at(64)) == (0, 1)


def test_the_fork_table_is_the_specifications() -> None:
    gloas = spec_of("gloas")
    suffixes = dict.fromkeys(LAYOUTS, "") | {Fork.ELECTRA: "_ELECTRA", Fork.FULU: "_ELECTRA"}
    for fork, suffix in (suffixes | {Fork.GLOAS: "_GLOAS"}).items():
        layout = LAYOUTS[fork]
        assert layout.finalized_root == getattr(gloas, f"FINALIZED_ROOT_GINDEX{suffix}")
        assert layout.current_committee == getattr(gloas, f"CURRENT_SYNC_COMMITTEE_GINDEX{suffix}")
        assert layout.next_committee == getattr(gloas, f"NEXT_SYNC_COMMITTEE_GINDEX{suffix}")
        update = spec_of(fork.name.lower()).LightClientUpdate()
        assert layout.finality_branch == len(update.finality_branch)
        assert layout.committee_branch == len(update.next_sync_committee_branch)
        if fork >= Fork.CAPELLA:
            assert layout.header_branch == len(update.attested_header.execution_branch)
    assert LAYOUTS[Fork.CAPELLA].block_hash == gloas.EXECUTION_BLOCK_HASH_GINDEX
    assert LAYOUTS[Fork.ELECTRA].block_hash == gloas.EXECUTION_BLOCK_HASH_GINDEX_DENEB
    assert LAYOUTS[Fork.GLOAS].block_hash == gloas.EXECUTION_BLOCK_HASH_GINDEX_GLOAS


# -- Merkle trees ------------------------------------------------------------------------------


def test_roots_of_other_widths_are_the_specifications() -> None:
    from eth_consensus_specs.utils.ssz.ssz_typing import Bytes32, Vector

    spec = spec_of("altair")
    for width in (1, 2, 3, 5, 8, 17):
        chunks = [bytes((index,)) * 32 for index in range(width)]
        kind = Vector[Bytes32, width]
        assert merkle_root(chunks) == bytes(spec.hash_tree_root(kind(*chunks)))


def test_a_branch_that_is_too_short_or_padded_proves_nothing() -> None:
    leaf, sibling = b"\1" * 32, b"\2" * 32
    root = merkle_root([leaf, sibling])
    assert proves(leaf, [sibling], 2, root)
    assert proves(leaf, [bytes(32), sibling], 2, root)
    assert not proves(leaf, [leaf, sibling], 2, root)
    assert not proves(leaf, [], 2, root)
    assert not proves(leaf, [sibling], 3, root)


# -- committees --------------------------------------------------------------------------------


def test_sums_by_either_side_are_equal() -> None:
    ready = decompress(ours(committee(1)))
    rng = random.Random(5)
    for count in (0, 1, 15, 16, 17, 31, 32):
        chosen = rng.sample(range(SIZE), count)
        expected = G1Point.identity()
        for index in chosen:
            expected = expected + ready.points[index]
        assert ready.sum_of(sum(1 << index for index in chosen)) == expected


def test_kept_points_that_are_wrong_in_any_way_are_noticed() -> None:
    members = ours(committee(1))
    packed = pack_points(decompress(members))
    assert unpack_points(members, packed) is not None
    assert unpack_points(members, packed[:-1]) is None
    y = int.from_bytes(packed[:48], "big")
    # Another number, the other root of the curve equation, one beyond the field, another key's.
    for forged in (y ^ 1, PRIME - y, y + PRIME, int.from_bytes(packed[48:96], "big")):
        assert unpack_points(members, forged.to_bytes(48, "big") + packed[48:]) is None
    other = ours(committee(2))
    assert unpack_points(other, packed) is None
    infinity = SyncCommittee((b"\xc0" + bytes(47),) * SIZE, members.aggregate_pubkey)
    assert unpack_points(infinity, packed) is None


@pytest.mark.parametrize(
    "key",
    [
        b"\xff" * 48,
        b"\xc0" + bytes(47),
        bytes(48),
        (PRIME | 1 << 383).to_bytes(48, "big"),
        (1 | 1 << 383).to_bytes(48, "big"),
    ],
)
def test_a_key_that_is_no_point_is_refused(key: bytes) -> None:
    members = ours(committee(1))
    broken = SyncCommittee((key, *members.pubkeys[1:]), members.aggregate_pubkey)
    with pytest.raises(CommitteeRefused):
        decompress(broken)
    assert unpack_points(broken, pack_points(decompress(members))) is None


# -- reading -----------------------------------------------------------------------------------


@pytest.mark.parametrize("slot", [30, 70, 100, 150, 220, 280])
def test_gloas_and_older_forms_name_the_same_execution_block(slot: int) -> None:
    """The upgraded form of a header is accepted, with the block hash its own form proves."""
    old = CHAIN.bootstrap(slot)
    new = CHAIN.bootstrap(slot, "gloas")
    root = CHAIN.block(slot).root
    stores = [initialize(CONFIG, root, parsing.bootstrap_from_json(CONFIG, b)) for b in (old, new)]
    hashes = [store.finalized.block_hash for store in stores]
    expected = execution_hash(CHAIN.execution(slot)) if slot >= 32 else None
    assert hashes == [expected, expected or bytes(32)]


@pytest.mark.parametrize("slot", [40, 90, 150, 220, 280])
def test_an_outdated_form_is_refused(slot: int) -> None:
    answer = CHAIN.bootstrap(slot)
    older = NAMES[NAMES.index(answer["version"]) - 1]
    with pytest.raises(EncodingFault, match=f"in the form of {older}"):
        parsing.bootstrap_from_json(CONFIG, reversioned(answer, older))


def reversioned(answer: dict[str, Any], version: str) -> dict[str, Any]:
    """Return an answer in the shape of another version, with branches cut or padded."""
    altered: dict[str, Any] = copy.deepcopy(answer) | {"version": version}
    layout = LAYOUTS[Fork[version.upper()]]
    data = altered["data"]
    branch = [to_hex(bytes(32))] * 9 + data["current_sync_committee_branch"]
    data["current_sync_committee_branch"] = branch[-layout.committee_branch :]
    if "execution" not in data["header"] and layout.header_branch == 4:
        data["header"] = CHAIN.block(int(data["header"]["beacon"]["slot"])).light_header("gloas")
        data["header"]["execution"] = CHAIN.block(280).payload
        data["header"]["execution_branch"] = data["header"]["execution_branch"][-4:]
    return altered


TEXTS = st.one_of(
    st.none(), st.integers(), st.booleans(), st.text(max_size=6), st.just("0x"),
    st.sampled_from(["0x0g", "-1", "01", "1e3", "18446744073709551616", "٣"]),
    st.lists(st.none(), max_size=2), st.dictionaries(st.text(), st.none(), max_size=1),
    st.binary(max_size=40).map(to_hex),
)  # fmt: skip


def test_any_nonsense_is_refused_with_words() -> None:
    """Whatever replaces a part of an object, the answer is a sentence, never a crash."""
    valid = {slot: CHAIN.update(slot) for slot in (25, 110, 300)}
    keys = CommitteeKeys(None)
    config = CONFIG
    stores = {
        slot: initialize(
            config,
            CHAIN.block(slot - 8).root,
            parsing.bootstrap_from_json(config, CHAIN.bootstrap(slot - 8)),
        )
        for slot in valid
    }

    sentences: list[str] = []

    @settings(max_examples=150)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        slot = data.draw(st.sampled_from(sorted(valid)))
        answer = copy.deepcopy(valid[slot])
        parent: Any = answer
        while True:
            names = sorted(parent) if isinstance(parent, dict) else range(len(parent))
            name: Any = data.draw(st.sampled_from(list(names)))
            if not isinstance(parent[name], dict | list) or data.draw(st.integers(0, 3)) == 0:
                break
            parent = parent[name]
        before = parent[name]
        parent[name] = data.draw(TEXTS)
        try:
            update = parsing.update_from_json(config, answer)
            process(config, stores[slot], update, slot + 1, keys.points)
        except Unproven as fault:
            sentences.append(str(fault))
        else:
            # Only fields that this fork's form does not have may be anything.
            assert parent[name] == before

    check()
    assert len(sentences) > 100
    assert all(sentence.endswith(".") for sentence in sentences)


@pytest.mark.parametrize("answer", [None, [], "x", {}, {"version": "deneb"}, {"version": 3}])
def test_answers_of_another_shape_are_refused(answer: object) -> None:
    for read in (
        parsing.bootstrap_from_json,
        parsing.update_from_json,
        parsing.finality_update_from_json,
        parsing.optimistic_update_from_json,
    ):
        with pytest.raises(EncodingFault):
            read(CONFIG, answer)


def test_an_execution_block_does_not_vouch_for_its_child() -> None:
    rules = BeaconRules(CONFIG)
    state = rules.state(CHAIN.execution(3))
    assert state.block_hash == execution_hash(CHAIN.execution(3))
    assert rules.unpack(rules.pack(state)) == state
    with pytest.raises(HeaderRefused):
        rules.verify(state, CHAIN.execution(4), GENESIS_S + 100)
    with pytest.raises(HeaderRefused):
        rules.genesis(CHAIN.execution(4), state.block_hash)


def test_payload_roots_are_the_specifications() -> None:
    for slot, name in ((40, "capella"), (100, "deneb")):
        answer = CHAIN.bootstrap(slot)
        header: LightHeader = parsing.bootstrap_from_json(CONFIG, answer).header
        kind = spec_of(name).ExecutionPayloadHeader
        payload = {key: CHAIN.block(slot).payload[key] for key in kind.fields()}
        expected = bytes(spec_of(name).hash_tree_root(decoded(payload, kind)))
        assert header.payload is not None
        assert header.payload.root(with_blobs=name == "deneb") == expected
