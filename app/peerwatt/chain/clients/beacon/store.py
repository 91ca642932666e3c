"""What the beacon chain's follower keeps between runs: committees' points and verified state."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from ...consensus.beacon.committee_points import (
    CommitteePoints,
    decompress,
    pack_points,
    unpack_points,
)
from ...consensus.beacon.objects import SyncCommittee
from ...consensus.beacon.store import (
    LightClientStore,
    committee_from_items,
    committee_items,
    header_from_items,
    header_items,
)
from ...encoding import EncodingFault, Rlp, as_bytes, as_int, as_list, int_bytes, rlp_decode
from ...encoding import rlp_encode as encode

log = logging.getLogger(__name__)

KEPT_COMMITTEES = 4
_CHECK_BYTES = 8


class CommitteeStore(Protocol):
    """Where decompressed committees survive a restart. It needs no trust; both methods block."""

    def load(self, root: bytes) -> bytes | None:
        """Return what was kept for the committee with this root."""

    def save(self, root: bytes, packed: bytes) -> None:
        """Keep a committee's points; a failure to do so is nobody's loss."""


class FolderCommitteeStore:
    """One file of 24 kB for each committee, in a folder of the site; old ones are removed."""

    def __init__(self, folder: Path, *, keep: int = KEPT_COMMITTEES) -> None:
        self._folder = folder
        self._keep = keep

    def load(self, root: bytes) -> bytes | None:
        """Return the file's content, or ``None``."""
        try:
            return self._path(root).read_bytes()
        except OSError:
            return None

    def save(self, root: bytes, packed: bytes) -> None:
        """Write the file whole or not at all, and remove the oldest beyond those kept."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            partial = self._path(root).with_suffix(".part")
            partial.write_bytes(packed)
            partial.replace(self._path(root))
            files = sorted(self._folder.glob("*.points"), key=lambda file: file.stat().st_mtime)
            for file in files[: -self._keep]:
                file.unlink(missing_ok=True)
        except OSError as fault:
            log.info("The keys of a sync committee were not kept: %s.", fault)

    def _path(self, root: bytes) -> Path:
        return self._folder / f"{root.hex()}.points"


class CommitteeKeys:
    """Points of proven committees: from memory, from the store where they hold, or computed."""

    def __init__(self, store: CommitteeStore | None) -> None:
        self._store = store
        self._ready: OrderedDict[bytes, CommitteePoints] = OrderedDict()

    def points(self, committee: SyncCommittee) -> CommitteePoints:
        """Return the points of a proven committee. Raises CommitteeRefused."""
        ready = self._ready.get(committee.root)
        if ready is None:
            ready = self._kept(committee) or self._computed(committee)
            self._ready[committee.root] = ready
            if len(self._ready) > KEPT_COMMITTEES:
                self._ready.popitem(last=False)
        return ready

    def _kept(self, committee: SyncCommittee) -> CommitteePoints | None:
        packed = self._store.load(committee.root) if self._store else None
        if packed is None:
            return None
        ready = unpack_points(committee, packed)
        if ready is None:
            log.warning("The kept keys of a sync committee are damaged; they are computed anew.")
        return ready

    def _computed(self, committee: SyncCommittee) -> CommitteePoints:
        ready = decompress(committee)
        if self._store is not None:
            self._store.save(committee.root, pack_points(ready))
        return ready


class StoreRecords:
    """Writes a light client's store as records, and reads it back.

    A record with the committees (50 kB) is written when they change, once a day; the others
    hold headers only. Each is bound to the checkpoint and guarded against damage by a digest.
    Whoever can alter the records could alter the checkpoint as well: they are as trusted as it.
    """

    def __init__(self, trust: bytes) -> None:
        """``trust`` identifies the chain and its checkpoint."""
        self._binding = sha256(b"peerwatt beacon store 1" + trust).digest()
        self._roots: tuple[bytes, bytes] | None = None

    def write(self, store: LightClientStore) -> bytes:
        """Return the next record."""
        following = b"" if store.following is None else store.following.root
        roots = (store.current.root, following)
        committees: list[Rlp] = []
        if roots != self._roots:
            committees.append(committee_items(store.current))
            if store.following is not None:
                committees.append(committee_items(store.following))
        self._roots = roots
        payload = encode(
            [
                header_items(store.finalized),
                header_items(store.optimistic),
                int_bytes(store.previous_max_participants),
                int_bytes(store.current_max_participants),
                list(roots),
                committees,
            ]
        )
        return self._binding + sha256(payload).digest()[:_CHECK_BYTES] + payload

    def read(self, records: Sequence[bytes]) -> LightClientStore | None:
        """Return the newest store that the records give, or ``None``."""
        found: LightClientStore | None = None
        for record in records:
            if record[: len(self._binding)] != self._binding:
                continue
            try:
                found = self._read(record[len(self._binding) :], found) or found
            except EncodingFault as fault:
                log.warning("A stored state of the beacon chain is damaged: %s", fault)
        if found is not None:
            following = b"" if found.following is None else found.following.root
            self._roots = (found.current.root, following)
        return found

    @staticmethod
    def _read(record: bytes, before: LightClientStore | None) -> LightClientStore | None:
        check, payload = record[:_CHECK_BYTES], record[_CHECK_BYTES:]
        if sha256(payload).digest()[:_CHECK_BYTES] != check:
            raise EncodingFault("its digest does not match.")
        finalized, optimistic, previous, current, roots, listed = as_list(rlp_decode(payload), 6)
        known = {} if before is None else {before.current.root: before.current}
        if before is not None and before.following is not None:
            known[before.following.root] = before.following
        for item in as_list(listed):
            committee = committee_from_items(item)
            known[committee.root] = committee
        now, following = (as_bytes(root) for root in as_list(roots, 2))
        if now not in known or (following and following not in known):
            return None
        return LightClientStore(
            header_from_items(finalized),
            known[now],
            known[following] if following else None,
            header_from_items(optimistic),
            as_int(previous, 32),
            as_int(current, 32),
        )
