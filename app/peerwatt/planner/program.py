"""A linear program built from arrays and kept hot in HiGHS: change bounds or costs, solve again.

HiGHS is imported when the first program is solved: its library takes 0.2 s to load.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array: TypeAlias = NDArray[np.float64]
Index: TypeAlias = NDArray[np.int32]

INFINITE = float("inf")
_LOCK = threading.Lock()

LONGEST_S = 5.0
"""Seconds after which branch and bound is ended whatever it found: a guard, nodes end it first."""


@dataclass(frozen=True, slots=True)
class Solution:
    """Values of all columns; marginal values of rows and columns where it is an LP's."""

    values: Array
    row_duals: Array
    """d objective / d right-hand side of each row; empty for a mixed-integer solution."""
    reduced: Array
    cost: float


@dataclass(slots=True)
class Program:
    """Minimise cost over columns with bounds, subject to rows with bounds."""

    cost: list[Array] = field(default_factory=list)
    lower: list[Array] = field(default_factory=list)
    upper: list[Array] = field(default_factory=list)
    row_lower: list[Array] = field(default_factory=list)
    row_upper: list[Array] = field(default_factory=list)
    _entries: list[tuple[Index, Index, Array]] = field(default_factory=list)
    column_count: int = 0
    row_count: int = 0

    def columns(
        self, count: int, cost: ArrayLike = 0.0, lower: ArrayLike = 0.0, upper: ArrayLike = INFINITE
    ) -> Index:
        """Add ``count`` columns and return their numbers."""
        for store, value in ((self.cost, cost), (self.lower, lower), (self.upper, upper)):
            store.append(np.broadcast_to(np.asarray(value, float), count))
        begin, self.column_count = self.column_count, self.column_count + count
        return np.arange(begin, self.column_count, dtype=np.int32)

    def rows(self, count: int, lower: ArrayLike = -INFINITE, upper: ArrayLike = INFINITE) -> Index:
        """Add ``count`` rows lower <= ... <= upper and return their numbers."""
        for store, value in ((self.row_lower, lower), (self.row_upper, upper)):
            store.append(np.broadcast_to(np.asarray(value, float), count))
        begin, self.row_count = self.row_count, self.row_count + count
        return np.arange(begin, self.row_count, dtype=np.int32)

    def terms(self, rows: Index, columns: Index, factors: ArrayLike) -> None:
        """Add ``factor * column`` to each row; the three are broadcast against each other."""
        row, column, factor = np.broadcast_arrays(rows, columns, np.asarray(factors, float))
        self._entries.append((row.ravel(), column.ravel(), factor.ravel()))

    def row(
        self, columns: Index, factors: ArrayLike, lower: float = -INFINITE, upper: float = INFINITE
    ) -> int:
        """Add one row over ``columns`` and return its number."""
        number = self.rows(1, lower, upper)
        self.terms(number, columns, factors)
        return int(number[0])

    def matrix(self) -> tuple[Index, Index, Array]:
        """Return the matrix by rows: starts, column numbers, factors."""
        if not self._entries:
            return np.zeros(self.row_count + 1, np.int32), np.zeros(0, np.int32), np.zeros(0)
        rows = np.concatenate([e[0] for e in self._entries])
        order = np.argsort(rows, kind="stable")
        starts = np.zeros(self.row_count + 1, np.int32)
        np.cumsum(np.bincount(rows, minlength=self.row_count), out=starts[1:])
        columns = np.concatenate([e[1] for e in self._entries])[order]
        return starts, columns, np.concatenate([e[2] for e in self._entries])[order]


