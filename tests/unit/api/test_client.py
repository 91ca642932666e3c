"""The client speaks the API's endpoints and says in one sentence what went wrong."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi.responses import JSONResponse, Response
from hypothesis import given
from hypothesis import strategies as st

import peerwatt
from peerwatt.api import client as client_module
from peerwatt.api.base import Message
from peerwatt.api.client import ApiClient, ApiFault, EngineAway, read_site_file
from peerwatt.api.messages import (
    AdvanceClock,
    Changed,
    Figures,
    FlowView,
    Notice,
    NoticesView,
    PauseMarket,
    PowerHistory,
    SiteFile,
    SiteState,
)
from peerwatt.config.paths import SitePaths, write_private

from .conftest import STATE, Peer

POWER = PowerHistory(
    start_s=100,
    step_s=60,
    grid_w=(1.5, None),
    pv_w=(None, None),
    battery_w=(0, 0),
    ev_w=(0, 0),
    home_w=(0, 0),
    soc_pct=(50, 50),
)
FIGURES = Figures(
    energy_wh={"pv": 1.5},
    devices=({"id": "m", "samples": 3},),
    market={"orders": 1},
    flexibility={},
    settlement={},
    chain={"consensus": "qbft", "credit_supply_ok": True},
    twins={"replay_ok": True},
    errors=(),
)


def answer(message: Message) -> Response:
    return Response(message.model_dump_json(), media_type="application/json")


def event(name: str, data: str, end: str = "\n") -> bytes:
    return f"event: {name}{end}data: {data}{end}{end}".encode()


FLOW = FlowView(time_s=2.0, pv_w=10.0)
FLOW_JSON = FLOW.model_dump_json()


async def take(client: ApiClient, count: int, silence_s: float = 1.0) -> list[tuple[str, Message]]:
    """Return the first events of the stream."""
    found: list[tuple[str, Message]] = []
    stream = client.stream(silence_s)
    async for item in stream:
        found.append(item)
        if len(found) == count:
            break
    await stream.aclose()
    return found


async def test_every_read_asks_its_endpoint_with_the_token(peer: Peer) -> None:
    notices = NoticesView(
        notices=(Notice(notice_id=5, time_s=1, level="good", source="roof", sentence="Back."),)
    )
    peer.script.answers = {
        "/v1/state": answer(STATE),
        "/v1/history/power": answer(POWER),
        "/v1/figures": answer(FIGURES),
        "/v1/notices": answer(notices),
    }
    assert await peer.client.state() == STATE
    assert await peer.client.power(100.5, 220, 60) == POWER
    assert await peer.client.figures() == FIGURES
    assert await peer.client.log(4) == notices
    assert peer.script.asked == [
        ("GET", "/v1/state", "Bearer secret", b""),
        ("GET", "/v1/history/power?start_s=100.5&end_s=220&step_s=60", "Bearer secret", b""),
        ("GET", "/v1/figures", "Bearer secret", b""),
        ("GET", "/v1/notices?after=4", "Bearer secret", b""),
    ]


async def test_a_command_is_posted_and_answers_what_changed(peer: Peer) -> None:
    changed = Changed(sections=("market",), sentence="Paused.")
    peer.script.answers["/v1/command"] = answer(changed)
    assert await peer.client.command(PauseMarket(paused=True)) == changed
    assert await peer.client.command(AdvanceClock(to_s=900.0, speed=60)) == changed
    bodies = [json.loads(body) for *_, body in peer.script.asked]
    assert bodies == [
        {"command": "pause-market", "paused": True},
        {"command": "advance-clock", "to_s": 900.0, "speed": 60.0},
    ]


@pytest.mark.parametrize("status", [401, 409, 422, 503])
async def test_a_refusal_carries_the_engines_sentence(peer: Peer, status: int) -> None:
    problem = JSONResponse({"sentence": "The gate is closed; wait."}, status_code=status)
    peer.script.answers = dict.fromkeys(("/v1/state", "/v1/command", "/v1/stream"), problem)
    for refused in (
        peer.client.state(),
        peer.client.command(PauseMarket(paused=True)),
        take(peer.client, 1),
    ):
        with pytest.raises(ApiFault, match=r"^The gate is closed; wait\.$"):
            await refused


async def test_an_error_without_a_sentence_names_status_and_path(peer: Peer) -> None:
    peer.script.answers["/v1/state"] = Response("Internal Server Error", status_code=500)
    with pytest.raises(ApiFault, match=r"answered 500 to /v1/state; see its log\."):
        await peer.client.state()


@pytest.mark.parametrize(
    ("body", "field"),
    [("{}", "clock"), ("not json", "the body"), ('{"sections": [], "x": 1}', "x")],
)
async def test_an_answer_of_another_version_names_the_field(
    peer: Peer, body: str, field: str
) -> None:
    peer.script.answers["/v1/state"] = Response(body)
    peer.script.answers["/v1/command"] = Response(body)
    with pytest.raises(ApiFault, match="must be of the same version") as caught:
        await (
            peer.client.command(PauseMarket(paused=True)) if field == "x" else peer.client.state()
        )
    assert f" at {field} " in str(caught.value)


async def test_an_engine_that_is_gone_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    async with ApiClient(f"http://127.0.0.1:{port}", "t") as client:
        with pytest.raises(
            EngineAway, match=rf"No engine answers at http://127.0.0.1:{port}; start"
        ):
            await client.state()
        with pytest.raises(EngineAway, match="No engine answers"):
            await take(client, 1)


async def test_an_engine_that_hangs_or_breaks_off_is_away() -> None:
    closing = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if closing.is_set():
            writer.close()
        else:
            await reader.read()
            writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with ApiClient(url, "t", timeout_s=0.1) as client:
        with pytest.raises(EngineAway, match="did not answer in time"):
            await client.state()
        closing.set()
        with pytest.raises(EngineAway, match="was cut; connect again"):
            await client.state()
    server.close()
    await server.wait_closed()


async def test_the_stream_yields_sections_and_passes_over_the_rest(peer: Peer) -> None:
    peer.script.stream = [
        b": alive\n\n",
        event("flow", FLOW_JSON),
        event("a section of tomorrow", "{}"),
        b"event: flow\n\n",
        b"retry: 5\nid: 3\n",
        event("chain", STATE.chain.model_dump_json(), "\r\n"),
    ]
    assert await take(peer.client, 2) == [("flow", FLOW), ("chain", STATE.chain)]


async def test_the_stream_survives_any_cut_and_odd_characters(peer: Peer) -> None:
    view = STATE.engine.model_copy(update={"site_name": "Haus\u2028\u0085 ü\x1c☀"})
    whole = event("engine", view.model_dump_json()) + event("flow", FLOW_JSON)
    assert "\u2028".encode() in whole
    peer.script.stream = [bytes([byte]) for byte in whole]
    assert await take(peer.client, 2) == [("engine", view), ("flow", FLOW)]


async def test_the_stream_ends_when_the_engine_closes_it(peer: Peer) -> None:
    peer.script.stream = [event("flow", FLOW_JSON)]
    with pytest.raises(EngineAway, match="closed the stream; connect again"):
        await take(peer.client, 2)


async def test_a_silent_stream_ends_but_heartbeats_keep_it(peer: Peer) -> None:
    peer.script.keep_open = True
    peer.script.stream = [event("flow", FLOW_JSON)]
    with pytest.raises(EngineAway, match=r"has been silent for 0\.1 s; connect again"):
        await take(peer.client, 2, silence_s=0.1)


async def test_a_section_that_cannot_be_read_is_a_fault(peer: Peer) -> None:
    peer.script.stream = [event("flow", '{"time_s": "noon"}')]
    with pytest.raises(ApiFault, match="The engine's FlowView cannot be read at time_s"):
        await take(peer.client, 1)


async def test_an_event_without_end_is_not_swallowed(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "MAX_EVENT", 1000)
    peer.script.keep_open = True
    for chunk in (b"data: " + b"x" * 900, b"data: " + b"x" * 300 + b"\n"):
        peer.script.stream = [chunk, chunk, chunk, chunk]
        with pytest.raises(ApiFault, match="an event without end"):
            await take(peer.client, 1)


async def test_two_streams_and_reads_at_once(peer: Peer) -> None:
    peer.script.keep_open = True
    peer.script.stream = [event("flow", FLOW_JSON)]
    peer.script.answers["/v1/state"] = answer(STATE)
    first, second, state = await asyncio.gather(
        take(peer.client, 1), take(peer.client, 1), peer.client.state()
    )
    assert first == second == [("flow", FLOW)]
    assert state == STATE


async def test_a_proxy_of_the_environment_is_not_used(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    peer.script.answers["/v1/state"] = answer(STATE)
    async with ApiClient(peer.url, "t") as client:
        assert await client.state() == STATE


async def test_from_site_reads_where_the_engine_listens(peer: Peer, tmp_path: Path) -> None:
    paths = SitePaths(tmp_path / "home")
    with pytest.raises(EngineAway, match=r"No engine runs for the site in .*home; start it"):
        ApiClient.from_site(paths)
    site = SiteFile(url=peer.url, token="from the file", pid=1, version="0")
    write_private(paths.api, site.model_dump_json())
    assert read_site_file(paths) == site
    peer.script.answers["/v1/state"] = answer(STATE)
    async with ApiClient.from_site(paths) as client:
        assert isinstance(await client.state(), SiteState)
    assert peer.script.asked[-1][2] == "Bearer from the file"


@pytest.mark.parametrize("content", ["", "{}", '{"url": 5}'])
def test_a_damaged_site_file_is_said(tmp_path: Path, content: str) -> None:
    paths = SitePaths(tmp_path)
    paths.api.write_text(content)
    with pytest.raises(ApiFault, match=r"engine\.json is damaged; start the engine again"):
        ApiClient.from_site(paths)
    paths.api.unlink()
    paths.api.mkdir()
    with pytest.raises(ApiFault, match=r"cannot be read \(Is a directory\)"):
        ApiClient.from_site(paths)


@given(
    text=st.lists(st.text(st.characters(exclude_characters="\r\n", codec="utf-8"))),
    data=st.data(),
)
def test_lines_do_not_depend_on_how_bytes_arrive(text: list[str], data: st.DataObject) -> None:
    content = "".join(line + data.draw(st.sampled_from(["\n", "\r\n"])) for line in text).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=5)))
    edges = [0, *cuts, len(content)]

    async def collect() -> list[str]:
        async def chunks() -> object:
            for start, end in itertools.pairwise(edges):
                yield content[start:end]

        return [line async for line in client_module._lines(chunks())]  # type: ignore[arg-type]

    assert asyncio.run(collect()) == text


def test_importing_the_client_is_light() -> None:
    heavy = ("web3", "sqlalchemy", "fastapi", "pandas", "PySide6", "ocpp", "pymodbus")
    code = f"import sys, peerwatt.api.client; print([m for m in {heavy} if m in sys.modules])"
    source_root = str(Path(peerwatt.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": source_root},
    )
    assert done.stdout.strip() == "[]"
