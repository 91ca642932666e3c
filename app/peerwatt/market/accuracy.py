"""Reward and penalty for keeping to what was traded, as the contract Settlement computes them.

The budget-balanced form of Thomas et al. with the record H: those who deviate as their zone does
pay, those who deviate against it are paid, and rewards never exceed penalties. Integers only:
energy Wh, money micro-units, prices micro-units per kWh, H in 1/65536, weights in 1/1000.

Only members with a cleared position take part, and a deviation counts up to the position's size:
what missing it may cost is known when the auction clears, and a household that only buys from its
supplier pays no penalty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

ONE = 1 << 16
"""H = 1; a new member starts with half of it."""
START_H = ONE // 2
FLOOR_WH = 50
"""Below this position deviations weigh on H as if it were as large."""
RECORD_INTERVALS = 96
"""How many intervals H looks back: each new one counts as one part of these."""


@dataclass(frozen=True, slots=True)
class AccuracyRules:
    """Parameters of the community."""

    spread_micro_per_kwh: int
    """Retail less feed-in price: the most by which a kWh of deviation is valued."""
    weight_permille: int = 1000
    """How much of that is taken; 1000 is the reference's form, 0 switches it off."""
    g_permille: int = 500
    """How much more a member without a record pays."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """One member's deviation in an interval."""

    rest_wh: int
    """D, what trade and deals left to the supplier: + short, - long."""
    size_wh: int
    """Bought and sold Wh together."""
    h: int = START_H
    """The member's record, 0 to 65535."""
    is_late: bool = False
    """Metered after the readings were due, or only estimated."""

    @property
    def counted_wh(self) -> int:
        """The deviation that counts, Wh, signed."""
        return max(-self.size_wh, min(self.size_wh, self.rest_wh))

    @property
    def weight(self) -> int:
        """H |D| of what counts, Wh."""
        return abs(self.counted_wh) * self.h >> 16


@dataclass(frozen=True, slots=True)
class ZoneSums:
    """Sums over the members of a zone that were on time: short and long, Wh, and weighted by H."""

    short_wh: int = 0
    long_wh: int = 0
    short_weight: int = 0
    long_weight: int = 0

    def plus(self, one: Deviation) -> ZoneSums:
        """Return the sums with one more member; late ones change nothing."""
        counted = 0 if one.is_late else one.counted_wh
        if counted > 0:
            return ZoneSums(
                self.short_wh + counted,
                self.long_wh,
                self.short_weight + one.weight,
                self.long_weight,
            )
        if counted < 0:
            return ZoneSums(
                self.short_wh,
                self.long_wh - counted,
                self.short_weight,
                self.long_weight + one.weight,
            )
        return self


def zone_sums(deviations: Iterable[Deviation]) -> ZoneSums:
    """Return the sums over a zone's members."""
    sums = ZoneSums()
    for one in deviations:
        sums = sums.plus(one)
    return sums


def value_micro_per_kwh(price_micro: int, rules: AccuracyRules) -> int:
    """Return pi, what a kWh of deviation is worth: min(price, spread), half the spread where
    nothing was traded, times the weight."""
    spread = rules.spread_micro_per_kwh
    value = min(price_micro, spread) if price_micro else spread // 2
    return value * rules.weight_permille // 1000


def penalty_micro(one: Deviation, pi_micro: int, rules: AccuracyRules) -> int:
    """Return what a member pays that deviates as its zone does, rounded up:
    pi (|D| + g (1 - H) |D|)."""
    amount = abs(one.counted_wh)
    counted = (1000 + rules.g_permille) * amount - rules.g_permille * one.weight
    return -(-pi_micro * counted // 1_000_000)


def pool_micro(sums: ZoneSums, pi_micro: int, rules: AccuracyRules) -> int:
    """Return what helpers share: the penalties of those on time, at most pi a kWh helped."""
    short = sums.short_wh > sums.long_wh
    hurting = sums.short_wh if short else sums.long_wh
    helping = sums.long_wh if short else sums.short_wh
    weight = sums.short_weight if short else sums.long_weight
    counted = (1000 + rules.g_permille) * hurting - rules.g_permille * weight
    return min(pi_micro * counted // 1_000_000, pi_micro * helping // 1000)


def accuracy_micro(one: Deviation, sums: ZoneSums, price_micro: int, rules: AccuracyRules) -> int:
    """Return what a member receives (+) or pays (-) in an interval.

    ``sums`` are those of its zone, the member's own included when it was on time. Late members
    may pay, and receive nothing.
    """
    system = sums.short_wh - sums.long_wh
    pi = value_micro_per_kwh(price_micro, rules)
    counted = one.counted_wh
    if system * counted > 0:
        return -penalty_micro(one, pi, rules)
    weights = sums.long_weight if system > 0 else sums.short_weight
    if system * counted == 0 or one.is_late or weights == 0:
        return 0
    return pool_micro(sums, pi, rules) * one.weight // weights


def next_h(h: int, one: Deviation) -> int:
    """Return the record after an interval; without a position it stays as it was."""
    if one.size_wh == 0:
        return h
    missed = ONE
    if not one.is_late:
        missed = min(ONE, (abs(one.rest_wh) << 16) // max(one.size_wh, FLOOR_WH))
    return min(ONE - 1, ((RECORD_INTERVALS - 1) * h + ONE - missed) // RECORD_INTERVALS)


def accuracies_micro(
    deviations: Mapping[str, Deviation], price_micro: int, rules: AccuracyRules
) -> dict[str, int]:
    """Return what each member of a zone receives (+) or pays (-) in an interval."""
    sums = zone_sums(deviations.values())
    return {name: accuracy_micro(one, sums, price_micro, rules) for name, one in deviations.items()}
