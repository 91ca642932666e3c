"""What the agent learns from past auctions: their prices by hour of the day and by book.

Clearings are public and proven, so all members can learn the same. A clearing counts half after
``HALF_LIFE_DAYS``, and an hour remembers at most its last ``KEEP``. Besides quantiles of the price
the memory holds what an order would have needed to be filled in full each time; only down to
there is a limit ever shaded, so that in no remembered auction a Wh would have been lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from peerwatt.model.market import Clearing, PriceLadder, Side
from peerwatt.model.units import INTERVALS_PER_DAY

KEEP = 40
HALF_LIFE_DAYS = 5.0
ENOUGH = 12
"""Auctions that moved energy before an hour's memory is relied on for shading."""

LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)
PRIOR = 2.0
"""Clearings that weigh as much as knowing nothing: an even chance that anything is traded."""

GUARD_TICKS = 2
"""Kept between a shaded limit and what would just have been filled in full."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One clearing, as far as it teaches anything."""

    interval: int
    price_micro: int
    volume_wh: int
    safe_bid_micro: int
    """A buyer at this limit or above was filled in full."""
    safe_ask_micro: int
    """A seller at this limit or below was filled in full."""


@dataclass(frozen=True, slots=True)
class BookOutlook:
    """What to expect of one book in one interval."""

    clears: float = 0.5
    """Chance that it moves any energy."""
    prices_micro: tuple[int, ...] = ()
    """Prices at ``LEVELS``; empty where none was seen yet."""
    auctions: int = 0
    """Auctions with trades behind it."""
    safe_bid_micro: int | None = None
    """Buyers at this limit were filled in full in all of them; ``None`` while too few."""
    safe_ask_micro: int | None = None

    def gain_micro_per_kwh(self, side: Side, limit_micro: int, low: int, high: int) -> float:
        """Return what a kWh at this limit may be expected to gain against the limit itself.

        ``low`` and ``high`` are the ends of the band: where no price is known, any is as likely.
        """
        prices = self.prices_micro or tuple(low + round((high - low) * level) for level in LEVELS)
        sign = 1 if side is Side.BUY else -1
        gains = [max(sign * (limit_micro - price), 0) for price in prices]
        return self.clears * sum(gains) / len(gains)


@dataclass(frozen=True, slots=True)
class PriceMemory:
    """Immutable; :meth:`after` returns the memory with more clearings in it."""

    ladder: PriceLadder
    _seen: Mapping[tuple[int, int], tuple[Seen, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """(hour of the day, reach) -> clearings, oldest first."""

    def after(self, clearings: Iterable[Clearing], reach: int = 0) -> PriceMemory:
        """Return the memory after these clearings of one book; known intervals are left out.

        Intervals that the grid operator's limit capped teach nothing and are not to be given.
        """
        seen = dict(self._seen)
        for clearing in clearings:
            key = (_hour(clearing.interval), reach)
            before = seen.get(key, ())
            if all(one.interval != clearing.interval for one in before):
                rows = (*before, self._lesson(clearing))
                seen[key] = tuple(sorted(rows, key=lambda one: one.interval))[-KEEP:]
        return PriceMemory(self.ladder, MappingProxyType(seen))

    def expect(self, interval: int, reach: int = 0) -> BookOutlook:
        """Return what clearings of the same hour and book, before this interval, let expect."""
        rows = [s for s in self._seen.get((_hour(interval), reach), ()) if s.interval < interval]
        if not rows:
            return BookOutlook()
        weights = [_weight(interval - one.interval) for one in rows]
        traded = [(r, w) for r, w in zip(rows, weights, strict=True) if r.volume_wh > 0]
        moved = sum(w for _, w in traded)
        clears = (moved + PRIOR / 2) / (sum(weights) + PRIOR)
        if not traded:
            return BookOutlook(clears)
        relied = len(traded) >= ENOUGH
        return BookOutlook(
            clears=clears,
            prices_micro=_quantiles([(r.price_micro, w) for r, w in traded]),
            auctions=len(traded),
            safe_bid_micro=max(r.safe_bid_micro for r, _ in traded) if relied else None,
            safe_ask_micro=min(r.safe_ask_micro for r, _ in traded) if relied else None,
        )

    def _lesson(self, clearing: Clearing) -> Seen:
        """Where asks at the margin were cut, no bid down to them was left unserved; and so on.

        If supply was left over at the marginal ask, every bid at or above that was filled, and a
        buyer could have gone down to it. If not, others may have waited below the marginal bid,
        and only beyond it was a place sure. For sellers the other way round.
        """
        if clearing.volume_wh == 0:
            return Seen(clearing.interval, 0, 0, 0, 0)
        bid, ask = clearing.marginal_bid_tick, clearing.marginal_ask_tick
        bid_cut = clearing.bid_fill_numerator < clearing.bid_fill_denominator
        ask_cut = clearing.ask_fill_numerator < clearing.ask_fill_denominator
        safe_bid = ask if ask_cut and not bid_cut else bid + 1
        safe_ask = bid if bid_cut and not ask_cut else ask - 1
        base, step = self.ladder.base_micro, self.ladder.step_micro
        return Seen(
            clearing.interval,
            clearing.price_micro,
            clearing.volume_wh,
            base + step * (safe_bid + GUARD_TICKS),
            base + step * (safe_ask - GUARD_TICKS),
        )


def _hour(interval: int) -> int:
    return interval % INTERVALS_PER_DAY // 4


def _weight(age_intervals: int) -> float:
    return float(0.5 ** (age_intervals / INTERVALS_PER_DAY / HALF_LIFE_DAYS))


def _quantiles(weighted: list[tuple[int, float]]) -> tuple[int, ...]:
    weighted.sort()
    total = sum(weight for _, weight in weighted)
    found, below, place = [], 0.0, 0
    for level in LEVELS:
        while place < len(weighted) - 1 and below + weighted[place][1] < level * total:
            below += weighted[place][1]
            place += 1
        found.append(weighted[place][0])
    return tuple(found)
