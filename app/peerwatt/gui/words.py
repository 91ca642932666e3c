"""Numbers, times and marks as a neighbour would say them: the only place that formats."""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from PySide6.QtCore import QCoreApplication, QDate, QLocale, QTime

from peerwatt.api.base import ChainValue, TrustMark
from peerwatt.model.units import MICRO, interval_start_s

translate = QCoreApplication.translate
NOTHING = "–"
"""Stands where a value is not known."""
MICRO_PER_CENT = MICRO // 100


class Quantity(NamedTuple):
    """A number ready to be read, and its unit, which is drawn smaller."""

    number: str
    unit: str

    def __str__(self) -> str:
        return f"{self.number}\u00a0{self.unit}" if self.unit else self.number


def number(value: float, decimals: int = 0) -> str:
    """Return a number in the owner's locale."""
    return QLocale().toString(float(value), "f", decimals)


def power(power_w: float | None) -> Quantity:
    """Return a power's size: whole W below 1 kW, then kW with one decimal. No sign."""
    if power_w is None:
        return Quantity(NOTHING, "")
    size_w = abs(power_w)
    if round(size_w) < 1000:
        return Quantity(number(round(size_w)), "W")
    return Quantity(number(size_w / 1000, 1), "kW")


def energy(energy_wh: float | None) -> Quantity:
    """Return an energy in kWh: two decimals below 1 kWh, one up to 100, then none."""
    if energy_wh is None:
        return Quantity(NOTHING, "")
    kwh = energy_wh / 1000
    decimals = 2 if 0 < abs(kwh) < 0.995 else 0 if abs(kwh) >= 99.95 else 1
    return Quantity(number(kwh, decimals), "kWh")


def money(amount_micro: int | None, currency: str, signed: bool = False) -> Quantity:
    """Return money with two decimals; the sign only where asked for."""
    if amount_micro is None:
        return Quantity(NOTHING, "")
    cents = round(abs(amount_micro) / MICRO_PER_CENT)
    sign = ""
    if signed and cents:
        sign = "+" if amount_micro > 0 else "−"
    return Quantity(sign + number(cents / 100, 2), currency)


def earned_or_cost(cost_micro: int) -> str:
    """Return the sign of a bill as a word: a bill above zero has cost, below has earned."""
    if round(abs(cost_micro) / MICRO_PER_CENT) == 0:
        return translate("words", "even")
    return translate("words", "cost") if cost_micro > 0 else translate("words", "earned")


def extra_cost(cost_micro: int | None, currency: str) -> str:
    """Return what a choice costs against the plan in words; empty while that is not known."""
    if cost_micro is None:
        return ""
    if round(abs(cost_micro) / MICRO_PER_CENT) == 0:
        return translate("words", "costs no more")
    said = money(abs(cost_micro), currency)
    if cost_micro > 0:
        return translate("words", "costs {0} more").format(said)
    return translate("words", "saves {0}").format(said)


def price(price_micro: int | None) -> Quantity:
    """Return a price in ct/kWh with one decimal."""
    if price_micro is None:
        return Quantity(NOTHING, "")
    return Quantity(number(price_micro / MICRO_PER_CENT, 1), "ct/kWh")


def cents(amount_micro: int | None, signed: bool = False) -> Quantity:
    """Return small money in ct with two decimals; the sign only where asked for."""
    if amount_micro is None:
        return Quantity(NOTHING, "")
    hundredths = round(abs(amount_micro) * 100 / MICRO_PER_CENT)
    sign = ""
    if signed and hundredths:
        sign = "+" if amount_micro > 0 else "−"
    return Quantity(sign + number(hundredths / 100, 2), "ct")


def percent(value: float | None) -> Quantity:
    """Return a share in whole per cent."""
    return Quantity(NOTHING, "") if value is None else Quantity(number(round(value)), "%")


def grouped(value: int) -> str:
    """Return a large whole number with thin spaces: 1 204."""
    return f"{value:,}".replace(",", "\u202f")


