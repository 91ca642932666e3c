from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator

import pytest
from chain_lab import CHAIN_ID, Endpoint, genesis

from peerwatt.chain.endpoints.transport import JsonRpc, RpcRefused
from peerwatt.model.verified import EndpointAway


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    async with Endpoint([genesis()]) as server:
        yield server


@pytest.fixture
async def rpc(endpoint: Endpoint) -> AsyncIterator[JsonRpc]:
    client = JsonRpc(endpoint.url, timeout_s=0.3, max_bytes=10_000)
    yield client
    await client.close()


async def test_calls_and_batches(rpc: JsonRpc) -> None:
    assert await rpc.call("eth_blockNumber") == "0x0"
    assert await rpc.batch([("eth_chainId", ()), ("eth_blockNumber", ())]) == [hex(CHAIN_ID), "0x0"]
    assert await rpc.batch([]) == []


async def test_a_refusal_says_what_was_refused(rpc: JsonRpc) -> None:
    with pytest.raises(RpcRefused, match="refused nothing: no method nothing") as caught:
        await rpc.call("nothing")
    assert caught.value.unknown_method
    with pytest.raises(RpcRefused):
        await rpc.batch([("eth_chainId", ()), ("nothing", ())])


def http(body: bytes, status: str = "200 OK", extra: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{extra}\r\n".encode() + body


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x00\x01\x00\x00\x00\x06\x01\x03",
        http(b"<html>"),
        http(b"\xff\xfe"),
        http(b"[" * 9000),
        http(b"null"),
        http(b"[]"),
        http(b"{}"),
        http(json.dumps({"jsonrpc": "2.0", "id": 99, "result": "0x1"}).encode()),
        http(json.dumps({"jsonrpc": "2.0", "id": 1}).encode()),
        http(b'{"id": 1, "result": ' + b"9" * 9000 + b"}"),
        http(b"{}", "502 Bad Gateway"),
        http(b"{}", "302 Found", "Location: http://127.0.0.1:1/\r\n"),
        http(b"x" * 20_000),
        b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_nonsense_is_one_clear_sentence(endpoint: Endpoint, rpc: JsonRpc, raw: bytes) -> None:
    endpoint.raw = raw
    for ask in (rpc.call("eth_blockNumber"), rpc.batch([("eth_blockNumber", ())])):
        with pytest.raises(EndpointAway) as caught:
            await ask
        assert str(caught.value).startswith(f"The endpoint {rpc.name} ")
        assert "\n" not in str(caught.value)


async def test_a_slow_endpoint_is_left_at_the_deadline(endpoint: Endpoint, rpc: JsonRpc) -> None:
    endpoint.delay_s = 30
    before = time.monotonic()
    with pytest.raises(EndpointAway, match=r"within 0\.3 s"):
        await rpc.call("eth_blockNumber")
    assert time.monotonic() - before < 2


async def test_a_closed_port_takes_no_connection(endpoint: Endpoint) -> None:
    client = JsonRpc("http://127.0.0.1:9", timeout_s=1)
    with pytest.raises(EndpointAway, match="takes no connection"):
        await client.call("eth_blockNumber")
    await client.close()


async def test_untrusted_text_is_cut_down(endpoint: Endpoint, rpc: JsonRpc) -> None:
    endpoint.raw = http(
        json.dumps({"id": 1, "error": {"code": 3, "message": "a\nb\x1b[31m" + "x" * 900}}).encode()
    )
    with pytest.raises(RpcRefused) as caught:
        await rpc.call("eth_call")
    assert caught.value.reason.startswith("ab[31m")
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("url", ["", "ftp://a", "127.0.0.1:8545", "http://"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="http"):
        JsonRpc(url)


async def test_keys_in_a_url_are_not_shown() -> None:
    client = JsonRpc("https://user:hunter2@node.example/v3/abcdef")
    assert client.name == "node.example"
    await client.close()


@pytest.mark.parametrize(("item", "count"), [(b"1,", 150_000), (b"[],", 70_000), (b"{},", 70_000)])
async def test_an_answer_of_countless_values_is_not_even_parsed(item: bytes, count: int) -> None:
    body = b"[" + item * count + b"1]"
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    async with Endpoint([], raw=head + body) as endpoint:
        rpc = JsonRpc(endpoint.url)
        with pytest.raises(EndpointAway, match="more values"):
            await rpc.call("eth_chainId")
        await rpc.close()


@pytest.mark.parametrize("given", [[], {}, None, "1"])
async def test_an_id_that_is_no_number_answers_nothing(given: object) -> None:
    body = json.dumps([{"jsonrpc": "2.0", "id": given, "result": "0x1"}]).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    async with Endpoint([], raw=head + body) as endpoint:
        rpc = JsonRpc(endpoint.url)
        with pytest.raises(EndpointAway):
            await rpc.batch([("eth_chainId", ())])
        await rpc.close()
