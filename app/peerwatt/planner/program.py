"""A linear program as rows of named numbers, so that the house's model reads like its formulas.

HiGHS is imported when the first program is solved: its library takes 0.2 s to load.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import highspy

INFINITE = float("inf")
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class Solution:
    """Values of all columns and marginal values of all rows."""

    values: list[float]
    duals: list[float]
    """d objective / d right-hand side of each row; empty for a mixed-integer solution."""
    cost: float


@dataclass(slots=True)
class Program:
    """Minimise cost over columns with bounds, subject to rows with bounds."""

    cost: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    semicontinuous: list[int] = field(default_factory=list)
    """Columns that are 0 or between their bounds."""
    binary: list[int] = field(default_factory=list)
    row_lower: list[float] = field(default_factory=list)
    row_upper: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    indices: list[int] = field(default_factory=list)
    coefficients: list[float] = field(default_factory=list)

    def column(self, cost: float = 0.0, lower: float = 0.0, upper: float = INFINITE) -> int:
        """Add a column and return its number."""
        self.cost.append(cost)
        self.lower.append(lower)
        self.upper.append(upper)
        return len(self.cost) - 1

    def row(
        self,
        terms: list[tuple[int, float]],
        lower: float = -INFINITE,
        upper: float = INFINITE,
    ) -> int:
        """Add lower <= sum of (column, factor) <= upper and return its number."""
        for index, coefficient in terms:
            self.indices.append(index)
            self.coefficients.append(coefficient)
        self.starts.append(len(self.indices))
        self.row_lower.append(lower)
        self.row_upper.append(upper)
        return len(self.row_lower) - 1

    def solve(
        self, bounds: dict[int, tuple[float, float]] | None = None, relax: bool = False
    ) -> Solution | None:
        """Return the optimum, or ``None`` when the solver found none.

        ``bounds`` replaces those of some columns and, like ``relax``, drops the 0-or-between
        rule and integrality. Solved with one thread, a fixed seed and node limits instead of
        time, so the same program gives the same answer.
        """
        import highspy

        integral = bool(self.semicontinuous or self.binary) and not relax and bounds is None
        lp = self._lp(highspy, bounds or {}, integral)
        with _LOCK:
            solver = _solver(highspy)
            solver.passModel(lp)
            solver.run()
            found = solver.getSolution()
            optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        if not found.value_valid or not (optimal or integral):
            return None
        values = list(found.col_value)
        duals = list(found.row_dual) if found.dual_valid and not integral else []
        cost = sum(value * price for value, price in zip(values, self.cost, strict=True))
        return Solution(values, duals, cost)

    def _lp(
        self, highs: Any, bounds: dict[int, tuple[float, float]], integral: bool
    ) -> highspy.HighsLp:
        lp: highspy.HighsLp = highs.HighsLp()
        lp.num_col_, lp.num_row_ = len(self.cost), len(self.row_lower)
        lower, upper = list(self.lower), list(self.upper)
        if not integral:
            for column in self.semicontinuous:
                lower[column] = 0.0
        for column, (low, high) in bounds.items():
            lower[column], upper[column] = low, high
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = self.cost, lower, upper
        lp.row_lower_, lp.row_upper_ = self.row_lower, self.row_upper
        matrix = lp.a_matrix_
        matrix.format_ = highs.MatrixFormat.kRowwise
        matrix.start_, matrix.index_, matrix.value_ = self.starts, self.indices, self.coefficients
        if integral:
            kinds = [highs.HighsVarType.kContinuous] * lp.num_col_
            for column in self.semicontinuous:
                kinds[column] = highs.HighsVarType.kSemiContinuous
            for column in self.binary:
                kinds[column] = highs.HighsVarType.kInteger
            lp.integrality_ = kinds
        return lp


def _solver(highs: Any) -> Any:
    """Return a quiet single-threaded solver with fixed seed and bounded search."""
    solver = highs._Highs()
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("parallel", "off"),
        ("random_seed", 0),
        ("mip_rel_gap", 0.002),
        ("mip_abs_gap", 0.001),
        ("mip_max_nodes", 500),
        ("time_limit", 5.0),
    ):
        solver.setOptionValue(option, value)
    return solver
