"""What the bindings of treasury and services read from raw storage is what was done."""

from __future__ import annotations

import pytest
from tests.contracts.conftest import CHAIN_ID
from tests.contracts.test_certificates import GreenVillage
from tests.contracts.test_flexibility_vectors import FlexVillage
from tests.contracts.test_loan import LoanVillage
from tests.contracts.test_pool import PoolVillage
from tests.contracts.test_supply import SupplyVillage
from tests.contracts.village import DAY_S, FUNDS, NOTICE_S, STRANGER, Village, text_hash

from peerwatt.chain.bindings.certificates import Certificates, HourPool
from peerwatt.chain.bindings.credit import Credit
from peerwatt.chain.bindings.flexibility import Flexibility
from peerwatt.chain.bindings.loan import Loan, LoanOnChain, LoanState, LoanTerms
from peerwatt.chain.bindings.notary import Notary, Showing
from peerwatt.chain.bindings.pool import Key, KeySignature, Pool
from peerwatt.chain.bindings.registry import Agent
from peerwatt.chain.bindings.services import Receipt, Service, Services
from peerwatt.chain.bindings.supply import Supply
from peerwatt.chain.bindings.treasury import RedemptionState, Treasury
from peerwatt.market.mix import IntervalFacts
from peerwatt.model.flexibility import Direction, FlexRequest
from peerwatt.model.supply import Account, Offer

REFERENCE = text_hash("a payment")


def read(contract, want):
    """Read the slots that a binding asks for straight from storage."""
    assert want.address == contract.address
    return want.decode([contract.word(slot) for slot in want.slots])


def send(contract, data, by):
    """Send what a binding made."""
    contract.chain.run(contract.raw, data, by)


def low(address):
    return address.lower()


def test_treasury_and_redemption():
    village = Village()
    contract, home = village.treasury, village.homes[0]
    treasury, credit = Treasury(contract.address), Credit(village.credit.address)
    assert read(contract, treasury.credit()) == low(village.credit.address)
    number = read(contract, treasury.issue_count())
    assert read(contract, treasury.issue(number)) is None
    send(contract, treasury.propose_mint(home, 55, REFERENCE), village.ann)
    issue = read(contract, treasury.issue(number))
    assert (issue.to, issue.amount_micro, issue.reference) == (low(home), 55, REFERENCE)
    assert (issue.proposer, issue.until_s) == (low(village.ann), village.chain.time + 7 * DAY_S)
    assert read(contract, treasury.is_reference_used(REFERENCE)) is False
    send(contract, treasury.confirm_mint(number), village.bob)
    assert read(contract, treasury.issue(number)) is None
    assert read(contract, treasury.is_reference_used(REFERENCE)) is True
    assert read(village.credit, credit.balance(home)) == FUNDS + 55
    send(village.credit, credit.redeem(55, REFERENCE), home)
    found = read(contract, treasury.redemption(0))
    assert (found.member, found.amount_micro, found.state) == (
        low(home), 55, RedemptionState.LOCKED,
    )  # fmt: skip
    assert found.reclaim_from_s == village.chain.time + 14 * DAY_S
    send(contract, treasury.redeemed(0), village.ann)
    assert read(contract, treasury.redemption(0)).state is RedemptionState.REDEEMED
    assert read(contract, treasury.redemption_count()) == 1
    assert read(contract, treasury.redemption(1)) is None
    send(village.credit, credit.redeem(5, REFERENCE), home)
    village.chain.time += 14 * DAY_S
    send(contract, treasury.reclaim(1), home)
    assert read(contract, treasury.redemption(1)).state is RedemptionState.RECLAIMED
    send(contract, treasury.propose_mint(home, 5, text_hash("other")), village.ann)
    send(contract, treasury.cancel_mint(number + 1), village.ann)
    assert read(contract, treasury.issue(number + 1)) is None


