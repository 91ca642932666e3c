"""The words of a sign screen, and what has to be known to find them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from ..address import checksum_address


class Risk(StrEnum):
    """How much care the screen asks for."""

    ORDINARY = "ordinary"
    CAREFUL = "careful"
    """It gives power to somebody, or cannot be taken back: read it again."""
    UNKNOWN = "unknown"
    """The program cannot tell what it does: shown red, refused unless the owner insists."""


_ORDER = (Risk.ORDINARY, Risk.CAREFUL, Risk.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Line:
    """One labelled line of the screen."""

    label: str
    text: str
    kind: str = "text"
    """text, address, amount, energy, price, time, bytes: how the window sets it."""
    address: str | None = None
    """Set for addresses, so that the window can draw their picture."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a signature would do."""

    code: str
    """Stable name, such as ``Credit.transfer``, for translations and tests."""
    title: str
    risk: Risk
    lines: tuple[Line, ...] = ()
    warnings: tuple[str, ...] = ()
    recipient: str | None = None
    """Who gets money or power by it: whom the address book checks."""

    def as_json(self) -> dict[str, Any]:
        """Return it for an answer."""
        return asdict(self)


def worse(*risks: Risk) -> Risk:
    """Return the highest of some risks."""
    return max(risks, key=_ORDER.index)


@dataclass(frozen=True, slots=True)
class Ticks:
    """A market's ladder of prices, micro-units per kWh."""

    base_micro: int
    step_micro: int


def _nameless(address: str) -> str | None:  # noqa: ARG001
    return None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The community as the site's own settings name it, and the owner's address book."""

    chain_id: int
    contracts: Mapping[str, str] = field(default_factory=dict)
    """Name -> address."""
    name_of: Callable[[str], str | None] = _nameless
    zone: str = "UTC"
    """Time zone in which moments are shown."""
    own: frozenset[str] = frozenset()
    """Addresses of the wallet's accounts, checksummed."""
    ticks: Ticks | None = None
    """From the engine; only used to show prices of orders."""

    def contract_at(self, address: str) -> str | None:
        """Return the name of the community's contract at an address."""
        low = address.lower()
        return next((name for name, at in self.contracts.items() if at.lower() == low), None)

    def called(self, address: str) -> str:
        """Return an address with the name that it has here."""
        address = checksum_address(address)
        if contract := self.contract_at(address):
            return f"{address} (the community's {contract})"
        if address in self.own:
            return f"{address} (your own account)"
        name = self.name_of(address)
        return f"{address} ({name})" if name else address
