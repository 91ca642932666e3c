"""Shares of a round, penalties for lies, and connections that cost the loop nothing."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from bft_lab import first_header, run
from chain_lab import Endpoint, World, to_json
from light_lab import ClientLab, states

from peerwatt.chain.clients.bft import light_client, skipping
from peerwatt.chain.clients.bft.light_client import TransactionRefused
from peerwatt.chain.endpoints import http, patience
from peerwatt.chain.endpoints.patience import OutOfTime, allowance
from peerwatt.chain.endpoints.penalty import KEPT_S, Penalty
from peerwatt.chain.endpoints.transport import JsonRpc, RpcRefused
from peerwatt.chain.networks import SyncPlan
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.chain.status import EndpointState, SyncState
from peerwatt.model.verified import EndpointAway

FIRST = first_header()
WHO = bytes(19) + b"\7"
WORLD = World({bytes([n]) * 20: (n, n, {}) for n in range(1, 5)} | {WHO: (3, 500, {})})
CHAIN = [FIRST, *run(FIRST, 80, state_root=WORLD.root)]
TIMEOUT_S = 0.6
"""Of the lab's clients."""


@pytest.fixture
async def lab() -> AsyncIterator[ClientLab]:
    async with AsyncExitStack() as stack:
        yield ClientLab(stack)


class Late(Endpoint):
    """Honest, but slow as soon as it was greeted."""

    async def _one(self, reader: Any, writer: Any) -> bool:
        self.delay_s = 0.0 if len(self.calls) < 3 else 0.4 * TIMEOUT_S
        return await super()._one(reader, writer)


