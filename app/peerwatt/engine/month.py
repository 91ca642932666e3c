"""What this calendar month has drawn from the grid so far, for tiers and the charge on peaks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from peerwatt.model.units import INTERVAL_S, interval_at

from .forecasts.past import Past


@dataclass(frozen=True, slots=True)
class Month:
    """Energy bought and the highest mean power of a quarter-hour."""

    imported_kwh: float
    peak_kw: float


def month_so_far(past: Past, now_s: float, timezone: str) -> Month:
    """Return the sums of the local month that holds an instant."""
    now = datetime.fromtimestamp(now_s, ZoneInfo(timezone))
    begin = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    rows = past.recent(interval_at(begin.timestamp()))
    net = [row.import_wh - row.export_wh for row in rows]
    peak = max(net, default=0) * 3600 / INTERVAL_S / 1000
    return Month(sum(row.import_wh for row in rows) / 1000, max(peak, 0.0))
