"""The embedded chain on real sockets with the credit contract and the oracle of its own node."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eth_account import Account

from peerwatt.chain.bindings.artefact import Artefact, load_artefact
from peerwatt.chain.clients.bft.light_client import LightClient
from peerwatt.chain.consensus.qbft import QbftRules
from peerwatt.chain.encoding import checksum_address, keccak, rlp_encode
from peerwatt.chain.endpoints.transport import JsonRpc
from peerwatt.chain.networks import Network
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.config.clock import DrivenClock
from peerwatt.devnet import DevNode, RpcServer

CHAIN_ID = 20211
START_S = 1_750_000_500
TREASURY = Account.from_key(keccak(b"treasury"))


@dataclass
class DevChain:
    """A running chain, a client that verifies it, and its node as an oracle."""

    node: DevNode
    clock: DrivenClock
    network: Network
    client: LightClient
    reader: ProvenReader
    oracle: JsonRpc
    nonces: dict[str, int] = field(default_factory=dict)

    async def block(self, seconds: float = 1) -> None:
        self.clock.advance(self.clock.now_s() + seconds)
        await self.node.tick()
        await self.client.sync()

    async def send(self, fields: Mapping[str, Any], signer: Any = TREASURY) -> str:
        """Sign, send and seal one transaction; return its hash."""
        nonce = self.nonces.get(signer.address, 0)
        base = {"chainId": CHAIN_ID, "nonce": nonce, "gas": 3_000_000, "value": 0}
        if "maxFeePerGas" not in fields:
            base["gasPrice"] = 0
        signed = signer.sign_transaction(base | dict(fields))
        await self.client.broadcast("0x" + bytes(signed.raw_transaction).hex())
        self.nonces[signer.address] = nonce + 1
        await self.block()
        return "0x" + bytes(signed.hash).hex()

    async def deploy(self, data: bytes) -> str:
        owner = bytes.fromhex(TREASURY.address[2:])
        nonce = self.nonces.get(TREASURY.address, 0)
        await self.send({"data": data})
        number = nonce.to_bytes(1, "big") if nonce else b""
        return checksum_address(keccak(rlp_encode([owner, number]))[12:])

    async def credit(self) -> tuple[str, Artefact]:
        artefact = load_artefact("Credit")
        data = artefact.deployment("Credit", "CRD", TREASURY.address)
        return await self.deploy(data), artefact


@asynccontextmanager
async def dev_chain(
    folder: Path, alloc: Mapping[bytes, Any] | None = None
) -> AsyncIterator[DevChain]:
    clock = DrivenClock(START_S)
    keys = [keccak(b"validator%d" % i) for i in range(4)]
    extra = {} if alloc is None else {"genesis_alloc": alloc}
    async with DevNode(folder / "chain.sqlite", clock, keys, block_period_s=5, **extra) as node:
        servers = [RpcServer(node), RpcServer(node)]
        for server in servers:
            await server.start()
        network = Network(
            name="devnet",
            chain_id=CHAIN_ID,
            rules=QbftRules(base_fee="zero"),
            genesis_hash=node.head.hash,
            validators=node.sealer.validators,
            endpoints=tuple(server.url for server in servers),
            block_period_s=5,
        )
        client = LightClient(network, clock)
        oracle = JsonRpc(servers[0].url)
        await client.sync()
        try:
            yield DevChain(node, clock, network, client, ProvenReader(client), oracle)
        finally:
            await client.close()
            await oracle.close()
            for server in servers:
                await server.close()


def assert_same(ours: Any, theirs: Any, at: str) -> None:
    """Every field that we answer is the node's; its own extras are not ours to prove."""
    if isinstance(ours, dict):
        for name, value in ours.items():
            assert name in theirs, f"{at}.{name}"
            if name != "key":
                assert_same(value, theirs[name], f"{at}.{name}")
        missing = set(theirs) - set(ours) - {"totalDifficulty", "blockTimestamp", "difficulty"}
        assert not missing, f"{at}: {missing}"
    elif isinstance(ours, list):
        assert len(ours) == len(theirs), at
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            assert_same(one, other, f"{at}[{index}]")
    elif isinstance(ours, str):
        assert ours.lower() == str(theirs).lower(), at
    else:
        assert ours == theirs, at
