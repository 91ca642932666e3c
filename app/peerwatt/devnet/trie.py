"""Merkle-Patricia trie that rewrites only the dirty paths of a block and keeps all old nodes.

Nodes are addressed by hash and never changed, so that a proof for any past root stays possible
and a block costs O(changed keys x depth), not O(state). Rules: Yellow Paper, appendix D.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias, Union

from .codec import EMPTY_ROOT, RlpItem, keccak256, rlp_decode, rlp_encode, rlp_list, to_bytes

Ref: TypeAlias = Union[bytes, "Node"]
"""What a parent holds of its child: b"" (none), a 32-byte hash, or a node under 32 bytes itself."""
Change: TypeAlias = tuple[bytes, bytes | None]
"""Nibbles still to walk and the value to store there; None deletes."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """The end of a path."""

    path: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Extension:
    """A stretch of path without a choice."""

    path: bytes
    child: Ref


@dataclass(frozen=True, slots=True)
class Branch:
    """Sixteen ways on, and perhaps a value that ends here."""

    children: tuple[Ref, ...]
    value: bytes


Node: TypeAlias = Leaf | Extension | Branch
_NO_CHILDREN: tuple[Ref, ...] = (b"",) * 16


class NodeSource(Protocol):
    """Where nodes are read from and new ones are put."""

    def encoded(self, node_hash: bytes) -> bytes:
        """Return a node's RLP. Raises KeyError when it is not held."""

    def node(self, node_hash: bytes) -> Node:
        """Return a node. Raises KeyError when it is not held."""

    def put(self, node_hash: bytes, encoded: bytes, node: Node) -> None:
        """Keep a new node."""


class MemoryNodes:
    """Nodes in a dictionary, for tries that live only while a block is built."""

    def __init__(self) -> None:
        self.held: dict[bytes, tuple[bytes, Node]] = {}

    def encoded(self, node_hash: bytes) -> bytes:
        """Return a node's RLP."""
        return self.held[node_hash][0]

    def node(self, node_hash: bytes) -> Node:
        """Return a node."""
        return self.held[node_hash][1]

    def put(self, node_hash: bytes, encoded: bytes, node: Node) -> None:
        """Keep a new node."""
        self.held[node_hash] = (encoded, node)


def nibbles(key: bytes) -> bytes:
    """Return the key as one nibble a byte."""
    return bytes.fromhex("0" + "0".join(key.hex())) if key else b""


def _pack(path: bytes, flag: int) -> bytes:
    """Hex-prefix encoding (Yellow Paper, appendix C); flag is 2 for a leaf, 0 for an extension."""
    padded = bytes((flag + 1,)) + path if len(path) % 2 else bytes((flag, 0)) + path
    return bytes.fromhex(padded.hex()[1::2])


def encode_node(node: Node) -> bytes:
    """Return a node's RLP."""
    if isinstance(node, Branch):
        parts = [_encode_ref(child) for child in node.children]
        return rlp_list(b"".join(parts) + rlp_encode(node.value))
    if isinstance(node, Leaf):
        return rlp_list(rlp_encode(_pack(node.path, 2)) + rlp_encode(node.value))
    return rlp_list(rlp_encode(_pack(node.path, 0)) + _encode_ref(node.child))


def _encode_ref(ref: Ref) -> bytes:
    if not isinstance(ref, bytes):
        return encode_node(ref)
    return b"\xa0" + ref if ref else b"\x80"


def decode_node(encoded: bytes) -> Node:
    """Return the node an RLP string stands for. Raises ValueError when it stands for none."""
    return _from_items(rlp_decode(encoded))


def _from_items(items: RlpItem) -> Node:
    if isinstance(items, list) and len(items) == 17:
        return Branch(tuple(_from_ref(item) for item in items[:16]), to_bytes(items[16]))
    if not isinstance(items, list) or len(items) != 2:
        raise ValueError("a trie node has neither 2 nor 17 items")
    path = nibbles(to_bytes(items[0]))
    rest = path[1 if path[0] % 2 else 2 :]
    if path[0] >= 2:
        return Leaf(rest, to_bytes(items[1]))
    return Extension(rest, _from_ref(items[1]))


def _from_ref(item: RlpItem) -> Ref:
    return item if isinstance(item, bytes) else _from_items(item)


def get(source: NodeSource, root: bytes, key: bytes) -> bytes | None:
    """Return the value under an (already hashed) key, or None. Raises KeyError: node not held."""
    ref: Ref = b"" if root == EMPTY_ROOT else root
    path = nibbles(key)
    while ref != b"":
        node = source.node(ref) if isinstance(ref, bytes) else ref
        if isinstance(node, Leaf):
            return node.value if node.path == path else None
        if isinstance(node, Branch):
            if not path:
                return node.value or None
            ref, path = node.children[path[0]], path[1:]
        elif path.startswith(node.path):
            ref, path = node.child, path[len(node.path) :]
        else:
            return None
    return None


def prove(source: NodeSource, root: bytes, key: bytes) -> list[bytes]:
    """Return the RLP of the hashed nodes from the root towards a key (EIP-1186 order).

    The list proves the key's value or its absence; it is empty for the empty trie.
    """
    ref: Ref = b"" if root == EMPTY_ROOT else root
    path = nibbles(key)
    proof: list[bytes] = []
    while ref != b"":
        if isinstance(ref, bytes):
            proof.append(source.encoded(ref))
        node = source.node(ref) if isinstance(ref, bytes) else ref
        if isinstance(node, Branch) and path:
            ref, path = node.children[path[0]], path[1:]
        elif isinstance(node, Extension) and path.startswith(node.path):
            ref, path = node.child, path[len(node.path) :]
        else:
            break
    return proof


