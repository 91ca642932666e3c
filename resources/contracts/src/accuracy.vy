# pragma version 0.4.3
"""
@title accuracy
@license Apache-2.0
@notice Reward and penalty for keeping to what was traded: the budget-balanced form of Thomas et
        al. with the record H. Who deviates as its zone does pays, rounded up; who deviates against
        it receives, rounded down; what is paid out never exceeds what is paid in.
@dev Energy Wh, money micro-units, prices micro-units per kWh, H in 1/65536. Pure, in the layout
     of Settlement's words:
     lane     44 bits: 23 bits D (two's complement), 21 bits size of the position
     record   4 lanes of an hour, [176,192) H, flags at 192 + j ESTIMATED, 196 + j TALLIED
     sums     30 bits each: sum of D > 0, of |D| for D < 0, and the same of H |D|
     stake    what the members of a zone share: [0,32) pi (value of a kWh), [32,34) sign of S
              (1 short, 2 long), [34,98) what may be paid out, [98,128) its weights
"""

struct Day:
    # The record after the day, what the member pays and receives.
    h: uint256
    paid: uint256
    received: uint256
    # One word an hour: the interval at 64 (interval % 4), two's complement, + received.
    hours: DynArray[uint256, 25]

ONE: constant(uint256) = 2**16
# Below this position, Wh, deviations weigh on H as if it were as large.
FLOOR_WH: constant(uint256) = 50
MASK_16: constant(uint256) = 2**16 - 1
MASK_21: constant(uint256) = 2**21 - 1
MASK_23: constant(uint256) = 2**23 - 1
MASK_30: constant(uint256) = 2**30 - 1
MASK_32: constant(uint256) = 2**32 - 1
MASK_64: constant(uint256) = 2**64 - 1


@internal
@pure
def stake(sums: uint256, price: uint256, spread: uint256, weight: uint256, g: uint256) -> uint256:
    """
    @notice What a zone's sums come to at a clearing price (0 where nothing was traded).
    """
    short: uint256 = sums & MASK_30
    long: uint256 = (sums >> 30) & MASK_30
    value: uint256 = spread >> 1
    if price != 0:
        value = min(price, spread)
    pi: uint256 = unsafe_div(unsafe_mul(value, weight), 1000)
    if short == long or pi == 0:
        return 0
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
    # 30 bits of energy, 11 of 1000 + g, 32 of pi; a weight is less than what it weighs.
    owed: uint256 = unsafe_sub(unsafe_mul(unsafe_add(1000, g), hurting), unsafe_mul(g, record))
    paid_out: uint256 = unsafe_div(unsafe_mul(pi, owed), 1_000_000)
    if unsafe_mul(pi, helping) < unsafe_mul(paid_out, 1000):
        paid_out = unsafe_div(unsafe_mul(pi, helping), 1000)
    return pi | (sign << 32) | (paid_out << 34) | (weights << 98)


@internal
@pure
def of_day(
    records: uint256[25], first: uint256, stakes: DynArray[uint256, 96], h: uint256, g: uint256
) -> Day:
    """
    @notice A member's rewards and penalties, one stake for each interval from the first on. Its
            record gains 1/96 of how much of each position was kept to, nothing for a late reading.
    @dev Nothing overflows: 21 bits of energy, 32 of pi, 11 of 1000 + g, 64 paid out, 16 of H.
    """
    day: Day = empty(Day)
    h_now: uint256 = h
    more: uint256 = unsafe_add(1000, g)
    i: uint256 = 0
    count: uint256 = len(stakes)
    for k: uint256 in range(25):
        j: uint256 = unsafe_add(first, i) & 3
        lanes: uint256 = unsafe_sub(4, j)
        if unsafe_add(i, lanes) > count:
            lanes = unsafe_sub(count, i)
        body: uint256 = records[k] >> unsafe_mul(44, j)
        on_time: uint256 = records[k] >> unsafe_add(196, j)
        old_h: uint256 = (records[k] >> 176) & MASK_16
        hour: uint256 = 0
        for _: uint256 in range(lanes, bound=4):
            size: uint256 = (body >> 23) & MASK_21
            earned: uint256 = 0
            if size != 0:
                amount: uint256 = body & MASK_23
                side: uint256 = 1
                if amount >> 22 != 0:
                    amount = unsafe_sub(2**23, amount)
                    side = 2
                kept: uint256 = 0
                if on_time & 1 != 0:
                    weighed: uint256 = size
                    if size < FLOOR_WH:
                        weighed = FLOOR_WH
                    if amount < weighed:
                        kept = unsafe_sub(ONE, unsafe_div(amount << 16, weighed))
                # Below 65536, since h is and the division rounds down.
                h_now = unsafe_div(unsafe_add(unsafe_mul(h_now, 95), kept), 96)
                terms: uint256 = stakes[i]
                if unsafe_mul(terms & MASK_32, amount) != 0:
                    if amount > size:
                        amount = size
                    weight: uint256 = unsafe_mul(amount, old_h) >> 16
                    if (terms >> 32) & 3 == side:
                        owed: uint256 = unsafe_sub(unsafe_mul(more, amount), unsafe_mul(g, weight))
                        owed = unsafe_add(unsafe_mul(terms & MASK_32, owed), 999_999)
                        earned = unsafe_div(owed, 1_000_000)
                        day.paid = unsafe_add(day.paid, earned)
                        earned = unsafe_sub(0, earned)
                    elif on_time & 1 != 0 and weight != 0:
                        earned = unsafe_div(
                            unsafe_mul((terms >> 34) & MASK_64, weight), (terms >> 98) & MASK_30
                        )
                        day.received = unsafe_add(day.received, earned)
            hour = (hour >> 64) | (earned << 192)
            body = body >> 44
            on_time = on_time >> 1
            i = unsafe_add(i, 1)
        day.hours.append(hour >> unsafe_mul(64, unsafe_sub(unsafe_sub(4, j), lanes)))
        if i == count:
            break
    day.h = h_now
    return day