async def test_a_slow_endpoint_that_claims_the_highest_head_keeps_nobody_waiting(
    lab: ClientLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(light_client, "BATCH", 4)
    monkeypatch.setattr(patience, "EXCHANGES", 1)
    late = Late(list(CHAIN))
    await lab.stack.enter_async_context(late)
    honest = await lab.add(CHAIN[:78])
    lab.clock.advance(CHAIN[-1].timestamp)
    client = lab.connect(FIRST, endpoints=[late, honest])
    status = await client.sync()
    # Alone it would take 20 exchanges of 0.4 timeouts; one timeout is its share.
    assert late.calls.count("eth_getBlockByNumber") < 30
    assert status.head is not None
    assert status.head >= 77
    assert states(client) == [EndpointState.BEHIND, EndpointState.FOLLOWING]
    assert "others are asked first" in status.endpoints[0].sentence
    # The quick one is followed first from now on, and the slow one brings what only it has.
    status = await client.sync()
    assert (status.head, states(client)[0]) == (80, EndpointState.FOLLOWING)


async def test_a_slow_endpoint_that_is_alone_gets_there_by_and_by(
    lab: ClientLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(skipping, "BATCH", 8)
    monkeypatch.setattr(patience, "EXCHANGES", 1)
    late = Late(list(CHAIN))
    await lab.stack.enter_async_context(late)
    lab.clock.advance(CHAIN[-1].timestamp)
    plan = SyncPlan("skipping", 10**6, 16)
    client = lab.connect(FIRST, sync=plan, endpoints=[late])
    heads: list[int | None] = []
    while not heads or heads[-1] != 80:
        status = await client.sync()
        heads.append(status.head)
        assert len(heads) < 12
    assert len(heads) > 1
    assert status.state is SyncState.VERIFIED


async def _often(rpc: JsonRpc) -> None:
    for _ in range(4):
        await rpc.call("eth_blockNumber")


async def test_only_the_time_of_exchanges_is_counted() -> None:
    async with Endpoint(list(CHAIN[:1]), delay_s=0.1) as endpoint:
        rpc = JsonRpc(endpoint.url, timeout_s=2)
        with allowance(0.03):
            await asyncio.sleep(0.3)  # Longer than the share, but nobody was waited for.
            assert await rpc.call("eth_blockNumber") == "0x0"
            with pytest.raises(OutOfTime, match="so slowly"):
                await _often(rpc)
            # Tasks that are started within share what is left.
            with pytest.raises(OutOfTime):
                await asyncio.create_task(rpc.call("eth_blockNumber"))
        # Whoever reads values at another time has nothing to do with it.
        assert await rpc.call("eth_blockNumber") == "0x0"
        await rpc.close()


# -- lies about proofs ---------------------------------------------------------------------------


def liar_about_balances(chain: Any) -> Endpoint:
    def proof(address: str, slots: list[str], block: str) -> Any:
        true = WORLD.proof(bytes.fromhex(address[2:]), [int(slot, 16) for slot in slots])
        return true | {"balance": "0x7"}

    return Endpoint(list(chain), answers={"eth_getProof": proof})


@pytest.mark.allow_log("127.0.0.1")
async def test_a_liar_about_proofs_stays_named_and_is_asked_after_the_honest(
    lab: ClientLab,
) -> None:
    liar = liar_about_balances(CHAIN)
    await lab.stack.enter_async_context(liar)
    await lab.add(CHAIN, world=WORLD)
    client = lab.connect(FIRST, endpoints=[liar, *lab.endpoints])
    await client.sync()
    reader, who = ProvenReader(client), "0x" + WHO.hex()
    assert (await reader.account(who)).value.balance_wei == 500
    assert states(client)[0] is EndpointState.CONTRADICTS

    now_s = lab.clock.now_s()
    lab.clock.advance(now_s + 9)
    status = await client.sync()
    # It follows the chain faithfully again; that does not clear its name.
    assert status.endpoints[0].state is EndpointState.FOLLOWING
    assert "contradicted a proof 9 s ago" in status.endpoints[0].sentence
    assert f"{liar.url[7:]} contradicted a proof 9 s ago" in client.status.sentence
    liar.calls.clear()
    assert (await reader.account(who)).value.nonce == 3
    assert "eth_getProof" not in liar.calls

    lab.clock.advance(now_s + KEPT_S + 1)
    status = await client.sync()
    assert "contradicted" not in status.endpoints[0].sentence + status.sentence
    assert client.serving(0)[0].name == liar.url[7:]


def test_pauses_grow_with_each_lie_and_are_forgotten_in_time() -> None:
    penalty = Penalty()
    assert (penalty.words(0.0), penalty.is_held(0.0)) == ("", False)
    pauses = [penalty.note(100.0 * n) for n in range(12)]
    assert pauses[:4] == [1, 2, 4, 8]
    assert pauses[-1] == max(pauses) == 300
    assert penalty.words(1100.0 + 300) == "contradicted a proof 5 min ago, 12 times of late"
    assert not penalty.is_held(1100.0 + KEPT_S)
    assert penalty.note(5000.0) == 1


# -- transport -----------------------------------------------------------------------------------


async def test_certificates_are_read_once_on_a_thread_and_only_for_https(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop_thread = threading.get_ident()
    read: list[int] = []

    def reading(**_: Any) -> ssl.SSLContext:
        read.append(threading.get_ident())
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    http._trusting_authorities.cache_clear()
    monkeypatch.setattr(http.httpx, "create_ssl_context", reading)
    async with Endpoint(list(CHAIN[:1])) as endpoint:
        plain = JsonRpc(endpoint.url)
        assert await plain.call("eth_blockNumber") == "0x0"
        assert read == []
        secure = [JsonRpc("https://127.0.0.1:9", timeout_s=2) for _ in range(2)]
        for rpc in (*secure, *secure):
            with pytest.raises(EndpointAway):
                await rpc.call("eth_blockNumber")
        assert len(read) == 1
        assert loop_thread not in read
        for rpc in (plain, *secure):
            await rpc.close()
    http._trusting_authorities.cache_clear()


@pytest.mark.parametrize("error", [{"code": 3, "message": ""}, {"code": 3}, "", {}, "\x00\n. "])
async def test_a_refusal_without_words_says_so(error: Any) -> None:
    async with Endpoint(list(CHAIN[:1])) as endpoint:

        def reply(request: dict[str, Any]) -> dict[str, Any]:
            return {"id": request["id"], "error": error}

        endpoint._reply = reply  # type: ignore[method-assign]
        rpc = JsonRpc(endpoint.url)
        with pytest.raises(RpcRefused, match="refused eth_blockNumber: without a reason"):
            await rpc.call("eth_blockNumber")
        await rpc.close()


async def test_a_transaction_refused_without_words(lab: ClientLab) -> None:
    endpoint = await lab.add(CHAIN)
    client = lab.connect(FIRST)
    await client.sync()
    true = endpoint._reply

    def reply(request: dict[str, Any]) -> dict[str, Any]:
        if request["method"] == "eth_sendRawTransaction":
            return {"id": request["id"], "error": {"code": -32000, "message": ""}}
        return true(request)

    endpoint._reply = reply  # type: ignore[method-assign]
    with pytest.raises(TransactionRefused, match="refused: without a reason"):
        await client.broadcast("0x1234")
    assert to_json(FIRST)["number"] == "0x0"
