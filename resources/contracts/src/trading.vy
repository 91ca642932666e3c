# pragma version 0.4.3
"""
@title trading
@license Apache-2.0
@notice Orders of members and the ladder of prices on which they stand, until the gate closes.
"""

import grid
import ledger
import words

uses: grid
uses: ledger

interface IRegistry:
    def charge_orders(caller: address, member: address, use: uint256) -> uint256: nonpayable
    def spenders(account: address) -> uint256: view

interface IMarket:
    def place_for(member: address, orders: DynArray[uint256, 96]): nonpayable

event Placed:
    member: indexed(address)
    orders: DynArray[uint256, 96]

orders: HashMap[address, uint256[words.RING_H]]
ladder: HashMap[uint256, uint256[words.RING * 64]]
# For whom the market calls its own `place_for`.
acting: transient(address)


@external
def place(orders: DynArray[uint256, 96]):
    """
    @notice Place, replace or (no quantity) withdraw orders of the caller or of the member whose
            agent it is. What they may cost at most moves within the account into escrow.
    @param orders Packed orders, at most one in force per interval.
    """
    member: address = msg.sender
    if (ledger.account_words[member] >> 176) & 255 == 0:
        terms: uint256 = 0
        member, terms = ledger._trader(msg.sender)
    self._place_as(msg.sender, member, orders)


