"""An AuRa chain behind an endpoint: a change of validators is followed by proven receipts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
from aura_lab import (
    CONTRACT,
    NEW_SET,
    NOW_S,
    SET,
    STEP_S,
    WITH_CONTRACT,
    as_json,
    change_log,
    child,
    start,
)
from chain_lab import CHAIN_ID, Endpoint, list_root, receipt

from peerwatt.chain.clients.forking.client import ForkingClient
from peerwatt.chain.consensus.aura import AuraState
from peerwatt.chain.consensus.aura_header import AuraHeader
from peerwatt.chain.networks import Network
from peerwatt.chain.proofs.bloom import bloom_of
from peerwatt.chain.proofs.receipts import encode_receipt, receipt_from_json
from peerwatt.chain.status import EndpointState, SyncState
from peerwatt.config.clock import DrivenClock

SIGNAL_AT = 4


def signalling_chain() -> tuple[list[AuraState], dict[str, Any]]:
    """Ten blocks; the fourth signals a new set, which seals from the seventh on."""
    states = [start(WITH_CONTRACT)]
    answer: dict[str, Any] = {}
    for number in range(1, 11):
        parent, changes, receipts = states[-1], {}, None
        if number == SIGNAL_AT:
            log = change_log(parent, NEW_SET)
            answer = receipt(1, [(CONTRACT, list(log.topics), log.data)])
            proven = receipt_from_json(answer)
            root = list_root([encode_receipt(proven)])
            bloom = bloom_of((CONTRACT, *log.topics))
            changes, receipts = {"receipts_root": root, "logs_bloom": bloom}, [proven]
        elif number == SIGNAL_AT + 1:
            changes = {"receipts_root": states[0].header.receipts_root}
        header = child(parent, **changes)
        states.append(WITH_CONTRACT.verify(parent, header, NOW_S, receipts))
    return states, answer


STATES, SIGNAL = signalling_chain()


class AuraNode(Endpoint):
    """Serves AuRa headers in the form of Nethermind."""

    def eth_getBlockByNumber(self, number: str, full: bool) -> dict[str, Any] | None:
        at = int(number, 16)
        if at >= len(self.chain):
            return None
        header = self.chain[at]
        assert isinstance(header, AuraHeader)
        hashes = ["0x" + "77" * 32] if at == SIGNAL_AT else []
        return as_json(header, "nethermind") | {"transactions": hashes}


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as entered:
        yield entered


async def connect(stack: AsyncExitStack, **answers: Any) -> ForkingClient:
    node = AuraNode([state.header for state in STATES], answers=answers)
    await stack.enter_async_context(node)
    network = Network(
        name="aura lab",
        chain_id=CHAIN_ID,
        rules=replace(WITH_CONTRACT),
        genesis_hash=STATES[0].block_hash,
        validators=SET,
        endpoints=(node.url,),
        block_period_s=STEP_S,
        consensus="aura",
    )
    clock = DrivenClock(STATES[-1].header.timestamp)
    client = ForkingClient(network, clock, timeout_s=1.0)
    stack.push_async_callback(client.close)
    return client


@pytest.mark.parametrize("method", ["eth_getBlockReceipts", "eth_getTransactionReceipt"])
async def test_the_new_set_is_taken_from_proven_receipts(
    stack: AsyncExitStack, method: str
) -> None:
    whole = method == "eth_getBlockReceipts"
    client = await connect(stack, **{method: lambda _: [SIGNAL] if whole else SIGNAL})
    status = await client.sync()
    assert (status.state, status.head, status.validators) == (SyncState.VERIFIED, 10, len(NEW_SET))
    assert status.final == 8
    assert "majority" in status.finality


@pytest.mark.allow_log("127.0.0.1")
@pytest.mark.parametrize("lie", ["nothing", "other set", "no list"])
async def test_a_signal_left_out_or_altered_is_noticed(stack: AsyncExitStack, lie: str) -> None:
    altered = {**SIGNAL, "logs": [{**SIGNAL["logs"][0], "data": "0x" + "00" * 64}]}
    answers = {"nothing": [], "other set": [altered], "no list": None}
    client = await connect(stack, eth_getBlockReceipts=lambda _: answers[lie])
    status = await client.sync()
    assert (status.head, status.rejected) == (SIGNAL_AT - 1, 1)
    assert status.endpoints[0].state is EndpointState.CONTRADICTS
