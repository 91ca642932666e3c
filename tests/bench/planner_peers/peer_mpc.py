"""A plain model-predictive planner: one MILP a call over the expected future, branch and bound.

Runs in the bench's own environment: one JSON problem a line in, steps and seconds out.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np
from highspy import Highs, HighsVarType


def plan(problem: dict[str, Any]) -> list[dict[str, float]]:
    """Return the steps of a problem with one battery and one car."""
    n, h = problem["steps"], problem["step_minutes"] / 60
    battery, car = problem["battery"], problem["ev"]
    solver = Highs()
    for option, value in (("output_flag", False), ("threads", 1), ("mip_rel_gap", 1e-3),
                          ("mip_abs_gap", 5e-3), ("time_limit", 20.0)):  # fmt: skip
        solver.setOptionValue(option, value)
    tie = 1e-5 * h
    tariff, forecast = problem["tariff"], problem["forecast"]
    add = solver.addVariable
    buy = [add(0, problem["grid"]["import_max_kw"], p * h) for p in tariff["import_eur_kwh"][:n]]
    sell = [add(0, problem["grid"]["export_max_kw"], -p * h) for p in tariff["export_eur_kwh"][:n]]
    charge = [add(0, battery["charge_max_kw"], tie * (1 + k)) for k in range(n)]
    give = [add(0, battery["discharge_max_kw"], tie * (1 + k)) for k in range(n)]
    worth = problem["terminal"]["eur_per_kwh_stored"]
    low = min(battery["soc_min_kwh"], battery["soc_kwh"])
    soc = [add(low, battery["soc_max_kwh"], -worth if k == n - 1 else 0.0) for k in range(n)]
    drive: dict[int, Any] = {}
    for session in car["sessions"]:
        steps = range(max(session["from_step"], 0), min(session["until_step"], n))
        if session["until_step"] > n or not steps:
            continue
        columns = []
        for k in steps:
            power = add(0, car["max_kw"], tie * k)
            on = solver.addVariable(0, 1, 0, type=HighsVarType.kInteger)
            solver.addConstr(power <= car["max_kw"] * on)
            solver.addConstr(power >= car["min_kw"] * on)
            drive[k] = power
            columns.append(power)
        need = min(session["need_kwh"], car["max_kw"] * h * len(columns))
        total = sum(columns[1:], columns[0]) * h
        solver.addConstr(total >= need)
        solver.addConstr(total <= max(need, car["min_kw"] * h))
    for k in range(n):
        balance = buy[k] - sell[k] - charge[k] + give[k]
        if k in drive:
            balance = balance - drive[k]
        solver.addConstr(balance == forecast["load_kw"][k] - forecast["pv_kw"][k])
        gain = battery["charge_efficiency"] * h * charge[k]
        before = soc[k - 1] if k else battery["soc_kwh"]
        solver.addConstr(soc[k] == before + gain - (h / battery["discharge_efficiency"]) * give[k])
    solver.run()
    if solver.getInfo().primal_solution_status != 2:
        raise RuntimeError(solver.modelStatusToString(solver.getModelStatus()))
    x = np.array(solver.getSolution().col_value)

    def at(columns: list[Any]) -> np.ndarray:
        return x[[column.index for column in columns]]

    power, grid = at(charge) - at(give), at(buy) - at(sell)
    cars = [float(x[drive[k].index]) if k in drive else 0.0 for k in range(n)]
    return [{"battery_kw": float(b), "ev_kw": e, "grid_kw": float(g)}
            for b, e, g in zip(power, cars, grid, strict=True)]  # fmt: skip


def main() -> None:
    """Answer problems until the input ends."""
    for line in sys.stdin:
        problem = json.loads(line)
        begin = time.perf_counter()
        steps = plan(problem)
        sys.stdout.write(
            json.dumps({"seconds": time.perf_counter() - begin, "steps": steps}) + "\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
