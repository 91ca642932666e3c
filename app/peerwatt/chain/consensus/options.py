"""Fields of a description that is data: read strictly, each fault naming its field."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

Options = Mapping[str, Any]
WHERE = "consensus."
"""Where the fields of a kind of consensus stand in a network's description."""
MAX_NUMBER = 1 << 64
"""Headers have no larger numbers or times."""


class FieldFault(ValueError):
    """A field of a description is unknown, missing or malformed; the message names it."""


def known_only(described: Options, allowed: Collection[str], where: str) -> None:
    """Refuse fields that are not in the schema. Raises FieldFault."""
    unknown = sorted(set(described) - set(allowed))
    if unknown:
        raise FieldFault(f"the field {where}{unknown[0]} is unknown")


def whole(described: Options, name: str, where: str, default: int | None = None) -> int:
    """Return a number from 0 on. Raises FieldFault."""
    value = described.get(name, default)
    if type(value) is not int or not 0 <= value < MAX_NUMBER:
        raise FieldFault(f"the field {where}{name} must be a whole number from 0 on")
    return value


def whole_or_none(described: Options, name: str, where: str) -> int | None:
    """Return a number from 0 on, ``None`` where the field is missing or null. Raises FieldFault."""
    return None if described.get(name) is None else whole(described, name, where)


def one_of(described: Options, name: str, where: str, choices: tuple[str, ...]) -> str:
    """Return one of some words, the first where the field is missing. Raises FieldFault."""
    value = described.get(name, choices[0])
    if not isinstance(value, str) or value not in choices:
        raise FieldFault(f"the field {where}{name} must be one of {', '.join(choices)}")
    return value
