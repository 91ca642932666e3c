"""Besu's genesis file of a QBFT network: written, read back, and block 0 computed from it.

Layout: Besu's genesis file reference; block 0 as its ``GenesisState`` builds it. Block 0 stands
before Cancun and every later block after it: Besu's QBFT blocks name no beacon block, so a block 0
that names one would have more fields than its child.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peerwatt.chain.consensus.bft import MIX_HASH
from peerwatt.chain.consensus.header import Header
from peerwatt.chain.consensus.qbft import (
    QbftExtra,
    QbftRules,
    block_hash,
    decode_extra,
    encode_extra,
)
from peerwatt.chain.encoding import (
    EMPTY_LIST_HASH,
    EMPTY_TRIE_ROOT,
    hex_data,
    hex_int,
    keccak,
    to_hex,
)
from peerwatt.config.clock import DrivenClock
from peerwatt.devnet.genesis import GenesisAccount
from peerwatt.devnet.node import DevNode

GAS_LIMIT = 60_000_000
EPOCH_LENGTH = 30_000
CANCUN_TIME_S = 1


@dataclass(frozen=True, slots=True)
class Terms:
    """What the validators agree on; times in seconds."""

    chain_id: int
    block_period_s: int = 2
    request_timeout_s: int = 4
    """A round without a block ends after this; twice the period is usual."""
    epoch_length: int = EPOCH_LENGTH
    gas_limit: int = GAS_LIMIT


def genesis_json(
    terms: Terms, validators: Sequence[bytes], accounts: Mapping[bytes, GenesisAccount]
) -> dict[str, Any]:
    """Return the content of ``genesis.json``; validators in any order."""
    extra = QbftExtra(bytes(32), tuple(sorted(validators)), None, 0, ())
    return {
        "config": {
            "chainId": terms.chain_id,
            "londonBlock": 0,
            "shanghaiTime": 0,
            "cancunTime": CANCUN_TIME_S,
            "zeroBaseFee": True,
            "qbft": {
                "blockperiodseconds": terms.block_period_s,
                "epochlength": terms.epoch_length,
                "requesttimeoutseconds": terms.request_timeout_s,
            },
        },
        "nonce": "0x0",
        "timestamp": "0x0",
        "gasLimit": hex(terms.gas_limit),
        "difficulty": "0x1",
        "baseFeePerGas": "0x0",
        "mixHash": to_hex(MIX_HASH),
        "coinbase": to_hex(bytes(20)),
        "extraData": to_hex(encode_extra(extra)),
        "alloc": {to_hex(address): _account(item) for address, item in accounts.items()},
    }


def _account(account: GenesisAccount) -> dict[str, Any]:
    written: dict[str, Any] = {"balance": hex(account.balance_wei)}
    if account.nonce:
        written["nonce"] = hex(account.nonce)
    if account.code:
        written["code"] = to_hex(account.code)
    if account.storage:
        written["storage"] = {to_hex(s): f"0x{v:064x}" for s, v in account.storage.items()}
    return written


def read_accounts(genesis: Mapping[str, Any]) -> dict[bytes, GenesisAccount]:
    """Return the accounts of a genesis file. Raises EncodingFault."""
    return {
        hex_data(address, 20): GenesisAccount(
            hex_int(item.get("balance", "0x0")),
            hex_data(item.get("code", "0x")),
            hex_int(item.get("nonce", "0x0"), 64),
            {
                hex_data(slot, 32): int.from_bytes(hex_data(value, 32), "big")
                for slot, value in item.get("storage", {}).items()
            },
        )
        for address, item in genesis["alloc"].items()
    }


def read_header(genesis: Mapping[str, Any]) -> Header:
    """Return block 0 as a genesis file defines it; its state root is computed. Blocking."""
    return Header(
        parent_hash=bytes(32),
        ommers_hash=EMPTY_LIST_HASH,
        beneficiary=hex_data(genesis["coinbase"], 20),
        state_root=asyncio.run(_state_root(read_accounts(genesis))),
        transactions_root=EMPTY_TRIE_ROOT,
        receipts_root=EMPTY_TRIE_ROOT,
        logs_bloom=bytes(256),
        difficulty=hex_int(genesis["difficulty"]),
        number=0,
        gas_limit=hex_int(genesis["gasLimit"], 64),
        gas_used=0,
        timestamp=hex_int(genesis["timestamp"], 64),
        extra_data=hex_data(genesis["extraData"]),
        mix_hash=hex_data(genesis["mixHash"], 32),
        nonce=hex_int(genesis["nonce"], 64).to_bytes(8, "big"),
        base_fee=hex_int(genesis["baseFeePerGas"]),
        withdrawals_root=EMPTY_TRIE_ROOT,
    )


async def _state_root(accounts: Mapping[bytes, GenesisAccount]) -> bytes:
    """Let the embedded chain write the accounts into its trie."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chain.sqlite"
        keys = [keccak(b"sealer")]
        async with DevNode(path, DrivenClock(0), keys, genesis_alloc=accounts) as node:
            return node.head.header.state_root


def checked_hash(genesis: Mapping[str, Any]) -> bytes:
    """Return the hash of block 0, believed by the same rules as the members' programs use.

    Raises HeaderRefused or EncodingFault when they would not believe it.
    """
    header = read_header(genesis)
    digest = block_hash(header)
    validators = decode_extra(header.extra_data).validators
    QbftRules(validators=validators, base_fee="zero").genesis(header, digest)
    return digest


def genesis_text(genesis: Mapping[str, Any]) -> str:
    """Return the file's text; the same network gives the same bytes."""
    return json.dumps(genesis, indent=2) + "\n"
