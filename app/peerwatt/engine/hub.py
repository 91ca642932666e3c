"""Gathers what all devices delivered and freezes it into one snapshot a cycle."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from peerwatt.devices.poller import Poller
from peerwatt.history.records import NoticeLevel
from peerwatt.model.ports import Clock
from peerwatt.model.readings import DeviceHealth, DeviceInfo, Health, Reading
from peerwatt.model.snapshot import Snapshot

Say = Callable[[NoticeLevel, str, str], None]


class Hub:
    """Polls every driver once a cycle; tells the owner once when a device goes and comes."""

    def __init__(self, pollers: Sequence[Poller], clock: Clock, say: Say) -> None:
        self._pollers = pollers
        self._clock = clock
        self._say = say
        self._cycle = 0
        self._away: set[str] = set()

    async def snapshot(self, wait_s: float) -> Snapshot:
        """Poll all, wait at most ``wait_s`` real seconds for any, and freeze what there is."""
        await asyncio.gather(*(poller.poll_once(wait_s) for poller in self._pollers))
        readings: dict[str, Reading] = {}
        health: dict[str, DeviceHealth] = {}
        devices: dict[str, DeviceInfo] = {}
        for poller in self._pollers:
            readings.update(poller.readings)
            devices.update({info.device_id: info for info in poller.devices})
            health.update({item.device_id: item for item in poller.health()})
        self._tell(health)
        self._cycle += 1
        return Snapshot(
            time_s=self._clock.now_s(),
            cycle=self._cycle,
            readings=MappingProxyType(readings),
            health=MappingProxyType(health),
            devices=MappingProxyType(devices),
        )

    def _tell(self, health: Mapping[str, DeviceHealth]) -> None:
        for device_id, item in health.items():
            away = item.health is Health.AWAY
            if away and device_id not in self._away:
                self._away.add(device_id)
                self._say(NoticeLevel.WARNING, device_id, item.sentence or f"{device_id} is away.")
            elif item.health is Health.FRESH and device_id in self._away:
                self._away.discard(device_id)
                self._say(NoticeLevel.GOOD, device_id, f"{device_id} is back.")
