"""Forged blocks and branches: headers changed and sealed anew with keys of the liar's choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from peerwatt.devnet.header import BlockHeader, block_hash
from peerwatt.devnet.store import StoredBlock
from peerwatt.devnet.views import block_json

from .front import Deceit
from .keys import SECOND_SET, reseal
from .scene import PERIOD_S, Scene


@dataclass(frozen=True)
class Forgery:
    """Some headers in place of the node's, and another head where given."""

    scene: Scene
    headers: Mapping[int, BlockHeader] = field(default_factory=dict)
    head: int | None = None

    @property
    def deceit(self) -> Deceit:
        """An endpoint that serves these headers and, for the rest, the node's."""
        return Deceit(result=self._result)

    def _result(self, method: str, params: list[object], honest: object) -> object:
        last = self.scene.head if self.head is None else self.head
        if method == "eth_blockNumber":
            return hex(last)
        if method == "eth_getBlockByNumber":
            number = int(str(params[0]), 16)
            if number > last:
                return None
            if number in self.headers:
                return self._block(number, full=params[1] is True)
        return honest

    def _block(self, number: int, *, full: bool) -> dict[str, object]:
        header = self.headers[number]
        known = self.scene.block(number) if number <= self.scene.head else None
        transactions = known.transactions if known else ()
        try:
            digest = block_hash(header)
        except ValueError:
            digest = bytes(32)  # its extraData is forged beyond reading
        return block_json(StoredBlock(header, digest, transactions, 0), full=full)


def one(scene: Scene, number: int, header: BlockHeader, head: int | None = None) -> Deceit:
    """An endpoint with one forged header."""
    return Forgery(scene, {number: header}, head).deceit


def branch(
    scene: Scene,
    first: int,
    length: int,
    signers: Sequence[bytes] = SECOND_SET,
    *,
    mark: bytes = b"another branch",
) -> Forgery:
    """A branch that leaves the chain before block ``first``, sealed by ``signers``."""
    headers: dict[int, BlockHeader] = {}
    parent = scene.block(first - 1).header
    for number in range(first, first + length):
        template = scene.block(min(number, scene.head)).header
        header = replace(
            template,
            number=number,
            parent_hash=block_hash(parent),
            timestamp=parent.timestamp + PERIOD_S,
            nonce=mark[:8],
        )
        headers[number] = parent = reseal(header, signers)
    return Forgery(scene, headers, first + length - 1)
