"""Batteries, cars, appliances and heat of a JSON problem."""

from __future__ import annotations

import numpy as np

from .fields import Fields
from .inputs import PlanInputFault
from .spec import LATE, Array, Battery, CarSession, Heat, Hybrid, Run, Switch, V2h

PHASE_V = 230.0


def _named(top: Fields, one: str, many: str) -> list[tuple[object, str]]:
    single = top.raw(one)
    return [*([(single, one)] if single is not None else []), *top.objects(many)]


def batteries(top: Fields, count: int) -> tuple[Battery, ...]:
    """Return the batteries of a problem."""
    found = _named(top, "battery", "batteries")
    return tuple(_battery(item, path, count, place) for place, (item, path) in enumerate(found))


def _battery(item: object, path: str, count: int, place: int) -> Battery:
    fields = Fields(item, path, {
        "name", "capacity_kwh", "soc_min_kwh", "soc_max_kwh", "charge_max_kw", "discharge_max_kw",
        "charge_efficiency", "discharge_efficiency", "soc_kwh", "reserve_kwh", "wear_eur_kwh",
        "terminal_eur_kwh", "charge_curve", "discharge_curve", "hybrid",
    })  # fmt: skip
    capacity = fields.optional("capacity_kwh", low=0)
    most = fields.number("soc_max_kwh", capacity, 0)
    hybrid = None
    if fields.raw("hybrid") is not None:
        inner = Fields(fields.raw("hybrid"), f"{path}.hybrid",
                       {"pv_kw", "ac_max_kw", "efficiency", "grid_charge"})  # fmt: skip
        hybrid = Hybrid(
            inner.series("pv_kw", count, 0.0, 0, 1e5),
            inner.number("ac_max_kw", None, 0),
            inner.number("efficiency", 0.97, 0.1, 1),
            inner.flag("grid_charge", True),
        )
    return Battery(
        name=fields.text("name", "The battery" if place == 0 else f"Battery {place + 1}"),
        soc_kwh=fields.number("soc_kwh", None, -1e6, 1e6),
        soc_max_kwh=most,
        charge_max_kw=fields.number("charge_max_kw", None, 0, 1e5),
        discharge_max_kw=fields.number("discharge_max_kw", None, 0, 1e5),
        soc_min_kwh=min(fields.number("soc_min_kwh", 0.0, 0), most),
        reserve_kwh=fields.number("reserve_kwh", 0.0, 0),
        charge_efficiency=fields.number("charge_efficiency", 0.95, 0.1, 1),
        discharge_efficiency=fields.number("discharge_efficiency", 0.95, 0.1, 1),
        wear=fields.number("wear_eur_kwh", 0.0, 0, 100),
        terminal=fields.optional("terminal_eur_kwh"),
        charge_curve=_curve(fields, "charge_curve"),
        discharge_curve=_curve(fields, "discharge_curve"),
        hybrid=hybrid,
    )


def _curve(fields: Fields, name: str) -> tuple[tuple[float, float], ...]:
    points = []
    for item, path in fields.objects(name):
        if not isinstance(item, list) or len(item) != 2:
            raise PlanInputFault(path, "must be [content kWh, power kW]")
        pair = Fields({"kwh": item[0], "kw": item[1]}, path, {"kwh", "kw"})
        points.append((pair.number("kwh", None, 0), pair.number("kw", None, 0)))
    return tuple(points)


def cars(top: Fields, count: int, hours: Array) -> tuple[CarSession, ...]:
    """Return all sessions of all cars."""
    found: list[CarSession] = []
    for place, (item, path) in enumerate(_named(top, "ev", "evs")):
        found += _car(item, path, place, count, float(hours[-1]))
    return tuple(found)


def _car(item: object, path: str, place: int, count: int, hours: float) -> list[CarSession]:
    fields = Fields(item, path, {
        "name", "max_kw", "min_kw", "phases", "step_a", "phase_switch", "sessions",
        "late_eur_kwh", "v2h",
    })  # fmt: skip
    high = fields.number("max_kw", None, 0, 1e4)
    low = fields.number("min_kw", 0.0, 0, 1e4)
    if low > high:
        raise PlanInputFault(f"{path}.min_kw", f"must not be above max_kw ({high:g})")
    phases = fields.whole("phases", 3, 1, 3)
    ranges = [(low, high)]
    if phases > 1 and fields.flag("phase_switch", False):
        ranges.insert(0, (low / phases, min(high / phases, low)))
    name = fields.text("name", "The car" if place == 0 else f"Car {place + 1}")
    step = fields.number("step_a", 0.0, 0, 32) * phases * PHASE_V / 1000
    sessions = []
    for entry, inner in fields.objects("sessions"):
        session = Fields(entry, inner, {"from_step", "until_step", "need_kwh", "soc_kwh",
                                        "soc_min_kwh", "soc_max_kwh"})  # fmt: skip
        until = session.whole("until_step", None)
        sessions.append(
            CarSession(
                name=name,
                first=session.whole("from_step", 0),
                until=until,
                need_kwh=session.number("need_kwh", 0.0, 0, 1e5),
                ranges_kw=tuple(ranges),
                step_kw=step,
                late_price=fields.number("late_eur_kwh", LATE, 0, 1000),
                later_kwh=max(until - count, 0) * hours * high,
                v2h=_v2h(fields, session, path),
            )
        )
    return sessions


