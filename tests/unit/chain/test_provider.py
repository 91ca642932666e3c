"""web3.py on proofs, synchronous and asynchronous, with the real contracts over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chain_lab import genesis
from devchain import CHAIN_ID, TREASURY, DevChain, assert_same, dev_chain
from eth_account import Account
from web3 import AsyncWeb3, Web3
from web3.exceptions import ContractLogicError, TransactionNotFound, Web3RPCError

from peerwatt.chain.answers import AnswerFault
from peerwatt.chain.answers.fees import next_base_fee, percentiles
from peerwatt.chain.answers.methods import VerifiedMethods
from peerwatt.chain.consensus.qbft import QbftRules
from peerwatt.chain.encoding import keccak
from peerwatt.chain.provider import (
    AsyncVerifiedProvider,
    VerifiedProvider,
    verified_web3,
    verified_web3_sync,
)

HOLDER = Account.from_key(keccak(b"holder"))


class Town:
    """A chain with the credit contract and some payments."""

    def __init__(self, chain: DevChain, address: str, abi: Any, minted: str, paid: str) -> None:
        self.chain, self.address, self.abi = chain, address, abi
        self.minted, self.paid = minted, paid


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with dev_chain(tmp_path) as chain:
        address, artefact = await chain.credit()
        mint = artefact.calldata("mint", HOLDER.address, 1_000_000)
        minted = await chain.send({"to": address, "data": mint})
        pay = artefact.calldata("transfer", TREASURY.address, 400_000)
        fees = {"maxFeePerGas": 0, "maxPriorityFeePerGas": 0, "accessList": []}
        paid = await chain.send({"to": address, "data": pay, **fees}, HOLDER)
        yield Town(chain, address, artefact.abi, minted, paid)


async def test_asynchronous_web3_reads_contracts_by_verified_calls(town: Town) -> None:
    web3 = verified_web3(town.chain.reader)
    credit = web3.eth.contract(address=town.address, abi=town.abi)  # type: ignore[arg-type]
    assert await credit.functions.balanceOf(HOLDER.address).call() == 600_000
    assert await credit.functions.name().call() == "Credit"
    before = await web3.eth.get_block(int(await web3.eth.block_number) - 1)
    held = credit.functions.balanceOf(HOLDER.address)
    assert await held.call(block_identifier=before["number"]) == 1_000_000
    assert await held.call(block_identifier=before["hash"]) == 1_000_000
    events = await credit.events.Transfer().get_logs(from_block=0)
    assert [event["args"]["value"] for event in events] == [1_000_000, 400_000]
    with pytest.raises(ContractLogicError, match="balance too low"):
        await credit.functions.transfer(TREASURY.address, 700_000).call({"from": HOLDER.address})
    gas = await credit.functions.transfer(TREASURY.address, 1).estimate_gas(
        {"from": HOLDER.address}
    )
    assert 21_000 < gas < 100_000
    assert await web3.is_connected()
    await web3.provider.disconnect()


def use_web3(town: Town, web3: Web3) -> None:
    """Everything a script would do, on a thread of its own."""
    credit = web3.eth.contract(address=town.address, abi=town.abi)  # type: ignore[arg-type]
    assert web3.is_connected()
    assert (web3.eth.chain_id, web3.net.version) == (CHAIN_ID, str(CHAIN_ID))
    assert web3.client_version == "peerwatt/verified"
    assert credit.functions.balanceOf(HOLDER.address).call() == 600_000
    assert web3.eth.syncing is False
    head = web3.eth.get_block("finalized", full_transactions=True)
    assert head["hash"] == web3.eth.get_block(head["number"])["hash"]
    assert head["transactions"][0]["hash"].to_0x_hex() == town.paid
    assert web3.eth.get_block(head["hash"])["number"] == head["number"]
    assert web3.eth.get_block("earliest")["number"] == 0
    proof = web3.eth.get_proof(town.address, [0, 1], "latest")  # type: ignore[arg-type]
    assert len(proof["storageProof"]) == 2
    raw = HOLDER.sign_transaction(
        {
            "chainId": web3.eth.chain_id,
            "nonce": web3.eth.get_transaction_count(HOLDER.address, "pending"),
            "gas": 100_000,
            "gasPrice": web3.eth.gas_price,
            "to": town.address,
            "data": credit.encode_abi("transfer", [TREASURY.address, 1]),
        }
    )
    assert web3.eth.send_raw_transaction(raw.raw_transaction) == raw.hash
    with pytest.raises(TransactionNotFound):
        web3.eth.get_transaction(raw.hash)


async def test_synchronous_web3_follows_the_network_by_itself(town: Town) -> None:
    chain = town.chain

    def script() -> None:
        with VerifiedProvider(chain.network, chain.clock) as provider:
            use_web3(town, verified_web3_sync(provider))
            asyncio.run_coroutine_threadsafe(chain.block(), loop).result(10)
            provider.sync()
            web3 = verified_web3_sync(provider)
            credit = web3.eth.contract(address=town.address, abi=town.abi)  # type: ignore[arg-type]
            assert credit.functions.balanceOf(HOLDER.address).call() == 599_999
        assert not provider.is_connected()
        provider.close()

    loop = asyncio.get_running_loop()
    await asyncio.to_thread(script)


async def test_records_are_those_of_the_node_field_by_field(town: Town) -> None:
    methods, oracle = VerifiedMethods(town.chain.reader), town.chain.oracle
    head = hex(town.chain.client.pinned().header.number)
    for method, params in (
        ("eth_getBlockByNumber", [head, True]),
        ("eth_getBlockByNumber", ["0x0", False]),
        ("eth_getBlockByNumber", ["0x1", True]),
        ("eth_getTransactionByHash", [town.minted]),
        ("eth_getTransactionByHash", [town.paid]),
        ("eth_getTransactionReceipt", [town.minted]),
        ("eth_getTransactionReceipt", [town.paid]),
        ("eth_getBlockReceipts", ["0x1"]),
        ("eth_getLogs", [{"fromBlock": "0x0", "toBlock": "latest", "address": town.address}]),
        ("eth_getLogs", [{"fromBlock": "0x0", "topics": [None, None, to_topic(HOLDER.address)]}]),
        ("eth_getProof", [town.address, ["0x0"], head]),
        ("eth_getBalance", [HOLDER.address, "latest"]),
        ("eth_getTransactionCount", [HOLDER.address, "latest"]),
        ("eth_getCode", [town.address, head]),
        ("eth_getStorageAt", [town.address, "0x3", "latest"]),
        ("eth_chainId", []),
        ("eth_gasPrice", []),
        ("eth_maxPriorityFeePerGas", []),
        ("eth_syncing", []),
        ("eth_blockNumber", []),
        ("eth_feeHistory", ["0x3", "latest", [50]]),
    ):
        ours, theirs = await methods.answer(method, params), await oracle.call(method, *params)
        assert_same(ours, theirs, method)
    methods.close()


def to_topic(address: str) -> str:
    return "0x" + "00" * 12 + address[2:].lower()


async def test_what_cannot_be_proven_is_refused_with_the_reason(town: Town) -> None:
    web3 = verified_web3(town.chain.reader)
    for method, params, why in (
        ("eth_sendTransaction", [{}], "no key is kept here"),
        ("eth_newFilter", [{}], "use eth_getLogs"),
        ("debug_traceTransaction", [town.paid], "cannot be proven"),
        ("eth_call", [{"to": town.address}, "latest", {town.address: {}}], "altered state"),
        ("eth_getBalance", [HOLDER.address, "0xffff"], "Block 65535 is not verified"),
        ("eth_getBlockByHash", ["0x" + "22" * 32, False], "No verified block"),
        ("eth_getLogs", [{"fromBlock": "0x0", "topics": "x"}], "at most four"),
    ):
        answer = await web3.provider.make_request(method, params)  # type: ignore[arg-type]
        assert why in answer["error"]["message"], method  # type: ignore[index]
    for method, params in (
        ("eth_getBalance", []),
        ("eth_getBalance", [HOLDER.address, "soon"]),
        ("eth_getBalance", ["0x12", "latest"]),
        ("eth_getLogs", [7]),
        ("eth_call", ["0x"]),
        ("eth_getStorageAt", [town.address, "5", "latest"]),
    ):
        answer = await web3.provider.make_request(method, params)  # type: ignore[arg-type]
        assert answer["error"]["code"] in (-32602, -32000), method  # type: ignore[index]
    with pytest.raises(Web3RPCError, match="eth_sign is refused"):
        await web3.eth.sign(HOLDER.address, text="x")
    assert await web3.eth.get_transaction_count(HOLDER.address) == 1
    bare = AsyncWeb3(AsyncVerifiedProvider(town.chain.reader))
    assert await bare.eth.chain_id == CHAIN_ID


@pytest.mark.allow_log("127.0.0.1")
async def test_an_incomplete_list_of_events_is_never_returned(town: Town) -> None:
    chain = town.chain
    methods = VerifiedMethods(chain.reader)
    for endpoint in chain.client.endpoints:
        real = endpoint.rpc.call

        async def call(method: str, *params: Any, real: Any = real) -> Any:
            answer = await real(method, *params)
            return answer[:-1] if method == "eth_getBlockReceipts" else answer

        endpoint.rpc.call = call  # type: ignore[method-assign]
    with pytest.raises(AnswerFault, match="complete up to block 1 only; of block 2"):
        await methods.answer("eth_getLogs", [{"fromBlock": "0x0", "address": town.address}])
    methods.close()


def test_fees_are_computed_from_verified_headers() -> None:
    header = replace(genesis(), base_fee=1000, gas_limit=30_000_000)
    rules = QbftRules()
    for used, fee in ((15_000_000, 1000), (30_000_000, 1125), (0, 875), (15_000_001, 1001)):
        assert next_base_fee(replace(header, gas_used=used), rules) == fee
    assert next_base_fee(replace(header, base_fee=0), QbftRules(base_fee="zero")) == 0
    assert next_base_fee(replace(header, base_fee=None), rules) is None
    assert percentiles([(1, 100), (5, 300), (9, 600)], [10, 40, 41, 100]) == [1, 5, 9, 9]
    assert percentiles([], [50]) == [0]
