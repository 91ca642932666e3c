"""Our contracts on three real geth nodes that seal Clique, followed by proof; then one is killed.

The contracts are compiled for London, the last fork that geth seals with Clique.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from tests.integration.geth.geth_network import (
    CHAIN_ID,
    EPOCH,
    PERIOD_S,
    GethNetwork,
    GethNode,
    address_of,
    why_not,
)

from peerwatt.chain.bindings import artefact
from peerwatt.chain.bindings.credit import Credit
from peerwatt.chain.bindings.registry import Member, Registry
from peerwatt.chain.bindings.wants import fetch
from peerwatt.chain.clients.forking.client import ForkingClient
from peerwatt.chain.consensus.clique import rules_from
from peerwatt.chain.encoding import checksum_address, keccak, rlp_encode
from peerwatt.chain.networks import Network
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.chain.status import ChainStatus, EndpointState, SyncState
from peerwatt.config.clock import SystemClock
from peerwatt.config.resources import resources_dir
from peerwatt.model.verified import ChainFault
from peerwatt.wallet.nonces import AccountSender, NonceKeeper
from peerwatt.wallet.policy import ChainPolicy
from peerwatt.wallet.secret import SecretKey
from peerwatt.wallet.signer import Fees, LocalSigner

NOT_HERE = why_not()
pytestmark = pytest.mark.skipif(NOT_HERE is not None, reason=str(NOT_HERE))

KEYS = [hashlib.sha256(b"signer %d" % index).digest() for index in range(3)]
BOSS = hashlib.sha256(b"community").digest()
ANN = address_of(hashlib.sha256(b"ann").digest())
GAS = 6_000_000
DEADLINE_S = 40.0


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GethNetwork]:
    folder = tmp_path_factory.mktemp("geth")
    with GethNetwork(folder, KEYS, {address_of(BOSS): 10**24}) as running:
        yield running


def contracts_compiler() -> ModuleType:
    place = Path(__file__).parents[2] / "installer" / "build_contracts.py"
    spec = importlib.util.spec_from_file_location("build_contracts", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def london(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put contracts compiled for London in the place of the shipped ones."""
    target = tmp_path / "resources" / "contracts"
    shutil.copytree(resources_dir() / "contracts" / "src", target / "src")
    for source in (target / "src").glob("*.vy"):
        text = source.read_text().replace("evm-version prague", "evm-version london")
        source.write_text(text)
    compiler = contracts_compiler()
    monkeypatch.setattr(compiler, "EVM_VERSION", "london")
    for name in ("Credit", "Registry"):
        (target / f"{name}.json").write_text(compiler.artefact_text(name, target / "src"))
    monkeypatch.setenv("PEERWATT_RESOURCES", str(target.parent))
    for cached in (resources_dir, artefact.load_artefact):
        cached.cache_clear()
    yield
    monkeypatch.undo()
    for cached in (resources_dir, artefact.load_artefact):
        cached.cache_clear()


