"""Light-client objects in one form for all forks, and their hash tree roots.

What an object does not carry is ``None`` or empty here; the wire's zero placeholders are turned
into that when they are read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from .ssz import bytes_root, keys_root, merkle_root, short_list_root, uint_chunk

Branch = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class BeaconHeader:
    """BeaconBlockHeader."""

    slot: int
    proposer_index: int
    parent_root: bytes
    state_root: bytes
    body_root: bytes

    @property
    def root(self) -> bytes:
        """Hash tree root: the root of the beacon block."""
        return merkle_root(
            (
                uint_chunk(self.slot),
                uint_chunk(self.proposer_index),
                self.parent_root,
                self.state_root,
                self.body_root,
            )
        )


@dataclass(frozen=True, slots=True)
class PayloadHeader:
    """ExecutionPayloadHeader of Capella (without the blob fields) or Deneb (with them)."""

    parent_hash: bytes
    fee_recipient: bytes
    state_root: bytes
    receipts_root: bytes
    logs_bloom: bytes
    prev_randao: bytes
    block_number: int
    gas_limit: int
    gas_used: int
    timestamp: int
    extra_data: bytes
    base_fee_per_gas: int
    block_hash: bytes
    transactions_root: bytes
    withdrawals_root: bytes
    blob_gas_used: int = 0
    excess_blob_gas: int = 0

    def root(self, *, with_blobs: bool) -> bytes:
        """Return the hash tree root in the form of Deneb, or of Capella."""
        chunks = [
            self.parent_hash,
            self.fee_recipient.ljust(32, b"\0"),
            self.state_root,
            self.receipts_root,
            bytes_root(self.logs_bloom),
            self.prev_randao,
            uint_chunk(self.block_number),
            uint_chunk(self.gas_limit),
            uint_chunk(self.gas_used),
            uint_chunk(self.timestamp),
            short_list_root(self.extra_data),
            uint_chunk(self.base_fee_per_gas),
            self.block_hash,
            self.transactions_root,
            self.withdrawals_root,
        ]
        if with_blobs:
            chunks += [uint_chunk(self.blob_gas_used), uint_chunk(self.excess_blob_gas)]
        return merkle_root(chunks)


@dataclass(frozen=True, slots=True)
class LightHeader:
    """LightClientHeader: a beacon block's header and the execution block it proves."""

    beacon: BeaconHeader
    payload: PayloadHeader | None = None
    """Capella to Fulu."""
    block_hash: bytes | None = None
    """Hash of the execution block, 32 bytes; ``None`` before Capella."""
    execution_branch: Branch = ()

    @property
    def slot(self) -> int:
        """The beacon block's slot."""
        return self.beacon.slot


@dataclass(frozen=True, slots=True)
class SyncCommittee:
    """Compressed public keys, 48 bytes each, and the root that the chain has for them."""

    pubkeys: tuple[bytes, ...]
    aggregate_pubkey: bytes
    root: bytes = field(init=False)

    def __post_init__(self) -> None:
        aggregate = bytes_root(self.aggregate_pubkey)
        digest = sha256(keys_root(self.pubkeys) + aggregate).digest()
        object.__setattr__(self, "root", digest)


@dataclass(frozen=True, slots=True)
class SyncAggregate:
    """Who signed (bit i: member i), and the one signature of them all, 96 bytes."""

    bits: int
    size: int
    signature: bytes

    @property
    def participants(self) -> int:
        """Number of members who signed."""
        return self.bits.bit_count()


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """LightClientBootstrap."""

    header: LightHeader
    committee: SyncCommittee
    branch: Branch


@dataclass(frozen=True, slots=True)
class Update:
    """LightClientUpdate; finality and optimistic updates carry less."""

    attested: LightHeader
    aggregate: SyncAggregate
    signature_slot: int
    finality_branch: Branch = ()
    """Empty where the update says nothing about finality."""
    finalized: LightHeader | None = None
    """``None`` without finality, and where the finalized block is genesis."""
    committee_branch: Branch = ()
    """Empty where the update names no next committee."""
    next_committee: SyncCommittee | None = None

    @property
    def finalized_slot(self) -> int:
        """Slot of the finalized block; 0 where there is none."""
        return 0 if self.finalized is None else self.finalized.slot
