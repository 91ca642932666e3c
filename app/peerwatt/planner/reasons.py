"""Says in a sentence why a step is planned as it is, from the marginal values behind it.

The marginal value of a step is what one more kWh there would cost; comparing it with that of
another step is exactly the comparison the optimum rests on.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..model.units import interval_start_s
from .inputs import PlanInput

SMALL_WH = 15
"""Below this an energy is nothing worth naming (60 W over an interval)."""

SMALL_MICRO = 5_000
"""Prices nearer than half a cent per kWh count as equal."""


@dataclass(frozen=True, slots=True)
class StepFigures:
    """A planned step with the marginal values at it."""

    interval: int
    pv_wh: int
    load_wh: int
    battery_wh: int
    ev_wh: int
    soc_pct: float | None
    price_micro: int
    stored_micro: int | None
    """Worth of one kWh held in the battery after this step."""
    import_micro: int = 0
    """The grid's own price: what the home would pay without the battery."""
    curtailed_wh: int = 0

    @property
    def grid_wh(self) -> int:
        """Net import by the balance of the step."""
        return self.load_wh + self.ev_wh - self.pv_wh - self.battery_wh


def step_reason(figures: tuple[StepFigures, ...], index: int, plan_input: PlanInput) -> str:
    """Return one or two sentences on what the car, the battery and the grid do, and why."""
    said = [
        sentence
        for sentence in (
            _car(figures, index, plan_input),
            _battery(figures, index, plan_input),
        )
        if sentence
    ]
    return " ".join(said) if said else _grid(figures[index])


def _car(figures: tuple[StepFigures, ...], index: int, plan_input: PlanInput) -> str:
    here = figures[index]
    deadline = max((c.deadline_s for c in plan_input.cars if c.energy_wh > 0), default=None)
    if deadline is None:
        return ""
    later = [f for f in figures[index + 1 :] if interval_start_s(f.interval) < deadline]
    if here.ev_wh > SMALL_WH:
        dearest = max(later, key=lambda f: f.price_micro, default=None)
        price = _ct(here.price_micro)
        if here.pv_wh - here.load_wh >= here.ev_wh - SMALL_WH:
            return f"The car charges from the sun: sold, a kWh would earn {price}."
        if dearest is not None and dearest.price_micro > here.price_micro + SMALL_MICRO:
            at = clock(dearest.interval, plan_input)
            return f"The car charges now: {price}; at {at} it would be {_ct(dearest.price_micro)}."
        return f"The car charges now: {price}; waiting would not be cheaper."
    then = min((f for f in later if f.ev_wh > SMALL_WH), key=lambda f: f.price_micro, default=None)
    if then is not None and then.price_micro < here.price_micro - SMALL_MICRO:
        at = clock(then.interval, plan_input)
        return (
            f"The car waits for {at}: {_ct(then.price_micro)} instead of {_ct(here.price_micro)}."
        )
    return ""


def _battery(figures: tuple[StepFigures, ...], index: int, plan_input: PlanInput) -> str:
    """Compare with the grid's price where the battery spares it, else with the marginal value."""
    here = figures[index]
    if here.soc_pct is None or plan_input.battery is None:
        return ""
    dearest = max(
        (f for f in figures[index + 1 :] if f.battery_wh > SMALL_WH),
        key=lambda f: f.import_micro,
        default=None,
    )
    if here.battery_wh < -SMALL_WH:
        return _battery_charges(here, dearest, plan_input)
    if here.battery_wh > SMALL_WH:
        kept = "" if here.stored_micro is None else f", kept it is worth {_ct(here.stored_micro)}"
        if here.grid_wh < -SMALL_WH:
            return f"The battery sells: {_ct(here.price_micro)} now{kept}."
        return f"The battery serves the house: the grid costs {_ct(here.import_micro)} now{kept}."
    deficit = here.load_wh + here.ev_wh - here.pv_wh
    above = here.soc_pct - plan_input.battery.reserve_pct
    if deficit > SMALL_WH and above > 2 and dearest is not None:
        at = clock(dearest.interval, plan_input)
        return (
            f"The battery waits for {at}: the grid costs {_ct(dearest.import_micro)} then, "
            f"{_ct(here.import_micro)} now."
        )
    return ""


def _battery_charges(here: StepFigures, dearest: StepFigures | None, plan_input: PlanInput) -> str:
    source = "from the sun" if here.pv_wh > here.load_wh + here.ev_wh else "from the grid"
    if dearest is None:
        return f"The battery charges {source}: {_ct(here.price_micro)} now, worth more later."
    at = clock(dearest.interval, plan_input)
    return (
        f"The battery charges {source}: {_ct(here.price_micro)} now, "
        f"the grid costs {_ct(dearest.import_micro)} at {at}."
    )


def _grid(here: StepFigures) -> str:
    price = _ct(here.price_micro)
    if here.curtailed_wh > SMALL_WH:
        return f"Sun is thrown away: {here.curtailed_wh} Wh can neither be used nor sold."
    if here.grid_wh > SMALL_WH:
        return f"The house buys at {price} a kWh."
    if here.grid_wh < -SMALL_WH:
        return f"Surplus sun is sold at {price} a kWh."
    return "Sun and use are in balance."


def clock(interval: int, plan_input: PlanInput) -> str:
    """Return the local time at which an interval begins, HH:MM."""
    try:
        zone: dt.tzinfo = ZoneInfo(plan_input.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = dt.UTC
    return dt.datetime.fromtimestamp(interval_start_s(interval), zone).strftime("%H:%M")


def _ct(micro: int) -> str:
    """Return a price per kWh in hundredths of the currency, as people say it."""
    return f"{micro / 10_000:.0f} ct" if abs(micro) >= 100_000 else f"{micro / 10_000:.1f} ct"
