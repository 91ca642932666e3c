"""Merkle-Patricia tries: a verifier that takes exactly the nodes of one path, and roots of lists.

Strict on purpose: an altered, missing or surplus node refuses the proof, so that a proof that
was stored or passed on has one form only. Absence is proven, never assumed (yellow paper,
appendix D).
"""

from __future__ import annotations

from collections.abc import Sequence

from ..encoding import (
    EMPTY_TRIE_ROOT,
    Rlp,
    int_bytes,
    keccak,
    rlp_decode,
    rlp_encode,
    rlp_string,
)
from . import ProofRefused

NodeCache = dict[bytes, tuple[bytes, Rlp]]
"""Nodes already hashed and decoded, by hash: proofs of one root share their upper nodes."""


def verify_path(
    root: bytes, key: bytes, nodes: Sequence[bytes], cache: NodeCache | None = None
) -> bytes | None:
    """Return the value stored under the hashed ``key``, or ``None`` when its absence is proven.

    ``nodes`` are the RLP of the nodes on the path from the root, inlined ones left out.
    Raises ProofRefused or EncodingFault.
    """
    if root == EMPTY_TRIE_ROOT:
        # Some nodes answer no node at all for an empty trie, some its one empty node.
        if nodes and list(nodes) != [b"\x80"]:
            raise ProofRefused("The proof has nodes although the trie is empty.")
        return None
    cache = {} if cache is None else cache
    reference: Rlp = root
    path, used = key.hex(), 0
    while True:
        if isinstance(reference, list):
            node: Rlp = reference
        elif reference == b"":
            value = None
            break
        else:
            if used == len(nodes):
                raise ProofRefused("The proof ends before its value.")
            node = _open(reference, nodes[used], cache)
            used += 1
        found = _step(node, path)
        if found is None:
            value = None
            break
        reference, path, is_value = found
        if is_value:
            value = _value(reference)
            break
    if used != len(nodes):
        raise ProofRefused("The proof has nodes that are not on its path.")
    return value


def _open(expected: Rlp, raw: bytes, cache: NodeCache) -> Rlp:
    """Return the decoded node whose hash is ``expected``."""
    if isinstance(expected, list) or len(expected) != 32:
        raise ProofRefused("The proof points to a node by something else than a hash.")
    known = cache.get(expected)
    if known is not None and known[0] == raw:
        return known[1]
    if keccak(raw) != expected:
        raise ProofRefused("A node of the proof does not hash to what points to it.")
    node = rlp_decode(raw)
    cache[expected] = (raw, node)
    return node


def _step(node: Rlp, path: str) -> tuple[Rlp, str, bool] | None:
    """Follow one node; return (reference or value, rest of the path, is value) or ``None``."""
    if isinstance(node, list) and len(node) == 17:
        if not path:
            return (node[16], path, True) if node[16] else None
        return node[int(path[0], 16)], path[1:], False
    if not isinstance(node, list) or len(node) != 2:
        raise ProofRefused("A node of the proof is neither a branch nor a leaf nor an extension.")
    part, is_leaf = _hex_prefix(node[0])
    if is_leaf:
        return (node[1], "", True) if part == path else None
    if not part or not node[1]:
        raise ProofRefused("An extension of the proof leads nowhere.")
    return (node[1], path[len(part) :], False) if path.startswith(part) else None


def _hex_prefix(item: Rlp) -> tuple[str, bool]:
    """Return (nibbles as hexadecimal text, is leaf) of a compact path (appendix C)."""
    if isinstance(item, list) or not item:
        raise ProofRefused("A node of the proof has no path.")
    text = item.hex()
    flag = int(text[0], 16)
    if flag > 3 or (flag & 1 == 0 and text[1] != "0"):
        raise ProofRefused("A node of the proof has a malformed path.")
    return text[1:] if flag & 1 else text[2:], flag >= 2


def _value(item: Rlp) -> bytes:
    if isinstance(item, list) or not item:
        raise ProofRefused("A leaf of the proof holds no value.")
    return item


def ordered_root(values: Sequence[bytes]) -> bytes:
    """Return the root of the trie RLP(index) -> value: receipts, transactions, withdrawals."""
    if not values:
        return EMPTY_TRIE_ROOT
    return keccak(rlp_encode(_build(_entries(values), 0, None)))


def ordered_key(index: int) -> bytes:
    """Return the key of an item in the trie of a list; it is not hashed."""
    return rlp_string(int_bytes(index))


def ordered_proof(values: Sequence[bytes], index: int) -> list[bytes]:
    """Return the nodes that prove item ``index`` of a list, as :func:`verify_path` takes them.

    Raises IndexError where the list has no such item.
    """
    if not 0 <= index < len(values):
        raise IndexError(f"the list has no item {index}")
    kept: dict[bytes, Rlp] = {}
    root = _build(_entries(values), 0, kept)
    nodes, path, reference = [rlp_encode(root)], ordered_key(index).hex(), root
    while True:
        found = _step(reference, path)
        if found is None:
            raise AssertionError("a trie holds what it was built of")
        following, path, is_value = found
        if is_value:
            return nodes
        if not isinstance(following, list):
            following = kept[following]
            nodes.append(rlp_encode(following))
        reference = following


def _entries(values: Sequence[bytes]) -> list[tuple[str, bytes]]:
    return sorted((ordered_key(index).hex(), value) for index, value in enumerate(values))


def _build(entries: Sequence[tuple[str, bytes]], depth: int, kept: dict[bytes, Rlp] | None) -> Rlp:
    """Return the node that holds ``entries``, whose paths agree up to ``depth``.

    Nodes that are referred to by their hash are put into ``kept``.
    """
    first = entries[0][0]
    if len(entries) == 1:
        return [_compact(first[depth:], leaf=True), entries[0][1]]
    last, common = entries[-1][0], depth
    while common < len(first) and common < len(last) and first[common] == last[common]:
        common += 1
    if common > depth:
        below = _reference(_build(entries, common, kept), kept)
        return [_compact(first[depth:common], leaf=False), below]
    # No RLP(index) is a prefix of another, so a branch of this trie never holds a value.
    branch: list[Rlp] = []
    for nibble in "0123456789abcdef":
        inside = [entry for entry in entries if entry[0][depth] == nibble]
        branch.append(_reference(_build(inside, depth + 1, kept), kept) if inside else b"")
    return [*branch, b""]


def _reference(node: Rlp, kept: dict[bytes, Rlp] | None) -> Rlp:
    raw = rlp_encode(node)
    if len(raw) < 32:
        return node
    digest = keccak(raw)
    if kept is not None:
        kept[digest] = node
    return digest


def _compact(nibbles: str, *, leaf: bool) -> bytes:
    flag = 2 if leaf else 0
    odd = len(nibbles) % 2
    return bytes.fromhex(f"{flag + odd:x}{'' if odd else '0'}{nibbles}")
