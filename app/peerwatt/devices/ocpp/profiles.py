"""From a wished power to a charging profile that expires by itself; pure functions.

Rules: IEC 61851-1 (6 A is the least a car charges with; less means pause) and OCPP 1.6 edition 2,
sections 3.13 and 7.8 (a transaction's TxProfile goes before the TxDefaultProfile; an absolute
schedule ends after its duration).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from ocpp.v16 import datatypes, enums

TX_PROFILE_ID = 7001
TX_DEFAULT_PROFILE_ID = 7002
CLOCK_MARGIN_S = 5
"""The schedule begins this long ago, so that a charger whose clock lags obeys at once."""


@dataclass(frozen=True, slots=True)
class CurrentRange:
    """What charger and installation allow, A per phase, and the charger's resolution."""

    min_a: float
    max_a: float
    step_a: float = 0.1


def current_for(power_w: float, phases: int, voltage_v: float, allowed: CurrentRange) -> float:
    """Return the current per phase for a power: rounded down, 0 below the least current."""
    wished = max(0.0, power_w) / (phases * voltage_v)
    steps = math.floor(min(wished, allowed.max_a) / allowed.step_a + 1e-6)
    current = round(steps * allowed.step_a, 1)
    return current if current >= allowed.min_a else 0.0


def timestamp(time_s: float) -> str:
    """Return a Unix second as OCPP writes it: ISO 8601, UTC, Z."""
    return datetime.fromtimestamp(int(time_s), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def profile(
    current_a: float,
    now_s: float,
    window_s: float,
    transaction_id: int | None,
    stack_level: int = 0,
    phases: int | None = None,
) -> datatypes.ChargingProfile:
    """Return the profile that limits each phase to ``current_a`` for ``window_s`` seconds.

    ``phases`` (1 or 3) asks a charger that can switch for a number of phases (section 7.8,
    numberPhases); ``None`` leaves it to the charger.
    """
    purposes = enums.ChargingProfilePurposeType
    running = transaction_id is not None
    return datatypes.ChargingProfile(
        charging_profile_id=TX_PROFILE_ID if running else TX_DEFAULT_PROFILE_ID,
        transaction_id=transaction_id,
        stack_level=stack_level,
        charging_profile_purpose=purposes.tx_profile if running else purposes.tx_default_profile,
        charging_profile_kind=enums.ChargingProfileKindType.absolute,
        charging_schedule=datatypes.ChargingSchedule(
            duration=math.ceil(window_s) + CLOCK_MARGIN_S,
            start_schedule=timestamp(now_s - CLOCK_MARGIN_S),
            charging_rate_unit=enums.ChargingRateUnitType.amps,
            charging_schedule_period=[
                datatypes.ChargingSchedulePeriod(
                    start_period=0, limit=current_a, number_phases=phases
                )
            ],
        ),
    )
