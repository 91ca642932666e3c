# pragma version 0.4.3
"""
@title words
@license Apache-2.0
@notice The market's packed words: their constants, and what is computed from words alone.
@dev Packed words (bit ranges, low end included, high end not):
     step         [0,19) quantity, [19,27) tick, 27 side (0 buy, 1 sell), [28,30) reach (0 the
                  zone's own book, 1 its parent, 2 the parent's parent)
     order given  [0,30) and [30,60) steps, [60,64) zero, [64,256) interval
     orders kept  4 x 60 bits of steps of an hour, [240,244) RELEASED, [244,256) epoch
     ladder word  8 buckets of 30 bits, [240,256) interval // RING: words of other rings are empty;
                  index (interval % RING) * 64 + side * 32 + tick // 8
     terms        [0,26) base, [26,46) step, [46,54) count - 1, [54,71) gate closure in seconds,
                  [71,95) charge
     book         [0,95) terms, [95,190) next terms, [190,214) first interval of the terms,
                  [214,238) of the next ones, [238,246) parent, 246 EXISTS, 247 PAUSED,
                  248 RETIRED (from the first interval of the next terms on), [249,253) the
                  number of the market among the registry's spenders, counted from 1
     limit        4 x 64 bits of an hour: [0,40) Wh, 63 SET
     result       [0,32) price, [32,72) volume, [72,80) ask tick, [80,88) bid tick,
                  [88,120) and [120,152) numerator and denominator of the marginal ask's fill,
                  [152,184) and [184,216) the same of the marginal bid, [216,240) charge,
                  255 CLEARED. With no volume all but the charge is 0.
     account      [0,88) available, [88,176) escrow, [176,184) zone, 184 NO_FUSS, 185 LIEN
     lien         [0,160) lender, [160,174) share of trade income in 1/10000, [174,254) outstanding
     pool         [0,85) paid in by buyers, [85,170) paid out to sellers and as dust,
                  [170,255) value of all cleared volumes
     row          of a released interval: [0,21) bought, [21,42) sold, [42,106) what the trades
                  brought (two's complement), [106,170) charges paid
"""

INTERVAL_S: constant(uint256) = 900
RING_H: constant(uint256) = 192
RING: constant(uint256) = 768
MAX_AHEAD: constant(uint256) = 192
# From then on the ladder of an interval may be written again, so that it clears without trade.
EXPIRY: constant(uint256) = 576
MAX_BOOKS: constant(uint256) = 64
BASIS: constant(uint256) = 10_000
DSO: constant(uint256) = 1
GUARDIAN: constant(uint256) = 8

SELL_BIT: constant(uint256) = 1 << 27
QUANTITY: constant(uint256) = 2**19 - 1
STEP: constant(uint256) = 2**30 - 1
STEPS: constant(uint256) = 2**60 - 1
RELEASED_0: constant(uint256) = 1 << 240
CLEARED: constant(uint256) = 1 << 255
CELL: constant(uint256) = 2**30 - 1
MASK_32: constant(uint256) = 2**32 - 1
EPOCH: constant(uint256) = 2**16 - 1
MASK_64: constant(uint256) = 2**64 - 1
MASK_48: constant(uint256) = 2**48 - 1
MASK_40: constant(uint256) = 2**40 - 1
MASK_21: constant(uint256) = 2**21 - 1
# The low 30 bits of each of four lanes of 60, and the low 60 of each of two lanes of 120.
LANES_60: constant(uint256) = CELL * (1 + 2**60 + 2**120 + 2**180)
CELLS: constant(uint256) = 2**240 - 1
LANES_120: constant(uint256) = (2**60 - 1) * (1 + 2**120)

TERMS: constant(uint256) = 2**95 - 1
LADDER_TERMS: constant(uint256) = 2**71 - 1
BASE: constant(uint256) = 2**26 - 1
TICK: constant(uint256) = 2**20 - 1
GATE: constant(uint256) = 2**17 - 1
CHARGE_TERMS: constant(uint256) = TERMS - LADDER_TERMS
SINCE: constant(uint256) = 2**24 - 1
EXISTS: constant(uint256) = 1 << 246
PAUSED: constant(uint256) = 1 << 247
RETIRED: constant(uint256) = 1 << 248
LIMIT_SET: constant(uint256) = 1 << 63

NO_BUYING: constant(uint256) = 1 << 170

MONEY: constant(uint256) = 2**88 - 1
NO_FUSS: constant(uint256) = 1 << 184
LIEN: constant(uint256) = 1 << 185
MASK_160: constant(uint256) = 2**160 - 1
MASK_14: constant(uint256) = 2**14 - 1
MASK_80: constant(uint256) = 2**80 - 1
MASK_85: constant(uint256) = 2**85 - 1
# The reach of both steps of an order.
REACHES: constant(uint256) = (3 << 28) | (3 << 58)


@internal
@pure
def _need(holds: bool, reason: String[64]):
    """
    @dev `assert` for what is called seldom: the code is half as long.
    """
    assert holds, reason


@internal
@pure
def _ladder_terms(base: uint256, step: uint256, count: uint256, gate_closure_s: uint256) -> uint256:
    self._need(1 <= count and count <= 256, "between 1 and 256 ticks")
    self._need(0 < step and step < 2**20, "the step is zero or too large")
    self._need(base + step * (count - 1) < 2**26, "a price is too large")
    self._need(gate_closure_s <= 86400, "the gate closes over a day ahead")
    return base | (step << 26) | ((count - 1) << 46) | (gate_closure_s << 54)


