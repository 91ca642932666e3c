"""A crowd of homes on the real chain: real contracts, agents, meters and duties, light physics.

Each home's load is the simulation's (:class:`LoadModel`), its sun a clear arc under the
simulation's clouds, both asked once for each interval; there are no devices and no sockets. What
goes to the chain is what engines send where transactions cost something: an hour's four orders in
one transaction, and an hour's readings of 16 homes in another.
"""

from __future__ import annotations

import math
import random
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from coincurve import PrivateKey

from peerwatt.chain.bindings.community import Community
from peerwatt.chain.bindings.founding import ORDER, deployments, founding_calls
from peerwatt.chain.bindings.meter import MAX_BATCHES, pack_rows
from peerwatt.chain.encoding import checksum_address, keccak
from peerwatt.config.clock import DrivenClock
from peerwatt.devnet.node import DevNode
from peerwatt.devnet.receipt import decode_receipt
from peerwatt.devnet.store import StoredBlock
from peerwatt.market.agent import TradeTerms, TradingAgent
from peerwatt.model.plan import IntervalForecast, Plan, PlanStep
from peerwatt.model.units import INTERVAL_S, interval_start_s
from peerwatt.simulation.physics.clouds import Clouds
from peerwatt.simulation.physics.load import LoadModel
from peerwatt.simulation.physics.spec import LoadSpec
from peerwatt.simulation.smart_meter import MeterDomain, sign_batch
from peerwatt.simulation.street.account import StreetAccount, seeded_key
from peerwatt.simulation.street.community import (
    DEPLOY_GAS,
    RULES,
    TARIFF,
    UNLIMITED,
    Household,
    Operators,
    fund,
    join,
    terms,
)
from peerwatt.simulation.street.operators import MAX_MEMBERS, in_parts

SEED = 20
VALIDATORS = 4
HOUR_S = 3_600
DUE_S = 2 * HOUR_S
"""Readings come by the hour, so they are awaited for longer than on the demo's street."""

SUPPLIER_CREDIT_MICRO = 20_000_000_000
ORDER_GAS, CLEAR_GAS, BATCH_GAS = 1_000_000, 2_000_000, 30_000_000
JOINING = 50
"""Homes that join between two blocks."""

WITH_PV = 0.45
"""Share of homes with a roof."""

ERROR = 0.2
"""Standard deviation of forecasts, of the forecast."""

LEAD_S = 1_800
"""Orders for an hour are placed this long before it."""


class CrowdHome:
    """One member: its physics, its agent, its meter and its account."""

    def __init__(self, node: DevNode, number: int, clouds: Clouds) -> None:
        chance = random.Random(f"crowd {number}")
        spec = LoadSpec(persons=chance.randint(1, 5), scale=chance.uniform(0.6, 1.4))
        self.owner = StreetAccount.seeded(node, SEED, f"home {number}")
        self.key = PrivateKey(seeded_key(SEED, f"meter {number}"))
        self._load = LoadModel(spec, number)
        self._kwp = chance.uniform(3, 10) if chance.random() < WITH_PV else 0.0
        self._noon_h = chance.uniform(11, 13)
        self._clouds, self._chance = clouds, chance
        margin = chance.choice((8_000, 12_000, 22_000, 35_000, 48_000))
        self._agent = TradingAgent(RULES, TARIFF, TradeTerms(margin_micro_per_kwh=margin))
        self.registers = (0, 0)
        self.orders = 0

    @property
    def meter_address(self) -> str:
        """The meter's address."""
        public = self.key.public_key.format(compressed=False)[1:]
        return checksum_address(keccak(public)[12:])

    def net_wh(self, interval: int) -> int:
        """Return import less export of an interval, Wh."""
        start_s = float(interval_start_s(interval))
        load_w = self._load.mean_power_w(start_s, start_s + INTERVAL_S)
        hour = (start_s + INTERVAL_S / 2) % 86_400 / HOUR_S
        arc = math.cos((hour - self._noon_h) * math.pi / 15)
        sun_w = 750 * self._kwp * max(arc, 0.0) ** 1.5
        if sun_w:
            sun_w *= self._clouds.factor(start_s)
        return round((load_w - sun_w) * INTERVAL_S / HOUR_S)

    async def trade(self, market: str, contracts: Community, hour: int, now_s: float) -> None:
        """Place the orders of an hour in one transaction."""
        steps, unsure = [], []
        for interval in range(4 * hour, 4 * hour + 4):
            net = round(self.net_wh(interval) * self._chance.gauss(1, ERROR))
            price = TARIFF.retail_micro_per_kwh if net > 0 else TARIFF.feed_in_micro_per_kwh
            steps.append(PlanStep(interval, 0, 0, 0, 0, net, None, price, "", price))
            unsure.append(IntervalForecast(interval, 0, 0, round(abs(net) * ERROR)))
        plan = Plan(now_s, tuple(steps))
        made = [
            self._agent.decide(forecast.interval, plan, forecast, now_s).order
            for forecast in unsure
        ]
        orders = [order for order in made if order is not None]
        if orders:
            await self.owner.send(market, contracts.market.place(orders), gas=ORDER_GAS)
            self.orders += len(orders)

    def hour_rows(self, hour: int) -> list[tuple[int, int]]:
        """Return import and export of an hour's intervals, Wh."""
        nets = [self.net_wh(interval) for interval in range(4 * hour, 4 * hour + 4)]
        return [(max(net, 0), max(-net, 0)) for net in nets]


@dataclass(slots=True)
class Phase:
    """What one kind of work took."""

    gas: int = 0
    transactions: int = 0
    failed: int = 0
    blocks: int = 0
    cpu_s: float = 0.0


