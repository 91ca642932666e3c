"""Same time on earlier days: means, medians and single days of a series with gaps."""

from __future__ import annotations

import warnings

import numpy as np

from peerwatt.model.units import INTERVALS_PER_DAY

from .series import Array


def shifted(values: Array, back: int, length: int) -> Array:
    """Return ``values`` moved ``back`` intervals later, NaN where nothing is known."""
    moved = np.full(length, np.nan)
    end = min(length, back + len(values))
    if end > max(back, 0):
        moved[back:end] = values[: end - back]
    return moved


def days_back(values: Array, days: range | tuple[int, ...], length: int) -> Array:
    """Return [day, position]: the value at the same time so many days before."""
    return np.array([shifted(values, day * INTERVALS_PER_DAY, length) for day in days])


def mean(stack: Array) -> Array:
    """Return the mean of what is known of each column; NaN where nothing is."""
    known = np.isfinite(stack)
    count = known.sum(axis=0)
    total = np.where(known, stack, 0.0).sum(axis=0)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def median(stack: Array) -> Array:
    """Return the median of what is known of each column; NaN where nothing is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmedian(stack, axis=0))


def smoothed(values: Array, before: int, after: int) -> Array:
    """Return the mean over neighbours that are known."""
    length = len(values)
    stack = np.full((before + after + 1, length), np.nan)
    for row, offset in enumerate(range(-before, after + 1)):
        begin, end = max(-offset, 0), min(length - offset, length)
        if end > begin:
            stack[row, begin:end] = values[begin + offset : end + offset]
    return mean(stack)


def filled(values: Array, instead: Array | float) -> Array:
    """Return the values with ``instead`` where they are missing."""
    return np.where(np.isfinite(values), values, instead)


def running_sum(values: Array) -> Array:
    """Return the sum of all before each position (one longer than the values)."""
    return np.concatenate([[0.0], np.cumsum(values)])
