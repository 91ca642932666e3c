"""The JSON problem becomes a house, every fault names its field, the answer is whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from peerwatt.planner import PlanInputFault
from peerwatt.planner.answer import answer
from peerwatt.planner.problem import TOP, house_from

SCHEMA = Path(__file__).parents[3] / "resources" / "schemas" / "plan-input.schema.json"
N = 24


def problem() -> dict[str, Any]:
    return {
        "version": 1, "now": "2025-06-17T18:00:00", "timezone": "Europe/Zurich", "steps": N,
        "batteries": [{"capacity_kwh": 10, "soc_kwh": 4, "charge_max_kw": 5, "discharge_max_kw": 5,
                       "charge_curve": [[0, 5], [9, 5], [10, 1]],
                       "hybrid": {"pv_kw": 1.0, "ac_max_kw": 5}}],
        "ev": {"max_kw": 11.04, "min_kw": 4.14, "phase_switch": True, "step_a": 1,
               "sessions": [{"from_step": 0, "until_step": 20, "need_kwh": 6.0}]},
        "appliances": [{"profile_kw": [2, 1], "from_step": 2}],
        "switches": [{"power_kw": 1, "on_hours": 1, "min_on_steps": 2}],
        "thermal": [{"power_max_kw": 2, "content_kwh": 5, "comfort_max_kwh": 9, "demand_kw": 0.3}],
        "grid": {"import_max_kw": 17, "export_max_kw": 17, "import_limit_kw": [None] * N,
                 "pv_peak_kw": 8, "export_max_pct_of_peak": 60},
        "forecast": {"pv_kw": [1.0] * N, "load_kw": [0.5] * N, "sigma_kw": 0.2,
                     "scenarios": [{"pv_kw": 0.2, "load_kw": 0.6}]},
        "tariff": {"import_eur_kwh": [0.3] * 12 + [0.2] * 12, "export_eur_kwh": 0.08,
                   "import_tiers": [{"from_kwh": 5, "add_eur_kwh": 0.02}],
                   "capacity": {"eur_per_kw": 1.0, "peak_so_far_kw": 2}},
        "market": {"buy": [{"eur_kwh": 0.15, "kwh": 0.2, "fill": 0.5}]},
        "commitments": [{"from_step": 4, "until_step": 8, "baseline_kwh": 1, "quantity_kwh": 0.2}],
        "co2": {"g_per_kwh": 300, "eur_per_tonne": 50},
        "terminal": {"eur_per_kwh_stored": 0.15},
        "previous": {"steps": [{"battery_kw": 0.0, "ev_kw": 0.0}] * N, "shift_steps": 1},
    }  # fmt: skip


def test_a_whole_problem_is_answered_in_json() -> None:
    found = answer(house_from(json.loads(json.dumps(problem()))))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["status"] == "Optimal"
    assert len(found["steps"]) == N
    assert {"battery_kw", "ev_kw", "grid_kw", "marginal_eur_kwh", "stored_eur_kwh"} <= set(
        found["steps"][0]
    )
    assert sum(s["ev_kw"] for s in found["steps"]) / 4 >= 6.0 - 1e-3
    assert found["violations"] == []
    assert found["reasons"][0]["sentence"]


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("steps",), 0, "steps"),
        (("steps",), "many", "steps"),
        (("now",), "yesterday", "now"),
        (("timezone",), "Mars/Base", "timezone"),
        (("version",), 2, "version"),
        (("forecast",), None, "forecast"),
        (("forecast", "load_kw"), [1.0], "forecast.load_kw"),
        (("forecast", "load_kw", 3), "x", "forecast.load_kw[3]"),
        (("forecast", "load_kw", 3), float("nan"), "forecast.load_kw[3]"),
        (("tariff", "import_eur_kwh"), None, "tariff.import_eur_kwh"),
        (("tariff", "capacity", "eur_per_kw"), -1, "tariff.capacity.eur_per_kw"),
        (("batteries", 0, "soc_kwh"), None, "batteries[0].soc_kwh"),
        (("batteries", 0, "charge_curve", 1), [9], "batteries[0].charge_curve[1]"),
        (("batteries", 0, "hybrid", "ac_max_kw"), -2, "batteries[0].hybrid.ac_max_kw"),
        (("ev", "min_kw"), 12, "ev.min_kw"),
        (("ev", "sessions", 0, "until_step"), None, "ev.sessions[0].until_step"),
        (("appliances", 0, "profile_kw"), [], "appliances[0].profile_kw"),
        (("switches", 0, "on_hours"), True, "switches[0].on_hours"),
        (("thermal", 0, "cop"), 0, "thermal[0].cop"),
        (("grid", "import_limit_kw"), [1], "grid.import_limit_kw"),
        (("commitments", 0, "direction"), "up", "commitments[0].direction"),
        (("market", "buy", 0, "fill"), 2, "market.buy[0].fill"),
        (("colour",), 1, "colour"),
    ],
)
def test_faults_name_their_field(path: tuple[Any, ...], value: object, field: str) -> None:
    broken = json.loads(json.dumps(problem()))
    target: Any = broken
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    with pytest.raises(PlanInputFault) as fault:
        house_from(broken)
    assert fault.value.field == field


def test_the_schema_knows_every_field_that_is_read() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert set(schema["properties"]) == TOP
    for part in ("batteries", "ev", "appliances", "switches", "thermal", "grid", "forecast",
                 "tariff", "market", "commitments", "co2", "terminal", "previous"):  # fmt: skip
        given = problem()[part]
        known = schema["properties"][part]
        if isinstance(given, list):
            given = given[0]
            known = known["items"]
            if "$ref" in known:
                known = schema["properties"][known["$ref"].rsplit("/", 1)[1]]
        assert set(given) <= set(known["properties"]), part


def test_clock_change_and_steps_of_their_own_length() -> None:
    changed = problem() | {"now": "2025-10-26T01:30:00"}
    changed["durations_minutes"] = [5] * 12 + [60] * 12
    found = answer(house_from(changed))
    assert found["status"] == "Optimal"
