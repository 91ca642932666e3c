"""Inverters of the older SunSpec families: models 103 or 113, 120 to 124 and 160.

With a battery it is a hybrid inverter as the GEN24 shows itself: model 160 has one module per
PV string, then one that counts charging (``StCha``) and one that counts discharging
(``StDisCha``), and model 124 steers the battery.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..physics.controls import CHARGE_LIMITED, DISCHARGE_LIMITED
from ..physics.house import SimHouse
from .electrical import balanced, frequency_hz, voltages_v
from .inverter_models import (
    basic_settings,
    control_model,
    mppt_model,
    mppt_values,
    nameplate,
    operating_state,
    status_model,
    storage_capacity,
    storage_capacity_values,
    storage_model,
)
from .sunspec_device import Changes, Identity, SunSpecDevice
from .sunspec_layout import Model, Value

AC_SCALE_FACTORS = {
    "A_SF": -2,
    "V_SF": -1,
    "W_SF": 0,
    "Hz_SF": -2,
    "VA_SF": 0,
    "VAr_SF": 0,
    "PF_SF": -2,
    "WH_SF": 0,
    "DCW_SF": 0,
    "Tmp_SF": -1,
}


class InverterDevice(SunSpecDevice):
    """Registers of a PV or hybrid inverter with integer (103) or float (113) AC values."""

    def __init__(self, house: SimHouse) -> None:
        spec = house.spec
        hybrid = spec.battery is not None
        name = "Hybrid 8.0" if hybrid else "Solar 5.5"
        identity = Identity("Jura Solar", name, "1.39.5", f"JS{spec.seed:08d}")
        floats = spec.inverter_family == "float"
        self._ac = Model.build(113 if floats else 103, {} if floats else AC_SCALE_FACTORS)
        self._ac.update({"Evt1": 0, "Evt2": 0, "PF": 100, "VAr": 0})
        models = [
            identity.common(),
            self._ac,
            nameplate(spec),
            basic_settings(spec),
            status_model(),
            control_model(),
        ]
        if spec.battery is not None:
            models += [storage_model(spec.battery), storage_capacity(spec.battery)]
        models.append(mppt_model(hybrid))
        super().__init__(house, models)

    def refresh(self) -> None:
        """Fill all models from the house."""
        self._ac.update(self._ac_values())
        self._set(122, self._status_values())
        self._set(123, self._control_values())
        self._set(160, mppt_values(self.house))
        if self.house.battery is not None:
            self._set(124, self._storage_values())
            self._set(713, storage_capacity_values(self.house.battery))

    def accept(self, changes: Changes) -> bool:
        """Hand writes of models 123 and 124 to the house."""
        limits, storage = changes.get(123, {}), changes.get(124, {})
        if not (_limits_valid(limits) and _storage_valid(storage)):
            return False
        now_s = self.house.time_s
        if limits:
            self._accept_limits(limits, now_s)
        if storage:
            self._accept_storage(storage, now_s)
        return True

    def _set(self, model_id: int, values: Mapping[str, Value]) -> None:
        model = self.map.model(model_id)
        if model is not None:
            model.update(values)

    def _ac_values(self) -> dict[str, Value]:
        house, flows = self.house, self.house.flows
        ac = balanced(flows.ac_w, voltages_v(house.time_s, house.spec.seed))
        current = abs(ac.currents_a[0])
        values: dict[str, Value] = {
            "A": 3 * current,
            "W": flows.ac_w,
            "VA": abs(flows.ac_w),
            "Hz": frequency_hz(house.time_s),
            "WH": int(house.counters.ac_out_wh),
            "DCW": flows.ac_w,
            "TmpCab": 28.0 + 22.0 * abs(flows.ac_w) / house.spec.inverter_rating_w,
            "St": operating_state(house),
        }
        for phase, volts in zip("ABC", ac.voltages_v, strict=True):
            values[f"Aph{phase}"] = current
            values[f"PhVph{phase}"] = volts
        return values

    def _status_values(self) -> dict[str, Value]:
        house, inverter = self.house, self.house.inverter
        running = 0b111 if inverter.connected else 0
        return {
            "PVConn": running,
            "StorConn": running if house.battery else 0,
            "ECPConn": int(inverter.connected),
            "ActWh": int(house.counters.ac_out_wh),
            "StActCtl": int(inverter.limit.enabled),
        }

    def _control_values(self) -> dict[str, Value]:
        limit = self.house.inverter.limit
        return {
            "Conn": int(self.house.inverter.connected),
            "WMaxLimPct": limit.pct,
            "WMaxLimPct_RvrtTms": int(limit.timer.timeout_s),
            "WMaxLim_Ena": int(limit.enabled),
        }

    def _storage_values(self) -> dict[str, Value]:
        storage, battery = self.house.inverter.storage, self.house.battery
        if battery is None:
            return {}
        return {
            "StorCtl_Mod": storage.mode,
            "MinRsvPct": storage.reserve_pct,
            "ChaState": battery.soc_pct,
            "ChaSt": _charge_status(battery.soc_pct, self.house.flows.battery_w),
            "OutWRte": storage.discharge_pct,
            "InWRte": storage.charge_pct,
            "InOutWRte_RvrtTms": int(storage.timer.timeout_s),
            "ChaGriSet": int(storage.grid_charging),
        }

    def _accept_limits(self, written: Mapping[str, float | None], now_s: float) -> None:
        inverter, limit = self.house.inverter, self.house.inverter.limit
        inverter.connected = bool(written.get("Conn", inverter.connected))
        limit.pct = _or(written.get("WMaxLimPct"), limit.pct)
        limit.enabled = bool(_or(written.get("WMaxLim_Ena"), limit.enabled))
        limit.timer.timeout_s = _or(written.get("WMaxLimPct_RvrtTms"), limit.timer.timeout_s)
        limit.touch(now_s)

    def _accept_storage(self, written: Mapping[str, float | None], now_s: float) -> None:
        storage = self.house.inverter.storage
        storage.mode = int(_or(written.get("StorCtl_Mod"), storage.mode))
        storage.discharge_pct = _or(written.get("OutWRte"), storage.discharge_pct)
        storage.charge_pct = _or(written.get("InWRte"), storage.charge_pct)
        storage.reserve_pct = _or(written.get("MinRsvPct"), storage.reserve_pct)
        storage.grid_charging = bool(_or(written.get("ChaGriSet"), storage.grid_charging))
        storage.timer.timeout_s = _or(written.get("InOutWRte_RvrtTms"), storage.timer.timeout_s)
        storage.touch(now_s)


def _or(value: float | None, present: float) -> float:
    """Return what was written, or what was there."""
    return present if value is None else value


def _within(written: Mapping[str, float | None], name: str, low: float, high: float) -> bool:
    """Return whether a written point is absent or inside its range."""
    if name not in written:
        return True
    value = written[name]
    return value is not None and low <= value <= high


def _limits_valid(written: Mapping[str, float | None]) -> bool:
    return (
        _within(written, "WMaxLimPct", 0, 100)
        and _within(written, "WMaxLim_Ena", 0, 1)
        and _within(written, "Conn", 0, 1)
    )


def _storage_valid(written: Mapping[str, float | None]) -> bool:
    return (
        _within(written, "StorCtl_Mod", 0, CHARGE_LIMITED | DISCHARGE_LIMITED)
        and _within(written, "OutWRte", -100, 100)
        and _within(written, "InWRte", -100, 100)
        and _within(written, "MinRsvPct", 0, 100)
        and _within(written, "ChaGriSet", 0, 1)
    )


def _charge_status(soc_pct: float, power_w: float) -> int:
    """Return ChaSt of model 124."""
    if power_w > 1.0:
        return 3
    if power_w < -1.0:
        return 4
    if soc_pct >= 99.5:
        return 5
    return 2 if soc_pct <= 0.5 else 6
