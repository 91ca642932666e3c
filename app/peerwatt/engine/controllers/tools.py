"""Steps that several controllers share, so that each rule reads as one thought."""

from __future__ import annotations

from collections.abc import Iterable

from peerwatt.model.control import Reason

from .context import Bands, CycleContext

ANY = float("inf")


def narrowed(
    bands: Bands, device_id: str, limits_w: tuple[float, float], controller: str, sentence: str
) -> Bands:
    """Return the bands with one device's band narrowed; unknown devices change nothing."""
    band = bands.get(device_id)
    if band is None:
        return bands
    result = band.narrow(*limits_w, Reason(controller, sentence))
    return bands if result is band else {**bands, device_id: result}


def charger_ids(ctx: CycleContext, bands: Bands) -> tuple[str, ...]:
    """Return the chargers that have a band."""
    return tuple(limits.device_id for limits in ctx.chargers if limits.device_id in bands)


def battery_ids(ctx: CycleContext, bands: Bands) -> tuple[str, ...]:
    """Return the batteries that have a band."""
    return tuple(limits.device_id for limits in ctx.batteries if limits.device_id in bands)


def shares(bands: Bands, device_ids: Iterable[str], total_w: float) -> dict[str, float]:
    """Split a power among devices in order, each up to its band, the last taking the rest.

    A negative total fills the low ends of the bands in the same way.
    """
    left, result = total_w, {}
    ids = list(device_ids)
    for index, device_id in enumerate(ids):
        band = bands[device_id]
        part = left if index == len(ids) - 1 else min(max(left, band.low_w), band.high_w)
        result[device_id] = part
        left -= part
    return result


def least_w(bands: Bands, device_ids: Iterable[str]) -> float:
    """Return the sum of the bands' low ends."""
    return sum(bands[d].low_w for d in device_ids)
