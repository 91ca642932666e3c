"""Meter: signed cumulative registers for each interval, Wh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .artefact import Artefact, load_artefact
from .layout import bits
from .wants import Want, word


@dataclass(frozen=True, slots=True)
class MeterRegister:
    """Registers at the end of an interval, Wh; interval 0 where nothing was metered yet."""

    interval: int
    import_wh: int
    export_wh: int


@dataclass(frozen=True, slots=True)
class SignedReading:
    """A reading with the meter's signature (EIP-712)."""

    member: str
    register: MeterRegister
    v: int
    r: bytes
    s: bytes


class Meter:
    """The meter contract at an address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.artefact: Artefact = load_artefact("Meter")

    def last(self, member: str) -> Want[MeterRegister]:
        """Newest register of a member."""
        return word(self.address, self.artefact.layout.of("last", member)).map(decode_register)

    def delta(self, member: str, interval: int) -> Want[MeterRegister | None]:
        """Metered energy of one interval; ``None`` while it is not known."""
        slot = self.artefact.layout.of("delta", member, interval)
        return word(self.address, slot).map(lambda value: decode_delta(value, interval))

    def submit(self, readings: Sequence[SignedReading]) -> bytes:
        """Data that submits signed readings; anyone may send it."""
        rows = [
            (
                reading.member,
                reading.register.interval,
                reading.register.import_wh,
                reading.register.export_wh,
                reading.v,
                reading.r,
                reading.s,
            )
            for reading in readings
        ]
        return self.artefact.calldata("submit", rows)

    def typed_reading(
        self, chain_id: int, member: str, register: MeterRegister
    ) -> dict[str, object]:
        """The EIP-712 message that the meter's key signs."""
        return typed_reading(self.address, chain_id, member, register)

    @staticmethod
    def deployment(registry: str) -> bytes:
        """Data that deploys the contract."""
        return load_artefact("Meter").deployment(registry)


def decode_register(word_: int) -> MeterRegister:
    """Unpack interval << 128 | import << 64 | export."""
    return MeterRegister(bits(word_, 128, 64), bits(word_, 64, 64), bits(word_, 0, 64))


def decode_delta(word_: int, interval: int) -> MeterRegister | None:
    """Unpack KNOWN (bit 255) | import << 64 | export."""
    if not word_ >> 255:
        return None
    return MeterRegister(interval, bits(word_, 64, 64), bits(word_, 0, 64))


def typed_reading(
    contract: str, chain_id: int, member: str, register: MeterRegister
) -> dict[str, object]:
    """Return the EIP-712 message of a reading, as eth-account takes it."""
    return {
        "primaryType": "Reading",
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "Reading": [
                {"name": "member", "type": "address"},
                {"name": "interval", "type": "uint64"},
                {"name": "importWh", "type": "uint64"},
                {"name": "exportWh", "type": "uint64"},
            ],
        },
        "domain": {
            "name": "Peerwatt Meter",
            "version": "1",
            "chainId": chain_id,
            "verifyingContract": contract,
        },
        "message": {
            "member": member,
            "interval": register.interval,
            "importWh": register.import_wh,
            "exportWh": register.export_wh,
        },
    }
