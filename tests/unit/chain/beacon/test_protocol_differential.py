"""The sync protocol beside the executable specification: both accept and refuse the same."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from beacon_lab import (
    EMPTY_COMMITTEE,
    FAR,
    NAMES,
    SIZE,
    VALIDATORS_ROOT,
    Chain,
    blank_header,
    committee,
    config_for,
    decoded,
    spec_of,
    to_hex,
)

from peerwatt.chain.clients.beacon.store import CommitteeKeys
from peerwatt.chain.consensus.beacon.objects import LightHeader, SyncCommittee
from peerwatt.chain.consensus.beacon.parsing import bootstrap_from_json, update_from_json
from peerwatt.chain.consensus.beacon.store import LightClientStore
from peerwatt.chain.consensus.beacon.sync_protocol import initialize, process
from peerwatt.model.verified import Unproven

START = 20


class Pair:
    """The same updates given to the specification and to the code under test."""

    def __init__(self, version: str, chain: Chain, start: int = START) -> None:
        self.version = version
        self.spec = spec_of(version)
        self.config = config_for(chain.schedule)
        self.keys = CommitteeKeys(None)
        bootstrap = chain.bootstrap(start, version)
        root = chain.block(start).root
        self.ours = initialize(self.config, root, bootstrap_from_json(self.config, bootstrap))
        self.theirs = self.spec.initialize_light_client_store(
            self.spec.Root(root), decoded(bootstrap["data"], self.spec.LightClientBootstrap)
        )
        self.check()

    def give(self, update: dict[str, Any], slot: int) -> bool:
        """Give an update to both; return whether both took it."""
        ours, refused = self.ours, None
        try:
            parsed = update_from_json(self.config, update)
            ours = process(self.config, self.ours, parsed, slot, self.keys.points)
        except Unproven as fault:
            refused = fault
        theirs = copy.copy(self.theirs)
        try:
            self.spec.process_light_client_update(
                theirs,
                decoded(update["data"], self.spec.LightClientUpdate),
                self.spec.Slot(slot),
                self.spec.Root(VALIDATORS_ROOT),
            )
        except (AssertionError, ValueError, IndexError) as fault:
            if refused is None:
                pytest.fail(f"refused by the specification only: {fault!r}")
            return False
        assert refused is None, f"refused here only: {refused}"
        self.ours, self.theirs = ours, theirs
        self.check()
        return True

    def check(self) -> None:
        ours, theirs = self.ours, self.theirs
        assert ours.finalized.beacon.root == self.root(theirs.finalized_header.beacon)
        assert ours.optimistic.beacon.root == self.root(theirs.optimistic_header.beacon)
        assert self.block_hash(ours.optimistic) == self.their_hash(theirs.optimistic_header)
        assert ours.current.root == self.root(theirs.current_sync_committee)
        following = theirs.next_sync_committee
        if following == self.spec.SyncCommittee():
            assert ours.following is None
        else:
            assert ours.following is not None
            assert ours.following.root == self.root(following)
        assert ours.previous_max_participants == theirs.previous_max_active_participants
        assert ours.current_max_participants == theirs.current_max_active_participants

    def root(self, value: Any) -> bytes:
        return bytes(self.spec.hash_tree_root(value))

    @staticmethod
    def block_hash(header: LightHeader) -> bytes:
        return header.block_hash or bytes(32)

    @staticmethod
    def their_hash(header: Any) -> bytes:
        fields = header.fields()
        if "execution_block_hash" in fields:
            return bytes(header.execution_block_hash)
        return bytes(header.execution.block_hash) if "execution" in fields else bytes(32)


def schedule_for(version: str) -> dict[str, int]:
    """Forks up to ``version``, which begins in the middle of period 1."""
    index = NAMES.index(version)
    return dict.fromkeys(NAMES[:index], 0) | {version: 12 if index else 0}


@pytest.fixture(params=NAMES)
def version(request: pytest.FixtureRequest) -> Iterator[str]:
    """A fork whose specification is set to the lab's schedule."""
    name: str = request.param
    spec = spec_of(name)
    before = spec.config
    epochs = {f"{n.upper()}_FORK_EPOCH": FAR for n in NAMES[: NAMES.index(name) + 1]}
    epochs |= {f"{n.upper()}_FORK_EPOCH": epoch for n, epoch in schedule_for(name).items()}
    spec.config = before._replace(**{n: spec.Epoch(epoch) for n, epoch in epochs.items()})
    yield name
    spec.config = before


