"""A beacon endpoint and a JSON-RPC endpoint over real sockets, serving the lab's chain by a clock.

Either may be told to fail or to lie.
"""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from beacon_lab import (
    GENESIS_S,
    NAMES,
    SLOT_S,
    SLOTS_PER_PERIOD,
    Chain,
    config_for,
    execution_hash,
    to_hex,
)
from chain_lab import CHAIN_ID, to_json
from chain_lab import Endpoint as RpcEndpoint
from http_peer import HttpPeer

from peerwatt.chain.consensus.beacon.rules import BeaconRules
from peerwatt.chain.consensus.header import Header
from peerwatt.chain.networks import Network
from peerwatt.config.clock import DrivenClock

UPDATE_AT = 40
"""Slot within its period of the update that is served for the period."""


def time_of(slot: int) -> float:
    return GENESIS_S + SLOT_S * slot + 3


class Peer(HttpPeer):
    """Answers each path with JSON, as the subclass says; or not, as it is told."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.delay_s = 0.0
        self.raw: bytes | None = None
        """Sent instead of any answer."""
        self.is_endless = False

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b" ")[1].decode()
        self.asked.append(path.rpartition("light_client/")[2])
        await asyncio.sleep(self.delay_s)
        if self.raw is not None:
            writer.write(self.raw)
            await writer.drain()
            return False
        if self.is_endless:
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
                await writer.drain()
        status, answer = self.answer(path)
        body = json.dumps(answer).encode()
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        return True

    def answer(self, path: str) -> tuple[int, Any]:
        raise NotImplementedError


Lie = Callable[[str, dict[str, Any]], None]
"""Alters an object in place; the text names the kind of object."""


class BeaconPeer(Peer):
    """Serves the lab's chain as it is at the clock's time."""

    def __init__(self, chain: Chain, clock: DrivenClock) -> None:
        super().__init__()
        self.chain, self.clock = chain, clock
        self.lag_slots = 0
        self.participants: int = 32
        self.lie: Lie | None = None
        self.max_updates = 128
        self.missing: set[str] = set()

    @property
    def slot(self) -> int:
        return int(self.clock.now_s() - GENESIS_S) // SLOT_S - self.lag_slots

    def answer(self, path: str) -> tuple[int, Any]:
        parts = urlsplit(path)
        prefix = "/eth/v1/beacon/light_client/"
        assert parts.path.startswith(prefix)
        kind, _, argument = parts.path.removeprefix(prefix).partition("/")
        if kind in self.missing:
            return 404, {"code": 404, "message": "not available"}
        if kind == "updates":
            query = parse_qs(parts.query)
            first, count = int(query["start_period"][0]), int(query["count"][0])
            assert count <= 128
            return 200, self._updates(first, min(count, self.max_updates))
        if kind == "bootstrap":
            return self._bootstrap(argument)
        served = {
            "finality_update": self.chain.finality_update,
            "optimistic_update": self.chain.optimistic_update,
        }
        return 200, self._told(kind, served[kind](self.slot - 1, participants=self.participants))

    def _bootstrap(self, root: str) -> tuple[int, Any]:
        for slot in range(0, self.slot, 8):
            if to_hex(self.chain.block(slot).root) == root:
                return 200, self._told("bootstrap", self.chain.bootstrap(slot))
        return 404, {"code": 404, "message": "no such block"}

    def _updates(self, first: int, count: int) -> list[Any]:
        found = []
        for period in range(first, first + count):
            attested = min(period * SLOTS_PER_PERIOD + UPDATE_AT, self.slot - 1)
            if attested < period * SLOTS_PER_PERIOD:
                break
            update = self.chain.update(attested, participants=self.participants)
            found.append(self._told("update", update))
        return found

    def _told(self, kind: str, answer: dict[str, Any]) -> dict[str, Any]:
        if self.lie is None:
            return answer
        altered = copy.deepcopy(answer)
        self.lie(kind, altered)
        return altered


@dataclass
class ExecutionPeer(RpcEndpoint):
    """Serves the execution blocks that belong to the lab's beacon blocks."""

    lab: Chain = field(default_factory=Chain)
    clock: DrivenClock = field(default_factory=lambda: DrivenClock(0))
    lag_blocks: int = 0

    @property
    def newest(self) -> int:
        return int(self.clock.now_s() - GENESIS_S) // SLOT_S - 1 - self.lag_blocks

    def eth_blockNumber(self) -> str:
        return hex(self.newest)

    def eth_getBlockByNumber(self, number: str, full: bool) -> dict[str, Any] | None:
        at = int(number, 16)
        return to_json(self.lab.execution(at)) if at <= self.newest else None

    def eth_getBlockByHash(self, block_hash: str, full: bool) -> dict[str, Any] | None:
        for number in range(self.newest, -1, -1):
            header = self.lab.execution(number)
            if to_hex(execution_hash(header)) == block_hash:
                return to_json(header)
        return None


class Branch(Chain):
    """A history that leaves another one at a slot."""

    def __init__(self, trunk: Chain, slot: int, salt: bytes = b"branch") -> None:
        super().__init__(trunk.schedule, salt)
        self.trunk, self.leaves_at = trunk, slot

    def block(self, slot: int) -> Any:
        return self.trunk.block(slot) if slot < self.leaves_at else super().block(slot)

    def execution(self, number: int) -> Header:
        if number < self.leaves_at:
            return self.trunk.execution(number)
        header = self.trunk.execution(number)
        parent = execution_hash(self.execution(number - 1))
        return replace(header, parent_hash=parent, extra_data=b"branch")


def network(
    checkpoint: bytes | None, beacons: list[str], endpoints: list[str], **changes: Any
) -> Network:
    config = config_for(
        changes.pop("schedule", dict.fromkeys(NAMES[:6], 0)),
        checkpoint=checkpoint,
        beacon_endpoints=tuple(beacons),
        **{"min_participants": 17, **changes},
    )
    return Network(
        name="lab",
        chain_id=CHAIN_ID,
        rules=BeaconRules(config),
        genesis_hash=bytes(32),
        validators=(),
        endpoints=tuple(endpoints),
        block_period_s=SLOT_S,
        consensus="ethereum",
    )
