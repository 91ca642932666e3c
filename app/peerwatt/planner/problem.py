"""The problem as JSON (kW, kWh, EUR, steps by number) becomes a house; errors name the field.

The format is that of resources/schemas/plan-input.schema.json. All but ``steps``, ``forecast``
and ``tariff`` may be left out; what is named in singular (``battery``, ``ev``) may also be given
as a list (``batteries``, ``evs``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from .fields import Fields
from .inputs import PlanInputFault
from .problem_devices import batteries, cars, heats, runs, switches
from .spec import Array, Capacity, House, Offer, Previous, Promise, Scenario, Tier

MAX_STEPS = 1200
TOP = {
    "version", "now", "timezone", "step_minutes", "durations_minutes", "steps", "battery",
    "batteries", "ev", "evs", "appliances", "switches", "thermal", "grid", "forecast", "tariff",
    "market", "commitments", "co2", "terminal", "history", "previous", "options", "id",
}  # fmt: skip


def house_from(document: object) -> House:
    """Return the house of a problem. Raises PlanInputFault, which names the field."""
    top = Fields(document, "", TOP)
    if top.whole("version", 1) != 1:
        raise PlanInputFault("version", "must be 1")
    count = top.whole("steps", None, 1, MAX_STEPS)
    timezone = top.text("timezone", "UTC")
    start_s = start_of(top.text("now", "1970-01-01T00:00:00"), timezone)
    hours = _hours(top, count)
    forecast = Fields(
        top.raw("forecast"), "forecast", {"pv_kw", "load_kw", "sigma_kw", "scenarios"}
    )
    tariff = Fields(
        top.raw("tariff"), "tariff",
        {"import_eur_kwh", "export_eur_kwh", "import_tiers", "capacity"},
    )  # fmt: skip
    grid = _optional(top, "grid", {"import_max_kw", "export_max_kw", "import_limit_kw",
                                   "export_limit_kw", "overload_eur_kwh", "pv_peak_kw",
                                   "export_max_pct_of_peak"})  # fmt: skip
    terminal = _optional(top, "terminal", {"eur_per_kwh_stored"})
    co2 = _optional(top, "co2", {"g_per_kwh", "eur_per_tonne"})
    import_kw, export_kw = _limits(grid, count)
    sigma = None if forecast.raw("sigma_kw") is None else forecast.series("sigma_kw", count, 0, 0)
    return House(
        start_s=start_s,
        hours=hours,
        pv_kw=forecast.series("pv_kw", count, 0.0, 0, 1e5),
        load_kw=forecast.series("load_kw", count, None, 0, 1e5),
        import_price=tariff.series("import_eur_kwh", count, None, -100, 100),
        export_price=tariff.series("export_eur_kwh", count, 0.0, -100, 100),
        batteries=batteries(top, count),
        cars=cars(top, count, hours),
        runs=runs(top, count),
        switches=switches(top, count),
        heats=heats(top, count),
        import_max_kw=import_kw,
        export_max_kw=export_kw,
        overload=grid.number("overload_eur_kwh", 5.0, 0, 1000),
        tiers=tuple(_tier(item, path) for item, path in tariff.objects("import_tiers")),
        capacity=_capacity(tariff, count),
        market_buy=_offers(top, "buy", count),
        market_sell=_offers(top, "sell", count),
        promises=tuple(
            _promise(item, path, index)
            for index, (item, path) in enumerate(top.objects("commitments"))
        ),
        co2_g_per_kwh=None if co2.raw("g_per_kwh") is None else co2.series("g_per_kwh", count),
        co2_price_per_kg=co2.number("eur_per_tonne", 0.0, 0, 1e5) / 1000,
        terminal=terminal.optional("eur_per_kwh_stored"),
        sigma_kw=sigma,
        scenarios=tuple(
            _scenario(item, path, count) for item, path in forecast.objects("scenarios")
        ),
        common_steps=_common(hours),
        previous=_previous(top, count),
        timezone=timezone,
    )


def start_of(text: str, timezone: str) -> float:
    """Return the Unix second of ``now``: as it says, else local time of ``timezone``."""
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise PlanInputFault("timezone", f"is no known time zone: {timezone!r:.40}") from None
    try:
        now = dt.datetime.fromisoformat(text)
        return (now if now.tzinfo else now.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError, OSError):
        raise PlanInputFault("now", f"must be a date and time, not {text!r:.40}") from None


def _optional(top: Fields, name: str, known: set[str]) -> Fields:
    value = top.raw(name)
    return Fields({} if value is None else value, name, known)


def _hours(top: Fields, count: int) -> Array:
    """Return the lengths of the steps: all alike, or each its own (fine first, coarse last)."""
    if top.raw("durations_minutes") is not None:
        return top.series("durations_minutes", count, None, 0.1, 1440) / 60
    return np.full(count, top.number("step_minutes", 15, 0.1, 1440) / 60)


def _common(hours: Array) -> int:
    """Return how many steps make the first hour, which all scenarios share."""
    return int(np.searchsorted(np.cumsum(hours), 1.0 - 1e-9)) + 1


def _limits(grid: Fields, count: int) -> tuple[Array | None, Array | None]:
    found = []
    for way in ("import", "export"):
        limit = grid.limits(f"{way}_limit_kw", count)
        most = grid.optional(f"{way}_max_kw", low=0)
        limit = limit if most is None else np.minimum(limit, most)
        if way == "export" and grid.raw("export_max_pct_of_peak") is not None:
            share = grid.number("export_max_pct_of_peak", None, 0, 100) / 100
            limit = np.minimum(limit, share * grid.number("pv_peak_kw", None, 0, 1e5))
        found.append(limit if np.isfinite(limit).any() else None)
    return found[0], found[1]


def _tier(item: object, path: str) -> Tier:
    fields = Fields(item, path, {"from_kwh", "add_eur_kwh"})
    return Tier(fields.number("from_kwh", 0, 0), fields.number("add_eur_kwh", None, -100, 100))


def _capacity(tariff: Fields, count: int) -> Capacity | None:
    value = tariff.raw("capacity")
    if value is None:
        return None
    fields = Fields(value, "tariff.capacity", {"eur_per_kw", "peak_so_far_kw", "steps"})
    counts: tuple[bool, ...] = ()
    if fields.raw("steps") is not None:
        counts = tuple(bool(x) for x in fields.series("steps", count, None, 0, 1))
    return Capacity(
        fields.number("eur_per_kw", None, 0, 1e4), fields.number("peak_so_far_kw", 0, 0), counts
    )


def _offers(top: Fields, side: str, count: int) -> tuple[Offer, ...]:
    market = _optional(top, "market", {"buy", "sell"})
    levels = []
    for item, path in market.objects(side):
        fields = Fields(item, path, {"eur_kwh", "kwh", "fill"})
        levels.append(
            Offer(
                fields.series("eur_kwh", count, None, -100, 100),
                fields.series("kwh", count, None, 0, 1e5),
                fields.number("fill", 1.0, 0, 1),
            )
        )
    return tuple(levels)


def _promise(item: object, path: str, index: int) -> Promise:
    fields = Fields(item, path, {"id", "direction", "from_step", "until_step", "baseline_kwh",
                                 "quantity_kwh", "penalty_eur_kwh"})  # fmt: skip
    direction = fields.text("direction", "reduce")
    if direction not in {"reduce", "increase"}:
        raise PlanInputFault(f"{path}.direction", "must be 'reduce' or 'increase'")
    quantity = fields.number("quantity_kwh", None, 0)
    sign = -1 if direction == "reduce" else 1
    return Promise(
        promise_id=fields.whole("id", index + 1, 0),
        reduce=direction == "reduce",
        first=fields.whole("from_step", None),
        until=fields.whole("until_step", None),
        target_kwh=fields.number("baseline_kwh", None) + sign * quantity,
        penalty=fields.number("penalty_eur_kwh", 1.0, 0, 1000),
    )


def _scenario(item: object, path: str, count: int) -> Scenario:
    fields = Fields(item, path, {"weight", "pv_kw", "load_kw"})
    return Scenario(
        fields.number("weight", 1.0, 0, 1e6),
        fields.series("pv_kw", count, None, 0, 1e5),
        fields.series("load_kw", count, None, 0, 1e5),
    )


def _previous(top: Fields, count: int) -> Previous | None:
    """Return the plan before, shifted onto this one's steps."""
    value = top.raw("previous")
    if value is None:
        return None
    fields = Fields(value, "previous", {"steps", "shift_steps"})
    steps: list[Any] = fields.items("steps", required=True)[fields.whole("shift_steps", 0, 0) :]
    battery, car = np.zeros(count), np.zeros(count)
    for index, step in enumerate(steps[:count]):
        if isinstance(step, Mapping):
            entry = Fields(step, f"previous.steps[{index}]", set(step))
            battery[index] = entry.number("battery_kw", 0.0)
            car[index] = entry.number("ev_kw", 0.0)
    return Previous(battery, car)
