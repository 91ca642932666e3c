"""What the central system knows of one charger; outlives its connections."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ...config.settings import OcppDevice
from ...model.ports import Clock
from ...model.readings import ChargerReading, ChargerStatus
from ..counters import RisingCounter
from .metervalues import read_sample

CONNECTOR = 1
"""Chargers of a house have one connector; others are not looked at."""
WHOLE_CHARGER = 0


@dataclass(slots=True)
class Charger:
    """State of one charger, changed by its messages."""

    settings: OcppDevice
    clock: Clock
    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    version: str = ""
    booted: bool = False
    status: ChargerStatus | None = None
    error_code: str = ""
    transaction_id: int | None = None
    power_w: float | None = None
    energy_wh: int | None = None
    soc_pct: float | None = None
    voltage_v: float | None = None
    phases: int | None = None
    sampled_s: float | None = None
    limit_a: float | None = None
    limit_until_s: float = 0.0
    heard_s: float | None = None
    register: RisingCounter = field(init=False)

    def __post_init__(self) -> None:
        self.register = RisingCounter(f"{self.settings.device_id}: energy register")

    @property
    def charging(self) -> bool:
        """Whether meter values are to be expected."""
        return self.status is ChargerStatus.CHARGING

    def heard(self) -> None:
        """Note that a message came."""
        self.heard_s = self.clock.now_s()

    def on_status(self, connector_id: int, status: str, error_code: str) -> None:
        """Take a StatusNotification; connector 0 speaks for the whole charger."""
        if connector_id not in {WHOLE_CHARGER, CONNECTOR} or status not in set(ChargerStatus):
            return
        if connector_id == WHOLE_CHARGER and status == ChargerStatus.AVAILABLE:
            return
        began = status == ChargerStatus.CHARGING and not self.charging
        self.status = ChargerStatus(status)
        if began:
            self.power_w, self.sampled_s = None, self.clock.now_s()
        self.error_code = "" if error_code == "NoError" else error_code
        if not self.charging:
            self.power_w = 0.0
        if self.status is ChargerStatus.AVAILABLE:
            self.transaction_id, self.soc_pct, self.phases = None, None, None

    def on_start(self, transaction_id: int, meter_wh: int) -> None:
        """Take a StartTransaction."""
        self.transaction_id = transaction_id
        self.energy_wh = self.register.take(meter_wh) or self.energy_wh

    def on_stop(self, transaction_id: int, meter_wh: int) -> None:
        """Take a StopTransaction; one of an older transaction only tells the register."""
        self.energy_wh = self.register.take(meter_wh) or self.energy_wh
        if transaction_id == self.transaction_id or self.transaction_id is None:
            self.transaction_id, self.soc_pct, self.phases = None, None, None
            self.power_w = 0.0

    def on_meter_values(
        self, connector_id: int, transaction_id: int | None, values: Iterable[Any]
    ) -> None:
        """Take MeterValues; a transaction not known yet is one that survived our restart."""
        if connector_id not in {WHOLE_CHARGER, CONNECTOR}:
            return
        if (
            transaction_id is not None
            and self.transaction_id is None
            and self.status
            in {
                None,
                ChargerStatus.CHARGING,
                ChargerStatus.SUSPENDED_EV,
                ChargerStatus.SUSPENDED_EVSE,
            }
        ):
            self.transaction_id = transaction_id
        sample = read_sample(values)
        self.power_w = sample.power_w if sample.power_w is not None else self.power_w
        self.energy_wh = self.register.take(sample.energy_wh) or self.energy_wh
        self.soc_pct = sample.soc_pct if sample.soc_pct is not None else self.soc_pct
        self.voltage_v = sample.voltage_v or self.voltage_v
        self.phases = sample.phases or self.phases
        self.sampled_s = self.clock.now_s()

    def reading(self) -> ChargerReading:
        """Return the present state; while charging it is as old as the last meter values."""
        now = self.clock.now_s()
        fresh_s = self.sampled_s if self.charging and self.sampled_s is not None else now
        in_force = self.limit_a if now < self.limit_until_s else None
        return ChargerReading(
            device_id=self.settings.device_id,
            time_s=fresh_s,
            power_w=self.power_w,
            energy_wh=self.energy_wh,
            status=self.status,
            limit_a=in_force,
            phases=self.phases,
            voltage_v=self.voltage_v,
            soc_pct=self.soc_pct,
            transaction_id=self.transaction_id,
        )
