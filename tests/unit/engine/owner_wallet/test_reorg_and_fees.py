"""Blocks that leave the chain, and fees on chains that take some: rules over made-up chains."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.engine.owner_wallet.wallet_lab import ANNA, OWNER

from peerwatt.config.clock import DrivenClock
from peerwatt.engine.disk import Disk
from peerwatt.engine.owner_wallet.fee_quote import quote
from peerwatt.engine.owner_wallet.follow import Follower
from peerwatt.engine.owner_wallet.outbox import Outbox
from peerwatt.engine.owner_wallet.words import told
from peerwatt.engine.sent import followed
from peerwatt.history.facade import History
from peerwatt.history.records import SentTransaction, TransactionState
from peerwatt.history.wallet_records import OwnerAttempt, OwnerIntent
from peerwatt.model.verified import Proven, Unproven
from peerwatt.wallet.signer import Fees

HASH = b"\7" * 32
ATTEMPT = OwnerAttempt(f"0x{HASH.hex()}", "send", "0x01", 3, 0, 0, 0.0)
INTENT = OwnerIntent("one", OWNER, 4, "Payment", ANNA, -5, 0.0, (ATTEMPT,))


class Chain:
    """A chain whose newest block may be replaced: as much of it as the follower asks for."""

    def __init__(self) -> None:
        self.number, self.fork, self.nonce, self.final_number = 10, 0, 4, 8
        self.mined_at: int | None = None
        self.network: Any = SimpleNamespace(block_period_s=5)
        self.client = self
        self.sent: list[str] = []

    def pinned(self) -> Any:
        header = SimpleNamespace(number=self.number)
        return SimpleNamespace(header=header, block_hash=bytes([self.number, self.fork]))

    async def read_at(self, *_: Any) -> Any:
        return {OWNER: SimpleNamespace(account=SimpleNamespace(nonce=self.nonce))}

    async def account(self, _: str, block: int) -> Any:
        mined = self.mined_at is not None and block >= self.mined_at
        return SimpleNamespace(value=SimpleNamespace(nonce=5 if mined else 4))

    async def locate(self, _: str) -> Any:
        if self.mined_at is None:
            return None
        body = SimpleNamespace(
            transactions=(HASH,),
            header=SimpleNamespace(number=self.mined_at, base_fee=2),
            receipts=[SimpleNamespace(succeeded=True)],
            transaction=lambda _: SimpleNamespace(price_wei=lambda base: base + 1),
            gas_used=lambda _: 100,
        )
        return body, 0

    async def broadcast(self, raw: str) -> str:
        self.sent.append(raw)
        return raw


async def test_a_block_that_left_the_chain_puts_it_back_to_sent(tmp_path: Path) -> None:
    history, disk, clock = History.open(tmp_path / "h.sqlite"), Disk(), DrivenClock(100.0)
    chain: Any = Chain()
    outbox = Outbox(history, disk)
    outbox.head_nonces[OWNER] = 4
    await outbox.add(INTENT)
    follower = Follower(outbox, chain, clock)
    assert await follower.step() == []
    assert chain.sent == ["0x01"]
    chain.number, chain.nonce, chain.mined_at = 11, 5, 11
    [found] = await follower.step()
    assert (found.state, found.mined_block, found.fee_wei) == ("in block", 11, 300)
    assert told(found) is None
    chain.fork, chain.nonce, chain.mined_at = 1, 4, None
    clock.advance(200.0)
    [found] = await follower.step()
    assert (found.state, found.mined_block, found.fee_wei) == ("sent", None, None)
    assert "left the chain; it is sent again" in str(told(found))
    assert chain.sent == ["0x01", "0x01"]
    chain.number, chain.nonce, chain.mined_at = 12, 5, 12
    assert [one.state for one in await follower.step()] == ["in block"]
    chain.final_number = 12
    assert [one.state for one in await follower.step()] == ["final"]
    assert outbox.accounts == ()
    assert [one.state for one in history.owner.recent(2)] == ["final"]
    disk.close()
    history.close()


def test_the_agents_transactions_are_final_only_with_their_block() -> None:
    sent = SentTransaction("0x1", 1.0, "Order")
    receipt: Any = Proven(SimpleNamespace(succeeded=True), 7, 70)
    failed: Any = Proven(SimpleNamespace(succeeded=False), 7, 70)
    in_block = followed(sent, receipt, 6)
    assert (in_block.state, in_block.block_number) == (TransactionState.IN_BLOCK, 7)
    assert followed(in_block, receipt, 7).state is TransactionState.FINAL
    assert followed(in_block, failed, None).state is TransactionState.IN_BLOCK
    assert followed(in_block, failed, 8).state is TransactionState.FAILED
    assert followed(in_block, None, 8) == sent


def reader(base_fee: int | None, tips: list[int], asked: list[str], rule: str = "any") -> Any:
    """As much of a reader as fees follow from; each block holds transactions with these tips."""
    header = SimpleNamespace(number=3, base_fee=base_fee, gas_limit=1000, gas_used=500)
    state = SimpleNamespace(header=header)

    async def body_at(_: Any) -> Any:
        return SimpleNamespace(
            header=header,
            raw=tips,
            transaction=lambda i: SimpleNamespace(price_wei=lambda b: (b or 0) + tips[i]),
            gas_used=lambda _: 1,
        )

    def endpoint(answer: str) -> Any:
        async def call(method: str) -> str:
            if not answer:
                raise Unproven("no")
            return {"eth_gasPrice": answer, "eth_maxPriorityFeePerGas": answer}[method]

        return SimpleNamespace(rpc=SimpleNamespace(call=call))

    client = SimpleNamespace(
        pinned=lambda: state,
        block=lambda n: state if n == 3 else None,
        serving=lambda _: [endpoint(one) for one in asked],
        network=SimpleNamespace(rules=SimpleNamespace(base_fee=rule)),
    )
    return SimpleNamespace(client=client, body_at=body_at)


@pytest.mark.parametrize(
    ("base_fee", "tips", "asked", "fees", "is_proven"),
    [
        (100, [3, 5, 9], [], Fees(None, 205, 5), True),
        (100, [], ["0x2", "0x4", ""], Fees(None, 202, 2), False),
        (100, [], [], Fees(None, 200, 0), True),
        (None, [30, 40], ["0x1"], Fees(gas_price_wei=30), True),
        (None, [], ["0x7"], Fees(gas_price_wei=7), False),
        (None, [], ["0x0"], Fees(gas_price_wei=0), True),
    ],
)
async def test_fees_follow_from_proven_blocks_else_from_a_hint_that_is_said(
    base_fee: int | None, tips: list[int], asked: list[str], fees: Fees, is_proven: bool
) -> None:
    found = await quote(reader(base_fee, tips, asked))
    assert (found.fees, found.is_proven, found.is_free) == (fees, is_proven, False)


async def test_a_chain_without_fees_asks_nobody() -> None:
    found = await quote(reader(0, [1], ["0x5"], rule="zero"))
    assert (found.fees, found.is_free, found.base_fee_wei) == (Fees(0), True, 0)
    assert replace(found, is_proven=True) == found
