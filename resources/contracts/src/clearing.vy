# pragma version 0.4.3
"""
@title clearing
@license Apache-2.0
@notice The uniform price of a book and interval, found from its ladder after the gate.
"""

import grid
import ledger
import trading
import words

uses: grid
uses: ledger
uses: trading

event Cleared:
    book: indexed(uint256)
    interval: indexed(uint256)
    price: uint256
    volume: uint256

results: public(HashMap[uint256, HashMap[uint256, uint256]])


@external
def clear(book: uint256, interval: uint256):
    """
    @notice Find the uniform price that moves the most energy. Anyone, once, after the gate.
            D(p) is demand at p or above, S(p) supply at p or below, V the maximum of min(D, S) or
            the limit of the grid if that is less; the ticks that reach V run from the lowest with
            S >= V to the highest with D >= V, and the price is their midpoint.
    """
    words._need(self.results[book][interval] == 0, "already cleared")
    self._clear(book, interval)


@external
@view
def results_of(book: uint256, first_interval: uint256, count: uint256) -> DynArray[uint256, 96]:
    """
    @notice Result words of up to 96 intervals; 0 where an interval is not cleared.
    """
    found: DynArray[uint256, 96] = []
    for i: uint256 in range(count, bound=96):
        found.append(self.results[book][first_interval + i])
    return found


