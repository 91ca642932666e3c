"""The house's smart meter as the chain knows it: signs its registers at each interval's end.

EIP-712 (typed structured data), domain ("Peerwatt Meter", "1", chain id, contract), message
``Reading(address member,uint64 interval,uint64 importWh,uint64 exportWh)``. The key never
leaves this object. Pure functions; who carries the reading to the chain is not decided here.
"""

from __future__ import annotations

from dataclasses import dataclass

from coincurve import PrivateKey

from peerwatt.chain.encoding import checksum_address, keccak

from .physics.house import SimHouse

DOMAIN_TYPE = keccak(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
READING_TYPE = keccak(b"Reading(address member,uint64 interval,uint64 importWh,uint64 exportWh)")
NAME_HASH = keccak(b"Peerwatt Meter")
VERSION_HASH = keccak(b"1")


@dataclass(frozen=True, slots=True)
class MeterDomain:
    """Where readings are valid: one chain, one contract."""

    chain_id: int
    contract: str

    def separator(self) -> bytes:
        """Return the EIP-712 domain separator."""
        return keccak(
            DOMAIN_TYPE
            + NAME_HASH
            + VERSION_HASH
            + self.chain_id.to_bytes(32, "big")
            + _address_word(self.contract)
        )


@dataclass(frozen=True, slots=True)
class SignedReading:
    """Registers at the end of an interval (cumulative Wh) under the meter's signature."""

    member: str
    interval: int
    import_wh: int
    export_wh: int
    v: int
    r: bytes
    s: bytes


def reading_digest(
    domain: MeterDomain, member: str, interval: int, import_wh: int, export_wh: int
) -> bytes:
    """Return the 32-byte EIP-712 digest of one reading."""
    numbers = b"".join(n.to_bytes(32, "big") for n in (interval, import_wh, export_wh))
    struct_hash = keccak(READING_TYPE + _address_word(member) + numbers)
    return keccak(b"\x19\x01" + domain.separator() + struct_hash)


def sign_reading(
    key: PrivateKey,
    domain: MeterDomain,
    member: str,
    interval: int,
    registers_wh: tuple[int, int],
) -> SignedReading:
    """Sign the (import, export) registers at the end of an interval.

    Deterministic (RFC 6979); s is always low, as the contract asks.
    """
    import_wh, export_wh = registers_wh
    digest = reading_digest(domain, member, interval, import_wh, export_wh)
    signature = key.sign_recoverable(digest, hasher=None)
    return SignedReading(
        member,
        interval,
        import_wh,
        export_wh,
        27 + signature[64],
        signature[:32],
        signature[32:64],
    )


class SmartMeter:
    """The signing meter of one simulated house."""

    def __init__(self, house: SimHouse, key: PrivateKey) -> None:
        self._house = house
        self._key = key

    @classmethod
    def seeded(cls, house: SimHouse) -> SmartMeter:
        """Return a meter whose key follows from the house's seed: for simulations only."""
        secret = keccak(b"peerwatt simulated meter %d" % house.spec.seed)
        return cls(house, PrivateKey(secret))

    @property
    def address(self) -> str:
        """Return the EIP-55 address that belongs to the meter's key."""
        public = self._key.public_key.format(compressed=False)[1:]
        return checksum_address(keccak(public)[12:])

    def reading(self, domain: MeterDomain, member: str, interval: int) -> SignedReading | None:
        """Return the signed registers at the end of an interval, ``None`` before that."""
        registers = self._house.interval_registers.get(interval)
        if registers is None:
            return None
        return sign_reading(self._key, domain, member, interval, registers)


def _address_word(address: str) -> bytes:
    raw = bytes.fromhex(address.removeprefix("0x"))
    if len(raw) != 20:
        raise ValueError(f"{address!r} is no address: 20 bytes in hex are needed.")
    return raw.rjust(32, b"\0")
