"""What a plan keeps ready because forecasts err: room within a step, ways the future may go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from peerwatt.model.units import INTERVALS_PER_DAY

from .bands import WH_PER_W, Bands, Scenario
from .series import Array

SCENARIOS = 8
"""Ways the future may go beside the expected one, where the sun does not fill the batteries.

How much is bought at night then hangs on them: in two autumn and winter months the bill was 0.1 to
1 % lower than without. All together they weigh as much as the expected way. Where the sun does
fill the batteries, the cars' steps count most and are found better without.
"""

SIGMAS = 1.0
"""Standard deviations kept free below a battery's limit where power is dear."""

SUNNY_SIGMAS = 1.5
"""The same without scenarios."""

RESERVED_SIGMAS = 1.0
"""Standard deviations of load - sun that the scenarios add in dear steps before a cheap one.

Each scenario knows its own future, so that all together keep too little for a peak; too much
kept serves the hours after it.
"""

NEAR_SHARE = 0.1
"""Share of the range of prices by which one counts as the lowest or as the highest."""


@dataclass(frozen=True, slots=True)
class Hedge:
    """What is planned for beside the expected way."""

    sigma_w: Array
    """How much of each step's power a battery keeps free below its limit."""
    scenarios: tuple[Scenario, ...]


def hedge(
    bands: Bands, price: Array, room_wh: float, count: int = SCENARIOS, seed: int = 0
) -> Hedge:
    """Return what to keep ready, for bands and prices (currency per kWh) of the same steps.

    ``room_wh`` is what all batteries hold between their limits, ``count`` the number of scenarios
    where there are any.
    """
    sigma = sigma_w(bands)
    if count <= 0 or sun_fills(bands, room_wh):
        return Hedge(SUNNY_SIGMAS * sigma, ())
    kept = RESERVED_SIGMAS * sigma * peak_ahead(price)
    ways = (Scenario(s.pv_w, s.load_w + kept, s.weight) for s in bands.scenarios(count, seed))
    return Hedge(SIGMAS * sigma, tuple(ways))


def sigma_w(bands: Bands) -> Array:
    """Return one standard deviation of load - sun: half of what lies between 16 and 84 %."""
    low_pv, low_load = bands.at(0.16)
    high_pv, high_load = bands.at(0.84)
    sigma: Array = np.hypot(high_pv - low_pv, high_load - low_load) / 2
    return sigma


def sun_fills(bands: Bands, room_wh: float) -> bool:
    """Whether a day's expected surplus of sun is as much as all batteries hold."""
    surplus = np.maximum(bands.pv_mean_w - bands.load_mean_w, 0.0)[:INTERVALS_PER_DAY]
    return float(surplus.sum()) * WH_PER_W >= room_wh


def peak_ahead(price: Array) -> Array:
    """Return 1 in the dearest steps that come before a cheap one, 0 elsewhere."""
    ahead = np.zeros(len(price))
    near = NEAR_SHARE * float(np.ptp(price))
    if near <= 0:
        return ahead
    cheap = int(np.argmax(price <= price.min() + near))
    ahead[:cheap] = price[:cheap] >= price.max() - near
    return ahead
