"""How good the forecasts are, for the window."""

from __future__ import annotations

from collections.abc import Sequence

from peerwatt.api.messages import ForecastScoreView, ForecastView
from peerwatt.engine.forecasts import ForecastService
from peerwatt.forecast.score import BANDS, STAGES, Score
from peerwatt.model.units import INTERVALS_PER_DAY


def forecast_view(service: ForecastService) -> ForecastView:
    """Return what forecasts rest on and how they did."""
    return ForecastView(
        learned_s=service.trained_s,
        learned_days=round(service.learned_from / INTERVALS_PER_DAY, 1),
        weather=service.weather.sentence,
        scores=tuple(_rows(service.scores.shown())),
    )


def _rows(scores: Sequence[Score]) -> list[ForecastScoreView]:
    found = []
    for quantity in ("pv", "load"):
        for stage, _, _ in STAGES:
            here = [s for s in scores if (s.quantity, s.stage) == (quantity, stage)]
            ours = next((s for s in here if s.method == BANDS), None)
            if ours is None:
                continue
            best = min(here, key=lambda s: s.mae_w)
            found.append(
                ForecastScoreView.model_validate(
                    {
                        "quantity": quantity,
                        "stage": stage,
                        "error_w": round(ours.mae_w, 1),
                        "bias_w": round(ours.bias_w, 1),
                        "crps_w": round(ours.crps_w, 1),
                        "best": best.method,
                        "best_error_w": round(best.mae_w, 1),
                    }
                )
            )
    return found
