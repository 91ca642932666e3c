"""All lies."""

from __future__ import annotations

from .lie import Lie
from .lies_chain import CHAIN_LIES
from .lies_events import EVENT_LIES
from .lies_headers import HEADER_LIES
from .lies_json import JSON_LIES
from .lies_state import STATE_LIES
from .lies_wire import WIRE_LIES

CATALOGUE: list[Lie] = [
    *STATE_LIES,
    *EVENT_LIES,
    *HEADER_LIES,
    *CHAIN_LIES,
    *JSON_LIES,
    *WIRE_LIES,
]
