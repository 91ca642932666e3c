from __future__ import annotations

import copy
from typing import Any

import pytest
import rlp
from chain_lab import (
    EMPTY_ROOT,
    World,
    address_of,
    keccak,
    list_root,
    make_keys,
    path_nodes,
    receipt,
    signed_transactions,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from peerwatt.chain.encoding import EncodingFault, hex_data
from peerwatt.chain.proofs import ProofRefused
from peerwatt.chain.proofs.account import ABSENT, verify_answer
from peerwatt.chain.proofs.bloom import bloom_of, may_contain
from peerwatt.chain.proofs.mpt import ordered_root, verify_path
from peerwatt.chain.proofs.receipts import (
    encode_receipt,
    logs_of,
    receipt_from_json,
    verify_receipts,
)
from peerwatt.chain.proofs.transactions import encode_transaction, verify_transactions
from peerwatt.model.verified import Unproven


def nodes_of(tree: HexaryTrie, key: bytes) -> list[bytes]:
    return [bytes.fromhex(node[2:]) for node in path_nodes(tree, key)]


CONTENT = st.dictionaries(
    st.binary(min_size=2, max_size=2), st.binary(min_size=1, max_size=40), max_size=40
)


@given(CONTENT, st.binary(min_size=2, max_size=2))
def test_proofs_of_the_trie_package_hold_for_presence_and_absence(
    content: dict[bytes, bytes], stranger: bytes
) -> None:
    # Short keys give shared paths, extensions and inlined nodes.
    tree = HexaryTrie({})
    for key, value in content.items():
        tree[key] = value
    for key in [*content, stranger]:
        found = verify_path(tree.root_hash, key, nodes_of(tree, key))
        assert found == content.get(key)


@given(
    CONTENT.filter(lambda content: len(content) > 3),
    st.integers(0, 39),
    st.integers(0, 10_000),
    st.integers(1, 255),
)
def test_an_altered_missing_surplus_or_swapped_node_is_refused(
    content: dict[bytes, bytes], which: int, at: int, flip: int
) -> None:
    tree = HexaryTrie({})
    for key, value in content.items():
        tree[key] = value
    key = sorted(content)[which % len(content)]
    nodes = nodes_of(tree, key)
    flat = bytearray(b"".join(nodes))
    at %= len(flat)
    flat[at] ^= flip
    altered, start = [], 0
    for node in nodes:
        altered.append(bytes(flat[start : start + len(node)]))
        start += len(node)
    for bad in (
        altered,
        nodes[:-1],
        nodes[1:],
        [*nodes, nodes[-1]],
        [*nodes, b"\x80"],
        [nodes[0], *nodes],
        [*nodes[:-1], nodes[-1] + b"\0"],
    ):
        with pytest.raises(Unproven):
            verify_path(tree.root_hash, key, bad)


def test_the_empty_trie_proves_absence() -> None:
    assert verify_path(EMPTY_ROOT, b"ab", []) is None
    assert verify_path(EMPTY_ROOT, b"ab", [b"\x80"]) is None
    with pytest.raises(ProofRefused):
        verify_path(EMPTY_ROOT, b"ab", [b"\xc0"])


@pytest.mark.parametrize("count", [0, 1, 2, 16, 17, 127, 128, 129, 300])
def test_roots_of_lists_are_those_of_the_trie_package(count: int) -> None:
    values = [keccak(bytes([i % 256, i // 256])) * (1 + i % 3) for i in range(count)]
    assert ordered_root(values) == list_root(values)
    small = [b"\x01"] * count
    assert ordered_root(small) == list_root(small)


# -- accounts and storage ----------------------------------------------------------------------

ACCOUNTS = [address_of(key) for key in make_keys(40, salt=3)]
WORLD = World(
    {a: (n, n * 10**15, {s: s * 7 + n for s in range(n)}) for n, a in enumerate(ACCOUNTS)}
)
ADDRESS = ACCOUNTS[25]
SLOTS = [0, 3, 24, 2**255]


def test_account_and_slots_are_proven_with_absence() -> None:
    found = verify_answer(WORLD.root, ADDRESS, SLOTS, WORLD.proof(ADDRESS, SLOTS))
    assert (found.account.nonce, found.account.balance_wei) == (25, 25 * 10**15)
    assert found.slots == {0: 25, 3: 46, 24: 193, 2**255: 0}
    assert found.proofs == 5
    nobody = bytes(20)
    assert verify_answer(WORLD.root, nobody, [1], WORLD.proof(nobody, [1])).account is ABSENT


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of all texts inside an answer."""
    if isinstance(value, str):
        return [path]
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return [leaf for key, inner in items for leaf in leaves(inner, (*path, key))]


ANSWER = WORLD.proof(ADDRESS, SLOTS)
TEXTS = [path for path in leaves(ANSWER) if path[-1] not in ("address", "key")]


@settings(max_examples=400)
@given(st.sampled_from(TEXTS), st.integers(2, 4000), st.sampled_from("0123456789abcdef"))
def test_no_changed_digit_of_an_answer_is_believed(
    path: tuple[Any, ...], at: int, digit: str
) -> None:
    answer = copy.deepcopy(ANSWER)
    parent: Any = answer
    for key in path[:-1]:
        parent = parent[key]
    text = parent[path[-1]]
    at = 2 + (at - 2) % (len(text) - 2)
    assume(text[at] != digit)
    parent[path[-1]] = text[:at] + digit + text[at + 1 :]
    with pytest.raises(Unproven):
        verify_answer(WORLD.root, ADDRESS, SLOTS, answer)


@pytest.mark.parametrize("bad", [None, [], {}, {"accountProof": "0x"}, {"accountProof": [1]}])
def test_answers_of_the_wrong_shape(bad: object) -> None:
    with pytest.raises(Unproven):
        verify_answer(WORLD.root, ADDRESS, [], bad)


def test_slots_swapped_or_left_out_are_refused() -> None:
    for listed in (ANSWER["storageProof"][::-1], ANSWER["storageProof"][1:]):
        with pytest.raises(Unproven):
            verify_answer(WORLD.root, ADDRESS, SLOTS, ANSWER | {"storageProof": listed})


# -- receipts, transactions, blooms ------------------------------------------------------------

TOPIC = keccak(b"topic")
RECEIPTS = [
    receipt(i, [(ACCOUNTS[i], [TOPIC, keccak(bytes([i]))], bytes([i, j])) for j in range(i % 3)])
    for i in range(20)
]
RECEIPTS_ROOT = list_root([encode_receipt(receipt_from_json(item)) for item in RECEIPTS])


def test_receipts_are_encoded_as_the_yellow_paper_says() -> None:
    item = RECEIPTS[4]
    logs = [
        [hex_data(log["address"]), [hex_data(t) for t in log["topics"]], hex_data(log["data"])]
        for log in item["logs"]
    ]
    bloom = bloom_of([ACCOUNTS[4], TOPIC, keccak(bytes([4]))])
    raw = b"\x02" + rlp.encode([b"\x01", 21_000 * 5, bloom, logs])
    assert encode_receipt(receipt_from_json(item)) == raw


def test_logs_have_the_places_that_their_receipts_give_them() -> None:
    found = list(logs_of(verify_receipts(RECEIPTS_ROOT, RECEIPTS)))
    assert [item.log_index for item in found] == list(range(len(found)))
    assert [item.transaction_index for item in found] == [
        i for i in range(20) for _ in range(i % 3)
    ]


def changed(index: int, **changes: Any) -> list[dict[str, Any]]:
    return [*RECEIPTS[:index], RECEIPTS[index] | changes, *RECEIPTS[index + 1 :]]


@pytest.mark.parametrize(
    "lie",
    [
        RECEIPTS[:-1],
        RECEIPTS[::-1],
        [*RECEIPTS, RECEIPTS[-1]],
        changed(4, logs=[]),
        changed(5, logs=RECEIPTS[5]["logs"][::-1]),
        changed(5, status="0x0"),
        changed(5, type="0x1"),
        changed(5, cumulativeGasUsed="0x1"),
        changed(1, logs=[RECEIPTS[1]["logs"][0] | {"data": "0x"}]),
        changed(1, logs=[RECEIPTS[1]["logs"][0] | {"topics": []}]),
        changed(1, status=None),
        None,
        {},
        [None] * 20,
    ],
)
def test_no_lie_about_receipts_is_believed(lie: object) -> None:
    with pytest.raises(Unproven):
        verify_receipts(RECEIPTS_ROOT, lie)


def test_transactions_are_rebuilt_to_their_hashes() -> None:
    listed = signed_transactions(30)
    root = list_root([hex_data(item["raw"]) for item in listed])
    assert [encode_transaction(item) for item in listed] == [hex_data(t["raw"]) for t in listed]
    raw = verify_transactions(root, listed)
    assert [f"0x{keccak(item).hex()}" for item in raw] == [item["hash"] for item in listed]
    for name, value in (("nonce", "0x63"), ("input", "0x"), ("to", None), ("gas", "0x1")):
        with pytest.raises(ProofRefused):
            verify_transactions(root, [*listed[:3], listed[3] | {name: value}, *listed[4:]])
    with pytest.raises(EncodingFault):
        verify_transactions(root, [listed[0] | {"type": "0x3"}, *listed[1:]])


def test_a_bloom_never_misses() -> None:
    items = [keccak(bytes([i])) for i in range(20)]
    bloom = bloom_of(items)
    assert all(may_contain(bloom, item) for item in items)
    assert not may_contain(bytes(256), items[0])
