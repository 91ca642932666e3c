# pragma version 0.4.3
"""
@title money
@license Apache-2.0
@notice The one rule of rounding: who pays rounds up, who is paid rounds down.
        Energy in Wh, prices in micro-units per kWh, money in micro-units.
"""


@internal
@pure
def cost_up(energy_wh: uint256, price: uint256) -> uint256:
    """
    @notice What a payer owes: ceil(energy * price / 1000).
    """
    return (energy_wh * price + 999) // 1000


@internal
@pure
def cost_down(energy_wh: uint256, price: uint256) -> uint256:
    """
    @notice What a payee receives: floor(energy * price / 1000).
    """
    return energy_wh * price // 1000