def _v2h(fields: Fields, session: Fields, path: str) -> V2h | None:
    if fields.raw("v2h") is None:
        return None
    inner = Fields(fields.raw("v2h"), f"{path}.v2h",
                   {"discharge_max_kw", "charge_efficiency", "discharge_efficiency",
                    "wear_eur_kwh"})  # fmt: skip
    return V2h(
        discharge_max_kw=inner.number("discharge_max_kw", None, 0, 1e4),
        soc_kwh=session.number("soc_kwh", None, 0, 1e4),
        soc_min_kwh=session.number("soc_min_kwh", 0.0, 0, 1e4),
        soc_max_kwh=session.number("soc_max_kwh", None, 0, 1e4),
        charge_efficiency=inner.number("charge_efficiency", 0.93, 0.1, 1),
        discharge_efficiency=inner.number("discharge_efficiency", 0.93, 0.1, 1),
        wear=inner.number("wear_eur_kwh", 0.03, 0, 100),
    )


def runs(top: Fields, count: int) -> tuple[Run, ...]:
    """Return the appliances that run once through a profile."""
    found = []
    for place, (item, path) in enumerate(top.objects("appliances")):
        fields = Fields(item, path, {"name", "profile_kw", "from_step", "until_step", "skip_eur"})
        profile = fields.items("profile_kw", required=True)
        powers = Fields({"profile_kw": profile}, path, {"profile_kw"})
        found.append(
            Run(
                name=fields.text("name", f"Appliance {place + 1}"),
                profile_kw=tuple(powers.series("profile_kw", len(profile), None, 0, 1e4)),
                first=fields.whole("from_step", 0),
                until=fields.whole("until_step", count),
                skip_price=fields.number("skip_eur", 20.0, 0, 1e4),
            )
        )
    return tuple(found)


def switches(top: Fields, count: int) -> tuple[Switch, ...]:
    """Return the appliances that are switched on and off."""
    found = []
    for place, (item, path) in enumerate(top.objects("switches")):
        fields = Fields(item, path, {"name", "power_kw", "from_step", "until_step", "on_hours",
                                     "min_on_steps", "min_off_steps", "on_now",
                                     "skip_eur_kwh"})  # fmt: skip
        found.append(
            Switch(
                name=fields.text("name", f"Switch {place + 1}"),
                power_kw=fields.number("power_kw", None, 0, 1e4),
                first=fields.whole("from_step", 0),
                until=fields.whole("until_step", count),
                on_hours=fields.number("on_hours", None, 0, 1e4),
                min_on_steps=fields.whole("min_on_steps", 1, 1, 96),
                min_off_steps=fields.whole("min_off_steps", 1, 1, 96),
                on_now=fields.flag("on_now", False),
                skip_price=fields.number("skip_eur_kwh", 2.0, 0, 1000),
            )
        )
    return tuple(found)


def heats(top: Fields, count: int) -> tuple[Heat, ...]:
    """Return heat pumps and rods with their stores."""
    found = []
    for place, (item, path) in enumerate(top.objects("thermal")):
        fields = Fields(item, path, {
            "name", "power_max_kw", "power_min_kw", "cop", "content_kwh", "comfort_min_kwh",
            "comfort_max_kwh", "demand_kw", "loss_per_hour", "discomfort_eur_kwh_h",
            "terminal_eur_kwh",
        })  # fmt: skip
        found.append(
            Heat(
                name=fields.text("name", f"Heat {place + 1}"),
                power_max_kw=fields.number("power_max_kw", None, 0, 1e4),
                cop=np.asarray(fields.series("cop", count, 1.0, 0.1, 20)),
                content_kwh=fields.number("content_kwh", None, -1e5, 1e5),
                comfort_min_kwh=fields.number("comfort_min_kwh", 0.0, -1e5, 1e5),
                comfort_max_kwh=fields.number("comfort_max_kwh", None, -1e5, 1e5),
                demand_kw=fields.series("demand_kw", count, 0.0, 0, 1e4),
                loss_per_hour=fields.number("loss_per_hour", 0.0, 0, 1),
                power_min_kw=fields.number("power_min_kw", 0.0, 0, 1e4),
                discomfort=fields.number("discomfort_eur_kwh_h", 0.5, 0, 1000),
                terminal=fields.optional("terminal_eur_kwh"),
            )
        )
    return tuple(found)
