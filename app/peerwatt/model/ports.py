"""Protocols through which packages meet in the engine without importing each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from .control import Applied, Setpoint
from .flexibility import FlexOffer
from .market import OrderIntent
from .mealy import Transition
from .readings import DeviceInfo, Reading


class Clock(Protocol):
    """Time as the program knows it: real, faster than real, or driven step by step."""

    def now_s(self) -> float:
        """Return the present Unix second (UTC)."""

    async def sleep_until(self, time_s: float) -> None:
        """Return once :meth:`now_s` has reached ``time_s``."""


class DeviceAway(Exception):
    """A device cannot be reached or does not answer; the message is one clear sentence."""


class DeviceFault(Exception):
    """A device answered with something that cannot be used; one clear sentence."""


class Driver(Protocol):
    """One physical endpoint and the devices behind it."""

    @property
    def devices(self) -> tuple[DeviceInfo, ...]:
        """The devices behind this endpoint; known only after the first successful poll."""

    async def poll(self) -> tuple[Reading, ...]:
        """Read once. Raises DeviceAway or DeviceFault; connects when needed."""

    async def apply(self, setpoint: Setpoint) -> Applied:
        """Write a setpoint (or refresh it), read it back. Raises DeviceAway or DeviceFault."""

    async def release(self) -> None:
        """Return every device to the state it had before the first write."""

    async def close(self) -> None:
        """Close the connection. Never raises."""


class UndoLedger(Protocol):
    """Old values written to disk before a write, so that a crash can be undone."""

    def remember(self, device_id: str, key: str, old_value: int, time_s: float) -> None:
        """Store an old value unless one is already held for this key. Durable on return.

        Raises OSError when the disk does not take it.
        """

    def held(self, device_id: str) -> Sequence[tuple[str, int]]:
        """Return (key, old value) in the order in which they were remembered."""

    def forget(self, device_id: str) -> None:
        """Drop a device's entries after they were restored."""


class TwinLog(Protocol):
    """Where transitions of the twins are kept."""

    def append(self, records: Sequence[Transition]) -> None:
        """Store records. Durable on return."""

    def last(self, twin: str) -> Transition | None:
        """Return the newest record of a twin."""

    def records(self, twin: str) -> Iterable[Transition]:
        """Yield all records of a twin, oldest first."""


class OrderOutbox(Protocol):
    """Intents to trade, durable before anything is sent; one per account and interval."""

    def put(self, intent: OrderIntent) -> None:
        """Insert or replace the intent of (account, interval). Durable on return."""

    def get(self, account: str, interval: int) -> OrderIntent | None:
        """Return the intent of an interval."""

    def pending(self, account: str) -> Sequence[OrderIntent]:
        """Return the intents that are INTENDED or SENT, oldest first."""

    def recent(self, account: str, since_interval: int) -> Sequence[OrderIntent]:
        """Return all intents from an interval on, by interval."""


class OfferBook(Protocol):
    """Our offers on flexibility requests, durable before anything is sent."""

    def put(self, offer: FlexOffer) -> None:
        """Insert or replace the offer on a request. Durable on return."""

    def get(self, request_id: int) -> FlexOffer | None:
        """Return our offer on a request."""

    def all(self) -> Sequence[FlexOffer]:
        """Return all offers, by request."""


class Signer(Protocol):
    """Holds a key and signs what its policy allows; the key itself never leaves it."""

    @property
    def address(self) -> str:
        """EIP-55 checksummed address."""

    def sign_transaction(self, fields: dict[str, object]) -> str:
        """Return the raw signed transaction (0x hex). Raises PolicyRefusal."""


class PolicyRefusal(Exception):
    """The signing policy does not allow this; the message says which rule."""
