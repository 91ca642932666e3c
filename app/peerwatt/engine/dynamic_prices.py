"""Prices that change by the hour, from a file or an address that the owner named.

Known documents: ``[{"start": TIME, "price": N}]`` in currency per kWh (also under "prices");
lists with ``startsAt`` and ``total`` per kWh; ``{"data": [{"start_timestamp": ms, "marketprice":
per MWh}]}``; ``{"unix_seconds": [...], "price": [per MWh]}``. TIME is ISO 8601 or Unix seconds.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from peerwatt.config.settings import TariffSettings
from peerwatt.history.records import NoticeLevel
from peerwatt.model.ports import Clock
from peerwatt.model.units import INTERVAL_S, MICRO

Say = Callable[[NoticeLevel, str, str], None]
log = logging.getLogger(__name__)

PAUSE_S = 1_800.0
RETRY_S = 300.0
TIMEOUT_S = 10.0
MAX_BYTES = 5_000_000
MAX_PERIOD_S = 3_600.0
LARGEST_PER_KWH = 20.0
"""A price beyond this in either direction is a wrong unit, not a price."""

Row = tuple[float, float]
"""(Unix second from which it holds, currency per kWh)."""


class PriceFault(ValueError):
    """A document that holds no prices; one sentence."""


class DynamicPrices:
    """The supplier's prices of the coming intervals; empty without a source or while it is away."""

    def __init__(self, settings: TariffSettings, clock: Clock, say: Say) -> None:
        self.by_interval: Mapping[int, int] = MappingProxyType({})
        self.version = 0
        """Grows whenever prices change."""
        self.sentence = ""
        self._settings = settings
        self._clock = clock
        self._say = say
        self._next_s = float("-inf")

    async def refresh(self) -> None:
        """Read the source anew where that is due."""
        now_s = self._clock.now_s()
        settings = self._settings
        if now_s < self._next_s or not (settings.dynamic_file or settings.dynamic_url):
            return
        try:
            content = await self._content()
            rows = read_prices(content)
        except (PriceFault, OSError) as fault:
            self._next_s = now_s + RETRY_S
            self._told(f"The dynamic prices cannot be read: {fault}")
            return
        self._next_s = now_s + PAUSE_S
        self._told("")
        found = MappingProxyType(dict(self._intervals(rows)))
        if found != self.by_interval:
            self.by_interval, self.version = found, self.version + 1

    async def _content(self) -> bytes:
        if self._settings.dynamic_file is not None:
            return await asyncio.to_thread(_read, self._settings.dynamic_file)
        import httpx

        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False) as client:
                answer = await client.get(self._settings.dynamic_url)
        except (httpx.HTTPError, httpx.InvalidURL) as fault:
            raise PriceFault(f"the address does not answer ({type(fault).__name__})") from None
        if answer.status_code != httpx.codes.OK:
            raise PriceFault(f"the address answers {answer.status_code}")
        return answer.content

    def _intervals(self, rows: list[Row]) -> Iterable[tuple[int, int]]:
        """Yield (interval, micro per kWh) of each quarter-hour that a price covers."""
        settings = self._settings
        for place, (start_s, price) in enumerate(rows):
            end_s = rows[place + 1][0] if place + 1 < len(rows) else start_s + MAX_PERIOD_S
            end_s = min(end_s, start_s + MAX_PERIOD_S)
            micro = round(price * settings.dynamic_factor * MICRO)
            for interval in range(int(start_s // INTERVAL_S), int(-(-end_s // INTERVAL_S))):
                yield interval, micro + settings.dynamic_add_micro_per_kwh

    def _told(self, sentence: str) -> None:
        if sentence and sentence != self.sentence:
            self._say(NoticeLevel.WARNING, "tariff", sentence)
        self.sentence = sentence


def _read(path: Path) -> bytes:
    with path.open("rb") as source:
        return source.read(MAX_BYTES + 1)


def read_prices(content: bytes) -> list[Row]:
    """Return the prices of a document by time. Raises PriceFault."""
    if len(content) > MAX_BYTES:
        raise PriceFault("the document is larger than any list of prices")
    try:
        rows = sorted(set(_rows(json.loads(content))))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise PriceFault(f"its format is not known ({fault})") from None
    if not rows:
        raise PriceFault("it holds no prices")
    for start_s, price in rows:
        if not abs(price) <= LARGEST_PER_KWH:
            when = datetime.fromtimestamp(start_s).isoformat()
            raise PriceFault(f"the price of {when} is {price:g} a kWh; its unit must be wrong")
    return rows


def _rows(found: Any) -> Iterable[Row]:
    if isinstance(found, dict) and "unix_seconds" in found:
        for at, price in zip(found["unix_seconds"], found["price"], strict=True):
            if price is not None:
                yield float(at), float(price) / 1000
        return
    if isinstance(found, dict):
        found = found["data"] if "data" in found else found["prices"]
    for one in found:
        if "marketprice" in one:
            yield float(one["start_timestamp"]) / 1000, float(one["marketprice"]) / 1000
        elif "total" in one:
            yield _time_s(one["startsAt"]), float(one["total"])
        else:
            yield _time_s(one["start"]), float(one["price"])


def _time_s(value: Any) -> float:
    if isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise PriceFault(f"the time {value} has no offset from UTC")
        return moment.timestamp()
    return float(value)
