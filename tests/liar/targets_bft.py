"""Mutations of sealed BFT headers: every field, every part of extraData, seals, broken rules.

What is no lie here: a block's hash covers neither its round's seals nor their order, so the same
header with fewer seals of the same validators, as long as a quorum is left, or with the same seals
in another order, is the same block; and a seal whose s is n - s is the same validator's seal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from peerwatt.chain.consensus.header import header_from_json, header_from_rlp
from peerwatt.chain.consensus.rules import ChainState
from peerwatt.devnet.codec import RlpItem, rlp_decode, rlp_encode, to_list
from peerwatt.devnet.header import BlockHeader, QbftExtra, Vote
from peerwatt.devnet.views import block_json

from .corpus import Target
from .keys import (
    CURVE_ORDER,
    FEW_SEALS,
    FIRST_VOTE,
    OUTSIDER,
    REMOVED,
    SECOND_SET,
    malleated,
    quorum,
    reseal,
    seal_as,
)
from .mutate import change_at, change_bytes, change_item, change_json
from .scene import LENGTH, Scene

NAMES = (
    "parentHash", "ommersHash", "beneficiary", "stateRoot", "transactionsRoot", "receiptsRoot",
    "logsBloom", "difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData",
    "mixHash", "nonce", "baseFee", "withdrawalsRoot", "blobGasUsed", "excessBlobGas",
    "parentBeaconBlockRoot", "requestsHash",
)  # fmt: skip
EXTRA = NAMES.index("extraData")
PARTS = ("vanity", "validators", "vote", "round", "seals")
SAMPLES = (5, FIRST_VOTE + 1, FIRST_VOTE + 2, FIRST_VOTE + 3, 20, FEW_SEALS[0], 36, LENGTH)
"""Blocks with five and four validators, with votes, after them, of a later round, of few seals,
with transactions, and the newest."""


class Chain:
    """The scene's headers with the client's states before them."""

    def __init__(self, scene: Scene) -> None:
        self.rules, self.now_s = scene.rules, scene.now_s
        self.headers = {n: scene.block(n).header for n in range(LENGTH + 1)}
        self.json = {n: block_json(scene.block(n), full=False) for n in SAMPLES}
        state: ChainState = self.rules.genesis(
            header_from_rlp(self.headers[0].encode()), scene.block(0).hash
        )
        self.before: dict[int, ChainState] = {}
        for number in range(1, LENGTH + 1):
            self.before[number] = state
            state = self.verify(number, self.headers[number].encode())

    def verify(self, number: int, raw: bytes) -> ChainState:
        """Verify a header's RLP after the block before ``number``."""
        return self.rules.verify(self.before[number], header_from_rlp(raw), self.now_s)

    def verify_json(self, number: int, block: object) -> ChainState:
        """Verify a block given as JSON."""
        return self.rules.verify(self.before[number], header_from_json(block), self.now_s)

    def tree(self, number: int) -> list[RlpItem]:
        """A header as an RLP tree, extraData unpacked into it."""
        items = to_list(rlp_decode(self.headers[number].encode()))
        extra = items[EXTRA]
        assert isinstance(extra, bytes)
        return [*items[:EXTRA], rlp_decode(extra), *items[EXTRA + 1 :]]


def packed(tree: list[RlpItem]) -> bytes:
    """Return the RLP of a header's tree, extraData packed again."""
    extra = [rlp_encode(item) if i == EXTRA else item for i, item in enumerate(tree)]
    return rlp_encode(list(extra))


def says_the_same(true: BlockHeader, raw: bytes) -> bool:
    """Whether RLP is the same block with a quorum of its own seals."""
    try:
        header = BlockHeader.decode(raw)
        extra = QbftExtra.decode(header.extra_data)
    except (ValueError, IndexError):
        return False
    ours = QbftExtra.decode(true.extra_data)
    bare = replace(header, extra_data=b""), replace(extra, seals=())
    if bare != (replace(true, extra_data=b""), replace(ours, seals=())):
        return False
    if header.encode() != raw or extra.encode() != header.extra_data:
        return False
    seals = set(extra.seals)
    enough = len(seals) == len(extra.seals) >= quorum(len(ours.validators))
    return enough and seals <= set(ours.seals)


