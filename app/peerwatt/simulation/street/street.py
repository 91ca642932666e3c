"""The street: houses with their devices, the chain, its operators and neighbours, in one clock."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from peerwatt.chain.bindings.community import Community
from peerwatt.chain.clients.bft.light_client import LightClient
from peerwatt.chain.networks import load_network
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.config.clock import DrivenClock
from peerwatt.config.settings import (
    ChainSettings,
    Location,
    OcppDevice,
    OcppServer,
    SunSpecDevice,
)
from peerwatt.devices.modbus import EndpointPool
from peerwatt.devices.ocpp.central import CentralSystem
from peerwatt.devices.sunspec.meter import SunSpecMeterDriver
from peerwatt.devnet.node import DevNode
from peerwatt.devnet.rpc import RpcServer
from peerwatt.model.units import INTERVAL_S, interval_at
from peerwatt.simulation.peers.house_peers import HousePeers
from peerwatt.simulation.physics.house import SimHouse
from peerwatt.simulation.physics.spec import street_houses
from peerwatt.simulation.physics.weather import Weather
from peerwatt.simulation.replay import Replay
from peerwatt.simulation.smart_meter import SmartMeter

from .account import StreetAccount, seeded_key
from .community import (
    RULES,
    TIMES,
    Household,
    Operators,
    found_community,
    join,
    share_charging_point,
)
from .deal import DealServer, sign_deal
from .dso import GridOperator
from .neighbour import Neighbour, neighbour_terms
from .operators import Keeper, Metered, MeteringOperator

VALIDATORS = 4
BLOCK_PERIOD_S = 60


@dataclass(frozen=True, slots=True)
class StreetOptions:
    """How a street is built. ``start_s`` is a Unix second at the beginning of an interval."""

    folder: Path
    start_s: int
    seed: int
    ocpp_port: int
    """Where the owner's engine will listen for the owner's charger."""
    replay: Replay | None = None


class Street:
    """Everything but the owner's engine. :meth:`tick` moves it."""

    def __init__(self, options: StreetOptions) -> None:
        self.options = options
        # One interval is lived through before the start, so that every register has a boundary.
        self.clock = DrivenClock(options.start_s - INTERVAL_S)
        keys = [seeded_key(options.seed, f"validator {i}") for i in range(VALIDATORS)]
        self.node = DevNode(
            options.folder / "chain.sqlite", self.clock, keys, block_period_s=BLOCK_PERIOD_S
        )
        self.rpcs = (RpcServer(self.node), RpcServer(self.node))
        self.weather = Weather(options.seed, Location())
        self.houses = self._houses()
        self.meters = [SmartMeter.seeded(house) for house in self.houses]
        self.production_meters = [
            SmartMeter.seeded(house, of_production=True) if house.spec.pv is not None else None
            for house in self.houses
        ]
        self.peers: list[HousePeers] = []
        self.neighbours: list[Neighbour] = []
        self.operators: Operators
        self.contracts: Community
        self.client: LightClient
        self.reader: ProvenReader
        self.members: list[str] = []
        self.dso: GridOperator
        self._central: CentralSystem | None = None
        self._services: list[MeteringOperator | Keeper | Neighbour | GridOperator | DealServer] = []

    def _houses(self) -> list[SimHouse]:
        options, start_s = self.options, self.options.start_s - INTERVAL_S
        specs = street_houses(options.seed)
        self.weather.prepare(start_s, [spec.pv for spec in specs if spec.pv is not None])
        replay = options.replay
        ours = SimHouse(
            specs[0],
            self.weather,
            start_s,
            pv_source=replay.pv if replay else None,
            load_source=replay.load if replay else None,
        )
        return [ours, *(SimHouse(spec, self.weather, start_s) for spec in specs[1:])]

    # -- building ----------------------------------------------------------------------------

    async def open(self, owner: StreetAccount) -> None:
        """Found the community on the open chain with ``owner`` as member, open all devices."""
        for rpc in self.rpcs:
            await rpc.start()
        self.operators = Operators.seeded(self.node, self.options.seed)
        self.contracts = await found_community(self.node, self.operators)
        households = [
            Household(
                account,
                meter.address,
                production_key_address=production.address if production else None,
            )
            for account, meter, production in zip(
                self._owners(owner), self.meters, self.production_meters, strict=True
            )
        ]
        self.members = [household.owner.address for household in households]
        await join(self.node, self.contracts, self.operators, households)
        await share_charging_point(self.contracts, households[-1].owner)
        self.client = LightClient(load_network(self.chain_settings()), self.clock)
        self.reader = ProvenReader(self.client)
        await self._open_peers()
        await self._employ(households)
        seller = self._deal_seller(households)
        # The next block, which has the deal, is one of the first interval: it begins after that.
        first = interval_at(self.options.start_s) + 1
        await sign_deal(self.contracts, seller, owner, first)
        keeper = self.operators.keeper
        self._services.append(DealServer(keeper, self.contracts, seller.address, first))
        await self._live_through_first_interval()

    @staticmethod
    def _deal_seller(households: Sequence[Household]) -> StreetAccount:
        """Return the first neighbour with sun."""
        return next(one.owner for one in households[1:] if one.production_key_address is not None)

    def _owners(self, owner: StreetAccount) -> list[StreetAccount]:
        others = range(1, len(self.houses))
        return [
            owner,
            *(StreetAccount.seeded(self.node, self.options.seed, f"house {i}") for i in others),
        ]

    async def _open_peers(self) -> None:
        """Open each house's devices; the neighbours' chargers have a central system of theirs."""
        chargers = [
            OcppDevice(device_id=f"charger-{i}", charge_point_id=f"CP-{house.spec.seed}")
            for i, house in enumerate(self.houses)
            if i > 0 and house.charger is not None
        ]
        server = OcppServer.model_construct(host="127.0.0.1", port=0, sample_interval_s=60)
        self._central = CentralSystem(server, chargers, self.clock)
        await self._central.start()
        for index, house in enumerate(self.houses):
            url = self._central.address
            if index == 0:
                url = f"ws://127.0.0.1:{self.options.ocpp_port}"
            peers = HousePeers(house, ocpp_url=url)
            await peers.start()
            self.peers.append(peers)

    async def _employ(self, households: Sequence[Household]) -> None:
        first = interval_at(self.options.start_s)
        contracts, operators = self.contracts, self.operators
        metered = [
            Metered(*one)
            for one in zip(self.members, self.meters, self.production_meters, strict=True)
        ]
        for index in range(1, len(households)):
            neighbour = Neighbour(
                households[index],
                contracts,
                RULES,
                self._meter_driver(index),
                neighbour_terms(index),
                first + 1,
            )
            self.neighbours.append(neighbour)
        self.dso = GridOperator(operators.dso, contracts, self.reader, RULES.zone, first)
        self._services = [
            *self.neighbours,
            MeteringOperator(operators.metering, contracts, metered, first),
            Keeper(operators.keeper, contracts, self.members, first, RULES, TIMES),
            self.dso,
        ]

    def _meter_driver(self, index: int) -> SunSpecMeterDriver:
        settings = SunSpecDevice(
            device_id=f"meter-{index}",
            host="127.0.0.1",
            port=self.peers[index].meter_port,
            unit=1,
            role="meter",
        )
        return SunSpecMeterDriver(settings, EndpointPool(self.clock), self.clock)

    async def _live_through_first_interval(self) -> None:
        start_s = self.options.start_s
        await asyncio.gather(*(n.look() for n in self.neighbours))
        for house in self.houses:
            house.step(start_s, INTERVAL_S)
        self.clock.advance(start_s)

    def chain_settings(self) -> ChainSettings:
        """Return what a member's engine needs to know of the chain: the community's invitation."""
        genesis = self.node.store.block(0)
        if genesis is None:
            raise RuntimeError("the chain has no block 0")
        return ChainSettings(
            network="devnet",
            chain_id=self.node.chain_id,
            endpoints=tuple(rpc.url for rpc in self.rpcs),
            genesis_hash="0x" + genesis.hash.hex(),
            validators=tuple("0x" + v.hex() for v in self.node.sealer.validators),
            block_period_s=BLOCK_PERIOD_S,
            contracts=self.contracts_addresses(),
        )

    def contracts_addresses(self) -> dict[str, str]:
        """Return contract name -> address."""
        return dict(self.contracts.addresses)

    # -- living ------------------------------------------------------------------------------

    async def tick(self, now_s: float) -> None:
        """Move everything to ``now_s``: physics, chargers' messages, trading, the next block."""
        dt_s = now_s - self.clock.now_s()
        for house in self.houses:
            house.step(now_s, dt_s)
        self.clock.advance(now_s)
        await asyncio.gather(*(peers.report_step() for peers in self.peers))
        for service in self._services:
            await service.step(now_s)

    async def seal(self) -> None:
        """Seal a block if there is something to seal, and follow the chain with our own client."""
        if await self.node.tick() is not None:
            await self.client.sync()

    async def close(self) -> None:
        """Close everything."""
        for neighbour in self.neighbours:
            await neighbour.close()
        for peers in self.peers:
            await peers.close()
        if self._central is not None:
            await self._central.close()
        if hasattr(self, "client"):
            await self.client.close()
        for rpc in self.rpcs:
            await rpc.close()
        await self.node.close()
