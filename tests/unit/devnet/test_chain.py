"""Blocks over real sockets: execution, state, proofs, seals; each against an independent oracle."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import rlp
from devnet_support import MEMBERS, RICH, START_S, VALIDATOR_KEYS, Chain, Encoder
from eth_keys import KeyAPI
from ethereum.forks.prague.fork_types import Account as SpecAccount
from ethereum.forks.prague.state import State, set_account, set_storage, state_root
from ethereum.forks.prague.vm import interpreter
from ethereum_types.bytes import Bytes20, Bytes32
from ethereum_types.numeric import U256, Uint
from trie import HexaryTrie
from web3 import Web3
from web3.exceptions import ContractLogicError
from web3.middleware import ExtraDataToPOAMiddleware

from peerwatt.devnet.codec import address_of, keccak256

VALIDATORS = sorted(address_of(key) for key in VALIDATOR_KEYS)


def unhex(value: str) -> bytes:
    return bytes.fromhex(value[2:])


def number(value: str) -> int:
    return int(value, 16)


def header_items(block: dict[str, Any], extra: bytes) -> list[bytes | int]:
    return [
        unhex(block["parentHash"]),
        unhex(block["sha3Uncles"]),
        unhex(block["miner"]),
        unhex(block["stateRoot"]),
        unhex(block["transactionsRoot"]),
        unhex(block["receiptsRoot"]),
        unhex(block["logsBloom"]),
        number(block["difficulty"]),
        number(block["number"]),
        number(block["gasLimit"]),
        number(block["gasUsed"]),
        number(block["timestamp"]),
        extra,
        unhex(block["mixHash"]),
        unhex(block["nonce"]),
        number(block["baseFeePerGas"]),
        unhex(block["withdrawalsRoot"]),
        number(block["blobGasUsed"]),
        number(block["excessBlobGas"]),
        unhex(block["parentBeaconBlockRoot"]),
        unhex(block["requestsHash"]),
    ]


def check_seals(block: dict[str, Any]) -> None:
    """Verify a block as a stranger would, with `rlp` and eth_keys' own arithmetic only."""
    vanity, validators, vote, round_number, seals = rlp.decode(unhex(block["extraData"]))
    assert len(vanity) == 32
    assert list(validators) == VALIDATORS
    assert vote == []
    assert round_number == b""
    unsealed = rlp.encode([vanity, validators, vote, round_number, []])
    digest = keccak256(rlp.encode(header_items(block, unsealed)))
    assert digest == unhex(block["hash"])  # in round 0 both hashes are over the same bytes
    keys = KeyAPI("eth_keys.backends.NativeECCBackend")
    signers = {
        keys.Signature(seal).recover_public_key_from_msg_hash(digest).to_canonical_address()
        for seal in seals
    }
    assert signers == set(VALIDATORS)
    assert len(seals) == 4
    assert unhex(block["miner"]) == VALIDATORS[(number(block["number"]) - 1) % 4]


async def test_headers_are_linked_and_sealed(chain: Chain) -> None:
    for _ in range(5):
        await chain.seal(60)
    genesis = await chain.rpc("eth_getBlockByNumber", "earliest", False)
    assert rlp.decode(unhex(genesis["extraData"]))[1:] == [VALIDATORS, [], b"", []]
    assert keccak256(rlp.encode(header_items(genesis, unhex(genesis["extraData"])))) == unhex(
        genesis["hash"]
    )
    parent = genesis
    for height in range(1, 6):
        block = await chain.rpc("eth_getBlockByNumber", hex(height), True)
        assert block["parentHash"] == parent["hash"]
        assert number(block["timestamp"]) == START_S + 60 * height
        check_seals(block)
        assert await chain.rpc("eth_getBlockByHash", block["hash"], True) == block
        parent = block
    shown = await chain.rpc("qbft_getValidatorsByBlockNumber", "latest")
    assert [unhex(item) for item in shown] == VALIDATORS


async def test_no_block_without_reason_and_time_always_rises(chain: Chain, encode: Encoder) -> None:
    assert await chain.node.tick() is None
    chain.clock.advance(START_S + 59)
    assert await chain.node.tick() is None
    chain.clock.advance(START_S + 60)
    late = await chain.node.tick()
    assert late is not None
    assert late.header.timestamp == START_S + 60
    await chain.send(RICH, MEMBERS[1].address)
    again = await chain.node.tick()  # the clock did not move
    assert again is not None
    assert again.header.timestamp == START_S + 61
    assert await chain.node.tick() is None


