"""A community for tests of metering, settlement and deals: signs for its meters and members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from coincurve import PrivateKey
from eth_abi import encode
from eth_utils import keccak, to_checksum_address
from ethereum.forks.prague.fork_types import Address
from ethereum.forks.prague.state import set_storage
from ethereum_types.bytes import Bytes32
from ethereum_types.numeric import U256
from tests.contracts.conftest import CHAIN_ID, T0, Chain, Contract, artefact

FIRST = T0 // 900
RETAIL, FEED_IN = 300_037, 79_973
BASE, STEP, COUNT, GATE_S = 79_980, 5_001, 45, 180
DUE_S = 7_200
FUNDS = 1_000_000_000
THIN_WH, MID, SPREAD, WEIGHT, G = 1_000, 190_005, 220_064, 1000, 500
CHARGE = 20_011
"""Use of system of the book that both zones share, micro-units per kWh."""
BUY, SELL = 0, 1
STRANGER = "0x" + "99" * 20
DOMAIN = keccak(
    text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
BATCH = "(address member,uint64 firstInterval,uint64 importWh,uint64 exportWh,bytes32 rows)"
DEAL = (
    "Deal(address seller,address buyer,uint8 kind,uint32 amount,uint16 needShare,uint32 price,"
    "uint64 start,uint64 end,uint8 rank,uint256 nonce)"
)
DEAL_KINDS = (
    "address", "address", "uint8", "uint32", "uint16", "uint32", "uint64", "uint64", "uint8",
    "uint256",
)  # fmt: skip


def account(name: str, number: int) -> tuple[PrivateKey, str]:
    key = PrivateKey(keccak(text=f"{name} {number}"))
    public = key.public_key.format(compressed=False)[1:]
    return key, to_checksum_address(keccak(public)[12:])


def signature(key: PrivateKey, name: str, contract: str, struct: bytes) -> tuple[int, bytes, bytes]:
    domain = keccak(
        encode(
            ["bytes32", "bytes32", "bytes32", "uint256", "address"],
            [DOMAIN, keccak(text=name), keccak(text="1"), CHAIN_ID, contract],
        )
    )
    raw = key.sign_recoverable(keccak(b"\x19\x01" + domain + struct), hasher=None)
    return raw[64] + 27, raw[:32], raw[32:64]


def packed_rows(rows: Sequence[tuple[int, int]]) -> bytes:
    return b"".join(i.to_bytes(4) + e.to_bytes(4) for i, e in rows)


def write_ring(contract: Contract, variable: str, keys: Sequence[int], at: int, value: int) -> None:
    """Write a word of a ring in raw storage: what would take days to reach."""
    place = artefact(contract.name)["storage_layout"][variable]["slot"]
    for key in keys:
        place = int.from_bytes(keccak(place.to_bytes(32) + key.to_bytes(32)))
    where = Bytes32((place + at).to_bytes(32))
    set_storage(contract.chain.state, Address(contract.raw), where, U256(value))


class Homes:
    """Members of zones 1 and 2 under book 3, with money in the Market and meters with keys."""

    first = FIRST

    def __init__(
        self, homes: int = 6, zones: Sequence[int] = (), weight: int = WEIGHT, due_s: int = DUE_S
    ) -> None:
        chain, self.due_s = Chain(), due_s
        self.chain = chain
        self.treasury, self.community, self.supplier, self.dso, self.operator, self.balancer = (
            to_checksum_address(bytes([number]) * 20) for number in range(0xA1, 0xA7)
        )
        self.credit = chain.deploy("Credit", "Peerwatt Credit", "PWC", self.treasury)
        self.registry = chain.deploy("Registry", self.community, 0)
        places = (self.credit.address, self.registry.address)
        self.market = chain.deploy(
            "Market", *places, BASE, STEP, COUNT, GATE_S, 0, "0x" + "00" * 20
        )
        self.meter = chain.deploy("Meter", self.registry.address, due_s)
        self.settlement = chain.deploy(
            "Settlement", self.registry.address, self.market.address, self.meter.address,
            self.balancer, THIN_WH, MID, SPREAD, weight, G,
        )  # fmt: skip
        self.deals = chain.deploy(
            "Deals", self.registry.address, self.meter.address, self.settlement.address
        )
        by = self.community
        for book, parent, charge in ((3, 0, CHARGE), (1, 3, 0), (2, 3, 0)):
            self.market("set_book", book, parent, charge, by=by)
        self.market("set_charge_account", self.dso, by=by)
        self.market("set_posters", [self.settlement.address], by=by)
        self.settlement("set_deals", self.deals.address, by=by)
        self.registry("set_role", self.dso, 1, by=by)
        self.registry("set_role", self.operator, 4, by=by)
        self.keys, self.homes = zip(*(account("home", i) for i in range(homes)), strict=True)
        self.meter_keys, self.meters = zip(
            *(account("meter", i) for i in range(homes)), strict=True
        )
        self.zones = tuple(zones) or (1,) * homes
        for home, meter, zone in zip(self.homes, self.meters, self.zones, strict=True):
            self.registry("add_member", home, zone, RETAIL, FEED_IN, meter, self.supplier, by=by)
        self.holders = [*self.homes, self.supplier, self.dso, self.balancer]
        for holder in self.holders:
            self.credit("mint", holder, FUNDS, by=self.treasury)
            self.credit("approve", self.market.address, 2**256 - 1, by=holder)
            self.market("deposit", FUNDS, by=holder)
        self.reset = chain.snapshot()

    # Market
    def order(self, interval: int, *steps: tuple[int, ...]) -> int:
        word = interval << 64
        for at, (side, tick, quantity, *reach) in enumerate(steps):
            found = quantity | tick << 19 | side << 27 | (reach or [0])[0] << 28
            word |= found << 30 * at
        return word

    def place(self, home: int, *orders: int) -> None:
        self.market("place", list(orders), by=self.homes[home])

    def after(self, interval: int) -> None:
        """Set the clock to the end of an interval."""
        self.chain.time = (interval + 1) * 900

    def due(self, interval: int) -> None:
        """Set the clock to where an interval's readings are no longer awaited."""
        self.chain.time = (interval + 1) * 900 + self.due_s + 1

    def available(self, account: str) -> int:
        return int(self.market("accounts", account)[0])

    def held(self) -> int:
        """All that stands in the Market's accounts, escrows and rounding included."""
        kept = [self.market("accounts", one)[:2] for one in self.holders]
        return sum(map(sum, kept))

    # Meter
    def batch(
        self, home: int, first: int, rows: Sequence[tuple[int, int]],
        before: tuple[int, int] = (0, 0), key: int | None = None, kind: str = "Batch",
    ) -> tuple[Any, ...]:  # fmt: skip
        """A batch signed by the home's meter (or the meter of home ``key``)."""
        raw = packed_rows(rows)
        values = (self.homes[home], first, *before)
        struct = keccak(
            encode(
                ["bytes32", "address", "uint64", "uint64", "uint64", "bytes32"],
                [keccak(text=kind + BATCH), *values, keccak(raw)],
            )
        )
        signer = self.meter_keys[home if key is None else key]
        return (*values, raw, *signature(signer, "Peerwatt Meter", self.meter.address, struct))

    def settle(self, *batches: tuple[Any, ...]) -> None:
        self.settlement("settle", list(batches), by=STRANGER)

    # Deals
    def deal(self, seller: int, buyer: int, **terms: int) -> tuple[Any, ...]:
        return (
            self.homes[seller], self.homes[buyer], terms.get("kind", 0),
            terms.get("amount", 10_000), terms.get("need_share", 10_000), terms.get("price", 0),
            terms["start"], terms["end"], terms.get("rank", 0), terms.get("nonce", 0),
        )  # fmt: skip

    def deal_id(self, deal: tuple[Any, ...]) -> bytes:
        return keccak(encode(["bytes32", *DEAL_KINDS], [keccak(text=DEAL), *deal]))

    def signed(self, deal: tuple[Any, ...], seller: int, buyer: int) -> tuple[Any, ...]:
        """The arguments of ``sign``: a deal with the signatures of two homes."""
        found: tuple[Any, ...] = (deal,)
        for home in (seller, buyer):
            found += signature(
                self.keys[home], "Peerwatt Deals", self.deals.address, self.deal_id(deal)
            )
        return found

    def agree(self, seller: int, buyer: int, **terms: int) -> bytes:
        deal = self.deal(seller, buyer, **terms)
        self.deals("sign", *self.signed(deal, seller, buyer), by=STRANGER)
        return self.deal_id(deal)
