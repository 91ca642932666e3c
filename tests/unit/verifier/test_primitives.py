"""The verifier's own hashing, encoding, signatures, tries and seals against other people's code."""

from __future__ import annotations

import random
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import rlp as reference_rlp
import sha3
from coincurve import PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from peerwatt.chain.consensus.bft import BftCodec, BftExtra
from peerwatt.chain.consensus.header import Header, header_to_rlp
from peerwatt.chain.consensus.ibft2 import Ibft2Rules
from peerwatt.chain.consensus.qbft import QbftRules
from peerwatt.engine.audit import load_verifier

v = load_verifier()
KEYS = [PrivateKey(bytes([number]) * 32) for number in range(1, 8)]


def address(key: PrivateKey) -> bytes:
    return sha3.keccak_256(key.public_key.format(False)[1:]).digest()[12:]


@settings(max_examples=60)
@given(st.binary(max_size=700))
def test_keccak(data: bytes) -> None:
    assert v.keccak(data) == sha3.keccak_256(data).digest()


@pytest.mark.parametrize("size", [0, 1, 134, 135, 136, 137, 271, 272])
def test_keccak_at_the_edges_of_its_blocks(size: int) -> None:
    assert v.keccak(bytes(size)) == sha3.keccak_256(bytes(size)).digest()


items = st.recursive(st.binary(max_size=80), lambda inner: st.lists(inner, max_size=5))


@settings(max_examples=100)
@given(items)
def test_rlp_is_the_reference_both_ways(item: object) -> None:
    raw = reference_rlp.encode(item)
    assert v.rlp(item) == raw
    assert v.unrlp(raw) == item


@pytest.mark.parametrize("raw", ["8105", "b800", "b80105", "c100ff", "83aabb", "f800", "c2c1"])
def test_rlp_takes_one_form_only(raw: str) -> None:
    with pytest.raises((v.Differs, IndexError)):
        v.unrlp(bytes.fromhex(raw))


@settings(max_examples=15)
@given(st.binary(min_size=32, max_size=32), st.integers(0, 6))
def test_signers_are_recovered(digest: bytes, number: int) -> None:
    seal = KEYS[number].sign_recoverable(digest, hasher=None)
    r, s = int.from_bytes(seal[:32]), int.from_bytes(seal[32:64])
    assert v.signer(digest, r, s, seal[64]) == address(KEYS[number])


def test_no_signature_has_no_signer() -> None:
    for r, s, parity in ((0, 1, 0), (1, 0, 0), (v.N, 1, 0), (1, v.N, 1), (5, 1, 0), (1, 1, 27)):
        with pytest.raises(v.Differs):
            v.signer(bytes(32), r, s, parity)


@pytest.mark.parametrize("size", [0, 1, 2, 17, 120])
def test_tries_give_every_value_and_absence(size: int) -> None:
    rng = random.Random(size)
    tree = HexaryTrie({}, prune=True)
    held = {rng.randbytes(32): rng.randbytes(rng.randint(1, 90)) for _ in range(size)}
    for key, value in held.items():
        tree[key] = value
    nodes = {v.keccak(raw): v.unrlp(raw) for raw in tree.db.values()}
    for key, value in held.items():
        assert v.trie_value(nodes, tree.root_hash, key.hex()) == value
    for _ in range(20):
        assert v.trie_value(nodes, tree.root_hash, rng.randbytes(32).hex()) == b""


def test_a_missing_node_is_no_absence() -> None:
    tree = HexaryTrie({}, prune=True)
    for number in range(60):
        tree[v.keccak(bytes([number]))] = bytes([number + 1]) * 40
    nodes = {v.keccak(raw): v.unrlp(raw) for raw in tree.db.values()}
    for key in [key for key in nodes if key != tree.root_hash][:8]:
        fewer = {k: n for k, n in nodes.items() if k != key}
        lacking = 0
        for number in range(60):
            try:
                found = v.trie_value(fewer, tree.root_hash, v.keccak(bytes([number])).hex())
                assert found == bytes([number + 1]) * 40
            except v.Differs:
                lacking += 1
        assert lacking


def header(codec: BftCodec, signers: list[PrivateKey], turn: int = 2) -> Header:
    validators = tuple(address(key) for key in KEYS[:4])
    extra = BftExtra(bytes(32), validators, None, turn, ())
    bare = Header(
        *(bytes(32), bytes(32), bytes(20), *[bytes(32)] * 3, bytes(256)),
        *(1, 77, 30_000_000, 0, 1_750_000_000, codec.encode(extra), bytes(32), bytes(8), 0),
    )
    _, digest = codec.hashes(bare, extra)
    seals = tuple(key.sign_recoverable(digest, hasher=None) for key in signers)
    return replace(bare, extra_data=codec.encode(replace(extra, seals=seals)))


@pytest.mark.parametrize(
    ("kind", "codec"), [("qbft", QbftRules.codec), ("ibft2", Ibft2Rules.codec)]
)
def test_seals_of_a_quorum_are_believed_and_no_fewer(kind: str, codec: BftCodec) -> None:
    validators = [address(key) for key in KEYS[:4]]
    good = header(codec, KEYS[:3])
    block, fields = v.sealed(header_to_rlp(good), kind, validators)
    assert block == codec.hashes(good, codec.decode(good.extra_data))[0]
    assert int.from_bytes(fields[8]) == 77
    assert (
        v.sealed(header_to_rlp(header(codec, KEYS[:4], 0)), kind, validators)[0]
        == (codec.hashes(header(codec, [], 0), codec.decode(header(codec, [], 0).extra_data))[0])
    )
    for bad in (
        header(codec, KEYS[:2]),
        header(codec, [KEYS[0], KEYS[0], KEYS[1]]),
        header(codec, [*KEYS[:2], KEYS[5]]),
        replace(good, timestamp=good.timestamp + 1),
    ):
        with pytest.raises(v.Differs, match="block 77 is not sealed"):
            v.sealed(header_to_rlp(bad), kind, validators)
    for others in (validators[:3], validators[::-1], []):
        with pytest.raises(v.Differs):
            v.sealed(header_to_rlp(good), kind, others)


def test_the_file_is_short_and_needs_nothing_but_python() -> None:
    text = Path(v.__file__).read_text(encoding="utf-8")
    assert len(text.splitlines()) < 300
    assert all(len(line) <= 120 for line in text.splitlines())
    imported = {
        line.split()[1].split(".")[0]
        for line in text.splitlines()
        if line.startswith(("import ", "from "))
    }
    assert imported <= sys.stdlib_module_names | {"__future__"}
