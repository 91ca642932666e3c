"""A forecaster as JSON, for the store."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np

from .geometry import Roof
from .growth import Growth
from .horizons import KNOTS, HorizonModel
from .house import HouseForecaster
from .site import Site
from .weather.blend import SourceSkill

FORMAT = 1


def to_json(forecaster: HouseForecaster) -> str:
    """Return everything that was learned as JSON."""
    body = {"format": FORMAT, **dataclasses.asdict(forecaster)}
    return json.dumps(body, default=lambda array: array.tolist())


def from_json(text: str) -> HouseForecaster:
    """Read what ``to_json`` wrote. Raises ValueError, in one sentence, for anything else."""
    try:
        body = json.loads(text)
        if body["format"] != FORMAT:
            raise ValueError(f"its format is {body['format']!r}, not {FORMAT}")
        return HouseForecaster(
            site=None if body["site"] is None else Site(**body["site"]),
            place=Site(**body["place"]),
            growth=Growth(**body["growth"]),
            roof=Roof(**{**body["roof"], "shade": np.array(body["roof"]["shade"])}),
            pv=_model(body["pv"]),
            load=_model(body["load"]),
            skill=SourceSkill(**{name: tuple(value) for name, value in body["skill"].items()}),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise ValueError(
            f"The stored forecaster cannot be read ({fault}); train it anew."
        ) from None


def _model(body: dict[str, Any]) -> HorizonModel:
    coefficients, spread = np.array(body["coefficients"]), np.array(body["spread"])
    if len(coefficients) != len(KNOTS) or len(spread) != len(KNOTS):
        raise ValueError(f"it has {len(coefficients)} horizons, not {len(KNOTS)}")
    nugget, time = body["correlation"]
    return HorizonModel(
        coefficients,
        spread,
        tuple(body["methods"]),
        {name: tuple(errors) for name, errors in body["errors_w"].items()},
        (nugget, time),
    )
