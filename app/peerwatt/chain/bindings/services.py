"""Services: what the community shares and prices by use, with receipts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..encoding import keccak
from .artefact import Artefact, load_artefact
from .layout import as_address
from .wants import Want, word

_SLOTS = 8
"""Provider, price, open, then the name (length and 48 bytes) and the unit (length and 16)."""


@dataclass(frozen=True, slots=True)
class Service:
    """Something on the price list."""

    service_id: int
    provider: str
    price_micro: int
    """Per unit."""
    is_open: bool
    name: str
    unit: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a user paid for; its number proves it by the hash that the contract keeps."""

    service_id: int
    user: str
    units: int
    paid_micro: int
    reference: bytes


class Services:
    """The price list's contract at an address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.artefact: Artefact = load_artefact("Services")

    def service_count(self) -> Want[int]:
        """Number of services; they are numbered from 0."""
        return word(self.address, self.artefact.layout.slot("service_count"))

    def service(self, service_id: int) -> Want[Service | None]:
        """A service; ``None`` where there is none."""
        layout = self.artefact.layout
        slots = tuple(layout.of("services", service_id, member=i) for i in range(_SLOTS))
        return Want(self.address, slots, lambda words: _service(service_id, words))

    def is_receipt(self, number: int, receipt: Receipt) -> Want[bool]:
        """Whether the contract holds exactly this receipt under a number."""
        from eth_abi.abi import encode

        facts = (receipt.service_id, receipt.user, receipt.units, receipt.paid_micro)
        kinds = ("uint256", "address", "uint256", "uint256", "bytes32")
        digest = int.from_bytes(keccak(encode(kinds, (*facts, receipt.reference))), "big")
        slot = self.artefact.layout.of("receipts", number)
        return word(self.address, slot).map(lambda value: value == digest)

    def list_service(self, name: str, unit: str, price_micro: int) -> bytes:
        """Data that puts a service on the list; the sender provides it."""
        return self.artefact.calldata("list_service", name, unit, price_micro)

    def set_price(self, service_id: int, price_micro: int, is_open: bool) -> bytes:
        """Data with which a provider changes the price, or closes the service for a while."""
        return self.artefact.calldata("set_price", service_id, price_micro, is_open)

    def pay(self, service_id: int, units: int, max_price_micro: int, reference: bytes) -> bytes:
        """Data of a use, at no more than a price per unit."""
        return self.artefact.calldata("pay", service_id, units, max_price_micro, reference)

    def reward(self, receiver: str, amount_micro: int, reason: bytes) -> bytes:
        """Data that gives own credits as loyalty or thanks."""
        return self.artefact.calldata("reward", receiver, amount_micro, reason)

    @staticmethod
    def deployment(credit: str, registry: str) -> bytes:
        """Data that deploys the contract."""
        return load_artefact("Services").deployment(credit, registry)


def _service(service_id: int, words: Sequence[int]) -> Service | None:
    provider, price, is_open, name_size, name_1, name_2, unit_size, unit = words
    if not provider:
        return None
    name = name_1.to_bytes(32, "big") + name_2.to_bytes(32, "big")
    return Service(
        service_id,
        as_address(provider),
        price,
        is_open == 1,
        _text(name, name_size),
        _text(unit.to_bytes(32, "big"), unit_size),
    )


def _text(content: bytes, size: int) -> str:
    return content[:size].decode("utf-8", "replace")
