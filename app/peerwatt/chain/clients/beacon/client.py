"""Client for Ethereum's proof of stake: a verified view of its execution blocks.

The beacon chain is followed from a checkpoint (:mod:`.follower`); the execution block it
names is fetched by hash from the JSON-RPC endpoints (:mod:`.blocks`). Neither kind of
endpoint is believed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from peerwatt.model.ports import Clock
from peerwatt.model.verified import ChainFault, Unproven

from ...consensus.beacon.rules import BeaconRules, ExecutionState
from ...encoding import EncodingFault, keccak
from ...endpoints.endpoint import Endpoint, NotServed
from ...endpoints.patience import allowance
from ...networks import Network, NetworkFault
from ...ports import HeaderStore
from ...status import ChainStatus, EndpointStatus, Evidence, SyncState
from ..chain_client import STALE_PERIODS, ChainClient
from ..evidence import EvidenceKeeper
from .blocks import ExecutionBlocks
from .follower import BeaconFollower
from .rest import BeaconRest
from .store import CommitteeStore

log = logging.getLogger(__name__)

NO_FINALITY_EPOCHS = 8
"""So long after the newest finalized block the lack of finality is told: it is 2 to 3 usually."""


class BeaconClient(ChainClient[ExecutionState]):
    """Verified view of one network with proof of stake; implements ``VerifiedChain``."""

    can_resolve = False
    rivals: tuple[bytes, bytes] | None = None
    """Not told: what contradicts itself are histories of the beacon chain, not two blocks."""

    def __init__(
        self,
        network: Network,
        clock: Clock,
        store: HeaderStore | None = None,
        *,
        timeout_s: float = 5.0,
        on_evidence: Callable[[Evidence], None] | None = None,
        committees: CommitteeStore | None = None,
    ) -> None:
        """``store`` keeps verified state, ``committees`` decompressed keys between runs."""
        if not isinstance(network.rules, BeaconRules):
            raise NetworkFault(f"Network {network.name!r} describes no proof of stake.")
        config = network.rules.config
        if not config.beacon_endpoints:
            raise NetworkFault(f"Network {network.name!r} names no beacon_endpoints.")
        trust = config.genesis_validators_root + (config.checkpoint or b"")
        super().__init__(
            network,
            clock,
            EvidenceKeeper(store, trust, keccak),
            timeout_s=timeout_s,
            on_evidence=on_evidence,
        )
        self._rules = network.rules
        self._follower = BeaconFollower(
            config,
            clock,
            self.counters,
            timeout_s=timeout_s,
            records=store,
            committees=committees,
        )
        self._blocks = ExecutionBlocks(self._rules)

    # -- what is known -----------------------------------------------------------------------

    @property
    def head(self) -> ExecutionState | None:
        """The execution block that the sync committee attests to."""
        return self._blocks.tip

    @property
    def final_number(self) -> int | None:
        """Number of the newest finalized execution block."""
        final = self._blocks.final
        return final.header.number if final else None

    def block(self, number: int) -> ExecutionState | None:
        """Return a verified block that is still kept, by number."""
        return self._blocks.get(number)

    @property
    def beacon_sources(self) -> list[BeaconRest]:
        """The beacon endpoints whose last answer held: whoever asks them believes nothing."""
        return [endpoint.rest for endpoint in self._follower.usable]

    # -- one round ---------------------------------------------------------------------------

    async def sync(self) -> ChainStatus:
        """Do one round; never raises for what an endpoint does.

        Cheap when nothing is new: one ``eth_blockNumber`` for each JSON-RPC endpoint, and two
        small objects of each beacon endpoint once a slot.
        """
        async with self._round:
            if self.evidence is None:
                await self._load()
            if self.evidence is None:
                answered, _ = await asyncio.gather(
                    self._pool.poll(self._greet), self._follower.advance()
                )
                await self._stop_on(self._follower.evidence)
                for endpoint in self._pool.in_turn(answered):
                    await self._advance(endpoint)
                await self._follower.save()
            return self.status

    async def _load(self) -> None:
        """Take up what earlier runs kept: verified state, or the reason why one stopped."""
        if self._is_loaded:
            return
        try:
            await self._keeper.load()
        except EncodingFault as fault:
            log.warning("The evidence of earlier runs is damaged: %s", fault)
        self.evidence = self._keeper.open
        await self._follower.load()
        self._is_loaded = True

    async def resolve_evidence(
        self,
        *,
        follow_other: bool = False,  # noqa: ARG002 -- there is nothing to choose from
    ) -> Evidence | None:
        """Refuse: under proof of stake only a new checkpoint says which history is right.

        Evidence belongs to the checkpoint from which it was found. Raises Unproven.
        """
        if self.evidence is None:
            return None
        raise Unproven(
            "Which history is right follows from a new checkpoint only: take it from a source you "
            "trust, enter it in site.json and start the engine again."
        )

    async def close(self) -> None:
        """Write what is unsaved and close all connections."""
        async with self._round:
            await self._follower.save()
            await self._follower.close()
            await self._pool.close()

    async def _greet(self, endpoint: Endpoint) -> None:
        """Check the chain id; which blocks are right is settled by their hashes alone."""
        self._check_chain_id(await endpoint.rpc.call("eth_chainId"))
        endpoint.is_greeted, endpoint.agreed = True, -1
        endpoint.follows()

    async def _advance(self, endpoint: Endpoint) -> None:
        """Bring the blocks to the verified head, or check that an endpoint has it."""
        store = self._follower.store
        if store is None or self._follower.is_behind or self.evidence is not None:
            return
        if store.optimistic.block_hash is None:
            return
        try:
            with allowance(self._pool.timeout_s):
                before = self._blocks.linked
                await self._blocks.move(endpoint, store.optimistic.block_hash)
                await self._stop_on(self._blocks.evidence)
                await self._blocks.fill(endpoint)
                self.counters.headers_verified += self._blocks.linked - before
                self._blocks.note_final(store.finalized.block_hash)
                await self._compare(endpoint)
        except NotServed as fault:
            endpoint.lags(str(fault))
        except ChainFault as fault:
            self._pool.refuse(endpoint, fault)

    async def _compare(self, endpoint: Endpoint) -> None:
        """Check once for each head that an endpoint has it; raises NotServed if it has not."""
        tip = self._blocks.tip
        if tip is None:
            return
        if endpoint.agreed != tip.header.number:
            await self._blocks.by_hash(endpoint, tip.block_hash)
            endpoint.agreed = tip.header.number
        endpoint.head = max(endpoint.head or 0, tip.header.number)
        endpoint.follows(tip.header.number)

    async def _stop_on(self, evidence: Evidence | None) -> None:
        """Stop for good when validators contradicted themselves."""
        if evidence is not None and self.evidence is None:
            await self._stop(evidence)

    # -- for the screen ----------------------------------------------------------------------

    @property
    def _validator_count(self) -> int:
        return self._rules.config.committee_size

    def _endpoint_statuses(self, tip: int | None) -> tuple[EndpointStatus, ...]:
        config, now_s = self._rules.config, self.clock.now_s()
        beacons = tuple(
            endpoint.status(
                now_s, None if endpoint.slot is None else now_s - config.slot_time_s(endpoint.slot)
            )
            for endpoint in self._follower.endpoints
        )
        return super()._endpoint_statuses(tip) + beacons

    @property
    def _stale_s(self) -> float:
        return STALE_PERIODS * self._rules.config.seconds_per_slot

    def _state(self) -> tuple[SyncState, str]:
        if self.evidence is not None:
            return SyncState.STOPPED, self._stopped_sentence
        if self._follower.trust_fault:
            return SyncState.EXPIRED, self._follower.trust_fault
        if not self._is_loaded:
            return SyncState.STARTING, "Connecting to the chain."
        if not self._follower.usable:
            last = "; ".join(e.sentence.rstrip(".") for e in self._follower.endpoints)
            return SyncState.AWAY, f"No beacon endpoint can be used: {last}."
        if not self._pool.usable:
            return SyncState.AWAY, "No endpoint serves this chain's blocks at the moment."
        return self._verified_state()

    def _verified_state(self) -> tuple[SyncState, str]:
        """Return the state while both kinds of endpoint can be used."""
        store, head, config = self._follower.store, self._blocks.tip, self._rules.config
        if store is None or self._follower.is_behind:
            return SyncState.STARTING, "Checking the sync committees since the checkpoint."
        if store.optimistic.block_hash is None:
            return SyncState.BEHIND, "The verified beacon block names no execution block."
        age_s = self.clock.now_s() - config.slot_time_s(store.optimistic.slot + 1)
        if age_s > self._stale_s:
            return SyncState.STALE, (
                f"The newest attested block was due {age_s:.0f} s ago; "
                f"one is due every {config.seconds_per_slot} s."
            )
        if head is None or head.block_hash != store.optimistic.block_hash:
            return SyncState.BEHIND, (
                "No endpoint serves the block that the validators attest to yet."
            )
        words = f"Verified up to block {head.header.number}.{self._caveat()}"
        return SyncState.VERIFIED, words

    def _caveat(self) -> str:
        """Return what a reader should know beside; empty when all is well."""
        words = self._pool.caveat()
        liars = self._follower.liars
        if liars:
            words += f" Contradicted by {', '.join(liars)}, whose updates do not hold."
        store, config = self._follower.store, self._rules.config
        if store is not None:
            age_s = self.clock.now_s() - config.slot_time_s(store.finalized.slot)
            if age_s > NO_FINALITY_EPOCHS * config.slots_per_epoch * config.seconds_per_slot:
                words += f" Nothing was finalized for {age_s / 60:.0f} minutes."
        return words

    @property
    def _stopped_sentence(self) -> str:
        height = self.evidence.height if self.evidence else 0
        return (
            f"Stopped: the validators attested to two histories that exclude each other at "
            f"height {height}. The evidence is kept; compare with a source you trust and enter a "
            "new checkpoint."
        )