def test_notary_and_services():
    village = Village()
    notary, services = Notary(village.notary.address), Services(village.services.address)
    assert read(village.notary, notary.first(REFERENCE)) is None
    send(village.notary, notary.notarise([REFERENCE, text_hash("b")]), STRANGER)
    shown = Showing(low(STRANGER), village.chain.time)
    assert read(village.notary, notary.first(REFERENCE)) == shown
    assert read(village.notary, notary.shown_s(STRANGER, REFERENCE)) == shown.time_s
    provider, user, *_ = village.homes
    name = "Ladesäule am Dorfplatz, zwei Anschlüsse, Typ 2"
    send(village.services, services.list_service(name, "kWh", 310_000), provider)
    send(village.services, services.set_price(0, 300_000, True), provider)
    expected = Service(0, low(provider), 300_000, True, name, "kWh")
    assert read(village.services, services.service(0)) == expected
    assert read(village.services, services.service(1)) is None
    assert read(village.services, services.service_count()) == 1
    send(village.services, services.pay(0, 3, 300_000, REFERENCE), user)
    receipt = Receipt(0, user, 3, 900_000, REFERENCE)
    assert read(village.services, services.is_receipt(0, receipt)) is True
    assert read(village.services, services.is_receipt(1, receipt)) is False
    send(village.services, services.reward(provider, 7, REFERENCE), user)
    assert village.balance(provider) == FUNDS + 900_007


def test_supply():
    village = SupplyVillage()
    contract, supply = village.supply, Supply(village.supply.address)
    assert read(contract, supply.account(village.home)) == Account()
    offer = Offer(3, low(village.supplier), 280_000, 70_000, 4_000_000, 1_000_000)
    send(contract, supply.publish(offer), village.supplier)
    assert read(contract, supply.offer(3)) == offer
    assert read(contract, supply.offer(4)) is None
    assert read(contract, supply.offer_count()) == 3
    send(contract, supply.choose(3), village.home)
    village.next_period()
    village.deposit(1_000_000)
    send(contract, supply.bill(village.home), STRANGER)
    account = read(contract, supply.account(village.home))
    assert (account.offer, account.due_micro, account.due_to) == (
        3, 3_000_000, low(village.supplier),
    )  # fmt: skip
    assert account.unpaid_since_s == village.chain.time
    assert read(contract, supply.is_open(3)) is True
    send(contract, supply.close_offer(3), village.supplier)
    assert read(contract, supply.is_open(3)) is False


def test_loan():
    village = LoanVillage()
    contract, loan = village.loan, Loan(village.loan.address)
    until = village.chain.time + DAY_S
    terms = LoanTerms(low(village.lender), low(village.borrower), 1000, 1100, 2500, until)
    for _ in range(2):
        send(contract, loan.propose(terms), village.lender)
    assert read(contract, loan.loan(0)) == LoanOnChain(0, terms, LoanState.PROPOSED)
    assert read(contract, loan.loan(2)) is None
    assert read(contract, loan.loan_count()) == 2
    send(contract, loan.cancel(1), village.lender)
    assert read(contract, loan.loan(1)).state is LoanState.CANCELLED
    assert read(contract, loan.running(village.borrower)) is None
    send(contract, loan.accept(0), village.borrower)
    assert read(contract, loan.running(village.borrower)) == 0
    assert read(contract, loan.lies_in(0)) == low(village.purse.address)
    send(contract, loan.repay(0, 100), village.borrower)
    village.purse("earn", village.borrower, 4000, by=village.dso)
    send(contract, loan.close(0), STRANGER)
    assert read(contract, loan.loan(0)).state is LoanState.DONE


