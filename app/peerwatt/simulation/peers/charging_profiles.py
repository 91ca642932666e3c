"""Which current limit charging profiles set at a moment: OCPP 1.6 section 3.13, pure functions.

Of the profiles of one purpose the highest stack level that says something wins; a transaction's
own profile replaces the default one; the charge point's maximum caps the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

CHARGE_POINT_MAX = "ChargePointMaxProfile"
TX_DEFAULT = "TxDefaultProfile"
TX = "TxProfile"
PERIOD_S = {"Daily": 86_400.0, "Weekly": 7 * 86_400.0}


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start_s`` after the schedule's start on: a limit in A per phase."""

    start_s: float
    limit_a: float


@dataclass(frozen=True, slots=True)
class Profile:
    """One charging profile with its limits already in ampere."""

    profile_id: int
    stack_level: int
    purpose: str
    kind: str
    periods: tuple[Period, ...]
    installed_s: float
    duration_s: float | None = None
    start_s: float | None = None
    recurrency: str | None = None
    valid_from_s: float | None = None
    valid_to_s: float | None = None
    transaction_id: int | None = None

    def limit_at(self, time_s: float, transaction_start_s: float | None) -> float | None:
        """Return the limit at a moment, ``None`` where the profile says nothing."""
        if self.valid_from_s is not None and time_s < self.valid_from_s:
            return None
        if self.valid_to_s is not None and time_s >= self.valid_to_s:
            return None
        into_s = time_s - self._origin_s(time_s, transaction_start_s)
        if into_s < 0 or (self.duration_s is not None and into_s >= self.duration_s):
            return None
        passed = [period for period in self.periods if period.start_s <= into_s]
        return passed[-1].limit_a if passed else None

    def _origin_s(self, time_s: float, transaction_start_s: float | None) -> float:
        """Return when the schedule began.

        A relative schedule, and one without a start, begins with the transaction, or when it
        was installed if the transaction was already running.
        """
        if self.kind == "Recurring" and self.start_s is not None and self.recurrency in PERIOD_S:
            period_s = PERIOD_S[self.recurrency]
            return time_s - (time_s - self.start_s) % period_s
        if self.kind == "Absolute" and self.start_s is not None:
            return self.start_s
        return max(self.installed_s, transaction_start_s or self.installed_s)


def composite_limit_a(
    profiles: Iterable[Profile], time_s: float, transaction_start_s: float | None
) -> float | None:
    """Return the current limit in force, A per phase; ``None`` where no profile applies."""
    best: dict[str, tuple[int, float]] = {}
    for profile in profiles:
        limit = profile.limit_at(time_s, transaction_start_s)
        if limit is not None and (
            profile.purpose not in best or profile.stack_level > best[profile.purpose][0]
        ):
            best[profile.purpose] = (profile.stack_level, limit)
    chosen = best.get(TX) or best.get(TX_DEFAULT)
    limits = [entry[1] for entry in (chosen, best.get(CHARGE_POINT_MAX)) if entry is not None]
    return min(limits) if limits else None


def parse_profile(raw: Mapping[str, Any], now_s: float, phases: int, voltage_v: float) -> Profile:
    """Read a ``csChargingProfiles`` object (snake case). Raises ValueError when it is unusable."""
    schedule = raw["charging_schedule"]
    per_ampere = 1.0 if schedule["charging_rate_unit"] == "A" else phases * voltage_v
    periods = tuple(
        Period(float(p["start_period"]), float(p["limit"]) / per_ampere)
        for p in schedule["charging_schedule_period"]
    )
    if not periods or any(p.limit_a < 0 for p in periods):
        raise ValueError("a charging schedule needs at least one period with a limit of 0 or more")
    duration = schedule.get("duration")
    return Profile(
        profile_id=int(raw["charging_profile_id"]),
        stack_level=int(raw["stack_level"]),
        purpose=str(raw["charging_profile_purpose"]),
        kind=str(raw["charging_profile_kind"]),
        periods=tuple(sorted(periods, key=lambda period: period.start_s)),
        installed_s=now_s,
        duration_s=None if duration is None else float(duration),
        start_s=_seconds(schedule.get("start_schedule")),
        recurrency=raw.get("recurrency_kind"),
        valid_from_s=_seconds(raw.get("valid_from")),
        valid_to_s=_seconds(raw.get("valid_to")),
        transaction_id=raw.get("transaction_id"),
    )


def cleared(
    profiles: Iterable[Profile],
    profile_id: int | None,
    purpose: str | None,
    stack_level: int | None,
) -> list[Profile]:
    """Return the profiles that stay after ClearChargingProfile with these criteria."""
    if profile_id is not None:
        return [p for p in profiles if p.profile_id != profile_id]
    return [
        p
        for p in profiles
        if (purpose is not None and p.purpose != purpose)
        or (stack_level is not None and p.stack_level != stack_level)
    ]


def iso_time(time_s: float) -> str:
    """Return a moment as OCPP writes it."""
    moment = datetime.fromtimestamp(time_s, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
