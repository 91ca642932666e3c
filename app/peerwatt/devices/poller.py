"""Polls one driver for the hub: last readings, health, and a log line when a device goes or comes.

A slow device never holds up the others: a poll that takes longer than it may goes on in the
background, and the next round looks whether it has ended.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ..model.ports import Clock, DeviceAway, DeviceFault, Driver
from ..model.readings import DeviceHealth, DeviceInfo, Health, Reading
from ..model.snapshot import FRESH_CYCLES
from .faults import BackingOff

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _State:
    """What is known of one device."""

    reading: Reading
    samples: int = 0


class Poller:
    """Keeps what the hub needs to know of one driver's devices."""

    def __init__(
        self, device_id: str, driver: Driver, clock: Clock, cycle_s: float, *, period_s: float = 0.0
    ) -> None:
        """``period_s`` is how often the device itself tells news, where that is rarer than a cycle.

        A reading is fresh while it is at most FRESH_CYCLES cycles (or periods) old.
        """
        self.device_id = device_id
        self.driver = driver
        self._clock = clock
        self._fresh_s = FRESH_CYCLES * max(cycle_s, period_s)
        self._states: dict[str, _State] = {}
        self._errors = 0
        self._sentence = ""
        self._away = False
        self._task: asyncio.Task[None] | None = None

    @property
    def devices(self) -> tuple[DeviceInfo, ...]:
        """The devices behind the driver, as far as known."""
        return self.driver.devices

    @property
    def readings(self) -> Mapping[str, Reading]:
        """The last reading of each device, also a stale one."""
        return MappingProxyType({name: state.reading for name, state in self._states.items()})

    @property
    def samples(self) -> int:
        """Successful polls of the configured device."""
        return max((state.samples for state in self._states.values()), default=0)

    @property
    def errors(self) -> int:
        """Failed polls."""
        return self._errors

    @property
    def waiting(self) -> bool:
        """Whether a poll is still under way: the device has not answered in time."""
        return self._task is not None and not self._task.done()

    async def poll_once(self, wait_s: float = 1.0) -> None:
        """Poll, waiting at most ``wait_s`` real seconds for it. Never raises for a device."""
        if self._task is None:
            self._task = asyncio.create_task(self._poll(), name=f"poll {self.device_id}")
            await asyncio.wait((self._task,), timeout=wait_s)
        if self._task.done():
            task, self._task = self._task, None
            task.result()

    async def _poll(self) -> None:
        try:
            readings = await self.driver.poll()
        except BackingOff as fault:
            self._failed(fault, count=False)
        except (DeviceAway, DeviceFault) as fault:
            self._failed(fault, count=True)
        except Exception as fault:
            # One driver's defect must not stop the control of all other devices.
            log.exception("%s: its driver failed.", self.device_id)
            self._failed(DeviceFault(f"Its driver failed ({type(fault).__name__})."), count=True)
        else:
            self._succeeded(readings)

    def _succeeded(self, readings: tuple[Reading, ...]) -> None:
        for reading in readings:
            state = self._states.setdefault(reading.device_id, _State(reading))
            state.reading = reading
            state.samples += 1
        if self._away:
            log.info("%s is back.", self.device_id)
        self._away, self._sentence = False, ""

    def _failed(self, fault: Exception, *, count: bool) -> None:
        self._errors += count
        self._sentence = str(fault)
        if not self._away:
            log.warning("%s is away: %s", self.device_id, fault)
        self._away = True

    def health(self) -> tuple[DeviceHealth, ...]:
        """Return the health of each device behind the driver."""
        return tuple(self._health(info.device_id) for info in self.devices)

    def _health(self, device_id: str) -> DeviceHealth:
        state = self._states.get(device_id)
        last_s = state.reading.time_s if state is not None else None
        health = self._judge(last_s)
        sentence = self._sentence
        if health is Health.STALE and last_s is not None:
            sentence = f"Its last reading is {self._clock.now_s() - last_s:.0f} s old."
        return DeviceHealth(
            device_id=device_id,
            health=health,
            samples=state.samples if state is not None else 0,
            errors=self._errors if device_id == self.device_id else 0,
            last_reading_s=last_s,
            sentence=sentence,
        )

    def _judge(self, last_s: float | None) -> Health:
        if last_s is None:
            return Health.AWAY if self._away else Health.CONNECTING
        if self._clock.now_s() - last_s <= self._fresh_s:
            return Health.FRESH
        return Health.AWAY if self._away else Health.STALE

    async def close(self) -> None:
        """Stop a poll under way and close the driver. Never raises."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self.driver.close()
