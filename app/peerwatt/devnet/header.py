"""Block headers with the 21 fields of Prague and the QBFT extraData inside them.

Formats: Besu's ``QbftExtraDataCodec`` and ``BftBlockHashing``; header order as in Yellow Paper 4.3
extended by London, Shanghai, Cancun and Prague.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Self

from .codec import (
    EMPTY_LIST_HASH,
    EMPTY_ROOT,
    RlpItem,
    int_bytes,
    keccak256,
    rlp_decode,
    rlp_encode,
    to_bytes,
    to_int,
    to_list,
)

VANITY = b"peerwatt".ljust(32, b"\0")
MIX_HASH = bytes.fromhex("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365")
"""Besu's constant for every BFT block: "ctical byzantine fault tolerance"."""
EMPTY_REQUESTS_HASH = hashlib.sha256(b"").digest()
NO_BLOOM = bytes(256)
ZERO_HASH = bytes(32)


@dataclass(frozen=True, slots=True)
class Vote:
    """A proposer's vote on the validator set."""

    recipient: bytes
    add: bool


@dataclass(frozen=True, slots=True)
class QbftExtra:
    """What QBFT keeps in a header's extraData."""

    validators: tuple[bytes, ...]
    vote: Vote | None = None
    round_number: int = 0
    seals: tuple[bytes, ...] = ()
    vanity: bytes = VANITY

    def encode(self) -> bytes:
        """Return the RLP: [vanity, [validators], vote, round, [seals]]."""
        vote: RlpItem = []
        if self.vote is not None:
            vote = [self.vote.recipient, b"\xff" if self.vote.add else b""]
        return rlp_encode(
            [self.vanity, [*self.validators], vote, int_bytes(self.round_number), [*self.seals]]
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Reverse of :meth:`encode`. Raises ValueError on anything else."""
        items = to_list(rlp_decode(data))
        if len(items) != 5:
            raise ValueError(f"QBFT extraData has {len(items)} items instead of 5")
        vote_items = to_list(items[2])
        vote = None
        if vote_items:
            vote = Vote(to_bytes(vote_items[0]), to_bytes(vote_items[1]) == b"\xff")
        return cls(
            validators=tuple(map(to_bytes, to_list(items[1]))),
            vote=vote,
            round_number=to_int(items[3]),
            seals=tuple(map(to_bytes, to_list(items[4]))),
            vanity=to_bytes(items[0]),
        )


@dataclass(frozen=True, slots=True)
class BlockHeader:
    """A header; hashes and addresses are bytes, scalars are integers, time is a Unix second."""

    parent_hash: bytes
    beneficiary: bytes
    state_root: bytes
    transactions_root: bytes
    receipts_root: bytes
    logs_bloom: bytes
    number: int
    gas_limit: int
    gas_used: int
    timestamp: int
    extra_data: bytes
    ommers_hash: bytes = EMPTY_LIST_HASH
    difficulty: int = 1
    mix_hash: bytes = MIX_HASH
    nonce: bytes = bytes(8)
    base_fee: int = 0
    withdrawals_root: bytes = EMPTY_ROOT
    blob_gas_used: int = 0
    excess_blob_gas: int = 0
    parent_beacon_block_root: bytes = ZERO_HASH
    requests_hash: bytes = EMPTY_REQUESTS_HASH

    def encode(self) -> bytes:
        """Return the RLP of all 21 fields in the order of the chain."""
        return rlp_encode(
            [
                self.parent_hash,
                self.ommers_hash,
                self.beneficiary,
                self.state_root,
                self.transactions_root,
                self.receipts_root,
                self.logs_bloom,
                int_bytes(self.difficulty),
                int_bytes(self.number),
                int_bytes(self.gas_limit),
                int_bytes(self.gas_used),
                int_bytes(self.timestamp),
                self.extra_data,
                self.mix_hash,
                self.nonce,
                int_bytes(self.base_fee),
                self.withdrawals_root,
                int_bytes(self.blob_gas_used),
                int_bytes(self.excess_blob_gas),
                self.parent_beacon_block_root,
                self.requests_hash,
            ]
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Reverse of :meth:`encode`. Raises ValueError on anything else."""
        items = to_list(rlp_decode(data))
        if len(items) != 21:
            raise ValueError(f"a header has {len(items)} fields instead of 21")
        raw = [to_bytes(item) for item in items]
        return cls(
            parent_hash=raw[0],
            ommers_hash=raw[1],
            beneficiary=raw[2],
            state_root=raw[3],
            transactions_root=raw[4],
            receipts_root=raw[5],
            logs_bloom=raw[6],
            difficulty=to_int(raw[7]),
            number=to_int(raw[8]),
            gas_limit=to_int(raw[9]),
            gas_used=to_int(raw[10]),
            timestamp=to_int(raw[11]),
            extra_data=raw[12],
            mix_hash=raw[13],
            nonce=raw[14],
            base_fee=to_int(raw[15]),
            withdrawals_root=raw[16],
            blob_gas_used=to_int(raw[17]),
            excess_blob_gas=to_int(raw[18]),
            parent_beacon_block_root=raw[19],
            requests_hash=raw[20],
        )


def committed_seal_hash(header: BlockHeader, extra: QbftExtra) -> bytes:
    """Return what validators sign: the header with the round in place and no seals."""
    unsealed = replace(extra, seals=()).encode()
    return keccak256(replace(header, extra_data=unsealed).encode())


def block_hash(header: BlockHeader) -> bytes:
    """Return the hash by which the block is known: round 0 and no seals in its extraData."""
    extra = replace(QbftExtra.decode(header.extra_data), seals=(), round_number=0)
    return keccak256(replace(header, extra_data=extra.encode()).encode())
