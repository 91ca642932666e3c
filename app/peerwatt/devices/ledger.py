"""Keeps the values that were in a device before the first write, on disk, until given back.

A crash in the middle of a borrowed setting must not leave a battery locked: the next start finds
the old values here and restores them (devices reference, "keep an undo ledger on disk").
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..config.paths import write_private

log = logging.getLogger(__name__)


class FileUndoLedger:
    """The port ``UndoLedger`` as one small JSON file, replaced whole and synced on each change."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._entries: dict[str, dict[str, dict[str, Any]]] = _load(path)

    def remember(self, device_id: str, key: str, old_value: int, time_s: float) -> None:
        """Store an old value unless one is already held for this key. Durable on return.

        Raises OSError where the disk does not take it; then nothing is held.
        """
        with self._lock:
            held = self._entries.setdefault(device_id, {})
            if key in held:
                return
            held[key] = {"value": old_value, "time_s": time_s}
            try:
                self._save()
            except OSError:
                del held[key]
                raise

    def held(self, device_id: str) -> Sequence[tuple[str, int]]:
        """Return (key, old value) in the order in which they were remembered."""
        with self._lock:
            held = self._entries.get(device_id, {})
            return tuple((key, int(entry["value"])) for key, entry in held.items())

    def forget(self, device_id: str) -> None:
        """Drop a device's entries after they were restored."""
        with self._lock:
            if self._entries.pop(device_id, None) is not None:
                self._save()

    def _save(self) -> None:
        write_private(self._path, json.dumps({"schema": 1, "devices": self._entries}, indent=1))


def _load(path: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """Read the file; one that cannot be read is set aside, because it may still tell a human."""
    if not path.exists():
        return {}
    try:
        devices = json.loads(path.read_text(encoding="utf-8"))["devices"]
        return {
            str(device): {
                str(key): {**entry, "value": int(entry["value"])} for key, entry in held.items()
            }
            for device, held in devices.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        aside = path.with_suffix(".unreadable")
        path.replace(aside)
        log.warning(
            "%s cannot be read (%s) and was moved to %s; check that no device kept a setting of "
            "this program.",
            path,
            type(fault).__name__,
            aside.name,
        )
        return {}
