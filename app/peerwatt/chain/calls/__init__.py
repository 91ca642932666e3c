"""Verified calls: a contract's view functions run here, over state that is proven slot by slot."""

from __future__ import annotations

from dataclasses import dataclass

from peerwatt.model.verified import Unproven


class CallRefused(Unproven):
    """A call could not be answered from proofs; the message says why and what to do."""


class CallReverted(Unproven):
    """The contract itself refused the call, on proven state; ``data`` is what it returned."""

    def __init__(self, reason: str, data: bytes) -> None:
        super().__init__(f"The contract refused the call: {reason}.")
        self.reason = reason
        self.data = data


@dataclass(frozen=True, slots=True)
class Request:
    """A message to run; value in wei; without ``to`` the data is run as a creation."""

    to: bytes = b""
    data: bytes = b""
    sender: bytes = bytes(20)
    value_wei: int = 0
    gas: int | None = None
    gas_price_wei: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a message gave; ``error`` is ``None`` on success."""

    output: bytes
    gas_used: int
    error: str | None
    reverted: bool