class Solver:
    """One program inside HiGHS: each solve begins at the basis of the one before.

    Single-threaded with a fixed seed, so the same program gives the same answer.
    """

    def __init__(self, program: Program) -> None:
        import highspy

        highs: Any = highspy
        self._highs = highs
        self.cost = np.concatenate(program.cost)
        self.lower = np.concatenate(program.lower)
        self.upper = np.concatenate(program.upper)
        self.row_lower = np.concatenate(program.row_lower)
        self.row_upper = np.concatenate(program.row_upper)
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = program.column_count, program.row_count
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = self.cost, self.lower, self.upper
        lp.row_lower_, lp.row_upper_ = self.row_lower, self.row_upper
        matrix = lp.a_matrix_
        matrix.format_ = highspy.MatrixFormat.kRowwise
        matrix.start_, matrix.index_, matrix.value_ = program.matrix()
        self.solves = 0
        self._all = np.arange(program.column_count, dtype=np.int32)
        self._solver = highs._Highs()
        for option, value in (
            ("output_flag", False),
            ("threads", 1),
            ("parallel", "off"),
            ("random_seed", 0),
            # Branch and bound begins at a good plan: what would look for one costs half its time.
            ("mip_detect_symmetry", False),
            ("mip_heuristic_run_feasibility_jump", False),
            ("mip_heuristic_run_root_reduced_cost", False),
            ("mip_heuristic_run_rens", False),
        ):
            self._solver.setOptionValue(option, value)
        with _LOCK:
            self._solver.passModel(lp)

    def bounds(self, columns: Index, lower: ArrayLike, upper: ArrayLike) -> None:
        """Replace the bounds of columns from the next solve on."""
        low = np.array(np.broadcast_to(lower, columns.shape), float)
        high = np.array(np.broadcast_to(upper, columns.shape), float)
        if len(columns):
            self._solver.changeColsBounds(len(columns), columns, low, high)

    def restore(self, columns: Index) -> None:
        """Give columns the bounds they were built with."""
        self.bounds(columns, self.lower[columns], self.upper[columns])

    def prices(self, columns: Index, cost: ArrayLike) -> None:
        """Replace the cost of columns from the next solve on."""
        value = np.array(np.broadcast_to(cost, columns.shape), float)
        if len(columns):
            self._solver.changeColsCost(len(columns), columns, value)

    def rows_bounds(self, rows: Index, lower: ArrayLike, upper: ArrayLike) -> None:
        """Replace the bounds of rows from the next solve on."""
        low = np.array(np.broadcast_to(lower, rows.shape), float)
        high = np.array(np.broadcast_to(upper, rows.shape), float)
        if len(rows):
            self._solver.changeRowsBounds(len(rows), rows, low, high)

    def solve(self) -> Solution | None:
        """Return the optimum of the linear program as it stands, ``None`` if there is none."""
        self.solves += 1
        with _LOCK:
            self._solver.run()
        if self._solver.getModelStatus() != self._highs.HighsModelStatus.kOptimal:
            return None
        return self._solution(marginals=True)

    def branch(
        self,
        semicontinuous: Index,
        integer: Index,
        start: Array | None,
        nodes: int,
        gap: float,
        presolve: bool = True,
    ) -> Solution | None:
        """Search by branch and bound; the kinds of the columns are put back afterwards.

        Few open columns are decided five times faster without presolve; with many binaries HiGHS
        was seen not to end without it, whatever its time limit.
        """
        kinds = self._highs.HighsVarType
        solver = self._solver
        types = np.zeros(len(self._all), np.uint8)
        types[semicontinuous] = int(kinds.kSemiContinuous)
        types[integer] = int(kinds.kInteger)
        chosen = np.concatenate([semicontinuous, integer]).astype(np.int32)
        solver.changeColsIntegrality(len(chosen), chosen, types[chosen])
        for option, value in (
            ("presolve", "choose" if presolve else "off"), ("mip_max_nodes", nodes),
            ("mip_rel_gap", 0.0), ("mip_abs_gap", gap),
        ):  # fmt: skip
            solver.setOptionValue(option, value)
        solver.setOptionValue("time_limit", solver.getRunTime() + LONGEST_S)
        if start is not None:
            found = self._highs.HighsSolution()
            found.col_value = start
            solver.setSolution(found)
        with _LOCK:
            solver.run()
        valid = solver.getInfo().primal_solution_status == 2
        answer = self._solution(marginals=False) if valid else None
        solver.changeColsIntegrality(len(chosen), chosen, np.zeros(len(chosen), np.uint8))
        solver.setOptionValue("presolve", "choose")
        solver.setOptionValue("time_limit", INFINITE)
        return answer

    def _solution(self, marginals: bool) -> Solution:
        found = self._solver.getSolution()
        values = np.array(found.col_value)
        empty = np.zeros(0)
        return Solution(
            values,
            np.array(found.row_dual) if marginals else empty,
            np.array(found.col_dual) if marginals else empty,
            float(self._solver.getInfo().objective_function_value),
        )