async def test_two_ticks_at_once_make_one_block(chain: Chain) -> None:
    await chain.send(RICH, MEMBERS[1].address)
    made = await asyncio.gather(chain.node.tick(), chain.node.tick(), chain.node.tick())
    assert [block is not None for block in made].count(True) == 1
    assert chain.node.head.number == 1


async def test_a_node_that_nobody_drives_seals_on_its_own(chain: Chain) -> None:
    running = asyncio.create_task(chain.node.run())
    sent = await chain.send(RICH, MEMBERS[1].address)
    async with asyncio.timeout(5):
        while await chain.rpc("eth_getTransactionReceipt", sent) is None:
            chain.clock.advance(chain.clock.now_s() + 1)
    assert chain.node.head.number == 1
    chain.clock.advance(chain.clock.now_s() + 60)
    async with asyncio.timeout(5):
        while await chain.rpc("eth_blockNumber") != "0x2":
            assert not running.done()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


def spec_state(accounts: dict[str, dict[str, Any]], storage: dict[str, dict[int, int]]) -> bytes:
    """Compute the state root with the specification's own trie."""
    state = State()
    for address, account in accounts.items():
        code = unhex(account["code"])
        content = SpecAccount(Uint(account["nonce"]), U256(account["balance"]), code)
        set_account(state, Bytes20(unhex(address)), content)
    for address, slots in storage.items():
        for slot, value in slots.items():
            key = Bytes32(slot.to_bytes(32, "big"))
            set_storage(state, Bytes20(unhex(address)), key, U256(value))
    return bytes(state_root(state))


def balance_slot(member: str) -> int:
    """Vyper's slot of balances[member]: keccak(slot || key)."""
    return int.from_bytes(keccak256(bytes(32) + unhex(member).rjust(32, b"\0")), "big")


async def test_state_root_agrees_with_the_specification(
    chain: Chain, compiled: dict[str, Any], encode: Encoder
) -> None:
    token = await chain.deploy(compiled["bytecode"])
    for i, member in enumerate(MEMBERS):
        await chain.send(RICH, token, encode("mint", member.address, 100 + i))
    await chain.send(RICH, MEMBERS[3].address, value=12345, gasPrice=10**9)
    await chain.seal()
    await chain.send(MEMBERS[1], token, encode("move", MEMBERS[2].address, 101))
    await chain.send(MEMBERS[4], token, encode("burn"))
    await chain.send(MEMBERS[5], token, encode("move", MEMBERS[2].address, 10**9))  # reverts
    block = await chain.seal()
    slots = {balance_slot(m.address): 100 + i for i, m in enumerate(MEMBERS)}
    slots |= {
        balance_slot(MEMBERS[1].address): 0,
        balance_slot(MEMBERS[2].address): 203,
        balance_slot(MEMBERS[4].address): 0,
        1: sum(range(100, 108)),
    }
    proposers = ["0x" + validator.hex() for validator in VALIDATORS]
    accounts: dict[str, dict[str, Any]] = {}
    for address in [token, *proposers, *(member.address for member in MEMBERS)]:
        account = {
            "nonce": number(await chain.rpc("eth_getTransactionCount", address, "latest")),
            "balance": number(await chain.rpc("eth_getBalance", address, "latest")),
            "code": await chain.rpc("eth_getCode", address, "latest"),
        }
        if account != {"nonce": 0, "balance": 0, "code": "0x"}:
            accounts[address] = account
    assert accounts[MEMBERS[3].address]["balance"] == 12345
    assert sum(account["balance"] for account in accounts.values()) == 10**18
    assert block.header.state_root == spec_state(accounts, {token: slots})
    statuses = await chain.rpc("eth_getBlockReceipts", "latest")
    assert [item["status"] for item in statuses] == ["0x1", "0x1", "0x0"]


