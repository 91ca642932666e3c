"""The auction off chain: thousands of single orders, beside a plain sort-and-sweep in NumPy."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from peerwatt.market import ladder
from peerwatt.market.fast_clearing import StepColumns, clear_columns, share_columns
from peerwatt.model.market import Clearing, MarketRules, PriceLadder, Side, Step

from .figures import Figure

ORDERS = 5_000
REPEATS = 300
RULES = MarketRules(PriceLadder(60_000, 1_000, 256), 1, 180)
PAY_AS_CLEAR_S = 2.0
"""Grid Singularity's pay-as-clear on 5 000 orders, as the reference reports it; pay-as-bid 13 s."""


def orders(count: int, seed: int = 1) -> list[Step]:
    """Return buyers around 24 ct and sellers around 12 ct, a kWh at most."""
    source = np.random.default_rng(seed)
    buys = source.random(count) < 0.6
    ticks = np.clip(source.normal(np.where(buys, 180, 60), 40), 0, 255).astype(int)
    sizes = source.integers(20, 1_000, count)
    return [
        Step(Side.BUY if b else Side.SELL, int(t), int(q))
        for b, t, q in zip(buys, ticks, sizes, strict=True)
    ]


def sort_and_sweep(columns: StepColumns) -> tuple[int, int, int, Any]:
    """The usual way: sort both sides, sweep along the sums; volume, ask, bid and fills."""
    buys = np.flatnonzero(columns.side == 0)
    sells = np.flatnonzero(columns.side == 1)
    buys = buys[np.argsort(-columns.tick[buys], kind="stable")]
    sells = sells[np.argsort(columns.tick[sells], kind="stable")]
    bids, asks = columns.tick[buys], columns.tick[sells]
    wanted = np.cumsum(columns.quantity_wh[buys])
    offered = np.cumsum(columns.quantity_wh[sells])
    corners = np.union1d(wanted, offered)
    corners = corners[corners <= min(wanted[-1], offered[-1])]
    good = bids[np.searchsorted(wanted, corners)] >= asks[np.searchsorted(offered, corners)]
    volume = int(corners[good][-1])
    bid = int(bids[np.searchsorted(wanted, volume)])
    ask = int(asks[np.searchsorted(offered, volume)])
    filled = np.zeros_like(columns.quantity_wh)
    better = buys[bids > bid]
    filled[better] = columns.quantity_wh[better]
    edge = buys[bids == bid]
    rest, size = volume - int(filled[better].sum()), int(columns.quantity_wh[edge].sum())
    filled[edge] = -(-columns.quantity_wh[edge] * rest // size)
    better = sells[asks < ask]
    filled[better] = columns.quantity_wh[better]
    edge = sells[asks == ask]
    rest, size = volume - int(filled[better].sum()), int(columns.quantity_wh[edge].sum())
    filled[edge] = columns.quantity_wh[edge] * rest // size
    return volume, ask, bid, filled


def ours(columns: StepColumns) -> tuple[Clearing, Any]:
    """Clear and share out."""
    found = clear_columns(1, columns, RULES.ladder)
    return found, share_columns(columns, found)


def in_turn_ms(*works: Callable[[], Any]) -> list[float]:
    """Median time of each, in turns, so that the machine's moods meet all alike."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(REPEATS):
        for work, taken in zip(works, times, strict=True):
            begun = time.perf_counter()
            work()
            taken.append(1e3 * (time.perf_counter() - begun))
    return [float(np.median(taken)) for taken in times]


def figures() -> list[Figure]:
    """Return the figures; raises AssertionError when the two ways disagree."""
    steps = orders(ORDERS)
    columns = StepColumns.of(steps)
    found, filled = ours(columns)
    volume, ask, bid, others = sort_and_sweep(columns)
    same = (found.volume_wh, found.marginal_ask_tick, found.marginal_bid_tick) == (volume, ask, bid)
    if not same or not np.array_equal(filled, others):
        raise AssertionError("the sort-and-sweep finds another clearing")
    if found != ladder.clear(ladder.book_of_steps(1, steps, 256), RULES):
        raise AssertionError("the ladder's walk finds another clearing")
    mine, theirs, whole = in_turn_ms(
        lambda: ours(columns),
        lambda: sort_and_sweep(columns),
        lambda: ours(StepColumns.of(steps)),
    )
    peer = f"NumPy sort-and-sweep {theirs:.3f} ms"
    cited = f"pay-as-clear {PAY_AS_CLEAR_S:.1f} s (cited)"
    return [
        Figure(f"clear and share {ORDERS} orders", mine, "ms", cited, "< 5", mine < 5),
        Figure("the same from single objects", whole, "ms", cited, "< 5", whole < 5),
        Figure("against sort-and-sweep", mine / theirs, "x", peer, "<= 1.5", mine <= 1.5 * theirs),
    ]