def update(source: NodeSource, root: bytes, changes: Mapping[bytes, bytes | None]) -> bytes:
    """Write values (None or b"" deletes) under hashed keys; return the new root.

    New nodes are put into ``source``; nothing is removed from it. Raises KeyError: node not held.
    """
    ref: Ref = b"" if root == EMPTY_ROOT else root
    work = [(nibbles(key), value or None) for key, value in changes.items()]
    top = _Writer(source).apply(ref, work)
    if isinstance(top, bytes):
        return top or EMPTY_ROOT
    encoded = encode_node(top)
    new_root = keccak256(encoded)
    source.put(new_root, encoded, top)
    return new_root


def root_of(values: list[bytes]) -> bytes:
    """Return the root of an ordered list keyed by RLP(index): transactions, receipts."""
    keyed = {rlp_encode(_index_bytes(i)): value for i, value in enumerate(values)}
    return update(MemoryNodes(), EMPTY_ROOT, dict(keyed))


def _index_bytes(index: int) -> bytes:
    return index.to_bytes((index.bit_length() + 7) // 8, "big")


class _Writer:
    """One update: returns new nodes open, so that only those that stay are hashed and kept."""

    def __init__(self, source: NodeSource) -> None:
        self._source = source

    def apply(self, ref: Ref, changes: list[Change]) -> Ref:
        """Return the reference or open node that replaces ``ref``; b"" when nothing is left."""
        if not changes:
            return ref
        if ref == b"":
            return self._build([(path, value) for path, value in changes if value is not None])
        node = self._resolve(ref)
        if isinstance(node, Leaf):
            return self._apply_leaf(ref, node, changes)
        if isinstance(node, Extension):
            return self._apply_extension(ref, node, changes)
        return self._apply_branch(ref, node, changes)

    def _resolve(self, ref: Ref) -> Node:
        return self._source.node(ref) if isinstance(ref, bytes) else ref

    def _seal(self, ref: Ref) -> Ref:
        """Hash and keep an open node unless it is short enough to live inside its parent."""
        if isinstance(ref, bytes):
            return ref
        encoded = encode_node(ref)
        if len(encoded) < 32:
            return ref
        node_hash = keccak256(encoded)
        self._source.put(node_hash, encoded, ref)
        return node_hash

    def _build(self, items: list[tuple[bytes, bytes]]) -> Ref:
        """Return a fresh subtree of the items."""
        if not items:
            return b""
        if len(items) == 1:
            return Leaf(*items[0])
        shared = _shared_prefix([path for path, _ in items])
        if shared:
            cut = len(shared)
            child = self._build([(path[cut:], value) for path, value in items])
            return Extension(shared, self._seal(child))
        return self._apply_branch(b"", Branch(_NO_CHILDREN, b""), [*items])

    def _apply_leaf(self, ref: Ref, leaf: Leaf, changes: list[Change]) -> Ref:
        items: dict[bytes, bytes | None] = {leaf.path: leaf.value}
        items.update(changes)
        left = [(path, value) for path, value in items.items() if value is not None]
        return ref if left == [(leaf.path, leaf.value)] else self._build(left)

    def _apply_extension(self, ref: Ref, node: Extension, changes: list[Change]) -> Ref:
        # A deletion that leaves the extension's path deletes nothing.
        kept = [c for c in changes if c[1] is not None or c[0].startswith(node.path)]
        if not kept:
            return ref
        cut = len(_shared_prefix([node.path, *(path for path, _ in kept)]))
        below = [(path[cut:], value) for path, value in kept]
        if cut == len(node.path):
            child = self.apply(node.child, below)
            return ref if child == node.child else self._join(node.path, child)
        rest = node.path[cut + 1 :]
        children = list(_NO_CHILDREN)
        children[node.path[cut]] = Extension(rest, node.child) if rest else node.child
        branch = self._apply_branch(b"", Branch(tuple(children), b""), below)
        return self._join(node.path[:cut], branch)

    def _apply_branch(self, ref: Ref, node: Branch, changes: list[Change]) -> Ref:
        value = node.value
        groups: dict[int, list[Change]] = {}
        for path, new_value in changes:
            if path:
                groups.setdefault(path[0], []).append((path[1:], new_value))
            else:
                value = new_value or b""
        children = list(node.children)
        for nibble, group in groups.items():
            children[nibble] = self.apply(children[nibble], group)
        if ref != b"" and value == node.value and tuple(children) == node.children:
            return ref
        return self._normal(children, value)

    def _normal(self, children: list[Ref], value: bytes) -> Ref:
        """Return what a branch with these children must be: itself, a shorter node or none."""
        used = [nibble for nibble, child in enumerate(children) if child != b""]
        if len(used) + bool(value) > 1:
            return Branch(tuple(map(self._seal, children)), value)
        if used:
            return self._join(bytes(used), children[used[0]])
        return Leaf(b"", value) if value else b""

    def _join(self, prefix: bytes, child: Ref) -> Ref:
        """Return the child with ``prefix`` walked before it."""
        if child == b"" or not prefix:
            return child
        node = self._resolve(child)
        if isinstance(node, Leaf):
            return Leaf(prefix + node.path, node.value)
        if isinstance(node, Extension):
            return Extension(prefix + node.path, node.child)
        return Extension(prefix, self._seal(child))


def _shared_prefix(paths: list[bytes]) -> bytes:
    low, high = min(paths), max(paths)
    for i, (a, b) in enumerate(zip(low, high, strict=False)):
        if a != b:
            return low[:i]
    return low
