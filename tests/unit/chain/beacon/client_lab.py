"""A client between peers that serve the lab's chain, on a clock that is driven."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

from beacon_lab import NAMES, Chain
from beacon_peer import BeaconPeer, ExecutionPeer, network, time_of

from peerwatt.chain.clients.beacon.client import BeaconClient
from peerwatt.chain.status import EndpointState
from peerwatt.config.clock import DrivenClock

ALL_FROM_START = dict.fromkeys(NAMES[:6], 0)
CHAIN = Chain(ALL_FROM_START)
NOW = 180


class Lab:
    def __init__(self, stack: AsyncExitStack) -> None:
        self.stack = stack
        self.clock = DrivenClock(time_of(NOW))
        self.beacons: list[BeaconPeer] = []
        self.executions: list[ExecutionPeer] = []

    async def beacon(self, chain: Chain = CHAIN) -> BeaconPeer:
        peer = BeaconPeer(chain, self.clock)
        await self.stack.enter_async_context(peer)
        self.beacons.append(peer)
        return peer

    async def execution(self, chain: Chain = CHAIN) -> ExecutionPeer:
        peer = ExecutionPeer([], lab=chain, clock=self.clock)
        await self.stack.enter_async_context(peer)
        self.executions.append(peer)
        return peer

    def connect(
        self, checkpoint: int | None = 16, options: dict[str, Any] | None = None, **changes: Any
    ) -> BeaconClient:
        root = None if checkpoint is None else self.beacons[0].chain.block(checkpoint).root
        described = network(
            root, [b.url for b in self.beacons], [e.url for e in self.executions], **changes
        )
        client = BeaconClient(described, self.clock, timeout_s=2.0, **(options or {}))
        self.stack.push_async_callback(client.close)
        return client

    def go(self, slot: int) -> None:
        self.clock.advance(time_of(slot))


def states(client: BeaconClient) -> list[EndpointState]:
    """States of the JSON-RPC endpoints, then of the beacon endpoints."""
    return [endpoint.state for endpoint in client.status.endpoints]


FOLLOWING, BEHIND, AWAY, CONTRADICTS = (
    EndpointState.FOLLOWING,
    EndpointState.BEHIND,
    EndpointState.AWAY,
    EndpointState.CONTRADICTS,
)