async def test_proofs_hold_now_and_for_old_blocks(
    chain: Chain, compiled: dict[str, Any], encode: Encoder
) -> None:
    token = await chain.deploy(compiled["bytecode"])
    keys = [hex(balance_slot(member.address)) for member in MEMBERS]
    for i, member in enumerate(MEMBERS[:6]):
        await chain.send(RICH, token, encode("mint", member.address, 1000 + i))
        await chain.seal()
    await chain.send(MEMBERS[0], token, encode("burn"))
    await chain.seal()
    for height in range(2, 9):
        block = await chain.rpc("eth_getBlockByNumber", hex(height), False)
        proof = await chain.rpc("eth_getProof", token, keys, hex(height))
        nodes = [rlp.decode(unhex(node)) for node in proof["accountProof"]]
        leaf = HexaryTrie.get_from_proof(unhex(block["stateRoot"]), keccak256(unhex(token)), nodes)
        storage_root = unhex(proof["storageHash"])
        code_hash = unhex(proof["codeHash"])
        assert rlp.decode(leaf) == [b"\x01", b"", storage_root, code_hash]
        assert keccak256(unhex(await chain.rpc("eth_getCode", token, "latest"))) == code_hash
        for i, (key, entry) in enumerate(zip(keys, proof["storageProof"], strict=True)):
            expected = 1000 + i if i < 6 and height >= i + 2 else 0
            if i == 0 and height == 8:
                expected = 0
            assert entry["key"] == key
            assert number(entry["value"]) == expected
            path = keccak256(number(key).to_bytes(32, "big"))
            items = [rlp.decode(unhex(node)) for node in entry["proof"]]
            value = HexaryTrie.get_from_proof(storage_root, path, items)
            assert value == (rlp.encode(expected) if expected else b"")
            assert number(await chain.rpc("eth_getStorageAt", token, key, hex(height))) == expected
    nobody = "0x" + "42" * 20
    absent = await chain.rpc("eth_getProof", nobody, ["0x0"], "latest")
    head = await chain.rpc("eth_getBlockByNumber", "latest", False)
    nodes = [rlp.decode(unhex(node)) for node in absent["accountProof"]]
    path = keccak256(unhex(nobody))
    assert HexaryTrie.get_from_proof(unhex(head["stateRoot"]), path, nodes) == b""
    assert absent["storageProof"][0] == {"key": "0x0", "value": "0x0", "proof": []}


async def test_receipts_and_transactions_prove_against_their_roots(
    chain: Chain, compiled: dict[str, Any], encode: Encoder
) -> None:
    token = await chain.deploy(compiled["bytecode"])
    raws = []
    for i in range(20):
        kind = [{}, {"gasPrice": 0}, {"accessList": [], "gasPrice": 0}][i % 3]
        raw = chain.sign(RICH, token, encode("mint", MEMBERS[i % 8].address, i), **kind)
        raws.append(raw)
        await chain.rpc("eth_sendRawTransaction", raw)
    await chain.seal()
    block = await chain.rpc("eth_getBlockByNumber", "latest", True)
    transactions, receipts = HexaryTrie({}), HexaryTrie({})
    shown = await chain.rpc("eth_getBlockReceipts", block["number"])
    for i, raw in enumerate(raws):
        transactions[rlp.encode(i)] = unhex(raw)
        logs = [
            [unhex(log["address"]), [unhex(t) for t in log["topics"]], unhex(log["data"])]
            for log in shown[i]["logs"]
        ]
        gas, bloom = number(shown[i]["cumulativeGasUsed"]), unhex(shown[i]["logsBloom"])
        kind = number(shown[i]["type"])
        body = rlp.encode([number(shown[i]["status"]), gas, bloom, logs])
        receipts[rlp.encode(i)] = bytes([kind]) * bool(kind) + body
        assert block["transactions"][i]["hash"] == "0x" + keccak256(unhex(raw)).hex()
        assert shown[i]["logs"][0]["logIndex"] == hex(i)
    assert {item["type"] for item in shown} == {"0x0", "0x1", "0x2"}
    assert unhex(block["transactionsRoot"]) == transactions.root_hash
    assert unhex(block["receiptsRoot"]) == receipts.root_hash
    bloom = 0
    for item in shown:
        bloom |= number(item["logsBloom"])
    assert number(block["logsBloom"]) == bloom
    assert number(block["gasUsed"]) == sum(number(item["gasUsed"]) for item in shown)


