# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Loan
@license Apache-2.0
@notice A loan for a PV system that repays itself: a fixed share of the borrower's trade income
        goes to the lender until the fixed price is paid, to the last unit. The market holds the
        lien and diverts the share where income arises; nothing else of the borrower is touched.
@dev Market.liens: [0,160) lender, [160,174) share in 1/10000, [174,254) outstanding micro-units.
"""

from ethereum.ercs import IERC20

import guarded

interface IMarket:
    def liens(member: address) -> uint256: view
    def set_lien(
        member: address, lender: address, share_bp: uint256, outstanding: uint256
    ): nonpayable

interface IRegistry:
    def contracts(name_hash: bytes32) -> address: view
    def principal(caller: address) -> address: view

struct Terms:
    lender: address
    borrower: address
    principal: uint256
    price: uint256
    share_bp: uint256
    until_s: uint256
    state: uint256

event Proposed:
    id: indexed(uint256)
    lender: indexed(address)
    borrower: indexed(address)
    principal: uint256
    price: uint256
    share_bp: uint256
    until_s: uint256

event Cancelled:
    id: indexed(uint256)

event Accepted:
    id: indexed(uint256)

event Repaid:
    id: indexed(uint256)
    payer: indexed(address)
    amount: uint256

event Moved:
    id: indexed(uint256)
    market: indexed(address)

event Done:
    id: indexed(uint256)

NAME: constant(bytes32) = keccak256("Loan")
MARKET: constant(bytes32) = keccak256("Market")
MAX_MONEY: constant(uint256) = 2**80 - 1
# States.
PROPOSED: constant(uint256) = 1
RUNNING: constant(uint256) = 2
DONE: constant(uint256) = 3
CANCELLED: constant(uint256) = 4

credit: public(immutable(address))
registry: public(immutable(address))
market: public(immutable(address))

loan_count: public(uint256)
loans: public(HashMap[uint256, Terms])
# By borrower: its running loan's number + 1.
running: public(HashMap[address, uint256])
# By loan: the market that holds its lien.
places: public(HashMap[uint256, address])


@deploy
def __init__(credit_: address, registry_: address, market_: address):
    credit = credit_
    registry = registry_
    market = market_


@external
def propose(
    borrower: address, principal: uint256, price: uint256, share_bp: uint256, until_s: uint256
) -> uint256:
    """
    @notice Offer a loan and put its principal in escrow here.
    @param price All that is to be repaid, micro-units; nothing is ever added to it.
    @param share_bp Part of each trade income that repays it, 1/10000.
    @param until_s Unix second until which the borrower may accept.
    @return Number of the loan, from 0 on.
    """
    guarded.check(registry, NAME)
    assert borrower != empty(address) and borrower != msg.sender, "no borrower"
    assert principal != 0 and principal <= MAX_MONEY, "principal out of range"
    assert price != 0 and price <= MAX_MONEY, "price out of range"
    assert share_bp != 0 and share_bp <= 10000, "share out of range"
    assert block.timestamp < until_s, "the offer has lapsed"
    id: uint256 = self.loan_count
    self.loan_count = id + 1
    self.loans[id] = Terms(
        lender=msg.sender,
        borrower=borrower,
        principal=principal,
        price=price,
        share_bp=share_bp,
        until_s=until_s,
        state=PROPOSED,
    )
    assert extcall IERC20(credit).transferFrom(msg.sender, self, principal), "no escrow was paid"
    log Proposed(
        id=id,
        lender=msg.sender,
        borrower=borrower,
        principal=principal,
        price=price,
        share_bp=share_bp,
        until_s=until_s,
    )
    return id


@external
def cancel(id: uint256):
    """
    @notice Take an offer back before it is accepted. Its lender only; never paused.
    """
    loan: Terms = self.loans[id]
    assert loan.lender == msg.sender, "only the lender"
    assert loan.state == PROPOSED, "the loan is not open"
    self.loans[id].state = CANCELLED
    assert extcall IERC20(credit).transfer(msg.sender, loan.principal), "the payment failed"
    log Cancelled(id=id)


@external
def accept(id: uint256):
    """
    @notice Take the loan: the principal is paid out and the lien begins. The borrower's own key
            only, as an active member without another loan.
    """
    guarded.check(registry, NAME)
    loan: Terms = self.loans[id]
    assert loan.borrower == msg.sender, "only the borrower"
    assert loan.state == PROPOSED, "the loan is not open"
    assert block.timestamp <= loan.until_s, "the offer has lapsed"
    assert staticcall IRegistry(registry).principal(msg.sender) == msg.sender, "not a member"
    before: uint256 = self.running[msg.sender]
    if before != 0:
        assert self._outstanding(before - 1) == 0, "another loan is running"
        self._finish(before - 1)
    self.loans[id].state = RUNNING
    self.running[msg.sender] = id + 1
    place: address = self._market()
    self.places[id] = place
    extcall IMarket(place).set_lien(msg.sender, loan.lender, loan.share_bp, loan.price)
    assert extcall IERC20(credit).transfer(msg.sender, loan.principal), "the payment failed"
    log Accepted(id=id)


@external
def repay(id: uint256, amount: uint256) -> uint256:
    """
    @notice Repay early, all or part, from own credits (an allowance to this contract). Anyone may
            pay for the borrower; no more is taken than is outstanding. Never paused.
    @return What was paid, micro-units.
    """
    loan: Terms = self.loans[id]
    assert loan.state == RUNNING, "the loan is not running"
    outstanding: uint256 = self._outstanding(id)
    paid: uint256 = min(amount, outstanding)
    if paid != 0:
        extcall IMarket(self.places[id]).set_lien(
            loan.borrower, loan.lender, loan.share_bp, outstanding - paid
        )
        lender: address = loan.lender
        assert extcall IERC20(credit).transferFrom(msg.sender, lender, paid), "the payment failed"
        log Repaid(id=id, payer=msg.sender, amount=paid)
    if paid == outstanding:
        self._finish(id)
    return paid


@external
def move(id: uint256):
    """
    @notice After an upgrade of the market, take the lien there with what is outstanding. Anyone.
    """
    loan: Terms = self.loans[id]
    assert loan.state == RUNNING, "the loan is not running"
    place: address = self._market()
    assert place != self.places[id], "the lien lies in the newest market"
    outstanding: uint256 = self._outstanding(id)
    if outstanding != 0:
        extcall IMarket(self.places[id]).set_lien(loan.borrower, loan.lender, loan.share_bp, 0)
        extcall IMarket(place).set_lien(loan.borrower, loan.lender, loan.share_bp, outstanding)
    self.places[id] = place
    log Moved(id=id, market=place)


@external
def close(id: uint256):
    """
    @notice Note that a loan is repaid. Anyone.
    """
    assert self.loans[id].state == RUNNING, "the loan is not running"
    assert self._outstanding(id) == 0, "not repaid yet"
    self._finish(id)


@external
@view
def outstanding(id: uint256) -> uint256:
    """
    @notice What is still to be repaid, micro-units; 0 for a loan that is not running.
    """
    if self.loans[id].state != RUNNING:
        return 0
    return self._outstanding(id)


@internal
@view
def _outstanding(id: uint256) -> uint256:
    return ((staticcall IMarket(self.places[id]).liens(self.loans[id].borrower)) >> 174) & MAX_MONEY


@internal
def _finish(id: uint256):
    self.loans[id].state = DONE
    self.running[self.loans[id].borrower] = 0
    log Done(id=id)


@internal
@view
def _market() -> address:
    """
    @dev The market that counts now, by the registry; the one named at deployment where the
         registry knows none.
    """
    newest: address = staticcall IRegistry(registry).contracts(MARKET)
    return newest if newest != empty(address) else market
