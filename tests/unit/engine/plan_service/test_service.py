"""One answer a line, whatever the line; own forecasts where the given one says nothing new."""

from __future__ import annotations

import io
import json
import math
from typing import Any

from peerwatt.engine.plan_service import PlanService, serve

DAY = 96


def problem(days: int = 7, steps: int = 48) -> dict[str, Any]:
    sun = [max(0.0, 3 * math.sin((k - 24) / 48 * math.pi)) if 24 < k < 72 else 0.0
           for k in range(DAY)]  # fmt: skip
    pv = [x * (0.4 + 0.1 * (day % 5)) for day in range(days) for x in sun]
    load = [0.4 + (0.8 if 68 <= k < 84 else 0.0) + 0.02 * (day % 3)
            for day in range(days) for k in range(DAY)]  # fmt: skip
    return {
        "version": 1, "now": "2025-06-17T00:00:00", "step_minutes": 15, "steps": steps,
        "battery": {"capacity_kwh": 10, "soc_min_kwh": 0.5, "soc_max_kwh": 10, "charge_max_kw": 5,
                    "discharge_max_kw": 5, "soc_kwh": 5.0},
        "ev": {"max_kw": 11, "min_kw": 4.14, "phases": 3,
               "sessions": [{"from_step": 0, "until_step": 28, "need_kwh": 10.0}]},
        "grid": {"import_max_kw": 17, "export_max_kw": 17},
        "forecast": {"pv_kw": pv[-DAY:][:steps], "load_kw": load[-DAY:][:steps]},
        "tariff": {"import_eur_kwh": [0.3] * steps, "export_eur_kwh": [0.08] * steps},
        "terminal": {"eur_per_kwh_stored": 0.2},
        "history": {"pv_kw": pv, "load_kw": load},
    }  # fmt: skip


def test_every_line_gets_one_answer() -> None:
    lines = [
        json.dumps(problem() | {"id": 7}),
        "",
        "not json",
        "[1, 2]",
        json.dumps({"steps": 3}),
        json.dumps(problem() | {"history": {"pv_kw": "x", "load_kw": [None]}}),
        json.dumps(problem() | {"history": 5}),
    ]
    out = io.StringIO()
    serve([line + "\n" for line in lines], out)
    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert len(answers) == 6
    assert answers[0]["id"] == 7
    assert answers[0]["status"] == "Optimal"
    assert len(answers[0]["steps"]) == 48
    assert [a["status"] for a in answers[1:4]] == ["Error"] * 3
    assert answers[3]["field"] == "forecast"
    assert [a["status"] for a in answers[4:]] == ["Optimal"] * 2


def test_yesterday_repeated_is_replaced_by_an_own_forecast() -> None:
    service = PlanService()
    asked = problem()
    own = service.plan(asked, reasons=False)
    given = service.plan(asked | {"options": {"forecast": "given"}}, reasons=False)
    assert own["costs_eur"]["energy"] != given["costs_eur"]["energy"]
    real = problem()
    real["forecast"]["load_kw"] = [0.7] * 48
    kept = service.plan(real, reasons=False)
    balance = kept["steps"][40]
    house = 0.7 - real["forecast"]["pv_kw"][40]
    assert abs(balance["grid_kw"] - balance["battery_kw"] - balance["ev_kw"] - house) < 1e-3


def test_a_short_history_leaves_the_forecast() -> None:
    asked = problem(days=1)
    found = PlanService().plan(asked, reasons=False)
    step = found["steps"][40]
    net = asked["forecast"]["load_kw"][40] - asked["forecast"]["pv_kw"][40]
    assert abs(step["grid_kw"] - step["battery_kw"] - step["ev_kw"] - net) < 1e-3
