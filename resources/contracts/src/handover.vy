# pragma version 0.4.3
"""
@title handover
@license Apache-2.0
@notice The way to a new version of the market: later intervals are the successor's, and members
        take their credits and orders there.
"""

from ethereum.ercs import IERC20

import grid
import ledger
import trading
import words

uses: grid
uses: ledger
uses: trading

interface IMarket:
    def receive_position(
        member: address, amount: uint256, orders: DynArray[uint256, 96]
    ): nonpayable

event Retired:
    from_interval: uint256
    successor: address

event Migrated:
    member: indexed(address)
    amount: uint256
    orders: DynArray[uint256, 96]

# The market whose members' positions may come here; zero where there is none.
predecessor: public(immutable(address))

successor: public(address)


@deploy
def __init__(predecessor_: address):
    predecessor = predecessor_


@external
def retire(from_interval: uint256, successor: address):
    """
    @notice Take no orders for an interval and later ones: the successor does. Community only, once,
            after the notice.
    """
    grid._only_community()
    words._need(self.successor == empty(address), "the market is retired")
    words._need(successor != empty(address), "the successor has no address")
    words._need(
        block.timestamp + grid.notice_s <= from_interval * words.INTERVAL_S,
        "shorter than the notice",
    )
    self.successor = successor
    grid._retire_books(from_interval)
    log Retired(from_interval=from_interval, successor=successor)


@external
@nonreentrant
def migrate(member: address, with_orders: bool):
    """
    @notice Move what a member has available, and its orders for intervals that are the successor's,
            to the successor. The member or its agent, once the market is retired.
    @param with_orders Whether to place the orders there; else they are taken back only.
    """
    target: address = self.successor
    words._need(target != empty(address), "the market is not retired")
    if msg.sender != member:
        words._need(ledger._principal() == member, "not the member's agent")
    moved: DynArray[uint256, 96] = trading._take_back(member, with_orders)
    word: uint256 = ledger.account_words[member]
    amount: uint256 = word & words.MONEY
    ledger.account_words[member] = word - amount
    words._need(extcall IERC20(ledger.credit).approve(target, amount), "the approval failed")
    extcall IMarket(target).receive_position(member, amount, moved)
    log Migrated(member=member, amount=amount, orders=moved)


@external
@nonreentrant
def receive_position(member: address, amount: uint256, orders: DynArray[uint256, 96]):
    """
    @notice Take over a member's credits and orders. The predecessor only.
    """
    words._need(msg.sender == predecessor, "only the predecessor")
    ledger._deposit(member, msg.sender, amount)
    if len(orders) > 0:
        trading._place_as(member, member, orders)
