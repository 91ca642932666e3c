"""What a simulated wallbox knows and decides; its link to a central system is elsewhere.

It observes the house's charger after each step and turns what changed into OCPP 1.6 messages,
kept in order until a central system took them. Time is the house's, never the computer's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ocpp.v16 import call
from ocpp.v16.datatypes import MeterValue, SampledValue
from ocpp.v16.enums import (
    ChargePointErrorCode,
    ChargePointStatus,
    Measurand,
    Phase,
    Reason,
    UnitOfMeasure,
)

from ..physics.charger import Charger
from ..physics.house import SimHouse
from .charging_profiles import (
    TX,
    Profile,
    cleared,
    composite_limit_a,
    iso_time,
    parse_profile,
)

CONNECTOR = 1
CHANGE_W = 60.0
"""A power change above this is told at once."""
KEPT_VALUES = 500
"""Meter values kept for a central system that is away."""
MEASURANDS = tuple(
    measurand.value
    for measurand in (
        Measurand.power_active_import,
        Measurand.energy_active_import_register,
        Measurand.current_offered,
        Measurand.current_import,
        Measurand.voltage,
        Measurand.soc,
    )
)
LINES = (Phase.l1, Phase.l2, Phase.l3)


@dataclass(slots=True)
class Transaction:
    """One charging session; the id is the central system's, once it gave one."""

    id_tag: str
    start_s: float
    meter_start_wh: int
    transaction_id: int | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One request to the central system and the transaction it belongs to."""

    payload: Any
    transaction: Transaction | None = None


class ChargeStation:
    """State of one wallbox with one connector."""

    def __init__(self, house: SimHouse, id_tag: str, *, needs_remote_start: bool = False) -> None:
        if house.charger is None:
            raise ValueError(f"{house.spec.name} has no charger; give it a ChargerSpec.")
        self.house = house
        self.charger: Charger = house.charger
        self.id_tag = id_tag
        self.profiles: list[Profile] = []
        self.transaction: Transaction | None = None
        self.outbox: deque[Message] = deque()
        self.settings: dict[str, str] = {
            "MeterValueSampleInterval": "10",
            "MeterValuesSampledData": ",".join(MEASURANDS),
            "ClockAlignedDataInterval": "0",
            "HeartbeatInterval": "300",
            "AuthorizeRemoteTxRequests": "false",
            "NumberOfConnectors": "1",
            "ChargeProfileMaxStackLevel": "10",
            "ChargingScheduleAllowedChargingRateUnit": "Current,Power",
        }
        self.start_wanted = False
        self._needs_remote_start = needs_remote_start
        self._remote_tag: str | None = None
        self._was_plugged = False
        self._ended = False
        self._told_status: ChargePointStatus | None = None
        self._told_values_s = float("-inf")
        self._told_power_w = 0.0
        self.charger.auto_start = False
        self.charger.limit_source = self.limit_a

    @property
    def now_s(self) -> float:
        """Return the house's time."""
        return self.house.time_s

    @property
    def meter_wh(self) -> int:
        """Return the charger's register in whole Wh."""
        return int(self.house.counters.ev_wh)

    @property
    def status(self) -> ChargePointStatus:
        """Return the connector's status (section 4.9)."""
        if not self.charger.plugged:
            return ChargePointStatus.available
        if self.transaction is None:
            return ChargePointStatus.finishing if self._ended else ChargePointStatus.preparing
        limit = self.limit_a(self.now_s)
        if limit is not None and limit < self.charger.spec.min_current_a:
            return ChargePointStatus.suspended_evse
        if self.charger.car is not None and self.charger.car.full:
            return ChargePointStatus.suspended_ev
        return ChargePointStatus.charging

    def limit_a(self, time_s: float) -> float | None:
        """Return the limit that the profiles set at a moment, ``None`` without any."""
        start_s = self.transaction.start_s if self.transaction else None
        return composite_limit_a(self.profiles, time_s, start_s)

    def observe(self) -> None:
        """Look at the charger after a step; what is to be told goes to the outbox."""
        plugged = self.charger.plugged
        if plugged and not self._was_plugged:
            self.start_wanted = not self._needs_remote_start
        if not plugged and self._was_plugged:
            self.start_wanted = self._ended = False
            self._remote_tag = None
            self.stop(Reason.ev_disconnected)
            self._ended = False
        self._was_plugged = plugged
        self.tell_status()
        self._tell_values()

    def begin(self) -> None:
        """Start the wanted transaction: energy flows from the next step on."""
        self.start_wanted = False
        tag = self._remote_tag or self.id_tag
        self.transaction = Transaction(tag, self.now_s, self.meter_wh)
        self.charger.authorised = True
        self._ended = False
        request = call.StartTransaction(CONNECTOR, tag, self.meter_wh, iso_time(self.now_s))
        self.outbox.append(Message(request, self.transaction))
        self.tell_status()
        self._tell_values(force=True)

    def refuse(self) -> None:
        """Give up the wanted start: the central system does not know the tag."""
        self.start_wanted = False

    def stop(self, reason: Reason) -> None:
        """End the transaction, if one runs."""
        self.charger.authorised = False
        transaction, self.transaction = self.transaction, None
        if transaction is None:
            return
        self._tell_values(force=True, transaction=transaction)
        self.profiles = [p for p in self.profiles if p.purpose != TX]
        self._ended = True
        request = call.StopTransaction(
            self.meter_wh,
            iso_time(self.now_s),
            transaction.transaction_id or 0,
            reason,
            transaction.id_tag,
        )
        self.outbox.append(Message(request, transaction))

    def remote_start(self, id_tag: str, profile: Mapping[str, Any] | None) -> bool:
        """Accept a remote start where a car waits."""
        if not self.charger.plugged or self.transaction is not None:
            return False
        if profile is not None and not self._install(profile, starting=True):
            return False
        self._remote_tag, self.start_wanted = id_tag, True
        return True

    @property
    def remotely_wanted(self) -> bool:
        """Return whether the wanted start came from the central system."""
        return self._remote_tag is not None

    def remote_stop(self, transaction_id: int) -> bool:
        """Accept a remote stop of the running transaction."""
        if self.transaction is None or self.transaction.transaction_id != transaction_id:
            return False
        self.stop(Reason.remote)
        return True

    def set_profile(self, connector_id: int, raw: Mapping[str, Any]) -> bool:
        """Install a charging profile; a profile of a transaction needs that transaction."""
        if raw["charging_profile_purpose"] == TX:
            wanted = raw.get("transaction_id")
            running = self.transaction
            if connector_id == 0 or running is None:
                return False
            if wanted is not None and wanted != running.transaction_id:
                return False
        return connector_id in {0, CONNECTOR} and self._install(raw)

    def change_setting(self, key: str, value: str) -> bool:
        """Change a setting (section 9.1); ``False`` where the value cannot be used."""
        if key == "MeterValuesSampledData":
            usable = bool(value) and set(value.split(",")) <= set(MEASURANDS)
        else:
            usable = key.endswith("Interval") and value.isdecimal()
        if usable:
            self.settings[key] = value
        return usable

    def clear_profiles(
        self, profile_id: int | None, purpose: str | None, stack_level: int | None
    ) -> bool:
        """Drop the matching profiles; ``False`` where none matched."""
        stay = cleared(self.profiles, profile_id, purpose, stack_level)
        found = len(stay) < len(self.profiles)
        self.profiles = stay
        return found

    def tell_status(self, *, force: bool = False) -> None:
        """Queue a StatusNotification when the status changed."""
        status = self.status
        if force or status != self._told_status:
            self._told_status = status
            no_error = ChargePointErrorCode.no_error
            request = call.StatusNotification(CONNECTOR, no_error, status, iso_time(self.now_s))
            self.outbox.append(Message(request))

    def tell_values_now(self) -> None:
        """Queue meter values whatever the interval."""
        self._tell_values(force=True)

    def _install(self, raw: Mapping[str, Any], *, starting: bool = False) -> bool:
        charger = self.charger
        try:
            profile = parse_profile(raw, self.now_s, charger.phases, charger.spec.voltage_v)
        except (ValueError, KeyError, TypeError):
            return False
        if starting and profile.purpose != TX:
            return False
        self.profiles = [
            p
            for p in self.profiles
            if p.profile_id != profile.profile_id
            and (p.purpose, p.stack_level) != (profile.purpose, profile.stack_level)
        ]
        self.profiles.append(profile)
        return True

    def _tell_values(self, *, force: bool = False, transaction: Transaction | None = None) -> None:
        """Queue meter values: each sample interval, on change, and at both ends."""
        transaction = transaction or self.transaction
        key = "MeterValueSampleInterval" if transaction else "ClockAlignedDataInterval"
        interval_s = float(self.settings[key])
        due = interval_s > 0 and self.now_s - self._told_values_s >= interval_s
        changed = transaction is not None and (
            abs(self.charger.power_w - self._told_power_w) > CHANGE_W
        )
        if not (force or due or changed):
            return
        self._told_values_s, self._told_power_w = self.now_s, self.charger.power_w
        value = MeterValue(iso_time(self.now_s), self._samples())
        number = transaction.transaction_id if transaction else None
        self._drop_oldest_values()
        self.outbox.append(Message(call.MeterValues(CONNECTOR, [value], number), transaction))

    def _drop_oldest_values(self) -> None:
        values = [m for m in self.outbox if isinstance(m.payload, call.MeterValues)]
        if len(values) >= KEPT_VALUES:
            self.outbox.remove(values[0])

    def _samples(self) -> list[SampledValue]:
        charger = self.charger
        samples = [
            _sample(f"{charger.power_w:.1f}", Measurand.power_active_import, UnitOfMeasure.w),
            _sample(str(self.meter_wh), Measurand.energy_active_import_register, UnitOfMeasure.wh),
            _sample(f"{charger.offered_a:.1f}", Measurand.current_offered, UnitOfMeasure.a),
        ]
        for line in LINES[: charger.phases]:
            samples.append(
                _sample(f"{charger.current_a:.2f}", Measurand.current_import, UnitOfMeasure.a, line)
            )
        volts = f"{charger.spec.voltage_v:.1f}"
        samples.append(_sample(volts, Measurand.voltage, UnitOfMeasure.v, Phase.l1_n))
        if charger.car is not None and charger.plugged:
            soc = f"{charger.car.soc_pct:.1f}"
            samples.append(_sample(soc, Measurand.soc, UnitOfMeasure.percent))
        wanted = self.settings["MeterValuesSampledData"].split(",")
        return [sample for sample in samples if sample.measurand in wanted]


def _sample(
    value: str, measurand: Measurand, unit: UnitOfMeasure, phase: Phase | None = None
) -> SampledValue:
    return SampledValue(value=value, measurand=measurand, unit=unit, phase=phase)
