"""Proof of cheating: two valid headers at one height, kept until the owner decides.

A record survives a restart, and with it the stop: a chain that was sealed twice is not believed
again because a program was closed and opened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol, runtime_checkable

from ..consensus.header import HeaderRefused
from ..encoding import Rlp, as_bytes, as_int, as_list, int_bytes, rlp_decode, rlp_encode
from ..status import Evidence

MAX_RECORDS = 16

Decision = Literal["", "ours", "theirs"]
"""Which header the owner follows; empty while nothing is decided."""


class BranchRejected(HeaderRefused):
    """An endpoint serves a valid block that the owner decided against."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"It serves the other block {number}, which you decided against; remove the endpoint."
        )


@runtime_checkable
class EvidenceStore(Protocol):
    """Where records of evidence survive a restart. Both methods block."""

    def load_evidence(self) -> list[bytes]:
        """Return the records kept, oldest first."""

    def put_evidence(self, records: Sequence[bytes]) -> None:
        """Replace the records by these, durable on return."""


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """Evidence about one chain, and what the owner decided."""

    trust_root: bytes
    evidence: Evidence
    decision: Decision = ""

    def pack(self) -> bytes:
        """Return the record as RLP."""
        found = self.evidence
        items: list[Rlp] = [self.trust_root, int_bytes(found.height), found.ours_rlp]
        items += [found.theirs_rlp, found.endpoint.encode(), self.decision.encode()]
        return rlp_encode(items)


def unpack_record(data: bytes) -> EvidenceRecord:
    """Return a record packed before. Raises EncodingFault."""
    root, height, ours, theirs, endpoint, decision = map(_same, as_list(rlp_decode(data), 6))
    found = Evidence(as_int(height), as_bytes(ours), as_bytes(theirs), as_bytes(endpoint).decode())
    word = as_bytes(decision)
    decided: Decision = "ours" if word == b"ours" else "theirs" if word == b"theirs" else ""
    return EvidenceRecord(as_bytes(root), found, decided)


def _same(item: Rlp) -> Rlp:
    return item


class EvidenceKeeper:
    """Holds what is open and what was decided for one chain; writes both to the store."""

    def __init__(self, store: object, trust_root: bytes, hash_of: Callable[[bytes], bytes]) -> None:
        """``hash_of`` gives the block hash of a header's RLP on this network."""
        self._store = store if isinstance(store, EvidenceStore) else None
        self._trust_root = trust_root
        self._hash_of = hash_of
        self._records: list[EvidenceRecord] = []

    async def load(self) -> None:
        """Read the records of earlier runs. Raises EncodingFault for a damaged one."""
        if self._store is not None:
            raw = await asyncio.to_thread(self._store.load_evidence)
            self._records = [unpack_record(data) for data in raw]

    @property
    def open(self) -> Evidence | None:
        """What the owner has not decided yet."""
        return next((r.evidence for r in self._mine if not r.decision), None)

    @property
    def rivals(self) -> tuple[bytes, bytes] | None:
        """Hashes of the two blocks of what is open, ours first."""
        found = self.open
        return (
            None
            if found is None
            else (
                self._hash_of(found.ours_rlp),
                self._hash_of(found.theirs_rlp),
            )
        )

    @property
    def _mine(self) -> list[EvidenceRecord]:
        return [record for record in self._records if record.trust_root == self._trust_root]

    @property
    def rejected(self) -> dict[bytes, int]:
        """Hash and number of the blocks that the owner decided against."""
        found: dict[bytes, int] = {}
        for record in self._mine:
            one = record.evidence
            if record.decision:
                other = one.theirs_rlp if record.decision == "ours" else one.ours_rlp
                found[self._hash_of(other)] = one.height
        return found

    def is_rejected(self, block_hash: bytes) -> bool:
        """Whether the owner decided against a block."""
        return block_hash in self.rejected

    async def keep(self, evidence: Evidence) -> None:
        """Keep new evidence, durable on return."""
        self._records.append(EvidenceRecord(self._trust_root, evidence))
        await self._write()

    async def decide(self, decision: Decision) -> Evidence | None:
        """Note the owner's decision on what is open and return that, if anything was."""
        found = self.open
        self._records = [
            replace(record, decision=decision)
            if record.trust_root == self._trust_root and not record.decision
            else record
            for record in self._records
        ]
        await self._write()
        return found

    async def _write(self) -> None:
        self._records = self._records[-MAX_RECORDS:]
        if self._store is not None:
            packed = [record.pack() for record in self._records]
            await asyncio.to_thread(self._store.put_evidence, packed)