@dataclass(slots=True)
class Crowd:
    """Homes, their chain and what each kind of work took."""

    node: DevNode
    clock: DrivenClock
    operators: Operators
    homes: list[CrowdHome]
    contracts: Community
    phases: dict[str, Phase] = field(default_factory=dict)

    @classmethod
    async def found(cls, folder: Path, count: int, start_s: int) -> Crowd:
        """Open a chain, found the community on it and let the homes join."""
        clock = DrivenClock(start_s - 6 * HOUR_S)
        keys = [seeded_key(SEED, f"validator {i}") for i in range(VALIDATORS)]
        node = DevNode(folder / "chain.sqlite", clock, keys)
        await node.open()
        operators, clouds = Operators.seeded(node, SEED), Clouds(SEED)
        homes = [CrowdHome(node, number, clouds) for number in range(count)]
        crowd = cls(node, clock, operators, homes, await _found(node, operators))
        for part in in_parts(homes, JOINING):
            households = [Household(home.owner, home.meter_address) for home in part]
            before = node.head.number
            await join(node, crowd.contracts, operators, households)
            for number in range(before + 1, node.head.number + 1):
                crowd.book("joining", node.store.block(number))
            await crowd.seal("joining")
            say(f"{count} homes: {homes.index(part[-1]) + 1} have joined")
        return crowd

    async def seal(self, name: str) -> None:
        """Seal blocks until nothing waits, and book what they hold."""
        self.phases.setdefault(name, Phase())
        while len(self.node.pool):
            self.book(name, await self.node.tick())

    def book(self, name: str, block: StoredBlock | None) -> None:
        """Count what a block holds."""
        if block is None:
            raise RuntimeError(f"{len(self.node.pool)} transactions cannot run.")
        phase = self.phases.setdefault(name, Phase())
        phase.blocks += 1
        phase.gas += block.header.gas_used
        held = [decode_receipt(one.receipt) for one in block.transactions]
        phase.transactions += len(held)
        phase.failed += sum(not receipt.succeeded for receipt in held)

    async def live(self, first_hour: int, hours: int) -> None:
        """Live through some hours, until the last of them is settled and final."""
        due: list[tuple[float, str, int]] = []
        for hour in range(first_hour, first_hour + hours):
            start_s = hour * HOUR_S
            due.append((start_s - LEAD_S, "orders", hour))
            due += [(start_s + i * INTERVAL_S - 165, "clear", 4 * hour + i) for i in range(4)]
            due.append((start_s + HOUR_S + 15, "settle", hour))
            due.append((start_s + HOUR_S + DUE_S + 60, "finalise", hour))
        duties = {"orders": self._orders, "clear": self._clear}
        duties |= {"settle": self._settle, "finalise": self._finalise}
        for at_s, name, subject in sorted(due):
            self.clock.advance(max(at_s, self.clock.now_s()))
            begun = time.process_time()
            await duties[name](subject)
            await self.seal(name)
            self.phases[name].cpu_s += time.process_time() - begun
            if name in {"settle", "finalise"}:
                gas = sum(phase.gas for phase in self.phases.values())
                say(f"{len(self.homes)} homes: {name} hour {subject - first_hour + 1} of {hours}, "
                    f"{gas / 1e6:.0f} M gas so far")  # fmt: skip

    async def _orders(self, hour: int) -> None:
        market = self.contracts.market.address
        for home in self.homes:
            await home.trade(market, self.contracts, hour, self.clock.now_s())

    async def _clear(self, interval: int) -> None:
        market = self.contracts.market
        for book in RULES.books:
            data = market.clear(book.book, interval)
            await self.operators.keeper.send(market.address, data, gas=CLEAR_GAS)

    async def _settle(self, hour: int) -> None:
        settlement = self.contracts.settlement
        domain = MeterDomain(self.node.chain_id, self.contracts.meter.address)
        for part in in_parts(self.homes, MAX_BATCHES):
            batches = []
            for home in part:
                rows, before = home.hour_rows(hour), home.registers
                packed, member = pack_rows(rows), home.owner.address
                batches.append(sign_batch(home.key, domain, member, 4 * hour, before, packed))
                drawn, fed = map(sum, zip(*rows, strict=True))
                home.registers = (before[0] + drawn, before[1] + fed)
            data = settlement.settle(batches)
            await self.operators.metering.send(settlement.address, data, gas=BATCH_GAS)

    async def _finalise(self, _hour: int) -> None:
        settlement = self.contracts.settlement
        for part in in_parts(self.homes, MAX_MEMBERS):
            data = settlement.finalise([home.owner.address for home in part], 4)
            await self.operators.keeper.send(settlement.address, data, gas=BATCH_GAS)


async def _found(node: DevNode, operators: Operators) -> Community:
    """Found the street's community, with readings awaited for longer."""
    agreed = replace(terms(operators), readings_due_s=DUE_S, certificates_close_s=2 * DUE_S)
    community, supplier = operators.community, operators.supplier
    at = dict(zip(ORDER, community.next_contracts(len(ORDER)), strict=True))
    for name, data in deployments(agreed, at).items():
        await community.send(None, data, gas=DEPLOY_GAS)
        if ORDER.index(name) % 4 == 3:
            await node.tick()
    await node.tick()
    for call in founding_calls(agreed, at):
        await community.send(call.to, call.data)
    await node.tick()
    contracts = Community(at)
    await fund(contracts, operators, supplier.address, SUPPLIER_CREDIT_MICRO)
    credit, market = contracts.credit, contracts.market
    await supplier.send(credit.address, credit.approve(market.address, UNLIMITED))
    await supplier.send(market.address, market.deposit(SUPPLIER_CREDIT_MICRO))
    await node.tick()
    return contracts


def say(text: str) -> None:
    """Tell how far the crowd is."""
    print(text, file=sys.stderr, flush=True)
