"""An inverter of the newer SunSpec family (IEEE 1547-2018): models 701 to 704 and 713.

Model 160 is there too, because 701 alone cannot tell PV from battery. Sign in 701: + injects.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..physics.controls import OutputLimit, PowerSetpoint
from ..physics.house import SimHouse
from .electrical import balanced, frequency_hz, voltages_v
from .inverter_models import mppt_model, mppt_values, storage_capacity, storage_capacity_values
from .sunspec_device import Changes, Identity, SunSpecDevice
from .sunspec_layout import Model, Value

THREE_PHASE = 2
OFF, SLEEPING, RUNNING, THROTTLED, STANDBY = 0, 1, 3, 4, 7
MAX_W, FIXED_W = 1, 2
"""Bits of CtrlModes in 702 and of ThrotSrc in 701."""
PERCENT, WATTS = 0, 1
"""WSetMod."""


class DerDevice(SunSpecDevice):
    """Registers of a hybrid inverter of the 700 series."""

    def __init__(self, house: SimHouse) -> None:
        spec = house.spec
        identity = Identity("Aare Energy", "DER-10H", "3.2.0", f"AE{spec.seed:08d}")
        self._ac = Model.build(
            701,
            {
                "A_SF": -2,
                "V_SF": -1,
                "Hz_SF": -3,
                "W_SF": 0,
                "PF_SF": -3,
                "VA_SF": 0,
                "Var_SF": 0,
                "TotWh_SF": 0,
                "Tmp_SF": -1,
            },
            ACType=THREE_PHASE,
            Alrm=0,
            DERMode=1,
            PF=1.0,
            Var=0,
        )
        self._mppt = mppt_model(spec.battery is not None)
        self._control = control_model()
        models = [identity.common(), self._mppt, self._ac, _capacity(house), _enter_service()]
        models.append(self._control)
        self._storage = storage_capacity(spec.battery) if spec.battery else None
        if self._storage is not None:
            models.append(self._storage)
        super().__init__(house, models)

    def refresh(self) -> None:
        """Fill all models from the house."""
        self._ac.update(self._ac_values())
        self._mppt.update(mppt_values(self.house))
        self._control.update(self._control_values())
        if self._storage is not None and self.house.battery is not None:
            self._storage.update(storage_capacity_values(self.house.battery))

    def accept(self, changes: Changes) -> bool:
        """Hand writes of model 704 to the house."""
        written = changes.get(704, {})
        for name in ("WMaxLimPct", "WMaxLimPctRvrt"):
            value = written.get(name, 0.0)
            if value is None or not 0.0 <= value <= 100.0:
                return False
        limit, setpoint = self.house.inverter.limit, self.house.inverter.setpoint
        now_s = self.house.time_s
        if any(name.startswith("WMaxLim") for name in written):
            _accept_limit(limit, written)
            limit.touch(now_s)
        if any(name.startswith("WSet") for name in written):
            _accept_setpoint(setpoint, written, self.house.spec.inverter_rating_w)
            setpoint.touch(now_s)
        return True

    def _ac_values(self) -> dict[str, Value]:
        house, flows = self.house, self.house.flows
        ac = balanced(flows.ac_w, voltages_v(house.time_s, house.spec.seed))
        connected = house.inverter.connected
        values: dict[str, Value] = {
            "St": int(connected),
            "InvSt": _state(house),
            "ConnSt": int(connected),
            "W": flows.ac_w,
            "VA": abs(flows.ac_w),
            "A": sum(ac.currents_a),
            "LLV": ac.line_v,
            "LNV": ac.phase_v,
            "Hz": frequency_hz(house.time_s),
            "TotWhInj": int(house.counters.ac_out_wh),
            "TotWhAbs": int(house.counters.ac_in_wh),
            "TmpCab": 28.0 + 22.0 * abs(flows.ac_w) / house.spec.inverter_rating_w,
            "ThrotPct": 100 if not flows.throttled else 100 * flows.pv_w / flows.pv_available_w,
            "ThrotSrc": MAX_W if flows.throttled else 0,
        }
        for i, volts in enumerate(ac.voltages_v, start=1):
            values[f"WL{i}"] = ac.powers_w[i - 1]
            values[f"AL{i}"] = ac.currents_a[i - 1]
            values[f"VL{i}"] = volts
        return values

    def _control_values(self) -> dict[str, Value]:
        limit, setpoint = self.house.inverter.limit, self.house.inverter.setpoint
        now_s, rating_w = self.house.time_s, self.house.spec.inverter_rating_w
        return {
            "WMaxLimPctEna": int(limit.enabled),
            "WMaxLimPct": limit.pct,
            "WMaxLimPctRvrt": limit.fallback_pct,
            "WMaxLimPctEnaRvrt": int(limit.fallback_enabled),
            "WMaxLimPctRvrtTms": int(limit.timer.timeout_s),
            "WMaxLimPctRvrtRem": int(limit.timer.remaining_s(now_s)),
            "WSetEna": int(setpoint.enabled),
            "WSetMod": WATTS,
            "WSet": setpoint.power_w,
            "WSetRvrt": setpoint.fallback_w,
            "WSetPct": 100.0 * setpoint.power_w / rating_w,
            "WSetPctRvrt": 100.0 * setpoint.fallback_w / rating_w,
            "WSetEnaRvrt": int(setpoint.fallback_enabled),
            "WSetRvrtTms": int(setpoint.timer.timeout_s),
            "WSetRvrtRem": int(setpoint.timer.remaining_s(now_s)),
        }


def control_model() -> Model:
    """Return model 704 (AC controls): limit of active power and active power set point."""
    return Model.build(
        704,
        {"PF_SF": -3, "WMaxLimPct_SF": -1, "WSet_SF": 0, "WSetPct_SF": -1},
        PFWInjEna=0,
        PFWAbsEna=0,
        VarSetEna=0,
        AntiIslEna=1,
    )


def _capacity(house: SimHouse) -> Model:
    """Return model 702 (capacity ratings and settings)."""
    rating, battery = house.spec.inverter_rating_w, house.spec.battery
    model = Model.build(
        702,
        {"W_SF": 0, "PF_SF": -3, "VA_SF": 0, "Var_SF": 0, "V_SF": 0, "A_SF": -1},
        WMaxRtg=rating,
        VAMaxRtg=rating,
        VNomRtg=230,
        AMaxRtg=rating / 230.0,
        CtrlModes=MAX_W | FIXED_W,
        WMax=rating,
        VAMax=rating,
        VNom=230,
    )
    if battery is not None:
        for suffix in ("Rtg", ""):
            model.set(f"WChaRteMax{suffix}", battery.max_charge_w)
            model.set(f"WDisChaRteMax{suffix}", battery.max_discharge_w)
    return model


def _enter_service() -> Model:
    """Return model 703 (enter service)."""
    return Model.build(
        703,
        {"V_SF": -1, "Hz_SF": -2},
        ES=1,
        ESVHi=105.0,
        ESVLo=91.7,
        ESHzHi=50.1,
        ESHzLo=49.9,
        ESDlyTms=60,
        ESRndTms=0,
        ESRmpTms=60,
        ESDlyRemTms=0,
    )


def _accept_limit(limit: OutputLimit, written: Mapping[str, float | None]) -> None:
    """Take over the written points of the WMaxLimPct group."""
    limit.enabled = bool(_or(written.get("WMaxLimPctEna"), limit.enabled))
    limit.pct = _or(written.get("WMaxLimPct"), limit.pct)
    limit.fallback_pct = _or(written.get("WMaxLimPctRvrt"), limit.fallback_pct)
    limit.fallback_enabled = bool(_or(written.get("WMaxLimPctEnaRvrt"), limit.fallback_enabled))
    limit.timer.timeout_s = _or(written.get("WMaxLimPctRvrtTms"), limit.timer.timeout_s)


def _accept_setpoint(
    setpoint: PowerSetpoint, written: Mapping[str, float | None], rating_w: float
) -> None:
    """Take over the written points of the WSet group; percent is of the rating."""
    percent, percent_back = written.get("WSetPct"), written.get("WSetPctRvrt")
    if percent is not None:
        setpoint.power_w = rating_w * percent / 100.0
    if percent_back is not None:
        setpoint.fallback_w = rating_w * percent_back / 100.0
    if "WSet" in written and written.get("WSetMod", WATTS) == WATTS:
        setpoint.power_w = _or(written["WSet"], setpoint.power_w)
    if "WSetRvrt" in written:
        setpoint.fallback_w = _or(written["WSetRvrt"], setpoint.fallback_w)
    setpoint.enabled = bool(_or(written.get("WSetEna"), setpoint.enabled))
    setpoint.fallback_enabled = bool(_or(written.get("WSetEnaRvrt"), setpoint.fallback_enabled))
    setpoint.timer.timeout_s = _or(written.get("WSetRvrtTms"), setpoint.timer.timeout_s)


def _or(value: float | None, present: float) -> float:
    """Return what was written, or what was there."""
    return present if value is None else value


def _state(house: SimHouse) -> int:
    """Return InvSt of model 701."""
    flows = house.flows
    if not house.inverter.connected:
        return STANDBY
    if flows.throttled:
        return THROTTLED
    return RUNNING if flows.pv_w > 0.5 or abs(flows.battery_w) > 0.5 else SLEEPING