Change = Callable[[Random, int], tuple[str, bytes]]


def _raw(chain: Chain) -> Change:
    """Change the RLP of a header anywhere."""

    def change(rng: Random, number: int) -> tuple[str, bytes]:
        return change_bytes(rng, chain.headers[number].encode())

    return change


def _fields(chain: Chain) -> Change:
    """Change one field of a header; its class is the field."""

    def change(rng: Random, number: int) -> tuple[str, bytes]:
        tree = list(to_list(rlp_decode(chain.headers[number].encode())))
        at = rng.randrange(len(tree))
        if rng.random() < 0.1:
            other = chain.headers[rng.choice(SAMPLES)].encode()
            tree[at] = to_list(rlp_decode(other))[at]
            return f"{NAMES[at]}: of another block", rlp_encode(tree)
        if rng.random() < 0.05:
            del tree[at]
            return f"{NAMES[at]}: left out", rlp_encode(tree)
        name, tree[at] = change_item(rng, tree[at])
        return f"{NAMES[at]}: {name}", rlp_encode(tree)

    return change


def _extra(chain: Chain) -> Change:
    """Change one part of extraData; its class is the part."""

    def change(rng: Random, number: int) -> tuple[str, bytes]:
        tree = chain.tree(number)
        parts = tree[EXTRA]
        assert isinstance(parts, list)
        at = rng.randrange(len(parts) + 1)
        if at == len(parts):
            name, tree[EXTRA] = change_item(rng, parts)
            return f"extraData: {name}", packed(tree)
        path = [at]
        part = parts[at]
        if isinstance(part, list) and part and rng.random() < 0.7:
            path.append(rng.randrange(len(part)))
        name, tree[EXTRA] = change_at(rng, parts, path)
        return f"{PARTS[at]}: {name}", packed(tree)

    return change


def _bloom(chain: Chain) -> Change:
    """Set and clear bits of the bloom: what would hide an event, or make a search longer."""

    def change(rng: Random, number: int) -> tuple[str, bytes]:
        header = chain.headers[number]
        bits = int.from_bytes(header.logs_bloom, "big")
        held = [bit for bit in range(2048) if bits >> bit & 1]
        if held and rng.random() < 0.5:
            for bit in rng.sample(held, rng.randint(1, len(held))):
                bits &= ~(1 << bit)
            name = "clear bits"
        else:
            for _ in range(rng.choice((1, 3, 500))):
                bits |= 1 << rng.randrange(2048)
            name = "set bits"
        return name, replace(header, logs_bloom=bits.to_bytes(256, "big")).encode()

    return change


def _seals(chain: Chain) -> Change:
    """Seals that are too few, doubled, foreign, or of something else."""

    def change(rng: Random, number: int) -> tuple[str, bytes]:
        header = chain.headers[number]
        extra = QbftExtra.decode(header.extra_data)
        kind, seals = _other_seals(rng, chain, number, extra)
        made = replace(header, extra_data=replace(extra, seals=seals).encode())
        return kind, made.encode()

    return change


