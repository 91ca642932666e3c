"""Problems in, plans out: the command line's planner with its own forecasts."""

from .service import PlanService, serve

__all__ = ["PlanService", "serve"]
