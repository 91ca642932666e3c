"""Figures of the proof verifier: beside ``trie`` on the same proofs, and one screen's refresh."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import rlp
from trie import HexaryTrie

from peerwatt.chain.encoding import keccak
from peerwatt.chain.proofs.account import verify_answer
from peerwatt.chain.proofs.mpt import verify_path

from .figures import Figure

ACCOUNTS = 5000
SLOTS = 4000
PROOFS = 600
REFRESH_SLOTS = 60
ROUNDS = 7


def best_s(work: Callable[[], object]) -> float:
    """Return the CPU time of one run, the least of several."""
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times)


def _trie(entries: dict[bytes, bytes]) -> HexaryTrie:
    tree = HexaryTrie({}, prune=True)
    for key, value in entries.items():
        tree[keccak(key)] = value
    return tree


def _nodes(tree: HexaryTrie, key: bytes) -> list[bytes]:
    return [rlp.encode(node) for node in tree.get_proof(keccak(key))]


def path_figure() -> Figure:
    """Verify account proofs with our verifier and with ``trie``, nodes given as raw bytes."""
    entries = {
        index.to_bytes(20, "big"): rlp.encode([index, index, bytes(32), bytes(32)])
        for index in range(ACCOUNTS)
    }
    tree = _trie(entries)
    keys = random.Random(1).sample(sorted(entries), PROOFS)
    proofs = [(keccak(key), _nodes(tree, key)) for key in keys]
    root = tree.root_hash

    def ours() -> list[bytes | None]:
        return [verify_path(root, key, nodes) for key, nodes in proofs]

    def theirs() -> list[bytes]:
        return [
            HexaryTrie.get_from_proof(root, key, [rlp.decode(node) for node in nodes])
            for key, nodes in proofs
        ]

    if ours() != theirs():
        raise RuntimeError("the two verifiers disagree")
    ours_s, theirs_s = best_s(ours), best_s(theirs)
    ratio = theirs_s / ours_s
    reference = f"{PROOFS / ours_s:.0f}/s against {PROOFS / theirs_s:.0f}/s of trie"
    return Figure("account proofs beside trie", ratio, "x", reference, ">= 2.5 x", ratio >= 2.5)


def refresh_figure() -> Figure:
    """Verify what one screen shows: sixty slots of one contract at one block."""
    values = {slot: 10**18 + slot for slot in range(SLOTS)}
    storage = _trie({s.to_bytes(32, "big"): rlp.encode(v) for s, v in values.items()})
    address = b"\x77" * 20
    leaf = rlp.encode([1, 0, storage.root_hash, keccak(b"")])
    entries = {index.to_bytes(20, "big"): leaf for index in range(1, ACCOUNTS)}
    state = _trie({**entries, address: leaf})
    slots = random.Random(2).sample(range(SLOTS), REFRESH_SLOTS)
    answer = {
        "accountProof": ["0x" + node.hex() for node in _nodes(state, address)],
        "balance": "0x0",
        "nonce": "0x1",
        "codeHash": "0x" + keccak(b"").hex(),
        "storageHash": "0x" + storage.root_hash.hex(),
        "storageProof": [
            {
                "key": hex(slot),
                "value": hex(values[slot]),
                "proof": ["0x" + n.hex() for n in _nodes(storage, slot.to_bytes(32, "big"))],
            }
            for slot in slots
        ],
    }
    cpu_ms = 1000 * best_s(lambda: verify_answer(state.root_hash, address, slots, answer))
    reference = f"{REFRESH_SLOTS} slots of {SLOTS}, one account of {ACCOUNTS}"
    return Figure("one screen's refresh, CPU", cpu_ms, "ms", reference, "< 10 ms", cpu_ms < 10)


def proof_figures() -> list[Figure]:
    """Return the figures of proofs."""
    return [path_figure(), refresh_figure()]
