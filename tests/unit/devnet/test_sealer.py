"""QBFT headers: extraData, committed seals and the hash a block is known by."""

from __future__ import annotations

from dataclasses import replace

import pytest
import rlp
from devnet_support import VALIDATOR_KEYS
from eth_keys import KeyAPI

from peerwatt.devnet.codec import address_of, keccak256
from peerwatt.devnet.header import BlockHeader, QbftExtra, Vote, block_hash
from peerwatt.devnet.sealer import QbftSealer

ORACLE = KeyAPI("eth_keys.backends.NativeECCBackend")
SEALER = QbftSealer(VALIDATOR_KEYS)


def bare_header(beneficiary: bytes) -> BlockHeader:
    return BlockHeader(
        parent_hash=b"\x01" * 32,
        beneficiary=beneficiary,
        state_root=b"\x02" * 32,
        transactions_root=b"\x03" * 32,
        receipts_root=b"\x04" * 32,
        logs_bloom=bytes(256),
        number=300,
        gas_limit=60_000_000,
        gas_used=0,
        timestamp=1_800_000_000,
        extra_data=b"",
    )


def signers(header: BlockHeader) -> list[bytes]:
    """Recover who sealed, over the hash as chain clients compute it."""
    vanity, validators, vote, round_number, seals = rlp.decode(header.extra_data)
    unsealed = rlp.encode([vanity, validators, vote, round_number, []])
    digest = keccak256(replace(header, extra_data=unsealed).encode())
    return [
        ORACLE.Signature(seal).recover_public_key_from_msg_hash(digest).to_canonical_address()
        for seal in seals
    ]


@pytest.mark.parametrize(
    "vote", [None, Vote(b"\x09" * 20, add=True), Vote(b"\x09" * 20, add=False)]
)
@pytest.mark.parametrize("round_number", [0, 3, 300])
def test_seals_commit_to_the_round_but_the_hash_does_not(
    vote: Vote | None, round_number: int
) -> None:
    bare = bare_header(SEALER.validators[2])
    sealed = SEALER.seal(bare, round_number=round_number, vote=vote)
    assert sorted(signers(sealed)) == list(SEALER.validators)
    assert block_hash(sealed) == block_hash(SEALER.seal(bare, vote=vote, seal_count=0))
    raw_vote = rlp.decode(sealed.extra_data)[2]
    assert raw_vote == ([] if vote is None else [vote.recipient, b"\xff" if vote.add else b""])
    assert QbftExtra.decode(sealed.extra_data).encode() == sealed.extra_data
    assert BlockHeader.decode(sealed.encode()) == sealed


def test_a_quorum_starts_with_the_proposer() -> None:
    assert SEALER.quorum == 3
    sealed = SEALER.seal(bare_header(SEALER.validators[3]), seal_count=SEALER.quorum)
    assert signers(sealed) == [SEALER.validators[i] for i in (3, 0, 1)]


def test_proposers_take_turns_in_order_of_address() -> None:
    turn = [SEALER.proposer_after(bytes(20))]
    for _ in range(4):
        turn.append(SEALER.proposer_after(turn[-1]))
    assert turn == [*SEALER.validators, SEALER.validators[0]]
    assert SEALER.validators == tuple(sorted(map(address_of, VALIDATOR_KEYS)))


def test_a_set_without_keys_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        QbftSealer([])


def test_genesis_vector_of_contract_mode() -> None:
    empty = QbftExtra(validators=(), vanity=bytes(32)).encode()
    assert empty == bytes.fromhex("e5a0" + "00" * 32 + "c0c080c0")
