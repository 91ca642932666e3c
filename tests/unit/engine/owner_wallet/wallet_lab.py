"""A community on a real chain over sockets, and the engine's side of one member's wallet."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_account import Account as EthAccount

from peerwatt.api.wallet_messages import BroadcastSend, PreparedSend, PrepareSend, TransactionView
from peerwatt.chain.bindings.community import Community
from peerwatt.chain.clients.bft.light_client import LightClient
from peerwatt.chain.networks import load_network
from peerwatt.config.clock import DrivenClock
from peerwatt.config.settings import ChainSettings
from peerwatt.devnet.node import DevNode
from peerwatt.devnet.rpc import RpcServer
from peerwatt.engine.chain_service import ChainService
from peerwatt.engine.disk import Disk
from peerwatt.engine.owner_wallet.accounts import AccountList
from peerwatt.engine.owner_wallet.service import OwnerWallet
from peerwatt.history.facade import History
from peerwatt.history.records import NoticeLevel
from peerwatt.simulation.street.account import StreetAccount, seeded_key
from peerwatt.simulation.street.community import Household, Operators, found_community, join
from peerwatt.wallet.policy import OwnerPolicy
from peerwatt.wallet.secret import SecretKey
from peerwatt.wallet.signer import LocalSigner
from peerwatt.wallet.store import WalletStore
from peerwatt.wallet.transaction import read_transaction

START_S = 1_900_000_800.0
PERIOD_S = 60.0
SEED = 7
CHAIN_ID = 20211
PASSWORD = "correct horse"
VALIDATORS = [seeded_key(SEED, f"validator {i}") for i in range(4)]
OWNER_KEY, ANNA_KEY = (seeded_key(SEED, name) for name in ("owner", "anna"))
AGENT = EthAccount.from_key(seeded_key(SEED, "agent")).address
ANNA = EthAccount.from_key(ANNA_KEY).address
OWNER = EthAccount.from_key(OWNER_KEY).address
ISSUED_MICRO, DEPOSITED_MICRO = 200_000_000, 100_000_000
OPENING_MICRO = ISSUED_MICRO - DEPOSITED_MICRO


@dataclass(frozen=True)
class Founded:
    """A chain file with the community on it, to be copied for each test."""

    path: Path
    contracts: dict[str, str]


async def found(folder: Path) -> Founded:
    clock = DrivenClock(START_S - 3600)
    path = folder / "founded.sqlite"
    async with DevNode(path, clock, VALIDATORS, block_period_s=PERIOD_S) as node:
        operators = Operators.seeded(node, SEED)
        community = await found_community(node, operators)
        homes = [
            Household(StreetAccount(node, key), StreetAccount.seeded(node, SEED, name).address)
            for key, name in ((OWNER_KEY, "meter 0"), (ANNA_KEY, "meter 1"))
        ]
        await join(node, community, operators, homes)
    return Founded(path, addresses(community))


def addresses(community: Community) -> dict[str, str]:
    names = ("Credit", "Registry", "Market", "Meter", "Settlement", "Flexibility")
    return {name: getattr(community, name.lower()).address for name in names}


class WalletLab:
    """One test's chain, endpoints and wallet; the test moves time and blocks."""

    def __init__(self, founded: Founded, folder: Path, *, member: str | None = OWNER) -> None:
        self.folder = folder
        path = folder / "chain.sqlite"
        shutil.copy(founded.path, path)
        self.founded = founded
        self.member = member
        self.clock = DrivenClock(START_S)
        self.node = DevNode(path, self.clock, VALIDATORS, block_period_s=PERIOD_S)
        self.rpcs = [RpcServer(self.node), RpcServer(self.node)]
        self.said: list[tuple[NoticeLevel, str]] = []
        self.store = WalletStore(folder / "wallet", scrypt_n=2)
        self.wallet: OwnerWallet
        self.chain: ChainService

    async def __aenter__(self) -> WalletLab:
        await self.node.open()
        for rpc in self.rpcs:
            await rpc.start()
        self.store.import_key(PASSWORD, SecretKey(OWNER_KEY), "House", 1, has_copy=True)
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        for rpc in self.rpcs:
            await rpc.close()
        await self.node.close()

    async def start(self) -> None:
        """Start the engine's side, as a new process would."""
        self.history = History.open(self.folder / "history.sqlite")
        self.disk = Disk()
        genesis = self.node.store.block(0)
        assert genesis is not None
        settings = ChainSettings(
            network="devnet",
            chain_id=CHAIN_ID,
            endpoints=tuple(rpc.url for rpc in self.rpcs),
            genesis_hash="0x" + genesis.hash.hex(),
            validators=tuple("0x" + v.hex() for v in self.node.sealer.validators),
            block_period_s=int(PERIOD_S),
            contracts=self.founded.contracts,
        )
        client = LightClient(load_network(settings), self.clock, self.history.headers)
        self.community = Community(self.founded.contracts)
        common = (self.history, self.disk, self.clock, self.say_chain)
        owner = self.member or OWNER
        self.chain = ChainService(client, self.community, owner, AGENT, *common)
        accounts = AccountList(self.folder / "wallet", self.member, self.disk, self.say)
        self.wallet = OwnerWallet(
            accounts, self.chain, AGENT, self.member, self.history, self.disk, self.clock, self.say
        )
        await self.wallet.load()

    async def stop(self) -> None:
        self.wallet.close()
        await self.chain.client.close()
        self.disk.close()
        self.history.close()

    def say(self, level: NoticeLevel, _: str, sentence: str) -> None:
        self.said.append((level, sentence))

    def say_chain(self, *_: Any) -> None:
        """Lines about the chain are no matter here."""

    # -- time --------------------------------------------------------------------------------

    async def look(self, forward_s: float = 15.0) -> None:
        """One round of the engine's services."""
        self.clock.advance(self.clock.now_s() + forward_s)
        await self.chain.step()
        await self.wallet.step()

    async def block(self) -> None:
        """Seal what waits, then one round."""
        self.clock.advance(self.clock.now_s() + 15.0)
        await self.node.tick()
        await self.look(0.0)

    # -- others ------------------------------------------------------------------------------

    async def send_as(self, key: bytes, to: str, data: bytes) -> str:
        """Send a call of somebody else, without fees."""
        address = EthAccount.from_key(key).address
        record = self.node.chain_head.view.account(bytes.fromhex(address[2:]))
        nonce = self.node.pool.next_nonce(bytes.fromhex(address[2:]), record.nonce if record else 0)
        fields = {
            **{"nonce": nonce, "gasPrice": 0, "gas": 2_000_000, "value": 0},
            **{"to": to, "data": data, "chainId": CHAIN_ID},
        }
        raw = EthAccount.sign_transaction(fields, key).raw_transaction
        return "0x" + (await self.node.submit(bytes(raw))).hex()

    def forget_pool(self) -> None:
        """Let the node forget what waits, as one that was started again does."""
        for pending in self.node.pool.all():
            self.node.pool.remove(pending)

    # -- the owner ---------------------------------------------------------------------------

    async def prepare(self, intent: Any, address: str = OWNER) -> PreparedSend:
        return await self.wallet.prepare(PrepareSend(from_address=address, intent=intent), 1.0)

    async def send(self, intent: Any, label: str = "") -> TransactionView:
        prepared = await self.prepare(intent)
        return await self.broadcast(prepared, signed(prepared), label)

    async def broadcast(self, prepared: PreparedSend, raw: str, label: str = "") -> TransactionView:
        command = BroadcastSend(prepared_id=prepared.prepared_id, raw=raw, label=label)
        await self.wallet.broadcast(command)
        return self.rows()[0]

    def rows(self) -> tuple[TransactionView, ...]:
        return self.wallet.rows(())

    def row(self, transaction_hash: str) -> TransactionView:
        return next(one for one in self.rows() if one.transaction_hash == transaction_hash)


def signed(prepared: PreparedSend, key: bytes = OWNER_KEY, **changes: str) -> str:
    """Sign what was prepared, as the signer's process does; ``changes`` alter it first."""
    fields = read_transaction({**prepared.transaction, **changes}).fields()
    return LocalSigner(SecretKey(key), OwnerPolicy(CHAIN_ID)).sign_transaction(fields)
