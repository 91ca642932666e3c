"""A seeded cloud process: Markov regimes with an AR(1) inside each, smooth in time.

Each UTC day is drawn on its own from (seed, day), so that any moment can be asked for without
simulating what came before. Days meet at UTC midnight, which in Europe is night.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

DAY_S = 86_400
STEP_S = 60
REGIME_STEPS = 10
"""Minutes between two draws of the regime."""


@dataclass(frozen=True, slots=True)
class Regime:
    """One kind of sky: mean and spread of the clear-sky share, and how fast it varies."""

    mean: float
    spread: float
    memory_min: float
    stay: float
    """Probability of the same regime 10 minutes later."""


CLEAR = Regime(0.985, 0.015, 40.0, 0.965)
SCATTERED = Regime(0.68, 0.24, 5.0, 0.93)
OVERCAST = Regime(0.24, 0.09, 30.0, 0.97)
REGIMES = (CLEAR, SCATTERED, OVERCAST)


def regime_weights(day: int) -> tuple[float, float, float]:
    """Return how common each regime is on a Unix day: Swiss lowland winters are grey."""
    summer = 0.5 - 0.5 * math.cos(2 * math.pi * ((day + 10) % 365.25) / 365.25)
    return 0.20 + 0.22 * summer, 0.28 + 0.10 * summer, 0.52 - 0.32 * summer


class Clouds:
    """Share of the clear-sky power that reaches the ground, about 0.05 to 1.08."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._days: dict[int, list[float]] = {}

    def factor(self, time_s: float) -> float:
        """Return the share at a Unix second, interpolated between minutes."""
        day = int(time_s // DAY_S)
        grid = self._days.get(day) or self._build(day)
        position = (time_s - day * DAY_S) / STEP_S
        index = int(position)
        low = grid[index]
        return low + (grid[index + 1] - low) * (position - index)

    def _build(self, day: int) -> list[float]:
        """Draw one day on a grid of minutes, and forget all but the days next to it."""
        rng = random.Random(f"clouds:{self._seed}:{day}")
        weights = regime_weights(day)
        regime = rng.choices(REGIMES, weights)[0]
        mean, spread, noise = regime.mean, regime.spread, rng.gauss(0, 1)
        grid = []
        for minute in range(DAY_S // STEP_S + 1):
            if minute % REGIME_STEPS == 0 and rng.random() > regime.stay:
                regime = rng.choices(REGIMES, weights)[0]
            mean += (regime.mean - mean) * 0.15
            spread += (regime.spread - spread) * 0.15
            keep = math.exp(-1.0 / regime.memory_min)
            noise = keep * noise + math.sqrt(1 - keep * keep) * rng.gauss(0, 1)
            grid.append(min(1.08, max(0.04, mean + spread * noise)))
        self._days = {d: g for d, g in self._days.items() if abs(d - day) <= 1}
        self._days[day] = grid
        return grid