def test_a_chain_across_a_fork_is_followed_alike(version: str) -> None:
    chain = Chain(schedule_for(version))
    pair = Pair(version, chain)
    for attested in (30, 50, 67, 90, 97, 110, 127, 129, 150, 207, 220, 259):
        bare = attested % 10 != 0
        update = chain.update(attested, version=version, finality=not bare, next_committee=not bare)
        assert pair.give(update, attested + 1)
    assert pair.ours.finalized.slot == 200
    assert pair.ours.optimistic.slot == 259


def random_update(rng: random.Random, chain: Chain, version: str, around: int) -> dict[str, Any]:
    """Return an update that is signed well but may break any rule about time and content."""
    attested = max(17, around + rng.randint(-30, 80))
    return chain.update(
        attested,
        version=version,
        signature_slot=max(attested + rng.choice((1, 1, 1, 2, 30, 0, -1)), 0),
        participants=sorted(rng.sample(range(SIZE), rng.choice((0, 1, 10, 21, 22, 31, 32)))),
        finality=rng.random() < 0.7,
        next_committee=rng.random() < 0.6,
    )


def test_well_signed_updates_are_judged_alike(version: str) -> None:
    rng = random.Random(f"signed {version}")
    chain = Chain(schedule_for(version))
    pair = Pair(version, chain)
    taken = refused = 0
    for _ in range(28):
        around = pair.ours.finalized.slot
        update = random_update(rng, chain, version, around)
        slot = int(update["data"]["signature_slot"]) + rng.choice((0, 0, 0, 5, -1))
        if pair.give(update, slot):
            taken += 1
        else:
            refused += 1
    assert taken >= 3
    assert refused >= 3


