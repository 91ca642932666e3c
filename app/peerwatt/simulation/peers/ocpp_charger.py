"""A simulated wallbox on the network: an OCPP 1.6J charge point that finds its way back.

The link lives in real time (connecting, backing off); what is said carries the house's time.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from ocpp.exceptions import OCPPError
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import (
    Action,
    AuthorizationStatus,
    ChargingProfileStatus,
    ClearChargingProfileStatus,
    ConfigurationStatus,
    MessageTrigger,
    Reason,
    RegistrationStatus,
    RemoteStartStopStatus,
    TriggerMessageStatus,
)
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from ..physics.house import SimHouse
from .charge_station import ChargeStation, Message

log = logging.getLogger(__name__)

SUBPROTOCOL = Subprotocol("ocpp1.6")
ANSWER_S = 10.0
"""Real seconds a central system has for an answer."""
FIRST_BACKOFF_S = 0.1
MAX_BACKOFF_S = 5.0
AWAY = (OSError, WebSocketException, TimeoutError)


Handler = TypeVar("Handler", bound=Callable[..., object])


def answers(action: Action) -> Callable[[Handler], Handler]:
    """Mark a method as the answer to one of the central system's requests (typed ``on``)."""
    untyped: Any = on
    mark: Callable[[Handler], Handler] = untyped(action)
    return mark


class OcppLink(ChargePoint):
    """One connection: hands what the central system asks to the station."""

    def __init__(self, identity: str, connection: ClientConnection, station: ChargeStation) -> None:
        base: Any = super()
        base.__init__(identity, connection, response_timeout=ANSWER_S)
        self._station = station
        self.boot_wanted = False
        self.reader: asyncio.Task[None] | None = None
        """Reads what comes in; done once the link has ended."""

    @answers(Action.set_charging_profile)
    def on_set_charging_profile(
        self, connector_id: int, cs_charging_profiles: dict[str, Any], **_: object
    ) -> call_result.SetChargingProfile:
        """Install a limit."""
        done = self._station.set_profile(connector_id, cs_charging_profiles)
        status = ChargingProfileStatus.accepted if done else ChargingProfileStatus.rejected
        return call_result.SetChargingProfile(status)

    @answers(Action.clear_charging_profile)
    def on_clear_charging_profile(
        self,
        id: int | None = None,
        charging_profile_purpose: str | None = None,
        stack_level: int | None = None,
        **_: object,
    ) -> call_result.ClearChargingProfile:
        """Drop limits."""
        found = self._station.clear_profiles(id, charging_profile_purpose, stack_level)
        outcome = ClearChargingProfileStatus
        return call_result.ClearChargingProfile(outcome.accepted if found else outcome.unknown)

    @answers(Action.remote_start_transaction)
    def on_remote_start(
        self, id_tag: str, charging_profile: dict[str, Any] | None = None, **_: object
    ) -> call_result.RemoteStartTransaction:
        """Start charging on demand."""
        done = self._station.remote_start(id_tag, charging_profile)
        return call_result.RemoteStartTransaction(_start_stop(done))

    @answers(Action.remote_stop_transaction)
    def on_remote_stop(self, transaction_id: int, **_: object) -> call_result.RemoteStopTransaction:
        """Stop charging on demand."""
        return call_result.RemoteStopTransaction(
            _start_stop(self._station.remote_stop(transaction_id))
        )

    @answers(Action.change_configuration)
    def on_change_configuration(
        self, key: str, value: str, **_: object
    ) -> call_result.ChangeConfiguration:
        """Change what may be changed."""
        outcome = ConfigurationStatus
        if key not in self._station.settings:
            return call_result.ChangeConfiguration(outcome.not_supported)
        done = self._station.change_setting(key, value)
        return call_result.ChangeConfiguration(outcome.accepted if done else outcome.rejected)

    @answers(Action.get_configuration)
    def on_get_configuration(
        self, key: list[str] | None = None, **_: object
    ) -> call_result.GetConfiguration:
        """Tell the settings."""
        settings = self._station.settings
        wanted = list(settings) if key is None else key
        known = [
            {
                "key": name,
                "readonly": not name.endswith(("Interval", "SampledData")),
                "value": settings[name],
            }
            for name in wanted
            if name in settings
        ]
        unknown = [name for name in wanted if name not in settings]
        return call_result.GetConfiguration(known, unknown or None)

    @answers(Action.trigger_message)
    def on_trigger_message(self, requested_message: str, **_: object) -> call_result.TriggerMessage:
        """Say something again; it is sent with the next step's report."""
        if requested_message == MessageTrigger.status_notification:
            self._station.tell_status(force=True)
        elif requested_message == MessageTrigger.meter_values:
            self._station.tell_values_now()
        elif requested_message == MessageTrigger.heartbeat:
            self._station.outbox.append(Message(call.Heartbeat()))
        elif requested_message == MessageTrigger.boot_notification:
            self.boot_wanted = True
        else:
            return call_result.TriggerMessage(TriggerMessageStatus.not_implemented)
        return call_result.TriggerMessage(TriggerMessageStatus.accepted)


