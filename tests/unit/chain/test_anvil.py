"""An independent node (anvil) beside ours: same transactions, same roots, same proofs, same calls.

Skipped where anvil is missing; ``tests/integration/anvil/install.sh`` fetches it from npm.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from devchain import CHAIN_ID, START_S, TREASURY, DevChain, assert_same, dev_chain
from eth_account import Account

from peerwatt.chain.answers.records import block_json, proof_json, receipt_json
from peerwatt.chain.bindings.artefact import load_artefact
from peerwatt.chain.calls import CallReverted, Request
from peerwatt.chain.calls.caller import VerifiedCaller
from peerwatt.chain.consensus.header import Header, header_from_json, plain_hash
from peerwatt.chain.encoding import address_bytes, checksum_address, hex_data, keccak, rlp_encode
from peerwatt.chain.endpoints.transport import JsonRpc
from peerwatt.chain.networks import Network
from peerwatt.chain.reading.blocks import ask_body, prove_body
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.chain.status import Counters
from peerwatt.devnet.genesis import GenesisAccount
from peerwatt.model.verified import ChainFault, EndpointAway

HOLDER = Account.from_key(keccak(b"holder"))
DELEGATE = Account.from_key(keccak(b"delegate"))
"""Has one wei on both chains: anvil counts an absent account as there (EIP-7702's refund)."""
CREDIT = checksum_address(keccak(rlp_encode([address_bytes(TREASURY.address), b""]))[12:])
ABI = load_artefact("Credit")
DEV_ACCOUNT = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
THERE = ("0x" + "00" * 20, "0x0000f90827f1c53a10cb7a02335b175320002935")
"""Accounts that anvil starts with: where fees would go, and the block-hash contract (EIP-2935),
whose content depends on how each chain seals. Both get one wei and no code on both chains."""


def find_anvil() -> Path | None:
    named = os.environ.get("PEERWATT_ANVIL")
    if named:
        return Path(named)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    found = cache.glob("peerwatt-tests/anvil/node_modules/@foundry-rs/anvil-*/bin/anvil*")
    return next(found, None)


ANVIL = find_anvil()
pytestmark = pytest.mark.skipif(
    ANVIL is None, reason="anvil is not installed: tests/integration/anvil/install.sh, needs npm"
)


@asynccontextmanager
async def anvil() -> AsyncIterator[JsonRpc]:
    """Run anvil on a free port, sealing only when asked."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {
        "port": port,
        "chain-id": CHAIN_ID,
        "accounts": 1,
        "balance": 0,
        "hardfork": "prague",
        "gas-price": 0,
        "block-base-fee-per-gas": 0,
        "gas-limit": 60_000_000,
        "order": "fifo",
        "timestamp": START_S,
    }
    flags = ["--no-mining", "--preserve-historical-states", "--disable-default-create2-deployer"]
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    process = await asyncio.create_subprocess_exec(
        str(ANVIL), *words, *flags, "--quiet", stdout=asyncio.subprocess.DEVNULL
    )
    rpc = JsonRpc(f"http://127.0.0.1:{port}")
    try:
        for _ in range(200):
            try:
                await rpc.call("eth_chainId")
                break
            except EndpointAway:
                await asyncio.sleep(0.02)
        yield rpc
    finally:
        await rpc.close()
        process.kill()
        await process.wait()


@dataclass
class Pair:
    """Our chain and anvil, given the same transactions."""

    ours: DevChain
    theirs: JsonRpc

    async def send(self, fields: dict[str, Any], signer: Any = TREASURY) -> None:
        """Send one transaction to both and seal a block of the same time on both."""
        sent = await self.ours.send(fields, signer)
        number = self.ours.client.pinned().header.number
        body = await self.ours.reader.body(number)
        assert "0x" + body.transactions[0].hex() == sent
        assert await self.theirs.call("eth_sendRawTransaction", "0x" + body.raw[0].hex()) == sent
        await self.theirs.call("evm_mine", hex(body.header.timestamp))

    async def header(self, number: int) -> Header:
        return header_from_json(await self.theirs.call("eth_getBlockByNumber", hex(number), False))


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    start = [*THERE, DEV_ACCOUNT, HOLDER.address, DELEGATE.address]
    alloc = {address_bytes(address): GenesisAccount(balance_wei=1) for address in start}
    async with dev_chain(tmp_path, alloc) as ours, anvil() as theirs:
        for address in start:
            await theirs.call("anvil_setBalance", address, "0x1")
        await theirs.call("anvil_setCode", THERE[1], "0x")
        both = Pair(ours, theirs)
        await both.send({"data": ABI.deployment("Credit", "CRD", TREASURY.address)})
        await both.send({"to": CREDIT, "data": ABI.calldata("mint", HOLDER.address, 500)})
        await both.send(
            {
                "to": CREDIT,
                "data": ABI.calldata("transfer", TREASURY.address, 200),
                "maxFeePerGas": 0,
                "maxPriorityFeePerGas": 0,
                "accessList": [{"address": CREDIT, "storageKeys": ["0x" + "00" * 31 + "01"]}],
            },
            HOLDER,
        )
        await both.send(
            {
                "to": CREDIT,
                "type": 1,
                "data": ABI.calldata("approve", TREASURY.address, 77),
                "accessList": [],
            },
            HOLDER,
        )
        await both.send(  # reverts: more than there is
            {"to": CREDIT, "data": ABI.calldata("transfer", TREASURY.address, 9999)}, HOLDER
        )
        consent = DELEGATE.sign_authorization({"chainId": CHAIN_ID, "address": CREDIT, "nonce": 0})
        await both.send(
            {
                "to": HOLDER.address,
                "maxFeePerGas": 0,
                "maxPriorityFeePerGas": 0,
                "authorizationList": [consent],
            },
            HOLDER,
        )
        await both.send({"to": THERE[0], "value": 1}, HOLDER)
        yield both


async def test_the_same_transactions_give_the_same_roots(pair: Pair) -> None:
    head = pair.ours.client.pinned().header.number
    assert head == 7
    for number in range(1, head + 1):
        ours, theirs = pair.ours.client.pinned(number).header, await pair.header(number)
        assert theirs.state_root == ours.state_root, number
        assert theirs.receipts_root == ours.receipts_root, number
        assert theirs.transactions_root == ours.transactions_root, number
        assert theirs.logs_bloom == ours.logs_bloom, number
        assert theirs.gas_used == ours.gas_used, number


async def test_proofs_of_one_hold_for_the_other(pair: Pair) -> None:
    wanted = {
        CREDIT: [0, 1, ABI.layout.slot("totalSupply"), ABI.layout.of("balanceOf", HOLDER.address)],
        HOLDER.address: [],
        "0x" + "77" * 20: [5],
        DELEGATE.address: [],
    }
    for number in (2, 3, 7):
        ours = await pair.ours.reader.prove_at(pair.ours.client.pinned(number), wanted)
        for address, slots in wanted.items():
            keys = [f"0x{slot:064x}" for slot in slots]
            theirs = await pair.theirs.call("eth_getProof", address, keys, hex(number))
            assert isinstance(theirs, dict)
            for slot in theirs["storageProof"]:  # an empty trie: its one node, or none at all
                slot["proof"] = [node for node in slot["proof"] if node != "0x80"]
            shown = proof_json(address_bytes(address), ours[address])
            assert_same(shown, theirs, f"{address} at {number}")


async def test_their_blocks_are_rebuilt_field_by_field(pair: Pair) -> None:
    for number in range(1, 8):
        block, receipts = await ask_body(pair.theirs, number)
        assert isinstance(block, dict)
        assert isinstance(receipts, list)
        header = header_from_json(block)
        assert plain_hash(header) == hex_data(block["hash"])
        state = Held(header, hex_data(block["hash"]))
        body = prove_body(state, block, receipts)
        block["size"] = block_json(state, body, full=True)["size"]  # theirs: no withdrawals
        assert_same(block_json(state, body, full=True), block, f"block {number}")
        for index, receipt in enumerate(receipts):
            for log in receipt["logs"]:
                log.setdefault("blockTimestamp", hex(header.timestamp))
            for extra in ("blobGasPrice", "blockTimestamp"):
                receipt.pop(extra, None)
            assert_same(receipt_json(body, index), receipt, f"receipt {number}")


@dataclass(frozen=True)
class Held:
    """A block believed for the test's sake: anvil has no consensus that could be verified."""

    header: Header
    block_hash: bytes
    validator_count: int = 0


class Believed:
    """A chain of one endpoint whose blocks are believed; all else is proven as ever."""

    def __init__(self, rpc: JsonRpc, network: Network, state: Held) -> None:
        self.network, self.counters, self._state = network, Counters(), state
        self._endpoint = type("E", (), {"rpc": rpc, "name": "anvil"})()
        self.asked: list[str] = []
        real = rpc.call

        async def call(method: str, *params: object) -> object:
            self.asked.append(method)
            return await real(method, *params)

        rpc.call = call  # type: ignore[method-assign]

    def pinned(self, number: int | None = None) -> Held:
        assert number in (None, self._state.header.number)
        return self._state

    def serving(self, number: int) -> list[Any]:
        return [self._endpoint]

    def refuse(self, endpoint: Any, fault: ChainFault) -> None:
        raise fault


async def test_calls_over_their_state_are_those_of_their_own_evm(pair: Pair) -> None:
    block = await pair.theirs.call("eth_getBlockByNumber", "0x7", False)
    assert isinstance(block, dict)
    state = Held(header_from_json(block), hex_data(block["hash"]))
    chain = Believed(pair.theirs, pair.ours.network, state)
    caller = VerifiedCaller(ProvenReader(chain))  # type: ignore[arg-type]
    for name, arguments in (
        ("balanceOf", (HOLDER.address,)),
        ("allowance", (HOLDER.address, TREASURY.address)),
        ("totalSupply", ()),
        ("symbol", ()),
        ("DOMAIN_SEPARATOR", ()),
    ):
        data = ABI.calldata(name, *arguments)
        theirs = await pair.theirs.call(
            "eth_call", {"to": CREDIT, "data": "0x" + data.hex()}, "0x7"
        )
        request = Request(address_bytes(CREDIT), data)
        assert (await caller.call(request)).value == hex_data(theirs), name
    # Their hint of what a call reads (an access list) was asked for and proven, not believed.
    assert "eth_createAccessList" in chain.asked
    over = ABI.calldata("transfer", TREASURY.address, 301)
    with pytest.raises(CallReverted, match="balance too low"):
        await caller.call(Request(address_bytes(CREDIT), over, address_bytes(HOLDER.address)))
    data = ABI.calldata("transfer", TREASURY.address, 300)
    gas = await caller.estimate_gas(
        Request(address_bytes(CREDIT), data, address_bytes(HOLDER.address))
    )
    message = {"from": HOLDER.address, "to": CREDIT, "data": "0x" + data.hex()}
    theirs_gas = int(str(await pair.theirs.call("eth_estimateGas", message, "0x7")), 16)
    assert abs(gas.value - theirs_gas) <= theirs_gas // 20
    caller.close()
