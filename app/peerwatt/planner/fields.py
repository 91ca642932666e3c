"""Reads typed fields of JSON objects; every error names the field by its path."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from .inputs import PlanInputFault
from .spec import Array


class Fields:
    """Reads typed fields of one JSON object and names them in errors."""

    def __init__(self, value: object, path: str, known: set[str]) -> None:
        if not isinstance(value, Mapping):
            raise PlanInputFault(path or "document", "must be a JSON object")
        for key in value:
            if key not in known:
                raise PlanInputFault(self._join(path, str(key)), "is not a known field")
        self._value, self._path = value, path

    @staticmethod
    def _join(path: str, name: str) -> str:
        return f"{path}.{name}" if path else name

    def raw(self, name: str) -> object:
        """Return a field as it stands, ``None`` when it is missing."""
        return self._value.get(name)

    def number(
        self, name: str, default: float | None = None, low: float = -1e12, high: float = 1e12
    ) -> float:
        """Return a number within bounds."""
        value = self._value.get(name, default)
        path = self._join(self._path, name)
        if value is None:
            raise PlanInputFault(path, "is missing")
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
        ):
            raise PlanInputFault(path, f"must be a number, not {value!r:.40}")
        if not low <= value <= high:
            raise PlanInputFault(path, f"must lie between {low:g} and {high:g}, not {value:g}")
        return float(value)

    def whole(
        self, name: str, default: int | None = None, low: float = -1e12, high: float = 1e12
    ) -> int:
        """Return a whole number within bounds."""
        value = self.number(name, default, low, high)
        if value != int(value):
            raise PlanInputFault(self._join(self._path, name), f"must be whole, not {value:g}")
        return int(value)

    def optional(self, name: str, low: float = -1e12) -> float | None:
        """Return a number, ``None`` when the field is missing."""
        return None if self._value.get(name) is None else self.number(name, low=low)

    def optional_whole(self, name: str) -> int | None:
        """Return a whole number, ``None`` when the field is missing."""
        return None if self._value.get(name) is None else self.whole(name)

    def text(self, name: str, default: str) -> str:
        """Return a text."""
        value = self._value.get(name, default)
        if not isinstance(value, str):
            raise PlanInputFault(self._join(self._path, name), "must be text")
        return value

    def items(self, name: str, required: bool = False) -> list[object]:
        """Return a list, empty when it is missing and not required."""
        value = self._value.get(name)
        if value is None and not required:
            return []
        if not isinstance(value, list) or (required and not value):
            raise PlanInputFault(self._join(self._path, name), "must be a list with entries")
        return value

    def objects(self, name: str) -> list[tuple[object, str]]:
        """Return the entries of an optional list with their paths."""
        path = self._join(self._path, name)
        return [(item, f"{path}[{index}]") for index, item in enumerate(self.items(name))]

    def path(self, name: str) -> str:
        """Return the path of a field."""
        return self._join(self._path, name)

    def flag(self, name: str, default: bool) -> bool:
        """Return true or false."""
        value = self._value.get(name, default)
        if not isinstance(value, bool):
            raise PlanInputFault(self._join(self._path, name), "must be true or false")
        return value

    def series(
        self,
        name: str,
        count: int,
        default: float | None = None,
        low: float = -1e9,
        high: float = 1e9,
    ) -> Array:
        """Return ``count`` numbers of a list (more are ignored) or one number repeated."""
        path = self._join(self._path, name)
        value = self._value.get(name, default)
        if value is None:
            raise PlanInputFault(path, "is missing")
        if not isinstance(value, list):
            return np.full(count, self.number(name, default, low, high))
        if len(value) < count:
            raise PlanInputFault(path, f"must have {count} entries, not {len(value)}")
        for index, entry in enumerate(value[:count]):
            if (
                isinstance(entry, bool)
                or not isinstance(entry, int | float)
                or not low <= entry <= high
            ):
                what = f"must be a number between {low:g} and {high:g}, not {entry!r:.40}"
                raise PlanInputFault(f"{path}[{index}]", what)
        return np.array(value[:count], float)

    def limits(self, name: str, count: int) -> Array:
        """Return powers by step, ``inf`` where null; all open when the field is missing."""
        value = self._value.get(name)
        if value is None:
            return np.full(count, np.inf)
        path = self._join(self._path, name)
        if not isinstance(value, list) or len(value) < count:
            raise PlanInputFault(path, f"must be a list of {count} entries, null where open")
        out = np.full(count, np.inf)
        for index, entry in enumerate(value[:count]):
            if entry is None:
                continue
            if isinstance(entry, bool) or not isinstance(entry, int | float) or not entry >= 0:
                raise PlanInputFault(f"{path}[{index}]", "must be a number of 0 or more, or null")
            out[index] = float(entry)
        return out
