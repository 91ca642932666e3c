"""The beacon REST API over HTTP, bounded in time and size; what it answers is believed by nobody.

Source: Ethereum beacon APIs, ``/eth/v1/beacon/light_client/*``.
"""

from __future__ import annotations

import asyncio

from peerwatt.model.verified import ChainFault, EndpointAway

from ...encoding import to_hex
from ...endpoints.http import BoundedHttp, HttpFault
from ...endpoints.safe_json import parse

MAX_UPDATES = 128
"""MAX_REQUEST_LIGHT_CLIENT_UPDATES: servers give no more in one answer."""
MAX_OBJECT_BYTES = 100_000
"""A bootstrap or an update takes about 70 kB of JSON."""


class RestRefused(ChainFault):
    """The beacon endpoint answered that it does not have what was asked for."""


class BeaconRest:
    """One beacon endpoint: keep-alive, a deadline for the whole exchange, bounded answers."""

    def __init__(
        self, url: str, *, timeout_s: float = 5.0, max_object_bytes: int = MAX_OBJECT_BYTES
    ) -> None:
        self._http = BoundedHttp(url, {"Accept": "application/json"}, timeout_s)
        self.name = self._http.name
        """Host and port."""
        self._base = url.rstrip("/") + "/eth/v1/beacon/light_client/"
        self._max_bytes = max_object_bytes

    async def bootstrap(self, block_root: bytes) -> object:
        """Return the bootstrap at a trusted block. Raises EndpointAway or RestRefused."""
        return await self._get(f"bootstrap/{to_hex(block_root)}", 1)

    async def updates(self, start_period: int, count: int) -> list[object]:
        """Return at most ``count`` updates of consecutive periods; ``count`` is at most 128."""
        path = f"updates?start_period={start_period}&count={count}"
        answer = await self._get(path, count)
        if not isinstance(answer, list) or len(answer) > count:
            raise self._away("answers updates with something else than a list of them")
        return answer

    async def finality_update(self) -> object:
        """Return the newest finality update. Raises EndpointAway or RestRefused."""
        return await self._get("finality_update", 1)

    async def optimistic_update(self) -> object:
        """Return the newest optimistic update. Raises EndpointAway or RestRefused."""
        return await self._get("optimistic_update", 1)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def _get(self, path: str, objects: int) -> object:
        try:
            status, content = await self._http.exchange(
                "GET", self._base + path, objects * self._max_bytes
            )
        except HttpFault as fault:
            raise self._away(str(fault)) from None
        if 400 <= status < 500:
            what = path.partition("?")[0].partition("/")[0]
            raise RestRefused(f"{self.name} does not serve {what} (HTTP status {status}).")
        if status != 200:
            raise self._away(f"answers with HTTP status {status}")
        try:
            # A page of updates takes some milliseconds to read.
            return await asyncio.to_thread(parse, content)
        except ValueError:
            raise self._away("answers with something else than JSON") from None

    def _away(self, reason: str) -> EndpointAway:
        return EndpointAway(f"The beacon endpoint {self.name} {reason}.")
