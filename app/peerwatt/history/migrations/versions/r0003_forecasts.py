"""Forecasts: what was learned, how it did each day, and when the car was there."""

from __future__ import annotations

import sqlalchemy as sa

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of the forecasts."""
    from alembic import op

    op.create_table(
        "forecast_model",
        sa.Column("trained_s", sa.Float, primary_key=True),
        sa.Column("learned_from", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "forecast_score",
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("quantity", sa.Text, primary_key=True),
        sa.Column("method", sa.Text, primary_key=True),
        sa.Column("stage", sa.Text, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("mae_w", sa.Float, nullable=False),
        sa.Column("bias_w", sa.Float, nullable=False),
        sa.Column("crps_w", sa.Float, nullable=False),
        sa.Column("coverage", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "charging_session",
        sa.Column("device_id", sa.Text, primary_key=True),
        sa.Column("plugged_s", sa.Float, primary_key=True),
        sa.Column("unplugged_s", sa.Float, nullable=False),
        sa.Column("energy_wh", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