def _other_seals(
    rng: Random, chain: Chain, number: int, extra: QbftExtra
) -> tuple[str, tuple[bytes, ...]]:
    seals = list(extra.seals)
    at = rng.randrange(len(seals))
    r, s, v = seals[at][:32], seals[at][32:64], seals[at][64:]
    order = CURVE_ORDER.to_bytes(32, "big")
    few = rng.sample(seals, quorum(len(extra.validators)) - 1)
    elsewhere = chain.headers[rng.choice([n for n in SAMPLES if n != number])]
    kinds: list[tuple[str, Callable[[], list[bytes]]]] = [
        ("quorum minus one", lambda: few),
        ("one seal doubled", lambda: [*few, rng.choice(few)]),
        ("one seal doubled by malleation", lambda: [*few, malleated(rng.choice(few))]),
        ("surplus seal doubled by malleation", lambda: [*seals, malleated(seals[at])]),
        ("seal of a stranger", lambda: [*few, _of(OUTSIDER, chain, number)]),
        ("seal of the removed validator", lambda: [*few, _of(REMOVED, chain, number)]),
        ("seal of another block", lambda: [*few, QbftExtra.decode(elsewhere.extra_data).seals[0]]),
        ("seal of another round", lambda: [*few, _round_seal(rng, chain, number, extra)]),
        ("recovery id", lambda: _put(seals, at, r + s + bytes((rng.randrange(2, 256),)))),
        ("other recovery id", lambda: _put(seals, at, r + s + bytes((v[0] ^ 1,)))),
        ("r of zero", lambda: _put(seals, at, bytes(32) + s + v)),
        ("s of zero", lambda: _put(seals, at, r + bytes(32) + v)),
        ("r of the order", lambda: _put(seals, at, order + s + v)),
        ("s of the order", lambda: _put(seals, at, r + order + v)),
        ("r and s swapped", lambda: _put(seals, at, s + r + v)),
        ("bytes changed", lambda: _put(seals, at, change_bytes(rng, seals[at])[1])),
        ("no seals", list),
    ]
    kind, make = rng.choice(kinds)
    return kind, tuple(make())


def _of(signer: bytes, chain: Chain, number: int) -> bytes:
    header = reseal(chain.headers[number], [signer])
    return QbftExtra.decode(header.extra_data).seals[0]


def _round_seal(rng: Random, chain: Chain, number: int, extra: QbftExtra) -> bytes:
    """A true seal of a validator, of another round of the same block."""
    signer = rng.choice(extra.validators)
    other = replace(extra, round_number=extra.round_number + rng.choice((1, 2, 255)))
    sealed = seal_as(chain.headers[number], other, [signer])
    return QbftExtra.decode(sealed.extra_data).seals[0]


def _put(items: list[bytes], at: int, item: bytes) -> list[bytes]:
    return [*items[:at], item, *items[at + 1 :]]