@dataclass
class Lab:
    """A client over two of the nodes, and the community's account."""

    nodes: list[GethNode]
    client: ForkingClient
    reader: ProvenReader
    sender: AccountSender

    async def until(self, done: Any) -> ChainStatus:
        """Sync until a condition on the status holds."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                status = await self.client.sync()
                if done(status):
                    return status
                await asyncio.sleep(0.1)

    async def run(self, to: str | None, data: bytes) -> int:
        """Send a call, wait for its proven receipt; return the block it is in."""
        transaction = self.sender.prepare(to, data, gas=GAS)
        await self.sender.send(transaction)
        async with asyncio.timeout(DEADLINE_S):
            while True:
                await self.client.sync()
                receipt = await self.proven(transaction.transaction_hash)
                if receipt is not None:
                    break
                await asyncio.sleep(0.1)
        assert receipt.value.succeeded
        self.sender.nonces.prove(transaction.nonce + 1)
        return int(receipt.block_number)

    async def proven(self, transaction_hash: str) -> Any:
        try:
            return await self.reader.receipt(transaction_hash)
        except ChainFault:  # the node moved to another branch between two questions
            return None

    async def deploy(self, data: bytes) -> str:
        nonce = self.sender.nonces.next
        await self.run(None, data)
        number = nonce.to_bytes(1, "big") if nonce else b""
        owner = bytes.fromhex(self.sender.address[2:])
        return checksum_address(keccak(rlp_encode([owner, number]))[12:])


@pytest.fixture
async def lab(network: GethNetwork) -> AsyncIterator[Lab]:
    first = await serving(network.nodes[0])
    await serving(network.nodes[1])
    signers = tuple(sorted(bytes.fromhex(node.address[2:]) for node in network.nodes))
    consensus = {"period_s": PERIOD_S, "epoch_length": EPOCH, "london_block": 0}
    chain = Network(
        name="geth",
        chain_id=CHAIN_ID,
        rules=rules_from(consensus, signers),
        genesis_hash=bytes.fromhex(first["hash"][2:]),
        validators=signers,
        endpoints=tuple(node.url for node in network.nodes[:2]),
        block_period_s=PERIOD_S,
    )
    client = ForkingClient(chain, SystemClock())
    fees = Fees(None, max_fee_wei=3 * 10**9, tip_wei=10**9)
    signer = LocalSigner(SecretKey(BOSS), ChainPolicy(CHAIN_ID))
    sender = AccountSender(signer, CHAIN_ID, client.broadcast, NonceKeeper(), fees=fees)
    yield Lab(network.nodes, client, ProvenReader(client), sender)
    await client.close()


async def serving(node: GethNode) -> Any:
    """Return block 0 once the node answers."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            try:
                return await asyncio.to_thread(node.call, "eth_getBlockByNumber", "0x0", False)
            except httpx.TransportError:  # still starting
                await asyncio.sleep(0.1)


@pytest.mark.allow_log("127.0.0.1")
async def test_contracts_on_real_clique_nodes_survive_the_loss_of_one(
    lab: Lab, london: None
) -> None:
    status = await lab.until(lambda s: s.final is not None and s.final >= 2)
    assert status.state is SyncState.VERIFIED
    assert status.finality == "probabilistic"
    assert status.validators == 3

    boss = lab.sender.address
    credit = Credit(await lab.deploy(Credit.deployment("Credit", "CR", boss)))
    registry = Registry(await lab.deploy(Registry.deployment(boss)))
    await lab.run(credit.address, credit.mint(ANN, 5_000_000))
    member = Member(1, True, 300_000, 80_000, address_of(KEYS[0]), boss)
    minted_in = await lab.run(registry.address, registry.add_member(ANN, member))
    await check_state(lab, credit, 5_000_000)
    await lab.until(lambda s: s.final is not None and s.final >= minted_in)

    await asyncio.to_thread(lab.nodes[2].kill)
    before = lab.client.head
    assert before is not None
    head = before.header.number
    status = await lab.until(lambda s: s.head is not None and s.head >= head + 10)
    assert "2 of 3 validators sealed the last 9 blocks" in status.sentence
    landed = await lab.run(credit.address, credit.mint(ANN, 250_000))
    await check_state(lab, credit, 5_250_000)
    status = await lab.until(lambda s: s.final is not None and s.final >= landed)

    # A second one dies: one of three signers may not seal two blocks in a row, so the chain stops.
    await asyncio.to_thread(lab.nodes[1].kill)
    status = await lab.until(lambda s: s.state is SyncState.STALE)
    assert [item.state for item in status.endpoints] == [
        EndpointState.FOLLOWING,
        EndpointState.AWAY,
    ]
    assert lab.client.evidence is None
    print(f"verified {status.headers_verified} headers up to {status.head}, {status.sentence}")


async def check_state(lab: Lab, credit: Credit, expected_micro: int) -> None:
    """Balance by proven slot, account and code by proof."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            await lab.client.sync()
            try:
                balance = await fetch(lab.reader, credit.balance(ANN))
                account = await lab.reader.account(lab.sender.address)
                code = await lab.reader.code(credit.address)
                break
            except ChainFault:
                await asyncio.sleep(0.1)
    assert balance.value == expected_micro
    assert account.value.nonce == lab.sender.nonces.next
    assert 0 < account.value.balance_wei < 10**24
    assert credit.artefact.immutables(code.value) is not None
