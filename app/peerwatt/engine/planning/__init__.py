"""Plans: what they are made from, when they are made, and what the house would cost otherwise."""

from .keeper import REPLAN_S, PlanKeeper
from .later import later_input
from .make import Planning
from .prospect import Known, Occasion, Prospect

__all__ = [
    "REPLAN_S",
    "Known",
    "Occasion",
    "PlanKeeper",
    "Planning",
    "Prospect",
    "later_input",
]
