"""The bridge over a real socket: state, stream, history, commands, loss and return."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from fake_engine import SITE, Engine
from gui_feed import NOON_S

from peerwatt.api.messages import FlowView, PauseMarket, SetCar
from peerwatt.config.paths import SitePaths, write_private
from peerwatt.gui import bridge as bridge_module
from peerwatt.gui.app import start_once_if_away
from peerwatt.gui.bridge import Bridge, Link


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine()
    yield made
    made.stop()


@pytest.fixture
def bridge(qtbot: Any) -> Iterator[Bridge]:
    made = Bridge(SITE)
    yield made
    made.stop()


def test_the_first_state_comes_within_three_seconds(
    engine: Engine, bridge: Bridge, qtbot: Any
) -> None:
    flows: list[FlowView] = []
    bridge.flow.connect(flows.append)
    started = time.monotonic()
    with qtbot.waitSignal(bridge.history_loaded, timeout=15_000):
        bridge.start()
    assert time.monotonic() - started < 3.0
    assert flows[0] == engine.feed.flow()
    assert bridge.link.link is Link.LIVE
    assert len(bridge.series) > 1400
    assert threading.current_thread() is threading.main_thread()


def test_signals_arrive_on_the_windows_thread(engine: Engine, bridge: Bridge, qtbot: Any) -> None:
    threads: set[str] = set()
    bridge.flow.connect(lambda _: threads.add(threading.current_thread().name))
    with qtbot.waitSignal(bridge.flow, timeout=15_000):
        bridge.start()
    engine.news.append(("flow", FlowView(time_s=NOON_S + 1, home_w=5.0)))
    qtbot.waitUntil(lambda: bridge.latest["flow"].home_w == 5.0, timeout=2000)
    assert threads == {threading.main_thread().name}


def test_many_changes_are_gathered(engine: Engine, bridge: Bridge, qtbot: Any) -> None:
    seen: list[FlowView] = []
    with qtbot.waitSignal(bridge.history_loaded, timeout=15_000):
        bridge.start()
    bridge.flow.connect(seen.append)
    for number in range(2000):
        engine.news.append(("flow", FlowView(time_s=NOON_S + number, home_w=float(number))))
    qtbot.waitUntil(lambda: bool(seen) and seen[-1].home_w == 1999.0, timeout=5000)
    assert len(seen) < 200


def test_a_command_is_sent_and_answered(engine: Engine, bridge: Bridge, qtbot: Any) -> None:
    with qtbot.waitSignal(bridge.flow, timeout=15_000):
        bridge.start()
    with qtbot.waitSignal(bridge.changed, timeout=2000) as answer:
        bridge.send(PauseMarket(paused=True))
    assert answer.args[0].sections == ("market",)
    assert engine.feed.commands == [{"command": "pause-market", "paused": True}]


def test_a_refusal_is_a_sentence(engine: Engine, bridge: Bridge, qtbot: Any) -> None:
    with qtbot.waitSignal(bridge.flow, timeout=15_000):
        bridge.start()
    with qtbot.waitSignal(bridge.refused, timeout=2000) as answer:
        bridge.send(SetCar(mode="now"))
    assert answer.args == ["No car is plugged in; plug it in."]


def test_an_engine_that_goes_is_said_and_its_return_seen(bridge: Bridge, qtbot: Any) -> None:
    first = Engine()
    with qtbot.waitSignal(bridge.flow, timeout=15_000):
        bridge.start()
    first.stop()
    qtbot.waitUntil(lambda: bridge.link.link is Link.AWAY, timeout=5000)
    assert bridge.link.sentence
    with qtbot.waitSignal(bridge.refused, timeout=2000) as answer:
        bridge.send(PauseMarket(paused=True))
    assert "engine is away" in answer.args[0]
    second = Engine()
    began = time.monotonic()
    qtbot.waitUntil(lambda: bridge.link.link is Link.LIVE, timeout=15_000)
    assert time.monotonic() - began < 3.0
    bridge.stop()
    second.stop()


def test_no_engine_at_all_is_said(bridge: Bridge, qtbot: Any) -> None:
    bridge.start()
    qtbot.waitUntil(lambda: bridge.link.link is Link.AWAY, timeout=12_000)
    assert SITE in bridge.link.sentence


def test_a_wrong_token_is_said(engine: Engine, bridge: Bridge, qtbot: Any) -> None:
    site = {"url": f"http://127.0.0.1:{engine.port}", "token": "old", "pid": 1, "version": "0"}
    write_private(SitePaths.named(SITE).api, json.dumps(site))
    bridge.start()
    qtbot.waitUntil(lambda: bridge.link.link is Link.AWAY, timeout=12_000)
    assert "401" in bridge.link.sentence


def test_the_engine_is_started_apart(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    calls: list[tuple[list[str], dict[str, Any]]] = []
    monkeypatch.setattr(
        bridge_module.subprocess, "Popen", lambda words, **more: calls.append((words, more))
    )
    start_once_if_away(bridge)
    bridge.set_link(bridge_module.LinkView(Link.AWAY, "away"))
    bridge.set_link(bridge_module.LinkView(Link.AWAY, "still away"))
    assert len(calls) == 1
    words, more = calls[0]
    assert words == [sys.executable, "-m", "peerwatt", "engine", "--site", SITE]
    assert more["start_new_session"] is True


def test_an_engine_that_cannot_be_started_is_said(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(12, "out of memory")

    monkeypatch.setattr(bridge_module.subprocess, "Popen", refuse)
    bridge.start_engine()
    assert bridge.link == bridge_module.LinkView(
        Link.AWAY, "The engine could not be started: out of memory."
    )


def test_stopping_twice_or_unstarted_is_fine(qtbot: Any) -> None:
    made = Bridge(SITE)
    made.stop()
    made.stop()
