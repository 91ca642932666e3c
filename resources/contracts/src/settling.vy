# pragma version 0.4.3
"""
@title settling
@license Apache-2.0
@notice The first phase: the order of each metered interval is released, and the rest
        D = (import - export) - (bought - sold) goes to the member's supplier at its tariff.
"""

import peers
import standing
import tally

uses: standing

# Intervals of a member to settle under the same terms.
struct Span:
    first: uint256
    count: uint256
    terms: standing.Terms
    no_fuss: bool
    # Of the first hour, what is there already.
    record: uint256
    # The member's record for the hours that begin within.
    h: uint256

# Tallies of a zone that a call has read and not written back, from a pair of intervals on.
struct Sums:
    zone: uint256
    pair: uint256
    words: uint256[50]

event Settled:
    member: indexed(address)
    first: uint256
    rows: DynArray[uint256, 96]

DAY: constant(uint256) = 96
RING_H: constant(uint256) = 192
ONE: constant(uint256) = 2**16
EXISTS: constant(uint256) = 1 << 255
MASK_16: constant(uint256) = 2**16 - 1
MASK_20: constant(uint256) = 2**20 - 1
MASK_21: constant(uint256) = 2**21 - 1
MASK_23: constant(uint256) = 2**23 - 1
MASK_32: constant(uint256) = 2**32 - 1
MASK_176: constant(uint256) = 2**176 - 1
ESTIMATED: constant(uint256) = 1 << 31
ESTIMATES: constant(uint256) = ESTIMATED * (1 + 2**64 + 2**128 + 2**192)
LANES: constant(uint256) = 15


@external
def settle(batches: DynArray[peers.Batch, 16]):
    """
    @notice Carry signed batches to the Meter and settle their members as far as they are metered,
            up to a day each. Anyone.
    """
    standing._running()
    extcall peers.IMeter(standing.meter).submit(batches)
    sums: Sums = empty(Sums)
    for batch: peers.Batch in batches:
        sums = self._settle_all(batch.member, DAY, sums)
    self._keep(sums)


@external
def settle_known(member: address, count: uint256):
    """
    @notice Settle up to a day of what is metered or estimated. Anyone.
    """
    standing._running()
    self._keep(self._settle_all(member, min(count, DAY), empty(Sums)))


@internal
def _settle_all(member: address, limit: uint256, sums: Sums) -> Sums:
    left: uint256 = limit
    kept: Sums = sums
    # A second round only where the member's terms change within the batch.
    for _: uint256 in range(3):
        done: uint256 = 0
        more: bool = False
        done, more, kept = self._settle(member, left, kept)
        left -= done
        if not more or left == 0:
            break
    return kept


