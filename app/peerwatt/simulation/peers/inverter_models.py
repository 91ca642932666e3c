"""Models that all simulated inverters share, built once from the house's nameplates."""

from __future__ import annotations

from ..physics.battery import Battery
from ..physics.house import SimHouse
from ..physics.spec import BatterySpec, HouseSpec
from .sunspec_layout import Model, Value

DER_PV, DER_PV_STORAGE = 4, 82
OFF, SLEEPING, MPPT, THROTTLED, STANDBY = 1, 2, 4, 5, 8
STRING_V = 620.0
BATTERY_V = 400.0


def nameplate(spec: HouseSpec) -> Model:
    """Return model 120 (nameplate ratings)."""
    rating, battery = spec.inverter_rating_w, spec.battery
    names = ("WRtg", "VARtg", "VArRtg", "ARtg", "PFRtg", "WHRtg", "MaxChaRte", "MaxDisChaRte")
    scale_factors = dict.fromkeys((f"{name}_SF" for name in names), 0)
    scale_factors |= {"ARtg_SF": -2, "PFRtg_SF": -2, "WRtg_SF": 1, "VARtg_SF": 1}
    model = Model.build(120, scale_factors, WRtg=rating, VARtg=rating, ARtg=rating / 690.0)
    model.set("DERTyp", DER_PV_STORAGE if battery else DER_PV)
    for quadrant, sign in (("Q1", 1), ("Q2", 1), ("Q3", -1), ("Q4", -1)):
        model.set(f"VArRtg{quadrant}", sign * 0.6 * rating)
        model.set(f"PFRtg{quadrant}", sign * 0.8)
    if battery is not None:
        model.set("WHRtg", battery.capacity_wh)
        model.set("MaxChaRte", battery.max_charge_w)
        model.set("MaxDisChaRte", battery.max_discharge_w)
    return model


def basic_settings(spec: HouseSpec) -> Model:
    """Return model 121 (basic settings)."""
    rating = spec.inverter_rating_w
    return Model.build(
        121,
        {"WMax_SF": 1, "VRef_SF": 0, "VRefOfs_SF": 0, "VAMax_SF": 1},
        WMax=rating,
        VRef=230,
        VRefOfs=0,
        VAMax=rating,
    )


def status_model() -> Model:
    """Return model 122 (measurements and status)."""
    return Model.build(122, StSetLimMsk=0, RtSt=0)


def control_model() -> Model:
    """Return model 123 (immediate controls): output limit and connection."""
    return Model.build(
        123,
        {"WMaxLimPct_SF": -2, "OutPFSet_SF": -2, "VArPct_SF": 0},
        OutPFSet=1.0,
        OutPFSet_Ena=0,
        VArPct_Ena=0,
    )


def storage_model(battery: BatterySpec) -> Model:
    """Return model 124 (basic storage controls)."""
    return Model.build(
        124,
        {
            "WChaMax_SF": 0,
            "WChaDisChaGra_SF": 0,
            "MinRsvPct_SF": -2,
            "ChaState_SF": -2,
            "InBatV_SF": -1,
            "InOutWRte_SF": -2,
        },
        WChaMax=battery.max_charge_w,
        WChaGra=100,
        WDisChaGra=100,
        InBatV=BATTERY_V,
    )


def storage_capacity(battery: BatterySpec) -> Model:
    """Return model 713 (storage capacity)."""
    return Model.build(713, {"WH_SF": 1, "Pct_SF": -1}, WHRtg=battery.capacity_wh, SoH=97.0, Sta=0)


def storage_capacity_values(battery: Battery) -> dict[str, Value]:
    """Return what changes in model 713."""
    return {"WHAvail": battery.energy_wh, "SoC": battery.soc_pct}


def mppt_model(hybrid: bool) -> Model:
    """Return model 160 with two PV strings and, in a hybrid, two battery modules."""
    names = ["MPPT 1", "MPPT 2"] + (["StCha 3", "StDisCha 4"] if hybrid else [])
    model = Model.build(
        160,
        {"DCA_SF": -2, "DCV_SF": -1, "DCW_SF": 0, "DCWH_SF": 0},
        {"module": len(names)},
        Evt=0,
        N=len(names),
    )
    for index, name in enumerate(names):
        model.update(
            {
                f"module[{index}].ID": index + 1,
                f"module[{index}].IDStr": name,
                f"module[{index}].DCV": BATTERY_V if index >= 2 else STRING_V,
                f"module[{index}].DCEvt": 0,
            }
        )
    return model


def mppt_values(house: SimHouse) -> dict[str, Value]:
    """Return what changes in model 160."""
    flows, counters = house.flows, house.counters
    share = house.spec.pv.first_string_share if house.spec.pv else 1.0
    first_wh = int(counters.pv_wh * share)
    modules = [
        (flows.pv_w * share, first_wh, STRING_V),
        (flows.pv_w * (1.0 - share), int(counters.pv_wh) - first_wh, STRING_V),
    ]
    if house.battery is not None:
        modules.append((max(0.0, -flows.battery_w), int(counters.charge_wh), BATTERY_V))
        modules.append((max(0.0, flows.battery_w), int(counters.discharge_wh), BATTERY_V))
    state = operating_state(house)
    values: dict[str, Value] = {}
    for index, (power_w, energy_wh, volts) in enumerate(modules):
        values[f"module[{index}].DCW"] = power_w
        values[f"module[{index}].DCA"] = power_w / volts
        values[f"module[{index}].DCWH"] = energy_wh
        values[f"module[{index}].DCSt"] = state
    return values


def operating_state(house: SimHouse) -> int:
    """Return the operating state of models 103, 113 and 160."""
    flows = house.flows
    if not house.inverter.connected:
        return STANDBY
    if flows.throttled:
        return THROTTLED
    if flows.pv_w > 0.5 or abs(flows.battery_w) > 0.5:
        return MPPT
    return SLEEPING
