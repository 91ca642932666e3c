"""One connection and one request queue per Modbus TCP endpoint; the only user of pymodbus.

Many inverters accept a single client and a single request at a time (devices reference, section
2.4), so every unit behind one ``host:port`` shares a connection, and requests wait for each other.
Every failure leaves this module as DeviceAway or DeviceFault with one clear sentence.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from ..model.ports import Clock, DeviceAway, DeviceFault
from .faults import MODBUS_EXCEPTIONS, BackingOff, NoAnswer, ReadOnly, RegisterRefused
from .mbap import Expected, foreign_speech

# The library reports each failed connect and each odd frame as a warning or an error of its own;
# the same facts leave this module once, as a sentence.
logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)

READ_LIMIT = 125
"""Registers in one read, Modbus Application Protocol V1.1b3 section 6.3."""

FIRST_BACKOFF_S = 1.0
LAST_BACKOFF_S = 30.0
STRIKES = 2
"""Unanswered requests in a row after which the connection is dropped and made anew."""


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """How an endpoint wants to be treated; seconds."""

    timeout_s: float = 3.0
    connect_delay_s: float = 0.0
    min_gap_s: float = 0.0
    read_only: bool = False


class _BrokenError(Exception):
    """The connection ended or spoke something else while an answer was awaited."""


class ModbusEndpoint:
    """A Modbus TCP endpoint: connects when needed, one request at a time, first come first served.

    ``generation`` rises with every new connection, so that a driver knows when to look again at
    who is there. Waiting times between attempts run on the program's clock.
    """

    def __init__(
        self, host: str, port: int, clock: Clock, options: LinkOptions = LinkOptions()
    ) -> None:
        self.host = host
        self.port = port
        self.generation = 0
        self.requests = 0
        self._clock = clock
        self._options = options
        self._lock = asyncio.Lock()
        self._client: AsyncModbusTcpClient | None = None
        self._expected: Expected | None = None
        self._foreign = ""
        self._cause: BaseException | None = None
        self._strikes = 0
        self._strike_limit = STRIKES
        self._backoff_s = FIRST_BACKOFF_S
        self._not_before_s = float("-inf")
        self._last_sentence = ""
        self._last_request = 0.0

    @property
    def name(self) -> str:
        """``host:port``, as it appears in sentences."""
        return f"{self.host}:{self.port}"

    @property
    def connected(self) -> bool:
        """Whether a TCP connection stands."""
        return self._client is not None and self._client.connected

    async def read(self, unit: int, address: int, count: int) -> list[int]:
        """Read holding registers (function 3). Raises DeviceAway or DeviceFault."""
        what = f"read {count} registers at {address}"
        answer = await self._request(
            unit,
            what,
            Expected(3, 2 * count),
            lambda client: client.read_holding_registers(address, count=count, device_id=unit),
        )
        return list(answer.registers)

    async def write(
        self, unit: int, address: int, values: Sequence[int], *, single: bool = False
    ) -> None:
        """Write registers with function 16, or one register with function 6 when ``single``.

        Raises DeviceAway, DeviceFault, or ReadOnly on an endpoint opened for reading.
        """
        if self._options.read_only:
            raise ReadOnly(f"{self.name} was opened for reading only; nothing was written.")
        raw = list(values)
        if single:
            await self._request(
                unit,
                f"write register {address}",
                Expected(6, None),
                lambda client: client.write_register(address, raw[0], device_id=unit),
            )
            return
        await self._request(
            unit,
            f"write {len(raw)} registers at {address}",
            Expected(16, None),
            lambda client: client.write_registers(address, raw, device_id=unit),
        )

    @contextmanager
    def patient(self) -> Iterator[None]:
        """Keep the connection over silent answers: while unit ids are tried, silence is normal."""
        self._strike_limit = 1_000
        try:
            yield
        finally:
            self._strike_limit, self._strikes = STRIKES, 0

    async def close(self) -> None:
        """Close the connection. Never raises."""
        self._drop()
        await asyncio.sleep(0)

    async def _request(
        self,
        unit: int,
        what: str,
        expected: Expected,
        send: Callable[[AsyncModbusTcpClient], Awaitable[ModbusPDU]],
    ) -> ModbusPDU:
        async with self._lock:
            client = await self._connected()
            await self._keep_gap()
            self._expected, self._foreign = expected, ""
            self.requests += 1
            try:
                answer = await send(client)
            except _BrokenError:
                raise self._lost() from None
            except ModbusException:
                raise self._unanswered(unit) from None
            finally:
                self._expected = None
                self._last_request = time.monotonic()
        self._strikes, self._backoff_s = 0, FIRST_BACKOFF_S
        if answer.isError():
            code = int(getattr(answer, "exception_code", 0))
            name = MODBUS_EXCEPTIONS.get(code, "unknown exception")
            raise RegisterRefused(
                f"{self.name} unit {unit} refused to {what}: {name} (exception {code}).", code
            )
        return answer

    async def _connected(self) -> AsyncModbusTcpClient:
        if self._client is not None and self._client.connected:
            return self._client
        if self._clock.now_s() < self._not_before_s:
            raise BackingOff(self._last_sentence)
        self._drop()
        client = AsyncModbusTcpClient(
            self.host,
            port=self.port,
            timeout=self._options.timeout_s,
            retries=0,
            reconnect_delay=0,
            trace_packet=self._inspect,
            trace_connect=self._on_connect,
        )
        self._note_cause(client)
        self._client, self._foreign = client, ""
        if not await client.connect():
            raise self._fail(DeviceAway(self._why_not()))
        client.set_max_no_responses(1_000_000)
        self.generation += 1
        if self._options.connect_delay_s:
            await asyncio.sleep(self._options.connect_delay_s)
        return client

    def _note_cause(self, client: AsyncModbusTcpClient) -> None:
        """Keep the operating system's reason: the library's connect() only answers False."""
        create = client.ctx.call_create
        self._cause = None

        async def noting() -> object:
            """Connect as the library does, and keep the OSError for the owner's sentence."""
            try:
                return await create()
            except OSError as fault:
                self._cause = fault
                raise

        client.ctx.call_create = noting

    async def _keep_gap(self) -> None:
        rest = self._last_request + self._options.min_gap_s - time.monotonic()
        if rest > 0:
            await asyncio.sleep(rest)

    def _inspect(self, sending: bool, data: bytes) -> bytes:
        """Look at bytes before the library does; what is not Modbus ends the wait at once."""
        if sending:
            return data
        client = self._client
        tid = client.ctx.request_transaction_id if client is not None else 0
        foreign = foreign_speech(data, self._expected, tid)
        if not foreign:
            return data
        self._foreign = foreign
        self._break()
        return b""

    def _on_connect(self, connected: bool) -> None:
        if not connected:
            self._break()

    def _break(self) -> None:
        """Wake who waits for an answer on a connection that will not give one."""
        client = self._client
        if client is None or self._expected is None:
            return
        waiting = client.ctx.response_future
        if not waiting.done():
            waiting.set_exception(_BrokenError())

    def _lost(self) -> Exception:
        if self._foreign:
            return self._fail(
                DeviceFault(
                    f"{self.name} {self._foreign}; check the host and the port of the device."
                )
            )
        return self._fail(
            DeviceAway(
                f"{self.name} closed the connection; another program may hold its only Modbus slot."
            )
        )

    def _unanswered(self, unit: int) -> Exception:
        sentence = (
            f"{self.name} unit {unit} gave no answer within {self._options.timeout_s:g} s; "
            "check that the device is awake and the unit id is right."
        )
        self._strikes += 1
        if self._strikes >= self._strike_limit:
            return self._fail(NoAnswer(sentence))
        return NoAnswer(sentence)

    def _fail(self, fault: Exception) -> Exception:
        """Drop the connection and leave the endpoint alone for a growing while."""
        self._drop()
        self._strikes = 0
        self._last_sentence = str(fault)
        self._not_before_s = self._clock.now_s() + self._backoff_s
        self._backoff_s = min(self._backoff_s * 2, LAST_BACKOFF_S)
        return fault

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(Exception):
                client.close()

    def _why_not(self) -> str:
        cause = self._cause
        if isinstance(cause, socket.gaierror):
            return f"No device is known by the name {self.host!r}; check the host in the settings."
        if isinstance(cause, ConnectionRefusedError):
            return (
                f"{self.name} refuses connections; check the port and that Modbus TCP is switched "
                "on in the device."
            )
        if cause is None or isinstance(cause, TimeoutError):
            return (
                f"{self.name} does not answer within {self._options.timeout_s:g} s; check that the "
                "device is on and in this network."
            )
        reason = getattr(cause, "strerror", None) or type(cause).__name__
        return f"{self.name} cannot be reached ({reason}); check the network and the address."


class EndpointPool:
    """Hands out one endpoint per ``host:port``, however many units or drivers use it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._endpoints: dict[tuple[str, int], ModbusEndpoint] = {}
        self._users: dict[tuple[str, int], int] = {}

    def get(self, host: str, port: int, options: LinkOptions = LinkOptions()) -> ModbusEndpoint:
        """Return the endpoint, made on first use; the first user's options hold for all."""
        key = (host, port)
        if key not in self._endpoints:
            self._endpoints[key] = ModbusEndpoint(host, port, self._clock, options)
        self._users[key] = self._users.get(key, 0) + 1
        return self._endpoints[key]

    async def give_back(self, endpoint: ModbusEndpoint) -> None:
        """Close the endpoint once its last user has given it back. Never raises."""
        key = (endpoint.host, endpoint.port)
        self._users[key] = self._users.get(key, 0) - 1
        if self._users[key] <= 0 and self._endpoints.get(key) is endpoint:
            del self._endpoints[key], self._users[key]
            await endpoint.close()
