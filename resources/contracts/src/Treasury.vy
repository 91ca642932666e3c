# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Treasury
@license Apache-2.0
@notice The only place where credits come from and go to. One treasurer proposes an issue against
        money received, another confirms it. Credits given for redemption stay locked here until a
        treasurer has paid them out at par; what is not paid in time goes back to its member.
"""

import guarded

interface ICredit:
    def burn(amount: uint256): nonpayable
    def mint(to: address, amount: uint256): nonpayable
    def transfer(to: address, amount: uint256) -> bool: nonpayable
    def treasury() -> address: view

interface IRegistry:
    def community() -> address: view
    def roles(account: address) -> uint256: view

struct Issue:
    to: address
    amount: uint256
    reference: bytes32
    proposer: address
    until_s: uint256

struct Redemption:
    member: address
    amount: uint256
    reference: bytes32
    reclaim_from_s: uint256
    state: uint256

event Opened:
    credit: indexed(address)

event MintProposed:
    id: indexed(uint256)
    to: indexed(address)
    proposer: indexed(address)
    amount: uint256
    reference: bytes32

event MintConfirmed:
    id: indexed(uint256)
    confirmer: indexed(address)

event MintCancelled:
    id: indexed(uint256)

event Locked:
    id: indexed(uint256)
    member: indexed(address)
    amount: uint256
    reference: bytes32

event Redeemed:
    id: indexed(uint256)
    treasurer: indexed(address)

event Reclaimed:
    id: indexed(uint256)

TREASURER: constant(uint256) = 16
NAME: constant(bytes32) = keccak256("Treasury")
PROPOSAL_S: public(constant(uint256)) = 7 * 86400
REDEEM_S: public(constant(uint256)) = 14 * 86400
# States of a redemption.
LOCKED: constant(uint256) = 1
REDEEMED: constant(uint256) = 2
RECLAIMED: constant(uint256) = 3

registry: public(immutable(address))

credit: public(address)
issue_count: public(uint256)
issues: public(HashMap[uint256, Issue])
reference_used: public(HashMap[bytes32, bool])
redemption_count: public(uint256)
redemptions: public(HashMap[uint256, Redemption])


@deploy
def __init__(registry_: address):
    assert registry_ != empty(address), "the registry has no address"
    registry = registry_


@external
def open(credit_: address):
    """
    @notice Name the credit whose treasury this is. Community only, once.
    """
    assert msg.sender == staticcall IRegistry(registry).community(), "only the community"
    assert self.credit == empty(address), "already open"
    assert staticcall ICredit(credit_).treasury() == self, "the credit has another treasury"
    self.credit = credit_
    log Opened(credit=credit_)


@external
def propose_mint(to: address, amount: uint256, reference: bytes32) -> uint256:
    """
    @notice First step of an issue. Treasurers only; it lapses after seven days.
    @param reference Hash of the payment received; it counts once.
    @return Number of the issue, from 0 on.
    """
    guarded.check(registry, NAME)
    self._only_treasurer()
    assert self.credit != empty(address), "not open yet"
    assert to != empty(address) and to != self, "no account to mint to"
    assert amount != 0, "the amount is zero"
    assert reference != empty(bytes32), "the issue has no reference"
    assert not self.reference_used[reference], "the reference is used"
    id: uint256 = self.issue_count
    self.issue_count = id + 1
    self.issues[id] = Issue(
        to=to,
        amount=amount,
        reference=reference,
        proposer=msg.sender,
        until_s=block.timestamp + PROPOSAL_S,
    )
    log MintProposed(id=id, to=to, proposer=msg.sender, amount=amount, reference=reference)
    return id


@external
def confirm_mint(id: uint256):
    """
    @notice Second step, which issues. Another treasurer than the one who proposed, who must still
            be a treasurer.
    """
    guarded.check(registry, NAME)
    self._only_treasurer()
    issue: Issue = self.issues[id]
    assert issue.proposer != empty(address), "no such proposal"
    assert issue.proposer != msg.sender, "a second treasurer must confirm"
    assert self._is_treasurer(issue.proposer), "the proposer is no treasurer now"
    assert block.timestamp <= issue.until_s, "the proposal has lapsed"
    assert not self.reference_used[issue.reference], "the reference is used"
    self.reference_used[issue.reference] = True
    self.issues[id] = empty(Issue)
    extcall ICredit(self.credit).mint(issue.to, issue.amount)
    log MintConfirmed(id=id, confirmer=msg.sender)


@external
def cancel_mint(id: uint256):
    """
    @notice Withdraw a proposal. Any treasurer.
    """
    self._only_treasurer()
    assert self.issues[id].proposer != empty(address), "no such proposal"
    self.issues[id] = empty(Issue)
    log MintCancelled(id=id)


@external
def lock(member: address, amount: uint256, reference: bytes32) -> uint256:
    """
    @notice Note a redemption whose credits have just come in. The credit only; never paused.
    @return Number of the redemption, from 0 on.
    """
    assert msg.sender == self.credit, "only the credit"
    assert amount != 0, "the amount is zero"
    id: uint256 = self.redemption_count
    self.redemption_count = id + 1
    self.redemptions[id] = Redemption(
        member=member,
        amount=amount,
        reference=reference,
        reclaim_from_s=block.timestamp + REDEEM_S,
        state=LOCKED,
    )
    log Locked(id=id, member=member, amount=amount, reference=reference)
    return id


@external
def redeemed(id: uint256):
    """
    @notice Say that a redemption is paid out, and burn its credits. Treasurers only, never the
            member itself; never paused.
    """
    self._only_treasurer()
    assert self.redemptions[id].state == LOCKED, "nothing is locked"
    assert self.redemptions[id].member != msg.sender, "another treasurer must pay"
    self.redemptions[id].state = REDEEMED
    extcall ICredit(self.credit).burn(self.redemptions[id].amount)
    log Redeemed(id=id, treasurer=msg.sender)


@external
def reclaim(id: uint256):
    """
    @notice Take back credits that were not paid out in 14 days. Their member only; never paused.
    """
    redemption: Redemption = self.redemptions[id]
    assert redemption.member == msg.sender, "only the member"
    assert redemption.state == LOCKED, "nothing is locked"
    assert block.timestamp >= redemption.reclaim_from_s, "the treasury still has time to pay"
    self.redemptions[id].state = RECLAIMED
    amount: uint256 = redemption.amount
    assert extcall ICredit(self.credit).transfer(msg.sender, amount), "the payment failed"
    log Reclaimed(id=id)


@internal
@view
def _is_treasurer(account: address) -> bool:
    return (staticcall IRegistry(registry).roles(account)) & TREASURER != 0


@internal
@view
def _only_treasurer():
    assert self._is_treasurer(msg.sender), "only a treasurer"
