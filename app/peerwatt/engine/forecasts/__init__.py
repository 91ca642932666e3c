"""Forecasts of the house: trained beside the loop, asked at each interval, scored each day."""

from .service import ForecastService

__all__ = ["ForecastService"]
