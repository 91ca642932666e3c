"""From SunSpec blocks to the model's inverter and battery readings; pure functions.

Which model speaks for what, in order of preference: 701/713/714 (the IEEE 1547-2018 set), then
the float models 111-113, then the integer models 101-103 (devices reference, section 2.1).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from .codec import Block, Value
from .walker import Key

AC_MODELS = (701, 113, 112, 111, 103, 102, 101)
LIVE_MODELS = (160, 714, 713, 124, 704, 123)
"""Read at every poll beside the AC model."""
CONSTANT_MODELS = (120, 121, 702)
NEEDED: Mapping[int, Sequence[str]] = {
    701: ("W", "InvSt", "St", "TotWhInj", "TotWhAbs", "LNV", "Hz"),
}
"""Points wanted of models too long for one request."""

PLAUSIBLE = 1.3
"""AC power above this share of the rating is a scale factor slip, not a value (reference 2.4)."""

STORAGE = re.compile(r"(?i)^\s*(?:st(?:or\w*)?[\W_]*(?:dis)?cha|bat)")
DISCHARGE = re.compile(r"(?i)dis[\W_]*cha")
PV_PORT, STORAGE_PORT = 0, 1


@dataclass(frozen=True, slots=True)
class Flows:
    """DC side of an inverter: W and cumulative Wh; battery + discharge."""

    pv_w: float | None = None
    pv_wh: float | None = None
    has_storage: bool = False
    battery_w: float | None = None
    charged_wh: float | None = None
    discharged_wh: float | None = None


@dataclass(frozen=True, slots=True)
class InverterValues:
    """Everything an inverter's blocks tell, in our signs; ``None`` where it tells nothing."""

    ac_w: float | None = None
    rated_w: float | None = None
    state: str | None = None
    limit_pct: float | None = None
    flows: Flows = Flows()
    soc_pct: float | None = None
    capacity_wh: float | None = None
    max_charge_w: float | None = None
    max_discharge_w: float | None = None

    @property
    def has_battery(self) -> bool:
        """Whether a battery shows in any model."""
        return self.flows.has_storage or self.soc_pct is not None


def read_values(blocks: Mapping[Key, Block]) -> InverterValues:
    """Interpret the blocks of one inverter."""
    one = {key[0]: block for key, block in blocks.items() if key[1] == 0}
    ac = next((one[model] for model in AC_MODELS if model in one), None)
    rated = rated_power(one)
    ac_w = _plausible(ac.number("W") if ac else None, rated)
    charge, discharge = _rates(one)
    return InverterValues(
        ac_w=ac_w,
        rated_w=rated,
        state=_state(ac),
        limit_pct=limit_in_force(one),
        flows=_flows(one, ac, ac_w),
        soc_pct=_soc(one),
        capacity_wh=_first(_number(one, 713, "WHRtg"), _number(one, 120, "WHRtg")),
        max_charge_w=charge,
        max_discharge_w=discharge,
    )


def rated_power(one: Mapping[int, Block]) -> float | None:
    """Return the power that 100 % of a limit means: the setting WMax, else the nameplate."""
    return _first(
        _number(one, 702, "WMax"),
        _number(one, 121, "WMax"),
        _number(one, 702, "WMaxRtg"),
        _number(one, 120, "WRtg"),
    )


def limit_in_force(one: Mapping[int, Block]) -> float | None:
    """Return the output limit, %; a limit is one when enabled and below 100 %.

    Some inverters leave the factory with the limit enabled at 100 % (reference 2.4, Kostal).
    """
    for model, enable in ((704, "WMaxLimPctEna"), (123, "WMaxLim_Ena")):
        block = one.get(model)
        if block is None or block.raw(enable) != 1:
            continue
        percent = block.number("WMaxLimPct")
        if percent is not None and percent < 100:
            return percent
    return None


