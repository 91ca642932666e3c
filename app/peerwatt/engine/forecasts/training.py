"""Trains a forecaster in a process of its own, so that neither loop nor memory feels it.

The child reads one header line of JSON and the arrays' bytes from standard input and writes the
learned forecaster as JSON. It is ``peerwatt train``, which is no word for people.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, BinaryIO

import numpy as np

from peerwatt.forecast.house import HouseForecaster
from peerwatt.forecast.series import Series
from peerwatt.forecast.site import Site
from peerwatt.forecast.weather.forecast import WeatherForecast

TIMEOUT_S = 300.0
MAX_INTERVALS = 4 * 366 * 96


class TrainingFault(Exception):
    """Training did not succeed; one sentence."""


async def train_beside(
    history: Series, site: Site | None, past_weather: Sequence[WeatherForecast] = ()
) -> HouseForecaster:
    """Learn a house in a child process. Raises TrainingFault or OSError."""
    asked = await asyncio.to_thread(packed, history, site, past_weather)
    child = await asyncio.create_subprocess_exec(
        *command(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=64 * 1024 * 1024,
    )
    try:
        said, wrong = await asyncio.wait_for(child.communicate(asked), TIMEOUT_S)
    except TimeoutError:
        raise TrainingFault(f"Training took longer than {TIMEOUT_S:.0f} s and was ended.") from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode != 0:
        last = wrong.decode(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
        raise TrainingFault(f"Training failed: {last[0][:200]}")
    return await asyncio.to_thread(_read, said)


def _read(said: bytes) -> HouseForecaster:
    from peerwatt.forecast.stored import from_json

    try:
        return from_json(said.decode())
    except ValueError as fault:
        raise TrainingFault(str(fault)) from None


def command() -> list[str]:
    """Return how this program starts its child, from a checkout or frozen."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "train"]
    return [sys.executable, "-m", "peerwatt", "train"]


def packed(
    history: Series, site: Site | None, past_weather: Sequence[WeatherForecast] = ()
) -> bytes:
    """Return what the child reads."""
    head = {
        "first_interval": history.first_interval,
        "count": len(history),
        "site": None if site is None else asdict(site),
        "weather": [
            {**_named(one), "values": {name: v.tolist() for name, v in one.values.items()}}
            for one in past_weather
        ],
    }
    arrays = np.concatenate([history.load_w, history.pv_w]).astype("<f8").tobytes()
    return json.dumps(head).encode() + b"\n" + arrays


def _named(one: WeatherForecast) -> dict[str, object]:
    return {
        name: getattr(one, name) for name in ("source", "first_interval", "period", "made_interval")
    }


def _weather(fields: dict[str, Any]) -> WeatherForecast:
    values = {name: np.array(row, float) for name, row in fields.pop("values").items()}
    return WeatherForecast(values=values, **fields)


def train_child(source: BinaryIO, target: BinaryIO) -> int:
    """Run in the child: read, learn, write. Returns the exit code."""
    from peerwatt.forecast.house import train
    from peerwatt.forecast.stored import to_json

    head = json.loads(source.readline())
    count = int(head["count"])
    if not 0 <= count <= MAX_INTERVALS:
        raise ValueError(f"count is {count}; at most {MAX_INTERVALS} intervals are learned from")
    values = np.frombuffer(source.read(16 * count), dtype="<f8")
    history = Series(int(head["first_interval"]), values[:count], values[count:])
    site = None if head["site"] is None else Site(**head["site"])
    weather = tuple(_weather(fields) for fields in head["weather"])
    target.write(to_json(train(history, site, weather)).encode())
    target.flush()
    return 0
