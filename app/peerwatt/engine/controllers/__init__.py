"""The rules of the control cycle, in order of priority, over one frozen context."""

from .context import (
    AwardedWindow,
    Bands,
    BatteryLimits,
    ChargerLimits,
    Controller,
    CycleContext,
    MarketPosition,
    Memory,
)
from .decide import CONTROLLERS, CycleResult, decide, run_cycle

__all__ = [
    "CONTROLLERS",
    "AwardedWindow",
    "Bands",
    "BatteryLimits",
    "ChargerLimits",
    "Controller",
    "CycleContext",
    "CycleResult",
    "MarketPosition",
    "Memory",
    "decide",
    "run_cycle",
]
