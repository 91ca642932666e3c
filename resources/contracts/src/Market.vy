# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Market
@license Apache-2.0
@notice Price-ladder auction of one zone: a uniform-price call auction per interval of 15 minutes.
        Orders add integer Wh to the bucket of a tick; `clear` walks the occupied buckets once;
        each member's share follows from its own order and one result word.
@dev Packed words (bit ranges, low end included, high end not):
     order given  [0,32) quantity, [32,40) zero, [40,48) tick, [48,64) side, [64,256) interval
     order kept   [0,32) quantity, [32,40) tick, 40 side, 62 RELEASED, 63 EXISTS
     ladder word  8 buckets of 32 bits; key side * 32 + tick // 8, bucket tick % 8
     occupied     bit key of every ladder word that was ever written
     result       [0,32) price, [32,72) volume, [72,80) ask tick, [80,88) bid tick,
                  [88,120) and [120,152) numerator and denominator of the marginal ask's fill,
                  [152,184) and [184,216) the same of the marginal bid, 255 CLEARED
     Sides: 0 buy, 1 sell. With no volume the price and the ticks are 0.
"""

from ethereum.ercs import IERC20

import money

interface IRegistry:
    def community() -> address: view
    def trader(caller: address) -> (address, uint256, uint256, uint256): view
    def charge_agent(
        caller: address, amount: uint256, sales_wh: uint256, price_low: uint256, price_high: uint256
    ): nonpayable

event Placed:
    member: indexed(address)
    interval: indexed(uint256)
    side: uint256
    tick: uint256
    quantity: uint256

event Cleared:
    interval: indexed(uint256)
    price: uint256
    volume: uint256

event Released:
    member: indexed(address)
    interval: indexed(uint256)
    bought: uint256
    sold: uint256
    trade_micro: int256

INTERVAL_S: constant(uint256) = 900
MAX_AHEAD: public(constant(uint256)) = 192
MAX_QUANTITY_WH: public(constant(uint256)) = 1_000_000
BUY: constant(uint256) = 0
SELL: constant(uint256) = 1
EXISTS: constant(uint256) = 1 << 63
RELEASED: constant(uint256) = 1 << 62
CLEARED: constant(uint256) = 1 << 255
CELL: constant(uint256) = 2**32 - 1
# The low 32 bits of each of four lanes of 64, and of each of two lanes of 128.
LANES_64: constant(uint256) = CELL * (1 + 2**64 + 2**128 + 2**192)
LANES_128: constant(uint256) = (2**64 - 1) * (1 + 2**128)

credit: public(immutable(address))
registry: public(immutable(address))
zone: public(immutable(uint256))
base: public(immutable(uint256))
step: public(immutable(uint256))
count: public(immutable(uint256))
gate_closure_s: public(immutable(uint256))

settlement: public(address)
orders: public(HashMap[address, HashMap[uint256, uint256]])
ladder: public(HashMap[uint256, HashMap[uint256, uint256]])
occupied: public(HashMap[uint256, uint256])
results: public(HashMap[uint256, uint256])
# What buyers have paid less what sellers were paid. Once all orders of the cleared intervals are
# released it is what rounding left over: never negative.
dust: public(int256)


@deploy
def __init__(
    credit_: address,
    registry_: address,
    zone_: uint256,
    base_: uint256,
    step_: uint256,
    count_: uint256,
    gate_closure_s_: uint256,
):
    assert zone_ <= 255, "zone above 255"
    assert 1 <= count_ and count_ <= 256, "between 1 and 256 ticks"
    assert step_ > 0, "the step is zero"
    assert base_ + step_ * (count_ - 1) <= CELL, "prices must fit in 32 bits"
    assert gate_closure_s_ <= 86400, "the gate closes over a day ahead"
    credit = credit_
    registry = registry_
    zone = zone_
    base = base_
    step = step_
    count = count_
    gate_closure_s = gate_closure_s_


@external
def set_settlement(settlement_: address):
    """
    @notice Name the contract that releases orders. Community only, once.
    """
    assert msg.sender == staticcall IRegistry(registry).community(), "only the community"
    assert self.settlement == empty(address), "the settlement is set"
    assert settlement_ != empty(address), "the settlement has no address"
    self.settlement = settlement_


@external
def place(orders: DynArray[uint256, 96]):
    """
    @notice Place, replace or (quantity 0) withdraw orders of the caller or of the member whose
            agent it is. What buyers may have to pay is escrowed, what no longer may fall due is
            paid back, both in one transfer.
    @param orders Packed orders, at most one in force per interval.
    """
    member: address = empty(address)
    member_zone: uint256 = 0
    retail: uint256 = 0
    feed_in: uint256 = 0
    member, member_zone, retail, feed_in = staticcall IRegistry(registry).trader(msg.sender)
    assert member_zone == zone, "another zone's market"
    escrow: uint256 = 0
    freed: uint256 = 0
    sales: uint256 = 0
    sales_before: uint256 = 0
    low: uint256 = max_value(uint256)
    high: uint256 = 0
    for packed: uint256 in orders:
        interval: uint256 = packed >> 64
        side: uint256 = (packed >> 48) & 65535
        tick: uint256 = (packed >> 40) & 255
        quantity: uint256 = packed & CELL
        assert (packed >> 32) & 255 == 0 and side <= SELL, "malformed order"
        assert block.timestamp + gate_closure_s <= interval * INTERVAL_S, "after gate closure"
        assert interval <= block.timestamp // INTERVAL_S + MAX_AHEAD, "too far ahead"
        old: uint256 = self.orders[member][interval]
        if old != 0:
            freed += self._escrow(old)
            sales_before += ((old >> 40) & 1) * (old & CELL)
            self._take(interval, (old >> 40) & 1, (old >> 32) & 255, old & CELL)
        word: uint256 = 0
        if quantity > 0:
            assert quantity <= MAX_QUANTITY_WH, "quantity over the limit"
            assert tick < count, "tick outside the ladder"
            price: uint256 = base + step * tick
            assert feed_in <= price and price <= retail, "price outside the band"
            low = min(low, price)
            high = max(high, price)
            word = EXISTS | (side << 40) | (tick << 32) | quantity
            escrow += self._escrow(word)
            sales += side * quantity
            self._add(interval, side, tick, quantity)
        if word != old:
            self.orders[member][interval] = word
        log Placed(member=member, interval=interval, side=side, tick=tick, quantity=quantity)
    more: uint256 = 0
    if escrow > freed:
        more = escrow - freed
    if msg.sender != member:
        more_sales: uint256 = 0
        if sales > sales_before:
            more_sales = sales - sales_before
        extcall IRegistry(registry).charge_agent(msg.sender, more, more_sales, low, high)
    if more > 0:
        assert extcall IERC20(credit).transferFrom(member, self, more), "the escrow was not paid"
    elif freed > escrow:
        assert extcall IERC20(credit).transfer(member, freed - escrow), "the escrow was not freed"


@external
def clear(interval: uint256):
    """
    @notice Find the uniform price that moves the most energy. Anyone, once, after the gate.
            D(p) is demand at p or above, S(p) supply at p or below, V the maximum of min(D, S);
            the ticks that reach V run from the lowest with S >= V to the highest with D >= V, and
            the price is their midpoint.
    """
    assert block.timestamp + gate_closure_s > interval * INTERVAL_S, "the gate is still open"
    assert self.results[interval] == 0, "already cleared"
    live: uint256 = self.occupied[interval]
    bid_words: uint256[32] = empty(uint256[32])
    demand: uint256 = 0
    for group: uint256 in range(32):
        if (live >> group) & 1 != 0:
            word: uint256 = self.ladder[interval][group]
            bid_words[group] = word
            demand += self._sum(word)
    supply: uint256 = 0
    volume: uint256 = 0
    ask_tick: uint256 = 0
    ask_fill: uint256 = 0
    ask_size: uint256 = 0
    bid_tick: uint256 = 0
    bid_after: uint256 = 0
    bid_size: uint256 = 0
    for group: uint256 in range(32):
        # Demand only falls from here on: no tick further up moves as much.
        if demand == 0 or demand < volume:
            break
        bids: uint256 = bid_words[group]
        asks: uint256 = 0
        if (live >> (group + 32)) & 1 != 0:
            asks = self.ladder[interval][group + 32]
        tick: uint256 = group * 8
        for _: uint256 in range(8):
            if bids | asks == 0:
                break
            bid: uint256 = bids & CELL
            ask: uint256 = asks & CELL
            supply += ask
            moved: uint256 = min(demand, supply)
            demand -= bid
            if moved > volume:
                volume = moved
                ask_tick = tick
                ask_fill = moved + ask - supply
                ask_size = ask
            if moved == volume:
                bid_tick = tick
                bid_after = demand
                bid_size = bid
            bids = bids >> 32
            asks = asks >> 32
            tick += 1
    result: uint256 = CLEARED
    price: uint256 = 0
    if volume > 0:
        price = base + step * (ask_tick + bid_tick) // 2
        result = (
            CLEARED | price | (volume << 32) | (ask_tick << 72) | (bid_tick << 80)
            | (ask_fill << 88) | (ask_size << 120)
            | ((volume - bid_after) << 152) | (bid_size << 184)
        )
    self.results[interval] = result
    log Cleared(interval=interval, price=price, volume=volume)


@external
@view
def share(member: address, interval: uint256) -> (uint256, uint256, uint256):
    """
    @notice What a member bought and sold in a cleared interval, Wh, and the price.
    """
    result: uint256 = self.results[interval]
    assert result != 0, "not cleared yet"
    bought: uint256 = 0
    sold: uint256 = 0
    bought, sold = self._share(self.orders[member][interval], result)
    return (bought, sold, result & CELL)


@external
def release(member: address, interval: uint256) -> (uint256, uint256, int256):
    """
    @notice Pay a member for what it sold, or return what its escrow holds beyond what it bought.
            Settlement only, once per order.
    @return Bought and sold Wh, and what the trade brought (+) or cost (-) the member.
    """
    assert msg.sender == self.settlement, "only the settlement"
    result: uint256 = self.results[interval]
    assert result != 0, "not cleared yet"
    order: uint256 = self.orders[member][interval]
    if order == 0:
        return (0, 0, 0)
    assert order & RELEASED == 0, "already released"
    self.orders[member][interval] = order | RELEASED
    bought: uint256 = 0
    sold: uint256 = 0
    bought, sold = self._share(order, result)
    price: uint256 = result & CELL
    payout: uint256 = money.cost_down(sold, price)
    trade: int256 = convert(payout, int256)
    if bought > 0:
        trade = -convert(money.cost_up(bought, price), int256)
    # An order is on one side only, so its escrow is whole or zero and payout is of the other side.
    payout += convert(convert(self._escrow(order), int256) + min(trade, 0), uint256)
    self.dust -= trade
    if payout > 0:
        assert extcall IERC20(credit).transfer(member, payout), "the payout failed"
    log Released(member=member, interval=interval, bought=bought, sold=sold, trade_micro=trade)
    return (bought, sold, trade)


@internal
@pure
def _share(order: uint256, result: uint256) -> (uint256, uint256):
    quantity: uint256 = order & CELL
    tick: uint256 = (order >> 32) & 255
    if (result >> 32) & (2**40 - 1) == 0:
        return (0, 0)
    if (order >> 40) & 1 == BUY:
        bid_tick: uint256 = (result >> 80) & 255
        if tick < bid_tick:
            return (0, 0)
        if tick > bid_tick:
            return (quantity, 0)
        size: uint256 = (result >> 184) & CELL
        return ((quantity * ((result >> 152) & CELL) + size - 1) // size, 0)
    ask_tick: uint256 = (result >> 72) & 255
    if tick > ask_tick:
        return (0, 0)
    if tick < ask_tick:
        return (0, quantity)
    return (0, quantity * ((result >> 88) & CELL) // ((result >> 120) & CELL))


@internal
@view
def _escrow(order: uint256) -> uint256:
    if (order >> 40) & 1 == SELL:
        return 0
    return money.cost_up(order & CELL, base + step * ((order >> 32) & 255))


@internal
@pure
def _sum(word: uint256) -> uint256:
    """
    @dev Sum of the eight 32-bit buckets, by halves; no lane can overflow into the next.
    """
    four: uint256 = (word & LANES_64) + ((word >> 32) & LANES_64)
    two: uint256 = (four & LANES_128) + ((four >> 64) & LANES_128)
    return (two & (2**128 - 1)) + (two >> 128)


@internal
def _add(interval: uint256, side: uint256, tick: uint256, quantity: uint256):
    key: uint256 = side * 32 + tick // 8
    offset: uint256 = (tick % 8) * 32
    word: uint256 = self.ladder[interval][key]
    assert ((word >> offset) & CELL) + quantity <= CELL, "this price is full"
    self.ladder[interval][key] = word + (quantity << offset)
    if word == 0:
        self.occupied[interval] |= 1 << key


@internal
def _take(interval: uint256, side: uint256, tick: uint256, quantity: uint256):
    self.ladder[interval][side * 32 + tick // 8] -= quantity << ((tick % 8) * 32)