def _moment(time_s: float, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(time_s, zone)


def clock(time_s: float, zone: ZoneInfo) -> str:
    """Return the local time of day, hours and minutes, as the locale writes it."""
    local = _moment(time_s, zone)
    return QLocale().toString(QTime(local.hour, local.minute), "HH:mm")


def clock_s(time_s: float, zone: ZoneInfo) -> str:
    """Return the local time of day with seconds."""
    local = _moment(time_s, zone)
    return QLocale().toString(QTime(local.hour, local.minute, local.second), "HH:mm:ss")


def day(time_s: float, zone: ZoneInfo) -> str:
    """Return the local day in words: Thu 12 June."""
    local = _moment(time_s, zone)
    return QLocale().toString(QDate(local.year, local.month, local.day), "ddd d MMMM")


def date(time_s: float, zone: ZoneInfo) -> str:
    """Return the local day as short as it can be told: 12 Jun 2026."""
    local = _moment(time_s, zone)
    return QLocale().toString(QDate(local.year, local.month, local.day), "d MMM yyyy")


def day_and_clock(time_s: float, zone: ZoneInfo, now_s: float) -> str:
    """Return the time of day, with the day before it unless that is today."""
    if _moment(time_s, zone).date() == _moment(now_s, zone).date():
        return clock(time_s, zone)
    local = _moment(time_s, zone)
    short = QLocale().toString(QDate(local.year, local.month, local.day), "d MMM")
    return f"{short}, {clock(time_s, zone)}"


def interval_clock(interval: int, zone: ZoneInfo) -> str:
    """Return the local time at which a market interval begins."""
    return clock(interval_start_s(interval), zone)


def duration(seconds: float) -> str:
    """Return a duration in words, at most two units: 2 h 10 min."""
    whole = max(0, round(seconds))
    if whole < 60:
        return translate("words", "{0} s").format(whole)
    minutes = round(whole / 60)
    if minutes < 60:
        return translate("words", "{0} min").format(minutes)
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        if rest == 0:
            return translate("words", "{0} h").format(hours)
        return translate("words", "{0} h {1} min").format(hours, rest)
    return translate("words", "{0} days").format(round(hours / 24))


def countdown(seconds: float) -> str:
    """Return the time left as a clock counts it: 12:34 or 1:02:03."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def ago(seconds: float) -> str:
    """Return an age in words."""
    if seconds < 1:
        return translate("words", "just now")
    return translate("words", "{0} ago").format(duration(seconds))


MARK_ICONS = {
    TrustMark.VERIFIED: "verified",
    TrustMark.PENDING: "pending",
    TrustMark.UNVERIFIED: "unverified",
    TrustMark.CONTRADICTED: "fault",
}
MARK_TOKENS = {
    TrustMark.VERIFIED: "verified",
    TrustMark.PENDING: "muted",
    TrustMark.UNVERIFIED: "warning",
    TrustMark.CONTRADICTED: "fault",
}


def mark_word(mark: TrustMark) -> str:
    """Return a proof state in as few words as will do."""
    return {
        TrustMark.VERIFIED: translate("words", "verified"),
        TrustMark.PENDING: translate("words", "waiting for its block"),
        TrustMark.UNVERIFIED: translate("words", "not verified yet"),
        TrustMark.CONTRADICTED: translate("words", "does not match its proof"),
    }[mark]


def mark_sentence(value: ChainValue, now_s: float) -> str:
    """Return a proof state with its block and age: verified, block 1 204, 3 s ago."""
    parts = [mark_word(value.mark)]
    if value.mark is TrustMark.PENDING and value.block_number is not None:
        # It was proven, but the chain has not been followed since.
        parts = [translate("words", "not up to date")]
    if value.block_number is not None:
        parts.append(translate("words", "block {0}").format(grouped(value.block_number)))
    if value.block_time_s is not None:
        parts.append(ago(now_s - value.block_time_s))
    return ", ".join(parts)


def short_hash(text: str | None) -> str:
    """Return the ends of an address or hash, enough to compare by eye."""
    if not text:
        return NOTHING
    return text if len(text) <= 14 else f"{text[:6]}…{text[-4:]}"


def exact(amount: int, decimals: int = 6, least: int = 2) -> str:
    """Return whole smallest units as an exact decimal text with a point, for a field: 12.50."""
    whole, rest = divmod(abs(amount), 10**decimals)
    fraction = f"{rest:0{decimals}}".rstrip("0").ljust(least, "0")
    sign = "-" if amount < 0 else ""
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def coins(amount_wei: int | None) -> Quantity:
    """Return the chain's own coin with four decimals at most; more where those would be zeros."""
    if amount_wei is None:
        return Quantity(NOTHING, "")
    small = 0 < amount_wei < 10**14
    places = 18 if small else 4
    rounded = amount_wei if small else round(amount_wei / 10**14)
    decimals = len(exact(rounded, places, 0).partition(".")[2])
    return Quantity(number(amount_wei / 10**18, decimals), translate("words", "coins"))


def account_kind(kind: str) -> str:
    """Return in a few words where an account's key is."""
    return {
        "seed": translate("words", "from words"),
        "keystore": translate("words", "single key"),
        "key": translate("words", "single key"),
        "watch": translate("words", "only watched"),
        "ledger": "Ledger",
        "trezor": "Trezor",
    }.get(kind, kind)


_ADDRESS = r"0x[0-9a-fA-F]{40}"


def with_short_addresses(sentence: str) -> str:
    """Return a sentence with names in place of addresses, or with their ends where nameless.

    For a heading only: the full address stands below it.
    """
    named = re.sub(rf"{_ADDRESS} \(([^()]+)\)", r"\1", sentence)
    return re.sub(_ADDRESS, lambda found: short_hash(found.group()), named)


def transaction_state(state: str) -> str:
    """Return how far a transaction is, in a word or two."""
    return {
        "sent": translate("words", "on its way"),
        "in block": translate("words", "in a block"),
        "final": translate("words", "final"),
        "failed": translate("words", "failed"),
        "dropped": translate("words", "dropped"),
        "replaced": translate("words", "replaced"),
    }.get(state, state)
