"""A small QBFT chain sealed here, with real state tries, and an HTTP endpoint that serves it.

Independent of the code under test where it matters: tries come from the ``trie`` package, RLP
from ``rlp``, seals from coincurve.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import rlp
import sha3
from coincurve import PrivateKey
from eth_account import Account as EthAccount
from eth_utils import to_checksum_address
from http_peer import HttpPeer
from trie import HexaryTrie

from peerwatt.chain.consensus.bft import MIX_HASH, Vote
from peerwatt.chain.consensus.header import Header
from peerwatt.chain.consensus.qbft import (
    QbftExtra,
    QbftRules,
    block_hash,
    committed_seal_hash,
    encode_extra,
)
from peerwatt.chain.networks import Network

START_S = 1_750_000_000
PERIOD_S = 5
CHAIN_ID = 20211


def keccak(data: bytes) -> bytes:
    return sha3.keccak_256(data).digest()


def address_of(key: PrivateKey) -> bytes:
    return keccak(key.public_key.format(compressed=False)[1:])[12:]


def make_keys(count: int, salt: int = 0) -> list[PrivateKey]:
    """Keys in ascending order of their addresses."""
    keys = [PrivateKey(keccak(bytes([salt, index]))) for index in range(count)]
    return sorted(keys, key=address_of)


KEYS = make_keys(4)
VALIDATORS = tuple(address_of(key) for key in KEYS)
EMPTY_ROOT = keccak(b"\x80")


def seal(
    header: Header,
    signers: Sequence[PrivateKey] = KEYS,
    *,
    validators: Sequence[bytes] = VALIDATORS,
    vote: Vote | None = None,
    round_number: int = 0,
) -> Header:
    """Return the header with extraData and a committed seal of each signer."""
    extra = QbftExtra(bytes(32), tuple(validators), vote, round_number, ())
    bare = replace(header, extra_data=encode_extra(extra))
    digest = committed_seal_hash(bare)
    seals = tuple(key.sign_recoverable(digest, hasher=None) for key in signers)
    return replace(bare, extra_data=encode_extra(replace(extra, seals=seals)))


def genesis(validators: Sequence[bytes] = VALIDATORS, **changes: Any) -> Header:
    header = Header(
        parent_hash=bytes(32),
        ommers_hash=keccak(b"\xc0"),
        beneficiary=bytes(20),
        state_root=EMPTY_ROOT,
        transactions_root=EMPTY_ROOT,
        receipts_root=EMPTY_ROOT,
        logs_bloom=bytes(256),
        difficulty=1,
        number=0,
        gas_limit=60_000_000,
        gas_used=0,
        timestamp=START_S,
        extra_data=encode_extra(QbftExtra(bytes(32), tuple(validators), None, 0, ())),
        mix_hash=MIX_HASH,
        nonce=bytes(8),
        base_fee=0,
        withdrawals_root=EMPTY_ROOT,
        blob_gas_used=0,
        excess_blob_gas=0,
        parent_beacon_block_root=bytes(32),
        requests_hash=bytes(32),
    )
    return replace(header, **changes)


def child(parent: Header, **changes: Any) -> Header:
    """Return an unsealed header after a sealed one."""
    number = parent.number + 1
    header = replace(
        parent,
        parent_hash=block_hash(parent),
        number=number,
        timestamp=parent.timestamp + PERIOD_S,
        beneficiary=VALIDATORS[number % len(VALIDATORS)],
    )
    return replace(header, **changes)


def make_chain(length: int, **changes: Any) -> list[Header]:
    """Return genesis and ``length`` sealed headers."""
    headers = [genesis()]
    for _ in range(length):
        headers.append(seal(child(headers[-1], **changes)))
    return headers


_QUANTITIES = {
    "difficulty": "difficulty",
    "number": "number",
    "gasLimit": "gas_limit",
    "gasUsed": "gas_used",
    "timestamp": "timestamp",
    "baseFeePerGas": "base_fee",
    "blobGasUsed": "blob_gas_used",
    "excessBlobGas": "excess_blob_gas",
}
_DATA = {
    "parentHash": "parent_hash",
    "sha3Uncles": "ommers_hash",
    "miner": "beneficiary",
    "stateRoot": "state_root",
    "transactionsRoot": "transactions_root",
    "receiptsRoot": "receipts_root",
    "logsBloom": "logs_bloom",
    "extraData": "extra_data",
    "mixHash": "mix_hash",
    "nonce": "nonce",
    "withdrawalsRoot": "withdrawals_root",
    "parentBeaconBlockRoot": "parent_beacon_block_root",
    "requestsHash": "requests_hash",
}


def to_json(header: Header) -> dict[str, Any]:
    block: dict[str, Any] = {"uncles": [], "transactions": []}
    block |= {name: hex(getattr(header, attribute)) for name, attribute in _QUANTITIES.items()}
    block |= {name: "0x" + getattr(header, attribute).hex() for name, attribute in _DATA.items()}
    return block


# -- state, transactions and receipts ----------------------------------------------------------


class World:
    """Accounts with storage, in tries of the ``trie`` package."""

    def __init__(self, accounts: Mapping[bytes, tuple[int, int, Mapping[int, int]]]) -> None:
        """``accounts`` maps an address to (nonce, balance, storage)."""
        self.accounts = accounts
        self.storage: dict[bytes, HexaryTrie] = {}
        self.state = HexaryTrie({})
        for address, (nonce, balance, slots) in accounts.items():
            storage = HexaryTrie({})
            for slot, value in slots.items():
                if value:
                    storage[keccak(slot.to_bytes(32, "big"))] = rlp.encode(value)
            self.storage[address] = storage
            leaf = [nonce, balance, storage.root_hash, keccak(b"")]
            self.state[keccak(address)] = rlp.encode(leaf)

    @property
    def root(self) -> bytes:
        return self.state.root_hash

    def proof(self, address: bytes, slots: Sequence[int]) -> dict[str, Any]:
        """Return the answer to eth_getProof."""
        nonce, balance, values = self.accounts.get(address, (0, 0, {}))
        storage = self.storage.get(address, HexaryTrie({}))
        return {
            "address": "0x" + address.hex(),
            "accountProof": path_nodes(self.state, keccak(address)),
            "balance": hex(balance),
            "nonce": hex(nonce),
            "codeHash": "0x" + keccak(b"").hex(),
            "storageHash": "0x" + storage.root_hash.hex(),
            "storageProof": [
                {
                    "key": f"0x{slot:064x}",
                    "value": hex(values.get(slot, 0)),
                    "proof": path_nodes(storage, keccak(slot.to_bytes(32, "big"))),
                }
                for slot in slots
            ],
        }


def path_nodes(tree: HexaryTrie, key: bytes) -> list[str]:
    """Nodes of a path as eth_getProof gives them: those that are hashed, and the root."""
    if tree.root_hash == EMPTY_ROOT:
        return []
    raw = [rlp.encode(node) for node in tree.get_proof(key)]
    return ["0x" + node.hex() for i, node in enumerate(raw) if i == 0 or len(node) >= 32]


def signed_transactions(count: int) -> list[dict[str, Any]]:
    """Transactions of types 0 and 2 as JSON, signed by eth-account."""
    account = EthAccount.from_key(keccak(b"sender"))
    listed = []
    for nonce in range(count):
        fees = (
            {"gasPrice": 0}
            if nonce % 2
            else {"type": 2, "maxFeePerGas": 7, "maxPriorityFeePerGas": 1}
        )
        fields = {
            "chainId": CHAIN_ID,
            "nonce": nonce,
            "gas": 90_000,
            "to": to_checksum_address("0x" + "00" * 19 + "aa"),
            "value": 0,
            "data": bytes(range(nonce % 50)),
            **fees,
        }
        signed = account.sign_transaction(fields)
        listed.append(
            {
                "type": hex(0 if nonce % 2 else 2),
                "chainId": hex(CHAIN_ID),
                "nonce": hex(nonce),
                "gas": hex(90_000),
                "to": fields["to"],
                "value": "0x0",
                "input": "0x" + fields["data"].hex(),
                "v": hex(signed.v),
                "r": hex(signed.r),
                "s": hex(signed.s),
                "hash": "0x" + bytes(signed.hash).hex(),
                "raw": "0x" + bytes(signed.raw_transaction).hex(),
                **{name: hex(value) for name, value in fees.items() if name != "type"},
            }
        )
    return listed


def receipt(index: int, logs: Sequence[tuple[bytes, list[bytes], bytes]]) -> dict[str, Any]:
    """A receipt as JSON."""
    return {
        "type": hex(0 if index % 2 else 2),
        "status": "0x1",
        "cumulativeGasUsed": hex(21_000 * (index + 1)),
        "logs": [
            {
                "address": "0x" + address.hex(),
                "topics": ["0x" + topic.hex() for topic in topics],
                "data": "0x" + data.hex(),
            }
            for address, topics, data in logs
        ],
    }


def list_root(values: Sequence[bytes]) -> bytes:
    tree = HexaryTrie({})
    for index, value in enumerate(values):
        tree[rlp.encode(index)] = value
    return tree.root_hash


# -- an endpoint -------------------------------------------------------------------------------

Answer = Callable[..., Any]


@dataclass
class Endpoint(HttpPeer):
    """JSON-RPC over a real socket; ``answers`` may be replaced to lie."""

    chain: list[Header]
    world: World = field(default_factory=lambda: World({}))
    answers: dict[str, Answer] = field(default_factory=dict)
    raw: bytes | None = None
    """Sent instead of any answer."""
    delay_s: float = 0.0
    status: int = 200
    calls: list[str] = field(default_factory=list)
    port: int = 0

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        ]
        request = json.loads(await reader.readexactly(lengths[0]))
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        if self.raw is not None:
            writer.write(self.raw)
            await writer.drain()
            return False
        many = isinstance(request, list)
        reply = [self._reply(item) for item in request] if many else self._reply(request)
        body = json.dumps(reply).encode()
        writer.write(
            f"HTTP/1.1 {self.status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        )
        await writer.drain()
        return True

    def _reply(self, request: dict[str, Any]) -> dict[str, Any]:
        method, params = request["method"], request["params"]
        self.calls.append(method)
        answer = self.answers.get(method) or getattr(self, method, None)
        base = {"jsonrpc": "2.0", "id": request["id"]}
        if answer is None:
            return base | {"error": {"code": -32601, "message": f"no method {method}"}}
        return base | {"result": answer(*params)}

    def eth_chainId(self) -> str:
        return hex(CHAIN_ID)

    def eth_blockNumber(self) -> str:
        return hex(self.chain[-1].number)

    def eth_getBlockByNumber(self, number: str, full: bool) -> dict[str, Any] | None:
        at = int(number, 16)
        return to_json(self.chain[at]) if at < len(self.chain) else None

    def eth_getProof(self, address: str, slots: list[str], block: str) -> dict[str, Any]:
        return self.world.proof(bytes.fromhex(address[2:]), [int(slot, 16) for slot in slots])


def network(*urls: str, first: Header | None = None, rules: QbftRules | None = None) -> Network:
    return Network(
        name="lab",
        chain_id=CHAIN_ID,
        rules=rules or QbftRules(),
        genesis_hash=block_hash(first or genesis()),
        validators=VALIDATORS,
        endpoints=urls,
        block_period_s=PERIOD_S,
    )
