"""Where energy came from, as parts with a name and a colour: the only place that names them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from peerwatt.api.community_messages import MixView

from . import words
from .words import translate


class Source(NamedTuple):
    """One part of a mix."""

    key: str
    name: str
    ink: str
    """Colour token."""
    alpha: float
    energy_wh: int


def sources(parts: Iterable[MixView]) -> tuple[Source, ...]:
    """Sum mixes into their parts, in the order in which they are stacked; empty ones included."""
    mixes = tuple(parts)
    return (
        Source("own", translate("Mix", "Your own sun"), "sun", 1.0, sum(m.own_wh for m in mixes)),
        Source(
            "deals",
            translate("Mix", "Chosen neighbours"),
            "battery",
            1.0,
            sum(m.deals_wh for m in mixes),
        ),
        Source(
            "green",
            translate("Mix", "Neighbours, certified"),
            "neighbours",
            1.0,
            sum(m.neighbours_green_wh for m in mixes),
        ),
        Source(
            "other",
            translate("Mix", "Neighbours, other"),
            "neighbours",
            0.45,
            sum(m.neighbours_other_wh for m in mixes),
        ),
        Source(
            "supplier",
            translate("Mix", "Your supplier"),
            "grid",
            1.0,
            sum(m.supplier_wh for m in mixes),
        ),
    )


def used_wh(parts: Iterable[Source]) -> int:
    """Return all of a mix."""
    return sum(part.energy_wh for part in parts)


def sentence(mixes: Iterable[MixView]) -> str:
    """Return a mix in words, largest part first; empty where nothing was used."""
    parts = sources(mixes)
    whole_wh = used_wh(parts)
    if not whole_wh:
        return ""
    ordered = sorted((part for part in parts if part.energy_wh), key=lambda p: -p.energy_wh)
    return ", ".join(
        f"{part.name} {words.percent(100 * part.energy_wh / whole_wh)}" for part in ordered
    )
