# pragma version 0.4.3
"""
@title tally
@license Apache-2.0
@notice Words that add up what the members of a zone deviated, and needed where the market was
        thin: lanes of 30 bits that never run into one another. Pure.
@dev tallies  two intervals of a zone: 120 bits each: sum of D > 0, of |D| for D < 0, and the same
              of H |D|; only of members with a position, |D| up to its size; [240,256) epoch
     thin     one hour of a zone: 60 bits an interval: need, surplus of the members who chose
              "no fuss"; [240,256) epoch
"""

MASK_30: constant(uint256) = 2**30 - 1
# The highest bits of the sums in a word of tallies.
TOPS: constant(uint256) = ((1 << 29) | (1 << 59)) * (1 + 2**120)


@internal
@pure
def now(word: uint256, hour: uint256, ring: uint256) -> uint256:
    """
    @notice The word of an hour: what another round of the ring left counts as empty.
    """
    epoch: uint256 = (hour // ring) & (2**16 - 1)
    if word >> 240 == epoch:
        return word
    return epoch << 240


@internal
@pure
def plus(word: uint256, offset: uint256, amount: uint256, h: uint256) -> uint256:
    """
    @notice Add an amount and its weight; the word as it was where the sum is full.
    """
    if unsafe_add((word >> offset) & MASK_30, amount) > MASK_30:
        return word
    return unsafe_add(word, (amount | ((unsafe_mul(amount, h) >> 16) << 60)) << offset)


@internal
@pure
def counted(interval: uint256, rest: uint256, size: uint256) -> (uint256, uint256):
    """
    @notice Where a rest (two's complement) counts in the word of its two intervals, and how much.
    """
    if rest >> 255 != 0:
        return (120 * (interval & 1) + 30, min(unsafe_sub(0, rest), size))
    return (120 * (interval & 1), min(rest, size))


@internal
@pure
def needed(interval: uint256, rest: uint256) -> (uint256, uint256):
    """
    @notice Where a rest (two's complement) counts in the word of its hour, and how much.
    """
    if rest >> 255 != 0:
        return (60 * (interval & 3) + 30, unsafe_sub(0, rest))
    return (60 * (interval & 3), rest)