def test_pool():
    village = PoolVillage()
    contract, pool = village.pool, Pool(village.pool.address)
    homes = village.homes
    key = Key({homes[0]: 7500, homes[2]: 2500}, homes[5], 100)
    document = pool.typed_key(key, 0, CHAIN_ID)
    signs = [village.keys[i].sign_typed_data(full_message=document) for i in (0, 2)]
    signatures = [KeySignature(s.v, s.r.to_bytes(32), s.s.to_bytes(32)) for s in signs]
    send(contract, pool.set_key(key, signatures), STRANGER)
    assert read(contract, pool.version()) == 1
    assert read(contract, pool.parties()) == (low(homes[0]), low(homes[2]))
    assert read(contract, pool.share(homes[2])) == 2500
    assert read(contract, pool.total_shares()) == 10_000
    assert read(contract, pool.manager()) == low(homes[5])
    assert read(contract, pool.reserve_micro()) == 100
    send(contract, pool.contribute(100), homes[0])
    limits = Agent("", 10**6, 10**6, 1, 2, village.chain.time + 9, 0, is_active=True)
    send(contract, pool.authorise_agent(STRANGER, limits, []), homes[5])
    send(contract, pool.revoke_agent(STRANGER), homes[0])
    village.earn(1000)
    send(contract, pool.distribute(), STRANGER)
    assert village.balance(homes[2]) == FUNDS + 250
    send(contract, pool.leave(), homes[2])
    assert read(contract, pool.leaves_at_s(homes[2])) == village.chain.time + NOTICE_S
    village.chain.time += NOTICE_S
    send(contract, pool.depart(homes[2]), STRANGER)
    assert read(contract, pool.parties()) == (low(homes[0]),)


def test_certificates():
    village = GreenVillage()
    contract, certificates = village.certificates, Certificates(village.certificates.address)
    seller, buyer, hour = village.homes[0], village.homes[2], village.hour
    village.settled(0, IntervalFacts(0, 700, 900, -100))
    village.settled(2, IntervalFacts(650, 0, 0, 0))
    assert read(contract, certificates.record(seller, hour)) is None
    send(contract, certificates.issue([seller, buyer], hour), STRANGER)
    record = read(contract, certificates.record(seller, hour))
    assert (record.produced_wh, record.own_wh, record.shared_wh, record.export_wh) == (
        900, 200, 600, 700,
    )  # fmt: skip
    village.close()
    send(contract, certificates.claim([buyer], hour), STRANGER)
    record = read(contract, certificates.record(buyer, hour))
    assert (record.local_wh, record.import_wh, record.claimed_wh) == (650, 650, 600)
    assert record.is_claimed
    assert read(contract, certificates.pool(hour)) == HourPool(600, 650, 600)
    assert read(contract, certificates.issued_wh()) == 900
    assert read(contract, certificates.burned_wh()) == 800


def test_bonded_requests():
    village = FlexVillage()
    contract, flexibility = village.flexibility, Flexibility(village.flexibility.address)
    terms = (village.window, 1, 2000, 7_000_000, 11_000_000, village.deadline_s)
    request = FlexRequest(0, 1, Direction.REDUCE, *terms)
    send(contract, flexibility.request_bonded(request, 20_000_000), village.dso)
    assert read(contract, flexibility.request_at(0)).request == request
    assert read(contract, flexibility.bond_micro_per_kwh(0)) == 20_000_000
    village.offer(0, 0, 2000, 1)
    home = village.homes[0]
    assert read(contract, flexibility.bond_held_micro(0, home)) == 40_000_000
    village.chain.time = (village.window + 2) * 900
    send(contract, flexibility.close(0), STRANGER)
    send(contract, flexibility.return_bond(0, home), STRANGER)
    assert village.balance(home) == FUNDS


@pytest.mark.parametrize(
    ("binding", "arguments"),
    [
        (Treasury, [STRANGER]), (Supply, [STRANGER] * 2), (Notary, []), (Loan, [STRANGER] * 3),
        (Certificates, [*[STRANGER] * 3, 60]), (Pool, [*[STRANGER] * 3, 60]),
        (Services, [STRANGER] * 2),
    ],
)  # fmt: skip
def test_what_deploys_a_contract_is_its_code_and_arguments(binding, arguments):
    data = binding.deployment(*arguments)
    assert data.startswith(binding(STRANGER).artefact.bytecode)
    assert len(data) == len(binding(STRANGER).artefact.bytecode) + 32 * len(arguments)
    assert len(binding(STRANGER).artefact.runtime_bytecode) <= 24_576
