"""Measured series on the grid of intervals, cleaned of what no house can have measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from peerwatt.model.plan import IntervalEnergy
from peerwatt.model.units import INTERVAL_S

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

OUTAGE_INTERVALS = 4
"""A load of exactly zero for an hour is a dead meter, not a house."""

SPIKE_FACTOR = 20.0
"""A load this many times its 99th percentile is a counter that jumped."""


@dataclass(frozen=True, slots=True)
class Series:
    """Mean powers, W, of consecutive intervals from ``first_interval`` on; NaN where missing."""

    first_interval: int
    load_w: Array
    """The home without the car and the battery, >= 0."""
    pv_w: Array
    temperature_c: Array | None = None
    """Outside air."""

    def __post_init__(self) -> None:
        for name in ("load_w", "pv_w"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        if self.temperature_c is not None:
            temperature = np.asarray(self.temperature_c, dtype=np.float64)
            object.__setattr__(self, "temperature_c", temperature)
        lengths = {len(self.load_w), len(self.pv_w)}
        if self.temperature_c is not None:
            lengths.add(len(self.temperature_c))
        if len(lengths) != 1:
            raise ValueError(f"Series: its arrays differ in length {sorted(lengths)}")

    def __len__(self) -> int:
        return len(self.load_w)

    @property
    def intervals(self) -> NDArray[np.int64]:
        """Numbers of the intervals."""
        return np.arange(self.first_interval, self.end, dtype=np.int64)

    @property
    def end(self) -> int:
        """The interval after the last one: the first that can be forecast."""
        return self.first_interval + len(self)

    def last(self, count: int) -> Series:
        """Return the last ``count`` intervals."""
        return self.part(max(len(self) - count, 0), len(self))

    def part(self, begin: int, end: int) -> Series:
        """Return the intervals from position ``begin`` to before ``end``."""
        temperature = None if self.temperature_c is None else self.temperature_c[begin:end]
        return Series(
            self.first_interval + begin, self.load_w[begin:end], self.pv_w[begin:end], temperature
        )

    def cleaned(self) -> Series:
        """Return it without outages, spikes and impossible values (these become NaN)."""
        load = np.where(np.isfinite(self.load_w) & (self.load_w >= 0), self.load_w, np.nan)
        load = np.where(_long_zeros(load), np.nan, load)
        known = load[np.isfinite(load)]
        if len(known) > INTERVAL_S:
            load = np.where(load > SPIKE_FACTOR * np.quantile(known, 0.99), np.nan, load)
        pv = np.where(np.isfinite(self.pv_w), np.maximum(self.pv_w, 0.0), np.nan)
        return replace(self, load_w=load, pv_w=pv)


def _long_zeros(values: Array) -> NDArray[np.bool_]:
    """Mark runs of at least ``OUTAGE_INTERVALS`` exact zeros."""
    zero = np.concatenate([[False], values == 0.0, [False]])
    edges = np.flatnonzero(zero[1:] != zero[:-1])
    marked = np.zeros(len(values), dtype=np.bool_)
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        if end - begin >= OUTAGE_INTERVALS:
            marked[begin:end] = True
    return marked


def series_of(past: Sequence[IntervalEnergy]) -> Series:
    """Return stored energies, in any order and with gaps, as one series; empty without any."""
    if not past:
        return Series(0, np.empty(0), np.empty(0))
    first = min(entry.interval for entry in past)
    count = max(entry.interval for entry in past) - first + 1
    load, pv = np.full(count, np.nan), np.full(count, np.nan)
    per_wh = 3600 / INTERVAL_S
    for entry in past:
        load[entry.interval - first] = entry.home_wh * per_wh
        pv[entry.interval - first] = entry.pv_wh * per_wh
    return Series(first, load, pv)
