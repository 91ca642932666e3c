"""What cars and batteries need and can do, from their readings and the settings."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from peerwatt.config.settings import OcppDevice, SiteSettings
from peerwatt.forecast.car import CarHabits
from peerwatt.model.plan import BatteryState, EvNeed
from peerwatt.model.readings import BatteryReading, ChargerReading
from peerwatt.model.snapshot import Snapshot

DEFAULT_CAPACITY_WH = 10_000
DEFAULT_BATTERY_W = 5_000.0


class Needs:
    """Remembers when each car was plugged in and what its register said then."""

    def __init__(self, settings: SiteSettings) -> None:
        self._settings = settings
        self._zone = ZoneInfo(settings.location.timezone)
        self._session: dict[str, tuple[float, int]] = {}
        """Charger -> (when, its energy register) when the car was plugged in."""
        self.habits: CarHabits | None = None

    def present(self, snapshot: Snapshot) -> tuple[str, ...]:
        """Return the chargers at which a car stands."""
        readings = snapshot.fresh_of(ChargerReading)
        return tuple(reading.device_id for reading in readings if reading.car_present)

    def battery(self, snapshot: Snapshot) -> BatteryState | None:
        """Return what the planner knows of the battery; ``None`` without a state of charge."""
        found = [r for r in snapshot.fresh_of(BatteryReading) if r.soc_pct is not None]
        if not found:
            return None
        reading = found[0]
        return BatteryState(
            device_id=reading.device_id,
            capacity_wh=reading.capacity_wh or DEFAULT_CAPACITY_WH,
            soc_pct=reading.soc_pct or 0.0,
            reserve_pct=self._settings.battery.reserve_pct,
            max_charge_w=reading.max_charge_w or DEFAULT_BATTERY_W,
            max_discharge_w=reading.max_discharge_w or DEFAULT_BATTERY_W,
            efficiency_one_way=self._settings.battery.efficiency_one_way,
        )

    def cars(self, snapshot: Snapshot) -> tuple[EvNeed, ...]:
        """Return what the cars that are plugged in still need, by their departure."""
        chargers = {d.device_id: d for d in self._settings.devices if isinstance(d, OcppDevice)}
        found = []
        for reading in snapshot.fresh_of(ChargerReading):
            device = chargers.get(reading.device_id)
            if not reading.car_present or device is None:
                self._session.pop(reading.device_id, None)
                continue
            energy = self._missing_wh(reading, snapshot.time_s)
            if energy <= 0:
                continue
            per_ampere = device.phases * device.voltage_v
            least = device.min_current_a * device.voltage_v
            if not (device.phase_switching and device.phases == 3):
                least *= device.phases
            leaves_s = self._leaves_s(reading.device_id, snapshot.time_s)
            most = device.max_current_a * per_ampere
            found.append(EvNeed(reading.device_id, energy, leaves_s, most, least))
        return tuple(found)

    def _missing_wh(self, reading: ChargerReading, now_s: float) -> int:
        """Energy up to the wished charge, or up to the wished energy of this plug-in."""
        car = self._settings.car
        if reading.soc_pct is not None:
            return round((car.full_soc_pct - reading.soc_pct) / 100 * car.capacity_wh)
        if reading.energy_wh is None:
            return car.target_energy_wh
        begun_s, begun = self._session.setdefault(reading.device_id, (now_s, reading.energy_wh))
        charged = reading.energy_wh - begun
        wanted = car.target_energy_wh - charged
        if car.learn_habits and self.habits is not None and self.habits.samples:
            wanted = max(wanted, round(self.habits.need_wh(begun_s, charged)[1]))
        return wanted

    def _leaves_s(self, device_id: str, now_s: float) -> float:
        ready_s = self.next_departure_s(now_s)
        if not self._settings.car.learn_habits or self.habits is None or not self.habits.samples:
            return ready_s
        plugged_s = self._session.get(device_id, (now_s, 0))[0]
        # The early tenth: a car that leaves before it was expected must be ready too.
        early_s = self.habits.departure(plugged_s, now_s)[0]
        return min(ready_s, max(early_s, now_s + 900.0))

    def next_departure_s(self, now_s: float) -> float:
        """Return the next time at which the car must be ready (local time of the settings)."""
        hour, minute = (int(part) for part in self._settings.car.ready_by_local.split(":"))
        now = datetime.fromtimestamp(now_s, self._zone)
        ready = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
        return (ready if ready > now else ready + timedelta(days=1)).timestamp()
