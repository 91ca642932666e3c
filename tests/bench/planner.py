"""Speed, bill and robustness of the planner beside EMHASS, a plain MPC and rules.

``make bench NAME=planner``; the same house, days and problems for everybody, from what the
folder ``PEERWATT_HOUSEHOLD`` holds (15-min means of one site, kW) or made by a fixed seed.
With ``PEERWATT_YARDSTICK`` (the folder of yard.py) the bills of a summer and a winter month too.
Both are found by themselves where the folder ``shared`` lies beside the project.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure, report
from tests.bench.planner_cases import case, faults
from tests.bench.planner_house import problems
from tests.bench.planner_peer import Peer
from tests.bench.planner_warm import warm_start

from peerwatt.planner.answer import answer
from peerwatt.planner.outcome import outcome
from peerwatt.planner.problem import house_from
from peerwatt.planner.solving import solve

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared"
CALLS = 40
CASES = 1000
WITHIN_MB = """
import json, sys
import numpy

def most():
    with open("/proc/self/status") as status:
        return next(int(row.split()[1]) for row in status if row.startswith("VmHWM"))

base = most()
from peerwatt.planner.answer import answer
from peerwatt.planner.problem import house_from
for line in sys.stdin:
    answer(house_from(json.loads(line)), False)