@internal
@pure
def _terms(word: uint256, interval: uint256) -> uint256:
    """
    @dev A book's terms in an interval that is not over.
    """
    if interval < (word >> 214) & SINCE:
        return word & TERMS
    return (word >> 95) & TERMS


@internal
@pure
def _check_own_trade(steps: uint256):
    """
    @dev Where one step buys and the other sells in the same book, the sale must cost more.
    """
    if (steps >> 27) & 1 == (steps >> 57) & 1:
        return
    if steps & QUANTITY == 0 or (steps >> 30) & QUANTITY == 0:
        return
    if (steps >> 28) & 3 != (steps >> 58) & 3:
        return
    tick: uint256 = (steps >> 19) & 255
    other: uint256 = (steps >> 49) & 255
    if steps & SELL_BIT != 0:
        self._need(other < tick, "the order would trade with itself")
    else:
        self._need(tick < other, "the order would trade with itself")


@internal
@pure
def _escrow(terms: uint256, charge: uint256, step: uint256) -> uint256:
    """
    @dev What a buying step may cost at most.
    """
    tick: uint256 = (step >> 19) & 255
    price: uint256 = unsafe_add(terms & BASE, unsafe_mul((terms >> 26) & TICK, tick))
    return self._held(step & QUANTITY, price, charge)


@internal
@pure
def _held(quantity: uint256, price: uint256, charge: uint256) -> uint256:
    """
    @dev What a purchase may cost at most: price and charge, each rounded up.
    """
    held: uint256 = unsafe_div(unsafe_add(unsafe_mul(quantity, price), 999), 1000)
    if charge != 0:
        return unsafe_add(held, unsafe_div(unsafe_add(unsafe_mul(quantity, charge), 999), 1000))
    return held


@internal
@pure
def _own_word(kept: uint256, hour: uint256) -> uint256:
    """
    @dev The orders of an hour. Those of a ring ago, whose place they take, must be released.
    """
    epoch: uint256 = (hour // RING_H) & 4095
    if kept >> 244 == epoch:
        return kept
    for i: uint256 in range(4):
        if (kept >> 240) & 15 == 15:
            break
        if (kept >> unsafe_mul(i, 60)) & STEPS != 0:
            self._need(kept & (RELEASED_0 << i) != 0, "older orders are not released")
    return epoch << 244


@internal
@pure
def _filled(step: uint256, result: uint256, terms: uint256) -> uint256:
    """
    @dev A step's part of an outcome. Better than marginal is filled in full, at the margin pro
         rata, buyers rounded up and sellers down. A buyer's escrow is what _escrow says.
    """
    quantity: uint256 = step & QUANTITY
    tick: uint256 = (step >> 19) & 255
    filled: uint256 = 0
    if step & SELL_BIT != 0:
        mark: uint256 = (result >> 72) & 255
        if tick < mark:
            filled = quantity
        elif tick == mark:
            # With no volume both are 0, and so is their quotient; below it is the same.
            part: uint256 = unsafe_mul(quantity, (result >> 88) & MASK_32)
            filled = unsafe_div(part, (result >> 120) & MASK_32)
        return (filled << 32) | (unsafe_div(unsafe_mul(filled, result & MASK_32), 1000) << 112)
    limit: uint256 = unsafe_add(terms & BASE, unsafe_mul((terms >> 26) & TICK, tick))
    escrow: uint256 = unsafe_div(unsafe_add(unsafe_mul(quantity, limit), 999), 1000)
    marginal: uint256 = (result >> 80) & 255
    if tick > marginal:
        if (result >> 32) & MASK_40 != 0:
            filled = quantity
    elif tick == marginal:
        size: uint256 = (result >> 184) & MASK_32
        part: uint256 = unsafe_mul(quantity, (result >> 152) & MASK_32)
        filled = unsafe_div(unsafe_sub(unsafe_add(part, size), 1), size)
    cost: uint256 = unsafe_div(unsafe_add(unsafe_mul(filled, result & MASK_32), 999), 1000)
    outcome: uint256 = filled | (cost << 64)
    charge: uint256 = (result >> 216) & SINCE
    if charge != 0:
        use: uint256 = unsafe_div(unsafe_add(unsafe_mul(quantity, charge), 999), 1000)
        escrow = unsafe_add(escrow, use)
        use = unsafe_div(unsafe_add(unsafe_mul(filled, charge), 999), 1000)
        outcome |= use << 160
    return outcome | (escrow << 208)


@internal
@pure
def _row(outcome: uint256) -> uint256:
    trade: uint256 = unsafe_sub((outcome >> 112) & MASK_48, (outcome >> 64) & MASK_48) & MASK_64
    wh: uint256 = (outcome & MASK_21) | (((outcome >> 32) & MASK_21) << 21)
    return wh | (trade << 42) | (((outcome >> 160) & MASK_48) << 106)


@internal
@pure
def _sum(word: uint256) -> uint256:
    """
    @dev Sum of the eight 30-bit buckets, by halves; no lane can overflow into the next.
    """
    four: uint256 = unsafe_add(word & LANES_60, (word >> 30) & LANES_60)
    two: uint256 = unsafe_add(four & LANES_120, (four >> 60) & LANES_120)
    return unsafe_add(two & (2**120 - 1), two >> 120)
