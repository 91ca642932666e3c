"""Fetches a forecast from the one address the owner configured: seldom, politely, patiently."""

from __future__ import annotations

import email.utils
import logging
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from peerwatt.model.ports import Clock
from peerwatt.model.units import interval_at

from .forecast import WeatherFault, WeatherForecast
from .formats import MAX_BYTES, parse

LOG = logging.getLogger(__name__)

TIMEOUT_S = 10.0
MIN_PAUSE_S = 900.0
"""Providers compute anew at most every quarter of an hour."""

FIRST_RETRY_S, LAST_RETRY_S = 60.0, 7_200.0
STALE_S = 24 * 3600.0
"""A forecast older than this is no longer used."""

USER_AGENT = "Peerwatt (home energy manager)"


@dataclass(frozen=True, slots=True)
class SourceState:
    """What is known of a source: for the screen."""

    url_host: str
    fetched_s: float | None
    """When the present forecast came; ``None`` before the first."""
    fault: str | None
    """What went wrong last; ``None`` when all is well."""
    next_s: float
    """Not asked again before."""


class HttpSource:
    """Keeps the last forecast of an address and asks for a new one when it is due."""

    def __init__(
        self, url: str, clock: Clock, pause_s: float = 3600.0,
        headers: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        """``pause_s`` is the least time between two requests (a provider's daily quota).

        Raises WeatherFault for an address that is not http or https.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise WeatherFault(f"{url!r} is not an http(s) address; correct the weather URL.")
        self._url, self._host, self._clock = url, parts.hostname, clock
        self._pause_s = max(pause_s, MIN_PAUSE_S)
        self._headers = {"User-Agent": USER_AGENT, **(headers or {})}
        self._validators: dict[str, str] = {}
        self._forecast: WeatherForecast | None = None
        self._fetched_s: float | None = None
        self._fault: str | None = None
        self._next_s = 0.0
        self._retry_s = FIRST_RETRY_S

    @property
    def state(self) -> SourceState:
        """How the source does."""
        return SourceState(self._host, self._fetched_s, self._fault, self._next_s)

    async def latest(self) -> WeatherForecast | None:
        """Return the newest forecast, asking for it if due; ``None`` while there is none.

        A source that is away is a state, not an exception: the last forecast serves for a day.
        """
        now = self._clock.now_s()
        if now >= self._next_s:
            await self._ask(now)
        if self._fetched_s is None or now - self._fetched_s > STALE_S:
            return None
        return self._forecast

    async def _ask(self, now: float) -> None:
        import httpx

        try:
            status, headers, content = await self._get()
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as fault:
            self._failed(now, f"{self._host} does not answer ({type(fault).__name__})", None)
            return
        wait = _retry_after(headers.get("retry-after"), now)
        if status == 304 and self._forecast is not None:
            self._succeeded(now, headers)
        elif status != 200:
            self._failed(now, f"{self._host} answers {status}", wait)
        else:
            try:
                found = parse(content, self._host)
                self._forecast = replace(found, made_interval=interval_at(now))
            except WeatherFault as fault:
                self._failed(now, str(fault), wait)
                return
            self._succeeded(now, headers)

    async def _get(self) -> tuple[int, dict[str, str], bytes]:
        import httpx

        async with (
            httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False) as client,
            client.stream("GET", self._url, headers={**self._headers, **self._validators}) as reply,
        ):
            content = bytearray()
            async for part in reply.aiter_bytes():
                content += part
                if len(content) > MAX_BYTES:
                    break
            headers = {name.lower(): value for name, value in reply.headers.items()}
            return reply.status_code, headers, bytes(content)

    def _succeeded(self, now: float, headers: dict[str, str]) -> None:
        if self._fault is not None:
            LOG.info("weather: %s answers again", self._host)
        self._fetched_s, self._fault, self._retry_s = now, None, FIRST_RETRY_S
        pairs = (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified"))
        self._validators = {ask: headers[told] for ask, told in pairs if told in headers}
        expires = _http_date(headers.get("expires"))
        due = now + self._pause_s
        self._next_s = due if expires is None else min(max(due, expires), now + STALE_S / 2)

    def _failed(self, now: float, fault: str, wait_s: float | None) -> None:
        if self._fault is None:
            LOG.warning("weather: %s; the forecast goes on without it and asks again", fault)
        self._fault = fault
        self._next_s = now + max(self._retry_s, min(wait_s or 0.0, STALE_S))
        self._retry_s = min(2 * self._retry_s, LAST_RETRY_S)


def _retry_after(text: str | None, now: float) -> float | None:
    """Return the seconds to wait (RFC 9110, section 10.2.3: seconds or a date)."""
    if text is None:
        return None
    if text.strip().isdigit():
        return float(text)
    when = _http_date(text)
    return None if when is None else max(when - now, 0.0)


def _http_date(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError):
        return None
