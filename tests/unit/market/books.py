"""Random books, and two ways to clear them that share nothing with the ladder's walk."""

from __future__ import annotations

import random
from dataclasses import dataclass

import highspy
import numpy as np

from peerwatt.model.market import Side, Step


@dataclass(frozen=True)
class Case:
    """Steps of one book, its ladder's length and the grid operator's limit."""

    steps: tuple[Step, ...]
    count: int
    limit_wh: int | None


def random_case(source: random.Random) -> Case:
    """Return a book: few or many steps, narrow or wide, one-sided now and then."""
    count = source.choice((1, 2, 5, 9, 24, 64, 256))
    most = source.choice((1, 3, 20, 60))
    lean = source.choice((0.5, 0.5, 0.5, 0.1, 0.9, 0.0))
    steps = tuple(
        Step(
            Side.SELL if source.random() < lean else Side.BUY,
            source.randrange(count),
            source.randint(1, most),
        )
        for _ in range(source.randrange(40))
    )
    limit_wh = source.choice((None, None, 0, 1, 7, 50, 400))
    return Case(steps, count, limit_wh)


def by_units(case: Case) -> tuple[int, int, int]:
    """Volume, marginal ask and bid by pairing single Wh, dearest buyer with cheapest seller."""
    bids = sorted(
        (s.tick for s in case.steps if s.side is Side.BUY for _ in range(s.quantity_wh)),
        reverse=True,
    )
    asks = sorted(s.tick for s in case.steps if s.side is Side.SELL for _ in range(s.quantity_wh))
    volume = sum(bid >= ask for bid, ask in zip(bids, asks, strict=False))
    if case.limit_wh is not None:
        volume = min(volume, case.limit_wh)
    return (volume, asks[volume - 1], bids[volume - 1]) if volume else (0, 0, 0)


def by_linear_program(case: Case) -> tuple[float, float]:
    """The greatest welfare and the volume at it, by HiGHS; prices in half ticks.

    A buyer's Wh counts half a tick more than its limit, so trades without gain are made, too.
    """
    if not case.steps:
        return 0.0, 0.0
    sign = np.array([1.0 if s.side is Side.BUY else -1.0 for s in case.steps])
    worth = np.array([2.0 * s.tick + (s.side is Side.BUY) for s in case.steps])
    size, bound = len(case.steps), case.limit_wh
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = size, 2
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_ = sign * worth
    lp.col_lower_ = np.zeros(size)
    lp.col_upper_ = np.array([float(s.quantity_wh) for s in case.steps])
    lp.row_lower_ = np.array([0.0, 0.0])
    lp.row_upper_ = np.array([0.0, highspy.kHighsInf if bound is None else float(bound)])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    bought = np.flatnonzero(sign > 0)
    lp.a_matrix_.start_ = np.array([0, size, size + len(bought)])
    lp.a_matrix_.index_ = np.concatenate([np.arange(size), bought])
    lp.a_matrix_.value_ = np.concatenate([sign, np.ones(len(bought))])
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.passModel(lp)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise AssertionError(f"the linear program was not solved: {case}")
    moved = np.array(solver.getSolution().col_value)
    return solver.getInfo().objective_function_value, float(moved[sign > 0].sum())
