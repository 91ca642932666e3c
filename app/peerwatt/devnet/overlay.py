"""A dictionary over values read on demand, copied in O(1): what makes EELS's snapshots cheap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar

import immutables

V = TypeVar("V")
_UNSET: Any = object()


class Overlay(Generic[V]):
    """What EELS needs of a dictionary, over values read on demand, copied in O(1).

    EELS compares a storage with ``{}`` only to drop an empty one, which no rule of Prague can
    observe (a contract always has a nonce); an overlay therefore never counts as empty.
    """

    __slots__ = ("_read", "changes")

    def __init__(
        self, read: Callable[[bytes], V | None], changes: immutables.Map[bytes, V | None]
    ) -> None:
        self._read = read
        self.changes = changes

    def get(self, key: bytes, default: V) -> V:
        """Return the value held or read; the default when it was deleted or never set."""
        value = self.changes.get(key, _UNSET)
        if value is _UNSET:
            value = self._read(key)
        return default if value is None else value

    def __contains__(self, key: bytes) -> bool:
        return self.get(key, _UNSET) is not _UNSET

    def __setitem__(self, key: bytes, value: V) -> None:
        self.changes = self.changes.set(key, value)

    def __delitem__(self, key: bytes) -> None:
        self.changes = self.changes.set(key, None)

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = None  # type: ignore[assignment]

    def __copy__(self) -> Self:
        return type(self)(self._read, self.changes)
