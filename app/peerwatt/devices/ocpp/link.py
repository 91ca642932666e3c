"""One charger's connection: answers its messages and carries our calls to it.

Rules: Open Charge Point Protocol 1.6 edition 2, chapters 4 (from the charger) and 5 (to it).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from ocpp import messages, routing
from ocpp.exceptions import OCPPError
from ocpp.v16 import ChargePoint, call, call_result, datatypes, enums
from ocpp.v16.enums import Action
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from ...model.ports import DeviceAway, DeviceFault
from .charger import CONNECTOR, Charger
from .profiles import TX_DEFAULT_PROFILE_ID, TX_PROFILE_ID, timestamp

log = logging.getLogger(__name__)

# The packages log whole messages and tracebacks of what a charger sent; what matters of it leaves
# this package as a sentence.
quiet = logging.getLogger("peerwatt.devices.ocpp.wire")
quiet.setLevel(logging.CRITICAL)

# A message is validated in some tens of microseconds; a thread's round trip costs more.
messages.ASYNC_VALIDATION = False

Handler = TypeVar("Handler", bound=Callable[..., Any])

HEARTBEAT_S = 60
CALL_TIMEOUT_S = 10.0
SAMPLED = "Power.Active.Import,Energy.Active.Import.Register,Current.Import,Voltage,SoC"
TEXT_LIMIT = 50


def answers(action: Action, *, tolerant: bool = False) -> Callable[[Handler], Handler]:
    """Mark a method as the answer to a charger's message; ``tolerant`` skips the schema."""
    untyped: Any = routing
    decorate: Callable[[Handler], Handler] = untyped.on(action, skip_schema_validation=tolerant)
    return decorate


def plain(text: object) -> str:
    """Return untrusted text fit for a log line and the screen."""
    shown = "".join(c if c.isprintable() else "?" for c in str(text or ""))
    return shown[:TEXT_LIMIT]


