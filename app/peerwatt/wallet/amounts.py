"""Money, energy, prices and times between text and integers; no floats anywhere."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from peerwatt.model.units import interval_start_s

from .secret import WalletFault

CREDIT_DECIMALS = 6
COIN_DECIMALS = 18
MAX_UINT256 = (1 << 256) - 1
_PLAIN = re.compile(r"(\d+)(?:([.,])(\d+))?", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(?:['’ \u00a0\u202f]\d{3})+(?=[.,]|$)", re.ASCII)
_LAST_SHOWN_S = 253_402_214_400
"""31 December 9999: later moments are shown as numbers."""


def parse_amount(text: str, decimals: int = CREDIT_DECIMALS, field: str = "amount") -> int:
    """Return the smallest units of an amount that a person entered, such as ``12.50``.

    A point or a comma stands before the decimals; apostrophes or spaces may group thousands.
    Raises WalletFault for anything else, also where a comma could be read in two ways.
    """
    entered = text.strip()
    if match := _GROUPED.match(entered):
        entered = re.sub(r"\D", "", match.group()) + entered[match.end() :]
    parts = _PLAIN.fullmatch(entered)
    if parts is None or len(entered) > 90:
        raise WalletFault("Enter an amount such as 12.50.", field)
    whole, mark, fraction = parts.group(1), parts.group(2), parts.group(3) or ""
    if mark == "," and len(fraction) == 3 and int(whole) > 0:
        raise WalletFault(
            f"{entered} can be read in two ways; write {whole}{fraction} or {whole}.{fraction}.",
            field,
        )
    if len(fraction.rstrip("0")) > decimals:
        raise WalletFault(f"An amount has at most {decimals} decimals.", field)
    units: int = int(whole) * 10**decimals + int(fraction[:decimals].ljust(decimals, "0") or "0")
    if units > MAX_UINT256:
        raise WalletFault("This amount is too large.", field)
    return units


def format_units(units: int, decimals: int = CREDIT_DECIMALS, least: int = 2) -> str:
    """Return an exact decimal text with at least ``least`` decimals, such as ``12.50``."""
    sign, digits = ("-" if units < 0 else ""), str(abs(units)).rjust(decimals + 1, "0")
    whole, fraction = digits[: len(digits) - decimals], digits[len(digits) - decimals :]
    fraction = fraction.rstrip("0").ljust(least, "0")
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def credits_text(amount_micro: int) -> str:
    """Return micro-units in words: ``12.50 credits``."""
    return f"{format_units(amount_micro)} credits"


def coins_text(amount_wei: int) -> str:
    """Return the chain's own coin in words."""
    return f"{format_units(amount_wei, COIN_DECIMALS, 0)} coins of this chain"


def energy_text(energy_wh: int) -> str:
    """Return an energy in kWh, exact to the Wh."""
    return f"{format_units(energy_wh, 3, 1)} kWh"


def price_text(price_micro_per_kwh: int) -> str:
    """Return a price in hundredths of the currency per kWh, exact: ``22.0 ct/kWh``."""
    return f"{format_units(price_micro_per_kwh, 4, 1)} ct/kWh"


def moment_text(time_s: int, zone: str = "UTC") -> str:
    """Return a Unix second in a zone, such as ``2026-12-01 14:15 CET``."""
    if not 0 <= time_s < _LAST_SHOWN_S:
        return f"Unix second {time_s}"
    local = datetime.fromtimestamp(time_s, UTC).astimezone(_zone(zone))
    return f"{local:%Y-%m-%d %H:%M %Z}"


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        # A zone that this computer does not know: UTC is always right, and named.
        return UTC


def slot_text(interval: int, zone: str = "UTC") -> str:
    """Return the quarter of an hour that an interval number names."""
    begin, end = interval_start_s(interval), interval_start_s(interval + 1)
    if not 0 <= end < _LAST_SHOWN_S:
        return f"interval {interval}"
    return f"{moment_text(begin, zone)} to {moment_text(end, zone).split()[1]}"
