"""Measured data replaces the physics; a bad file is refused in one sentence."""

from __future__ import annotations

import gzip
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from peerwatt.simulation.physics.house import SimHouse
from peerwatt.simulation.physics.spec import street_houses
from peerwatt.simulation.physics.weather import Weather
from peerwatt.simulation.replay import ReplayFault, ReplayOptions, load_replay, read_site

HEADER = "Timestamp,Generation_kW,Grid_Feed-In_kW,Grid_Supply_kW,Overall_Consumption_Calc_kW"
START_S = 1_781_813_700.0  # 2026-06-18 22:15 local time in Zurich
SITE = Path(__file__).parents[4] / "shared/data/household/site_a_2019_15min.csv.gz"


def lines(days: int = 3) -> list[str]:
    first = datetime(2019, 6, 18)
    rows = [HEADER]
    for k in range(96 * days):
        stamp = first + timedelta(minutes=15 * k)
        rows.append(f"{stamp},{k % 96 / 10:.3f},0.0,1.0,{1 + k % 4:.3f}")
    return rows


def written(tmp_path: Path, rows: list[str], name: str = "site.csv") -> Path:
    path = tmp_path / name
    text = "\n".join(rows) + "\n"
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["site.csv", "site.csv.gz"])
def test_replay_begins_at_the_same_wall_clock_time(tmp_path, name):
    path = written(tmp_path, lines(), name)
    options = ReplayOptions(start_day=date(2019, 6, 19))
    replay = load_replay(path, options, START_S)
    site = read_site(path)
    row = 96 + 22 * 4 + 1
    scale = replay.pv.mean_power_w(START_S, START_S + 15) / site.pv_kw[row]
    for k in range(20):
        at = START_S + 900 * k
        expected = site.pv_kw[(row + k) % len(site.pv_kw)] * scale
        assert replay.pv.mean_power_w(at, at + 15) == pytest.approx(expected)
        assert replay.pv.mean_power_w(at + 885, at + 900) == pytest.approx(expected)


def test_scaling_reaches_the_wished_energy(tmp_path):
    path = written(tmp_path, lines(4))
    replay = load_replay(path, ReplayOptions(4_500.0, 6_000.0, date(2019, 6, 18)), START_S)
    moments = [START_S + 900 * k for k in range(4 * 96)]
    load_kwh = sum(replay.load.mean_power_w(t, t + 900) for t in moments) / 4000
    pv_kwh = sum(replay.pv.mean_power_w(t, t + 900) for t in moments) / 4000
    assert load_kwh == pytest.approx(4_500 * 4 / 365)
    assert pv_kwh == pytest.approx(6_000 * 4 / 365)


def test_a_house_lives_on_measured_data(tmp_path):
    replay = load_replay(written(tmp_path, lines()), ReplayOptions(), START_S)
    sim = SimHouse(
        street_houses(1)[0], Weather(1), START_S, pv_source=replay.pv, load_source=replay.load
    )
    home_before = sim.counters.home_wh
    sim.step(START_S + 3600, 3600)
    expected = sum(
        replay.load.mean_power_w(START_S + 900 * k, START_S + 900 * k + 900) for k in range(4)
    )
    assert sim.counters.home_wh - home_before == pytest.approx(expected / 4)


def test_clock_changes_are_no_gap(tmp_path):
    rows = [HEADER]
    stamps = [datetime(2019, 3, 30) + timedelta(minutes=15 * k) for k in range(96 + 9)]
    stamps += [datetime(2019, 3, 31, 3, 15) + timedelta(minutes=15 * k) for k in range(40)]
    rows += [f"{stamp},1,0,0,1" for stamp in stamps]
    assert len(read_site(written(tmp_path, rows)).pv_kw) == len(stamps)


@pytest.mark.parametrize(
    ("line", "text", "names"),
    [
        (1, "Timestamp,Generation_kW", ("line 1", "Grid_Feed-In_kW")),
        (5, "2019-06-18 00:45:00,abc,0,0,1", ("line 5", "Generation_kW", "abc")),
        (6, "2019-06-18 01:00:00,1,0,0,-2", ("line 6", "Overall_Consumption_Calc_kW", "-2")),
        (7, "2019-06-18 01:15:00,nan,0,0,1", ("line 7", "Generation_kW")),
        (8, "yesterday,1,0,0,1", ("line 8", "Timestamp", "yesterday")),
        (9, "2019-06-18 05:00:00,1,0,0,1", ("line 9", "Timestamp", "15 minutes")),
        (9, "2019-06-18 01:45:00,1,0", ("line 9", "3 columns")),
    ],
)
def test_a_bad_file_is_refused_with_line_and_column(tmp_path, line, text, names):
    rows = lines()
    rows[line - 1] = text
    with pytest.raises(ReplayFault) as caught:
        load_replay(written(tmp_path, rows), ReplayOptions(), START_S)
    sentence = str(caught.value)
    assert all(name in sentence for name in names), sentence
    assert "\n" not in sentence


def test_other_bad_files_are_refused(tmp_path):
    with pytest.raises(ReplayFault, match="cannot be read"):
        read_site(tmp_path / "none.csv")
    broken = tmp_path / "broken.csv.gz"
    broken.write_bytes(b"no gzip")
    with pytest.raises(ReplayFault, match="cannot be read"):
        read_site(broken)
    with pytest.raises(ReplayFault, match="ends after 3 rows"):
        read_site(written(tmp_path, lines()[:4]))
    with pytest.raises(ReplayFault, match="has no 2021-01-01"):
        load_replay(written(tmp_path, lines()), ReplayOptions(start_day=date(2021, 1, 1)), START_S)


@pytest.mark.skipif(not SITE.exists(), reason="the shared data folder is not here")
def test_the_real_site_can_be_replayed_for_a_year():
    site = read_site(SITE)
    assert len(site.pv_kw) == 35_040
    replay = load_replay(SITE, ReplayOptions(), START_S)
    year = [START_S + 900 * k for k in range(35_040)]
    assert sum(replay.pv.mean_power_w(t, t + 1) for t in year) / 4000 == pytest.approx(6_000)
    assert sum(replay.load.mean_power_w(t, t + 1) for t in year) / 4000 == pytest.approx(4_500)
    noon = START_S - START_S % 86_400 + 11 * 3600 + 86_400
    assert replay.pv.mean_power_w(noon, noon + 1) > 200