class Link(ChargePoint):
    """A connected charge point, seen from the central system."""

    def __init__(
        self,
        charger: Charger,
        connection: ServerConnection,
        new_transaction: Callable[[], int],
        sample_interval_s: int,
    ) -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            charger.settings.charge_point_id, connection, int(CALL_TIMEOUT_S), logger=quiet
        )
        self.charger = charger
        self._new_transaction = new_transaction
        self._sample_interval_s = sample_interval_s
        self._spoken = asyncio.Event()

    @property
    def now(self) -> str:
        """The program's time as OCPP writes it."""
        return timestamp(self.charger.clock.now_s())

    async def serve(self) -> None:
        """Answer until the charger goes. Never raises for what a charger does."""
        setting_up = asyncio.create_task(self._set_up())
        try:
            await self.start()  # type: ignore[no-untyped-call]
        except ConnectionClosed:
            pass
        finally:
            setting_up.cancel()
            await asyncio.gather(setting_up, return_exceptions=True)

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()

    async def route_message(self, raw_msg: Any) -> None:
        """Note that the charger is alive, then let the package dispatch."""
        self.charger.heard()
        try:
            await super().route_message(raw_msg)  # type: ignore[no-untyped-call]
        except ConnectionClosed:
            raise
        except Exception as fault:
            # Malformed beyond what the package expects: one charger's nonsense stays its own.
            log.info("%s sent a message that is not OCPP (%s).", self.id, type(fault).__name__)
        self._spoken.set()

    @answers(Action.boot_notification)
    def on_boot(
        self, charge_point_vendor: str, charge_point_model: str, **more: Any
    ) -> call_result.BootNotification:
        """Accept the charger and tell it the time."""
        charger = self.charger
        charger.manufacturer, charger.model = plain(charge_point_vendor), plain(charge_point_model)
        serial = more.get("charge_point_serial_number") or more.get("charge_box_serial_number")
        charger.serial, charger.version = plain(serial), plain(more.get("firmware_version"))
        charger.booted = True
        return call_result.BootNotification(
            self.now, HEARTBEAT_S, enums.RegistrationStatus.accepted
        )

    @answers(Action.heartbeat)
    def on_heartbeat(self) -> call_result.Heartbeat:
        """Tell the time."""
        return call_result.Heartbeat(self.now)

    @answers(Action.status_notification)
    def on_status(
        self, connector_id: int, error_code: str, status: str, **_: Any
    ) -> call_result.StatusNotification:
        """Take the status."""
        self.charger.on_status(connector_id, status, plain(error_code))
        return call_result.StatusNotification()

    @answers(Action.authorize)
    def on_authorize(self, id_tag: str) -> call_result.Authorize:
        """Accept the owner's tag only."""
        return call_result.Authorize(self._tag_info(id_tag))

    @answers(Action.start_transaction)
    def on_start(
        self, connector_id: int, id_tag: str, meter_start: int, **_: Any
    ) -> call_result.StartTransaction:
        """Begin a transaction under an id that never repeats."""
        transaction_id = self._new_transaction()
        info = self._tag_info(id_tag)
        if connector_id == CONNECTOR and info.status == enums.AuthorizationStatus.accepted:
            self.charger.on_start(transaction_id, meter_start)
        return call_result.StartTransaction(transaction_id, info)

    @answers(Action.stop_transaction)
    def on_stop(
        self, transaction_id: int, meter_stop: int, **_: Any
    ) -> call_result.StopTransaction:
        """End a transaction."""
        self.charger.on_stop(transaction_id, meter_stop)
        return call_result.StopTransaction()

    @answers(Action.meter_values, tolerant=True)
    def on_meter_values(
        self, connector_id: int = CONNECTOR, meter_value: Any = (), **more: Any
    ) -> call_result.MeterValues:
        """Take meter values tolerantly: chargers deviate most from the schema here."""
        transaction = more.get("transaction_id")
        known = transaction if isinstance(transaction, int) else None
        values = meter_value if isinstance(meter_value, list) else []
        self.charger.on_meter_values(connector_id, known, values)
        return call_result.MeterValues()

    @answers(Action.data_transfer)
    def on_data_transfer(self, **_: Any) -> call_result.DataTransfer:
        """Refuse vendor messages politely."""
        return call_result.DataTransfer(enums.DataTransferStatus.unknown_vendor_id)

    @answers(Action.firmware_status_notification)
    def on_firmware_status(self, **_: Any) -> call_result.FirmwareStatusNotification:
        """Acknowledge."""
        return call_result.FirmwareStatusNotification()

    @answers(Action.diagnostics_status_notification)
    def on_diagnostics_status(self, **_: Any) -> call_result.DiagnosticsStatusNotification:
        """Acknowledge."""
        return call_result.DiagnosticsStatusNotification()

    def _tag_info(self, id_tag: str) -> datatypes.IdTagInfo:
        allowed = id_tag == self.charger.settings.id_tag
        statuses = enums.AuthorizationStatus
        return datatypes.IdTagInfo(statuses.accepted if allowed else statuses.invalid)

    async def ask(self, payload: Any) -> Any:
        """Send a call and return its answer. Raises DeviceAway or DeviceFault."""
        name = type(payload).__name__
        try:
            send: Any = self.call
            return await send(payload, suppress=False)
        except ConnectionClosed:
            raise DeviceAway(f"{self.id} went away during {name}.") from None
        except TimeoutError:
            raise DeviceAway(
                f"{self.id} did not answer {name} within {CALL_TIMEOUT_S:g} s."
            ) from None
        except OCPPError as fault:
            raise DeviceFault(f"{self.id} refused {name}: {plain(fault.description)}.") from None
        except (TypeError, ValueError, KeyError):
            raise DeviceFault(f"{self.id} answered {name} with something else.") from None

    async def clear_profiles(self) -> int:
        """Remove our profiles; returns the messages sent. Raises DeviceAway."""
        sent = 0
        for profile_id in (TX_PROFILE_ID, TX_DEFAULT_PROFILE_ID):
            await self._tolerant(call.ClearChargingProfile(id=profile_id))
            sent += 1
        return sent

    async def _set_up(self) -> None:
        """Ask for meter values and the present status; what a charger refuses is left alone.

        Sent after its first message: some chargers take nothing before they have booted.
        """
        await self._spoken.wait()
        configure: tuple[Callable[[], Awaitable[Any]], ...] = (
            lambda: self._configure("MeterValuesSampledData", SAMPLED),
            lambda: self._configure("MeterValueSampleInterval", str(self._sample_interval_s)),
            lambda: self._trigger(enums.MessageTrigger.status_notification),
            lambda: self._trigger(enums.MessageTrigger.meter_values),
        )
        try:
            if self.charger.limit_a is None:
                await self.clear_profiles()  # what a crash of ours may have left behind
            for step in configure:
                await step()
        except DeviceAway:
            return

    async def _configure(self, key: str, value: str) -> None:
        await self._tolerant(call.ChangeConfiguration(key=key, value=value))

    async def _trigger(self, message: enums.MessageTrigger) -> None:
        await self._tolerant(call.TriggerMessage(requested_message=message))

    async def _tolerant(self, payload: Any) -> None:
        try:
            await self.ask(payload)
        except DeviceFault as fault:
            log.debug("%s", fault)
