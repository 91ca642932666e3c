"""The JSON plan: a whole document works, and every error names its field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from peerwatt.planner import PlanInputFault, plan_from_json

NOW = 1_750_010_400


def document() -> dict[str, Any]:
    row = {"pv_wh": 0, "load_wh": 200, "import_price_micro": 270_000, "export_price_micro": 80_000}
    return {
        "schema": 1,
        "now_s": NOW,
        "timezone": "Europe/Zurich",
        "intervals": [dict(row) for _ in range(24)],
        "battery": {
            "capacity_wh": 10_000,
            "soc_pct": 50,
            "max_charge_w": 5_000,
            "max_discharge_w": 5_000,
        },
        "cars": [
            {"energy_wh": 5_000, "deadline_s": NOW + 14_400, "max_power_w": 11_040,
             "min_power_w": 4_140}
        ],
        "commitments": [
            {"direction": "reduce", "first_interval": NOW // 900, "interval_count": 2,
             "baseline_wh": 400, "quantity_wh": 100, "penalty_micro_per_kwh": 300_000}
        ],
        "max_import_w": 17_250,
    }  # fmt: skip


def test_whole_document() -> None:
    out = plan_from_json(json.loads(json.dumps(document())))
    assert json.loads(json.dumps(out)) == out
    assert len(out["steps"]) == 24
    assert sum(step["ev_wh"] for step in out["steps"]) >= 4_995
    assert out["violations"] == []
    assert all(step["reason"] for step in out["steps"])


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("now_s",), "noon", "now_s"),
        (("schema",), 2, "schema"),
        (("intervals",), [], "intervals"),
        (("intervals", 3, "load_wh"), None, "intervals[3].load_wh"),
        (("intervals", 3, "pv_wh"), -1, "intervals[3].pv_wh"),
        (("intervals", 0, "import_price_micro"), 1.5, "intervals[0].import_price_micro"),
        (("intervals", 1), 7, "intervals[1]"),
        (("battery", "capacity_wh"), 0, "battery.capacity_wh"),
        (("battery", "colour"), "red", "battery.colour"),
        (("battery", "soc_pct"), float("nan"), "battery.soc_pct"),
        (("cars", 0, "energy_wh"), True, "cars[0].energy_wh"),
        (("cars", 0, "min_power_w"), 99_999, "cars[0].min_power_w"),
        (("commitments", 0, "direction"), "up", "commitments[0].direction"),
        (("timezone",), 3, "timezone"),
        (("typo",), 1, "typo"),
    ],
)
def test_errors_name_the_field(path: tuple[Any, ...], value: object, field: str) -> None:
    broken = document()
    target: Any = broken
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    with pytest.raises(PlanInputFault) as fault:
        plan_from_json(broken)
    assert fault.value.field == field


def test_not_an_object() -> None:
    with pytest.raises(PlanInputFault, match="document"):
        plan_from_json([1, 2])
