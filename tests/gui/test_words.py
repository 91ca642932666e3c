"""Numbers, times and marks as they are said."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import QLocale

from peerwatt.api.base import ChainValue, TrustMark
from peerwatt.gui import words

ZURICH = ZoneInfo("Europe/Zurich")
SUMMER_S = 1_781_786_100.0  # 14:35 in Zurich


@pytest.fixture(autouse=True)
def english() -> object:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
    yield
    QLocale.setDefault(before)


@pytest.mark.parametrize(
    ("power_w", "said"),
    [
        (None, ("–", "")),
        (0.0, ("0", "W")),
        (-0.4, ("0", "W")),
        (49.6, ("50", "W")),
        (999.4, ("999", "W")),
        (999.6, ("1.0", "kW")),
        (-3240.0, ("3.2", "kW")),
        (11_000.0, ("11.0", "kW")),
    ],
)
def test_power(power_w: float | None, said: tuple[str, str]) -> None:
    assert words.power(power_w) == said


@pytest.mark.parametrize(
    ("energy_wh", "said"),
    [(None, "–"), (0, "0.0"), (62, "0.06"), (994, "0.99"), (996, "1.0"), (12_440, "12.4"),
     (99_960, "100"), (4_120_300, "4,120")],
)  # fmt: skip
def test_energy(energy_wh: int | None, said: str) -> None:
    assert words.energy(energy_wh).number == said


@pytest.mark.parametrize(
    ("micro", "signed", "said"),
    [(1_240_000, False, "1.24"), (-1_240_000, False, "1.24"), (-1_240_000, True, "−1.24"),
     (91_000, True, "+0.09"), (4_000, True, "0.00"), (-4_000, True, "0.00"), (None, True, "–"),
     (5_000, True, "0.00"), (15_000, False, "0.02")],
)  # fmt: skip
def test_money(micro: int | None, signed: bool, said: str) -> None:
    assert words.money(micro, "EUR", signed).number == said


def test_the_sign_of_a_bill_is_a_word() -> None:
    assert words.earned_or_cost(-1_240_000) == "earned"
    assert words.earned_or_cost(310_000) == "cost"
    assert words.earned_or_cost(3_000) == "even"


def test_price() -> None:
    assert str(words.price(100_000)) == "10.0\u00a0ct/kWh"
    assert words.price(142_499).number == "14.2"


def test_numbers_follow_the_locale() -> None:
    QLocale.setDefault(QLocale(QLocale.Language.German, QLocale.Country.Germany))
    assert words.power(3240).number == "3,2"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59.4, "59 s"), (60, "1 min"), (59 * 60 + 40, "1 h"), (7800, "2 h 10 min"),
     (3 * 86_400, "3 days"), (-5, "0 s")],
)  # fmt: skip
def test_duration(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


def test_countdown() -> None:
    assert words.countdown(754) == "12:34"
    assert words.countdown(3723) == "1:02:03"
    assert words.countdown(-1) == "0:00"


def test_times_are_local() -> None:
    assert words.clock(SUMMER_S, ZURICH) == "14:35"
    assert words.clock(SUMMER_S, ZoneInfo("UTC")) == "12:35"
    assert words.day(SUMMER_S, ZURICH) == "Thu 18 June"
    assert words.day_and_clock(SUMMER_S - 86_400, ZURICH, SUMMER_S) == "17 Jun, 14:35"


def test_a_mark_says_block_and_age() -> None:
    value = ChainValue(
        value=1, mark=TrustMark.VERIFIED, block_number=1204, block_time_s=int(SUMMER_S) - 3
    )
    assert words.mark_sentence(value, SUMMER_S) == "verified, block 1\u202f204, 3 s ago"
    unread = ChainValue(value=None, mark=TrustMark.UNVERIFIED)
    assert words.mark_sentence(unread, SUMMER_S) == "not verified yet"


def test_hashes_are_shortened() -> None:
    assert words.short_hash("0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf") == "0x7E5F…5Bdf"
    assert words.short_hash(None) == "–"
