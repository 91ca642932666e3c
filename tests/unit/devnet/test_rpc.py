"""The JSON-RPC endpoint: batches, errors as sentences, and nothing that a caller sends kills it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

import httpx
import pytest
from devnet_support import CHAIN_ID, MEMBERS, RICH, Chain, Encoder
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.devnet.params import RpcError, to_call, to_data, to_filter, to_quantity
from peerwatt.devnet.revert import revert_reason

ADDRESS = MEMBERS[1].address


async def exchange(chain: Chain, sent: bytes) -> bytes:
    """Send raw bytes to the endpoint and return all it answers until it closes or 0.3 s pass."""
    port = int(chain.servers[0].url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    received = b""
    try:
        async with asyncio.timeout(0.3):
            while part := await reader.read(65536):
                received += part
    except TimeoutError:
        pass
    writer.close()
    await writer.wait_closed()
    return received


def post(body: bytes, **fields: str) -> bytes:
    head = {
        "Host": "127.0.0.1:8545",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **{name.replace("_", "-"): value for name, value in fields.items()},
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"POST / HTTP/1.1\r\n{lines}\r\n".encode() + body


CALL = b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}'


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (post(CALL), b"200"),
        (post(CALL, Host="localhost"), b"200"),
        (post(CALL, Host="evil.example:8545"), b"403"),
        (post(CALL, Content_Type="text/plain"), b"415"),
        (post(CALL, Content_Length="-1"), b"411"),
        (post(CALL, Content_Length="99999999999"), b"413"),
        (post(CALL, Content_Length="9999999"), b"413"),
        (post(CALL, Transfer_Encoding="chunked"), b"411"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"405"),
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nX: " + b"a" * 40_000 + b"\r\n\r\n", b"431"),
        (post(CALL, Expect="100-continue"), b"100"),
    ],
)
async def test_http_is_checked(chain: Chain, sent: bytes, status: bytes) -> None:
    assert (await exchange(chain, sent)).split()[1] == status
    assert await chain.rpc("eth_chainId") == hex(CHAIN_ID)


async def test_pipelined_calls_and_connection_close(chain: Chain) -> None:
    answers = await exchange(chain, post(CALL) + post(CALL) + post(CALL, Connection="close"))
    assert answers.count(b"200 OK") == 3
    assert answers.count(b"Connection: close") == 1
    assert await exchange(chain, post(CALL)[:-10]) == b""  # body never completes


async def send_body(chain: Chain, body: bytes) -> Any:
    kind = {"Content-Type": "application/json"}
    return (await chain.http.post(chain.servers[0].url, content=body, headers=kind)).json()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", -32700),
        (b"\xff\xfe", -32700),
        (b"[" * 100_000, -32700),
        (b'{"a":' * 70 + b"1" + b"}" * 70, -32700),
        (b'"' + b"[" * 100_000 + b'"', -32600),
        (b"null", -32600),
        (b"[]", -32600),
        (b'{"id":1}', -32600),
        (b'{"id":{},"method":"eth_chainId"}', -32600),
        (b'{"id":1,"method":"debug_traceTransaction"}', -32601),
        (b'{"id":1,"method":"eth_getBalance","params":{"a":1}}', -32602),
        (b'{"id":1,"method":"eth_getBalance"}', -32602),
        (b'{"id":1,"method":"eth_getBalance","params":["0x12","latest"]}', -32602),
        (b'{"id":1,"method":"eth_getBlockByNumber","params":[[],true]}', -32602),
        (b'{"id":1,"method":"eth_getBlockByNumber","params":["0xzz",true]}', -32602),
        (b'{"id":1,"method":"eth_getBlockByNumber","params":[{"blockHash":1},true]}', -32602),
        (b'{"id":1,"method":"eth_call","params":[{"to":"0x1"}]}', -32602),
        (b'{"id":1,"method":"eth_call","params":["0x"]}', -32602),
        (b'{"id":1,"method":"eth_getLogs","params":[{"topics":[[1]]}]}', -32602),
        (b'{"id":1,"method":"eth_getProof","params":["0x' + b"00" * 20 + b'",7,"latest"]}', -32602),
        (b'{"id":1,"method":"eth_feeHistory","params":["0x0","latest"]}', -32602),
        (b'{"id":1,"method":"eth_sendRawTransaction","params":["0x"]}', -32000),
        (b'{"id":1,"method":"eth_sendRawTransaction","params":["0xc0"]}', -32000),
        (b'{"id":1,"method":"eth_sendRawTransaction","params":["0x03c0"]}', -32000),
        (b'{"id":1,"method":"eth_sendRawTransaction","params":["0x02f8ff"]}', -32000),
        (b'{"id":1,"method":"eth_getCode","params":["0x' + b"00" * 20 + b'","0x99"]}', -32001),
    ],
)
async def test_bad_calls_get_an_error_with_a_sentence(chain: Chain, body: bytes, code: int) -> None:
    error = (await send_body(chain, body))["error"]
    assert error["code"] == code
    assert " " in error["message"]
    assert await chain.rpc("eth_blockNumber") == "0x0"


async def test_batches_keep_order_and_skip_notifications(chain: Chain) -> None:
    calls = [
        {"jsonrpc": "2.0", "id": "a", "method": "eth_chainId", "params": []},
        {"jsonrpc": "2.0", "method": "eth_chainId", "params": []},
        17,
        {"jsonrpc": "2.0", "id": 3, "method": "nonsense"},
        {"jsonrpc": "2.0", "id": None, "method": "net_version"},
    ]
    answers = await send_body(chain, json.dumps(calls).encode())
    assert [answer.get("id") for answer in answers] == ["a", None, 3, None]
    assert answers[0]["result"] == hex(CHAIN_ID)
    assert answers[1]["error"]["code"] == -32600
    assert answers[2]["error"]["code"] == -32601
    assert answers[3]["result"] == str(CHAIN_ID)


async def test_two_endpoints_serve_one_node_and_one_may_go(chain: Chain) -> None:
    first, second = chain.servers
    assert first.url != second.url
    await first.close()
    with pytest.raises(httpx.ConnectError):
        await chain.http.post(first.url, json={})
    call = {"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []}
    assert (await chain.http.post(second.url, json=call)).json()["result"] == "0x0"
    await first.start()
    assert await chain.rpc("eth_blockNumber") == "0x0"


async def test_a_waiting_transaction_is_replaced_by_one_that_pays_a_tenth_more(
    chain: Chain,
) -> None:
    async def send(**price: int) -> str:
        chain.nonces[RICH.address] = 0
        return str(await chain.send(RICH, ADDRESS, **price))

    await send(maxFeePerGas=20, maxPriorityFeePerGas=10)
    chain.nonces[RICH.address] = 0
    short = chain.sign(RICH, ADDRESS, maxFeePerGas=22, maxPriorityFeePerGas=10)
    assert "10 %" in (await chain.raw("eth_sendRawTransaction", short))["error"]["message"]
    await send(maxFeePerGas=22, maxPriorityFeePerGas=11)
    wanted = await send(gasPrice=25)
    block = await chain.seal()
    assert [tx.hash for tx in block.transactions] == [bytes.fromhex(wanted[2:])]
    assert len(chain.node.pool) == 0


async def test_without_fees_the_newest_of_one_nonce_wins(chain: Chain) -> None:
    await chain.send(RICH, ADDRESS)
    chain.nonces[RICH.address] = 0
    newest = await chain.send(RICH, ADDRESS, "0x01")
    block = await chain.seal()
    assert [tx.hash for tx in block.transactions] == [bytes.fromhex(newest[2:])]


async def test_transactions_are_refused_with_the_reason(chain: Chain) -> None:
    async def refused(raw: str) -> str:
        answer = await chain.raw("eth_sendRawTransaction", raw)
        assert answer["error"]["code"] == -32000
        return answer["error"]["message"]

    good = chain.sign(RICH, ADDRESS, gasPrice=10)
    sent = await chain.rpc("eth_sendRawTransaction", good)
    assert await chain.rpc("eth_sendRawTransaction", good) == sent
    pending = await chain.rpc("eth_getTransactionByHash", sent)
    assert pending["blockHash"] is None
    assert pending["from"] == RICH.address.lower()
    chain.nonces[RICH.address] = 0
    assert "underpriced" in await refused(chain.sign(RICH, ADDRESS, "0x01", gasPrice=10))
    assert await chain.rpc("eth_getTransactionCount", RICH.address, "latest") == "0x0"
    assert await chain.rpc("eth_getTransactionCount", RICH.address, "pending") == "0x1"
    await chain.seal()
    chain.nonces[RICH.address] = 0
    assert "nonce too low" in await refused(chain.sign(RICH, ADDRESS, "0x02"))
    assert "chain 1" in await refused(chain.sign(RICH, ADDRESS, chainId=1))
    assert "insufficient funds" in await refused(chain.sign(MEMBERS[2], ADDRESS, value=1))
    assert "gas" in await refused(chain.sign(MEMBERS[3], ADDRESS, gas=20_000))
    assert "gas" in await refused(chain.sign(MEMBERS[4], ADDRESS, gas=60_000_001))
    chain.nonces[MEMBERS[5].address] = 5_000
    assert "nonce too high" in await refused(chain.sign(MEMBERS[5], ADDRESS))
    broken = bytearray.fromhex(chain.sign(MEMBERS[6], ADDRESS)[2:])
    broken[-32:] = b"\xff" * 32  # s beyond the curve's order
    assert "signature" in await refused("0x" + broken.hex())


async def test_nonces_wait_for_their_turn(chain: Chain) -> None:
    raws = [chain.sign(MEMBERS[1], ADDRESS, data=f"0x0{i}") for i in range(4)]
    for i in (3, 1, 0):
        await chain.rpc("eth_sendRawTransaction", raws[i])
    block = await chain.seal()
    assert ["0x" + item.raw.hex() for item in block.transactions] == raws[:2]
    assert await chain.node.tick() is None
    await chain.rpc("eth_sendRawTransaction", raws[2])
    block = await chain.seal()
    assert ["0x" + item.raw.hex() for item in block.transactions] == raws[2:]
    assert len(chain.node.pool) == 0


async def test_what_does_not_fit_waits_for_the_next_block(chain: Chain) -> None:
    # init code that burns all its gas in an endless loop of cheap jumps would take long; INVALID
    # burns it at once
    for i in (1, 2, 3):
        await chain.send(MEMBERS[i], None, "0xfe", gas=25_000_000)
    follower = await chain.send(MEMBERS[3], ADDRESS)
    first = await chain.seal()
    assert len(first.transactions) == 2
    assert first.header.gas_used == 50_000_000
    second = await chain.seal()
    assert [item.hash.hex() for item in second.transactions][1] == follower[2:]
    receipt = await chain.rpc("eth_getTransactionReceipt", "0x" + second.transactions[0].hash.hex())
    assert receipt["status"] == "0x0"
    assert receipt["contractAddress"] is None


async def test_a_transaction_that_became_invalid_is_dropped_and_the_rest_runs(
    chain: Chain,
) -> None:
    await chain.send(RICH, ADDRESS, value=10**18 - 5)
    poor = await chain.send(RICH, ADDRESS, value=10**17)  # covered only before the first one runs
    other = await chain.send(MEMBERS[2], ADDRESS)
    block = await chain.seal()
    hashes = ["0x" + item.hash.hex() for item in block.transactions]
    assert len(hashes) == 2
    assert other in hashes
    assert await chain.rpc("eth_getTransactionByHash", poor) is None
    assert await chain.rpc("eth_getTransactionReceipt", poor) is None


async def test_logs_are_found_by_address_topic_and_block(
    chain: Chain, compiled: dict[str, Any], encode: Encoder
) -> None:
    token = await chain.deploy(compiled["bytecode"])
    other = await chain.deploy(compiled["bytecode"])
    for who in MEMBERS[:3]:
        await chain.send(RICH, token, encode("mint", who.address, 9))
        await chain.send(RICH, other, encode("mint", who.address, 9))
        block = await chain.seal()

    async def amount(**wanted: object) -> int:
        return len(await chain.rpc("eth_getLogs", {"fromBlock": "earliest", **wanted}))

    receiver = "0x" + "00" * 12 + MEMBERS[1].address[2:].lower()
    anyone = "0x" + "00" * 32
    assert await amount() == 6
    assert await amount(address=token) == 3
    assert await amount(address=[token, other]) == 6
    assert await amount(topics=[None, None, receiver]) == 2
    assert await amount(topics=[None, None, [receiver, anyone]], address=other) == 1
    assert await amount(topics=[None, receiver]) == 0
    assert await amount(topics=[[], anyone]) == 6
    assert await amount(topics=[None, None, None, anyone]) == 0
    assert await amount(fromBlock="0x4", toBlock="0x4") == 2
    assert await amount(fromBlock="0x5", toBlock="0x99") == 2
    assert await amount(fromBlock="0x" + "f" * 64, toBlock="latest") == 0
    assert await amount(toBlock="0x" + "f" * 64) == 6
    by_hash = await chain.rpc("eth_getLogs", {"blockHash": "0x" + block.hash.hex()})
    assert [log["logIndex"] for log in by_hash] == ["0x0", "0x1"]
    assert {log["blockNumber"] for log in by_hash} == {"0x5"}


async def test_fee_history_and_constants(chain: Chain) -> None:
    await chain.seal(60)
    history = await chain.rpc("eth_feeHistory", "0x5", "latest", [10, 50])
    assert history["oldestBlock"] == "0x0"
    assert history["baseFeePerGas"] == ["0x0"] * 3
    assert history["reward"] == [["0x0", "0x0"]] * 2
    assert await chain.rpc("eth_gasPrice") == "0x0"
    assert await chain.rpc("eth_syncing") is False
    assert await chain.rpc("eth_getBlockByNumber", "0x99", False) is None
    assert await chain.rpc("eth_getTransactionReceipt", "0x" + "11" * 32) is None


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["0x", "0x0"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(JSON, st.dictionaries(st.sampled_from(["to", "from", "data", "value", "gas"]), JSON))
def test_any_parameter_is_either_read_or_refused(value: object, fields: dict[str, object]) -> None:
    for parse in (
        lambda: to_data(value, "value"),
        lambda: to_quantity(value, "value"),
        lambda: to_call(fields),
        lambda: to_filter({"address": value}),
        lambda: to_filter({"topics": value}),
    ):
        with contextlib.suppress(RpcError):
            parse()


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["", "08c379a0", "4e487b71"]), st.binary(max_size=120))
def test_revert_data_of_any_form_is_survived(selector: str, body: bytes) -> None:
    revert_reason(bytes.fromhex(selector) + body)


def test_revert_reasons() -> None:
    word = (32).to_bytes(32, "big")
    text = bytes.fromhex("08c379a0") + word + (3).to_bytes(32, "big") + b"bad".ljust(32, b"\0")
    assert revert_reason(text) == "bad"
    panic = bytes.fromhex("4e487b71") + (0x11).to_bytes(32, "big")
    assert revert_reason(panic) == "panic 0x11 (arithmetic overflow or underflow)"
    assert revert_reason(b"") is None


@pytest.mark.allow_log("eth_call failed")
async def test_a_failure_inside_the_node_is_an_answer_too(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(chain.node, "call", broken)
    answer = await chain.raw("eth_call", {"to": ADDRESS}, "latest")
    assert answer["error"] == {"code": -32603, "message": "eth_call failed inside the node."}
    assert await chain.rpc("eth_blockNumber") == "0x0"
