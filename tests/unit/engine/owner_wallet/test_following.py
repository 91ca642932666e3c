"""What was sent and then: lost, refused, replaced, cancelled, hidden, or cut off by a crash."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from eth_account import Account as EthAccount
from tests.unit.engine.owner_wallet.wallet_lab import (
    ANNA,
    CHAIN_ID,
    OPENING_MICRO,
    OWNER,
    OWNER_KEY,
    PERIOD_S,
    WalletLab,
    signed,
)

from peerwatt.api.wallet_messages import CancelSend, SpeedUp, Transfer, TransferCoins
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.devnet.mempool import Mempool
from peerwatt.devnet.rpc import RpcServer
from peerwatt.devnet.transaction import InvalidTransactionError
from peerwatt.engine.owner_wallet import nonce_search
from peerwatt.engine.owner_wallet.fee_quote import FeeQuote
from peerwatt.engine.owner_wallet.replacement import replacement
from peerwatt.engine.refusal import ApiRefusal
from peerwatt.history.wallet_records import OwnerAttempt, OwnerIntent
from peerwatt.wallet.secret import SecretKey
from peerwatt.wallet.signer import Fees

PAY = Transfer(to=ANNA, amount_micro=12_500_000)


def elsewhere(nonce: int, to: str = ANNA) -> bytes:
    """A transaction that the owner signed with another program."""
    fields = {"nonce": nonce, "gasPrice": 0, "gas": 21_000, "value": 0, "to": to, "data": b""}
    signed_tx = EthAccount.sign_transaction({**fields, "chainId": CHAIN_ID}, OWNER_KEY)
    return bytes(signed_tx.raw_transaction)


async def test_what_a_node_forgot_is_sent_again(lab: WalletLab) -> None:
    await lab.send(PAY)
    lab.forget_pool()
    await lab.look(PERIOD_S)
    assert len(lab.node.pool) == 0
    await lab.look(2 * PERIOD_S)
    assert len(lab.node.pool) == 1
    await lab.block()
    assert lab.rows()[0].state == "final"


async def test_a_long_wait_is_said_and_can_be_cancelled(lab: WalletLab) -> None:
    sent = await lab.send(PAY)
    await lab.look(400)
    lab.forget_pool()
    waiting = lab.rows()[0]
    assert waiting.is_stuck
    assert "five minutes" in waiting.sentence
    with pytest.raises(ApiRefusal, match="takes no fees"):
        await lab.prepare(SpeedUp(transaction_hash=sent.transaction_hash))
    lab.forget_pool()
    cancelling = await lab.prepare(CancelSend(transaction_hash=sent.transaction_hash))
    assert cancelling.transaction["nonce"] == hex(sent.nonce or 0)
    assert cancelling.transaction["to"] == OWNER
    assert cancelling.credit_after_micro == OPENING_MICRO
    row = await lab.broadcast(cancelling, signed(cancelling))
    assert row.transaction_hash != sent.transaction_hash
    await lab.block()
    done = lab.rows()[0]
    assert (done.state, done.amount_micro) == ("final", None)
    assert done.what == "Cancelled: Payment of 12.50 credits"
    assert len([one for one in lab.rows() if one.by == "owner"]) == 1
    assert lab.chain.picture is not None
    assert lab.chain.picture.credit_micro == OPENING_MICRO
    with pytest.raises(ApiRefusal, match="No such transaction is on its way"):
        await lab.prepare(CancelSend(transaction_hash=sent.transaction_hash))


async def test_a_refused_cancellation_leaves_the_payment(
    lab: WalletLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise InvalidTransactionError("replacement transaction underpriced")

    monkeypatch.setattr(Mempool, "_replace", refuse)
    sent = await lab.send(PAY)
    cancelling = await lab.prepare(CancelSend(transaction_hash=sent.transaction_hash))
    raw = signed(cancelling)
    with pytest.raises(ApiRefusal, match="replacement transaction underpriced"):
        await lab.broadcast(cancelling, raw)
    assert lab.rows()[0].transaction_hash == sent.transaction_hash
    assert lab.rows()[0].state == "sent"
    # Should a block hold the refused one all the same, it is what happened.
    lab.forget_pool()
    await lab.node.submit(bytes.fromhex(raw[2:]))
    await lab.block()
    assert lab.rows()[0].what.startswith("Cancelled: ")
    assert lab.rows()[0].state == "final"


async def test_the_original_is_mined_instead_of_its_replacement(lab: WalletLab) -> None:
    prepared = await lab.prepare(PAY)
    raw = signed(prepared)
    sent = await lab.broadcast(prepared, raw)
    lab.forget_pool()
    cancelling = await lab.prepare(CancelSend(transaction_hash=sent.transaction_hash))
    await lab.broadcast(cancelling, signed(cancelling))
    lab.forget_pool()
    await lab.node.submit(bytes.fromhex(raw[2:]))
    await lab.block()
    row = lab.rows()[0]
    assert (row.state, row.transaction_hash) == ("final", sent.transaction_hash)
    assert row.what == "Payment of 12.50 credits"


async def test_another_transaction_with_the_nonce_is_said(lab: WalletLab) -> None:
    sent = await lab.send(PAY)
    lab.forget_pool()
    await lab.node.submit(elsewhere(sent.nonce or 0))
    await lab.block()
    row = lab.row(sent.transaction_hash)
    assert (row.state, row.amount_micro, row.can_replace) == ("replaced", None, False)
    following = await lab.prepare(PAY)
    assert following.transaction["nonce"] == hex((sent.nonce or 0) + 1)


async def test_what_no_node_takes_is_dropped_and_its_nonce_is_free(lab: WalletLab) -> None:
    prepared = await lab.prepare(TransferCoins(to=ANNA, value_wei="5"))
    with pytest.raises(ApiRefusal, match="insufficient funds"):
        await lab.broadcast(prepared, signed(prepared))
    assert lab.rows()[0].state == "dropped"
    again = await lab.prepare(PAY)
    assert again.transaction["nonce"] == prepared.transaction["nonce"]
    await lab.broadcast(again, signed(again))
    await lab.block()
    assert [row.state for row in lab.rows() if row.by == "owner"] == ["final", "dropped"]


@pytest.mark.allow_log("takes no connection")
async def test_a_crash_between_storing_and_sending_loses_nothing(lab: WalletLab) -> None:
    prepared = await lab.prepare(PAY)
    raw = signed(prepared)
    ports = [int(rpc.url.rsplit(":", 1)[1]) for rpc in lab.rpcs]
    for rpc in lab.rpcs:
        await rpc.close()
    sent = await lab.broadcast(prepared, raw, "Rent")
    assert len(lab.node.pool) == 0
    await lab.stop()
    lab.rpcs = [RpcServer(lab.node, port=port) for port in ports]
    for rpc in lab.rpcs:
        await rpc.start()
    await lab.start()
    assert lab.rows()[0] == sent
    await lab.look()
    assert len(lab.node.pool) == 1
    await lab.block()
    row = lab.rows()[0]
    assert (row.state, row.label, row.transaction_hash) == ("final", "Rent", sent.transaction_hash)


async def test_an_endpoint_cannot_hide_what_was_done(
    lab: WalletLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def denied(*_: Any) -> None:
        return None

    monkeypatch.setattr(ProvenReader, "locate", denied)
    sent = await lab.send(PAY)
    for _ in range(3):
        await lab.look(PERIOD_S)
        await lab.block()
    row = lab.row(sent.transaction_hash)
    assert (row.state, row.mark) == ("final", "verified")


async def test_what_is_too_old_to_be_proven_is_not_called_replaced(
    lab: WalletLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = await lab.prepare(PAY)
    raw = signed(prepared)
    await lab.broadcast(prepared, raw)
    await lab.node.tick()
    for _ in range(3):
        lab.clock.advance(lab.clock.now_s() + PERIOD_S)
        await lab.node.tick()
    head = lab.node.head.number
    client = lab.chain.client
    kept = type(client).block
    monkeypatch.setattr(
        type(client), "block", lambda self, n: kept(self, n) if n >= head - 1 else None
    )
    await lab.look()
    assert nonce_search.oldest_kept(client) == head - 1
    row = lab.rows()[0]
    assert (row.state, row.mark, row.can_replace) == ("in block", "unverified", False)
    assert "cannot be proven" in row.sentence


def stored(fees: Fees, purpose: str = "send") -> OwnerIntent:
    fields = {
        **{"chainId": CHAIN_ID, "nonce": 4, "to": ANNA, "gas": 21_000, "value": 9, "data": b""},
        **fees.fields(),
    }
    raw = "0x" + SecretKey(OWNER_KEY).sign(fields).hex()
    price = (fees.gas_price_wei, fees.max_fee_wei, fees.tip_wei)
    attempt = OwnerAttempt("0x" + "1" * 64, purpose, raw, *price, sent_s=1.0)
    return OwnerIntent("a", OWNER, 4, "Payment", ANNA, -9, 1.0, (attempt,))


def test_replacements_pay_ten_percent_more_of_both_and_enough_for_now() -> None:
    waiting = stored(Fees(None, 200, 10))
    calm = FeeQuote(Fees(None, 50, 1), False, 20)
    call, fees, purpose = replacement(waiting, calm, cancel=False)
    assert fees == Fees(None, 220, 11)
    assert (call.to, call.value_wei, call.gas, purpose) == (ANNA, 9, 21_000, "replace")
    busy = FeeQuote(Fees(None, 900, 40), False, 400)
    assert replacement(waiting, busy, cancel=False)[1] == Fees(None, 900, 40)
    call, fees, purpose = replacement(waiting, calm, cancel=True)
    assert (call.to, call.value_wei, call.data, purpose) == (OWNER, 0, b"", "cancel")
    assert fees == Fees(None, 220, 11)
    old = stored(Fees(gas_price_wei=7))
    assert replacement(old, FeeQuote(Fees(5), False, None), cancel=False)[1] == Fees(8)
    # Once cancelled it stays cancelled, also where that is sped up.
    cancelled = replacement(stored(Fees(None, 200, 10), "cancel"), calm, cancel=False)
    assert cancelled[2] == "cancel"
    done = replace(waiting, state="final", mined_hash="0x" + "1" * 64, mined_block=3, mined_ok=True)
    with pytest.raises(Exception, match="final in block 3; nothing can take its place"):
        replacement(done, calm, cancel=True)
