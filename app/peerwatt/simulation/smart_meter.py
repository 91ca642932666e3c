"""The house's smart meter as the chain knows it: signs what it metered, interval by interval.

EIP-712 (typed structured data), domain ("Peerwatt Meter", "1", chain id, contract), message
``Batch(address member,uint64 firstInterval,uint64 importWh,uint64 exportWh,bytes32 rows)``: the
registers before the first interval and the hash of the rows, 4 bytes of import and 4 of export
each; a production meter's message is called ``Production``. The key never leaves this object.
Who carries a batch to the chain is not decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from coincurve import PrivateKey

from peerwatt.chain.bindings.meter import SignedBatch, pack_rows
from peerwatt.chain.encoding import checksum_address, keccak

from .physics.house import SimHouse

DOMAIN_TYPE = keccak(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
_FIELDS = b"(address member,uint64 firstInterval,uint64 importWh,uint64 exportWh,bytes32 rows)"
GRID_TYPE = keccak(b"Batch" + _FIELDS)
PRODUCTION_TYPE = keccak(b"Production" + _FIELDS)
NAME_HASH = keccak(b"Peerwatt Meter")
VERSION_HASH = keccak(b"1")


@dataclass(frozen=True, slots=True)
class MeterDomain:
    """Where batches are valid: one chain, one contract."""

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


def sign_batch(
    key: PrivateKey,
    domain: MeterDomain,
    member: str,
    first_interval: int,
    registers_wh: tuple[int, int],
    rows: bytes,
    type_hash: bytes = GRID_TYPE,
) -> SignedBatch:
    """Sign rows that follow the (import, export) registers.

    Deterministic (RFC 6979); s is always low, as the contract asks.
    """
    numbers = b"".join(n.to_bytes(32, "big") for n in (first_interval, *registers_wh))
    struct_hash = keccak(type_hash + _address_word(member) + numbers + keccak(rows))
    digest = keccak(b"\x19\x01" + domain.separator() + struct_hash)
    signature = key.sign_recoverable(digest, hasher=None)
    return SignedBatch(
        member,
        first_interval,
        *registers_wh,
        rows,
        27 + signature[64],
        signature[:32],
        signature[32:64],
    )


class SmartMeter:
    """A signing meter of one simulated house: of its connection, or of its production."""

    def __init__(self, house: SimHouse, key: PrivateKey, *, of_production: bool = False) -> None:
        self._house = house
        self._key = key
        self._of_production = of_production

    @classmethod
    def seeded(cls, house: SimHouse, *, of_production: bool = False) -> SmartMeter:
        """Return a meter whose key follows from the house's seed: for simulations only."""
        kind = b"production meter" if of_production else b"meter"
        secret = keccak(b"peerwatt simulated %s %d" % (kind, house.spec.seed))
        return cls(house, PrivateKey(secret), of_production=of_production)

    @property
    def address(self) -> str:
        """Return the EIP-55 address that belongs to the meter's key."""
        public = self._key.public_key.format(compressed=False)[1:]
        return checksum_address(keccak(public)[12:])

    def batch(
        self, domain: MeterDomain, member: str, first_interval: int, count: int
    ) -> SignedBatch | None:
        """Return what was metered in ``count`` intervals; ``None`` where the meter has not got it.

        The registers at the end of the interval before the first belong to it.
        """
        ends = range(first_interval - 1, first_interval + count)
        known = [found for end in ends if (found := self._registers(end)) is not None]
        if len(known) <= count:
            return None
        rows = pack_rows([(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(known)])
        type_hash = PRODUCTION_TYPE if self._of_production else GRID_TYPE
        return sign_batch(self._key, domain, member, first_interval, known[0], rows, type_hash)

    def _registers(self, interval: int) -> tuple[int, int] | None:
        if not self._of_production:
            return self._house.interval_registers.get(interval)
        produced_wh = self._house.production_registers.get(interval)
        return None if produced_wh is None else (0, produced_wh)


def _address_word(address: str) -> bytes:
    raw = bytes.fromhex(address.removeprefix("0x"))
    if len(raw) != 20:
        raise ValueError(f"{address!r} is no address: 20 bytes in hex are needed.")
    return raw.rjust(32, b"\0")
