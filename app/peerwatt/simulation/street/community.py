"""Founds the community on the chain: contracts, roles, members, tariffs, first credits."""

from __future__ import annotations

from dataclasses import dataclass

from peerwatt.chain.bindings.community import Community
from peerwatt.chain.bindings.credit import Credit
from peerwatt.chain.bindings.flexibility import Flexibility
from peerwatt.chain.bindings.market import Market
from peerwatt.chain.bindings.meter import Meter
from peerwatt.chain.bindings.registry import Member, Registry, Role
from peerwatt.chain.bindings.settlement import Settlement
from peerwatt.devnet.node import DevNode
from peerwatt.model.market import MarketRules, PriceLadder, Tariff

from .account import StreetAccount

UNLIMITED = 2**256 - 1
OPENING_CREDIT_MICRO = 200_000_000
"""What each member buys from the treasury at first: 200 EUR."""

OPERATOR_CREDIT_MICRO = 20_000_000_000
RULES = MarketRules(
    ladder=PriceLadder(base_micro=60_000, step_micro=1_000, count=256),
    zone=1,
    gate_closure_s=180,
)
TARIFF = Tariff(retail_micro_per_kwh=300_000, feed_in_micro_per_kwh=80_000)


@dataclass(frozen=True, slots=True)
class Operators:
    """Parties of the community that are no households."""

    community: StreetAccount
    treasury: StreetAccount
    dso: StreetAccount
    supplier: StreetAccount
    metering: StreetAccount
    keeper: StreetAccount

    @classmethod
    def seeded(cls, node: DevNode, seed: int) -> Operators:
        """Return operators whose keys follow from the seed."""
        names = ("community", "treasury", "dso", "supplier", "metering", "keeper")
        return cls(*(StreetAccount.seeded(node, seed, name) for name in names))


@dataclass(frozen=True, slots=True)
class Household:
    """A member as the registry knows it."""

    owner: StreetAccount
    meter_key_address: str
    tariff: Tariff = TARIFF


async def found_community(node: DevNode, operators: Operators) -> Community:
    """Deploy all contracts, give roles and fund the operators; seals the blocks it needs."""
    contracts = await _deploy(node, operators)
    registry, market = contracts.registry, contracts.market
    community = operators.community
    for account, role in (
        (operators.dso, Role.DSO),
        (operators.supplier, Role.SUPPLIER),
        (operators.metering, Role.METERING),
    ):
        await community.send(registry.address, registry.set_role(account.address, role))
    for spender in (market.address, contracts.flexibility.address):
        await community.send(registry.address, registry.set_spender(spender, True))
    await community.send(market.address, market.set_settlement(contracts.settlement.address))
    for account, spender in (
        (operators.dso, contracts.flexibility.address),
        (operators.supplier, contracts.settlement.address),
    ):
        await fund(contracts, operators, account.address, OPERATOR_CREDIT_MICRO)
        await account.send(contracts.credit.address, contracts.credit.approve(spender, UNLIMITED))
    await node.tick()
    return contracts


async def _deploy(node: DevNode, operators: Operators) -> Community:
    community = operators.community

    async def deploy(data: bytes) -> str:
        address = community.next_contract()
        await community.send(None, data, gas=12_000_000)
        return address

    credit = await deploy(
        Credit.deployment("Maple Street Credit", "MSC", operators.treasury.address)
    )
    registry = await deploy(Registry.deployment(community.address))
    market = await deploy(Market.deployment(credit, registry, RULES))
    meter = await deploy(Meter.deployment(registry))
    await node.tick()
    settlement = await deploy(Settlement.deployment(credit, registry, market, meter))
    flexibility = await deploy(Flexibility.deployment(credit, registry, meter))
    await node.tick()
    return Community(
        {
            "Credit": credit,
            "Registry": registry,
            "Market": market,
            "Meter": meter,
            "Settlement": settlement,
            "Flexibility": flexibility,
        }
    )


async def fund(contracts: Community, operators: Operators, to: str, amount_micro: int) -> None:
    """Issue credits against a deposit with the treasury."""
    treasury = operators.treasury
    await treasury.send(contracts.credit.address, contracts.credit.mint(to, amount_micro))


async def join(
    node: DevNode, contracts: Community, operators: Operators, households: list[Household]
) -> None:
    """Make households members with meter, tariff, opening credit and the usual allowances."""
    credit, registry = contracts.credit, contracts.registry
    for household in households:
        owner = household.owner
        await operators.community.send(
            registry.address,
            registry.add_member(
                owner.address,
                Member(
                    RULES.zone,
                    True,
                    household.tariff.retail_micro_per_kwh,
                    household.tariff.feed_in_micro_per_kwh,
                    household.meter_key_address,
                    operators.supplier.address,
                ),
            ),
        )
        await fund(contracts, operators, owner.address, OPENING_CREDIT_MICRO)
        for spender in (contracts.market.address, contracts.settlement.address):
            await owner.send(credit.address, credit.approve(spender, UNLIMITED))
    await node.tick()
