"""Settings come back as they were saved; what cannot be used is named in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from peerwatt.config.settings import (
    BatterySettings,
    OcppDevice,
    SettingsFault,
    SiteSettings,
    SunSpecDevice,
    load_settings,
    save_settings,
)

METER = {"protocol": "sunspec-tcp", "device_id": "m", "host": "10.0.0.2", "role": "meter"}


def test_a_missing_file_means_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "site.json") == SiteSettings()


def test_settings_survive_a_round_trip(tmp_path: Path) -> None:
    settings = SiteSettings(
        name="Haus Ö",
        devices=(
            SunSpecDevice(device_id="i", host="h", role="inverter", unit=3, control=True),
            OcppDevice(device_id="c", charge_point_id="CP1"),
        ),
        battery=BatterySettings(reserve_pct=20),
    )
    path = tmp_path / "sites" / "home" / "site.json"
    save_settings(path, settings)
    assert load_settings(path) == settings
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"cycle_s": 0}, "cycle_s"),
        ({"battery": {"reserve_pct": 101}}, "battery.reserve_pct"),
        ({"nmae": "typo"}, "nmae"),
        ({"devices": [{**METER, "port": 70_000}]}, "port"),
        ({"devices": [METER, {**METER, "role": "toaster"}]}, "role"),
        ({"devices": [{**METER, "protocol": "telepathy"}]}, "devices.0"),
        ({"car": {"ready_by_local": "7 o'clock"}}, "car.ready_by_local"),
        ({"schema_version": 2}, "schema_version"),
        ([], "the file"),
        ("{not json", "the file"),
    ],
)
def test_one_sentence_names_file_and_field(tmp_path: Path, content: object, field: str) -> None:
    path = tmp_path / "site.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(SettingsFault) as caught:
        load_settings(path)
    sentence = str(caught.value)
    assert str(path) in sentence
    assert field in sentence
    assert sentence.endswith("correct it or move the file away.")
    assert "\n" not in sentence


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "site.json"
    path.mkdir()
    with pytest.raises(SettingsFault, match=r"cannot be read .* check its permissions"):
        load_settings(path)
    other = tmp_path / "other.json"
    other.write_bytes(b'{"name": "\xff"}')
    with pytest.raises(SettingsFault, match=r"other\.json"):
        load_settings(other)
