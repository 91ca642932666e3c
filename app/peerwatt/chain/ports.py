"""Protocols that the chain package needs from outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class HeaderStore(Protocol):
    """Where verified headers survive a restart.

    A record is opaque to the store: it keeps bytes in the order in which they were appended.
    Old records may be dropped as long as the newest 512 stay.
    """

    def load(self) -> list[bytes]:
        """Return the records kept, oldest first."""

    def append(self, rlps: Sequence[bytes]) -> None:
        """Store verified records, oldest first; what is lost in a crash is verified anew."""
