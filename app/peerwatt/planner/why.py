"""Why each step is planned so: the marginal values behind it and what would change it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from .outcome import Outcome
from .program import Index
from .spec import House

SMALL_KW = 0.05
"""Powers below this are nothing worth naming."""

SMALL = 0.005
"""Prices nearer than half a cent count as equal."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One action with the figures behind it, currency per kWh."""

    step: int
    subject: str
    action: str
    price: float
    """Marginal cost of energy in the step."""
    other_step: int | None
    """The step it is compared with."""
    other_price: float | None
    turns_at: float | None
    """Marginal cost of energy in this step at which the action turns."""
    sentence: str
    override: str | None = None
    """The alternative that was tried."""
    override_cost: float | None = None
    """What it costs more, over the whole horizon, currency."""


def reasons(made: Outcome) -> list[Reason]:
    """Return the reason of each action where it begins, in the order of time."""
    found = _cars(made) + _batteries(made) + _runs(made)
    found.sort(key=lambda reason: (reason.step, reason.subject))
    return found


def _cars(made: Outcome) -> list[Reason]:
    found = []
    for session, power in zip(made.house.cars, made.car_kw, strict=True):
        window = np.arange(
            max(session.first, 0), min(session.until, made.house.count), dtype=np.int32
        )
        if not len(window) or session.need_kwh <= 0:
            continue
        on = power[window] > SMALL_KW
        for place in _begins(on):
            found.append(_car(made, session.name, window, on, place, bool(on[place])))
    return found


def _begins(states: np.ndarray) -> list[int]:
    """Return where a state begins, the first step included."""
    return [0, *(np.flatnonzero(states[1:] != states[:-1]) + 1).tolist()]


def _car(
    made: Outcome, name: str, window: Index, on: np.ndarray, place: int, charging: bool
) -> Reason:
    step = int(window[place])
    price = float(made.marginal[step])
    rest = window[place:]
    others = rest[~on[place:]] if charging else rest[on[place:]]
    if not len(others):
        word = "must charge: no other time is left." if charging else "has what it needs."
        action = "charge" if charging else "done"
        return Reason(step, name, action, price, None, None, None, f"{name} {word}")
    best = int(others[np.argmin(made.marginal[others])])
    other = float(made.marginal[best])
    at, unit = clock(made.house, best), "a kWh"
    if charging:
        dearest = int(others[np.argmax(made.marginal[others])])
        dear = float(made.marginal[dearest])
        text = (
            f"{name} charges{_sun(made, step)}: {_ct(price)} {unit} now; "
            f"at {clock(made.house, dearest)} it would be {_ct(dear)}."
        )
        # A cheaper step that is not used has too little for the car's least power.
        if other < price - SMALL:
            return Reason(step, name, "charge", price, dearest, dear, None, text)
        text += f" Above {_ct(other)} it would wait for {at}."
        return Reason(step, name, "charge", price, dearest, dear, other, text)
    text = (
        f"{name} waits for {at}: {_ct(other)} {unit} then, {_ct(price)} now. "
        f"Below {_ct(other)} it would charge now."
    )
    return Reason(step, name, "wait", price, best, other, other, text)


def _sun(made: Outcome, step: int) -> str:
    return " from the sun" if made.grid_kw[step] < SMALL_KW else ""


def _batteries(made: Outcome) -> list[Reason]:
    found = []
    for number, battery in enumerate(made.house.batteries):
        net = made.charge_kw[number] - made.discharge_kw[number]
        state = np.where(net > SMALL_KW, 1, np.where(net < -SMALL_KW, -1, 0))
        for step in _begins(state):
            found.append(_battery(made, number, battery.name, step, int(state[step])))
    return found


def _battery(made: Outcome, number: int, name: str, step: int, state: int) -> Reason:
    battery = made.house.batteries[number]
    price, worth = float(made.marginal[step]), float(made.stored[number][step])
    later = made.marginal[step + 1 :]
    used = made.discharge_kw[number][step + 1 :] > SMALL_KW
    dearest = None
    if len(later) and used.any():
        dearest = step + 1 + int(np.argmax(np.where(used, later, -np.inf)))
    then = None if dearest is None else float(made.marginal[dearest])
    turn_charge = worth * battery.charge_efficiency
    turn_discharge = worth / battery.discharge_efficiency + battery.wear
    if state > 0:
        source = "from the sun" if made.grid_kw[step] < SMALL_KW else "from the grid"
        end = "" if dearest is None else f"; at {clock(made.house, dearest)} a kWh is {_ct(then)}"
        text = (
            f"{name} charges {source}: {_ct(price)} now, stored it is worth {_ct(worth)}{end}. "
            f"Above {_ct(turn_charge)} it would not."
        )
        return Reason(step, name, "charge", price, dearest, then, turn_charge, text)
    if state < 0:
        word = "sells" if made.grid_kw[step] < -SMALL_KW else "serves the house"
        text = (
            f"{name} {word}: a kWh is {_ct(price)} now, kept it is worth {_ct(worth)}. "
            f"Below {_ct(turn_discharge)} it would be kept."
        )
        return Reason(step, name, "discharge", price, dearest, then, turn_discharge, text)
    wait = f"; at {clock(made.house, dearest)} a kWh is {_ct(then)}" if dearest is not None else ""
    text = (
        f"{name} rests: a kWh is {_ct(price)} now, kept it is worth {_ct(worth)}{wait}. "
        f"Above {_ct(turn_discharge)} it would serve, below {_ct(turn_charge)} it would charge."
    )
    return Reason(step, name, "rest", price, dearest, then, turn_discharge, text)


def _runs(made: Outcome) -> list[Reason]:
    """Return why appliances start when they do, and why those that wait do not start yet."""
    found = []
    for run, start in zip(made.house.runs, made.run_start, strict=True):
        first, energy = max(run.first, 0), float(np.sum(run.profile_kw))
        if start is None or energy <= 0:
            continue

        def price(
            at: int, profile: tuple[float, ...] = run.profile_kw, by: float = energy
        ) -> float:
            return float(made.marginal[at : at + len(profile)] @ np.array(profile)) / by

        here, now, at = price(start), price(first), clock(made.house, start)
        if start > first:
            text = f"{run.name} waits for {at}: {_ct(here)} a kWh then, {_ct(now)} now."
            found.append(Reason(first, run.name, "wait", now, start, here, here, text))
        last = min(run.until, made.house.count) - len(run.profile_kw)
        others = [step for step in range(first, last + 1) if step != start]
        if not others:
            text = f"{run.name} starts: no other time is left."
            found.append(Reason(start, run.name, "start", here, None, None, None, text))
            continue
        other = min(others, key=price)
        text = (
            f"{run.name} starts at {at}: {_ct(here)} a kWh; "
            f"at {clock(made.house, other)} it would be {_ct(price(other))}."
        )
        found.append(
            Reason(start, run.name, "start", here, other, price(other), price(other), text)
        )
    return found


def clock(house: House, step: int) -> str:
    """Return the local time at which a step begins, HH:MM."""
    try:
        zone: dt.tzinfo = ZoneInfo(house.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = dt.UTC
    begin = house.start_s + 3600 * float(house.hours[:step].sum())
    return dt.datetime.fromtimestamp(begin, zone).strftime("%H:%M")


def _ct(price: float | None) -> str:
    value = 0.0 if price is None else price * 100
    return f"{value:.0f} ct" if abs(value) >= 10 else f"{value:.1f} ct"


def money(amount: float) -> str:
    """Return an amount as people say it."""
    return f"{amount * 100:.1f} ct" if amount < 1 else f"{amount:.2f} EUR"
