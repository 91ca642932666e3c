"""A client on a driven clock over endpoints of a real socket; shared by the clients' tests."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

from bft_lab import hash_of
from chain_lab import CHAIN_ID, PERIOD_S, Endpoint

from peerwatt.chain.clients.bft.light_client import LightClient
from peerwatt.chain.consensus.bft_rules import BftRules
from peerwatt.chain.consensus.header import Header
from peerwatt.chain.consensus.qbft import QbftRules
from peerwatt.chain.networks import Network, SyncPlan
from peerwatt.chain.status import EndpointState
from peerwatt.config.clock import DrivenClock


class MemoryStore:
    """Keeps records of headers and of evidence."""

    def __init__(self) -> None:
        self.records: list[bytes] = []
        self.evidence: list[bytes] = []

    def load(self) -> list[bytes]:
        return list(self.records)

    def append(self, rlps: Sequence[bytes]) -> None:
        self.records += rlps

    def load_evidence(self) -> list[bytes]:
        return list(self.evidence)

    def put_evidence(self, records: Sequence[bytes]) -> None:
        self.evidence = list(records)


class ClientLab:
    """Endpoints, a clock at the end of the first chain added, and clients that are closed."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self.stack = stack
        self.clock = DrivenClock(0)
        self.endpoints: list[Endpoint] = []

    async def add(self, chain: Sequence[Header], **options: Any) -> Endpoint:
        endpoint = Endpoint(list(chain), **options)
        await self.stack.enter_async_context(endpoint)
        self.endpoints.append(endpoint)
        if self.clock.now_s() < chain[-1].timestamp:
            self.clock.advance(chain[-1].timestamp)
        return endpoint

    def connect(
        self,
        root: Header,
        rules: BftRules | None = None,
        sync: SyncPlan | None = None,
        endpoints: Sequence[Endpoint] | None = None,
        **options: Any,
    ) -> LightClient:
        rules = rules or QbftRules()
        net = Network(
            name="lab",
            chain_id=CHAIN_ID,
            rules=rules,
            genesis_hash=hash_of(root, rules.codec),
            validators=(),
            endpoints=tuple(e.url for e in (endpoints or self.endpoints)),
            block_period_s=PERIOD_S,
            trusted_number=root.number,
            sync=sync or SyncPlan(),
        )
        client = LightClient(net, self.clock, timeout_s=1.5, **options)
        self.stack.push_async_callback(client.close)
        return client


def states(client: LightClient) -> list[EndpointState]:
    return [endpoint.state for endpoint in client.status.endpoints]
