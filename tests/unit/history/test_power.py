"""Powers come back on any grid, gaps as None, whatever resolution they are read from."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from peerwatt.history import History, PowerColumns, PowerSample, Retention
from peerwatt.history.tables import power_minute, power_quarter, power_sample

T0 = 1_780_000_200 // 900 * 900
T1 = T0 // 1800 * 1800
DAY = 86_400


def ramp(start_s: float, count: int, every_s: float = 1.0) -> list[PowerSample]:
    """Return samples whose grid power counts up from 0."""
    return [
        PowerSample(start_s + i * every_s, float(i), 2.0, -3.0, 4.0, 5.0, 50.0)
        for i in range(count)
    ]


def fill(history: History, samples: list[PowerSample]) -> None:
    for sample in samples:
        history.power.append(sample)


def rows(history: History, table: object) -> int:
    with history._database.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_what_was_appended_is_read_at_once(history: History) -> None:
    fill(history, ramp(T0, 3))
    assert history.power.power(T0, T0 + 5, 1) == PowerColumns(
        T0,
        1,
        (0.0, 1.0, 2.0, None, None),
        (2.0, 2.0, 2.0, None, None),
        (-3.0, -3.0, -3.0, None, None),
        (4.0, 4.0, 4.0, None, None),
        (5.0, 5.0, 5.0, None, None),
        (50.0, 50.0, 50.0, None, None),
    )
    assert history.power.last() == ramp(T0, 3)[-1]


def test_missing_values_stay_missing(history: History) -> None:
    fill(history, [PowerSample(T0, None, 1.0), PowerSample(T0 + 1, 2.0, None)])
    found = history.power.power(T0, T0 + 2, 1)
    assert (found.grid_w, found.pv_w, found.soc_pct) == ((None, 2.0), (1.0, None), (None, None))


def test_the_start_is_rounded_down_to_the_step(history: History) -> None:
    fill(history, ramp(T0, 60))
    found = history.power.power(T0 + 13.7, T0 + 35, 10)
    assert (found.start_s, found.grid_w) == (T0 + 10, (14.5, 24.5, 34.5))


@pytest.mark.parametrize(("start", "end", "step"), [(10, 10, 1), (20, 10, 1), (0, 10, 0)])
def test_an_empty_range_is_refused(history: History, start: int, end: int, step: int) -> None:
    with pytest.raises(ValueError, match="give an end after the start"):
        history.power.power(start, end, step)


def test_an_overlong_range_is_refused(history: History) -> None:
    with pytest.raises(ValueError, match="choose a larger step"):
        history.power.power(0, 1e6, 1)


def test_jitter_and_a_slow_cadence_leave_no_holes_but_an_outage_does(history: History) -> None:
    fill(history, [PowerSample(T0 + t, t) for t in (0.1, 1.1, 1.9, 3.1, 4.0)])
    fill(history, [PowerSample(T0 + t, t) for t in (300.0, 315.0, 330.0)])
    found = history.power.power(T0, T0 + 5, 1).grid_w
    assert found == (0.1, 1.9, 3.1, 3.1, 4.0)
    found = history.power.power(T0 + 290, T0 + 340, 10).grid_w
    assert found == (None, 300.0, 315.0, 330.0, 330.0)
    assert set(history.power.power(T0 + 5, T0 + 300, 1).grid_w) == {None}


def test_a_restart_is_not_filled(path: Path) -> None:
    history = History.open(path)
    history.power.append(PowerSample(T0, 1.0))
    history.close()
    history = History.open(path)
    history.power.append(PowerSample(T0 + 4, 2.0))
    assert history.power.power(T0, T0 + 5, 1).grid_w == (1.0, None, None, None, 2.0)
    history.close()


def test_a_batch_holds_five_seconds_at_most(history: History) -> None:
    for second in range(100):
        history.power.append(PowerSample(T0 + second, 1.0))
        assert len(history.power._waiting) <= 5
    for step in range(10):
        history.power.append(PowerSample(T0 + 100 + 15 * step, 1.0))
        assert len(history.power._waiting) <= 1


def expected(samples: list[PowerSample], start: int, end: int, step: int) -> list[float | None]:
    """Return the means that a plain loop finds."""
    cells: list[list[float]] = [[] for _ in range(math.ceil((end - start) / step))]
    for sample in samples:
        if start <= sample.time_s < end and sample.grid_w is not None:
            cells[int((sample.time_s - start) // step)].append(sample.grid_w)
    return [sum(cell) / len(cell) if cell else None for cell in cells]


@settings(max_examples=25)
@given(
    pieces=st.lists(st.tuples(st.integers(1, 1000), st.integers(61, 1000)), min_size=1, max_size=3),
    step=st.sampled_from([1, 6, 10, 60, 120, 300, 900, 1800]),
    restart=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_every_resolution_agrees_with_the_samples(
    tmp_path_factory: pytest.TempPathFactory,
    pieces: list[tuple[int, int]],
    step: int,
    restart: bool,
    seed: int,
) -> None:
    path = tmp_path_factory.mktemp("power") / "history.sqlite"
    history = History.open(path)
    values = random.Random(seed)
    samples: list[PowerSample] = []
    now = T1
    for length, gap in pieces:
        samples += [PowerSample(now + i, values.uniform(-5e3, 5e3)) for i in range(length)]
        now += length + gap
    half = len(samples) // 2
    fill(history, samples[:half])
    if restart:
        history.close()
        history = History.open(path)
    fill(history, samples[half:])
    end = T1 + math.ceil((now - T1) / 1800) * 1800
    found = history.power.power(T1, end, step).grid_w
    wanted = expected(samples, T1, end, step)
    history.close()
    assert [value is None for value in found] == [value is None for value in wanted]
    # Above minutes, minutes weigh alike, so that a partly measured one may shift a mean.
    if step <= 60 or all(length % 60 == 0 and gap % 60 == 0 for length, gap in pieces):
        assert [v for v in found if v is not None] == pytest.approx(
            [v for v in wanted if v is not None], abs=1e-6
        )


def test_minutes_and_quarters_hold_mean_extremes_and_energy(history: History) -> None:
    samples = [
        PowerSample(T0 + i, 600.0 if i % 2 else -1200.0, 3600.0, -360.0, 0.0, None, 40.0 + i / 900)
        for i in range(901)
    ]
    fill(history, samples)
    history.power.flush()
    with history._database.read() as connection:
        minute = connection.execute(select(power_minute)).mappings().all()
        quarter = connection.execute(select(power_quarter)).mappings().one()
    assert len(minute) == 15
    assert (minute[1]["grid_w_mean"], minute[1]["grid_w_min"], minute[1]["grid_w_max"]) == (
        -300.0,
        -1200.0,
        600.0,
    )
    assert minute[1]["pv_wh"] == pytest.approx(60.0)
    assert quarter["interval"] == T0 // 900
    assert quarter["samples"] == 900
    assert quarter["import_wh"] == pytest.approx(600 * 450 / 3600)
    # The very first sample stands for no known time.
    assert quarter["export_wh"] == pytest.approx(1200 * 449 / 3600)
    assert quarter["battery_charged_wh"] == pytest.approx(360 * 899 / 3600)
    assert quarter["battery_discharged_wh"] == 0
    assert quarter["home_w_mean"] is None
    assert quarter["home_wh"] is None
    totals = history.power.energy(T0, T0 + 900)
    assert (totals.pv_wh, totals.import_wh, totals.home_wh) == (899, 75, None)


def test_a_pause_is_not_counted_as_energy(history: History) -> None:
    fill(history, [PowerSample(T0 + t, 3600.0) for t in (0, 1, 2, 3600, 3601, 3700)])
    assert history.power.energy(T0, T0 + 3660).import_wh == 3


def test_an_engine_that_died_rolls_up_what_it_left(path: Path) -> None:
    history = History.open(path)
    fill(history, ramp(T0, 1000))
    history.close()
    history = History.open(path)
    fill(history, ramp(T0 + 1000, 1000))
    assert history.power.power(T0, T0 + 1800, 900).grid_w == pytest.approx(
        ((0 + 899) / 2, (sum(range(900, 1000)) + sum(range(800))) / 900)
    )
    assert rows(history, power_quarter) == 2
    history.close()


def test_a_clock_that_goes_back_replaces_and_rolls_up_again(history: History) -> None:
    fill(history, [PowerSample(T0 + i, 100.0) for i in range(2000)])
    fill(history, [PowerSample(T0 + i, 300.0) for i in range(2000)])
    for step in (1, 60, 900):
        found = history.power.power(T0, T0 + 1800, step).grid_w
        assert set(found) == {300.0}, step


def test_old_samples_go_and_minutes_then_quarters_answer_for_them(path: Path) -> None:
    history = History.open(path, Retention(second_days=1, minute_days=2))
    fill(history, [PowerSample(T1 + 60 * i, float(60 * i // DAY)) for i in range(4 * 1440 + 1)])
    now = T1 + 4 * DAY
    with history._database.read() as connection:
        oldest_sample = connection.execute(select(func.min(power_sample.c.time_ms))).scalar_one()
        oldest_minute = connection.execute(select(func.min(power_minute.c.minute))).scalar_one()
    assert 0 <= (now - DAY) - oldest_sample / 1000 <= 1800
    assert 0 <= (now - 2 * DAY) - oldest_minute * 60 <= 1800
    assert rows(history, power_quarter) == 4 * 96
    for step in (10, 60, 300, 900, 1800):
        found = history.power.power(T1, now + 60, step).grid_w[: (now - T1) // step]
        assert None not in found, step
        assert found[0] == 0.0
        assert found[len(found) // 2] == 2.0
        assert found[len(found) * 9 // 10] == 3.0
    history.close()


def test_a_wrong_clock_cannot_empty_the_table_at_once(history: History) -> None:
    fill(history, ramp(T0, 2 * 1440, 60.0))
    far = T0 + 400 * DAY
    fill(history, [PowerSample(far, 1.0), PowerSample(far + 60, 1.0)])
    assert rows(history, power_sample) >= 2 * 1440 - 2 * 360
