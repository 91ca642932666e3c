"""The incremental trie against two independent ones: the `trie` library and the specification."""

from __future__ import annotations

import rlp
from ethereum.forks.prague.trie import Trie, root, trie_set
from ethereum_types.bytes import Bytes
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from peerwatt.devnet.codec import EMPTY_ROOT, keccak256, rlp_decode, rlp_encode
from peerwatt.devnet.trie import MemoryNodes, decode_node, encode_node, get, prove, root_of, update

# Few nibbles, so that branches, extensions, values at branches and inline nodes all occur.
SHORT_KEYS = st.lists(st.sampled_from([0, 1, 0x10, 0x11, 0xFF]), max_size=4).map(bytes)
HASHED_KEYS = st.integers(0, 40).map(lambda i: keccak256(bytes([i])))
VALUES = st.one_of(
    st.none(), st.binary(min_size=1, max_size=3), st.binary(min_size=33, max_size=40)
)


def batches(keys: st.SearchStrategy[bytes]) -> st.SearchStrategy[list[dict[bytes, bytes | None]]]:
    return st.lists(st.dictionaries(keys, VALUES, max_size=12), min_size=1, max_size=6)


def check_against_library(rounds: list[dict[bytes, bytes | None]], proofs: bool) -> None:
    nodes, oracle = MemoryNodes(), HexaryTrie({})
    current, model, history = EMPTY_ROOT, {}, []
    for changes in rounds:
        current = update(nodes, current, changes)
        for key, value in changes.items():
            model.pop(key, None)
            if value:
                model[key] = value
                oracle[key] = value
            else:
                del oracle[key]
        assert current == oracle.root_hash
        history.append((current, dict(model)))
    for past_root, past in history:  # old roots stay readable and provable
        for key in {key for changes in rounds for key in changes}:
            assert get(nodes, past_root, key) == past.get(key)
            proof = prove(nodes, past_root, key)
            if past and not proofs:  # the library cannot look up a key that ends in an extension
                assert keccak256(proof[0]) == past_root
            elif past:
                decoded = [rlp.decode(node) for node in proof]
                proven = HexaryTrie.get_from_proof(past_root, key, decoded)
                assert proven == past.get(key, b"")
            else:
                assert proof == []


@settings(max_examples=150, deadline=None)
@given(batches(SHORT_KEYS))
def test_short_keys_agree_with_the_trie_library(rounds: list[dict[bytes, bytes | None]]) -> None:
    check_against_library(rounds, proofs=False)


@settings(max_examples=60, deadline=None)
@given(batches(HASHED_KEYS))
def test_hashed_keys_agree_with_the_trie_library(rounds: list[dict[bytes, bytes | None]]) -> None:
    check_against_library(rounds, proofs=True)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=60), max_size=140))
def test_list_root_agrees_with_the_specification(values: list[bytes]) -> None:
    oracle: Trie[Bytes, Bytes | None] = Trie(secured=False, default=None)
    for i, value in enumerate(values):
        trie_set(oracle, rlp.encode(i), value)
    assert root_of(values) == root(oracle)


@settings(max_examples=100, deadline=None)
@given(st.recursive(st.binary(max_size=70), lambda inner: st.lists(inner, max_size=20)))
def test_rlp_agrees_with_the_library_both_ways(item: object) -> None:
    encoded = rlp_encode(item)
    assert encoded == rlp.encode(item)
    assert rlp_decode(encoded) == item


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80))
def test_rlp_decoder_accepts_only_what_it_would_write(data: bytes) -> None:
    try:
        item = rlp_decode(data)
    except ValueError:
        return
    assert rlp_encode(item) == data


def test_an_update_keeps_only_nodes_that_stay() -> None:
    nodes = MemoryNodes()
    keys = [keccak256(bytes([i])) for i in range(50)]
    before = update(nodes, EMPTY_ROOT, dict.fromkeys(keys, b"v" * 40))
    held = set(nodes.held)
    after = update(nodes, before, {keys[0]: b"w" * 40})
    fresh = set(nodes.held) - held
    assert fresh == {keccak256(node) for node in prove(nodes, after, keys[0])}
    assert update(nodes, after, {keys[0]: b"v" * 40}) == before


def test_nodes_survive_encoding() -> None:
    nodes = MemoryNodes()
    update(nodes, EMPTY_ROOT, {bytes([i, 7]): b"x" * (i % 40 + 1) for i in range(200)})
    for encoded, node in nodes.held.values():
        assert decode_node(encoded) == node
        assert encode_node(node) == encoded
