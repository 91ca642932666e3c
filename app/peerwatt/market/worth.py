"""What each kWh of an interval is worth to the house without neighbours, part by part.

A Wh bought is worth what it spares: the plan's marginal value if the house turns out to need it,
and only what the supplier pays for surplus (less the penalty of a broken trade) if it does not.
With the forecast's error taken as normal, the q-th Wh is needed with the chance
``P(need > q)``, so worth falls as the quantity grows: first a part that is as good as certain,
then one that is as likely as not. The battery adds a part that is worth what it saves later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from peerwatt.model.market import Side, Tariff
from peerwatt.model.plan import BatteryState, Plan, PlanStep

CERTAIN = 0.9
"""Chance with which all of the certain part is needed (or left over)."""

CERTAIN_SIGMAS = 1.2816
"""Standard deviations of a normal error below which ``1 - CERTAIN`` of it lies."""

EVEN = 0.5
SAME_MICRO = 10_000
"""Later uses within a cent of the best one are counted together."""

INTERVALS_AN_HOUR = 4


class Kind(StrEnum):
    """Why the house would trade a part."""

    CERTAIN = "certain"
    UNCERTAIN = "uncertain"
    SHIFTABLE = "shiftable"


@dataclass(frozen=True, slots=True)
class Part:
    """Energy of one kind: a buyer gains below ``value_micro``, a seller above it."""

    side: Side
    kind: Kind
    quantity_wh: int
    value_micro: int
    """Micro per kWh: of a buyer's Wh the least, of a seller's the most that any is worth."""
    vain_micro: int
    """What a kWh is worth that is bought and not needed, or sold and missed."""

    def loss_micro_per_kwh(self, price_micro: int) -> int:
        """Return what a kWh traded in vain at a price (a buyer's with charge) loses at most."""
        sign = 1 if self.side is Side.BUY else -1
        return max(sign * (price_micro - self.vain_micro), 0)


@dataclass(frozen=True, slots=True)
class Alternatives:
    """What a kWh costs and earns at this moment if it is not traded."""

    lacking_micro: int
    """A kWh that the house lacks."""
    spare_micro: int
    """A kWh that it has too much."""
    broken_micro: int = 0
    """What a kWh costs on top that was traded but not taken or delivered."""

    @classmethod
    def of(cls, step: PlanStep, tariff: Tariff, broken_micro: int = 0) -> Alternatives:
        """Return them from the plan's marginal value, never outside the tariff.

        Where the battery is at work it takes up what differs, and its value holds for both;
        elsewhere what is bought in vain goes to the supplier, and what is sold in vain comes
        from there.
        """
        low, high = tariff.feed_in_micro_per_kwh, tariff.retail_micro_per_kwh
        value = min(max(_value(step), low), high)
        buffered = step.soc_pct is not None and step.battery_wh != 0 and low < value < high
        if buffered:
            return cls(value, value, broken_micro)
        return cls(
            value if step.grid_wh > 0 else high, low if step.grid_wh > 0 else value, broken_micro
        )

    def bought_micro(self, needed: float) -> int:
        """Return the worth of a kWh bought that is needed with this chance, rounded down."""
        over = self.spare_micro - self.broken_micro
        return int(over + needed * (self.lacking_micro - over) // 1)

    def sold_micro(self, spare: float) -> int:
        """Return the worth of a kWh sold that is left over with this chance, rounded up."""
        short = self.lacking_micro + self.broken_micro
        return -int((-short + spare * (short - self.spare_micro)) // 1)


@dataclass(frozen=True, slots=True)
class Chances:
    """How likely a Wh of either part is needed (of a surplus: left over)."""

    certain: float = CERTAIN
    uncertain: float = EVEN


NORMAL = Chances()


def split_wh(size_wh: int, sigma_wh: int) -> tuple[int, int]:
    """Return the certain part of an expected quantity, and the rest, Wh."""
    certain = min(max(int(size_wh - CERTAIN_SIGMAS * sigma_wh), 0), size_wh)
    return certain, size_wh - certain


def forecast_parts(
    net_wh: int, sigma_wh: int, other: Alternatives, chances: Chances = NORMAL
) -> tuple[Part, ...]:
    """Return the certain and the uncertain part of a net import (+) or export (-)."""
    certain, rest = split_wh(abs(net_wh), sigma_wh)
    side = Side.BUY if net_wh > 0 else Side.SELL
    worth = other.bought_micro if side is Side.BUY else other.sold_micro
    sure = 1.0 if sigma_wh == 0 and chances is NORMAL else chances.certain
    vain = worth(0.0)
    parts = (
        Part(side, Kind.CERTAIN, certain, worth(sure), vain),
        Part(side, Kind.UNCERTAIN, rest, worth(chances.uncertain), vain),
    )
    return tuple(part for part in parts if part.quantity_wh > 0)


def shiftable_parts(
    plan: Plan, interval: int, battery: BatteryState, wear_micro: int
) -> tuple[Part, ...]:
    """Return what the battery could take in or give besides the plan, at its own worth.

    ``wear_micro`` is the wear of one kWh drawn from the battery.
    """
    steps = [step for step in plan.steps if step.interval >= interval]
    if not steps or steps[0].interval != interval or any(s.soc_pct is None for s in steps):
        return ()
    parts = (_bought_for_later(steps, battery, wear_micro), _sold_early(steps, battery, wear_micro))
    return tuple(part for part in parts if part is not None)


def _bought_for_later(
    steps: Sequence[PlanStep], battery: BatteryState, wear_micro: int
) -> Part | None:
    """Energy bought now that spares a later import: its value less losses and wear."""
    efficiency = battery.efficiency_one_way
    here = steps[0]
    room_wh = battery.max_charge_w / INTERVALS_AN_HOUR + here.battery_wh
    held_wh = _room_wh(here, battery)
    uses: list[tuple[int, float]] = []
    for step in steps[1:]:
        spared = min(step.grid_wh, battery.max_discharge_w / INTERVALS_AN_HOUR - step.battery_wh)
        if spared > 0:
            value = int(_value(step) * efficiency**2) - wear_micro
            uses.append((value, min(spared, held_wh * efficiency) / efficiency**2))
        held_wh = min(held_wh, _room_wh(step, battery))
    return _best(Side.BUY, uses, min(room_wh, _room_wh(here, battery) / efficiency))


def _sold_early(steps: Sequence[PlanStep], battery: BatteryState, wear_micro: int) -> Part | None:
    """Energy sold now that the battery would have given later, or that later surplus refills."""
    efficiency = battery.efficiency_one_way
    here = steps[0]
    free_wh = _spare_wh(here, battery)
    room_wh = battery.max_discharge_w / INTERVALS_AN_HOUR - here.battery_wh
    uses: list[tuple[int, float]] = []
    for step in steps[1:]:
        if step.battery_wh > 0:
            uses.append((_value(step), min(step.battery_wh, free_wh * efficiency)))
        elif step.grid_wh < 0:
            cost = -int(-_value(step) / efficiency**2 // 1) + wear_micro
            uses.append((cost, min(-step.grid_wh * efficiency**2, free_wh * efficiency)))
        free_wh = min(free_wh, _spare_wh(step, battery))
    return _best(Side.SELL, uses, min(room_wh, _spare_wh(here, battery) * efficiency))


def _best(side: Side, uses: Sequence[tuple[int, float]], most_wh: float) -> Part | None:
    """Join the uses near the best one; the part's value is that of the least of them."""
    sign = 1 if side is Side.BUY else -1
    good = [use for use in uses if use[1] >= 1]
    if not good:
        return None
    best = max(sign * value for value, _ in good)
    near = [use for use in good if sign * use[0] >= best - SAME_MICRO]
    quantity = int(min(sum(wh for _, wh in near), most_wh))
    value = sign * min(sign * value for value, _ in near)
    return Part(side, Kind.SHIFTABLE, quantity, value, value) if quantity > 0 else None


def _room_wh(step: PlanStep, battery: BatteryState) -> float:
    return battery.capacity_wh * max(100.0 - (step.soc_pct or 0.0), 0.0) / 100


def _spare_wh(step: PlanStep, battery: BatteryState) -> float:
    return battery.capacity_wh * max((step.soc_pct or 0.0) - battery.reserve_pct, 0.0) / 100


def _value(step: PlanStep) -> int:
    value = step.value_micro_per_kwh
    return step.price_micro_per_kwh if value is None else value
