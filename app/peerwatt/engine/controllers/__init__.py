"""The rules of the control cycle, in order of priority, over one frozen context."""

from .context import (
    Asked,
    AwardedWindow,
    Bands,
    BatteryLimits,
    CarState,
    ChargerLimits,
    Controller,
    CycleContext,
    MarketPosition,
    Memory,
)
from .decide import CONTROLLERS, CycleResult, run_cycle

__all__ = [
    "CONTROLLERS",
    "Asked",
    "AwardedWindow",
    "Bands",
    "BatteryLimits",
    "CarState",
    "ChargerLimits",
    "Controller",
    "CycleContext",
    "CycleResult",
    "MarketPosition",
    "Memory",
    "run_cycle",
]
