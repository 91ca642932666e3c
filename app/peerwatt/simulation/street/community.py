"""Founds the community on the chain: contracts, roles, members, tariffs, first credits."""

from __future__ import annotations

from dataclasses import dataclass

from peerwatt.chain.bindings.community import Community
from peerwatt.chain.bindings.founding import ORDER, Terms, deployments, founding_calls
from peerwatt.chain.bindings.registry import Member, Role
from peerwatt.chain.bindings.treasury import Treasury
from peerwatt.chain.encoding import keccak
from peerwatt.devnet.node import DevNode
from peerwatt.model.market import BookRules, MarketRules, PriceLadder, Tariff
from peerwatt.model.supply import Offer

from .account import StreetAccount
from .operators import Times

UNLIMITED = 2**256 - 1
DEPLOY_GAS = 12_000_000
OPENING_CREDIT_MICRO = 200_000_000
"""What each member buys from the treasury at first: 200 EUR."""

OPENING_DEPOSIT_MICRO = 100_000_000
"""What each member puts into its account with the market: 100 EUR."""

OPERATOR_CREDIT_MICRO = 20_000_000_000
ALWAYS_WH = 2**32 - 1
"""No book moves as much: what trade leaves over is shared in every interval."""
COMMUNITY_BOOK = 2
"""The book in which members of all zones meet."""

RULES = MarketRules(
    ladder=PriceLadder(base_micro=60_000, step_micro=1_000, count=256),
    zone=1,
    gate_closure_s=180,
    books=(
        BookRules(book=1, parent=COMMUNITY_BOOK, charge_micro_per_kwh=0),
        BookRules(book=COMMUNITY_BOOK, parent=None, charge_micro_per_kwh=20_000),
    ),
    thin_wh=ALWAYS_WH,
)
TARIFF = Tariff(retail_micro_per_kwh=300_000, feed_in_micro_per_kwh=80_000)
OFFERS = (
    Offer(0, "", 300_000, 80_000, monthly_fee_micro=5_000_000, warn_below_micro=2_000_000),
    Offer(0, "", 285_000, 70_000, monthly_fee_micro=4_000_000, warn_below_micro=2_000_000),
)
"""Of the first supplier and of the cheaper second."""
CHARGING_POINT = ("Charging point at the corner", "kWh", 350_000)
"""A shared service: name, unit, price of a unit."""
TIMES = Times(readings_due_s=900, certificates_close_s=1_800)
"""The street is quick; a real community gives its meters a day."""

ACCURACY_PERMILLE = 25
"""Part of the reference's penalty that the street takes: enough to be seen, too little to hurt.
What is not passed on as rewards is lost to the members (benchmark ``market``, economics)."""


@dataclass(slots=True)
class Treasurers:
    """Two people of whom one proposes an issue of credits and the other confirms it."""

    one: StreetAccount
    other: StreetAccount
    issued: int = 0
    """Issues so far: only these two propose any."""


@dataclass(frozen=True, slots=True)
class Operators:
    """Parties of the community that are no households."""

    community: StreetAccount
    treasurers: Treasurers
    dso: StreetAccount
    supplier: StreetAccount
    other_supplier: StreetAccount
    """Who only makes an offer."""
    metering: StreetAccount
    keeper: StreetAccount
    guardian: StreetAccount

    @classmethod
    def seeded(cls, node: DevNode, seed: int) -> Operators:
        """Return operators whose keys follow from the seed."""

        def account(name: str) -> StreetAccount:
            return StreetAccount.seeded(node, seed, name)

        return cls(
            community=account("community"),
            treasurers=Treasurers(account("treasury"), account("second treasurer")),
            dso=account("dso"),
            supplier=account("supplier"),
            other_supplier=account("second supplier"),
            metering=account("metering"),
            keeper=account("keeper"),
            guardian=account("guardian"),
        )


@dataclass(frozen=True, slots=True)
class Household:
    """A member as the registry knows it."""

    owner: StreetAccount
    meter_key_address: str
    tariff: Tariff = TARIFF
    production_key_address: str | None = None


