"""A real chain to lie about: devnet blocks with our contracts, votes, and several validators."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address

from peerwatt.chain.bindings.credit import Credit
from peerwatt.chain.bindings.registry import Member, Registry, Role
from peerwatt.chain.consensus.qbft import QbftRules
from peerwatt.chain.encoding import address_bytes, checksum_address, to_hex
from peerwatt.chain.networks import Network
from peerwatt.config.clock import DrivenClock
from peerwatt.devnet import DevNode, GenesisAccount
from peerwatt.devnet.params import Params
from peerwatt.devnet.rpc_methods import Method, RpcMethods
from peerwatt.devnet.store import StoredBlock
from peerwatt.devnet.transaction import contract_address

from .keys import FIRST_SET, VALIDATOR_KEYS, VotingSealer

CHAIN_ID = 20211
START_S = 1_750_000_000
PERIOD_S = 5
LENGTH = 44
"""Number of the newest block."""
BUSY = 36
"""The block with several transactions and events."""
PEOPLE: list[LocalAccount] = [
    Account.from_key(b"liar's member number %011d" % number) for number in range(4)
]
BOSS = PEOPLE[0]
NOBODY = "0x" + "5a" * 20
"""An address that has no account."""


@dataclass
class Scene:
    """The chain, open and at rest: nothing in it moves any more."""

    node: DevNode
    methods: Mapping[str, Method]
    credit: Credit
    registry: Registry
    sent: list[str] = field(default_factory=list)
    """Hashes of all transactions, in the order in which they were sent."""
    _answers: dict[str, object] = field(default_factory=dict)

    @property
    def now_s(self) -> float:
        """The second at which the newest block is new."""
        return float(self.node.head.header.timestamp)

    @property
    def head(self) -> int:
        """Number of the newest block."""
        return self.node.head.number

    def block(self, number: int) -> StoredBlock:
        """Return a block of the chain."""
        block = self.node.store.block(number)
        assert block is not None
        return block

    async def ask(self, method: str, *params: object) -> object:
        """Return the node's own answer, kept since the chain rests; it is not to be altered.

        Raises RpcError as the node does, KeyError for a method it does not have.
        """
        key = json.dumps([method, *params])
        if key not in self._answers:
            self._answers[key] = await self.methods[method](Params(method, list(params)))
        return self._answers[key]

    def network(self, *urls: str, rules: QbftRules | None = None) -> Network:
        """Return what a client must know beforehand, with these endpoints."""
        return Network(
            name="scene",
            chain_id=CHAIN_ID,
            rules=rules or self.rules,
            genesis_hash=self.block(0).hash,
            validators=FIRST_SET,
            endpoints=urls,
            block_period_s=PERIOD_S,
        )

    @property
    def rules(self) -> QbftRules:
        """The chain's rules."""
        return QbftRules(base_fee="zero", validators=FIRST_SET)


class _Builder:
    """Sends transactions and seals blocks."""

    def __init__(self, node: DevNode, clock: DrivenClock) -> None:
        self.node, self.clock = node, clock
        self.sent: list[str] = []
        self._nonces = dict.fromkeys((account.address for account in PEOPLE), 0)

    async def send(self, who: LocalAccount, to: str | None, data: bytes, **more: Any) -> None:
        nonce = self._nonces[who.address]
        self._nonces[who.address] += 1
        fees: dict[str, Any] = (
            {"gasPrice": 0} if nonce % 3 == 2 else {"maxFeePerGas": 0, "maxPriorityFeePerGas": 0}
        )
        fields: dict[str, Any] = {
            "chainId": CHAIN_ID,
            "nonce": nonce,
            "gas": 3_000_000,
            "value": 0,
            "data": data,
        }
        target = {} if to is None else {"to": to_checksum_address(to)}
        signed = who.sign_transaction({**fields, **fees, **target, **more})
        await self.node.submit(bytes(signed.raw_transaction))
        self.sent.append(to_hex(bytes(signed.hash)))

    async def deploy(self, data: bytes) -> str:
        nonce = self._nonces[BOSS.address]
        await self.send(BOSS, None, data)
        await self.seal()
        return checksum_address(contract_address(address_bytes(BOSS.address), nonce))

    async def seal(self) -> None:
        self.clock.advance(self.clock.now_s() + PERIOD_S)
        assert await self.node.tick() is not None

    async def seal_to(self, number: int) -> None:
        while self.node.head.number < number:
            await self.seal()


async def _fill(builder: _Builder) -> tuple[Credit, Registry]:
    """Deploy contracts and use them, with empty blocks between."""
    credit = Credit(await builder.deploy(Credit.deployment("Credit", "CR", BOSS.address)))
    registry = Registry(await builder.deploy(Registry.deployment(BOSS.address)))
    for person in PEOPLE:
        await builder.send(BOSS, credit.address, credit.mint(person.address, 5_000_000))
    await builder.send(BOSS, registry.address, registry.set_role(PEOPLE[1].address, Role.DSO))
    await builder.seal_to(BUSY - 1)
    for sender, receiver in zip(PEOPLE, [*PEOPLE[1:], BOSS], strict=True):
        data = credit.transfer(receiver.address, 1000 + len(builder.sent))
        await builder.send(sender, credit.address, data)
        await builder.send(sender, credit.address, credit.approve(receiver.address, 77))
    await builder.send(BOSS, PEOPLE[2].address, b"", value=12_345)
    member = Member(1, True, 300_000, 80_000, PEOPLE[2].address, PEOPLE[3].address)
    await builder.send(BOSS, registry.address, registry.add_member(PEOPLE[1].address, member))
    access = [{"address": credit.address, "storageKeys": ["0x" + "00" * 31 + "07"]}]
    too_much = credit.transfer(BOSS.address, 10**15)  # reverts: nobody has that much
    await builder.send(PEOPLE[3], credit.address, too_much, accessList=access)
    await builder.seal_to(LENGTH)
    return credit, registry


@asynccontextmanager
async def open_scene(folder: Path) -> AsyncIterator[Scene]:
    """Build the chain in a folder and keep it open."""
    clock = DrivenClock(START_S)
    alloc = {address_bytes(who.address): GenesisAccount(balance_wei=10**18) for who in PEOPLE}
    node = DevNode(
        folder / "liar.sqlite", clock, VALIDATOR_KEYS, genesis_alloc=alloc, block_period_s=PERIOD_S
    )
    node.sealer = VotingSealer(VALIDATOR_KEYS)
    async with node:
        builder = _Builder(node, clock)
        credit, registry = await _fill(builder)
        yield Scene(node, RpcMethods(node).table(), credit, registry, builder.sent)
