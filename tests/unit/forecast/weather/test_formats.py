"""Documents in the providers' own shapes, and what is said of broken ones."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.forecast.weather.forecast import WeatherFault
from peerwatt.forecast.weather.formats import parse, read_file

NOON = datetime(2025, 6, 20, 12, tzinfo=UTC)
FIRST = int(NOON.timestamp()) // 900


def encoded(document: Any) -> bytes:
    return json.dumps(document).encode()


def open_meteo() -> dict[str, Any]:
    return {
        "latitude": 47.4, "longitude": 8.06, "utc_offset_seconds": 7200,
        "timezone": "Europe/Zurich",
        "hourly_units": {"time": "iso8601", "shortwave_radiation": "W/m²"},
        "hourly": {
            "time": [f"2025-06-20T{hour}:00" for hour in (14, 15, 16)],
            "temperature_2m": [24.0, 26.0, None],
            "shortwave_radiation": [800.0, 700.0, 600.0],
            "cloud_cover": [10, 20, 30],
        },
    }  # fmt: skip


def test_open_meteo_hours_end_at_their_stamp_in_local_time() -> None:
    made = parse(encoded(open_meteo()), "here")
    assert (made.source, made.period) == ("Open-Meteo", 4)
    ghi = made.at("ghi_w_m2", FIRST - 4, 12)
    np.testing.assert_allclose(ghi, [800] * 4 + [700] * 4 + [600] * 4)
    air = made.at("temperature_c", FIRST, 4)
    assert air == pytest.approx([24.25, 24.75, 25.25, 25.75])
    assert np.isnan(made.at("ghi_w_m2", FIRST + 8, 4)).all()
    assert np.isnan(made.at("dni_w_m2", FIRST, 4)).all()


def test_open_meteo_quarter_hours_are_finer_than_hours() -> None:
    document = open_meteo()
    document["minutely_15"] = {
        "time": [int(NOON.timestamp()) + 900 * k for k in range(1, 4)],
        "shortwave_radiation": [10.0, 20.0, 30.0],
    }
    made = parse(encoded(document), "here")
    assert made.period == 1
    np.testing.assert_allclose(made.at("ghi_w_m2", FIRST, 3), [10, 20, 30])


def test_forecast_solar_energy_since_the_stamp_before() -> None:
    document = {
        "result": {
            "watts": {"2025-06-20 14:00:00": 2000},
            "watt_hours_period": {
                "2025-06-20 05:30:00": 0, "2025-06-20 14:00:00": 1500,
                "2025-06-20 15:00:00": 2000, "2025-06-20 15:30:00": 500,
            },
        },
        "message": {"code": 0, "type": "success", "text": "",
                    "info": {"timezone": "Europe/Zurich"}, "ratelimit": {"remaining": 10}},
    }  # fmt: skip
    made = parse(encoded(document), "here")
    np.testing.assert_allclose(made.at("pv_w", FIRST, 6), [2000] * 4 + [1000] * 2)
    assert np.isnan(made.at("pv_w", FIRST - 4, 4)).all()
    refused = {"result": {}, "message": {"code": 429, "text": "Rate limit"}}
    with pytest.raises(WeatherFault, match=r"there: forecast.solar: refused \(Rate limit\)"):
        parse(encoded(refused), "there")


def test_solcast_periods_by_their_end() -> None:
    ends = [NOON + timedelta(minutes=30 * (k + 1)) for k in range(2)]
    rows = [
        {"pv_estimate": kw, "pv_estimate10": 0.1, "pv_estimate90": 9.0, "period": "PT30M",
         "period_end": end.strftime("%Y-%m-%dT%H:%M:%S.0000000Z")}
        for end, kw in zip(ends, (3.5, 2.5), strict=True)
    ]  # fmt: skip
    made = parse(encoded({"forecasts": rows}), "here")
    assert (made.source, made.period) == ("Solcast", 2)
    np.testing.assert_allclose(made.at("pv_w", FIRST, 4), [3500, 3500, 2500, 2500])
    light = [{"ghi": 500, "dni": 100, "dhi": 420, "air_temp": 20, "period": "PT1H",
              "period_end": "2025-06-20T13:00:00Z"}]  # fmt: skip
    made = parse(encoded({"forecasts": light}), "here")
    np.testing.assert_allclose(made.at("ghi_w_m2", FIRST, 4), 500)


def test_met_norway_instants_up_to_six_hours_apart() -> None:
    series = [
        {"time": (NOON + timedelta(hours=h)).strftime("%Y-%m-%dT%H:%M:%SZ"),
         "data": {"instant": {"details": {"air_temperature": t, "cloud_area_fraction": c}}}}
        for h, t, c in ((0, 20.0, 0.0), (1, 22.0, 50.0), (7, 10.0, 100.0))
    ]  # fmt: skip
    document = {"type": "Feature", "properties": {"meta": {}, "timeseries": series}}
    made = parse(encoded(document), "here")
    assert made.at("cloud_pct", FIRST, 1)[0] == pytest.approx(6.25)
    assert made.at("temperature_c", FIRST + 16, 1)[0] == pytest.approx(15.75)


def test_bright_sky_hours_of_energy() -> None:
    rows = [
        {"timestamp": f"2025-06-20T1{h}:00:00+00:00", "solar": solar, "temperature": 21.0,
         "cloud_cover": 40}
        for h, solar in ((3, 0.65), (4, None))
    ]  # fmt: skip
    made = parse(encoded({"weather": rows, "sources": []}), "here")
    np.testing.assert_allclose(made.at("ghi_w_m2", FIRST, 4), 650)
    assert np.isnan(made.at("ghi_w_m2", FIRST + 4, 4)).all()
    assert made.at("cloud_pct", FIRST + 4, 1)[0] == pytest.approx(40)


KML = """<?xml version="1.0" encoding="ISO-8859-1"?>
<kml:kml xmlns:dwd="https://opendata.dwd.de/weather/lib/pointforecast_dwd_extension_V1_0.xsd"
 xmlns:kml="http://www.opengis.net/kml/2.2"><kml:Document><kml:ExtendedData>
