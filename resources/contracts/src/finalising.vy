# pragma version 0.4.3
"""
@title finalising
@license Apache-2.0
@notice The second phase, once the readings of all were due: reward and penalty for keeping to
        what was traded, and sharing at the mid-market price where the market was thin.
"""

import accuracy
import peers
import sharing
import standing
import tally

uses: standing

event Finalised:
    member: indexed(address)
    first: uint256
    count: uint256
    accuracies: DynArray[uint256, 25]
    shared: DynArray[uint256, 96]

DAY: constant(uint256) = 96
RING_H: constant(uint256) = 192
MASK_16: constant(uint256) = 2**16 - 1
MASK_23: constant(uint256) = 2**23 - 1
MASK_30: constant(uint256) = 2**30 - 1
MASK_32: constant(uint256) = 2**32 - 1
MASK_60: constant(uint256) = 2**60 - 1
MASK_64: constant(uint256) = 2**64 - 1
MASK_240: constant(uint256) = 2**240 - 1
NO_FUSS: constant(uint256) = 15 << 200
MASK_120: constant(uint256) = 2**120 - 1


@external
def finalise(members: DynArray[address, 32], count: uint256):
    """
    @notice Rewards, penalties and the mid-market price, for up to a day of settled intervals whose
            readings were due. Anyone.
    """
    standing._running()
    stakes: DynArray[uint256, 96] = []
    held_zone: uint256 = max_value(uint256)
    held_first: uint256 = 0
    held_count: uint256 = 0
    end: uint256 = standing._open_from()
    for member: address in members:
        first: uint256 = 0
        many: uint256 = 0
        first, many = self._finalisable(member, min(count, DAY), end)
        if many == 0:
            continue
        zone: uint256 = (standing.state[member] >> 112) & 255
        # Parameters change at most once within a call: up to there first.
        change: uint256 = (standing.next_params >> 128) & MASK_32
        if first < change:
            many = min(many, change - first)
        if zone != held_zone or first != held_first or many != held_count:
            stakes = self._stakes(zone, first, many)
            held_zone = zone
            held_first = first
            held_count = many
        self._finalise(member, first, stakes)


@internal
@view
def _finalisable(member: address, limit: uint256, end: uint256) -> (uint256, uint256):
    """
    @dev First interval to finalise and how many, before `end`.
    """
    state: uint256 = standing.state[member]
    if state == 0:
        return (0, 0)
    settled: uint256 = (state >> 48) & MASK_32
    first: uint256 = ((state >> 80) & MASK_32) + 1
    if settled // 4 >= RING_H:
        first = max(first, 4 * (settled // 4 + 1 - RING_H))
    stop: uint256 = min(settled + 1, end)
    if first >= stop:
        return (0, 0)
    return (first, min(stop - first, limit))


@internal
@view
def _stakes(zone: uint256, first: uint256, count: uint256) -> DynArray[uint256, 96]:
    """
    @dev What the members of a zone share in each interval: in the low 128 bits the stake of
         accuracy, where the book was thin [128,158) need and [158,188) surplus.
    """
    stakes: DynArray[uint256, 96] = staticcall peers.IMarket(standing.market).results_of(
        zone, first, count
    )
    params: uint256 = standing._params_at(first)
    spread: uint256 = (params >> 64) & MASK_32
    weight: uint256 = (params >> 96) & 1023
    g: uint256 = (params >> 106) & 1023
    sums: uint256 = 0
    for i: uint256 in range(count, bound=96):
        interval: uint256 = unsafe_add(first, i)
        hour: uint256 = interval >> 2
        if i == 0 or interval & 1 == 0:
            sums = standing._tally_word(zone, interval) & MASK_240
        result: uint256 = stakes[i]
        word: uint256 = 0
        own: uint256 = (sums >> unsafe_mul(120, interval & 1)) & MASK_120
        if own != 0:
            word = accuracy.stake(own, result & MASK_32, spread, weight, g)
        if (result >> 32) & (2**40 - 1) < params & MASK_32:
            # The book is thin.
            needs: uint256 = tally.now(standing.thin[zone][hour % RING_H], hour, RING_H)
            word |= ((needs >> unsafe_mul(60, interval & 3)) & MASK_60) << 128
        stakes[i] = word
    return stakes


@internal
def _finalise(member: address, first: uint256, stakes: DynArray[uint256, 96]):
    state: uint256 = standing.state[member]
    count: uint256 = len(stakes)
    last: uint256 = unsafe_sub(unsafe_add(first, count), 1)
    records: uint256[25] = empty(uint256[25])
    sharers: uint256 = 0
    hour: uint256 = first >> 2
    for k: uint256 in range(unsafe_sub(unsafe_add(last >> 2, 1), hour), bound=25):
        records[k] = standing.records[member][hour % RING_H]
        sharers |= records[k]
        hour = unsafe_add(hour, 1)
    g: uint256 = (standing._params_at(first) >> 106) & 1023
    day: accuracy.Day = accuracy.of_day(records, first, stakes, state & MASK_16, g)
    balance: int256 = convert(day.received, int256) - convert(day.paid, int256)
    shared: DynArray[uint256, 96] = []
    brought: int256 = 0
    taken: int256 = 0
    supplier: address = empty(address)
    if sharers & NO_FUSS != 0:
        brought, taken, supplier, shared = self._share(member, first, stakes)
        balance += brought
    standing.state[member] = (state & ~(MASK_16 | (MASK_32 << 80))) | day.h | (last << 80)
    standing._move(member, standing.imbalance, balance)
    standing._move(member, supplier, taken)
    log Finalised(
        member=member, first=first, count=count, accuracies=day.hours, shared=shared
    )


@internal
def _share(
    member: address, first: uint256, stakes: DynArray[uint256, 96]
) -> (int256, int256, address, DynArray[uint256, 96]):
    """
    @dev Let a member share at the mid-market price where its zone was thin. Returns what the
         imbalance account owes it, what its (last) supplier owes, who that is, and the parts.
    """
    shared: DynArray[uint256, 96] = []
    brought: int256 = 0
    taken: int256 = 0
    creditor: address = empty(address)
    mid: uint256 = (standing._params_at(first) >> 32) & MASK_32
    for i: uint256 in range(len(stakes), bound=96):
        interval: uint256 = first + i
        offset: uint256 = 44 * (interval & 3)
        place: uint256 = (interval >> 2) % RING_H
        pool: uint256 = stakes[i] >> 128
        record: uint256 = standing.records[member][place]
        if pool == 0 or record & (1 << (200 + (interval & 3))) == 0:
            continue
        rest: int256 = standing._rest(record >> offset)
        side: uint256 = 1
        if rest < 0:
            side = 2
        amount: uint256 = convert(abs(rest), uint256)
        part: uint256 = sharing.part(pool & MASK_30, pool >> 30, side, amount)
        if part == 0:
            continue
        terms: standing.Terms = standing._terms(member, interval)
        balance: int256 = 0
        supplier: int256 = 0
        balance, supplier = sharing.moved(side, amount, part, terms.retail, terms.feed_in, mid)
        brought += balance
        if terms.supplier != creditor:
            standing._move(member, creditor, taken)
            creditor = terms.supplier
            taken = 0
        taken += supplier
        money_bits: uint256 = standing._bits(balance + supplier) & MASK_64
        shared.append(i | (part << 8) | (money_bits << 40))
        left: uint256 = amount - part
        if side == 2:
            left = unsafe_sub(0, left)
        standing.records[member][place] = (
            (record & ~(MASK_23 << offset)) | ((left & MASK_23) << offset)
        )
    return (brought, taken, creditor, shared)