def _rule_breaks(chain: Chain) -> Change:
    """Break a rule and have the validators of the time seal it: only the rule can refuse it."""

    def change(rng: Random, number: int) -> tuple[str, bytes]:
        header = chain.headers[number]
        extra = QbftExtra.decode(header.extra_data)
        limit = header.gas_limit
        values: list[tuple[str, dict[str, Any]]] = [
            ("number", {"number": rng.choice((0, number - 1, number + 1, 2**63))}),
            ("parent hash", {"parent_hash": rng.randbytes(32)}),
            ("time not later", {"timestamp": header.timestamp - rng.randint(5, 10**6)}),
            ("time in the future", {"timestamp": int(chain.now_s) + rng.randint(16, 2**40)}),
            ("gas limit", {"gas_limit": limit - rng.randint(limit // 1024, limit)}),
            ("gas limit", {"gas_limit": limit + rng.randint(limit // 1024, limit)}),
            ("gas used", {"gas_used": limit + rng.randint(1, 2**40)}),
            ("difficulty", {"difficulty": rng.choice((0, 2, 2**200))}),
            ("mix hash", {"mix_hash": rng.randbytes(32)}),
            ("uncles", {"ommers_hash": rng.randbytes(32)}),
            ("base fee", {"base_fee": rng.randint(1, 2**60)}),
            ("proposer", {"beneficiary": rng.choice((OUTSIDER, bytes(20), rng.randbytes(20)))}),
        ]  # fmt: skip
        if rng.random() < 0.4:
            return _other_set(rng, header, extra)
        name, changed = rng.choice(values)
        return name, reseal(replace(header, **changed)).encode()

    return change


def _other_set(rng: Random, header: BlockHeader, extra: QbftExtra) -> tuple[str, bytes]:
    """Name other validators than the votes elected, sealed by those who are named or by all."""
    now = list(extra.validators)
    known = {REMOVED, OUTSIDER, *SECOND_SET}
    sets: list[tuple[str, list[bytes]]] = [
        ("set unsorted", rng.sample(now, len(now))),
        ("set without one", [item for item in now if item != rng.choice(now)][: len(now) - 1]),
        ("set with a stranger", sorted([*now, OUTSIDER])),
        ("set of one", [rng.choice(now)]),
        ("set empty", []),
        ("one listed twice", sorted([*now, rng.choice(now)])),
    ]
    name, members = rng.choice(sets)
    if members == now:
        members = now[::-1]
    signers = [item for item in dict.fromkeys(members) if item in known] or now
    made = replace(extra, validators=tuple(members), seals=())
    if rng.random() < 0.3:
        signers = now
    return name, seal_as(header, made, signers).encode()


def _votes(chain: Chain) -> Change:
    """Votes added, taken away or turned around under the seals of the true header."""

    def change(rng: Random, number: int) -> tuple[str, bytes]:
        header = chain.headers[number]
        extra = QbftExtra.decode(header.extra_data)
        target = rng.choice((*extra.validators, OUTSIDER, rng.randbytes(20)))
        vote = rng.choice((None, Vote(target, True), Vote(target, False)))
        made = replace(extra, vote=vote).encode()
        return "vote", replace(header, extra_data=made).encode()

    return change


def _target(name: str, chain: Chain, change: Change, weight: int) -> Target:
    """A target whose changes are pairs of a block's number and RLP."""

    def changed(rng: Random) -> tuple[str, tuple[int, bytes]]:
        number = rng.choice(SAMPLES)
        kind, raw = change(rng, number)
        return kind, (number, raw)

    return Target(
        name=name,
        change=changed,
        check=lambda made: chain.verify(*made),
        is_lie=lambda made: not says_the_same(chain.headers[made[0]], made[1]),
        weight=weight,
    )


def _header_json(chain: Chain) -> Target:
    keys = set(chain.json[LENGTH]) - {
        "hash", "size", "totalDifficulty", "transactions", "uncles", "withdrawals",
    }  # fmt: skip

    def change(rng: Random) -> tuple[str, tuple[int, Any]]:
        number = rng.choice(SAMPLES)
        kind, made = change_json(rng, {key: chain.json[number][key] for key in sorted(keys)})
        return kind, (number, made)

    def is_lie(made: tuple[int, Any]) -> bool:
        number, block = made
        if not isinstance(block, dict):
            return True
        return {k: block.get(k) for k in keys} != {k: chain.json[number][k] for k in keys}

    return Target("header as JSON", change, lambda made: chain.verify_json(*made), is_lie, 6)


def _genesis(scene: Scene, chain: Chain) -> Target:
    true, trusted = chain.headers[0].encode(), scene.block(0).hash

    def change(rng: Random) -> tuple[str, bytes]:
        return change_bytes(rng, true)

    return Target(
        "block 0", change, lambda raw: chain.rules.genesis(header_from_rlp(raw), trusted),
        lambda raw: bool(raw != true), 3,
    )  # fmt: skip


def bft_targets(scene: Scene) -> list[Target]:
    """Everything about the scene's own headers."""
    chain = Chain(scene)
    return [
        _target("QBFT header as bytes", chain, _raw(chain), 8),
        _target("QBFT header by field", chain, _fields(chain), 14),
        _target("QBFT extraData", chain, _extra(chain), 14),
        _target("QBFT seals", chain, _seals(chain), 12),
        _target("QBFT rules broken under true seals", chain, _rule_breaks(chain), 8),
        _target("QBFT votes", chain, _votes(chain), 3),
        _target("bloom", chain, _bloom(chain), 5),
        _header_json(chain),
        _genesis(scene, chain),
    ]
