"""Driver of one OCPP charger: its readings, and its charging current borrowed for a while."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from ocpp.v16 import call, enums

from ...config.settings import OcppDevice
from ...model.control import Applied, Setpoint
from ...model.ports import Clock, DeviceAway
from ...model.readings import ChargerStatus, DeviceInfo, DeviceKind, Reading
from .central import CentralSystem
from .charger import CONNECTOR, Charger
from .link import Link, plain
from .profiles import CurrentRange, current_for, profile

log = logging.getLogger(__name__)

CHANGE_GAP_S = 10.0
"""Least time between changed profiles, unless the charger is to pause (devices reference 5.1)."""
START_GAP_S = 60.0
"""Least time between two requests to start the same plugged-in car."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """The profile that the charger has now."""

    current_a: float
    transaction_id: int | None
    link: Link
    sent_s: float
    window_s: float
    phases: int | None


class OcppChargerDriver:
    """One charger behind the central system. Its setpoint is its consumption in W."""

    def __init__(self, settings: OcppDevice, central: CentralSystem, clock: Clock) -> None:
        self._settings = settings
        self._central = central
        self._clock = clock
        self._allowed = CurrentRange(settings.min_current_a, settings.max_current_a)
        self._sent: _Sent | None = None
        self._asked_start_s = float("-inf")
        self._busy = asyncio.Lock()
        self.writes_total = 0

    @property
    def devices(self) -> tuple[DeviceInfo, ...]:
        """The charger; its identity is known once it has booted."""
        charger = self._charger
        return (
            DeviceInfo(
                self._settings.device_id,
                DeviceKind.CHARGER,
                self._settings.protocol,
                charger.manufacturer,
                charger.model,
                charger.serial,
                charger.version,
                self._settings.charge_point_id,
            ),
        )

    @property
    def _charger(self) -> Charger:
        return self._central.charger(self._settings.charge_point_id)

    async def poll(self) -> tuple[Reading, ...]:
        """Return the latest state that the charger told. Raises DeviceAway while it is away."""
        self._link()
        if self._charger.status is None:
            raise DeviceAway(
                f"Charger {self._settings.charge_point_id} is connected but has not told its "
                "status yet."
            )
        return (self._charger.reading(),)

    def _link(self) -> Link:
        link = self._central.link(self._settings.charge_point_id)
        if link is not None:
            return link
        name = self._settings.charge_point_id
        if self._charger.heard_s is None:
            raise DeviceAway(
                f"Charger {name} has not connected yet; enter {self._central.address}{name} as its "
                "central system."
            )
        raise DeviceAway(f"Charger {name} has closed its connection; it is expected back.")

    async def apply(self, setpoint: Setpoint) -> Applied:
        """Set the charging current, refresh it, or give control back when power is ``None``.

        Raises DeviceAway or DeviceFault.
        """
        if setpoint.device_id != self._settings.device_id:
            return self._answer(setpoint, None, 0, f"{setpoint.device_id} is another device.")
        if not self._settings.control:
            return self._answer(
                setpoint,
                None,
                0,
                f"Control of {self._settings.device_id} is not allowed by its settings.",
            )
        async with self._busy:
            link = self._link()
            if setpoint.power_w is None:
                writes = await self._clear(link)
                return self._answer(setpoint, None, writes, "", ok=True)
            return await self._limit(link, setpoint, setpoint.power_w)

    async def _limit(self, link: Link, setpoint: Setpoint, power_w: float) -> Applied:
        now = self._clock.now_s()
        window_s = setpoint.expires_s - now
        if window_s <= 0:
            return self._answer(
                setpoint, None, 0, "The setpoint had expired before it was applied."
            )
        phases = setpoint.phases if self._settings.phase_switching else None
        current_a = current_for(power_w, phases or self._phases, self._voltage_v, self._allowed)
        writes = await self._start_if_waiting(link, current_a)
        waiting = self._why_wait(link, current_a, now, phases)
        if waiting is not None and self._sent is not None:
            return self._answer(
                setpoint,
                self._power(self._sent.current_a, self._sent.phases),
                writes,
                waiting,
                ok=True,
            )
        transaction_id = self._charger.transaction_id
        status = await self._send_profile(link, current_a, window_s, transaction_id, phases)
        writes += 1
        if status != enums.ChargingProfileStatus.accepted and transaction_id is not None:
            # Some chargers take no TxProfile; the default one holds for a transaction without.
            status = await self._send_profile(link, current_a, window_s, None, phases)
            writes += 1
        if status != enums.ChargingProfileStatus.accepted:
            sentence = f"The charger did not take the limit of {current_a:g} A ({plain(status)})."
            return self._answer(setpoint, None, writes, sentence)
        self._sent = _Sent(current_a, transaction_id, link, now, window_s, phases)
        self._charger.limit_a, self._charger.limit_until_s = current_a, setpoint.expires_s
        return self._answer(setpoint, self._power(current_a, phases), writes, "", ok=True)

    async def _send_profile(
        self,
        link: Link,
        current_a: float,
        window_s: float,
        transaction_id: int | None,
        phases: int | None,
    ) -> str:
        wanted = profile(current_a, self._clock.now_s(), window_s, transaction_id, phases=phases)
        answer = await link.ask(call.SetChargingProfile(CONNECTOR, wanted))
        self.writes_total += 1
        return str(answer.status)

    @property
    def _phases(self) -> int:
        """Phases that the car uses when it charges, else those of the charger."""
        return self._charger.phases or self._settings.phases

    @property
    def _voltage_v(self) -> float:
        return self._charger.voltage_v or self._settings.voltage_v

    def _power(self, current_a: float, phases: int | None) -> float:
        return current_a * (phases or self._phases) * self._voltage_v

    def _why_wait(self, link: Link, current_a: float, now: float, phases: int | None) -> str | None:
        """Return why no profile is sent now, or ``None`` when one is due."""
        sent = self._sent
        if sent is None or sent.link is not link:
            return None
        if sent.transaction_id != self._charger.transaction_id:
            return None  # a transaction began: its own profile goes before the default one
        age = now - sent.sent_s
        if age >= sent.window_s / 2:
            return None
        if (sent.current_a, sent.phases) == (current_a, phases):
            return ""
        if current_a == 0 or age >= CHANGE_GAP_S:
            return None
        return f"Held back: at most one change in {CHANGE_GAP_S:g} s."

    async def _start_if_waiting(self, link: Link, current_a: float) -> int:
        """Start a plugged-in car that waits for permission; returns the messages sent."""
        charger = self._charger
        waits = charger.status is ChargerStatus.PREPARING and charger.transaction_id is None
        now = self._clock.now_s()
        if current_a <= 0 or not waits or now - self._asked_start_s < START_GAP_S:
            return 0
        self._asked_start_s = now
        answer = await link.ask(call.RemoteStartTransaction(self._settings.id_tag, CONNECTOR))
        log.debug("%s: remote start %s", self._settings.device_id, answer.status)
        self.writes_total += 1
        return 1

    async def stop_charging(self) -> bool:
        """End the running transaction (RemoteStopTransaction); whether the charger accepted.

        Raises DeviceAway or DeviceFault.
        """
        async with self._busy:
            transaction_id = self._charger.transaction_id
            if transaction_id is None:
                return False
            answer = await self._link().ask(call.RemoteStopTransaction(transaction_id))
            return bool(answer.status == enums.RemoteStartStopStatus.accepted)

    async def release(self) -> None:
        """Remove our limits. Raises DeviceAway; the profiles then end with their duration."""
        async with self._busy:
            if self._sent is not None:
                await self._clear(self._link())

    async def _clear(self, link: Link) -> int:
        if self._sent is None:
            return 0
        writes = await link.clear_profiles()
        self.writes_total += writes
        self._sent = None
        self._charger.limit_a = None
        return writes

    async def close(self) -> None:
        """Return at once: the connection belongs to the central system."""

    def _answer(
        self,
        setpoint: Setpoint,
        accepted_w: float | None,
        writes: int,
        sentence: str,
        *,
        ok: bool = False,
    ) -> Applied:
        return Applied(
            setpoint.device_id,
            self._clock.now_s(),
            setpoint.power_w,
            accepted_w,
            ok=ok,
            writes=writes,
            sentence=sentence,
        )