@internal
def _clear(book: uint256, interval: uint256) -> uint256:
    word: uint256 = grid.books[book]
    words._need(word & words.EXISTS != 0, "unknown book")
    now: uint256 = block.timestamp // words.INTERVAL_S
    words._need(interval <= now + words.MAX_AHEAD, "the gate is still open")
    terms: uint256 = grid._terms_then(book, word, interval)
    gate_s: uint256 = (terms >> 54) & words.GATE
    words._need(block.timestamp + gate_s > interval * words.INTERVAL_S, "the gate is still open")
    result: uint256 = words.CLEARED | (((terms >> 71) & words.SINCE) << 216)
    price: uint256 = 0
    volume: uint256 = 0
    moved: bool = word & words.RETIRED != 0 and interval >= (word >> 214) & words.SINCE
    if interval + words.EXPIRY > now and not moved:
        words._need(word & words.PAUSED == 0, "the market is paused")
        found: uint256 = self._match(book, interval, ((terms >> 49) & 31) + 1)
        volume = (found >> 32) & words.MASK_40
        if volume > 0:
            ticks: uint256 = ((found >> 72) & 255) + ((found >> 80) & 255)
            price = (terms & words.BASE) + ((terms >> 26) & words.TICK) * ticks // 2
            result |= found | price
            ledger.pool += (volume * price // 1000) << 170
    self.results[book][interval] = result
    log Cleared(book=book, interval=interval, price=price, volume=volume)
    return result


@internal
@view
def _match(book: uint256, interval: uint256, groups: uint256) -> uint256:
    """
    @dev A result's word without price and charge; 0 where nothing can be traded.
    """
    limit: uint256 = (grid.limits[book][interval >> 2] >> ((interval & 3) << 6)) & words.MASK_64
    if limit == 0:
        limit = words.MASK_40
    limit = limit & words.MASK_40
    epoch: uint256 = (interval // words.RING) & words.EPOCH
    first: uint256 = unsafe_mul(interval % words.RING, 64)
    bids: uint256[32] = empty(uint256[32])
    demand: uint256 = 0
    bids, demand = self._bids(book, first, epoch, groups)
    supply: uint256 = 0
    volume: uint256 = 0
    # The word with the marginal ask, and the supply below it.
    ask_word: uint256 = 0
    ask_tick: uint256 = 0
    ask_below: uint256 = 0
    for group: uint256 in range(groups, bound=32):
        if demand == 0:
            break
        asks: uint256 = trading.ladder[book][first | group | 32]
        asks = (asks & words.CELLS) if asks >> 240 == epoch else 0
        beyond: uint256 = unsafe_sub(demand, words._sum(bids[group]))
        end: uint256 = unsafe_add(supply, words._sum(asks))
        most: uint256 = min(end, limit)
        if most > volume and most <= beyond:
            # Demand beyond this word takes all of it: supply alone tells what moves.
            volume = most
            ask_word = asks
            ask_tick = group << 3
            ask_below = supply
        if most > beyond:
            # Supply meets demand at a tick of this word.
            best: uint256 = 0
            bid: uint256 = 0
            best, bid = self._meet(bids[group], asks, group << 3, demand, supply, limit, volume)
            if best == 0:
                return 0
            if best > volume:
                ask_word = asks
                ask_tick = group << 3
                ask_below = supply
            if beyond == best:
                # As much is wanted further up: the marginal bid is the first one there.
                bid = self._first_bid(bids, unsafe_add(group, 1), groups, best)
            return bid | self._marginal_ask(ask_word, ask_tick, ask_below, best)
        supply = end
        demand = beyond
    return 0


@internal
@view
def _bids(
    book: uint256, first: uint256, epoch: uint256, groups: uint256
) -> (uint256[32], uint256):
    """
    @dev The words of the ladder's buying side and all they hold.
    """
    bids: uint256[32] = empty(uint256[32])
    demand: uint256 = 0
    for group: uint256 in range(groups, bound=32):
        word: uint256 = trading.ladder[book][first | group]
        if word >> 240 == epoch:
            word = word & words.CELLS
            bids[group] = word
            demand = unsafe_add(demand, words._sum(word))
    return (bids, demand)


@internal
@pure
def _meet(
    bids: uint256,
    asks: uint256,
    first_tick: uint256,
    demand: uint256,
    supply: uint256,
    limit: uint256,
    volume: uint256,
) -> (uint256, uint256):
    """
    @dev What moves at the best of eight ticks, and the marginal bid's part of the result.
    """
    rest: uint256 = bids
    wanted: uint256 = demand
    offered: uint256 = supply
    best: uint256 = volume
    bid_tick: uint256 = 0
    bid_after: uint256 = 0
    bid_size: uint256 = 0
    for i: uint256 in range(8):
        bid: uint256 = rest & words.CELL
        offered = unsafe_add(offered, (asks >> unsafe_mul(i, 30)) & words.CELL)
        moved: uint256 = min(min(wanted, offered), limit)
        wanted = unsafe_sub(wanted, bid)
        if moved >= best:
            best = moved
            bid_tick = unsafe_add(first_tick, i)
            bid_after = wanted
            bid_size = bid
        rest = rest >> 30
    return (
        best,
        (best << 32) | (bid_tick << 80) | (unsafe_sub(best, bid_after) << 152) | (bid_size << 184),
    )


@internal
@pure
def _first_bid(bids: uint256[32], first: uint256, groups: uint256, volume: uint256) -> uint256:
    """
    @dev The marginal bid's part of the result where all of `volume` is wanted from a word on.
    """
    word: uint256 = 0
    tick: uint256 = 0
    for group: uint256 in range(first, groups, bound=32):
        word = bids[group]
        if word != 0:
            tick = group << 3
            break
    for _: uint256 in range(8):
        if word & words.CELL != 0:
            break
        word = word >> 30
        tick = unsafe_add(tick, 1)
    size: uint256 = word & words.CELL
    # The volume less what lies above this bid is the size of the bid itself.
    return (volume << 32) | (tick << 80) | (size << 152) | (size << 184)


@internal
@pure
def _marginal_ask(
    asks: uint256, first_tick: uint256, supply: uint256, volume: uint256
) -> uint256:
    """
    @dev The marginal ask's part of the result: where supply, of which so much lies below these
         eight ticks, reaches the volume.
    """
    word: uint256 = asks
    tick: uint256 = first_tick
    below: uint256 = supply
    for _: uint256 in range(8):
        offered: uint256 = unsafe_add(below, word & words.CELL)
        if offered >= volume:
            break
        below = offered
        word = word >> 30
        tick = unsafe_add(tick, 1)
    return (tick << 72) | (unsafe_sub(volume, below) << 88) | ((word & words.CELL) << 120)
