"""The values of a verified proof file in lines for people: the fields of a word stand together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby

from peerwatt.model.units import MICRO, interval_start_s

from .proofs import VerifiedValue

NAMED_BY_FILE = ", and it alone says whose contract that is"
_YES_NO = ("exists", "is_")


def value_lines(values: Sequence[VerifiedValue]) -> list[str]:
    """Return all values; the fields of one storage word stand together below its name.

    What is in quotes is the file's own word, which nothing proves.
    """
    lines: list[str] = []
    for (source, is_packed), group in groupby(values, key=lambda v: (v.word, bool(v.field))):
        if not is_packed:
            lines += [_line(item) for item in group]
            continue
        fields = list(group)
        label = fields[0].label.removesuffix(f": {fields[0].field}")
        lines.append(f"  {source}; the file calls it {label!r}{_caveat(fields[0])}")
        lines += [f"    {words}" for words in _fields(fields)]
    return lines


def _line(item: VerifiedValue) -> str:
    words = f"{item.label}, {item.unit}" if item.unit else item.label
    return f"  {item.source} = {item.value}; the file calls it {words!r}{_caveat(item)}"


def _caveat(item: VerifiedValue) -> str:
    return "" if item.is_named_here else NAMED_BY_FILE


def _fields(fields: Iterable[VerifiedValue]) -> list[str]:
    """Return fields in words; a word that is 0 is said to be empty, empty ticks are left out."""
    found = list(fields)
    if not any(item.value for item in found):
        return ["empty: every field is 0"]
    return [
        field_words(item.field, int(item.value))
        for item in found
        if item.value or not item.field.startswith("tick_")
    ]


def field_words(name: str, value: int) -> str:
    """Return a field and its value in words; the unit follows from the end of the name."""
    for ending, write in _UNITS.items():
        if name.endswith(ending):
            return f"{_plain(name.removesuffix(ending))}: {write(value)}"
    if name.startswith(_YES_NO):
        return f"{_plain(name.removeprefix('is_'))}: {'yes' if value else 'no'}"
    if name in ("interval", "first_interval"):
        return f"{_plain(name)}: {value}, which begins {_time(interval_start_s(value))}"
    return f"{_plain(name)}: {value}"


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _time(unix_s: int) -> str:
    """Return a time in UTC, or the number where no calendar has it."""
    try:
        return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):
        return f"{unix_s} s after 1970"


def _money(micro: int) -> str:
    sign, size = "-" if micro < 0 else "", abs(micro)
    return f"{sign}{size // MICRO}.{size % MICRO:06d}"


_UNITS: dict[str, Callable[[int], str]] = {
    "_micro_per_kwh": lambda value: f"{_money(value)} credits/kWh",
    "_micro": lambda value: f"{_money(value)} credits",
    "_wh": lambda value: f"{value} Wh",
    "_unix_s": _time,
    "_address": lambda value: f"0x{value:040x}",
}
"""Ending of a field's name -> how its value is written; longer endings come first."""