def terms(operators: Operators) -> Terms:
    """Return what the street decided before it began."""
    return Terms(
        owner=operators.community.address,
        dso=operators.dso.address,
        balancing=operators.supplier.address,
        rules=RULES,
        tariff=TARIFF,
        currency="Maple Street Credit",
        symbol="MSC",
        notice_s=0,
        readings_due_s=TIMES.readings_due_s,
        certificates_close_s=TIMES.certificates_close_s,
        accuracy_permille=ACCURACY_PERMILLE,
        roles={
            operators.dso.address: Role.DSO,
            operators.supplier.address: Role.SUPPLIER,
            operators.other_supplier.address: Role.SUPPLIER,
            operators.metering.address: Role.METERING,
            operators.guardian.address: Role.GUARDIAN,
            operators.treasurers.one.address: Role.TREASURER,
            operators.treasurers.other.address: Role.TREASURER,
        },
    )


async def found_community(node: DevNode, operators: Operators) -> Community:
    """Deploy all contracts, give roles and fund the operators; seals the blocks it needs."""
    contracts = await _deploy(node, operators)
    for account, spender in (
        (operators.dso, contracts.flexibility.address),
        (operators.supplier, contracts.market.address),
    ):
        await fund(contracts, operators, account.address, OPERATOR_CREDIT_MICRO)
        await account.send(contracts.credit.address, contracts.credit.approve(spender, UNLIMITED))
    await node.tick()
    deposit = contracts.market.deposit(OPERATOR_CREDIT_MICRO // 2)
    await operators.supplier.send(contracts.market.address, deposit)
    await _offer(contracts, operators)
    await node.tick()
    return contracts


async def _offer(contracts: Community, operators: Operators) -> None:
    """Publish both suppliers' offers; nobody has to choose one."""
    supply = contracts.supply
    if supply is None:
        return
    for account, offer in zip((operators.supplier, operators.other_supplier), OFFERS, strict=True):
        await account.send(supply.address, supply.publish(offer))


async def _deploy(node: DevNode, operators: Operators) -> Community:
    community, agreed = operators.community, terms(operators)
    at = dict(zip(ORDER, community.next_contracts(len(ORDER)), strict=True))
    data = deployments(agreed, at)
    for number, name in enumerate(ORDER, 1):
        await community.send(None, data[name], gas=DEPLOY_GAS)
        if number % 4 == 0:
            await node.tick()
    await node.tick()
    for call in founding_calls(agreed, at):
        await community.send(call.to, call.data)
    await node.tick()
    return Community(at)


async def fund(contracts: Community, operators: Operators, to: str, amount_micro: int) -> None:
    """Issue credits against a deposit with the treasury: one proposes, the other confirms."""
    treasury = Treasury(contracts.addresses["Treasury"])
    people = operators.treasurers
    issue, people.issued = people.issued, people.issued + 1
    reference = keccak(b"opening deposit %d" % issue)
    proposal = treasury.propose_mint(to, amount_micro, reference)
    await people.one.send(treasury.address, proposal)
    await people.other.send(treasury.address, treasury.confirm_mint(issue))


async def join(
    node: DevNode, contracts: Community, operators: Operators, households: list[Household]
) -> None:
    """Make households members with meter, tariff, opening credit, and an account to trade from."""
    credit, registry, market = contracts.credit, contracts.registry, contracts.market
    for household in households:
        owner, community = household.owner, operators.community
        member = _member(household, operators.supplier.address)
        await community.send(registry.address, registry.add_member(owner.address, member))
        if household.production_key_address is not None:
            key = household.production_key_address
            await community.send(
                registry.address, registry.set_production_meter(owner.address, key)
            )
        await fund(contracts, operators, owner.address, OPENING_CREDIT_MICRO)
    await node.tick()
    for household in households:
        owner = household.owner
        await owner.send(credit.address, credit.approve(market.address, UNLIMITED))
        await owner.send(market.address, market.deposit(OPENING_DEPOSIT_MICRO))
        # A new member shares what its trade leaves over with its neighbours; it may choose not to.
        await owner.send(market.address, market.set_no_fuss(True))
    await node.tick()


async def share_charging_point(contracts: Community, provider: StreetAccount) -> None:
    """Let neighbours charge at a member's, paid by use."""
    services = contracts.services
    if services is not None:
        await provider.send(services.address, services.list_service(*CHARGING_POINT))


def _member(household: Household, supplier: str) -> Member:
    return Member(
        RULES.zone,
        True,
        household.tariff.retail_micro_per_kwh,
        household.tariff.feed_in_micro_per_kwh,
        household.meter_key_address,
        supplier,
    )