<dwd:ProductDefinition><dwd:ForecastTimeSteps>
<dwd:TimeStep>2025-06-20T13:00:00.000Z</dwd:TimeStep>
<dwd:TimeStep>2025-06-20T14:00:00.000Z</dwd:TimeStep>
</dwd:ForecastTimeSteps></dwd:ProductDefinition></kml:ExtendedData>
<kml:Placemark><kml:name>10962</kml:name><kml:ExtendedData>
<dwd:Forecast dwd:elementName="TTT"><dwd:value> 293.15 295.15 </dwd:value></dwd:Forecast>
<dwd:Forecast dwd:elementName="Rad1h"><dwd:value> 1800.00 - </dwd:value></dwd:Forecast>
<dwd:Forecast dwd:elementName="Neff"><dwd:value> 50.00 60.00 </dwd:value></dwd:Forecast>
</kml:ExtendedData></kml:Placemark></kml:Document></kml:kml>"""


@pytest.mark.parametrize("zipped", [False, True])
def test_mosmix(zipped: bool) -> None:
    content = KML.encode()
    if zipped:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("MOSMIX_L_10962.kml", content)
        content = packed.getvalue()
    made = parse(content, "here")
    np.testing.assert_allclose(made.at("ghi_w_m2", FIRST, 4), 500)
    assert made.at("temperature_c", FIRST + 4, 1)[0] == pytest.approx(20.25)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "neither JSON nor KML"),
        (b"[1, 2]", "the format is not known"),
        (b'{"hourly": {"time": []}}', "holds no forecast"),
        (b'{"hourly": {"time": ["soon"]}}', "'soon' is not a time"),
        (b'{"forecasts": [{"period": "PT30M"}]}', "period_end is missing"),
        (b'{"forecasts": [{"period_end": "2025-06-20T13:00:00Z", "period": "30"}]}', "PT30M"),
        (b'{"properties": {"timeseries": 5}}', "not a list"),
        (b'{"result": {}, "message": {"code": 0}}', "watt_hours_period is missing"),
        (b"<html>", "not XML"),
        (b"<html></html>", "no time steps"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "it is refused"),
        (b"PK nothing", "holds no KML"),
    ],
)
def test_what_is_no_forecast_is_told_in_one_sentence(content: bytes, says: str) -> None:
    with pytest.raises(WeatherFault, match=says) as fault:
        parse(content, "my.source")
    assert str(fault.value).startswith("my.source: ")
    assert "\n" not in str(fault.value)


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "weather.json"
    with pytest.raises(WeatherFault, match="cannot be read"):
        read_file(path)
    path.write_bytes(encoded(open_meteo()))
    assert read_file(path).source == "Open-Meteo"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["hourly", "time", "result", "message", "code", "info", "timezone", "forecasts",
                 "period_end", "period", "properties", "timeseries", "weather", "timestamp",
                 "shortwave_radiation", "watt_hours_period", "data", "instant", "details"]
            ),
            inner, max_size=4,
        )
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=150)
@given(JSON)
def test_any_json_is_a_forecast_or_a_fault(document: Any) -> None:
    try:
        made = parse(json.dumps(document).encode(), "x")
    except WeatherFault:
        return
    assert len(made) > 0
