# pragma version 0.4.3
"""
@title sharing
@license Apache-2.0
@notice Sharing at the mid-market price among members who chose "no fuss", and the supplier's
        tariff of a rest. Who takes rounds up, who gives rounds down. Pure.
@dev Energy Wh, money micro-units, prices micro-units per kWh.
"""

import money


@internal
@pure
def part(need: uint256, surplus: uint256, side: uint256, amount: uint256) -> uint256:
    """
    @notice A member's part of what is shared, Wh, of its amount; side 1 takes, 2 gives.
    """
    both: uint256 = min(need, surplus)
    if both == 0:
        return 0
    if side == 1:
        return (amount * both + need - 1) // need
    return amount * both // surplus


@internal
@pure
def moved(
    side: uint256, amount: uint256, shared: uint256, retail: uint256, feed_in: uint256, mid: uint256
) -> (int256, int256):
    """
    @notice What a member receives from the imbalance account and from its supplier, whose part is
            settled anew on what is left of the rest.
    """
    left: uint256 = amount - shared
    if side == 1:
        back: uint256 = money.cost_up(amount, retail) - money.cost_up(left, retail)
        return (-convert(money.cost_up(shared, mid), int256), convert(back, int256))
    given: uint256 = money.cost_down(amount, feed_in) - money.cost_down(left, feed_in)
    return (convert(money.cost_down(shared, mid), int256), -convert(given, int256))


@internal
@pure
def value(rest: int256, retail: uint256, feed_in: uint256) -> int256:
    """
    @notice What a member receives (+) or pays (-) for a rest at its supplier's tariff.
    """
    if rest > 0:
        return -convert(money.cost_up(convert(rest, uint256), retail), int256)
    return convert(money.cost_down(convert(-rest, uint256), feed_in), int256)
