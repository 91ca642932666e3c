"""A beacon chain in small (minimal preset, every fork), signed with real keys, as the API's JSON.

Independent of the code under test: types, generalized indices and roots come from the executable
specification, trees and branches are hashed here, signatures are made with the members' keys.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import rlp
from chain_lab import genesis as execution_genesis
from chain_lab import keccak
from py_arkworks_bls12381 import G1Point, G2Point, Scalar

from peerwatt.chain.consensus.beacon.config import BeaconConfig
from peerwatt.chain.consensus.beacon.forks import Fork
from peerwatt.chain.consensus.header import Header

SIZE = 32
SLOTS_PER_EPOCH = 8
SLOTS_PER_PERIOD = 64
GENESIS_S = 1_750_000_000
SLOT_S = 6
VALIDATORS_ROOT = hashlib.sha256(b"validators of the lab").digest()
NAMES = ("altair", "bellatrix", "capella", "deneb", "electra", "fulu", "gloas")
FAR = 2**64 - 1

SCHEDULE = {
    "altair": 0, "bellatrix": 2, "capella": 4, "deneb": 10, "electra": 18, "fulu": 27, "gloas": 34,
}  # fmt: skip
"""First epochs of a chain that passes every fork; a period has 8 epochs."""


def spec_of(name: str) -> Any:
    return importlib.import_module(f"eth_consensus_specs.{name}.minimal")


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def to_hex(data: bytes) -> str:
    return "0x" + bytes(data).hex()


def config_for(schedule: Mapping[str, int] = SCHEDULE, **changes: Any) -> BeaconConfig:
    forks = {Fork.PHASE0: (0, bytes.fromhex("00000001"))}
    for name in NAMES:
        if name in schedule:
            fork = Fork[name.upper()]
            forks[fork] = (schedule[name], bytes((fork, 0, 0, 1)))
    parts: dict[str, Any] = {
        "genesis_validators_root": VALIDATORS_ROOT,
        "genesis_time_s": GENESIS_S,
        "forks": forks,
        "seconds_per_slot": SLOT_S,
        "slots_per_epoch": SLOTS_PER_EPOCH,
        "epochs_per_period": SLOTS_PER_PERIOD // SLOTS_PER_EPOCH,
        "committee_size": SIZE,
    }
    return BeaconConfig(**(parts | changes))


# -- trees -------------------------------------------------------------------------------------


class Tree:
    """A Merkle tree of which some nodes are given; the others are arbitrary."""

    def __init__(self, nodes: Mapping[int, bytes], salt: bytes) -> None:
        self.nodes = dict(nodes)
        self._inner = {index >> up for index in nodes for up in range(1, index.bit_length())}
        self._salt = salt

    def node(self, index: int) -> bytes:
        if index not in self.nodes:
            if index in self._inner:
                self.nodes[index] = sha(self.node(2 * index) + self.node(2 * index + 1))
            else:
                self.nodes[index] = sha(self._salt + index.to_bytes(4, "big"))
        return self.nodes[index]

    @property
    def root(self) -> bytes:
        return self.node(1)

    def branch(self, index: int) -> list[bytes]:
        return [self.node(index >> up ^ 1) for up in range(index.bit_length() - 1)]


def padded(branch: list[bytes], length: int) -> list[str]:
    return [to_hex(node) for node in [bytes(32)] * (length - len(branch)) + branch]


# -- committees --------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def secrets(period: int) -> tuple[int, ...]:
    return tuple(
        int.from_bytes(sha(b"%d/%d" % (period, index))[:16], "big") for index in range(SIZE)
    )


@lru_cache(maxsize=64)
def committee(period: int) -> dict[str, Any]:
    points = [G1Point() * Scalar(secret) for secret in secrets(period)]
    total = points[0]
    for point in points[1:]:
        total = total + point
    return {
        "pubkeys": [to_hex(point.to_compressed_bytes()) for point in points],
        "aggregate_pubkey": to_hex(total.to_compressed_bytes()),
    }


@lru_cache(maxsize=64)
def committee_root(period: int) -> bytes:
    spec = spec_of("altair")
    return bytes(spec.hash_tree_root(decoded(committee(period), spec.SyncCommittee)))


EMPTY_COMMITTEE = {"pubkeys": [to_hex(bytes(48))] * SIZE, "aggregate_pubkey": to_hex(bytes(48))}
SUITE = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"


def sign(members: list[int], message: bytes) -> bytes:
    """Return the aggregate signature of members with these secrets."""
    return (G2Point.hash_to_curve(message, SUITE) * Scalar(sum(members))).to_compressed_bytes()


def decoded(data: Any, kind: Any) -> Any:
    """Read API JSON into a type of the specification."""
    from eth_consensus_specs.debug.decode import decode

    def numbers(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: numbers(item) for key, item in value.items()}
        if isinstance(value, list):
            return [numbers(item) for item in value]
        return int(value) if value.isdecimal() else value

    return decode(numbers(data), kind)


# -- the chain ---------------------------------------------------------------------------------


class Chain:
    """One history; another ``salt`` gives another one with the same committees."""

    def __init__(self, schedule: Mapping[str, int] = SCHEDULE, salt: bytes = b"") -> None:
        self.schedule = dict(schedule)
        self.salt = salt
        self.next_period = 1
        """Which committee states name as the next one: this many periods ahead."""
        self._blocks: dict[int, Block] = {}
        self._execution: list[Header] = []

    def fork(self, slot: int) -> str:
        epoch = slot // SLOTS_PER_EPOCH
        return [name for name in NAMES if self.schedule.get(name, FAR) <= epoch][-1]

    def block(self, slot: int) -> Block:
        if slot not in self._blocks:
            self._blocks[slot] = Block(self, slot)
        return self._blocks[slot]

    def execution(self, number: int) -> Header:
        """Return the execution block of this number; it belongs to the slot of that number."""
        while len(self._execution) <= number:
            at = len(self._execution)
            parent = execution_hash(self._execution[-1]) if at else bytes(32)
            header = execution_genesis()
            self._execution.append(
                replace(
                    header,
                    number=at,
                    parent_hash=parent,
                    timestamp=GENESIS_S + SLOT_S * at,
                    state_root=self.state_root(at),
                    extra_data=b"lab" + self.salt[:8],
                )
            )
        return self._execution[number]

    def state_root(self, number: int) -> bytes:
        return sha(b"state" + self.salt + number.to_bytes(8, "big"))

    def bootstrap(self, slot: int, version: str | None = None) -> dict[str, Any]:
        block = self.block(slot)
        version = version or self.fork(slot)
        length = gindex(version, "NEXT_SYNC_COMMITTEE_GINDEX").bit_length() - 1
        at = gindex(self.fork(slot), "CURRENT_SYNC_COMMITTEE_GINDEX")
        return {
            "version": version,
            "data": {
                "header": block.light_header(version),
                "current_sync_committee": committee(slot // SLOTS_PER_PERIOD),
                "current_sync_committee_branch": padded(block.state.branch(at), length),
            },
        }

    def update(
        self,
        attested: int,
        *,
        version: str | None = None,
        signature_slot: int | None = None,
        participants: int | list[int] = SIZE,
        finality: bool = True,
        next_committee: bool = True,
        signers_of: int | None = None,
    ) -> dict[str, Any]:
        """Return a LightClientUpdate, complete or with zeros where something is left out."""
        block = self.block(attested)
        version = version or self.fork(attested)
        own = self.fork(attested)
        signature_slot = attested + 1 if signature_slot is None else signature_slot
        final_length = gindex(version, "FINALIZED_ROOT_GINDEX").bit_length() - 1
        next_length = gindex(version, "NEXT_SYNC_COMMITTEE_GINDEX").bit_length() - 1
        final = block.state.branch(gindex(own, "FINALIZED_ROOT_GINDEX")) if finality else []
        following = block.state.branch(gindex(own, "NEXT_SYNC_COMMITTEE_GINDEX"))
        header = self.block(block.finalized) if finality and block.finalized else None
        period = attested // SLOTS_PER_PERIOD + self.next_period
        data = {
            "attested_header": block.light_header(version),
            "next_sync_committee": committee(period) if next_committee else EMPTY_COMMITTEE,
            "next_sync_committee_branch": padded(following if next_committee else [], next_length),
            "finalized_header": header.light_header(version) if header else blank_header(version),
            "finality_branch": padded(final, final_length),
            "sync_aggregate": self.aggregate(
                block.root, signature_slot, participants, signers_of=signers_of
            ),
            "signature_slot": str(signature_slot),
        }
        return {"version": version, "data": data}

    def finality_update(self, attested: int, **options: Any) -> dict[str, Any]:
        return without(self.update(attested, **options), "next_sync_committee")

    def optimistic_update(self, attested: int, **options: Any) -> dict[str, Any]:
        update = without(self.update(attested, **options), "next_sync_committee")
        return without(update, "final")

    def aggregate(
        self,
        root: bytes,
        signature_slot: int,
        participants: int | list[int] = SIZE,
        *,
        signers_of: int | None = None,
    ) -> dict[str, Any]:
        """Return the aggregate of some members over a block's root."""
        members = list(range(participants)) if isinstance(participants, int) else participants
        period = signature_slot // SLOTS_PER_PERIOD if signers_of is None else signers_of
        keys = [secrets(period)[index] for index in members]
        bits = sum(1 << index for index in members)
        version = bytes((NAMES.index(self.fork(max(signature_slot, 1) - 1)) + 1, 0, 0, 1))
        domain = bytes.fromhex("07000000") + sha(version.ljust(32, b"\0") + VALIDATORS_ROOT)[:28]
        return {
            "sync_committee_bits": to_hex(bits.to_bytes(SIZE // 8, "little")),
            "sync_committee_signature": to_hex(sign(keys, sha(root + domain))),
        }


class Block:
    """A beacon block's header with the trees of its state and body."""

    def __init__(self, chain: Chain, slot: int) -> None:
        self.chain, self.slot = chain, slot
        self.own = chain.fork(slot)
        self.finalized = max(slot // SLOTS_PER_EPOCH - 2, 0) * SLOTS_PER_EPOCH
        """Slot of the block finalized in this one's state; 0 stands for genesis, a zero root."""
        self.salt = chain.salt + slot.to_bytes(8, "big")
        period = slot // SLOTS_PER_PERIOD
        final = chain.block(self.finalized).root if self.finalized else bytes(32)
        self.state = Tree(
            {
                gindex(self.own, "FINALIZED_ROOT_GINDEX"): final,
                gindex(self.own, "CURRENT_SYNC_COMMITTEE_GINDEX"): committee_root(period),
                gindex(self.own, "NEXT_SYNC_COMMITTEE_GINDEX"): committee_root(
                    period + chain.next_period
                ),
            },
            self.salt + b"state",
        )
        self.payload = self._payload()
        self.body = Tree(self._body(), self.salt + b"body")
        self.beacon = {
            "slot": str(slot),
            "proposer_index": str(slot % 7),
            "parent_root": to_hex(sha(self.salt + b"parent")),
            "state_root": to_hex(self.state.root),
            "body_root": to_hex(self.body.root),
        }
        spec = spec_of("altair")
        self.root = bytes(spec.hash_tree_root(decoded(self.beacon, spec.BeaconBlockHeader)))

    @property
    def execution_hash(self) -> bytes:
        return execution_hash(self.chain.execution(self.slot))

    def _payload(self) -> dict[str, Any]:
        header = self.chain.execution(self.slot)
        return {
            "parent_hash": to_hex(header.parent_hash),
            "fee_recipient": to_hex(header.beneficiary),
            "state_root": to_hex(header.state_root),
            "receipts_root": to_hex(header.receipts_root),
            "logs_bloom": to_hex(header.logs_bloom),
            "prev_randao": to_hex(header.mix_hash),
            "block_number": str(header.number),
            "gas_limit": str(header.gas_limit),
            "gas_used": str(header.gas_used),
            "timestamp": str(header.timestamp),
            "extra_data": to_hex(header.extra_data),
            "base_fee_per_gas": str(header.base_fee),
            "block_hash": to_hex(execution_hash(header)),
            "transactions_root": to_hex(sha(self.salt + b"transactions")),
            "withdrawals_root": to_hex(sha(self.salt + b"withdrawals")),
            "blob_gas_used": "131072" if self.has_blobs else "0",
            "excess_blob_gas": "4096" if self.has_blobs else "0",
        }

    @property
    def has_blobs(self) -> bool:
        return NAMES.index(self.own) >= NAMES.index("deneb")

    def _body(self) -> dict[int, bytes]:
        """Return the nodes of the body's tree that matter, by the layout of this slot's fork."""
        if self.own in ("altair", "bellatrix"):
            return {}
        if self.own == "gloas":
            return {int(spec_of("gloas").EXECUTION_BLOCK_HASH_GINDEX_GLOAS): self.execution_hash}
        spec = spec_of("deneb" if self.has_blobs else "capella")
        payload = decoded(self.payload, spec.ExecutionPayloadHeader)
        width = 32 if self.has_blobs else 16
        roots = [bytes(spec.hash_tree_root(getattr(payload, name))) for name in payload.fields()]
        roots += [bytes(32)] * (width - len(roots))
        return {int(spec.EXECUTION_PAYLOAD_GINDEX) * width + i: r for i, r in enumerate(roots)}

    def light_header(self, version: str) -> dict[str, Any]:
        """Return the LightClientHeader in the form of ``version``, which may be a later fork."""
        if version in ("altair", "bellatrix"):
            return {"beacon": self.beacon}
        if self.own in ("altair", "bellatrix"):
            return blank_header(version) | {"beacon": self.beacon}
        if version == "gloas":
            gloas = spec_of("gloas")
            index = {
                "capella": gloas.EXECUTION_BLOCK_HASH_GINDEX,
                "gloas": gloas.EXECUTION_BLOCK_HASH_GINDEX_GLOAS,
            }.get(self.own, gloas.EXECUTION_BLOCK_HASH_GINDEX_DENEB)
            return {
                "beacon": self.beacon,
                "execution_block_hash": to_hex(self.execution_hash),
                "execution_branch": padded(self.body.branch(int(index)), 11),
            }
        payload = dict(self.payload)
        if version == "capella":
            del payload["blob_gas_used"], payload["excess_blob_gas"]
        branch = padded(self.body.branch(25), 4)
        return {"beacon": self.beacon, "execution": payload, "execution_branch": branch}


def execution_hash(header: Header) -> bytes:
    fields = [
        header.parent_hash, header.ommers_hash, header.beneficiary, header.state_root,
        header.transactions_root, header.receipts_root, header.logs_bloom, header.difficulty,
        header.number, header.gas_limit, header.gas_used, header.timestamp, header.extra_data,
        header.mix_hash, header.nonce, header.base_fee, header.withdrawals_root,
        header.blob_gas_used, header.excess_blob_gas, header.parent_beacon_block_root,
        header.requests_hash,
    ]  # fmt: skip
    return keccak(rlp.encode(fields))


def gindex(fork: str, name: str) -> int:
    """Return a generalized index as the specification has it at a fork."""
    suffix = "" if fork in NAMES[:4] else "_GLOAS" if fork == "gloas" else "_ELECTRA"
    return int(getattr(spec_of("gloas"), name + suffix))


def blank_header(version: str) -> dict[str, Any]:
    """Return the placeholder for no header."""
    zero = to_hex(bytes(32))
    beacon = {"slot": "0", "proposer_index": "0", "parent_root": zero, "state_root": zero,
              "body_root": zero}  # fmt: skip
    if version in ("altair", "bellatrix"):
        return {"beacon": beacon}
    if version == "gloas":
        return {
            "beacon": beacon,
            "execution_block_hash": zero,
            "execution_branch": [zero] * 11,
        }
    kind = spec_of(version).ExecutionPayloadHeader
    payload = {}
    for name, value in ((n, getattr(kind(), n)) for n in kind.fields()):
        payload[name] = str(int(value)) if isinstance(value, int) else to_hex(bytes(value))
    payload["extra_data"] = "0x"
    return {"beacon": beacon, "execution": payload, "execution_branch": [zero] * 4}


def without(update: dict[str, Any], start: str) -> dict[str, Any]:
    data = {key: value for key, value in update["data"].items() if not key.startswith(start)}
    return {"version": update["version"], "data": data}
