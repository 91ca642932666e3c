"""What a plan cannot keep of what was wished: named, measured and said in a sentence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .program import Index
from .solving import Solved

NOTICEABLE = 0.0002
"""kWh (or units of what is promised) below which a shortfall is rounding."""


@dataclass(frozen=True, slots=True)
class Violation:
    """Something wished that the plan cannot keep."""

    name: str
    """late_car, import_limit, export_limit, promise, reserve, comfort, appliance."""
    subject: str
    amount: float
    unit: str
    step: int | None
    sentence: str


def violations(solved: Solved) -> tuple[Violation, ...]:
    """Return what the shown path does not keep, each with a name and a sentence."""
    model, values, house = solved.model, solved.values, solved.model.house
    said: list[Violation] = []
    for car in model.cars:
        missing = float(values[car.short[0]]) if len(car.short) else 0.0
        if missing >= NOTICEABLE:
            name = house.cars[car.number].name
            said.append(Violation("late_car", name, missing, "kWh", None,
                f"{name} will miss {missing:.2f} kWh at its departure."))  # fmt: skip
    said += _over(solved, model.grid.over_in, "import_limit", "import")
    said += _over(solved, model.grid.over_out, "export_limit", "export")
    for promise, short in zip(house.promises, model.grid.promise_short, strict=True):
        missing = float(values[short[0]]) if len(short) else 0.0
        if missing >= NOTICEABLE:
            said.append(
                Violation(
                    "promise",
                    str(promise.promise_id),
                    missing,
                    "kWh",
                    promise.first,
                    f"Request {promise.promise_id} of the grid operator will fall short "
                    f"by {missing:.2f} kWh.",
                )
            )
    said += _kept(solved)
    return (*said, *_appliances(solved))


def _over(solved: Solved, over: Index, name: str, word: str) -> list[Violation]:
    main = over[: solved.model.tree.steps]
    amounts = solved.values[main]
    if float(amounts.sum()) < NOTICEABLE:
        return []
    step = int(np.argmax(amounts > 1e-6))
    total = float(amounts.sum())
    return [
        Violation(
            name,
            "grid",
            total,
            "kWh",
            step,
            f"The {word} limit will be exceeded by {total:.2f} kWh in all, first in step {step}.",
        )
    ]


def _kept(solved: Solved) -> list[Violation]:
    model, said = solved.model, []
    for stores, name, word in (
        (model.batteries, "reserve", "its reserve"), (model.heats, "comfort", "comfort"),
    ):  # fmt: skip
        for store in stores:
            short = solved.values[store.short[: model.tree.steps]]
            if len(short) and float(short.max()) >= NOTICEABLE:
                step, worst = int(np.argmax(short > NOTICEABLE / 2)), float(short.max())
                said.append(
                    Violation(
                        name,
                        store.name,
                        worst,
                        "kWh",
                        step,
                        f"{store.name} is below {word} by up to {worst:.2f} kWh, first in step "
                        f"{step}.",
                    )
                )
    return said


def _appliances(solved: Solved) -> list[Violation]:
    model, said = solved.model, []
    for run in model.runs:
        spec = model.house.runs[run.number]
        if solved.values[run.skip[0]] > 0.5 and spec.until <= model.tree.steps:
            said.append(Violation("appliance", spec.name, 1.0, "run", None,
                f"{spec.name} cannot run within its window."))  # fmt: skip
    for switch in model.switches:
        missing = float(solved.values[switch.skip[0]])
        if missing >= NOTICEABLE:
            name = model.house.switches[switch.number].name
            said.append(Violation("appliance", name, missing, "h", None,
                f"{name} gets {missing:.2f} h less than wished."))  # fmt: skip
    return said
