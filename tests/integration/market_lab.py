"""A community on the embedded chain for tests of outbox, keepers and audit; no devices."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_account import Account as EthAccount

from peerwatt.chain.bindings.artefact import load_artefact
from peerwatt.chain.encoding import hex_data, keccak
from peerwatt.chain.proofs.receipts import LogEntry
from peerwatt.config.clock import DrivenClock
from peerwatt.devnet import DevNode, RpcServer
from peerwatt.devnet.receipt import decode_receipt
from peerwatt.simulation.street.account import StreetAccount, seeded_key

START_S = 1_750_000_500
SEED = 7
PERIOD_S = 5
BASE, STEP, COUNT, GATE_S = 79_980, 5_001, 45, 180
RETAIL, FEED_IN = 300_037, 79_973
CHARGE = 11_003
ZONE, PARENT = 1, 9
DUE_S = 3_600
FUNDS = 50_000_000
GAS = 16_000_000
ZERO = "0x" + "00" * 20
Reading = tuple[int, int]
"""(import, export) of one interval, Wh."""


def packed(interval: int, *steps: tuple[int, int, int, int]) -> int:
    """An order word from its steps (side, tick, quantity, reach)."""
    word = interval << 64
    for place, (side, tick, quantity_wh, reach) in enumerate(steps):
        word |= (quantity_wh | tick << 19 | side << 27 | reach << 28) << 30 * place
    return word


@dataclass
class SmartMeter:
    """Signs batches with a meter's key; the registers go on from batch to batch."""

    key: bytes
    member: str
    domain: dict[str, Any]
    import_wh: int = 10_000
    export_wh: int = 4_000

    def batch(self, first: int, rows: Sequence[Reading]) -> tuple[Any, ...]:
        data = b"".join(i.to_bytes(4, "big") + e.to_bytes(4, "big") for i, e in rows)
        names = ("member", "firstInterval", "importWh", "exportWh", "rows")
        kinds = ("address", "uint64", "uint64", "uint64", "bytes32")
        values = (self.member, first, self.import_wh, self.export_wh, keccak(data))
        signed = EthAccount.sign_typed_data(
            self.key,
            self.domain,
            {"Batch": [{"name": n, "type": k} for n, k in zip(names, kinds, strict=True)]},
            dict(zip(names, values, strict=True)),
        )
        made = (
            self.member, first, self.import_wh, self.export_wh, data,
            signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big"),
        )  # fmt: skip
        self.import_wh += sum(i for i, _ in rows)
        self.export_wh += sum(e for _, e in rows)
        return made


