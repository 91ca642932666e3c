"""Clears many single steps at once with NumPy: same result as the ladder's walk, for simulations.

Instead of sorting the steps, their quantities are summed at each tick, so the cost grows with the
steps only by one pass. Quantities are summed as float64, which is exact below 2**53 Wh.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from peerwatt.model.market import Clearing, PriceLadder, Side, Step

from .ladder import midpoint_micro

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Integers: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class StepColumns:
    """Steps of one book as three columns of equal length (int64)."""

    side: Integers
    """0 buy, 1 sell."""
    tick: Integers
    quantity_wh: Integers

    @classmethod
    def of(cls, steps: Sequence[Step]) -> StepColumns:
        """Return the columns of steps given one by one."""
        import numpy as np

        return cls(
            np.array([step.side is Side.SELL for step in steps], bool).astype(np.int64),
            np.array([step.tick for step in steps], np.int64),
            np.array([step.quantity_wh for step in steps], np.int64),
        )


def clear_columns(
    interval: int, columns: StepColumns, ladder: PriceLadder, limit_wh: int | None = None
) -> Clearing:
    """Return what ``ladder.clear`` finds for the same steps.

    Raises ValueError when a tick or a side is outside its range.
    """
    import numpy as np

    count = ladder.count
    if len(columns.tick) == 0:
        return Clearing(interval, 0, 0)
    cell = columns.side * count + columns.tick
    if columns.tick.min() < 0 or columns.tick.max() >= count or cell.max() >= 2 * count:
        raise ValueError(f"a tick is outside the ladder of {count} ticks, or a side unknown")
    sums = np.bincount(cell, columns.quantity_wh, 2 * count).astype(np.int64)
    bids, asks = sums[:count], sums[count:]
    supply = np.cumsum(asks)
    demand = np.cumsum(bids[::-1])[::-1]
    moved = np.minimum(demand, supply)
    volume = int(moved.max())
    if limit_wh is not None:
        volume = min(volume, limit_wh)
    if volume <= 0:
        return Clearing(interval, 0, 0)
    ask = int(np.searchsorted(supply, volume))
    bid = count - 1 - int(np.searchsorted(demand[::-1], volume))
    return Clearing(
        interval=interval,
        price_micro=midpoint_micro(ladder, ask, bid),
        volume_wh=volume,
        marginal_bid_tick=bid,
        marginal_ask_tick=ask,
        bid_fill_numerator=volume - int(demand[bid] - bids[bid]),
        bid_fill_denominator=int(bids[bid]),
        ask_fill_numerator=volume - int(supply[ask] - asks[ask]),
        ask_fill_denominator=int(asks[ask]),
    )


def share_columns(columns: StepColumns, clearing: Clearing) -> Integers:
    """Return what each step was filled with, Wh: ``ladder.step_share`` for all at once."""
    import numpy as np

    quantity, tick = columns.quantity_wh, columns.tick
    if clearing.volume_wh == 0:
        return np.zeros_like(quantity)
    is_buy = columns.side == int(Side.BUY)
    better = np.where(is_buy, tick > clearing.marginal_bid_tick, tick < clearing.marginal_ask_tick)
    filled = np.where(better, quantity, 0)
    at_bid = is_buy & (tick == clearing.marginal_bid_tick)
    at_ask = ~is_buy & (tick == clearing.marginal_ask_tick)
    up = -(-quantity[at_bid] * clearing.bid_fill_numerator // clearing.bid_fill_denominator)
    down = quantity[at_ask] * clearing.ask_fill_numerator // clearing.ask_fill_denominator
    filled[at_bid] = up
    filled[at_ask] = down
    return filled
