"""Sets up this house's turns in clearing and settling, once the contracts' own terms are proven."""

from __future__ import annotations

import logging

from peerwatt.config.settings import MarketSettings
from peerwatt.history.records import TransactionParty
from peerwatt.market.keeper import DutyKind, KeeperTerms
from peerwatt.model.ports import Clock, PolicyRefusal
from peerwatt.model.units import interval_at
from peerwatt.model.verified import ChainFault

from .chain_service import ChainService
from .gas import Gas
from .keeping import KeepingService
from .keeping_duties import ESTIMATE_AFTER_S, CommunityDuties, DutyTimes
from .sender import AgentSender
from .upkeep_duties import AllDuties, UpkeepDuties, UpkeepTimes

log = logging.getLogger(__name__)

BLOCKS_TO_SEE = 3
"""Blocks within which a transaction is sealed and proven."""


class DutySender:
    """Sends calls as duties, so that one which another house did first is not told as a fault."""

    def __init__(self, sender: AgentSender) -> None:
        self._sender = sender

    async def call(self, to: str, data: bytes, *, gas: int, what: str) -> str:
        """Send a call; return its hash. Raises ChainFault or PolicyRefusal."""
        by = TransactionParty.KEEPER
        return await self._sender.call(to, data, gas=gas, what=what, by=by)


class HouseKeeping:
    """The house's keeper; it begins with the first round in which everything is verified."""

    def __init__(
        self,
        settings: MarketSettings,
        chain: ChainService,
        sender: AgentSender,
        clock: Clock,
        gas: Gas,
    ) -> None:
        self._settings = settings
        self._chain = chain
        self._sender = sender
        self._clock = clock
        self._service: KeepingService | None = None
        self._gas = gas
        self._affords = (0, 0)

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
            await self._follow_gas(service)
        except (ChainFault, PolicyRefusal) as fault:
            log.info("Duties of the community wait: %s", fault)
            return False
        return await service.step()

    async def _follow_gas(self, service: KeepingService) -> None:
        """Where gas costs something, do only duties that the owner's limit for fees covers."""
        now = await self._gas.now()
        affords = now.price_wei, 0 if now.hindrance else now.left_wei
        if affords != self._affords:
            self._affords = affords
            service.afford(*affords)

    async def _begin(self, gate_closure_s: int) -> KeepingService:
        community, reader = self._chain.community, self._chain.reader
        code = await reader.code(community.meter.address)
        times = DutyTimes(gate_closure_s, community.meter.due_s(code.value))
        network = self._chain.client.network
        terms = KeeperTerms(step_s=float(BLOCKS_TO_SEE * network.block_period_s))
        addresses = {name: at.lower() for name, at in community.addresses.items()}
        # What fell due before is caught up with by the contracts' own cursors.
        begins = interval_at(self._clock.now_s())
        duties = AllDuties(
            CommunityDuties(reader, addresses, times, self._clock, begins),
            UpkeepDuties(reader, addresses, await self._upkeep_times(times), self._clock.now_s()),
            self._clock,
        )
        sender = DutySender(self._sender)
        self._service = KeepingService(self._chain.owner, duties, sender, self._clock, terms)
        return self._service

    async def _upkeep_times(self, times: DutyTimes) -> UpkeepTimes:
        final_s = times.readings_due_s + ESTIMATE_AFTER_S + times.finalise_after_s
        certificates = self._chain.community.certificates
        if certificates is None:
            return UpkeepTimes(final_s)
        code = await self._chain.reader.code(certificates.address)
        close_s = certificates.artefact.immutables(code.value)["close_after_s"]
        return UpkeepTimes(final_s, float(close_s))