print((most() - base) / 1024)
"""


def timed(problem: dict[str, Any]) -> float:
    """Return the seconds of building and solving one problem that has been read."""
    house = house_from(problem)
    begin = time.perf_counter()
    solved = solve(house)
    assert solved is not None
    outcome(solved)
    return time.perf_counter() - begin


def spread(values: list[float]) -> tuple[float, float]:
    """Return median and 95th percentile."""
    ordered = sorted(values)
    return statistics.median(ordered), ordered[int(0.95 * len(ordered))]


def speed() -> list[Figure]:
    """Measure warm plans of the summer weeks with one car session and with three."""
    found = []
    for sessions, goal in ((1, 40.0), (3, 80.0)):
        chosen = problems("summer", CALLS, sessions)
        timed(chosen[0])
        median, high = spread([timed(problem) for problem in chosen])
        name = f"plan 48 h x 15 min, battery, {sessions} session(s)"
        found.append(_ms(f"{name}, median", median, goal, "a plain MPC took 120 ms"))
        if sessions == 1:
            found.append(_ms(f"{name}, 95 %", high, 200.0, "a plain MPC took 1500 ms"))
    chosen = [_with_appliances(p) for p in problems("summer", CALLS, 1)]
    median, _ = spread([timed(problem) for problem in chosen])
    found.append(_ms("the same with two appliances and dear selling", median, 300.0, "-"))
    return found


def _ms(name: str, seconds: float, goal: float, reference: str) -> Figure:
    return Figure(name, seconds * 1000, "ms", reference, f"<= {goal:g}", seconds * 1000 <= goal)


def _with_appliances(problem: dict[str, Any]) -> dict[str, Any]:
    """Add a dishwasher and a pump, and an hour in which selling pays more than buying."""
    tariff = dict(problem["tariff"])
    dear = list(tariff["export_eur_kwh"])
    dear[20:24] = [0.5] * 4
    return {
        **problem,
        "tariff": {**tariff, "export_eur_kwh": dear},
        "appliances": [{"profile_kw": [2.0, 0.5, 0.5, 1.8], "from_step": 0, "until_step": 90}],
        "switches": [{"power_kw": 1.0, "on_hours": 4.0, "min_on_steps": 4, "min_off_steps": 2}],
    }


def beside_peers() -> list[Figure]:
    """Solve the same problems here, with EMHASS and with a plain MPC; compare time and cost."""
    found = []
    chosen = problems("summer", CALLS // 2, 1)
    timed(chosen[0])
    own = [(timed(problem), _objective(problem, answer(house_from(problem), False)["steps"]))
           for problem in chosen]  # fmt: skip
    for name, script in (("EMHASS", "peer_emhass.py"), ("plain MPC", "peer_mpc.py")):
        with Peer(HERE / "planner_peers" / script) as peer:
            peer.ask(chosen[0])
            theirs = [peer.ask(problem) for problem in chosen]
        ratio = statistics.median(t["seconds"] for t in theirs) / spread([o[0] for o in own])[0]
        worse = [mine - _objective(problem, their["steps"])
                 for problem, (_, mine), their in
                 zip(chosen, own, theirs, strict=True)]  # fmt: skip
        mean = statistics.mean(worse)
        taken = 1000 * statistics.median(t["seconds"] for t in theirs)
        goal = 8.0 if name == "EMHASS" else 1.0
        found.append(Figure(f"times faster than {name}", ratio, "x", f"{name}: {taken:.0f} ms",
                            f">= {goal:g}", ratio >= goal))  # fmt: skip
        found.append(Figure(f"cost above {name}'s, mean", mean * 100, "ct", "the same problems",
                            "<= 0", mean <= 0.0))  # fmt: skip
    return found


def _objective(problem: dict[str, Any], steps: list[dict[str, float]]) -> float:
    """Return what a plan costs on its forecast, EUR, whoever made it."""
    tariff, forecast = problem["tariff"], problem["forecast"]
    battery = problem["battery"]
    hours, stored, cost = problem["step_minutes"] / 60, battery["soc_kwh"], 0.0
    charged = 0.0
    for index, step in enumerate(steps):
        power = step["battery_kw"]
        eta = battery["charge_efficiency"]
        stored += (power * eta if power > 0 else power / battery["discharge_efficiency"]) * hours
        net = forecast["load_kw"][index] - forecast["pv_kw"][index] + step["ev_kw"] + power
        price = tariff["import_eur_kwh" if net > 0 else "export_eur_kwh"][index]
        cost += net * hours * price
        charged += step["ev_kw"] * hours
    needed = sum(s["need_kwh"] for s in problem["ev"]["sessions"])
    return (
        cost - stored * problem["terminal"]["eur_per_kwh_stored"] + 0.3 * max(needed - charged, 0.0)
    )


def memory() -> list[Figure]:
    """Measure what planning needs beyond the bare interpreter with NumPy."""
    import json

    lines = "\n".join(json.dumps(p) for p in problems("summer", 10, 3))
    used = subprocess.run([sys.executable, "-c", WITHIN_MB], input=lines, text=True, check=True,
                          stdout=subprocess.PIPE)  # fmt: skip
    value = float(used.stdout)
    return [Figure("memory beyond Python with NumPy", value, "MB", "EMHASS: about 250 MB",
                   "< 100", value < 100)]  # fmt: skip


def robustness() -> list[Figure]:
    """Plan random contradicting problems; every plan has to keep the limits."""
    bad, slowest = 0, 0.0
    for seed in range(CASES):
        problem = case(seed)
        begin = time.perf_counter()
        found = answer(house_from(problem), False)
        slowest = max(slowest, time.perf_counter() - begin)
        bad += bool(faults(problem, found))
    return [
        Figure(f"of {CASES} random cases beyond limits", bad, "cases", "-", "0", bad == 0),
        Figure("slowest random case", slowest * 1000, "ms", "-", "<= 2000", slowest <= 2),
    ]


def bills() -> list[Figure]:
    """Run the yardstick's month where its folder is given; its own figures are the references."""
    yard, data = os.environ.get("PEERWATT_YARDSTICK"), os.environ.get("PEERWATT_HOUSEHOLD")
    if not yard or not data:
        return []
    import json

    found = []
    for season, rules, best, goal in (
        ("summer", -7.15, -16.59, 95.0),
        ("winter", 147.31, 130.48, 92.0),
    ):
        command = [
            sys.executable,
            str(Path(yard) / "yard.py"),
            "--data",
            data,
            "--season",
            season,
            "--planner",
            f"jsonl:{Path(sys.executable).parent / 'peerwatt'} plan --serve",
        ]
        run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        bill = json.loads(run.stdout.splitlines()[-1])
        share = 100 * (rules - bill["bill_eur"]) / (rules - best)
        clean = not (bill["forced_ev_steps"] or bill["over_grid_limit"] or bill["ev_missing_kwh"])
        found.append(Figure(f"{season}: of the gap to perfect foresight", share, "%",
                            f"bill {bill['bill_eur']:.2f}, rules {rules}, optimum {best}",
                            f">= {goal:g}", share >= goal and clean))  # fmt: skip
    return found


def find_shared() -> None:
    """Name the folders of measured data and of the yardstick where they lie beside the project."""
    for name, folder in (
        ("PEERWATT_HOUSEHOLD", SHARED / "data" / "household"),
        ("PEERWATT_YARDSTICK", SHARED / "yardsticks" / "planner"),
    ):
        if folder.is_dir():
            os.environ.setdefault(name, str(folder))


def main(arguments: list[str] | None = None) -> int:
    """Measure everything and report."""
    find_shared()
    figures = [*speed(), *warm_start(), *memory(), *beside_peers(), *robustness(), *bills()]
    return report("planner", figures, arguments)


if __name__ == "__main__":
    sys.exit(main())
