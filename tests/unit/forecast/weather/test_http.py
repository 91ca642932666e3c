"""A source over a real socket: asked seldom, patient when it is away, silent about its key."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from peerwatt.config.clock import DrivenClock
from peerwatt.forecast.weather.forecast import WeatherFault
from peerwatt.forecast.weather.http import MIN_PAUSE_S, STALE_S, HttpSource

START = 1_750_420_800.0


class Provider:
    """Answers with what a test sets, and notes what it was asked."""

    def __init__(self) -> None:
        self.status, self.headers, self.body = 200, {}, b""
        self.asked: list[dict[str, str]] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked.append(dict(self.headers.items()) | {"path": self.path})
                known = provider.headers.get("ETag")
                same = known is not None and self.headers.get("If-None-Match") == known
                self.send_response(304 if same else provider.status)
                for name, value in provider.headers.items():
                    self.send_header(name, value)
                body = b"" if same else provider.body
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1/forecast?apikey=secret"


def document(watts: float) -> bytes:
    hours = {"time": [START + 3600, START + 7200], "shortwave_radiation": [watts, watts]}
    return json.dumps({"hourly": hours, "utc_offset_seconds": 0}).encode()


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    made.body = document(500.0)
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


async def test_asked_seldom_and_cached(provider: Provider) -> None:
    clock = DrivenClock(START)
    source = HttpSource(provider.url, clock, pause_s=1_800)
    assert (await source.latest()).at("ghi_w_m2", int(START) // 900, 1)[0] == 500
    provider.body = document(600.0)
    for _ in range(3):
        clock.advance(clock.now_s() + 500)
        await source.latest()
    assert len(provider.asked) == 1
    clock.advance(START + 1_801)
    made = await source.latest()
    assert made is not None
    assert made.at("ghi_w_m2", int(START) // 900, 1)[0] == 600
    assert made.origin == int(START + 1_801) // 900
    assert provider.asked[0]["path"].endswith("apikey=secret")
    assert "Peerwatt" in provider.asked[0]["User-Agent"]
    assert source.state.fault is None


async def test_unchanged_costs_nothing(provider: Provider) -> None:
    provider.headers = {"ETag": '"abc"'}
    clock = DrivenClock(START)
    source = HttpSource(provider.url, clock, pause_s=0)
    first = await source.latest()
    clock.advance(START + MIN_PAUSE_S + 1)
    assert await source.latest() is first
    assert provider.asked[1]["If-None-Match"] == '"abc"'
    assert source.state.fetched_s == START + MIN_PAUSE_S + 1


@pytest.mark.allow_log(r"weather:WARNING|http:WARNING")
async def test_away_is_a_state_and_the_last_forecast_serves_for_a_day(provider: Provider) -> None:
    clock = DrivenClock(START)
    source = HttpSource(provider.url, clock, pause_s=900)
    assert await source.latest() is not None
    provider.status, provider.headers = 503, {"Retry-After": "4000"}
    clock.advance(START + 901)
    assert await source.latest() is not None
    assert source.state.fault == "127.0.0.1 answers 503"
    assert source.state.next_s == START + 901 + 4_000
    clock.advance(START + STALE_S + 1)
    assert await source.latest() is None
    provider.status, provider.headers = 200, {}
    clock.advance(source.state.next_s)
    assert await source.latest() is not None
    assert source.state.fault is None


@pytest.mark.allow_log(r"http:WARNING")
async def test_nobody_there_waits_longer_each_time(provider: Provider) -> None:
    provider.server.shutdown()
    provider.server.server_close()
    clock = DrivenClock(START)
    source = HttpSource(provider.url, clock)
    pauses = []
    for _ in range(4):
        assert await source.latest() is None
        pauses.append(source.state.next_s - clock.now_s())
        clock.advance(source.state.next_s)
    assert pauses == [60, 120, 240, 480]
    assert "does not answer" in str(source.state.fault)
    assert "secret" not in str(source.state)


@pytest.mark.allow_log(r"http:WARNING")
async def test_a_page_instead_of_a_forecast(
    provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    provider.body = b"<html>log in</html>"
    source = HttpSource(provider.url, DrivenClock(START))
    assert await source.latest() is None
    assert "DWD MOSMIX" in str(source.state.fault)
    assert "secret" not in caplog.text


@pytest.mark.allow_log(r"http:WARNING")
async def test_redirects_are_not_followed(provider: Provider) -> None:
    provider.status, provider.headers = 302, {"Location": "http://127.0.0.1:1/elsewhere"}
    source = HttpSource(provider.url, DrivenClock(START))
    assert await source.latest() is None
    assert source.state.fault == "127.0.0.1 answers 302"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "weather.example", "http://", "ftp://a/b"])
def test_only_http(url: str) -> None:
    with pytest.raises(WeatherFault, match="correct the weather URL"):
        HttpSource(url, DrivenClock(START))