Mutation = Callable[[random.Random, dict[str, Any], Chain], None]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all texts."""
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in leaves(item, (*path, key))]
    if isinstance(value, list):
        return [found for key, item in enumerate(value) for found in leaves(item, (*path, key))]
    return [path]


def change_a_leaf(rng: random.Random, data: dict[str, Any], chain: Chain) -> None:
    groups: dict[Any, list[tuple[Any, ...]]] = {}
    for path in leaves(data):
        groups.setdefault(path[:2], []).append(path)
    *way, last = rng.choice(rng.choice(list(groups.values())))
    parent: Any = data
    for key in way:
        parent = parent[key]
    text = parent[last]
    if text.startswith("0x"):
        raw = bytearray.fromhex(text[2:])
        if raw:
            raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
            parent[last] = to_hex(bytes(raw))
        else:
            parent[last] = "0x01"
    else:
        parent[last] = str(int(text) + rng.choice((1, 64, 1000)))


def zero_finality(rng: random.Random, data: dict[str, Any], chain: Chain) -> None:
    data["finality_branch"] = [to_hex(bytes(32))] * len(data["finality_branch"])


def zero_finalized(rng: random.Random, data: dict[str, Any], chain: Chain) -> None:
    version = "gloas" if "execution_block_hash" in data["finalized_header"] else None
    payload = data["finalized_header"].get("execution", {})
    version = version or ("deneb" if "blob_gas_used" in payload else "capella")
    blank = blank_header(version if len(data["finalized_header"]) > 1 else "altair")
    data["finalized_header"] = blank


def zero_committee(rng: random.Random, data: dict[str, Any], chain: Chain) -> None:
    data["next_sync_committee"] = EMPTY_COMMITTEE


def zero_committee_branch(rng: random.Random, data: dict[str, Any], chain: Chain) -> None:
    data["next_sync_committee_branch"] = [
        to_hex(bytes(32)) for _ in data["next_sync_committee_branch"]
    ]


def other_committee(rng: random.Random, data: dict[str, Any], chain: Chain) -> None:
    data["next_sync_committee"] = committee(9)


def swap_headers(rng: random.Random, data: dict[str, Any], chain: Chain) -> None:
    data["attested_header"], data["finalized_header"] = (
        data["finalized_header"],
        data["attested_header"],
    )


def other_signers(rng: random.Random, data: dict[str, Any], chain: Chain) -> None:
    slot = int(data["attested_header"]["beacon"]["slot"])
    data["sync_aggregate"] = chain.aggregate(chain.block(slot).root, slot + 1, signers_of=7)


def fewer_bits(rng: random.Random, data: dict[str, Any], chain: Chain) -> None:
    slot = int(data["attested_header"]["beacon"]["slot"])
    signed = chain.aggregate(chain.block(slot).root, slot + 1, 20)
    data["sync_aggregate"]["sync_committee_signature"] = signed["sync_committee_signature"]


def sign_infinity(rng: random.Random, data: dict[str, Any], chain: Chain) -> None:
    data["sync_aggregate"]["sync_committee_signature"] = to_hex(b"\xc0" + bytes(95))


def nothing(rng: random.Random, data: dict[str, Any], chain: Chain) -> None:
    """Leave it as it is."""


MUTATIONS: tuple[Mutation, ...] = (
    zero_finality, zero_finalized, zero_committee, zero_committee_branch, other_committee,
    swap_headers, other_signers, fewer_bits, sign_infinity, nothing,
)  # fmt: skip


def test_altered_updates_are_judged_alike(version: str) -> None:
    rng = random.Random(f"altered {version}")
    chain = Chain(schedule_for(version))
    pair = Pair(version, chain)
    pair.give(chain.update(50, version=version), 60)
    pair.give(chain.update(90, version=version), 100)
    assert pair.ours.finalized.slot == 72
    before: tuple[LightClientStore, Any] = (pair.ours, pair.theirs)
    taken = []
    for mutate in MUTATIONS * 2 + (change_a_leaf,) * 24:
        pair.ours, pair.theirs = before
        update = copy.deepcopy(
            chain.update(rng.choice((100, 109, 126)), version=version, finality=rng.random() < 0.8)
        )
        mutate(rng, update["data"], chain)
        if pair.give(update, 140):
            taken.append(mutate)
    assert nothing in taken
    assert other_signers not in taken


def test_genesis_as_finalized_block_is_judged_alike(version: str) -> None:
    chain = Chain(schedule_for(version))
    pair = Pair(version, chain, start=5)
    first = chain.update(12, version=version)
    assert first["data"]["finalized_header"] == blank_header(version)
    assert pair.give(first, 13)
    # A header may not stand where the branch proves that only genesis is final.
    forged = copy.deepcopy(chain.update(13, version=version))
    forged["data"]["finalized_header"]["beacon"]["proposer_index"] = "1"
    assert not pair.give(forged, 14)


def test_corners_are_judged_alike(version: str) -> None:
    chain = Chain(schedule_for(version))
    twin = Chain(schedule_for(version), b"twin")
    other_next = Chain(schedule_for(version), b"next")
    other_next.next_period = 5
    pair = Pair(version, chain)
    first = pair.ours.finalized.slot
    assert pair.give(chain.update(first, version=version), 60), "it names the next committee"
    assert not pair.give(chain.update(first, version=version), 60), "it tells nothing new"
    assert pair.give(chain.update(50, version=version), 60)
    for attested in (pair.ours.finalized.slot, pair.ours.finalized.slot + 1):
        pair.give(chain.update(attested, version=version, next_committee=False), 60)
    # A second head at one slot does not take the place of the first.
    assert pair.give(twin.update(50, version=version, finality=False), 60)
    assert pair.ours.optimistic.beacon.root == chain.block(50).root
    # Proven and signed, but not the committee that was proven before.
    assert not pair.give(other_next.update(55, version=version, finality=False), 60)
    # Signed in the first slot of a fork and of a period.
    assert pair.give(chain.update(63, version=version, next_committee=False), 64)
    assert pair.give(chain.update(95, version=version), 96)
    assert not pair.give(chain.update(95, version=version, signature_slot=95), 96)


def test_the_next_committee_waits_for_its_finality(version: str) -> None:
    chain = Chain(schedule_for(version))
    pair = Pair(version, chain, start=66)
    assert pair.give(chain.update(70, version=version), 71)
    assert pair.ours.following is None
    assert pair.give(chain.update(100, version=version), 101)
    assert pair.ours.following is not None


def test_blob_fields_before_deneb_are_judged_alike(version: str) -> None:
    chain = Chain(schedule_for(version))
    pair = Pair(version, chain)
    update = copy.deepcopy(chain.update(50, version=version))
    payload = update["data"]["attested_header"].get("execution", {})
    payload.update({"blob_gas_used": "1"} if "blob_gas_used" in payload else {})
    assert pair.give(update, 60) == ("blob_gas_used" not in payload)


def test_a_committee_of_the_specification_has_the_same_root() -> None:
    spec = spec_of("altair")
    data = committee(3)
    keys = tuple(bytes.fromhex(key[2:]) for key in data["pubkeys"])
    ours = SyncCommittee(keys, bytes.fromhex(data["aggregate_pubkey"][2:]))
    assert ours.root == bytes(spec.hash_tree_root(decoded(data, spec.SyncCommittee)))
