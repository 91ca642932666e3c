"""Withdrawals of a block, rebuilt into their trie (EIP-4895)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..encoding import hex_data, hex_int, int_bytes, rlp_encode
from . import ProofRefused
from .mpt import ordered_root


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """One payment from the consensus layer; ``amount_gwei`` in gwei."""

    index: int
    validator_index: int
    address: bytes
    amount_gwei: int


def encode_withdrawal(item: Withdrawal) -> bytes:
    """Return a withdrawal as it stands in the trie."""
    return rlp_encode(
        [
            int_bytes(item.index),
            int_bytes(item.validator_index),
            item.address,
            int_bytes(item.amount_gwei),
        ]
    )


def verify_withdrawals(withdrawals_root: bytes, answer: object) -> tuple[Withdrawal, ...]:
    """Return all withdrawals of a block, in order. Raises ProofRefused or EncodingFault."""
    if not isinstance(answer, list) or not all(isinstance(item, Mapping) for item in answer):
        raise ProofRefused("The withdrawals of a block are no list of objects.")
    found = tuple(
        Withdrawal(
            hex_int(item.get("index"), 64),
            hex_int(item.get("validatorIndex"), 64),
            hex_data(item.get("address"), 20),
            hex_int(item.get("amount"), 64),
        )
        for item in answer
    )
    if ordered_root([encode_withdrawal(item) for item in found]) != withdrawals_root:
        raise ProofRefused("The withdrawals do not make up the block's withdrawals root.")
    return found
