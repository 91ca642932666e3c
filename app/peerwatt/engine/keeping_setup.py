"""Sets up this house's turns in clearing and settling, once the contracts' own terms are proven."""

from __future__ import annotations

import logging

from peerwatt.chain.answers.fees import next_base_fee
from peerwatt.config.settings import MarketSettings
from peerwatt.market.keeper import DutyKind, KeeperTerms
from peerwatt.model.ports import Clock
from peerwatt.model.units import interval_at
from peerwatt.model.verified import ChainFault

from .chain_service import ChainService
from .keeping import KeepingService
from .keeping_duties import CommunityDuties, DutyTimes
from .sender import AgentSender

log = logging.getLogger(__name__)

BLOCKS_TO_SEE = 3
"""Blocks within which a transaction is sealed and proven."""


class HouseKeeping:
    """The house's keeper; it begins with the first round in which everything is verified."""

    def __init__(
        self, settings: MarketSettings, chain: ChainService, sender: AgentSender, clock: Clock
    ) -> None:
        self._settings = settings
        self._chain = chain
        self._sender = sender
        self._clock = clock
        self._service: KeepingService | None = None
        self._gas_price_wei = 0

    @property
    def sentence(self) -> str:
        """Why the last duty of ours was not done; empty where nothing hinders."""
        return self._service.sentence if self._service else ""

    @property
    def duties(self) -> dict[str, int]:
        """Duties done by this run, by kind."""
        done = self._service.figures.duties if self._service else {}
        return {kind.value: done.get(kind, 0) for kind in DutyKind}

    async def step(self) -> bool:
        """Do what it is our turn to do; return whether anything was sent. Never raises."""
        chain = self._chain
        if not self._settings.keeper or chain.facts is None or chain.picture is None:
            return False
        if not chain.facts.member.is_active:
            return False
        try:
            service = self._service or await self._begin(chain.facts.rules.gate_closure_s)
        except ChainFault as fault:
            log.info("The contracts' terms are read again later: %s", fault)
            return False
        self._follow_gas(service)
        return await service.step()

    def _follow_gas(self, service: KeepingService) -> None:
        """Leave the duties to others while gas costs something: the house's key has no coins."""
        client = self._chain.client
        head = client.head
        base = next_base_fee(head.header, client.network.rules) if head else None
        if (base or 0) != self._gas_price_wei:
            self._gas_price_wei = base or 0
            service.afford(self._gas_price_wei, 0)

    async def _begin(self, gate_closure_s: int) -> KeepingService:
        community, reader = self._chain.community, self._chain.reader
        code = await reader.code(community.meter.address)
        times = DutyTimes(gate_closure_s, community.meter.due_s(code.value))
        network = self._chain.client.network
        terms = KeeperTerms(step_s=float(BLOCKS_TO_SEE * network.block_period_s))
        addresses = {name: at.lower() for name, at in community.addresses.items()}
        # What fell due before is caught up with by the contracts' own cursors.
        begins = interval_at(self._clock.now_s())
        duties = CommunityDuties(reader, addresses, times, self._clock, begins)
        self._service = KeepingService(self._chain.owner, duties, self._sender, self._clock, terms)
        return self._service