async def test_web3_deploys_calls_and_reads_logs(chain: Chain, compiled: dict[str, Any]) -> None:
    def use_web3() -> None:
        w3 = Web3(Web3.HTTPProvider(chain.servers[1].url))
        w3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)
        w3.provider.make_request("eth_syncing", [])
        factory = w3.eth.contract(abi=compiled["abi"], bytecode=compiled["bytecode"])
        token = send(w3, factory.constructor(), "deploy", factory)
        send(w3, token.functions.mint(MEMBERS[1].address, 55))
        assert token.functions.balances(MEMBERS[1].address).call() == 55
        events = token.events.Moved().get_logs(
            from_block=0, argument_filters={"receiver": MEMBERS[1].address}
        )
        assert [event["args"]["amount"] for event in events] == [55]
        assert (
            token.events.Moved().get_logs(
                from_block=0, argument_filters={"receiver": MEMBERS[2].address}
            )
            == []
        )
        with pytest.raises(ContractLogicError, match="too much"):
            token.functions.mint(MEMBERS[1].address, 2**128).estimate_gas()
        with pytest.raises(ContractLogicError, match="too much"):
            token.functions.mint(MEMBERS[1].address, 2**128).call()
        assert bytes(token.functions.parent().call()) == bytes(w3.eth.get_block(1)["hash"])

    def send(w3: Web3, action: Any, kind: str = "call", factory: Any = None) -> Any:
        built = action.build_transaction(
            {"from": RICH.address, "nonce": w3.eth.get_transaction_count(RICH.address, "pending")}
        )
        sent = w3.eth.send_raw_transaction(RICH.sign_transaction(built).raw_transaction)
        asyncio.run_coroutine_threadsafe(chain.seal(), loop).result(10)
        receipt = w3.eth.wait_for_transaction_receipt(sent, timeout=5)
        assert receipt["status"] == 1
        return factory(address=receipt["contractAddress"]) if factory is not None else None

    loop = asyncio.get_running_loop()
    await asyncio.to_thread(use_web3)


async def test_calls_see_the_block_they_ask_for(
    chain: Chain, compiled: dict[str, Any], encode: Encoder
) -> None:
    token = await chain.deploy(compiled["bytecode"])
    await chain.send(RICH, token, encode("mint", MEMBERS[1].address, 7))
    await chain.seal(30)
    asked = {"to": token, "data": encode("balances", MEMBERS[1].address)}
    assert number(await chain.rpc("eth_call", asked, "0x1")) == 0
    assert number(await chain.rpc("eth_call", asked, "0x2")) == 7
    clock = {"to": token, "data": encode("clock")}
    assert number(await chain.rpc("eth_call", clock, "latest")) == START_S + 31
    chain.clock.advance(START_S + 500)
    assert number(await chain.rpc("eth_call", clock, "pending")) == START_S + 500
    before = chain.node.head.header.state_root
    mint = {"from": RICH.address, "to": token, "data": encode("mint", MEMBERS[1].address, 7)}
    await chain.rpc("eth_call", mint, "latest")
    assert chain.node.chain_head.view.root == before
    assert number(await chain.rpc("eth_call", asked, "latest")) == 7


async def test_estimated_gas_is_enough_and_not_a_unit_too_much_for_plain_calls(
    chain: Chain, compiled: dict[str, Any], encode: Encoder
) -> None:
    token = await chain.deploy(compiled["bytecode"])
    data = encode("mint", MEMBERS[1].address, 7)
    gas = number(
        await chain.rpc("eth_estimateGas", {"from": RICH.address, "to": token, "data": data})
    )
    await chain.send(RICH, token, data, gas=gas)
    await chain.seal()
    receipt = (await chain.rpc("eth_getBlockReceipts", "latest"))[0]
    assert receipt["status"] == "0x1"
    assert number(receipt["gasUsed"]) == gas
    await chain.send(RICH, token, encode("mint", MEMBERS[2].address, 7), gas=gas + 17_100 - 1)
    await chain.seal()
    assert (await chain.rpc("eth_getBlockReceipts", "latest"))[0]["status"] == "0x1"
    deep = encode("dive", 40)  # inner calls get 63/64 of the gas: more than is used is needed
    call = {"from": RICH.address, "to": token, "data": deep}
    gas = number(await chain.rpc("eth_estimateGas", call))
    await chain.send(RICH, token, deep, gas=gas)
    await chain.seal()
    assert (await chain.rpc("eth_getBlockReceipts", "latest"))[0]["status"] == "0x1"


async def test_a_recursion_to_the_last_frame_does_not_kill_the_node(
    chain: Chain, compiled: dict[str, Any], encode: Encoder
) -> None:
    token = await chain.deploy(compiled["bytecode"])
    await chain.send(RICH, token, encode("dive", 5000), gas=59_000_000)
    await chain.send(MEMBERS[1], token, encode("mint", MEMBERS[1].address, 3))
    await chain.seal()
    await chain.seal(60)
    call = {"to": token, "data": encode("balances", MEMBERS[1].address)}
    assert number(await chain.rpc("eth_call", call, "latest")) == 3


def test_jump_destinations_are_remembered() -> None:
    assert interpreter.get_valid_jump_destinations.cache_info().maxsize == 512
