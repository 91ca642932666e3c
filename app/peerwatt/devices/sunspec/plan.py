"""Decides which registers go into which request, so that no value is read without its scale.

A device may change a scale factor between two requests. A model that fits one request (125
registers) is read whole, and neighbours are read together. A longer one is cut; its scale factors
are then read a second time after the last cut, and a change makes the whole reading invalid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..modbus import READ_LIMIT
from .definitions import model
from .walker import Key, Place


@dataclass(frozen=True, slots=True)
class Part:
    """Registers of one model inside a request."""

    key: Key
    offset: int
    """Register of the request at which they begin."""
    count: int


@dataclass(frozen=True, slots=True)
class Request:
    """One read."""

    address: int
    count: int
    parts: tuple[Part, ...]
    guard: Key | None = None
    """Set on a repeated read of a long model's scale factors: compare instead of adding."""
    guard_from: int = 0
    """Where, in registers from the model's ID, the compared registers begin."""


def plan(
    places: Iterable[Place], needed: Mapping[int, Sequence[str]], *, merge: bool = True
) -> tuple[Request, ...]:
    """Return the reads for some models, by address.

    ``needed`` names the points wanted of a model that does not fit one request: where they all lie
    in its first 125 registers, only those are read. ``merge`` joins neighbours; some devices
    refuse reads across models.
    """
    requests: list[Request] = []
    for place in sorted(places, key=lambda item: item.address):
        pieces = _pieces(place, needed.get(place.key[0], ()))
        last = requests[-1] if requests else None
        if merge and len(pieces) == 1 and last is not None and _adjoin(last, pieces[0]):
            requests[-1] = _join(last, pieces[0])
        else:
            requests.extend(pieces)
    return tuple(requests)


def _pieces(place: Place, names: Sequence[str]) -> list[Request]:
    size = _useful(place, names)
    cuts = [
        Request(place.address + start, count, (Part(place.key, 0, count),))
        for start in range(0, size, READ_LIMIT)
        if (count := min(READ_LIMIT, size - start))
    ]
    if len(cuts) > 1:
        cuts.append(_guard(place))
    return cuts


def _useful(place: Place, names: Sequence[str]) -> int:
    """Return how many registers to read; the rest of a long model may hold nothing wanted."""
    definition = model(place.key[0])
    if place.size <= READ_LIMIT or definition is None or not names:
        return place.size
    points = definition.top.points
    wanted = [points[name] for name in names if name in points]
    scales = [points[p.scale] for p in wanted if isinstance(p.scale, str) and p.scale in points]
    end = max(point.offset + point.size for point in (*wanted, *scales))
    return min(READ_LIMIT, place.size) if end <= READ_LIMIT else place.size


def _guard(place: Place) -> Request:
    definition = model(place.key[0])
    scales = (
        [p.offset for p in definition.top.points.values() if p.kind == "sunssf"]
        if definition
        else []
    )
    first = min(scales, default=0)
    count = min(max(scales, default=1) - first + 1, READ_LIMIT)
    return Request(place.address + first, count, (), place.key, first)


def _adjoin(left: Request, right: Request) -> bool:
    return (
        left.guard is None
        and len(left.parts) > 0
        and left.address + left.count == right.address
        and left.count + right.count <= READ_LIMIT
        and left.parts[0].key != right.parts[0].key
    )


def _join(left: Request, right: Request) -> Request:
    part = right.parts[0]
    moved = Part(part.key, left.count, part.count)
    return Request(left.address, left.count + right.count, (*left.parts, moved))


def collect(
    requests: Sequence[Request], answers: Sequence[Sequence[int]]
) -> tuple[dict[Key, list[int]], frozenset[Key]]:
    """Return the registers of each model, and the models whose scale factors changed meanwhile."""
    found: dict[Key, list[int]] = {}
    shaken: set[Key] = set()
    for request, answer in zip(requests, answers, strict=True):
        for part in request.parts:
            piece = answer[part.offset : part.offset + part.count]
            found.setdefault(part.key, []).extend(piece)
        if request.guard is not None:
            first = request.guard_from
            before = found[request.guard][first : first + request.count]
            if list(before) != list(answer):
                shaken.add(request.guard)
    return found, frozenset(shaken)
