"""The optimisation over the next hours and the reasons for each action."""

from .document import plan_from_json
from .inputs import PlanInput, PlanInputFault, PlanResult, StepInput
from .plan import make_plan, solve_plan

__all__ = [
    "PlanInput",
    "PlanInputFault",
    "PlanResult",
    "StepInput",
    "make_plan",
    "plan_from_json",
    "solve_plan",
]