def _flows(one: Mapping[int, Block], ac: Block | None, ac_w: float | None) -> Flows:
    if 160 in one:
        found = mppt_flows(one[160].repeats(("IDStr", "DCW", "DCWH")))
    elif 714 in one:
        found = port_flows(one[714].repeats(("PrtTyp", "IDStr", "DCW", "DCWhInj", "DCWhAbs")))
    else:
        found = Flows()
    if found.pv_w is None and not found.has_storage and 713 not in one and ac_w is not None:
        # Without a DC side to read, what leaves a battery-less inverter is what the sun gives;
        # its own need at night is load, not negative sun.
        energy = _energy(ac)
        return replace(found, pv_w=max(0.0, ac_w), pv_wh=found.pv_wh or energy)
    return found


def _energy(ac: Block | None) -> float | None:
    if ac is None:
        return None
    return ac.number("TotWhInj" if ac.model.model_id == 701 else "WH")


def mppt_flows(modules: Sequence[Mapping[str, Value]]) -> Flows:
    """Sum the trackers of model 160; storage shows as a charging and a discharging tracker.

    An input without a value is one that is not wired and counts as nothing; with no value at all
    there is none.
    """
    storage = [module for module in modules if STORAGE.match(str(module["IDStr"] or ""))]
    solar = [module for module in modules if module not in storage]
    giving = [module for module in storage if DISCHARGE.search(str(module["IDStr"]))]
    taking = [module for module in storage if module not in giving]
    out_w, in_w = _sum(giving, "DCW"), _sum(taking, "DCW")
    known = out_w is not None or in_w is not None
    return Flows(
        pv_w=_sum(solar, "DCW"),
        pv_wh=_sum(solar, "DCWH"),
        has_storage=bool(storage),
        battery_w=(out_w or 0.0) - (in_w or 0.0) if known else None,
        charged_wh=_sum(taking, "DCWH"),
        discharged_wh=_sum(giving, "DCWH"),
    )


def port_flows(ports: Sequence[Mapping[str, Value]]) -> Flows:
    """Sum the ports of model 714: type 0 is PV, type 1 a storage system; + is into the inverter."""
    solar = [port for port in ports if port["PrtTyp"] == PV_PORT]
    storage = [port for port in ports if port["PrtTyp"] == STORAGE_PORT]
    return Flows(
        pv_w=_sum(solar, "DCW"),
        pv_wh=_sum(solar, "DCWhInj"),
        has_storage=bool(storage),
        battery_w=_sum(storage, "DCW"),
        charged_wh=_sum(storage, "DCWhAbs"),
        discharged_wh=_sum(storage, "DCWhInj"),
    )


def _sum(items: Sequence[Mapping[str, Value]], name: str) -> float | None:
    values = [value for item in items if isinstance(value := item[name], int | float)]
    return float(sum(values)) if values else None


def _soc(one: Mapping[int, Block]) -> float | None:
    soc = _first(_number(one, 713, "SoC"), _number(one, 124, "ChaState"))
    return soc if soc is not None and 0 <= soc <= 100 else None


def _rates(one: Mapping[int, Block]) -> tuple[float | None, float | None]:
    """Return the greatest charging and discharging power, W."""
    base = _number(one, 124, "WChaMax")
    charge = _first(base, _number(one, 702, "WChaRteMax"), _number(one, 120, "MaxChaRte"))
    discharge = _first(_number(one, 702, "WDisChaRteMax"), _number(one, 120, "MaxDisChaRte"), base)
    if base is not None and discharge is not None:
        discharge = min(discharge, base)  # model 124 can only ask for up to 100 % of WChaMax
    return charge, discharge


def _state(ac: Block | None) -> str | None:
    if ac is None:
        return None
    if ac.model.model_id == 701:
        return ac.symbol("InvSt") or ac.symbol("St")
    return ac.symbol("St")


def _plausible(power_w: float | None, rated_w: float | None) -> float | None:
    if power_w is None or not rated_w:
        return power_w
    return power_w if abs(power_w) <= PLAUSIBLE * rated_w else None


def _number(one: Mapping[int, Block], model: int, name: str) -> float | None:
    block = one.get(model)
    return block.number(name) if block is not None else None


def _first(*values: float | None) -> float | None:
    """Return the first value that is there and not zero; ratings of 0 mean "not told"."""
    there = [value for value in values if value is not None]
    return next((value for value in there if value), there[0] if there else None)