@external
def place_for(member: address, orders: DynArray[uint256, 96]):
    """
    @notice The same for the member whose agent the caller is: cheaper, as the registry is asked
            once, at the end.
    """
    caller: address = self.acting if msg.sender == self else msg.sender
    zone: uint256 = (ledger.account_words[member] >> 176) & 255
    if zone == 0:
        zone = self._zone_of(member)
    own: uint256 = grid.books[zone]
    if own >> 249 == 0:
        own = self._learn_scope(zone, own)
    since: uint256 = (own >> 214) & words.SINCE
    last: uint256 = unsafe_add(block.timestamp // words.INTERVAL_S, words.MAX_AHEAD)
    # Of the orders' intervals: of now, or once the next ones have come, those.
    terms: uint256 = 0
    is_later: bool = False
    first: uint256 = 0
    sums: uint256 = 0
    low: uint256 = words.MASK_32
    high: uint256 = 0
    charge: uint256 = 0
    steps_seen: uint256 = 0
    hour: uint256 = max_value(uint256)
    kept: uint256 = 0
    word: uint256 = 0
    for packed: uint256 in orders:
        interval: uint256 = packed >> 64
        if terms == 0 or (interval >= since) != is_later:
            is_later = interval >= since
            terms = ((own >> 95) if is_later else own) & words.TERMS
            charge = max(charge, terms >> 71)
            first = (block.timestamp + ((terms >> 54) & words.GATE) + 899) // words.INTERVAL_S
        if unsafe_sub(interval, first) > unsafe_sub(last, first):
            words._need(interval <= last, "too far ahead")
            words._need(False, "after gate closure")
        if interval >> 2 != hour:
            if word != kept:
                self.orders[member][hour % words.RING_H] = word
            hour = interval >> 2
            kept = self.orders[member][hour % words.RING_H]
            word = words._own_word(kept, hour)
        lane: uint256 = unsafe_mul(interval & 3, 60)
        old: uint256 = (word >> lane) & words.STEPS
        steps: uint256 = packed & words.MASK_64
        if old != steps:
            if own & (words.PAUSED | words.RETIRED) != 0:
                self._check_takes(own, is_later, old, steps)
            word = word ^ ((old ^ steps) << lane)
            steps_seen |= steps
            sums, low, high = self._change(zone, terms, interval, old, steps, sums, low, high)
    if word != kept:
        self.orders[member][hour % words.RING_H] = word
    prices: uint256 = (own >> 249) | (low << 4) | (high << 68)
    known: uint256 = self._answer(caller, member, zone, sums, prices)
    if low <= high and not self._in_band(known, last, low, high, charge, steps_seen):
        for packed: uint256 in orders:
            self._check_band(zone, own, known, packed)
    log Placed(member=member, orders=orders)


@internal
def _place_as(caller: address, member: address, orders: DynArray[uint256, 96]):
    self.acting = caller
    extcall IMarket(self).place_for(member, orders)
    self.acting = empty(address)


@internal
@view
def _zone_of(member: address) -> uint256:
    """
    @dev The zone of a member that places its first order.
    """
    named: address = empty(address)
    word: uint256 = 0
    named, word = ledger._trader(member)
    words._need(named == member, "not a member")
    return word & 255


@internal
def _change(
    zone: uint256,
    terms: uint256,
    interval: uint256,
    old: uint256,
    steps: uint256,
    sums: uint256,
    low: uint256,
    high: uint256,
) -> (uint256, uint256, uint256):
    """
    @dev Put an interval's steps in place of others.
    @return Sums so far: [0,48) escrow, [48,96) escrow freed, [96,128) offered for sale,
            [128,160) no longer offered, [160,192) wanted, Wh; lowest and highest price written.
    """
    if steps >> 30 != 0:
        words._need(steps >> 60 == 0, "malformed order")
        words._check_own_trade(steps)
    total: uint256 = sums
    least: uint256 = low
    most: uint256 = high
    before: uint256 = old
    after: uint256 = steps
    for _: uint256 in range(2):
        gone: uint256 = before & words.STEP
        step: uint256 = after & words.STEP
        if gone != step:
            if gone != 0:
                total = unsafe_add(total, self._strike(zone, terms, interval, gone))
            if step != 0:
                tick: uint256 = (step >> 19) & 255
                if tick > (terms >> 46) & 255:
                    words._need(False, "tick outside the ladder")
                price: uint256 = unsafe_add(
                    terms & words.BASE, unsafe_mul((terms >> 26) & words.TICK, tick)
                )
                least = min(least, price)
                most = max(most, price)
                total = unsafe_add(total, self._add(zone, terms, interval, step, price))
        before = before >> 30
        after = after >> 30
        if before | after == 0:
            break
    return (total, least, most)


@internal
def _add(
    zone: uint256, terms: uint256, interval: uint256, step: uint256, price: uint256
) -> uint256:
    """
    @dev Add a step to its bucket; a word of another ring starts anew.
    """
    quantity: uint256 = step & words.QUANTITY
    if quantity == 0:
        words._need(False, "malformed order")
    book: uint256 = zone
    charge: uint256 = terms >> 71
    if step >> 28 != 0:
        book, charge = self._beyond(zone, interval, step >> 28)
    index: uint256 = unsafe_mul(interval % words.RING, 64) | (step >> 22) & 63
    epoch: uint256 = (interval // words.RING) & words.EPOCH
    offset: uint256 = unsafe_mul((step >> 19) & 7, 30)
    word: uint256 = self.ladder[book][index]
    if word >> 240 != epoch:
        word = epoch << 240
    if unsafe_add((word >> offset) & words.CELL, quantity) > words.CELL:
        words._need(False, "this price is full")
    self.ladder[book][index] = unsafe_add(word, quantity << offset)
    if step & words.SELL_BIT != 0:
        return quantity << 96
    return words._held(quantity, price, charge) | (quantity << 160)


@internal
@view
def _beyond(zone: uint256, interval: uint256, reach: uint256) -> (uint256, uint256):
    """
    @dev The book that a step reaches, and its charge.
    """
    book: uint256 = grid._reached(zone, reach)
    return (book, words._terms(grid.books[book], interval) >> 71)


@internal
def _strike(zone: uint256, terms: uint256, interval: uint256, step: uint256) -> uint256:
    """
    @dev Take a step out of its bucket.
    """
    quantity: uint256 = step & words.QUANTITY
    book: uint256 = zone
    charge: uint256 = terms >> 71
    if step >> 28 != 0:
        book, charge = self._beyond(zone, interval, step >> 28)
    index: uint256 = unsafe_mul(interval % words.RING, 64) | (step >> 22) & 63
    self.ladder[book][index] -= quantity << unsafe_mul((step >> 19) & 7, 30)
    if step & words.SELL_BIT != 0:
        return quantity << 128
    return words._escrow(terms, charge, step) << 48


@internal
def _learn_scope(zone: uint256, own: uint256) -> uint256:
    """
    @dev Keep in a zone's book which bit of an agent's scope is this market's, as 1 to 8.
    """
    words._need(own & words.EXISTS != 0, "the zone has no book")
    mask: uint256 = staticcall IRegistry(grid.registry).spenders(self)
    number: uint256 = 0
    for _: uint256 in range(8):
        if mask == 0:
            break
        number += 1
        mask = mask >> 1
    word: uint256 = own | (number << 249)
    grid.books[zone] = word
    return word


@internal
def _answer(
    caller: address, member: address, zone: uint256, sums: uint256, prices: uint256
) -> uint256:
    """
    @dev Move what the orders cost to escrow, and ask the registry whether the caller may do it.
    @param prices The market's number among the spenders, lowest price << 4, highest << 68.
    @return The member's word in the registry.
    """
    escrow: uint256 = sums & words.MASK_48
    freed: uint256 = (sums >> 48) & words.MASK_48
    ledger._hold(member, zone, escrow, freed)
    use: uint256 = 0
    if caller != member:
        use = prices << 124
        if escrow > freed:
            use |= unsafe_sub(escrow, freed)
        sales: uint256 = (sums >> 96) & words.MASK_32
        offered: uint256 = (sums >> 128) & words.MASK_32
        if sales > offered:
            use |= unsafe_sub(sales, offered) << 64
    known: uint256 = extcall IRegistry(grid.registry).charge_orders(
        caller, member, use, skip_contract_check=True
    )
    if known & words.NO_BUYING != 0:
        words._need(sums >> 160 == 0, "suspended by the supplier: no new buys")
    return known


@internal
@pure
def _in_band(
    known: uint256, last: uint256, low: uint256, high: uint256, charge: uint256, steps: uint256
) -> bool:
    """
    @dev Whether all prices surely lie between feed-in and, with the charge, retail; else each
         order is looked at by itself.
    """
    change: uint256 = (known >> 136) & words.MASK_32
    tariff: uint256 = known >> 8
    if change > unsafe_sub(last, words.MAX_AHEAD):
        if change <= last:
            return False
        tariff = known >> 72
    if steps & words.REACHES != 0:
        return False
    retail: uint256 = tariff & words.MASK_32
    return (tariff >> 32) & words.MASK_32 <= low and unsafe_add(high, charge) <= retail


@internal
@view
def _check_band(zone: uint256, own: uint256, known: uint256, packed: uint256):
    """
    @dev Nobody trades worse than with the supplier: each price is at least feed-in and, with the
         charge, at most retail.
    """
    interval: uint256 = packed >> 64
    tariff: uint256 = known >> 8
    if interval < (known >> 136) & words.MASK_32:
        tariff = known >> 72
    terms: uint256 = words._terms(own, interval)
    for i: uint256 in range(2):
        step: uint256 = (packed >> (30 * i)) & words.STEP
        if step != 0:
            charge: uint256 = self._beyond(zone, interval, step >> 28)[1]
            tick: uint256 = (step >> 19) & 255
            price: uint256 = (terms & words.BASE) + ((terms >> 26) & words.TICK) * tick
            is_fair: bool = (tariff >> 32) & words.MASK_32 <= price
            is_fair = is_fair and price + charge <= tariff & words.MASK_32
            words._need(is_fair, "price outside the band")


@internal
@pure
def _check_takes(own: uint256, is_later: bool, old: uint256, steps: uint256):
    """
    @dev While the market is paused or retired, steps are only taken back.
    """
    for i: uint256 in range(2):
        step: uint256 = (steps >> (30 * i)) & words.STEP
        if step != 0 and step != (old >> (30 * i)) & words.STEP:
            words._need(own & words.PAUSED == 0, "the market is paused")
            words._need(not is_later, "the market has moved to its successor")


@internal
def _take_back(member: address, with_orders: bool) -> DynArray[uint256, 96]:
    """
    @dev Strike a member's orders for intervals of the successor and free their escrow.
    """
    moved: DynArray[uint256, 96] = []
    zone: uint256 = (ledger.account_words[member] >> 176) & 255
    if zone == 0:
        return moved
    own: uint256 = grid.books[zone]
    first: uint256 = (own >> 214) & words.SINCE
    now: uint256 = block.timestamp // words.INTERVAL_S
    freed: uint256 = 0
    for i: uint256 in range(words.MAX_AHEAD // 4 + 2):
        hour: uint256 = max(first, now) // 4 + i
        word: uint256 = self.orders[member][hour % words.RING_H]
        if word >> 244 != (hour // words.RING_H) & 4095:
            continue
        changed: uint256 = word
        for j: uint256 in range(4):
            interval: uint256 = hour * 4 + j
            steps: uint256 = (word >> (j * 60)) & words.STEPS
            if steps == 0 or interval < first or word & (words.RELEASED_0 << j) != 0:
                continue
            if with_orders and len(moved) == 96:
                break
            changed &= ~(words.STEPS << (j * 60))
            freed += self._escrow_of(zone, words._terms(own, interval), interval, steps)
            if with_orders:
                moved.append((interval << 64) | steps)
        if changed != word:
            self.orders[member][hour % words.RING_H] = changed
    ledger._hold(member, zone, 0, freed)
    return moved


@internal
@view
def _escrow_of(zone: uint256, terms: uint256, interval: uint256, steps: uint256) -> uint256:
    held: uint256 = 0
    for i: uint256 in range(2):
        step: uint256 = (steps >> (i * 30)) & words.STEP
        if step & words.QUANTITY != 0 and step & words.SELL_BIT == 0:
            held += words._escrow(terms, self._beyond(zone, interval, step >> 28)[1], step)
    return held