def _start_stop(done: bool) -> RemoteStartStopStatus:
    return RemoteStartStopStatus.accepted if done else RemoteStartStopStatus.rejected


class OcppCharger:
    """The wallbox of one house; drive it with :meth:`report_step` after each step."""

    def __init__(
        self,
        house: SimHouse,
        url: str,
        identity: str,
        *,
        id_tag: str = "PEERWATT",
        needs_remote_start: bool = False,
    ) -> None:
        self.identity = identity
        self.station = ChargeStation(house, id_tag, needs_remote_start=needs_remote_start)
        self._url = f"{url.rstrip('/')}/{identity}"
        self._link: OcppLink | None = None
        self._task: asyncio.Task[None] | None = None
        self._connected = asyncio.Event()
        self._socket: ClientConnection | None = None
        self._stay_away_until_s = 0.0
        self._last_said_s = house.time_s

    async def start(self) -> None:
        """Begin to connect; returns at once."""
        self._task = asyncio.create_task(self._keep_connected(), name=f"ocpp {self.identity}")

    async def wait_connected(self, timeout_s: float = 10.0) -> None:
        """Return once a central system accepted this charger. Raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            await self._connected.wait()

    @property
    def connected(self) -> bool:
        """Return whether a central system accepted this charger and is there."""
        return self._connected.is_set()

    async def close(self) -> None:
        """Disconnect for good."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def disconnect(self, away_s: float = 0.0) -> None:
        """Drop the link and stay away for some real seconds: a fault to order."""
        self._stay_away_until_s = asyncio.get_running_loop().time() + away_s
        if self._socket is not None:
            await self._socket.close()

    async def report_step(self) -> None:
        """Tell the central system what the last step changed and wait until it knows.

        With no central system there the messages wait and charging goes on under the last
        limit; nothing here blocks longer than the answer time.
        """
        station = self.station
        station.observe()
        link = self._link if self.connected else None
        try:
            if station.start_wanted:
                await self._start_transaction(link)
            if link is not None:
                await self._flush(link)
        except AWAY as fault:
            log.info("Charger %s: no answer (%s); messages wait.", self.identity, fault)
            if self._socket is not None:
                await self._socket.close()

    async def _start_transaction(self, link: OcppLink | None) -> None:
        """Authorise and begin; offline the known tag is good enough (section 3.5.1)."""
        station = self.station
        if link is not None and not station.remotely_wanted:
            reply = await self._call(link, call.Authorize(station.id_tag))
            if reply is None or reply.id_tag_info["status"] != AuthorizationStatus.accepted:
                station.refuse()
                return
        station.begin()

    async def _flush(self, link: OcppLink) -> None:
        """Send what waits, in order; a message leaves the outbox when it was answered."""
        station = self.station
        if link.boot_wanted:
            link.boot_wanted = False
            await self._call(link, _boot(self.identity))
        quiet_s = station.now_s - self._last_said_s
        if not station.outbox and quiet_s >= float(station.settings["HeartbeatInterval"]) > 0:
            station.outbox.append(Message(call.Heartbeat()))
        while station.outbox:
            message = station.outbox[0]
            reply = await self._call(link, _numbered(message))
            if station.outbox and station.outbox[0] is message:
                station.outbox.popleft()
            if isinstance(message.payload, call.StartTransaction) and message.transaction:
                self._started(message, reply)
            self._last_said_s = station.now_s

    def _started(self, message: Message, reply: Any) -> None:
        """Take over the transaction's number, or end it when it was refused."""
        station, transaction = self.station, message.transaction
        if reply is None or transaction is None:
            return
        transaction.transaction_id = reply.transaction_id
        refused = reply.id_tag_info["status"] != AuthorizationStatus.accepted
        if refused and station.transaction is transaction:
            station.stop(Reason.de_authorized)
            station.tell_status()

    async def _call(self, link: Any, payload: Any) -> Any:
        """Send one request; ``None`` when the central system refused it as faulty.

        Raises ConnectionResetError at once when the link ends before the answer came.
        """
        answer = asyncio.ensure_future(link.call(payload, suppress=False))
        try:
            await asyncio.wait({answer, link.reader}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                raise ConnectionResetError("the link ended before the answer came")
            return answer.result()
        except OCPPError as fault:
            log.info("Charger %s: %s refused (%s).", self.identity, type(payload).__name__, fault)
            return None
        finally:
            answer.cancel()

    async def _keep_connected(self) -> None:
        """Connect, boot, read until lost, back off, for ever."""
        backoff_s, lost = FIRST_BACKOFF_S, False
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(max(0.0, self._stay_away_until_s - loop.time()))
            try:
                async with connect(
                    self._url, subprotocols=[SUBPROTOCOL], open_timeout=ANSWER_S, compression=None
                ) as socket:
                    self._socket = socket
                    await self._live(socket, lost)
            except AWAY as fault:
                if not lost:
                    log.info("Charger %s: central system away (%s).", self.identity, fault)
                lost = True
            backoff_s = FIRST_BACKOFF_S if self.connected else min(2 * backoff_s, MAX_BACKOFF_S)
            self._connected.clear()
            self._link = self._socket = None
            await asyncio.sleep(backoff_s)

    async def _live(self, socket: ClientConnection, lost: bool) -> None:
        """Serve one connection until it ends."""
        link: Any = OcppLink(self.identity, socket, self.station)
        reader = link.reader = asyncio.create_task(link.start())
        try:
            await self._boot(link)
            if lost:
                log.info("Charger %s: central system is back.", self.identity)
            self._link = link
            self.station.tell_status(force=True)
            self._connected.set()
            await reader
        finally:
            reader.cancel()
            with contextlib.suppress(asyncio.CancelledError, *AWAY):
                await reader

    async def _boot(self, link: OcppLink) -> None:
        """Ask to be let in until the central system accepts (section 4.2)."""
        while True:
            reply = await self._call(link, _boot(self.identity))
            if reply is not None and reply.status == RegistrationStatus.accepted:
                if reply.interval > 0:
                    self.station.settings["HeartbeatInterval"] = str(reply.interval)
                return
            await asyncio.sleep(min(MAX_BACKOFF_S, max(1.0, reply.interval if reply else 1.0)))


def _boot(identity: str) -> call.BootNotification:
    return call.BootNotification(
        charge_point_model="Wallbox 11",
        charge_point_vendor="Rhone Charge",
        charge_point_serial_number=identity[:25],
        firmware_version="1.8.3",
    )


def _numbered(message: Message) -> Any:
    """Return the request with the number its transaction has by now."""
    payload, transaction = message.payload, message.transaction
    if transaction is not None and isinstance(payload, call.MeterValues | call.StopTransaction):
        if transaction.transaction_id is not None:
            payload.transaction_id = transaction.transaction_id
        elif isinstance(payload, call.StopTransaction):
            payload.transaction_id = 0
    return payload
