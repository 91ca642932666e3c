"""What a light client of the beacon chain knows, and that as bytes.

Source: consensus specifications, ``LightClientStore``; without ``best_valid_update``, which
only serves to force an update through without finality. That is never done here.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...encoding import EncodingFault, Rlp, as_bytes, as_int, as_list, int_bytes
from .objects import BeaconHeader, LightHeader, SyncCommittee


@dataclass(frozen=True, slots=True)
class LightClientStore:
    """State of the sync protocol."""

    finalized: LightHeader
    current: SyncCommittee
    following: SyncCommittee | None
    """Committee of the period after the finalized header's, once it is known."""
    optimistic: LightHeader
    previous_max_participants: int = 0
    current_max_participants: int = 0

    @property
    def safety_threshold(self) -> int:
        """Participants that an update must exceed to move the optimistic header."""
        return max(self.previous_max_participants, self.current_max_participants) // 2


def header_items(header: LightHeader) -> list[Rlp]:
    """Return the part of a verified header that is needed later: beacon header, block hash."""
    beacon = header.beacon
    return [
        int_bytes(beacon.slot),
        int_bytes(beacon.proposer_index),
        beacon.parent_root,
        beacon.state_root,
        beacon.body_root,
        header.block_hash or b"",
    ]


def header_from_items(item: Rlp) -> LightHeader:
    """Read a header written by :func:`header_items`. Raises EncodingFault."""
    slot, proposer, parent, state, body, block_hash = as_list(item, 6)
    beacon = BeaconHeader(
        as_int(slot, 64),
        as_int(proposer, 64),
        as_bytes(parent, 32),
        as_bytes(state, 32),
        as_bytes(body, 32),
    )
    return LightHeader(beacon, None, as_bytes(block_hash, 32) if block_hash else None)


def committee_items(committee: SyncCommittee) -> list[Rlp]:
    """Return a committee's keys."""
    return [b"".join(committee.pubkeys), committee.aggregate_pubkey]


def committee_from_items(item: Rlp) -> SyncCommittee:
    """Read a committee written by :func:`committee_items`. Raises EncodingFault."""
    keys, aggregate = as_list(item, 2)
    joined = as_bytes(keys)
    if not joined or len(joined) % 48:
        raise EncodingFault("A stored sync committee is cut off.")
    pubkeys = tuple(joined[at : at + 48] for at in range(0, len(joined), 48))
    return SyncCommittee(pubkeys, as_bytes(aggregate, 48))
