"""EMHASS (from PyPI) asked in process: one battery, the car as a deferrable load with a window.

Runs in the bench's own environment: one JSON problem a line in, steps and seconds out. Only its
perform_naive_mpc_optim is timed, after a first call that builds its problem.
"""

from __future__ import annotations

import copy
import json
import logging
import pathlib
import sys
import time
from typing import Any

import emhass
import pandas as pd
from emhass.optimization import Optimization

SUN, LOAD, BUY, SELL = "sun", "load", "buy", "sell"


class Peer:
    """One optimisation object, used again for each problem as EMHASS does."""

    def __init__(self, problem: dict[str, Any]) -> None:
        root = pathlib.Path(emhass.__file__).parent
        settings = json.loads((root / "data" / "config_defaults.json").read_text())
        settings.update(_settings(problem))
        retrieve = {
            "optimization_time_step": pd.Timedelta(minutes=problem["step_minutes"]),
            "time_zone": "UTC",
            "sensor_power_photovoltaics": SUN,
            "sensor_power_load_no_var_loads": LOAD,
        }
        quiet = logging.getLogger("peer")
        quiet.setLevel(logging.CRITICAL)
        paths = {"root_path": root, "data_path": root}
        self._optimization = Optimization(
            retrieve, settings, copy.deepcopy(settings), BUY, SELL, "profit", paths, quiet,
            num_timesteps=problem["steps"],
        )  # fmt: skip

    def plan(self, problem: dict[str, Any]) -> tuple[float, list[dict[str, float]]]:
        """Return seconds and steps."""
        count, hours = problem["steps"], problem["step_minutes"] / 60
        car, battery = problem["ev"], problem["battery"]
        need, begin, end = 0.0, 0, 0
        for session in car["sessions"][:1]:
            if session["until_step"] <= count:
                begin, end = max(session["from_step"], 0), session["until_step"]
                need = min(session["need_kwh"], car["max_kw"] * hours * (end - begin))
        index = pd.date_range("2024-01-01", periods=count, freq="15min", tz="UTC")
        frame = pd.DataFrame(
            {
                SUN: [1000 * x for x in problem["forecast"]["pv_kw"][:count]],
                LOAD: [1000 * x for x in problem["forecast"]["load_kw"][:count]],
                BUY: problem["tariff"]["import_eur_kwh"][:count],
                SELL: problem["tariff"]["export_eur_kwh"][:count],
            },
            index=index,
        )
        capacity = battery["capacity_kwh"]
        before = time.perf_counter()
        found = self._optimization.perform_naive_mpc_optim(
            frame, frame[SUN], frame[LOAD], count,
            soc_init=battery["soc_kwh"] / capacity, soc_final=battery["soc_min_kwh"] / capacity,
            def_total_hours=[need / car["max_kw"]], def_start_timestep=[begin],
            def_end_timestep=[end],
        )  # fmt: skip
        seconds = time.perf_counter() - before
        steps = [
            {"battery_kw": -float(b) / 1000, "ev_kw": float(e) / 1000, "grid_kw": float(g) / 1000}
            for b, e, g in zip(
                found["P_batt"], found["P_deferrable0"], found["P_grid"], strict=True
            )
        ]
        return seconds, steps


def _settings(problem: dict[str, Any]) -> dict[str, Any]:
    battery, car, grid = problem["battery"], problem["ev"], problem["grid"]
    return {
        "costfun": "profit",
        "set_use_battery": True,
        "set_use_pv": True,
        "number_of_deferrable_loads": 1,
        "nominal_power_of_deferrable_loads": [car["max_kw"] * 1000],
        "minimum_power_of_deferrable_loads": [car["min_kw"] * 1000],
        "operating_hours_of_each_deferrable_load": [0.0],
        "start_timesteps_of_each_deferrable_load": [0],
        "end_timesteps_of_each_deferrable_load": [0],
        "treat_deferrable_load_as_semi_cont": [False],
        "set_deferrable_load_single_constant": [False],
        "set_deferrable_startup_penalty": [0.0],
        "set_deferrable_max_startups": [0],
        "deferrable_load_max_cost": [0.0],
        "def_minimum_on_time": [0],
        "def_minimum_off_time": [0],
        "is_electric_load": [True],
        "cost_forecast_per_deferrable_load": [None],
        "delta_forecast_daily": problem["steps"] * problem["step_minutes"] / 1440,
        "maximum_power_from_grid": grid["import_max_kw"] * 1000,
        "maximum_power_to_grid": grid["export_max_kw"] * 1000,
        "battery_charge_power_max": battery["charge_max_kw"] * 1000,
        # Its limit on discharge stands on the battery's side of the losses.
        "battery_discharge_power_max": battery["discharge_max_kw"]
        * 1000
        / battery["discharge_efficiency"],
        "battery_discharge_efficiency": battery["discharge_efficiency"],
        "battery_charge_efficiency": battery["charge_efficiency"],
        "battery_nominal_energy_capacity": battery["capacity_kwh"] * 1000,
        "battery_minimum_state_of_charge": battery["soc_min_kwh"] / battery["capacity_kwh"],
        "battery_maximum_state_of_charge": battery["soc_max_kwh"] / battery["capacity_kwh"],
        "battery_target_state_of_charge": battery["soc_min_kwh"] / battery["capacity_kwh"],
        # Energy left at the end is worth half of the last price, near the others' worth.
        "battery_soc_final_reward_factor": 0.5,
        "num_threads": 1,
    }


def main() -> None:
    """Answer problems until the input ends."""
    peer: Peer | None = None
    for line in sys.stdin:
        problem = json.loads(line)
        peer = peer or Peer(problem)
        seconds, steps = peer.plan(problem)
        sys.stdout.write(json.dumps({"seconds": seconds, "steps": steps}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
