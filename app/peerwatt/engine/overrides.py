"""The owner's overrides: what is in force, until when, and how a command changes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from peerwatt.api.messages import (
    Command,
    DeclineRequest,
    OverrideView,
    PauseMarket,
    SetBattery,
    SetCar,
)


@dataclass(frozen=True, slots=True)
class Overrides:
    """Overrides with their expiry (Unix seconds); ``auto`` means none."""

    car: str = "auto"
    car_until_s: float = 0.0
    battery: str = "auto"
    battery_until_s: float = 0.0
    market_paused: bool = False
    declined_requests: tuple[int, ...] = ()

    def at(self, now_s: float) -> Overrides:
        """Return what is still in force at ``now_s``."""
        car = self if self.car_until_s > now_s else replace(self, car="auto", car_until_s=0.0)
        if self.battery_until_s > now_s:
            return car
        return replace(car, battery="auto", battery_until_s=0.0)

    def changed_by(self, command: Command, now_s: float) -> Overrides:
        """Return the overrides after an owner's command; others leave them as they are."""
        match command:
            case SetCar(mode=mode, minutes=minutes):
                until = 0.0 if mode == "auto" else now_s + 60.0 * minutes
                return replace(self, car=mode, car_until_s=until)
            case SetBattery(mode=mode, minutes=minutes):
                until = 0.0 if mode == "auto" else now_s + 60.0 * minutes
                return replace(self, battery=mode, battery_until_s=until)
            case PauseMarket(paused=paused):
                return replace(self, market_paused=paused)
            case DeclineRequest(request_id=request_id):
                declined = {*self.declined_requests, request_id}
                return replace(self, declined_requests=tuple(sorted(declined)))
            case _:
                return self

    def view(self) -> OverrideView:
        """Return the section of the API."""
        return OverrideView.model_validate(
            {
                "car": self.car,
                "car_until_s": self.car_until_s or None,
                "battery": self.battery,
                "battery_until_s": self.battery_until_s or None,
                "market_paused": self.market_paused,
                "declined_requests": self.declined_requests,
            }
        )

    @classmethod
    def restored(cls, fields: Mapping[str, object] | None) -> Overrides:
        """Return overrides from a stored :meth:`view`, so that a restart keeps the wishes."""
        if not fields:
            return cls()
        view = OverrideView.model_validate(fields)
        return cls(
            view.car,
            view.car_until_s or 0.0,
            view.battery,
            view.battery_until_s or 0.0,
            view.market_paused,
            view.declined_requests,
        )
