"""Wrong hosts, wrong ports, silence and garbage: one clear sentence each, and the way back."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from peerwatt.config.clock import DrivenClock
from peerwatt.config.settings import SunSpecDevice
from peerwatt.devices.discovery import dump, own_subnet, probe, scan
from peerwatt.devices.faults import NoAnswer, ReadOnly
from peerwatt.devices.mbap import Expected, foreign_speech
from peerwatt.devices.modbus import EndpointPool, LinkOptions, ModbusEndpoint
from peerwatt.devices.poller import Poller
from peerwatt.devices.sunspec.meter import SunSpecMeterDriver
from peerwatt.model.ports import DeviceAway, DeviceFault
from peerwatt.model.readings import Health

Answer = Callable[[bytes], bytes | Awaitable[bytes] | None]


class RawServer:
    """A TCP port that answers whatever a test says; ``None`` closes the connection."""

    def __init__(self, answer: Answer, *, bytewise: bool = False) -> None:
        self.answer, self.bytewise = answer, bytewise
        self.connections = 0
        self._handlers: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> RawServer:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await asyncio.gather(*self._handlers)
        await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._handlers.append(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(1000):
                answer = self.answer(data)
                if inspect.isawaitable(answer):
                    answer = await answer
                if answer is None:
                    break
                for piece in [bytes([b]) for b in answer] if self.bytewise else [answer]:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)
        writer.close()


def endpoint(
    port: int,
    clock: DrivenClock | None = None,
    host: str = "127.0.0.1",
    timeout_s: float = 1.0,
) -> ModbusEndpoint:
    return ModbusEndpoint(host, port, clock or DrivenClock(0.0), LinkOptions(timeout_s=timeout_s))


async def unused_port() -> int:
    server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return int(port)


async def test_refused_port() -> None:
    port = await unused_port()
    with pytest.raises(DeviceAway, match=f"127.0.0.1:{port} refuses connections; check the port"):
        await endpoint(port).read(1, 0, 2)


async def test_wrong_host() -> None:
    with pytest.raises(DeviceAway, match=r"No device is known by the name 'nowhere\.invalid'"):
        await endpoint(502, host="nowhere.invalid").read(1, 0, 2)


@pytest.mark.parametrize(
    ("speech", "sentence"),
    [
        (b"HTTP/1.0 400 Bad Request\r\n\r\n", "speaks HTTP, not Modbus"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "speaks SSH, not Modbus"),
        (b"\x01\x02\x03\x04\x05\x06\x07\x08\x09", "something other than Modbus"),
        (b"\x00\x01\x00\x00\xff\xff\x01\x03", "garbled frames"),
    ],
)
async def test_port_that_speaks_something_else(speech: bytes, sentence: str) -> None:
    async with RawServer(lambda data: speech) as server:
        link = endpoint(server.port)
        with pytest.raises(DeviceFault, match=sentence):
            await asyncio.wait_for(link.read(1, 0, 2), 0.8)  # at once, not after the timeout
        await link.close()


def framed(request: bytes, pdu: bytes) -> bytes:
    return request[:4] + (len(pdu) + 1).to_bytes(2, "big") + request[6:7] + pdu


@pytest.mark.parametrize(
    "pdu",
    [b"\x03\x06abcdef", b"\x03\x04ab", b"\x04\x04abcd", b"\x63", b"\x83", b"\x03"],
)
async def test_garbled_frames_with_a_good_header(pdu: bytes) -> None:
    async with RawServer(lambda data: framed(data, pdu)) as server:
        link = endpoint(server.port)
        with pytest.raises(DeviceFault, match="garbled frames"):
            await link.read(1, 0, 2)
        await link.close()


async def test_frame_in_pieces_is_put_together() -> None:
    answer = b"\x03\x04\x00\x07\x00\x08"
    async with RawServer(lambda data: framed(data, answer), bytewise=True) as server:
        link = endpoint(server.port)
        assert await link.read(1, 0, 2) == [7, 8]
        await link.close()


async def test_closed_by_the_other_side() -> None:
    async with RawServer(lambda data: None) as server:
        with pytest.raises(DeviceAway, match="closed the connection"):
            await asyncio.wait_for(endpoint(server.port).read(1, 0, 2), 0.8)


async def test_busy_device_keeps_its_connection(peers: Any, serve: Any) -> None:
    server = await serve(peers.meter())

    async def busy(*_: object) -> Any:
        return peers.ExcCodes.DEVICE_BUSY

    server.hook = busy
    link = endpoint(server.port)
    for _ in range(3):
        with pytest.raises(DeviceFault, match=r"device busy \(exception 6\)"):
            await link.read(1, 40_000, 2)
    assert link.generation == 1
    await link.close()


async def test_one_connection_and_one_request_at_a_time() -> None:
    running = peak = 0

    async def answer(data: bytes) -> bytes:
        nonlocal running, peak
        running += len(data) // 12
        peak = max(peak, running)
        await asyncio.sleep(0.002)
        running -= 1
        return framed(data, b"\x03\x02\x00" + data[6:7])

    pool = EndpointPool(DrivenClock(0.0))
    async with RawServer(answer) as server:
        first, second = pool.get("127.0.0.1", server.port), pool.get("127.0.0.1", server.port)
        assert first is second
        answers = await asyncio.gather(*(first.read(unit, 0, 1) for unit in range(1, 9)))
        assert answers == [[unit] for unit in range(1, 9)]
        assert (peak, first.generation, server.connections) == (1, 1, 1)
        await pool.give_back(first)
        assert first.connected
        await pool.give_back(second)
        assert not first.connected


async def test_failed_endpoint_is_left_alone_for_a_growing_while() -> None:
    clock = DrivenClock(0.0)
    async with RawServer(lambda data: None) as server:
        link = endpoint(server.port, clock)
        attempts = []
        for second in range(64):
            clock.advance(float(second))
            before = server.connections
            with pytest.raises(DeviceAway):
                await link.read(1, 0, 2)
            if server.connections > before:
                attempts.append(second)
    assert attempts == [0, 1, 3, 7, 15, 31, 61]


async def test_late_answer_is_not_taken_for_the_next() -> None:
    late: list[bytes] = []

    def answer(data: bytes) -> bytes:
        if not late:
            late.append(framed(data, b"\x03\x02\x00\x01"))
            return b""
        return late[0] + framed(data, b"\x03\x02\x00\x02")

    async with RawServer(answer) as server:
        link = endpoint(server.port, timeout_s=0.2)
        with pytest.raises(NoAnswer, match=r"unit 1 gave no answer within 0\.2 s"):
            await link.read(1, 0, 1)
        assert await link.read(1, 0, 1) == [2]
        await link.close()


def test_short_input_may_still_become_modbus() -> None:
    frame = b"\x00\x05\x00\x00\x00\x07\x01\x03\x04\x00\x01\x00\x02"
    for cut in range(len(frame) + 1):
        assert foreign_speech(frame[:cut], Expected(3, 4), 5) == ""
    assert foreign_speech(frame, Expected(3, 6), 5)
    assert foreign_speech(frame, Expected(3, 6), 6) == ""


async def test_probe_scan_and_dump_never_write_and_never_raise(peers: Any, serve: Any) -> None:
    server = await serve(peers.hybrid())
    clock = DrivenClock(0.0)
    closed = await unused_port()
    async with RawServer(lambda data: b"HTTP/1.0 400 Bad Request\r\n\r\n") as web:
        found = await scan(clock, ["127.0.0.1"], [server.port, web.port, closed])
    assert [(one.port, one.found) for one in found] == [(server.port, True), (web.port, False)]
    assert "speaks HTTP" in found[1].sentence
    assert "refuses" in (await probe(clock, "127.0.0.1", closed)).sentence
    assert "refuses" in (await dump(clock, "127.0.0.1", closed)).probe.sentence
    assert server.writes == []
    link = ModbusEndpoint("127.0.0.1", server.port, clock, LinkOptions(read_only=True))
    with pytest.raises(ReadOnly):
        await link.write(1, 40_000, [1])
    assert len(own_subnet()) in {1, 253}


def meter_poller(port: int, clock: DrivenClock, timeout_s: float = 0.05) -> Poller:
    settings = SunSpecDevice(
        device_id="meter", host="127.0.0.1", port=port, unit=1, role="meter", timeout_s=timeout_s
    )
    driver = SunSpecMeterDriver(settings, EndpointPool(clock), clock)
    return Poller("meter", driver, clock, 1.0)


@pytest.mark.allow_log("meter is away: .* gave no answer")
async def test_silent_for_30_seconds_and_back(peers: Any, serve: Any, caplog: Any) -> None:
    caplog.set_level(logging.INFO, "peerwatt.devices.poller")
    server = await serve(peers.meter())
    clock = DrivenClock(100.0)
    poller = meter_poller(server.port, clock)
    seen = []
    for second in range(75):
        clock.advance(100.0 + second)
        server.silent = 10 <= second < 40
        await poller.poll_once()
        seen.append(poller.health()[0].health)
    await poller.close()
    assert seen[:13] == [Health.FRESH] * 13  # a reading may be three cycles old
    assert seen[13:40] == [Health.AWAY] * 27
    assert Health.FRESH in seen[40:72]
    assert seen[-1] is Health.FRESH
    back = seen.index(Health.FRESH, 14)
    assert seen[back:] == [Health.FRESH] * (75 - back)
    messages = [record.getMessage() for record in caplog.records]
    assert [m.split(":")[0] for m in messages] == ["meter is away", "meter is back."]
    health = poller.health()[0]
    assert health.sentence == ""
    assert health.samples == 10 + 75 - back
    assert 0 < health.errors < 12


@pytest.mark.allow_log("meter is away: .* refuses")
async def test_absent_at_start_is_a_state(peers: Any, serve: Any) -> None:
    port = await unused_port()
    clock = DrivenClock(0.0)
    poller = meter_poller(port, clock)
    assert poller.health()[0].health is Health.CONNECTING
    await poller.poll_once()
    health = poller.health()[0]
    assert (health.health, health.samples, health.errors) == (Health.AWAY, 0, 1)
    assert "refuses connections" in health.sentence
    assert poller.readings == {}
    await serve(peers.meter(), port=port)
    clock.advance(2.0)
    await poller.poll_once()
    assert poller.health()[0].health is Health.FRESH
    await poller.close()


async def test_slow_device_does_not_hold_up_the_round(peers: Any, serve: Any) -> None:
    server = await serve(peers.meter())
    clock = DrivenClock(0.0)
    poller = meter_poller(server.port, clock, timeout_s=1.0)
    await poller.poll_once()
    server.silent = True
    loop = asyncio.get_running_loop()
    began = loop.time()
    await poller.poll_once(wait_s=0.001)
    await poller.poll_once(wait_s=0.001)
    assert loop.time() - began < 0.5
    clock.advance(4.0)
    health = poller.health()[0]
    assert (health.health, health.sentence) == (Health.STALE, "Its last reading is 4 s old.")
    await poller.close()


@pytest.mark.allow_log("its driver failed", "is away")
async def test_defect_of_one_driver_stays_its_own() -> None:
    class Broken:
        devices = ()

        async def poll(self) -> Any:
            raise ZeroDivisionError

        async def close(self) -> None:
            return

    poller = Poller("x", Broken(), DrivenClock(0.0), 1.0)  # type: ignore[arg-type]
    await poller.poll_once()
    assert poller.errors == 1
    await poller.close()
