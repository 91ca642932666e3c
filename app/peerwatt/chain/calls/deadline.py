"""Until when a thread may run a call: checked wherever code could go on for ever."""

from __future__ import annotations

import threading
from time import monotonic, sleep

YIELD_EVERY_S = 0.001
"""So often a running call lets other threads have their turn: the event loop above all."""


class _Deadline(threading.local):
    at_s: float | None = None
    yield_at_s = 0.0


deadline = _Deadline()
"""Until when this thread may run code, on the monotonic clock."""


class CallTooLong(Exception):
    """The time for a call is over; no error of the EVM, so that no contract can catch it."""


def check_deadline() -> None:
    """Raise CallTooLong when this thread's time is over; let other threads run now and then."""
    if deadline.at_s is None:
        return
    now_s = monotonic()
    if now_s > deadline.at_s:
        raise CallTooLong
    if now_s > deadline.yield_at_s:
        sleep(0)  # gives the interpreter's lock away
        deadline.yield_at_s = monotonic() + YIELD_EVERY_S
