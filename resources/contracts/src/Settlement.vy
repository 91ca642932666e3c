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
     Row of Settled: [0,21) bought, [21,42) sold, [42,106) trade, [106,154) charge, [154,174)
     export, 185 ESTIMATED, [186,206) import, [206,256) supplier (money two's complement,
     + received; the charge is paid): the Market's row, the Meter's, and the supplier's part.
     Finalised: accuracies, one word an hour, the interval at 64 (interval % 4); shared, one word
     for each interval with a part: [0,8) offset from first, [8,40) Wh, [40,104) mid-market
     micro-units (money two's complement, + received).
"""

import correcting
import finalising
import settling
import standing

initializes: standing
initializes: settling[standing := standing]
initializes: finalising[standing := standing]
initializes: correcting[standing := standing]

exports: standing.__interface__
exports: settling.__interface__
exports: finalising.__interface__
exports: correcting.__interface__


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
    standing.__init__(
        registry_, market_, meter_, imbalance_, thin_wh, mid, spread, weight, g
    )
