"""A battery with losses: what it may do in the next seconds, and what it did."""

from __future__ import annotations

from .spec import BatterySpec

TAPER_FROM_PCT = 95.0
"""State of charge above which charging slows down."""
TAPER_FLOOR = 0.1


class Battery:
    """State of one battery. Power is at the AC side, + discharge."""

    def __init__(self, spec: BatterySpec) -> None:
        self.spec = spec
        self.energy_wh = spec.capacity_wh * spec.initial_soc_pct / 100.0

    @property
    def soc_pct(self) -> float:
        """Return the state of charge of the usable capacity, 0 to 100 %."""
        return 100.0 * (self.energy_wh / self.spec.capacity_wh)

    def limits_w(self, dt_s: float, reserve_pct: float = 0.0) -> tuple[float, float]:
        """Return the (most negative, most positive) mean power possible over ``dt_s``.

        Charging tapers near full; discharging ends at the reserve. Both are bounded by what
        the cells can take or give within the step, so that the limits hold for any step.
        """
        spec, hours = self.spec, dt_s / 3600.0
        usable = self.energy_wh - min(self.energy_wh, spec.standby_w * hours)
        room_w = (spec.capacity_wh - usable) / hours / spec.efficiency_one_way
        above = max(0.0, usable - spec.capacity_wh * reserve_pct / 100.0)
        give_w = above / hours * spec.efficiency_one_way
        taper = 1.0
        if self.soc_pct > TAPER_FROM_PCT:
            taper = max(TAPER_FLOOR, (100.0 - self.soc_pct) / (100.0 - TAPER_FROM_PCT))
        low = -min(spec.max_charge_w * taper, room_w)
        return low, min(spec.max_discharge_w, give_w)

    def apply(self, power_w: float, dt_s: float) -> None:
        """Move energy for one step; ``power_w`` must lie within :meth:`limits_w`."""
        spec, hours = self.spec, dt_s / 3600.0
        energy = self.energy_wh - min(self.energy_wh, spec.standby_w * hours)
        if power_w >= 0.0:
            energy -= power_w * hours / spec.efficiency_one_way
        else:
            energy -= power_w * hours * spec.efficiency_one_way
        # Only the last bit of floating-point arithmetic can lie outside.
        self.energy_wh = min(max(energy, 0.0), spec.capacity_wh)
