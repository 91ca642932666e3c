"""When the car comes, when it leaves and what it needs: learned from charging sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

LEVELS = (0.1, 0.5, 0.9)
HOUR_S = 3600.0
DAY_S = 24 * HOUR_S

HALF_LIFE_DAYS = 45.0
SAME_WEEKDAY, SAME_KIND, OTHER_DAY = 1.0, 0.4, 0.08
"""Weight of a past day: the same weekday, another working day or weekend day, the rest."""

PRIOR_WORTH = 0.5
"""Sessions that weigh as much as what is usual."""

USUAL_CHANCE = 0.6
USUAL_ARRIVALS_H, USUAL_DEPARTURES_H = (16.0, 18.0, 20.0), (30.5, 31.5, 33.0)
"""Hours of the wall's clock after the midnight of the day the car comes."""

USUAL_ENERGY_WH = (5_000.0, 10_000.0, 18_000.0)
SHORTEST_S = 300.0
"""A plug that was in for less was a mistake."""


@dataclass(frozen=True, slots=True)
class ChargingSession:
    """One time the car was plugged in."""

    plugged_s: float
    unplugged_s: float
    energy_wh: int
    """Charged in all."""


@dataclass(frozen=True, slots=True)
class ExpectedVisit:
    """What is to be expected of one local day; quantiles at ``LEVELS``, unix seconds and Wh."""

    day: date
    chance: float
    """That the car comes at all."""
    arrival_s: tuple[float, ...]
    departure_s: tuple[float, ...]
    energy_wh: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Sample:
    day: date
    arrival_h: float
    departure_h: float
    energy_wh: float


@dataclass(frozen=True, slots=True)
class CarHabits:
    """What was learned of one car; immutable."""

    zone: str
    samples: tuple[_Sample, ...]
    first_day: date | None
    """Since when sessions are known."""
    last_day: date | None

    def visit(self, day: date) -> ExpectedVisit:
        """Return what is to be expected of a local day."""
        weighed = [(_weight(s.day, day), s) for s in self.samples]
        arrivals = [(w, s.arrival_h) for w, s in weighed]
        departures = [(w, s.departure_h) for w, s in weighed]
        energies = [(w, s.energy_wh) for w, s in weighed]
        leaves = _quantiles(departures, USUAL_DEPARTURES_H)
        comes = _quantiles(arrivals, USUAL_ARRIVALS_H)
        return ExpectedVisit(
            day,
            self._chance(day),
            tuple(self._at_s(day, hour) for hour in comes),
            tuple(
                self._at_s(day, max(leave, arrive + SHORTEST_S / HOUR_S))
                for leave, arrive in zip(leaves, comes, strict=True)
            ),
            _quantiles(energies, USUAL_ENERGY_WH),
        )

    def departure(self, plugged_s: float, now_s: float) -> tuple[float, ...]:
        """Return when a car that is here leaves, at ``LEVELS``: all later than ``now_s``."""
        place = ZoneInfo(self.zone)
        day = datetime.fromtimestamp(plugged_s, place).date()
        here_h = _wall_h(day, now_s, place)
        left = [(_weight(s.day, day), s.departure_h) for s in self.samples]
        still = [(w, h) for w, h in left if h > here_h]
        usual = tuple(max(h, here_h + (1 + i) / 2) for i, h in enumerate(USUAL_DEPARTURES_H))
        return tuple(max(self._at_s(day, h), now_s) for h in _quantiles(still, usual))

    def need_wh(self, plugged_s: float, charged_wh: float) -> tuple[float, ...]:
        """Return what a car that is here still needs, at ``LEVELS``, after ``charged_wh``."""
        day = datetime.fromtimestamp(plugged_s, ZoneInfo(self.zone)).date()
        energies = [(_weight(s.day, day), s.energy_wh) for s in self.samples]
        return tuple(max(e - charged_wh, 0.0) for e in _quantiles(energies, USUAL_ENERGY_WH))

    def _chance(self, day: date) -> float:
        """Return the weighted part of the known days on which it came."""
        came, known = PRIOR_WORTH * USUAL_CHANCE, PRIOR_WORTH
        if self.first_day is None or self.last_day is None:
            return came / known
        visited = {s.day for s in self.samples}
        for back in range((self.last_day - self.first_day).days + 1):
            one = self.first_day + timedelta(days=back)
            weight = _weight(one, day)
            known += weight
            came += weight * (one in visited)
        return came / known

    def _at_s(self, day: date, hours: float) -> float:
        """Return the instant at which clocks on the wall show so many hours after midnight."""
        wall = datetime(day.year, day.month, day.day) + timedelta(hours=hours)
        return wall.replace(tzinfo=ZoneInfo(self.zone)).timestamp()


def _wall_h(day: date, time_s: float, place: ZoneInfo) -> float:
    """Return the hours that clocks on the wall show after a day's midnight."""
    wall = datetime.fromtimestamp(time_s, place).replace(tzinfo=None)
    return (wall - datetime(day.year, day.month, day.day)).total_seconds() / HOUR_S


def learn_car(
    sessions: Sequence[ChargingSession], zone: str, until_s: float | None = None
) -> CarHabits:
    """Learn from sessions in any order; works from the first one, and without any.

    ``until_s`` is how far the record goes (days without a car count against its coming); by
    default to the last session.
    """
    place = ZoneInfo(zone)
    samples = []
    for session in sorted(sessions, key=lambda s: s.plugged_s):
        length = session.unplugged_s - session.plugged_s
        if length < SHORTEST_S:
            continue
        day = datetime.fromtimestamp(session.plugged_s, place).date()
        samples.append(
            _Sample(
                day,
                _wall_h(day, session.plugged_s, place),
                _wall_h(day, session.unplugged_s, place),
                float(max(session.energy_wh, 0)),
            )
        )
    if not samples:
        return CarHabits(zone, (), None, None)
    last = samples[-1].day
    if until_s is not None:
        # The last day of the record is not over: it counts only if the car came.
        whole = datetime.fromtimestamp(until_s, place).date() - timedelta(days=1)
        last = max(last, whole)
    return CarHabits(zone, tuple(samples), samples[0].day, last)


def _weight(past: date, day: date) -> float:
    same = past.weekday() == day.weekday()
    kind = (past.weekday() >= 5) == (day.weekday() >= 5)
    base = SAME_WEEKDAY if same else SAME_KIND if kind else OTHER_DAY
    return float(base * 0.5 ** (abs((day - past).days) / HALF_LIFE_DAYS))


def _quantiles(
    samples: Sequence[tuple[float, float]], usual: tuple[float, ...]
) -> tuple[float, ...]:
    """Return the weighted quantiles at ``LEVELS`` with a little of what is usual among them."""
    prior = [(PRIOR_WORTH / len(usual), value) for value in usual]
    ordered = sorted([*samples, *prior], key=lambda pair: pair[1])
    total = sum(weight for weight, _ in ordered)
    found = []
    for level in LEVELS:
        below = 0.0
        for weight, value in ordered:
            below += weight
            if below >= level * total:
                found.append(value)
                break
    return tuple(found)
