"""What a power in W means in the registers of models 124 (storage), 123 and 704 (output limit).

Pure functions. Offsets come from the models' definitions; the order of the writes follows the
devices reference, section 2.3: the revert timer first, then the values, the switch last.
"""

from __future__ import annotations

import math

from ...model.ports import DeviceFault
from .borrow import Program, Write
from .codec import Block, encode_number

STORAGE_SWITCH = "StorCtl_Mod"
LIMIT_SWITCHES = ("WMaxLim_Ena", "WMaxLimPctEna")
SWITCHES = (STORAGE_SWITCH, *LIMIT_SWITCHES)

CHARGE_AND_DISCHARGE = 0b11
FROM_GRID = 1
ON = 1
LEAST_LIMIT_PCT = 1.0
"""0 % sends some inverters to standby, from where they do not return (OpenEMS clamps the same)."""
DEADBAND = 0.005
"""Share of the rating below which a change is not worth a write."""


def storage_program(block: Block, power_w: float, window_s: float) -> Program:
    """Force the battery's power (+ discharge, - charge) through model 124.

    StorCtl_Mod limits charging (bit 0) to InWRte and discharging (bit 1) to OutWRte, both in % of
    WChaMax. A negative limit of one direction is a forced flow in the other, so that the window
    [-InWRte, OutWRte] closes on one value: charge at x is OutWRte = -x, InWRte = x. Raises
    DeviceFault when the battery tells no rating or does not implement the rates.
    """
    rating = block.number("WChaMax")
    exponent = block.exponent("OutWRte")
    if not rating or rating < 0 or exponent is None:
        raise DeviceFault("The battery tells no charging rating (WChaMax), so nothing can be set.")
    if block.raw("OutWRte") is None or block.raw("InWRte") is None:
        raise DeviceFault("The battery does not implement charge and discharge rates (model 124).")
    percent = _toward_zero(min(100.0, max(-100.0, 100.0 * power_w / rating)), exponent)
    writes = [*_timer(block, "InOutWRte_RvrtTms", window_s, "uint16")]
    if percent < 0 and block.raw("ChaGriSet") not in {None, FROM_GRID}:
        writes.append(Write((("ChaGriSet", (FROM_GRID,)),)))
    writes.append(
        Write(
            (
                ("OutWRte", tuple(encode_number(percent, "int16", exponent))),
                ("InWRte", tuple(encode_number(-percent, "int16", exponent))),
            )
        )
    )
    writes.append(Write(((STORAGE_SWITCH, (CHARGE_AND_DISCHARGE,)),)))
    return Program(
        model_id=124,
        switch=STORAGE_SWITCH,
        timer=_timer_name(block, "InOutWRte_RvrtTms"),
        writes=tuple(writes),
        power_w=percent / 100.0 * rating,
        deadband_w=DEADBAND * rating,
    )


def limit_program(block: Block, power_w: float, rated_w: float | None, window_s: float) -> Program:
    """Limit an inverter's output to ``power_w`` through model 704 or 123.

    Raises DeviceFault when the inverter tells no rating or does not implement the limit.
    """
    exponent = block.exponent("WMaxLimPct")
    if not rated_w or rated_w < 0:
        raise DeviceFault("The inverter tells no rated power, so its limit cannot be set in %.")
    if exponent is None:
        raise DeviceFault("The inverter tells no scale factor for its output limit.")
    wished = min(100.0, max(LEAST_LIMIT_PCT, 100.0 * power_w / rated_w))
    percent = _toward_zero(wished, exponent)
    raw = tuple(encode_number(percent, "uint16", exponent))
    if block.model.model_id == 704:
        timer, kind, switch = "WMaxLimPctRvrtTms", "uint32", "WMaxLimPctEna"
        writes = [*_fallback_704(block, exponent), *_timer(block, timer, window_s, kind)]
    else:
        timer, kind, switch = "WMaxLimPct_RvrtTms", "uint16", "WMaxLim_Ena"
        writes = [*_timer(block, timer, window_s, kind)]
    writes += [Write((("WMaxLimPct", raw),)), Write(((switch, (ON,)),))]
    return Program(
        model_id=block.model.model_id,
        switch=switch,
        timer=_timer_name(block, timer),
        writes=tuple(writes),
        power_w=percent / 100.0 * rated_w,
        deadband_w=DEADBAND * rated_w,
    )


def _fallback_704(block: Block, exponent: int) -> list[Write]:
    """Define what model 704 falls back to before there is anything to fall back from."""
    if block.raw("WMaxLimPctRvrt") is None or block.raw("WMaxLimPctEnaRvrt") is None:
        return []
    full = tuple(encode_number(100.0, "uint16", exponent))
    return [Write((("WMaxLimPctRvrt", full), ("WMaxLimPctEnaRvrt", (0,))))]


def _timer_name(block: Block, name: str) -> str | None:
    return name if block.raw(name) is not None else None


def _timer(block: Block, name: str, window_s: float, kind: str) -> list[Write]:
    if _timer_name(block, name) is None:
        return []
    seconds = min(max(1, math.ceil(window_s)), 0xFFFE)
    return [Write(((name, tuple(encode_number(seconds, kind))),))]


def _toward_zero(percent: float, exponent: int) -> float:
    """Round to the device's resolution, never past the wish."""
    step = 10.0**exponent
    return math.trunc(percent / step + math.copysign(1e-9, percent)) * step
