"""Answers problems given as JSON: a whole document, or one a line for as long as lines come."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from typing import Any, TextIO

from peerwatt.planner.answer import answer, by_rule
from peerwatt.planner.document import plan_from_json
from peerwatt.planner.inputs import PlanInputFault
from peerwatt.planner.problem import house_from

from .continued import Continued

log = logging.getLogger(__name__)


class PlanService:
    """Plans problems one after the other, keeping what can be used again."""

    def __init__(self) -> None:
        self._own: Any = None
        self._continued = Continued()

    def plan(self, document: object, reasons: bool = True) -> dict[str, Any]:
        """Return the plan of a problem. Raises PlanInputFault, which names the field."""
        if isinstance(document, dict) and "intervals" in document:
            return plan_from_json(document)
        house = house_from(document)
        options = document.get("options") if isinstance(document, dict) else None
        options = options if isinstance(options, dict) else {}
        history = document.get("history") if isinstance(document, dict) else None
        if history is not None:
            house = self._with_forecast(house, history, options.get("forecast"))
        house = self._continued.apply(house)
        found = answer(house, bool(options.get("reasons", reasons)))
        self._continued.keep(house, found)
        return found

    def line(self, text: str) -> dict[str, Any]:
        """Return the answer to one line; a line that cannot be planned gets a sentence."""
        found: object = None
        try:
            found = json.loads(text)
            return _tagged(self.plan(found, reasons=False), found)
        except PlanInputFault as fault:
            return _tagged({"status": "Error", "field": fault.field, "error": str(fault)}, found)
        except ValueError as fault:
            return {"status": "Error", "field": "line", "error": f"line: is no JSON ({fault})"}
        except Exception as fault:
            log.exception("a problem could not be planned")
            return _tagged(self._last_resort(found, fault), found)

    def _with_forecast(self, house: Any, history: object, wish: object) -> Any:
        """Return the house with its own forecast, where that is wished or says more."""
        from .own_forecast import OwnForecast, repeats_yesterday

        if wish == "given" or (wish != "own" and not repeats_yesterday(house, history)):
            return house
        if self._own is None:
            self._own = OwnForecast()
        return self._own.apply(house, history)

    def _last_resort(self, document: object, fault: Exception) -> dict[str, Any]:
        try:
            return {**by_rule(house_from(document)), "error": repr(fault)}
        except Exception:
            return {"status": "Error", "field": "document", "error": repr(fault)}


def _tagged(found: dict[str, Any], document: object) -> dict[str, Any]:
    """Return the answer with the problem's ``id``, if it has one."""
    if isinstance(document, dict) and "id" in document:
        return {**found, "id": document["id"]}
    return found


def serve(lines: Iterable[str], out: TextIO) -> None:
    """Answer each line with one line until the input ends; empty lines are passed over."""
    service = PlanService()
    for text in lines:
        if text.strip():
            out.write(json.dumps(service.line(text), allow_nan=False) + "\n")
            out.flush()
