"""A small AuRa chain sealed here, under any validator set, and the forms of its JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chain_lab import EMPTY_ROOT, START_S, address_of, keccak, make_keys
from coincurve import PrivateKey
from eth_abi.abi import encode

from peerwatt.chain.consensus.aura import MAX_DIFFICULTY, AuraRules, AuraState
from peerwatt.chain.consensus.aura_header import AuraHeader, aura_block_hash, aura_seal_hash
from peerwatt.chain.consensus.aura_sets import INITIATE_CHANGE, ValidatorSource
from peerwatt.chain.consensus.header import header_to_json
from peerwatt.chain.encoding import rlp_encode, to_hex
from peerwatt.chain.proofs.receipts import LogEntry

STEP_S = 5
KEYS = make_keys(4, salt=3)
SET = tuple(address_of(key) for key in KEYS)
EXTRA_KEYS = make_keys(3, salt=4)
NEW_SET = (SET[2], *(address_of(key) for key in EXTRA_KEYS), SET[0])
ALL_KEYS = {address_of(key): key for key in (*KEYS, *EXTRA_KEYS)}
CONTRACT = bytes.fromhex("1204700000000000000000000000000000000000")
NOW_S = START_S + 10**6
START_STEP = START_S // STEP_S
RULES = AuraRules(SET, STEP_S)
WITH_CONTRACT = replace(RULES, source=ValidatorSource(contract=CONTRACT))


def genesis(**changes: Any) -> AuraHeader:
    header = AuraHeader(
        parent_hash=bytes(32),
        ommers_hash=keccak(b"\xc0"),
        beneficiary=bytes(20),
        state_root=EMPTY_ROOT,
        transactions_root=EMPTY_ROOT,
        receipts_root=EMPTY_ROOT,
        logs_bloom=bytes(256),
        difficulty=131_072,
        number=0,
        gas_limit=6_000_000,
        gas_used=0,
        timestamp=0,
        extra_data=b"",
        mix_hash=bytes(32),
        nonce=bytes(8),
    )
    return replace(header, **changes)


def start(rules: AuraRules = RULES) -> AuraState:
    header = genesis(step=START_STEP, timestamp=START_STEP * STEP_S)
    return rules.genesis(header, aura_block_hash(header))


def sign(header: AuraHeader, key: PrivateKey) -> AuraHeader:
    return replace(header, signature=key.sign_recoverable(aura_seal_hash(header), hasher=None))


def child(
    parent: AuraState, *, skip: int = 0, key: PrivateKey | None = None, **changes: Any
) -> Any:
    """Return a signed header ``skip`` steps later than the next one, by whose turn it is."""
    step = parent.header.step + 1 + skip
    author = parent.validators[step % len(parent.validators)]
    header = replace(
        parent.header,
        parent_hash=parent.block_hash,
        number=parent.header.number + 1,
        timestamp=step * STEP_S,
        step=step,
        beneficiary=author,
        difficulty=MAX_DIFFICULTY + parent.header.step - step,
        logs_bloom=bytes(256),
    )
    header = replace(header, **changes)
    return sign(header, key or ALL_KEYS[header.beneficiary])


def grow(parent: AuraState, skips: Sequence[int], rules: AuraRules = RULES) -> list[AuraState]:
    states = []
    for skip in skips:
        parent = rules.verify(parent, child(parent, skip=skip), NOW_S)
        states.append(parent)
    return states


def as_json(header: AuraHeader, client: str) -> dict[str, Any]:
    block = header_to_json(header)
    for name in ("mixHash", "nonce"):
        del block[name]
    block["author"] = block["miner"]
    if client == "nethermind":
        return block | {"step": hex(header.step), "signature": to_hex(header.signature)}
    if client == "openethereum":
        return block | {"step": str(header.step), "signature": header.signature.hex()}
    sealed = [header.step.to_bytes((header.step.bit_length() + 7) // 8, "big"), header.signature]
    return block | {"sealFields": [to_hex(rlp_encode(item)) for item in sealed]}


def change_log(parent: AuraState, new: Sequence[bytes]) -> LogEntry:
    listed = encode(["address[]"], [[to_hex(item) for item in new]])
    return LogEntry(CONTRACT, (INITIATE_CHANGE, parent.block_hash), listed)
