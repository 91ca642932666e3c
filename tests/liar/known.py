"""Faults of the client that are known and not mended yet: name of a lie or target -> what happens.

A test of these must fail, so that an entry goes when its fault is mended.
"""

from __future__ import annotations

KNOWN_LIES: dict[str, str] = {}
"""Name of a lie -> what the client does wrong."""
KNOWN_TARGETS: dict[str, str] = {}
"""Name of a target of mutations -> what the client does wrong."""
