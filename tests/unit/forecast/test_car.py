"""The car's habits: from nothing, from one session, by weekday, over the clock change."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.forecast.car import ChargingSession, learn_car

ZONE = "Europe/Zurich"
PLACE = ZoneInfo(ZONE)
MONDAY = date(2025, 2, 3)


def at(day: date, hours: float) -> float:
    wall = datetime(day.year, day.month, day.day) + timedelta(hours=hours)
    return wall.replace(tzinfo=PLACE).timestamp()


def clock(time_s: float) -> tuple[date, float]:
    wall = datetime.fromtimestamp(time_s, PLACE)
    return wall.date(), wall.hour + wall.minute / 60


def weeks(count: int) -> list[ChargingSession]:
    """Working days 17:30 to 7:00, 12 kWh; Saturdays 13:00 to 20:00, 5 kWh; no Sundays."""
    found = []
    for back in range(7 * count):
        day = MONDAY + timedelta(days=back)
        if day.weekday() < 5:
            found.append(ChargingSession(at(day, 17.5), at(day, 31.0), 12_000))
        elif day.weekday() == 5:
            found.append(ChargingSession(at(day, 13.0), at(day, 20.0), 5_000))
    return found


def test_without_any_session_what_is_usual() -> None:
    visit = learn_car([], ZONE).visit(MONDAY)
    assert 0.3 < visit.chance < 0.9
    assert clock(visit.arrival_s[1]) == (MONDAY, 18.0)
    assert clock(visit.departure_s[1])[0] == MONDAY + timedelta(days=1)
    assert list(visit.energy_wh) == sorted(visit.energy_wh)


def test_the_first_session_counts() -> None:
    habits = learn_car([ChargingSession(at(MONDAY, 9), at(MONDAY, 15), 7_000)], ZONE)
    visit = habits.visit(MONDAY + timedelta(days=7))
    assert clock(visit.arrival_s[1]) == (MONDAY + timedelta(days=7), 9.0)
    assert visit.energy_wh[1] == 7_000


def test_weekdays_and_weekends() -> None:
    habits = learn_car(weeks(6), ZONE, at(MONDAY, 24 * 42))
    tuesday, saturday, sunday = (MONDAY + timedelta(days=42 + d) for d in (1, 5, 6))
    assert clock(habits.visit(tuesday).arrival_s[1]) == (tuesday, 17.5)
    assert clock(habits.visit(tuesday).departure_s[1])[1] == 7.0
    assert clock(habits.visit(saturday).arrival_s[1]) == (saturday, 13.0)
    assert habits.visit(saturday).energy_wh[1] == 5_000
    assert habits.visit(tuesday).chance > 0.9
    assert habits.visit(sunday).chance < 0.5


def test_over_the_clock_change() -> None:
    habits = learn_car(weeks(7), ZONE)
    saturday = date(2025, 3, 29)
    friday = saturday - timedelta(days=1)
    for day, hour in ((friday, 17.5), (saturday + timedelta(days=2), 17.5)):
        assert clock(habits.visit(day).arrival_s[1]) == (day, hour)
    sunday_night = habits.visit(saturday + timedelta(days=3)).departure_s[1]
    assert clock(sunday_night)[1] == 7.0


def test_a_car_that_is_here() -> None:
    habits = learn_car(weeks(5), ZONE)
    day = MONDAY + timedelta(days=36)
    now = at(day, 20)
    leaves = habits.departure(at(day, 17.5), now)
    assert clock(leaves[1]) == (day + timedelta(days=1), 7.0)
    assert habits.need_wh(at(day, 17.5), 4_000)[1] == 8_000
    late = habits.departure(at(day, 17.5), at(day, 40))
    assert all(t > at(day, 40) for t in late)


def test_a_touched_plug_is_no_visit() -> None:
    short = [ChargingSession(at(MONDAY, 9), at(MONDAY, 9.05), 0)]
    assert learn_car(short, ZONE) == learn_car([], ZONE)


@settings(max_examples=40)
@given(
    sessions=st.lists(
        st.tuples(st.integers(0, 400 * 24), st.floats(-2, 200), st.integers(-5, 90_000)),
        max_size=15,
    ),
    ahead=st.integers(-30, 500),
    until=st.none() | st.integers(0, 500 * 24),
)
def test_always_an_answer(
    sessions: list[tuple[int, float, int]], ahead: int, until: int | None
) -> None:
    start = at(MONDAY, 0)
    given_ = [
        ChargingSession(start + h * 3600, start + (h + length) * 3600, wh)
        for h, length, wh in sessions
    ]
    habits = learn_car(given_, ZONE, None if until is None else start + until * 3600)
    visit = habits.visit(MONDAY + timedelta(days=ahead))
    assert 0 <= visit.chance <= 1
    for values in (visit.arrival_s, visit.departure_s, visit.energy_wh):
        assert list(values) == sorted(values)
    for arrive, leave in zip(visit.arrival_s, visit.departure_s, strict=True):
        assert leave > arrive
    assert min(visit.energy_wh) >= 0
    now = start + 3600 * 24 * (ahead + 40)
    assert all(t >= now for t in habits.departure(now - 7_200, now))
