"""Digital twins: Mealy tables, their input symbols and the hash-chained log of what happened."""

from .house import BY_KIND, HOUSE, HouseTwins
from .runner import TwinLogFault, TwinRunner
from .tables import BATTERY, CHARGER, HOUSEHOLD, INVERTER, MACHINES, METER

__all__ = [
    "BATTERY",
    "BY_KIND",
    "CHARGER",
    "HOUSE",
    "HOUSEHOLD",
    "INVERTER",
    "MACHINES",
    "METER",
    "HouseTwins",
    "TwinLogFault",
    "TwinRunner",
]
