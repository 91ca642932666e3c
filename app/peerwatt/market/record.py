"""How far the house's forecasts could be traded upon: what of a filled order was needed in the end.

A neighbour has energy to spare just when the own roof does better than expected, so orders are
filled when they are needed less than the forecast's band says. The agent therefore keeps, for each
side and part of the day, how much of what would have been filled was needed (or left over),
whether it dared to trade or not: the clearing is public, the meter is its own. It starts careful,
as ``START`` says, and never trusts a forecast beyond the normal law. Wh count half after
``HALF_LIFE_DAYS``. Besides, no order may lose more than a small stake and half of what trading has
gained so far: whom the market does not suit, it costs next to nothing to find out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from types import MappingProxyType
from typing import Any

from peerwatt.model.market import Side
from peerwatt.model.units import INTERVALS_PER_DAY

from .worth import NORMAL, Chances

HALF_LIFE_DAYS = 7.0
BLOCK = 16
"""Intervals in a part of the day: four hours."""

DECAY = 0.5 ** (1 / (BLOCK * HALF_LIFE_DAYS))
"""Per interval seen."""

START = Chances(certain=0.65, uncertain=0.25)
START_WH = 150.0
"""What the first caution weighs against what is seen."""

STAKE_MICRO = 2_000
"""What trading may lose at most before it has gained anything: 0.2 ct, or one least order."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums of Wh, older ones faded: filled and needed, of the certain part and of the rest."""

    certain_wh: float = 0.0
    certain_needed_wh: float = 0.0
    rest_wh: float = 0.0
    rest_needed_wh: float = 0.0

    def after(self, certain: int, rest: int, needed: int) -> Tally:
        """Return the tally after one more interval."""
        return Tally(
            DECAY * self.certain_wh + certain,
            DECAY * self.certain_needed_wh + min(certain, needed),
            DECAY * self.rest_wh + rest,
            DECAY * self.rest_needed_wh + min(rest, max(needed - certain, 0)),
        )


@dataclass(frozen=True, slots=True)
class TradeRecord:
    """Immutable; :meth:`after` returns the record with one more interval in it."""

    _tallies: Mapping[tuple[Side, int], Tally] = field(default_factory=lambda: MappingProxyType({}))
    _gained_micro: float = 0.0
    _booked: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON takes it, to be kept over a restart."""
        rows = [[int(side), part, *astuple(t)] for (side, part), t in self._tallies.items()]
        return {"tallies": rows, "gained_micro": self._gained_micro, "booked": self._booked}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> TradeRecord:
        """Return a record that was kept. Raises KeyError, TypeError or ValueError for others."""
        tallies = {(Side(row[0]), int(row[1])): Tally(*row[2:]) for row in body["tallies"]}
        gained, booked = float(body["gained_micro"]), int(body["booked"])
        return cls(MappingProxyType(tallies), gained, booked)

    def booked(self, interval: int, gain_micro: int) -> TradeRecord:
        """Return the record after a settled interval's gain against the supplier alone."""
        return TradeRecord(self._tallies, self._gained(interval) + gain_micro, interval)

    def stake_micro(self, interval: int) -> int:
        """Return what an order for an interval may lose at most."""
        gained = self._gained(interval)
        return max(int(STAKE_MICRO + (gained / 2 if gained > 0 else gained)), 0)

    def _gained(self, interval: int) -> float:
        """Losses fade, so that the agent tries again some day; gains stay."""
        if self._gained_micro >= 0:
            return self._gained_micro
        age_days = max(interval - self._booked, 0) / INTERVALS_PER_DAY
        return float(self._gained_micro * 0.5 ** (age_days / HALF_LIFE_DAYS))

    def after(
        self, interval: int, side: Side, certain_wh: int, rest_wh: int, metered_wh: int
    ) -> TradeRecord:
        """Return the record after an interval.

        ``certain_wh`` and ``rest_wh`` are what orders for the two parts were, or would have been,
        filled with; ``metered_wh`` is the net import.
        """
        if certain_wh + rest_wh == 0:
            return self
        needed = max(metered_wh if side is Side.BUY else -metered_wh, 0)
        key = (side, _part_of_day(interval))
        tallies = dict(self._tallies)
        tallies[key] = tallies.get(key, Tally()).after(certain_wh, rest_wh, needed)
        return TradeRecord(MappingProxyType(tallies), self._gained_micro, self._booked)

    def chances(self, side: Side, interval: int) -> Chances:
        """Return how likely each part is needed if it is filled."""
        tally = self._tallies.get((side, _part_of_day(interval)), Tally())
        certain = tally.certain_needed_wh + START.certain * START_WH
        rest = tally.rest_needed_wh + START.uncertain * START_WH
        return Chances(
            min(certain / (tally.certain_wh + START_WH), NORMAL.certain),
            min(rest / (tally.rest_wh + START_WH), NORMAL.uncertain),
        )


def _part_of_day(interval: int) -> int:
    return interval % INTERVALS_PER_DAY // BLOCK