@internal
def _settle(member: address, limit: uint256, sums: Sums) -> (uint256, bool, Sums):
    state: uint256 = standing.state[member]
    next: uint256 = ((state >> 48) & MASK_32) + 1
    span: Span = empty(Span)
    known: uint256 = 0
    hours: DynArray[uint256, 25] = []
    span.first, known, hours = staticcall peers.IMeter(standing.meter).hours_from(member, next)
    known = min(known, limit)
    if known == 0:
        return (0, False, sums)
    span.terms, span.count = self._span(member, span.first, known)
    change: uint256 = (standing.next_params >> 128) & MASK_32
    if span.first < change:
        span.count = min(span.count, unsafe_sub(change, span.first))
    last: uint256 = unsafe_sub(unsafe_add(span.first, span.count), 1)
    fresh: bool = state == 0 or span.first != next
    if state == 0:
        state = EXISTS | (ONE // 2) | (span.terms.zone << 112)
    if fresh:
        # The first ones, or those between were left so long that the Meter has forgotten them.
        state = (
            (state & (EXISTS | MASK_16 | (255 << 112)))
            | (span.first << 16) | (unsafe_sub(span.first, 1) << 80)
        )
    span.h = state & MASK_16
    span.record = span.h << 176
    if span.first & 3 != 0 and not fresh:
        span.record = standing.records[member][(span.first >> 2) % RING_H]
    span.no_fuss = self._shares(member, span.first, span.terms)
    rows: DynArray[uint256, 96] = extcall peers.IMarket(standing.market).release(
        member, span.first, span.count
    )
    kept: Sums = self._beside(sums, span.terms.zone, span.first)
    moved: int256 = 0
    kept, rows, moved = self._rests(member, span, hours, rows, kept)
    standing.state[member] = (state & ~(MASK_32 << 48)) | (last << 48)
    standing._move(member, span.terms.supplier, moved)
    log Settled(member=member, first=span.first, rows=rows)
    return (span.count, span.count < known, kept)


@internal
def _rests(
    member: address, span: Span, hours: DynArray[uint256, 25], traded: DynArray[uint256, 96],
    sums: Sums,
) -> (Sums, DynArray[uint256, 96], int256):
    """
    @dev Records, tallies, rows and money of a span, in one loop: what each interval costs is
         spent here, and a call or a copy an interval would be a tenth of it. Bounds: 20 bits metered, 21 bits traded each
         way, 32 bits of tariff: amounts below 2**22, money below 2**45, so nothing overflows.
    """
    rows: DynArray[uint256, 96] = traded
    kept: Sums = sums
    open: uint256 = standing._open_from()
    retail: uint256 = span.terms.retail
    feed_in: uint256 = span.terms.feed_in
    record: uint256 = span.record
    pair: uint256 = unsafe_sub(span.first >> 1, sums.pair)
    sum: uint256 = sums.words[pair]
    at: uint256 = unsafe_mul(120, span.first & 1)
    owed: uint256 = 0
    due: uint256 = 0
    i: uint256 = 0
    for given: uint256 in hours:
        interval: uint256 = unsafe_add(span.first, i)
        j: uint256 = interval & 3
        lanes: uint256 = unsafe_sub(4, j)
        if unsafe_add(i, lanes) > span.count:
            lanes = unsafe_sub(span.count, i)
        word: uint256 = given << unsafe_mul(64, j)
        # A bit for each lane whose signed row came while it was awaited.
        counts: uint256 = LANES >> unsafe_sub(4, lanes)
        h: uint256 = (record >> 176) & MASK_16
        body: uint256 = (record & MASK_176) << unsafe_mul(44, unsafe_sub(4, j))
        record = record >> 176 << 176
        if word & ESTIMATES != 0:
            record |= self._estimated(word, lanes) << unsafe_add(192, j)
            counts = self._on_time(word, interval, lanes, open)
        elif interval < open:
            counts = self._on_time(word, interval, lanes, open)
        record |= counts << unsafe_add(196, j)
        for _: uint256 in range(lanes, bound=4):
            row: uint256 = rows[i]
            bought: uint256 = row & MASK_21
            sold: uint256 = (row >> 21) & MASK_21
            used: uint256 = unsafe_add(word >> 224, sold)
            covered: uint256 = unsafe_add((word >> 192) & MASK_20, bought)
            size: uint256 = unsafe_add(bought, sold)
            amount: uint256 = unsafe_sub(used, covered)
            body = (body >> 44) | (((amount & MASK_23) | (size << 23)) << 132)
            supplier: uint256 = 0
            lane: uint256 = at
            if used > covered:
                supplier = unsafe_div(unsafe_add(unsafe_mul(amount, retail), 999), 1000)
                owed = unsafe_add(owed, supplier)
                supplier = unsafe_sub(0, supplier)
            else:
                amount = unsafe_sub(covered, used)
                supplier = unsafe_div(unsafe_mul(amount, feed_in), 1000)
                due = unsafe_add(due, supplier)
                lane = unsafe_add(at, 30)
            rows[i] = row | (word >> 192 << 154) | (supplier << 206)
            if counts & 1 != 0:
                if span.no_fuss:
                    interval = unsafe_add(span.first, i)
                    if standing._tally_thin(span.terms.zone, interval, unsafe_sub(used, covered)):
                        record |= 1 << unsafe_add(200, interval & 3)
                if amount > size:
                    amount = size
                if amount != 0:
                    if sum == 0:
                        sum = standing._tally_word(span.terms.zone, unsafe_add(span.first, i))
                    if sum & tally.TOPS == 0:
                        weight: uint256 = unsafe_mul(amount, h) >> 16
                        sum = unsafe_add(sum, (amount | (weight << 60)) << lane)
                    else:
                        more: uint256 = tally.plus(sum, lane, amount, h)
                        if more == sum:
                            record ^= 1 << unsafe_add(196, unsafe_add(span.first, i) & 3)
                        sum = more
            counts = counts >> 1
            word = word << 64
            i = unsafe_add(i, 1)
            at = unsafe_add(at, 120)
            if at == 240:
                at = 0
                kept.words[pair] = sum
                pair = unsafe_add(pair, 1)
                sum = kept.words[pair]
        body = body >> unsafe_mul(44, unsafe_sub(unsafe_sub(4, j), lanes))
        standing.records[member][((interval >> 2) % RING_H)] = record | body
        record = span.h << 176
        if i == span.count:
            break
    kept.words[pair] = sum
    return (kept, rows, convert(due, int256) - convert(owed, int256))


@internal
@pure
def _on_time(word: uint256, interval: uint256, lanes: uint256, open: uint256) -> uint256:
    """
    @dev A bit for each of an hour's next lanes whose signed row came while it was awaited.
    """
    bits: uint256 = LANES >> unsafe_sub(4, lanes)
    for k: uint256 in range(4):
        if interval + k < open or word & (ESTIMATED << (192 - 64 * k)) != 0:
            bits &= ~(1 << k)
    return bits


@internal
@pure
def _estimated(word: uint256, lanes: uint256) -> uint256:
    bits: uint256 = 0
    for k: uint256 in range(lanes, bound=4):
        bits |= ((word >> (223 - 64 * k)) & 1) << k
    return bits


@internal
@view
def _shares(member: address, first: uint256, terms: standing.Terms) -> bool:
    """
    @dev Whether a member chose "no fuss" and cannot lose by it.
    """
    if not staticcall peers.IMarket(standing.market).no_fuss(member):
        return False
    mid: uint256 = (standing._params_at(first) >> 32) & MASK_32
    return terms.feed_in <= mid and mid <= terms.retail


@internal
def _beside(sums: Sums, zone: uint256, first: uint256) -> Sums:
    """
    @dev The tallies in memory where they are those of a span, else written back and empty.
    """
    if sums.zone == zone and sums.pair == first >> 1:
        return sums
    self._keep(sums)
    return Sums(zone=zone, pair=first >> 1, words=empty(uint256[50]))


@internal
def _keep(sums: Sums):
    """
    @dev Write back what was read.
    """
    if sums.zone == 0:
        return
    place: uint256 = sums.pair % (2 * RING_H)
    for word: uint256 in sums.words:
        if word != 0:
            standing.tallies[sums.zone][place] = word
        place = unsafe_add(place, 1)
        if place == 2 * RING_H:
            place = 0


@internal
@view
def _span(member: address, first: uint256, count: uint256) -> (standing.Terms, uint256):
    """
    @dev standing.Terms at an interval and for how many of the next ones they hold.
    """
    terms: standing.Terms = standing._terms(member, first)
    if count == 1 or self._same(terms, standing._terms(member, first + count - 1)):
        return (terms, count)
    for i: uint256 in range(1, 96):
        if not self._same(terms, standing._terms(member, first + i)):
            return (terms, i)
    return (terms, count)


@internal
@pure
def _same(one: standing.Terms, other: standing.Terms) -> bool:
    return (
        one.zone == other.zone and one.retail == other.retail and one.feed_in == other.feed_in
        and one.supplier == other.supplier
    )
