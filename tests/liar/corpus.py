"""The engine of the mutations: what is changed, how often, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from peerwatt.model.verified import ChainFault

KEPT_EXAMPLES = 3
ATTEMPTS = 60
"""A change that is no lie is made anew; so many in a row mean that a target makes no lies."""


@dataclass(frozen=True)
class Target:
    """Something that is proven, with the way to change it and the check that must refuse it."""

    name: str
    change: Callable[[Random], tuple[str, Any]]
    """Returns the class of a change, and the changed thing."""
    check: Callable[[Any], object]
    """Returns when it believes; raises ChainFault when it refuses."""
    is_lie: Callable[[Any], bool]
    """Whether a changed thing says anything else than the true one."""
    weight: int = 1
    """Its share of all mutations."""


@dataclass
class Tally:
    """Figures of one class of changes to one target."""

    tried: int = 0
    refused: int = 0
    accepted: int = 0
    crashed: int = 0
    no_lie: int = 0
    """Changes that are no lies: they may be believed or refused, but must not crash."""
    slowest_s: float = 0.0
    examples: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Add up."""
        self.tried += other.tried
        self.refused += other.refused
        self.accepted += other.accepted
        self.crashed += other.crashed
        self.no_lie += other.no_lie
        self.slowest_s = max(self.slowest_s, other.slowest_s)
        self.examples += other.examples


Tallies = dict[tuple[str, str], Tally]
"""(target, class of change) -> figures."""


def shares(targets: Sequence[Target], total: int) -> list[tuple[Target, int]]:
    """Return how many mutations each target gets, ``total`` in all."""
    weights = sum(target.weight for target in targets)
    counts = [total * target.weight // weights for target in targets]
    counts[0] += total - sum(counts)
    return list(zip(targets, counts, strict=True))


def run(targets: Iterable[tuple[Target, int]], seed: int) -> Tallies:
    """Change each target so many times; the same seed makes the same changes."""
    tallies: Tallies = {}
    for target, count in targets:
        for number in range(count):
            _one(target, Random(f"{seed}/{target.name}/{number}"), number, tallies)
    return tallies


def _one(target: Target, rng: Random, number: int, tallies: Tallies) -> None:
    for _ in range(ATTEMPTS):
        kind, changed = target.change(rng)
        tally = tallies.setdefault((target.name, kind), Tally())
        believed = _put(target, changed, tally, f"{target.name} #{number} ({kind})")
        if target.is_lie(changed):
            break
        tally.no_lie += 1
    else:
        raise ValueError(f"{target.name}: {ATTEMPTS} changes in a row were no lies")
    tally.tried += 1
    if believed is None:
        return
    tally.accepted += believed
    tally.refused += not believed
    if believed:
        _keep(tally, f"{target.name} #{number} ({kind}) was believed: {str(changed)[:400]}")


def _put(target: Target, changed: Any, tally: Tally, name: str) -> bool | None:
    """Return whether a changed thing is believed; ``None`` when the check crashed on it."""
    began = time.perf_counter()
    try:
        target.check(changed)
    except ChainFault:
        return False
    except Exception as crash:  # whatever it is, it is what this looks for
        tally.crashed += 1
        _keep(tally, f"{name}: {type(crash).__name__}: {str(crash)[:160]}")
        return None
    finally:
        tally.slowest_s = max(tally.slowest_s, time.perf_counter() - began)
    return True


def _keep(tally: Tally, example: str) -> None:
    if len(tally.examples) < KEPT_EXAMPLES:
        tally.examples.append(example)


def by_target(tallies: Tallies) -> dict[str, Tally]:
    """Add up the classes of each target."""
    found: dict[str, Tally] = {}
    for (name, _), tally in tallies.items():
        found.setdefault(name, Tally()).add(tally)
    return found


def total(tallies: Tallies) -> Tally:
    """Add up everything."""
    whole = Tally()
    for tally in tallies.values():
        whole.add(tally)
    return whole
