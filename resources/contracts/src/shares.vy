# pragma version 0.4.3
"""
@title shares
@license Apache-2.0
@notice What cleared orders came to, and its booking.
"""

import clearing
import grid
import ledger
import trading
import words

uses: clearing
uses: grid
uses: ledger
uses: trading

event Released:
    member: indexed(address)
    first_interval: uint256
    count: uint256


@external
def release(member: address, first_interval: uint256, count: uint256) -> DynArray[uint256, 96]:
    """
    @notice Book what a member's orders brought: cost and charge leave its escrow, the rest becomes
            available, and what it sold is paid. Anyone, after the gate; each order counts once.
    @return One row per interval, the same when the order was released before.
    """
    is_ours: bool = count <= 96 and first_interval < words.SINCE
    words._need(is_ours, "more than 96 intervals, or none of ours")
    zone: uint256 = (ledger.account_words[member] >> 176) & 255
    own: uint256 = grid.books[zone]
    usual: uint256 = self._usual(own, first_interval, count)
    rows: DynArray[uint256, 96] = []
    sum: uint256 = 0
    hour: uint256 = max_value(uint256)
    word: uint256 = 0
    known: uint256 = 0
    released: bool = False
    end: uint256 = unsafe_add(first_interval, count)
    for interval: uint256 in range(first_interval, end, bound=96):
        if interval >> 2 != hour:
            if word != known:
                trading.orders[member][hour % words.RING_H] = word
                released = True
            hour = interval >> 2
            known = trading.orders[member][hour % words.RING_H]
            if known >> 244 != (hour // words.RING_H) & 4095:
                known = 0
            word = known
        steps: uint256 = (word >> unsafe_mul(interval & 3, 60)) & words.STEPS
        row: uint256 = 0
        if steps != 0:
            outcome: uint256 = 0
            if steps >> usual == 0:
                result: uint256 = clearing.results[zone][interval]
                if result == 0:
                    result = clearing._clear(zone, interval)
                outcome = words._filled(steps, result, own)
                if steps & words.SELL_BIT != 0:
                    row = ((outcome >> 11) & (words.MASK_21 << 21)) | (outcome >> 112 << 42)
                else:
                    row = (
                        (outcome & words.MASK_21) | (((outcome >> 160) & words.MASK_48) << 106)
                        | ((unsafe_sub(0, (outcome >> 64) & words.MASK_48) & words.MASK_64) << 42)
                    )
            else:
                outcome = self._outcome(zone, own, interval, steps)
                row = words._row(outcome)
            flag: uint256 = words.RELEASED_0 << (interval & 3)
            if word & flag == 0:
                word |= flag
                sum = unsafe_add(sum, outcome)
        rows.append(row)
    if word != known:
        trading.orders[member][hour % words.RING_H] = word
        released = True
    if released:
        ledger._book(member, sum)
        log Released(member=member, first_interval=first_interval, count=count)
    return rows


@external
@view
def share(member: address, interval: uint256) -> (uint256, uint256, int256, uint256):
    """
    @notice What a member bought and sold in a cleared interval, Wh, what that brought (+) or cost
            (-) without charges, and the charges, micro-units.
    """
    word: uint256 = trading.orders[member][(interval >> 2) % words.RING_H]
    steps: uint256 = (word >> unsafe_mul(interval & 3, 60)) & words.STEPS
    if word >> 244 != ((interval >> 2) // words.RING_H) & 4095 or steps == 0:
        return (0, 0, 0, 0)
    outcome: uint256 = 0
    zone: uint256 = (ledger.account_words[member] >> 176) & 255
    own: uint256 = grid.books[zone]
    for i: uint256 in range(2):
        step: uint256 = (steps >> unsafe_mul(30, i)) & words.STEP
        if step != 0:
            result: uint256 = clearing.results[grid._reached(zone, step >> 28)][interval]
            words._need(result != 0, "not cleared yet")
            terms: uint256 = grid._terms_then(zone, own, interval)
            outcome = unsafe_add(outcome, words._filled(step, result, terms))
    row: uint256 = words._row(outcome)
    trade: int256 = convert((outcome >> 112) & words.MASK_48, int256)
    trade -= convert((outcome >> 64) & words.MASK_48, int256)
    return (row & words.MASK_21, (row >> 21) & words.MASK_21, trade, row >> 106)


@internal
@pure
def _usual(own: uint256, first_interval: uint256, count: uint256) -> uint256:
    """
    @dev An order of one step in the own book has no bit from here on; no order has, where the
         book's terms of now are not those of all the intervals.
    """
    if first_interval < (own >> 190) & words.SINCE:
        return 0
    if unsafe_add(first_interval, count) > (own >> 214) & words.SINCE:
        return 0
    return 28


@internal
def _outcome(zone: uint256, own: uint256, interval: uint256, steps: uint256) -> uint256:
    """
    @dev What an order came to, packed so that outcomes add up: [0,32) bought and [32,64) sold Wh,
         [64,112) cost, [112,160) income, [160,208) charges, [208,256) escrow, micro-units.
         Clears what nobody cleared.
    """
    terms: uint256 = own & words.TERMS
    if interval >= (own >> 214) & words.SINCE or interval < (own >> 190) & words.SINCE:
        terms = grid._terms_then(zone, own, interval)
    outcome: uint256 = 0
    rest: uint256 = steps
    for _: uint256 in range(2):
        if rest == 0:
            break
        step: uint256 = rest & words.STEP
        rest = rest >> 30
        if step != 0:
            book: uint256 = zone
            if step >> 28 != 0:
                book = grid._reached(zone, step >> 28)
            result: uint256 = clearing.results[book][interval]
            if result == 0:
                result = clearing._clear(book, interval)
            outcome = unsafe_add(outcome, words._filled(step, result, terms))
    return outcome
