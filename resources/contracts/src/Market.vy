# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Market
@license Apache-2.0
@notice Price-ladder auction of all zones: a uniform-price call auction per book and interval of 15
        minutes. A step of an order adds integer Wh to the bucket of a tick; `clear` walks the
        occupied buckets once; each member's share follows from its own order and one result word.
        Every zone is a book; a book may have a parent, which orders may reach. A buyer pays the
        book's charge for the use of the grid on top of the price. Credits are held here in
        accounts: what an order may cost is kept aside, and only its member withdraws.
@dev The packed words are told in the module `words`.
"""

import clearing
import grid
import handover
import ledger
import shares
import trading

initializes: grid
initializes: ledger[grid := grid]
initializes: trading[grid := grid, ledger := ledger]
initializes: clearing[grid := grid, ledger := ledger, trading := trading]
initializes: shares[clearing := clearing, grid := grid, ledger := ledger, trading := trading]
initializes: handover[grid := grid, ledger := ledger, trading := trading]

exports: grid.__interface__
exports: ledger.__interface__
exports: trading.__interface__
exports: clearing.__interface__
exports: shares.__interface__
exports: handover.__interface__


@deploy
def __init__(
    credit_: address,
    registry_: address,
    base_: uint256,
    step_: uint256,
    count_: uint256,
    gate_closure_s_: uint256,
    notice_s_: uint256,
    predecessor_: address,
):
    grid.__init__(registry_, base_, step_, count_, gate_closure_s_, notice_s_)
    ledger.__init__(credit_)
    handover.__init__(predecessor_)
