# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Settlement
@license Apache-2.0
@notice Traded against metered energy. `settle`, once an interval is metered: the order is
        released, and the rest D = (import - export) - (bought - sold) - deals goes to the member's
        supplier at its tariff. `finalise`, once the readings of all were due: who kept to what it
        traded is rewarded from what those pay who deviated, and where the market was thin the
        members who chose "no fuss" share at the mid-market price. Each amount moves between two
        accounts of the Market, so all sum to zero.
@dev Energy Wh, money micro-units, prices micro-units per kWh. Packed words:
     state    [0,16) record H of accuracy, [16,48) first, [48,80) last settled, [80,112) last
              final interval, [112,120) zone (a member's zone never changes), 255 EXISTS
     records  one hour, ring of 192: interval j at 44 j: 23 bits D (two's complement), 21 bits size
              of the position (bought + sold); [176,192) H; flags at 192 + j ESTIMATED,
              196 + j TALLIED, 200 + j NO_FUSS
     tallies  two intervals of a zone: 120 bits each: 30 bits sum of D > 0, of |D| for D < 0, and
              the same of H |D|; only of members with a position, |D| up to its size; [240,256)
              epoch (hour // 192)
     thin     one hour of a zone: 60 bits an interval: 30 bits need, 30 bits surplus of the members
              who chose "no fuss"; [240,256) epoch
     params   [0,32) thin_wh, [32,64) mid price, [64,96) spread, [96,106) weight in 1/1000,
              [106,116) g in 1/1000, [128,160) first interval
     Row of Settled: [0,20) import, [20,40) export, [40,61) bought, [61,82) sold, [82,140) trade,
     [140,198) supplier, [198,255) charge, 255 ESTIMATED (money two's complement, + received; the
     charge is paid).
     Finalised: accuracies, 64 bits each, four in a word from the lowest on; shared, one word for
     each interval with a part: [0,8) offset from first, [8,40) Wh, [40,104) mid-market micro-units
     (money two's complement, + received).
"""

import money

interface IRegistry:
    def community() -> address: view
    def paused(name_hash: bytes32) -> bool: view
    def terms_at(member: address, interval: uint256) -> (uint256, uint256, uint256, address): view

interface IMarket:
    def release(member: address, first: uint256, count: uint256) -> DynArray[uint256, 96]: nonpayable
    def results_of(book: uint256, first: uint256, count: uint256) -> DynArray[uint256, 96]: view
    def transfer_accounts(payer: address, payee: address, amount: uint256) -> uint256: nonpayable
    def no_fuss(member: address) -> bool: view
    def common_book(zone: uint256, other: uint256) -> uint256: view
    def charge_of(book: uint256, interval: uint256) -> uint256: view
    def charge_account() -> address: view

interface IMeter:
    def due_s() -> uint256: view
    def submit(batches: DynArray[Batch, 16]): nonpayable
    def hours_from(member: address, interval: uint256) -> (uint256, uint256, DynArray[uint256, 25]): view
    def row(member: address, interval: uint256) -> (bool, uint256, uint256): view
    def estimate_of(member: address, interval: uint256) -> uint256: view

struct Batch:
    member: address
    first: uint64
    import_wh: uint64
    export_wh: uint64
    rows: Bytes[768]
    v: uint8
    r: bytes32
    s: bytes32

struct Terms:
    zone: uint256
    retail: uint256
    feed_in: uint256
    supplier: address

event Settled:
    member: indexed(address)
    first: uint256
    rows: DynArray[uint256, 96]

event Finalised:
    member: indexed(address)
    first: uint256
    count: uint256
    accuracies: DynArray[uint256, 24]
    shared: DynArray[uint256, 96]

event TruedUp:
    member: indexed(address)
    interval: uint256
    import_wh: uint256
    export_wh: uint256
    supplier_micro: int256

event DealServed:
    seller: indexed(address)
    buyer: indexed(address)
    interval: uint256
    quantity_wh: uint256
    price: uint256
    charge: uint256
    seller_supplier_micro: int256
    buyer_supplier_micro: int256

event ParamsProposed:
    params: uint256

event Owed:
    payer: indexed(address)
    payee: indexed(address)
    amount: uint256

event Collected:
    payer: indexed(address)
    payee: indexed(address)
    amount: uint256

INTERVAL_S: constant(uint256) = 900
DAY: constant(uint256) = 96
RING_H: public(constant(uint256)) = 192
# Below this position, Wh, deviations weigh on H as if it were as large.
FLOOR_WH: public(constant(uint256)) = 50
ONE: constant(uint256) = 2**16
NAME: constant(bytes32) = keccak256("Settlement")
EXISTS: constant(uint256) = 1 << 255
MASK_16: constant(uint256) = 2**16 - 1
MASK_20: constant(uint256) = 2**20 - 1
MASK_21: constant(uint256) = 2**21 - 1
MASK_23: constant(uint256) = 2**23 - 1
MASK_30: constant(uint256) = 2**30 - 1
MASK_32: constant(uint256) = 2**32 - 1
MASK_44: constant(uint256) = 2**44 - 1
MASK_57: constant(uint256) = 2**57 - 1
MASK_58: constant(uint256) = 2**58 - 1
MASK_60: constant(uint256) = 2**60 - 1
MASK_64: constant(uint256) = 2**64 - 1
MASK_120: constant(uint256) = 2**120 - 1

registry: public(immutable(address))
market: public(immutable(address))
meter: public(immutable(address))
# The account that takes penalties and pays rewards, and stands between those who share at the
# mid-market price: the supplier that balances the community.
imbalance: public(immutable(address))
due_s: public(immutable(uint256))

deals: public(address)
params: public(uint256)
next_params: public(uint256)
state: public(HashMap[address, uint256])
records: public(HashMap[address, uint256[RING_H]])
tallies: public(HashMap[uint256, uint256[2 * RING_H]])
thin: public(HashMap[uint256, uint256[RING_H]])
# What a payer could not pay when it fell due, by payee.
owed: public(HashMap[address, HashMap[address, uint256]])


@deploy
def __init__(
    registry_: address,
    market_: address,
    meter_: address,
    imbalance_: address,
    thin_wh: uint256,
    mid: uint256,
    spread: uint256,
    weight: uint256,
    g: uint256,
):
    assert imbalance_ != empty(address), "the imbalance account has no address"
    registry = registry_
    market = market_
    meter = meter_
    imbalance = imbalance_
    due_s = staticcall IMeter(meter_).due_s()
    self.params = self._packed(thin_wh, mid, spread, weight, g, 0)


@external
def set_deals(deals_: address):
    """
    @notice Name the contract that serves direct deals. Community only, once.
    """
    self._only_community()
    assert self.deals == empty(address), "the deals are set"
    assert deals_ != empty(address), "the deals have no address"
    self.deals = deals_


@external
def propose_params(
    thin_wh: uint256, mid: uint256, spread: uint256, weight: uint256, g: uint256, first: uint256
):
    """
    @notice Other parameters for intervals at least a day ahead. Community only.
    @param thin_wh A zone's book that moves less, Wh in an interval, is thin.
    @param mid Price at which "no fuss" members share there.
    @param spread Retail less feed-in price by which accuracy is valued at most.
    @param weight How much of it is taken, 1/1000 (0 switches rewards and penalties off).
    @param g How much more a member without a record pays, 1/1000.
    """
    self._only_community()
    now: uint256 = block.timestamp // INTERVAL_S
    assert first > now + DAY, "at least a day ahead"
    pending: uint256 = self.next_params
    if pending != 0 and (pending >> 128) & MASK_32 <= now + DAY:
        assert ((pending >> 128) & MASK_32) + 4 * RING_H <= now, "the last change is too recent"
        self.params = pending
    self.next_params = self._packed(thin_wh, mid, spread, weight, g, first)
    log ParamsProposed(params=self.next_params)


@external
def settle(batches: DynArray[Batch, 16]):
    """
    @notice Carry signed batches to the Meter and settle their members as far as they are metered,
            up to a day each. Anyone.
    """
    self._running()
    extcall IMeter(meter).submit(batches)
    for batch: Batch in batches:
        self._settle_all(batch.member, DAY)


@external
def settle_known(member: address, count: uint256):
    """
    @notice Settle up to a day of what is metered or estimated. Anyone.
    """
    self._running()
    self._settle_all(member, min(count, DAY))


@external
def finalise(members: DynArray[address, 32], count: uint256):
    """
    @notice Rewards, penalties and the mid-market price, for up to a day of settled intervals whose
            readings were due. Anyone.
    """
    self._running()
    pot: DynArray[uint256, 96] = []
    pot_zone: uint256 = max_value(uint256)
    pot_first: uint256 = 0
    pot_count: uint256 = 0
    end: uint256 = self._open_from()
    for member: address in members:
        first: uint256 = 0
        many: uint256 = 0
        first, many = self._finalisable(member, min(count, DAY), end)
        if many == 0:
            continue
        zone: uint256 = (self.state[member] >> 112) & 255
        # Parameters change at most once within a call: up to there first.
        change: uint256 = (self.next_params >> 128) & MASK_32
        if first < change:
            many = min(many, change - first)
        if zone != pot_zone or first != pot_first or many != pot_count:
            pot = self._pot(zone, first, many)
            pot_zone = zone
            pot_first = first
            pot_count = many
        self._finalise(member, first, pot)


@external
def true_up(member: address, first: uint256, count: uint256):
    """
    @notice Put signed rows in place of estimates: the difference goes to the supplier. Anyone.
    """
    self._running()
    state: uint256 = self.state[member]
    for i: uint256 in range(count, bound=96):
        interval: uint256 = first + i
        flag: uint256 = 1 << (192 + interval % 4)
        place: uint256 = (interval // 4) % RING_H
        if not self._is_settled(state, interval) or self.records[member][place] & flag == 0:
            continue
        known: bool = False
        imported: uint256 = 0
        exported: uint256 = 0
        known, imported, exported = staticcall IMeter(meter).row(member, interval)
        if not known:
            continue
        guess: uint256 = staticcall IMeter(meter).estimate_of(member, interval)
        self.records[member][place] ^= flag
        change: int256 = convert(imported, int256) - convert(exported + guess, int256)
        terms: Terms = self._terms(member, interval)
        moved: int256 = self._correct(member, interval, change, terms)
        self._move(member, terms.supplier, moved)
        log TruedUp(
            member=member,
            interval=interval,
            import_wh=imported,
            export_wh=exported,
            supplier_micro=moved,
        )


@external
def serve_deal(
    seller: address, buyer: address, first: uint256, amounts: DynArray[uint256, 96], price: uint256
):
    """
    @notice Let a deal take its part of metered energy before the rest. Deals only, for intervals
            that both have settled and whose readings are still awaited.
    """
    assert msg.sender == self.deals, "only the deals"
    self._running()
    assert first >= self._open_from(), "too late for deals"
    seller_state: uint256 = self.state[seller]
    buyer_state: uint256 = self.state[buyer]
    for i: uint256 in range(len(amounts), bound=96):
        amount: uint256 = amounts[i]
        if amount == 0:
            continue
        interval: uint256 = first + i
        assert self._is_settled(seller_state, interval), "the seller is not settled"
        assert self._is_settled(buyer_state, interval), "the buyer is not settled"
        self._serve(seller, buyer, interval, amount, price)


@external
def collect(payer: address, payee: address) -> uint256:
    """
    @notice Pay as much of an old debt as the payer can pay now. Anyone.
    @return What was paid, micro-units.
    """
    due: uint256 = self.owed[payer][payee]
    assert due > 0, "nothing is owed"
    paid: uint256 = extcall IMarket(market).transfer_accounts(payer, payee, due)
    assert paid > 0, "the payer cannot pay"
    self.owed[payer][payee] = due - paid
    log Collected(payer=payer, payee=payee, amount=paid)
    return paid


@external
@view
def cursors(member: address) -> (uint256, uint256, uint256, uint256):
    """
    @notice A member's record H (of 65536), its first, last settled and last final interval.
    """
    word: uint256 = self.state[member]
    return (word & MASK_16, (word >> 16) & MASK_32, (word >> 48) & MASK_32, (word >> 80) & MASK_32)


@external
@view
def open_from() -> uint256:
    """
    @notice The first interval whose readings are still awaited: deals and tallies count from it on.
    """
    return self._open_from()


@external
@view
def params_at(interval: uint256) -> uint256:
    """
    @notice The packed parameters of an interval.
    """
    return self._params_at(interval)


@internal
def _settle_all(member: address, limit: uint256):
    left: uint256 = limit
    # A second round only where the member's terms change within the batch.
    for _: uint256 in range(3):
        done: uint256 = 0
        more: bool = False
        done, more = self._settle(member, left)
        left -= done
        if not more or left == 0:
            break


@internal
def _settle(member: address, limit: uint256) -> (uint256, bool):
    state: uint256 = self.state[member]
    next: uint256 = ((state >> 48) & MASK_32) + 1
    first: uint256 = 0
    known: uint256 = 0
    hours: DynArray[uint256, 25] = []
    first, known, hours = staticcall IMeter(meter).hours_from(member, next)
    known = min(known, limit)
    if known == 0:
        return (0, False)
    terms: Terms = empty(Terms)
    count: uint256 = 0
    terms, count = self._span(member, first, known)
    change: uint256 = (self.next_params >> 128) & MASK_32
    if first < change:
        count = min(count, unsafe_sub(change, first))
    rows: DynArray[uint256, 96] = extcall IMarket(market).release(member, first, count)
    fresh: bool = state == 0 or first != next
    if state == 0:
        state = EXISTS | (ONE // 2) | (terms.zone << 112)
    if fresh:
        # The first ones, or those between were left so long that the Meter has forgotten them.
        state = (
            (state & (EXISTS | MASK_16 | (255 << 112))) | (first << 16) | (unsafe_sub(first, 1) << 80)
        )
    open: uint256 = self._open_from()
    no_fuss: uint256 = 0
    params: uint256 = self._params_at(first)
    if staticcall IMarket(market).no_fuss(member):
        mid: uint256 = (params >> 32) & MASK_32
        if terms.feed_in <= mid and mid <= terms.retail:
            no_fuss = 1
    hour: uint256 = first // 4
    origin: uint256 = hour
    word: uint256 = hours[0]
    record: uint256 = (state & MASK_16) << 176
    if first % 4 != 0 and not fresh:
        record = self.records[member][hour % RING_H]
    h: uint256 = (record >> 176) & MASK_16
    to_supplier: uint256 = 0
    from_supplier: uint256 = 0
    retail: uint256 = terms.retail
    feed_in: uint256 = terms.feed_in
    tally: uint256 = 0
    tally_pair: uint256 = 0
    for i: uint256 in range(count, bound=96):
        interval: uint256 = unsafe_add(first, i)
        j: uint256 = interval & 3
        lane: uint256 = (word >> unsafe_mul(64, unsafe_sub(3, j))) & MASK_64
        imported: uint256 = lane >> 32
        exported: uint256 = lane & MASK_20
        estimated: uint256 = (lane >> 31) & 1
        row: uint256 = rows[i]
        size: uint256 = unsafe_add(row & MASK_21, (row >> 21) & MASK_21)
        used: uint256 = unsafe_add(imported, (row >> 21) & MASK_21)
        covered: uint256 = unsafe_add(exported, row & MASK_21)
        rest: uint256 = unsafe_sub(used, covered)
        amount: uint256 = rest
        supplier: uint256 = 0
        lane_at: uint256 = unsafe_mul(120, j & 1)
        # The rounding of money.vy; at most 22 + 32 bits, so nothing can overflow.
        if used > covered:
            supplier = unsafe_div(unsafe_add(unsafe_mul(rest, retail), 999), 1000)
            to_supplier = unsafe_add(to_supplier, supplier)
            supplier = unsafe_sub(0, supplier)
        else:
            amount = unsafe_sub(covered, used)
            supplier = unsafe_div(unsafe_mul(amount, feed_in), 1000)
            from_supplier = unsafe_add(from_supplier, supplier)
            lane_at = unsafe_add(lane_at, 30)
        flags: uint256 = estimated << 192
        if interval >= open and estimated == 0:
            flags |= 1 << 196
            amount = min(amount, size)
            if amount != 0:
                pair: uint256 = interval >> 1
                if pair != tally_pair:
                    if tally_pair != 0:
                        self.tallies[terms.zone][tally_pair % (2 * RING_H)] = tally
                    tally_pair = pair
                    tally = self._tally_word(terms.zone, interval)
                if unsafe_add((tally >> lane_at) & MASK_30, amount) > MASK_30:
                    flags = 0
                else:
                    weight: uint256 = unsafe_mul(amount, h) >> 16
                    tally = unsafe_add(
                        tally,
                        unsafe_add(amount << lane_at, weight << unsafe_add(lane_at, 60)),
                    )
            if no_fuss != 0 and rest != 0:
                if self._tally_thin(terms.zone, interval, rest):
                    flags |= 1 << 200
        record |= (
            (((rest & MASK_23) | (size << 23)) << unsafe_mul(44, j)) | (flags << j)
        )
        rows[i] = (
            imported | (exported << 20) | ((row & (2**42 - 1)) << 40)
            | (((row >> 42) & MASK_58) << 82) | ((supplier & MASK_58) << 140)
            | (((row >> 106) & MASK_57) << 198) | (estimated << 255)
        )
        if j == 3:
            self.records[member][hour % RING_H] = record
            hour = unsafe_add(hour, 1)
            h = state & MASK_16
            record = h << 176
            if unsafe_add(i, 1) < count:
                word = hours[unsafe_sub(hour, origin)]
        elif unsafe_add(i, 1) == count:
            self.records[member][hour % RING_H] = record
    if tally_pair != 0:
        self.tallies[terms.zone][tally_pair % (2 * RING_H)] = tally
    self.state[member] = (state & ~(MASK_32 << 48)) | ((first + count - 1) << 48)
    if to_supplier > from_supplier:
        self._pay(member, terms.supplier, to_supplier - from_supplier)
    else:
        self._pay(terms.supplier, member, from_supplier - to_supplier)
    log Settled(member=member, first=first, rows=rows)
    return (count, count < known)


@internal
@view
def _tally_word(zone: uint256, interval: uint256) -> uint256:
    epoch: uint256 = ((interval >> 2) // RING_H) & MASK_16
    word: uint256 = self.tallies[zone][(interval >> 1) % (2 * RING_H)]
    if word >> 240 != epoch:
        return epoch << 240
    return word


@internal
def _tally(zone: uint256, interval: uint256, rest: uint256, size: uint256, h: uint256) -> bool:
    """
    @dev Add a rest (two's complement) to its zone's sums; False where they are full.
    """
    place: uint256 = (interval >> 1) % (2 * RING_H)
    word: uint256 = self._tally_word(zone, interval)
    offset: uint256 = unsafe_mul(120, interval & 1)
    amount: uint256 = rest
    if rest >> 255 != 0:
        amount = unsafe_sub(0, rest)
        offset = unsafe_add(offset, 30)
    amount = min(amount, size)
    if unsafe_add((word >> offset) & MASK_30, amount) > MASK_30:
        return False
    self.tallies[zone][place] = unsafe_add(
        word,
        unsafe_add(amount << offset, (unsafe_mul(amount, h) >> 16) << unsafe_add(offset, 60)),
    )
    return True


@internal
def _tally_thin(zone: uint256, interval: uint256, rest: uint256) -> bool:
    hour: uint256 = interval >> 2
    epoch: uint256 = (hour // RING_H) & MASK_16
    word: uint256 = self.thin[zone][hour % RING_H]
    if word >> 240 != epoch:
        word = epoch << 240
    offset: uint256 = 60 * (interval & 3)
    amount: uint256 = rest
    if rest >> 255 != 0:
        amount = unsafe_sub(0, rest)
        offset += 30
    if ((word >> offset) & MASK_30) + amount > MASK_30:
        return False
    self.thin[zone][hour % RING_H] = word + (amount << offset)
    return True


@internal
def _untally(zone: uint256, interval: uint256, rest: uint256, size: uint256, h: uint256):
    """
    @dev Take back what _tally added for the same arguments.
    """
    offset: uint256 = 120 * (interval & 1)
    amount: uint256 = rest
    if rest >> 255 != 0:
        amount = unsafe_sub(0, rest)
        offset += 30
    amount = min(amount, size)
    self.tallies[zone][(interval >> 1) % (2 * RING_H)] -= (
        (amount << offset) + (((amount * h) >> 16) << (offset + 60))
    )


@internal
def _untally_thin(zone: uint256, interval: uint256, rest: uint256):
    offset: uint256 = 60 * (interval & 3)
    amount: uint256 = rest
    if rest >> 255 != 0:
        amount = unsafe_sub(0, rest)
        offset += 30
    self.thin[zone][(interval >> 2) % RING_H] -= amount << offset


@internal
@view
def _finalisable(member: address, limit: uint256, end: uint256) -> (uint256, uint256):
    """
    @dev First interval to finalise and how many, before `end`.
    """
    state: uint256 = self.state[member]
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
def _pot(zone: uint256, first: uint256, count: uint256) -> DynArray[uint256, 96]:
    """
    @dev What the members of a zone share in each interval: [0,32) pi (value of a kWh), [32,34) sign
         of S (1 short, 2 long), [34,98) what may be paid out, [98,128) its weights; where the book
         was thin [128,158) need and [158,188) surplus.
    """
    pot: DynArray[uint256, 96] = staticcall IMarket(market).results_of(zone, first, count)
    tally: uint256 = 0
    params: uint256 = self._params_at(first)
    thin_word: uint256 = 0
    for i: uint256 in range(count, bound=96):
        interval: uint256 = unsafe_add(first, i)
        epoch: uint256 = ((interval >> 2) // RING_H) & MASK_16
        if i == 0 or interval & 1 == 0:
            tally = self.tallies[zone][(interval >> 1) % (2 * RING_H)]
            if tally >> 240 != epoch:
                tally = 0
        if i == 0 or interval & 3 == 0:
            thin_word = self.thin[zone][(interval >> 2) % RING_H]
            if thin_word >> 240 != epoch:
                thin_word = 0
        result: uint256 = pot[i]
        word: uint256 = 0
        sums: uint256 = (tally >> unsafe_mul(120, interval & 1)) & MASK_120
        if sums != 0:
            word = self._terms_of(sums, result & MASK_32, params)
        if thin_word != 0 and (result >> 32) & (2**40 - 1) < params & MASK_32:
            word |= ((thin_word >> unsafe_mul(60, interval & 3)) & MASK_60) << 128
        pot[i] = word
    return pot


@internal
@pure
def _terms_of(sums: uint256, price: uint256, params: uint256) -> uint256:
    short: uint256 = sums & MASK_30
    long: uint256 = (sums >> 30) & MASK_30
    spread: uint256 = (params >> 64) & MASK_32
    value: uint256 = min(price, spread)
    if price == 0:
        value = spread // 2
    pi: uint256 = value * ((params >> 96) & 1023) // 1000
    if short == long or pi == 0:
        return 0
    g: uint256 = (params >> 106) & 1023
    sign: uint256 = 1
    hurting: uint256 = short
    helping: uint256 = long
    record: uint256 = (sums >> 60) & MASK_30
    weights: uint256 = sums >> 90
    if long > short:
        sign = 2
        hurting = long
        helping = short
        record = weights
        weights = (sums >> 60) & MASK_30
    penalties: uint256 = pi * ((1000 + g) * hurting - g * record) // 1_000_000
    return pi | (sign << 32) | (min(penalties, pi * helping // 1000) << 34) | (weights << 98)


@internal
def _finalise(member: address, first: uint256, pot: DynArray[uint256, 96]):
    state: uint256 = self.state[member]
    h: uint256 = state & MASK_16
    accuracies: DynArray[uint256, 24] = []
    shared: DynArray[uint256, 96] = []
    four: uint256 = 0
    record: uint256 = 0
    record_h: uint256 = 0
    params: uint256 = self._params_at(first)
    g: uint256 = (params >> 106) & 1023
    to_balance: int256 = 0
    to_supplier: int256 = 0
    debtor: address = empty(address)
    count: uint256 = len(pot)
    for i: uint256 in range(count, bound=96):
        interval: uint256 = unsafe_add(first, i)
        j: uint256 = interval & 3
        if j == 0 or i == 0:
            record = self.records[member][(interval >> 2) % RING_H]
            record_h = (record >> 176) & MASK_16
        lane: uint256 = record >> unsafe_mul(44, j)
        amount: uint256 = lane & MASK_23
        side: uint256 = 1
        if amount >> 22 != 0:
            amount = unsafe_sub(2**23, amount)
            side = 2
        size: uint256 = (lane >> 23) & MASK_21
        flags: uint256 = record >> unsafe_add(192, j)
        pool: uint256 = pot[i]
        if size != 0:
            miss: uint256 = ONE
            if flags & 16 != 0:
                # A share of the position, of 65536.
                miss = min(ONE, unsafe_div(amount << 16, max(size, FLOOR_WH)))
            # Below 65536, since h is and the division rounds down.
            h = unsafe_div(unsafe_add(unsafe_mul(h, 95), unsafe_sub(ONE, miss)), 96)
            if pool & MASK_32 != 0 and amount != 0:
                counted: uint256 = min(amount, size)
                weight: uint256 = unsafe_mul(counted, record_h) >> 16
                accuracy: uint256 = 0
                if (pool >> 32) & 3 == side:
                    # Hurters deviate as the zone does and pay, rounded up.
                    counted = unsafe_sub(
                        unsafe_mul(unsafe_add(1000, g), counted), unsafe_mul(g, weight)
                    )
                    accuracy = unsafe_sub(
                        0,
                        unsafe_div(
                            unsafe_add(unsafe_mul(pool & MASK_32, counted), 999_999), 1_000_000
                        ),
                    )
                elif flags & 16 != 0 and weight != 0:
                    # Helpers deviate against it and receive, rounded down, unless they came late.
                    accuracy = unsafe_div(
                        unsafe_mul((pool >> 34) & MASK_64, weight), (pool >> 98) & MASK_30
                    )
                four |= (accuracy & MASK_64) << (unsafe_mul(64, i & 3))
                to_balance = unsafe_sub(to_balance, self._signed(accuracy))
        if i & 3 == 3 or unsafe_add(i, 1) == count:
            accuracies.append(four)
            four = 0
        if flags & 256 != 0 and pool >> 128 != 0:
            part: uint256 = self._share(pool, side, amount)
            if part != 0:
                balance: int256 = 0
                supplier: int256 = 0
                terms: Terms = self._terms(member, interval)
                if terms.supplier != debtor:
                    self._move(member, debtor, -to_supplier)
                    debtor = terms.supplier
                    to_supplier = 0
                balance, supplier = self._mid_market(
                    side, amount, part, terms, (params >> 32) & MASK_32
                )
                to_balance -= balance
                to_supplier -= supplier
                shared.append(
                    i | (part << 8) | ((self._bits(balance + supplier) & MASK_64) << 40)
                )
                left: uint256 = amount - part
                if side == 2:
                    left = unsafe_sub(0, left)
                record = (record & ~(MASK_23 << (44 * j))) | ((left & MASK_23) << (44 * j))
                self.records[member][(interval >> 2) % RING_H] = record
    self.state[member] = (
        (state & ~(MASK_16 | (MASK_32 << 80))) | h | (unsafe_sub(unsafe_add(first, count), 1) << 80)
    )
    self._move(member, imbalance, -to_balance)
    self._move(member, debtor, -to_supplier)
    log Finalised(
        member=member, first=first, count=count, accuracies=accuracies, shared=shared
    )


@internal
@pure
def _share(pool: uint256, side: uint256, amount: uint256) -> uint256:
    """
    @dev A member's part of what is shared, Wh: who takes rounded up, who gives rounded down.
    """
    need: uint256 = (pool >> 128) & MASK_30
    surplus: uint256 = pool >> 158
    both: uint256 = min(need, surplus)
    if both == 0:
        return 0
    if side == 1:
        return (amount * both + need - 1) // need
    return amount * both // surplus


@internal
@pure
def _mid_market(
    side: uint256, amount: uint256, shared: uint256, terms: Terms, mid: uint256
) -> (int256, int256):
    """
    @dev What a member receives from the imbalance account and from its supplier.
    """
    left: uint256 = amount - shared
    if side == 1:
        back: uint256 = money.cost_up(amount, terms.retail) - money.cost_up(left, terms.retail)
        return (-convert(money.cost_up(shared, mid), int256), convert(back, int256))
    given: uint256 = money.cost_down(amount, terms.feed_in) - money.cost_down(left, terms.feed_in)
    return (convert(money.cost_down(shared, mid), int256), -convert(given, int256))


@internal
def _serve(seller: address, buyer: address, interval: uint256, amount: uint256, price: uint256):
    sellers: Terms = self._terms(seller, interval)
    buyers: Terms = self._terms(buyer, interval)
    quantity: int256 = convert(amount, int256)
    seller_moved: int256 = self._correct(seller, interval, quantity, sellers)
    buyer_moved: int256 = self._correct(buyer, interval, -quantity, buyers)
    self._move(seller, sellers.supplier, seller_moved)
    self._move(buyer, buyers.supplier, buyer_moved)
    self._pay(buyer, seller, money.cost_up(amount, price))
    book: uint256 = staticcall IMarket(market).common_book(sellers.zone, buyers.zone)
    charge: uint256 = money.cost_up(amount, staticcall IMarket(market).charge_of(book, interval))
    self._pay(buyer, staticcall IMarket(market).charge_account(), charge)
    log DealServed(
        seller=seller,
        buyer=buyer,
        interval=interval,
        quantity_wh=amount,
        price=price,
        charge=charge,
        seller_supplier_micro=seller_moved,
        buyer_supplier_micro=buyer_moved,
    )


@internal
def _correct(member: address, interval: uint256, change: int256, terms: Terms) -> int256:
    """
    @dev Change a member's rest, with its tallies where it is in them. Returns what the member
         receives (+) or pays (-) at its tariff for the change.
    """
    j: uint256 = interval % 4
    place: uint256 = (interval // 4) % RING_H
    record: uint256 = self.records[member][place]
    lane: uint256 = record >> (44 * j)
    size: uint256 = (lane >> 23) & MASK_21
    h: uint256 = (record >> 176) & MASK_16
    old: uint256 = self._signed_23(lane)
    before: int256 = self._signed(old)
    rest: int256 = before + change
    new: uint256 = self._bits(rest)
    assert -(2**22) <= rest and rest < 2**22, "more energy than a meter can count"
    if record & (1 << (196 + j)) != 0 and size != 0 and interval >= self._open_from():
        self._untally(terms.zone, interval, old, size, h)
        if not self._tally(terms.zone, interval, new, size, h):
            raise "the zone's sums are full"
    if record & (1 << (200 + j)) != 0 and interval >= self._open_from():
        self._untally_thin(terms.zone, interval, old)
        if not self._tally_thin(terms.zone, interval, new):
            raise "the zone's sums are full"
    self.records[member][place] = (
        (record & ~(MASK_23 << (44 * j))) | ((new & MASK_23) << (44 * j))
    )
    return self._value(rest, terms) - self._value(before, terms)


@internal
@pure
def _value(rest: int256, terms: Terms) -> int256:
    """
    @dev What a member receives (+) or pays (-) for a rest at its tariff.
    """
    if rest > 0:
        return -convert(money.cost_up(convert(rest, uint256), terms.retail), int256)
    return convert(money.cost_down(convert(-rest, uint256), terms.feed_in), int256)


@internal
def _move(member: address, other: address, received: int256):
    if received > 0:
        self._pay(other, member, convert(received, uint256))
    elif received < 0:
        self._pay(member, other, convert(-received, uint256))


@internal
def _pay(payer: address, payee: address, due: uint256):
    if due == 0 or payer == payee:
        return
    paid: uint256 = extcall IMarket(market).transfer_accounts(payer, payee, due)
    if paid < due:
        self.owed[payer][payee] += due - paid
        log Owed(payer=payer, payee=payee, amount=due - paid)


@internal
@view
def _terms(member: address, interval: uint256) -> Terms:
    terms: Terms = empty(Terms)
    terms.zone, terms.retail, terms.feed_in, terms.supplier = staticcall IRegistry(
        registry
    ).terms_at(member, interval)
    assert terms.supplier != empty(address), "not a member then"
    return terms


@internal
@view
def _span(member: address, first: uint256, count: uint256) -> (Terms, uint256):
    """
    @dev Terms at an interval and for how many of the next ones they hold.
    """
    terms: Terms = self._terms(member, first)
    if count == 1 or self._same(terms, self._terms(member, first + count - 1)):
        return (terms, count)
    for i: uint256 in range(1, 96):
        if not self._same(terms, self._terms(member, first + i)):
            return (terms, i)
    return (terms, count)


@internal
@pure
def _same(one: Terms, other: Terms) -> bool:
    return (
        one.zone == other.zone and one.retail == other.retail and one.feed_in == other.feed_in
        and one.supplier == other.supplier
    )


@internal
@pure
def _is_settled(state: uint256, interval: uint256) -> bool:
    """
    @dev Settled, and still in the ring.
    """
    settled: uint256 = (state >> 48) & MASK_32
    return (
        state != 0 and interval >= (state >> 16) & MASK_32 and interval <= settled
        and interval // 4 + RING_H > settled // 4
    )


@internal
@pure
def _signed(bits: uint256) -> int256:
    return convert(convert(bits, bytes32), int256)


@internal
@pure
def _bits(number: int256) -> uint256:
    return convert(convert(number, bytes32), uint256)


@internal
@pure
def _signed_23(lane: uint256) -> uint256:
    rest: uint256 = lane & MASK_23
    if rest >> 22 != 0:
        rest |= ~MASK_23
    return rest


@internal
@view
def _open_from() -> uint256:
    """
    @dev The first interval i with (i + 1) * 900 + due_s >= now.
    """
    return (block.timestamp - due_s + INTERVAL_S - 1) // INTERVAL_S - 1


@internal
@view
def _params_at(interval: uint256) -> uint256:
    later: uint256 = self.next_params
    if later != 0 and (later >> 128) & MASK_32 <= interval:
        return later
    return self.params


@internal
@pure
def _packed(
    thin_wh: uint256, mid: uint256, spread: uint256, weight: uint256, g: uint256, first: uint256
) -> uint256:
    assert max(max(thin_wh, mid), max(spread, first)) <= MASK_32, "a parameter is out of range"
    assert max(weight, g) <= 1000, "a parameter is out of range"
    return thin_wh | (mid << 32) | (spread << 64) | (weight << 96) | (g << 106) | (first << 128)


@internal
@view
def _only_community():
    assert msg.sender == staticcall IRegistry(registry).community(), "only the community"


@internal
@view
def _running():
    assert not staticcall IRegistry(registry).paused(NAME), "the settlement is paused"
