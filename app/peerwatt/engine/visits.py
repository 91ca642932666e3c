"""Notes when the car comes and goes, and learns its habits from that."""

from __future__ import annotations

import asyncio

from peerwatt.forecast.car import CarHabits, ChargingSession, learn_car
from peerwatt.history.facade import History
from peerwatt.history.records import ChargingVisit
from peerwatt.model.readings import ChargerReading
from peerwatt.model.snapshot import Snapshot

from .disk import Disk

STORE_S = 900.0
"""A visit under way is stored this often, so that a restart keeps it."""


class Visits:
    """The visits of all cars; one under way grows until the car leaves."""

    def __init__(self, history: History, disk: Disk, timezone: str) -> None:
        self.habits: CarHabits | None = None
        self._history = history
        self._disk = disk
        self._timezone = timezone
        self._open: dict[str, tuple[ChargingVisit, int]] = {}
        """Charger -> (visit so far, register when it began)."""
        self._past: list[ChargingVisit] = []

    async def load(self) -> None:
        """Read the visits of earlier runs."""
        self._past = await self._disk.run(self._history.forecasts.visits)
        await self._learn(None)

    async def seen(self, snapshot: Snapshot) -> bool:
        """Note who is here now; return whether a visit ended and something was learned."""
        ended = False
        for reading in snapshot.fresh_of(ChargerReading):
            begun = self._open.get(reading.device_id)
            if reading.car_present:
                await self._grows(reading, begun, snapshot.time_s)
            elif begun is not None:
                del self._open[reading.device_id]
                self._past.append(begun[0])
                await self._store(begun[0])
                ended = True
        if ended:
            await self._learn(snapshot.time_s)
        return ended

    async def _grows(
        self, reading: ChargerReading, begun: tuple[ChargingVisit, int] | None, now_s: float
    ) -> None:
        register = reading.energy_wh or 0
        if begun is None:
            visit = ChargingVisit(reading.device_id, now_s, now_s, 0)
            self._open[reading.device_id] = (visit, register)
            return
        visit, first = begun
        first = first or register
        charged = max(register - first, 0)
        grown = ChargingVisit(visit.device_id, visit.plugged_s, now_s, charged)
        self._open[reading.device_id] = (grown, first)
        if now_s // STORE_S != visit.unplugged_s // STORE_S:
            await self._store(grown)

    async def _store(self, visit: ChargingVisit) -> None:
        await self._disk.run(self._history.forecasts.put_visit, visit)

    async def _learn(self, now_s: float | None) -> None:
        sessions = [ChargingSession(v.plugged_s, v.unplugged_s, v.energy_wh) for v in self._past]
        self.habits = await asyncio.to_thread(learn_car, sessions, self._timezone, now_s)
