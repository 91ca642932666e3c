"""What forecasts learned, how they did, and the car's visits."""

from __future__ import annotations

import json

from sqlalchemy import delete, insert, select

from .database import Database
from .records import ChargingVisit, ForecastScore, StoredModel
from .tables import charging_session, forecast_model, forecast_score

KEPT_MODELS = 3


class ForecastStore:
    """Models, daily scores and visits. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_model(self, model: StoredModel) -> None:
        """Store what was learned; the last few are kept."""
        row = {
            "trained_s": model.trained_s, "learned_from": model.learned_from, "body": model.body,
        }  # fmt: skip
        newest = select(forecast_model.c.trained_s).order_by(forecast_model.c.trained_s.desc())
        with self._database.write() as connection:
            connection.execute(insert(forecast_model).prefix_with("OR REPLACE"), row)
            kept = connection.execute(newest.limit(KEPT_MODELS)).scalars().all()
            connection.execute(delete(forecast_model).where(forecast_model.c.trained_s < min(kept)))

    def model(self) -> StoredModel | None:
        """Return the newest model."""
        query = select(forecast_model).order_by(forecast_model.c.trained_s.desc()).limit(1)
        with self._database.read() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else StoredModel(**row)

    def put_scores(self, scores: list[ForecastScore]) -> None:
        """Store a day's scores in place of those it had."""
        rows = [
            {**{name: getattr(one, name) for name in ForecastScore.__slots__},
             "coverage": json.dumps(one.coverage)}
            for one in scores
        ]  # fmt: skip
        if rows:
            with self._database.write() as connection:
                connection.execute(insert(forecast_score).prefix_with("OR REPLACE"), rows)

    def scores(self, since_day: str) -> list[ForecastScore]:
        """Return all scores from a day (ISO) on, oldest first."""
        query = select(forecast_score).where(forecast_score.c.day >= since_day)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(forecast_score.c.day)).mappings().all()
        return [
            ForecastScore(**{**row, "coverage": tuple(json.loads(row["coverage"]))}) for row in rows
        ]

    def put_visit(self, visit: ChargingVisit) -> None:
        """Store a visit of the car, or its newer end."""
        row = {name: getattr(visit, name) for name in ChargingVisit.__slots__}
        with self._database.write() as connection:
            connection.execute(insert(charging_session).prefix_with("OR REPLACE"), row)

    def visits(self) -> list[ChargingVisit]:
        """Return all visits, oldest first."""
        query = select(charging_session).order_by(charging_session.c.plugged_s)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [ChargingVisit(**row) for row in rows]