class MarketLab:
    """The chain, its contracts and members whose keys are known."""

    def __init__(self, node: DevNode, clock: DrivenClock, url: str) -> None:
        self.node, self.clock, self.url = node, clock, url
        self.addresses: dict[str, str] = {}
        self.boss, self.supplier, self.dso, self.carrier = (
            StreetAccount.seeded(node, SEED, name)
            for name in ("community", "supplier", "dso", "carrier")
        )
        self.members: list[StreetAccount] = []
        self.meters: list[SmartMeter] = []

    # -- founding ----------------------------------------------------------------------------

    async def found(self, homes: int) -> None:
        boss = self.boss
        await self._deploy("Credit", "Credit", "CR", boss.address)
        await self._deploy("Registry", boss.address, 0)
        places = [self.addresses[name] for name in ("Credit", "Registry")]
        await self._deploy("Market", *places, BASE, STEP, COUNT, GATE_S, 0, ZERO)
        await self._deploy("Meter", places[1], DUE_S)
        await self._seal()
        market, meter = self.addresses["Market"], self.addresses["Meter"]
        terms = (200, 190_005, RETAIL - FEED_IN, 100, 500)
        await self._deploy("Settlement", places[1], market, meter, self.supplier.address, *terms)
        await self._seal()
        await self._deploy("Deals", places[1], meter, self.addresses["Settlement"])
        await self._deploy("Flexibility", *places, meter)
        await self._seal()
        await self._rules()
        await self._admit(homes)
        self.follow()

    async def _rules(self) -> None:
        for book, parent, charge in ((PARENT, 0, CHARGE), (ZONE, PARENT, 0)):
            await self.call(self.boss, "Market", "set_book", book, parent, charge)
        await self.call(self.boss, "Market", "set_charge_account", self.dso.address)
        await self.call(self.boss, "Market", "set_posters", [self.addresses["Settlement"]])
        await self.call(self.boss, "Settlement", "set_deals", self.addresses["Deals"])
        await self.call(self.boss, "Registry", "set_spender", self.addresses["Market"], True)
        for name, address in self.addresses.items():
            await self.call(self.boss, "Registry", "publish", keccak(name.encode()), address)
        await self.call(self.boss, "Registry", "set_role", self.dso.address, 1)
        await self._seal()

    async def _admit(self, homes: int) -> None:
        domain = {
            "name": "Peerwatt Meter", "version": "1", "chainId": self.node.chain_id,
            "verifyingContract": self.addresses["Meter"],
        }  # fmt: skip
        for index in range(homes):
            owner = StreetAccount.seeded(self.node, SEED, f"home {index}")
            key = seeded_key(SEED, f"meter {index}")
            self.members.append(owner)
            self.meters.append(SmartMeter(key, owner.address, domain))
            meter = EthAccount.from_key(key).address
            terms = (ZONE, RETAIL, FEED_IN, meter, self.supplier.address)
            await self.call(self.boss, "Registry", "add_member", owner.address, *terms)
        for account in (*self.members, self.supplier):
            await self.call(self.boss, "Credit", "mint", account.address, FUNDS)
            await self.call(account, "Credit", "approve", self.addresses["Market"], FUNDS)
        await self._seal()
        for account in (*self.members, self.supplier):
            await self.call(account, "Market", "deposit", FUNDS)
        await self._seal()

    async def _deploy(self, name: str, *arguments: Any) -> None:
        [self.addresses[name]] = self.boss.next_contracts(1)
        await self.boss.send(None, load_artefact(name).deployment(*arguments), gas=GAS)

    async def _seal(self) -> None:
        await self.node.tick()

    # -- living ------------------------------------------------------------------------------

    async def call(self, sender: StreetAccount, name: str, function: str, *given: Any) -> None:
        """Submit a call; it runs in the next block."""
        await sender.send(
            self.addresses[name], load_artefact(name).calldata(function, *given), gas=GAS
        )

    async def block(self, time_s: float | None = None) -> None:
        """Seal what was submitted, at a time; whatever was refused fails the test."""
        if time_s is not None:
            self.clock.advance(max(time_s, self.clock.now_s()))
        sealed = await self.node.tick()
        assert sealed is not None
        for transaction in sealed.transactions:
            assert decode_receipt(transaction.receipt).succeeded, await self.why(transaction.hash)

    async def why(self, transaction_hash: bytes) -> str:
        """A refused transaction in words, for whoever reads the failure of a test."""
        return f"0x{transaction_hash.hex()} was refused"

    def follow(self) -> float:
        """Bring the clock to the newest block's time, which runs ahead when blocks are many."""
        time_s = max(self.clock.now_s(), float(self.node.head.header.timestamp))
        self.clock.advance(time_s)
        return time_s

    def chain(self) -> dict[str, Any]:
        """What a client needs to know of the chain, as in a site's settings."""
        genesis = self.node.store.block(0)
        assert genesis is not None
        return {
            "network": "devnet",
            "chain_id": self.node.chain_id,
            "endpoints": [self.url],
            "genesis_hash": "0x" + genesis.hash.hex(),
            "validators": ["0x" + v.hex() for v in self.node.sealer.validators],
            "block_period_s": PERIOD_S,
            "contracts": {"Flexibility": ZERO, **self.addresses},
        }

    def events(self, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """All events of a contract as (name, values), oldest first."""
        artefact, wanted = load_artefact(name), hex_data(self.addresses[name], 20)
        for number in range(self.node.head.number + 1):
            block = self.node.store.block(number)
            assert block is not None
            for transaction in block.transactions:
                for log in decode_receipt(transaction.receipt).logs:
                    decoded = artefact.decode_event(LogEntry(*log)) if log[0] == wanted else None
                    if decoded is not None:
                        yield decoded

    def placements(self) -> Counter[int]:
        """How often each interval was placed, over all receipts of the chain."""
        return Counter(
            word >> 64
            for name, values in self.events("Market")
            if name == "Placed"
            for word in values["orders"]
        )


def signed_deal(lab: MarketLab, start: int, end: int) -> tuple[Any, ...]:
    """Home 0 gives home 1 half its surplus at 15 ct; both have signed."""
    kinds = {
        "seller": "address", "buyer": "address", "kind": "uint8", "amount": "uint32",
        "needShare": "uint16", "price": "uint32", "start": "uint64", "end": "uint64",
        "rank": "uint8", "nonce": "uint256",
    }  # fmt: skip
    seller, buyer = lab.members[:2]
    deal = (seller.address, buyer.address, 0, 5_000, 10_000, 150_001, start, end, 0, 1)
    domain = {
        "name": "Peerwatt Deals", "version": "1", "chainId": lab.node.chain_id,
        "verifyingContract": lab.addresses["Deals"],
    }  # fmt: skip
    types = {"Deal": [{"name": name, "type": kind} for name, kind in kinds.items()]}
    message = dict(zip(kinds, deal, strict=True))
    parts: list[Any] = []
    for owner in (seller, buyer):
        made = EthAccount.sign_typed_data(owner._key, domain, types, message)
        parts += [made.v, made.r.to_bytes(32, "big"), made.s.to_bytes(32, "big")]
    return (deal, *parts)


@asynccontextmanager
async def market_lab(folder: Path, homes: int) -> AsyncIterator[MarketLab]:
    """Open a chain in a folder and found a community of ``homes`` members on it."""
    clock = DrivenClock(START_S)
    keys = [seeded_key(SEED, f"validator {i}") for i in range(4)]
    async with DevNode(folder / "chain.sqlite", clock, keys, block_period_s=PERIOD_S) as node:
        server = RpcServer(node)
        await server.start()
        lab = MarketLab(node, clock, server.url)
        try:
            await lab.found(homes)
            yield lab
        finally:
            await server.close()
