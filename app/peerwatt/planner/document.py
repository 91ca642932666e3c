"""The plan as a JSON document: ``peerwatt plan --input FILE``.

Input (energies Wh per 15-minute interval, prices micro-units of the currency per kWh)::

    {"schema": 1,
     "now_s": 1750000000,                    # Unix seconds; the first interval holds it
     "timezone": "Europe/Zurich",            # optional, for the hours named in reasons
     "intervals": [                          # consecutive, 1 to 400
        {"pv_wh": 0, "load_wh": 120,
         "import_price_micro": 270000, "export_price_micro": 80000,
         "market_price_micro": 160000, "market_wh": 500}],         # last two optional
     "battery": {"capacity_wh": 10000, "soc_pct": 50, "reserve_pct": 10,     # optional
                 "max_charge_w": 5000, "max_discharge_w": 5000, "efficiency_one_way": 0.95},
     "cars": [{"energy_wh": 12000, "deadline_s": 1750030000,                 # optional
               "max_power_w": 11040, "min_power_w": 4140}],
     "commitments": [{"request_id": 1, "direction": "reduce", "first_interval": 1944444,
                      "interval_count": 4, "baseline_wh": 3000, "quantity_wh": 1000,
                      "penalty_micro_per_kwh": 500000}],                     # optional
     "max_import_w": 17250, "max_export_w": 10000,                           # optional
     "terminal_value_micro_per_kwh": 150000, "wear_micro_per_kwh": 5000}     # optional

Output::

    {"schema": 1, "made_s": ..., "cost_micro": ..., "violations": ["..."],
     "steps": [{"interval": ..., "pv_wh": ..., "load_wh": ..., "battery_wh": ..., "ev_wh": ...,
                "grid_wh": ..., "soc_pct": ..., "price_micro_per_kwh": ...,
                "value_micro_per_kwh": ..., "reason": "..."}]}
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..model.flexibility import Commitment, Direction
from ..model.plan import BatteryState, EvNeed
from ..model.units import interval_at
from .fields import Fields
from .inputs import DEFAULT_WEAR_MICRO_PER_KWH, PlanInput, PlanInputFault, StepInput
from .plan import solve_plan

MAX_INTERVALS = 400
_TOP = {
    "schema", "now_s", "timezone", "intervals", "battery", "cars", "commitments",
    "max_import_w", "max_export_w", "terminal_value_micro_per_kwh", "wear_micro_per_kwh",
}  # fmt: skip


def plan_from_json(document: object) -> dict[str, Any]:
    """Return the plan of a JSON document. Raises PlanInputFault, which names the field."""
    result = solve_plan(input_from_json(document))
    return {
        "schema": 1,
        "made_s": result.plan.made_s,
        "cost_micro": result.cost_micro,
        "violations": list(result.violations),
        "steps": [asdict(step) for step in result.plan.steps],
    }


def input_from_json(document: object) -> PlanInput:
    """Read a document into a PlanInput. Raises PlanInputFault, which names the field."""
    top = Fields(document, "", _TOP)
    if top.whole("schema", 1) != 1:
        raise PlanInputFault("schema", "must be 1")
    now_s = top.number("now_s", low=0)
    first = interval_at(now_s)
    intervals = top.items("intervals", required=True)
    if len(intervals) > MAX_INTERVALS:
        raise PlanInputFault("intervals", f"at most {MAX_INTERVALS} are planned")
    return PlanInput(
        now_s=now_s,
        steps=tuple(_step(item, index, first) for index, item in enumerate(intervals)),
        battery=_battery(top.raw("battery")),
        cars=tuple(_car(item, index) for index, item in enumerate(top.items("cars"))),
        commitments=tuple(
            _commitment(item, index) for index, item in enumerate(top.items("commitments"))
        ),
        max_import_w=top.optional("max_import_w", low=0),
        max_export_w=top.optional("max_export_w", low=0),
        terminal_value_micro_per_kwh=top.optional_whole("terminal_value_micro_per_kwh"),
        wear_micro_per_kwh=top.whole("wear_micro_per_kwh", DEFAULT_WEAR_MICRO_PER_KWH, low=0),
        timezone=top.text("timezone", "UTC"),
    )


def _step(item: object, index: int, first: int) -> StepInput:
    fields = Fields(
        item,
        f"intervals[{index}]",
        {"pv_wh", "load_wh", "import_price_micro", "export_price_micro",
         "market_price_micro", "market_wh"},
    )  # fmt: skip
    most = 1_000_000
    return StepInput(
        interval=first + index,
        pv_wh=fields.whole("pv_wh", 0, 0, most),
        load_wh=fields.whole("load_wh", None, 0, most),
        import_price_micro=fields.whole("import_price_micro", None, -1e8, 1e8),
        export_price_micro=fields.whole("export_price_micro", None, -1e8, 1e8),
        market_price_micro=fields.optional_whole("market_price_micro"),
        market_wh=fields.whole("market_wh", 0, 0, most),
    )


def _battery(item: object) -> BatteryState | None:
    if item is None:
        return None
    fields = Fields(
        item,
        "battery",
        {"capacity_wh", "soc_pct", "reserve_pct", "max_charge_w", "max_discharge_w",
         "efficiency_one_way"},
    )  # fmt: skip
    return BatteryState(
        device_id="battery",
        capacity_wh=fields.whole("capacity_wh", None, 1, 1e8),
        soc_pct=fields.number("soc_pct", None, 0, 100),
        reserve_pct=fields.number("reserve_pct", 0, 0, 100),
        max_charge_w=fields.number("max_charge_w", None, 0, 1e7),
        max_discharge_w=fields.number("max_discharge_w", None, 0, 1e7),
        efficiency_one_way=fields.number("efficiency_one_way", 0.95, 0.1, 1),
    )


def _car(item: object, index: int) -> EvNeed:
    fields = Fields(
        item, f"cars[{index}]", {"energy_wh", "deadline_s", "max_power_w", "min_power_w"}
    )
    return EvNeed(
        device_id=f"car{index + 1}",
        energy_wh=fields.whole("energy_wh", None, 0, 1e7),
        deadline_s=fields.number("deadline_s", None, 0),
        max_power_w=fields.number("max_power_w", None, 0, 1e7),
        min_power_w=fields.number("min_power_w", 0, 0, 1e7),
    )


def _commitment(item: object, index: int) -> Commitment:
    path = f"commitments[{index}]"
    fields = Fields(
        item,
        path,
        {"request_id", "direction", "first_interval", "interval_count", "baseline_wh",
         "quantity_wh", "penalty_micro_per_kwh"},
    )  # fmt: skip
    direction = fields.text("direction", "reduce")
    if direction not in {"reduce", "increase"}:
        raise PlanInputFault(f"{path}.direction", "must be 'reduce' or 'increase'")
    return Commitment(
        request_id=fields.whole("request_id", index + 1, 0),
        direction=Direction[direction.upper()],
        first_interval=fields.whole("first_interval", None, 0),
        interval_count=fields.whole("interval_count", None, 1, MAX_INTERVALS),
        baseline_wh=fields.whole("baseline_wh", None),
        quantity_wh=fields.whole("quantity_wh", None, 0),
        penalty_micro_per_kwh=fields.whole("penalty_micro_per_kwh", 0, 0),
    )
