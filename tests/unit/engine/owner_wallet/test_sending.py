"""From an intent to final, over a real chain: what is sent, refused, followed and remembered."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.engine.owner_wallet.wallet_lab import (
    AGENT,
    ANNA,
    ANNA_KEY,
    OPENING_MICRO,
    OWNER,
    WalletLab,
    signed,
)

from peerwatt.api.wallet_messages import (
    Allow,
    BroadcastSend,
    CallContract,
    CancelSend,
    GrantAgent,
    LabelTransaction,
    PauseAgent,
    PrepareSend,
    Redeem,
    RevokeAgent,
    SpeedUp,
    Transfer,
    TransferCoins,
)
from peerwatt.engine.owner_wallet.accounts import AccountList
from peerwatt.engine.owner_wallet.service import OwnerWallet
from peerwatt.engine.refusal import ApiRefusal
from peerwatt.history.records import NoticeLevel

PAY = Transfer(to=ANNA, amount_micro=12_500_000)


async def refused(work: object, words: str, status: int = 409) -> None:
    with pytest.raises(ApiRefusal, match=words) as fault:
        await work  # type: ignore[misc]
    assert fault.value.status == status


async def test_a_payment_goes_from_prepared_to_final(lab: WalletLab) -> None:
    prepared = await lab.prepare(PAY)
    assert prepared.what == "Payment of 12.50 credits"
    assert prepared.credit_before_micro == OPENING_MICRO
    assert prepared.credit_after_micro == OPENING_MICRO - 12_500_000
    assert prepared.max_cost_wei == "0"
    assert prepared.transaction["gasPrice"] == "0x0"
    assert 30_000 < int(prepared.transaction["gas"], 16) < 120_000
    assert prepared.warnings == ()
    sent = await lab.broadcast(prepared, signed(prepared), "Rent")
    assert (sent.state, sent.mark, sent.by, sent.label) == ("sent", "pending", "owner", "Rent")
    assert (sent.account, sent.counterparty, sent.nonce) == (OWNER, ANNA, 3)
    assert sent.amount_micro == -12_500_000
    assert sent.can_replace
    assert not sent.is_stuck
    await lab.look()
    assert lab.rows()[0].state == "sent"
    await lab.block()
    done = lab.rows()[0]
    assert (done.state, done.mark) == ("final", "verified")
    assert done.transaction_hash == sent.transaction_hash
    assert done.block_number == lab.node.head.number
    assert not done.can_replace
    assert lab.chain.picture is not None
    assert lab.chain.picture.holdings[OWNER].credit_micro == OPENING_MICRO - 12_500_000
    assert lab.chain.picture.holdings[OWNER].nonce == 4
    assert (NoticeLevel.GOOD, f"{prepared.what}: final in block {done.block_number}.") in lab.said


async def test_the_same_bytes_twice_are_one_payment(lab: WalletLab) -> None:
    prepared = await lab.prepare(PAY)
    raw = signed(prepared)
    await lab.broadcast(prepared, raw)
    await lab.broadcast(prepared, raw.upper().replace("X", "x"))
    assert len([row for row in lab.rows() if row.by == "owner"]) == 1
    await lab.block()
    again = await lab.wallet.broadcast(BroadcastSend(prepared_id="gone", raw=raw))
    assert "in a block already" in again.sentence
    assert lab.rows()[0].state == "final"


async def test_unknown_outdated_and_altered_are_refused(lab: WalletLab) -> None:
    prepared = await lab.prepare(PAY)
    stranger = prepared.model_copy(update={"prepared_id": "0"})
    await refused(lab.broadcast(stranger, signed(prepared)), "not known any more")
    more = "0x" + prepared.transaction["data"][2:-2] + "ff"
    for changes in ({"data": more}, {"nonce": "0x4"}, {"gas": "0x1ffff"}, {"to": AGENT}):
        raw = signed(prepared, **changes)
        await refused(lab.broadcast(prepared, raw), "is not what was prepared", 422)
    raw = signed(prepared, ANNA_KEY)
    await refused(lab.broadcast(prepared, raw), "by another account", 422)
    await refused(lab.broadcast(prepared, signed(prepared) + "00"), "no signed transaction", 422)
    await refused(lab.broadcast(prepared, "0x"), "no signed transaction", 422)
    assert [row for row in lab.rows() if row.by == "owner"] == []
    lab.clock.advance(prepared.expires_s + 1)
    await refused(lab.broadcast(prepared, signed(prepared)), "too long ago")
    assert len(lab.node.pool) == 0


async def test_two_prepared_at_once_never_share_a_nonce(lab: WalletLab) -> None:
    first, second = await asyncio.gather(lab.prepare(PAY), lab.prepare(PAY))
    assert first.transaction["nonce"] == second.transaction["nonce"]
    both = (first, second)
    results = await asyncio.gather(
        *(lab.broadcast(one, signed(one)) for one in both), return_exceptions=True
    )
    # The same payment signed twice is one transaction: nothing is paid twice.
    assert not any(isinstance(one, BaseException) for one in results)
    assert len(lab.node.pool) == 1
    third, fourth = await asyncio.gather(lab.prepare(PAY), lab.prepare(Redeem(amount_micro=1)))
    await lab.broadcast(third, signed(third))
    await refused(lab.broadcast(fourth, signed(fourth)), "was sent in between")
    fifth = await lab.prepare(Redeem(amount_micro=1))
    assert int(fifth.transaction["nonce"], 16) == int(third.transaction["nonce"], 16) + 1
    assert fifth.credit_after_micro == OPENING_MICRO - 2 * 12_500_000 - 1
    await lab.broadcast(fifth, signed(fifth))
    await lab.block()
    assert [row.state for row in lab.rows() if row.by == "owner"] == ["final"] * 3


@pytest.mark.parametrize(
    ("intent", "words", "status"),
    [
        (Transfer(to="0x" + "00" * 20, amount_micro=1), "Nobody has this address", 422),
        (Transfer(to=ANNA[:-1] + ANNA[-1].swapcase(), amount_micro=1), "mistyped", 422),
        (TransferCoins(to=ANNA, value_wei="0"), "more than nothing", 422),
        (SpeedUp(transaction_hash="0x" + "00" * 32), "No such transaction", 422),
        (CancelSend(transaction_hash="0x" + "00" * 32), "No such transaction", 422),
    ],
)
async def test_what_cannot_be_is_refused(
    lab: WalletLab, intent: object, words: str, status: int
) -> None:
    if "mistyped" in words and ANNA[-1].isdigit():
        intent = Transfer(to=ANNA.swapcase().replace("0X", "0x"), amount_micro=1)
    await refused(lab.prepare(intent), words, status)


async def test_watched_and_unknown_accounts_cannot_send(lab: WalletLab) -> None:
    await refused(lab.prepare(PAY, ANNA), "no account with this address", 422)
    lab.store.watch(ANNA, "Anna", 1)
    changed = await lab.wallet.refresh_accounts()
    assert changed.sentence == "The wallet has 2 accounts."
    await refused(lab.prepare(PAY, ANNA), "only watched", 422)
    # What a watched account holds is proven at the picture's own block.
    assert lab.chain.picture is not None
    assert lab.chain.picture.holdings[ANNA].credit_micro == OPENING_MICRO


async def test_warnings_say_what_is_wrong(lab: WalletLab) -> None:
    credit = lab.founded.contracts["Market"]
    cases = {
        Transfer(to=ANNA, amount_micro=OPENING_MICRO + 1): [
            "not enough",
            "does not hold that many",
        ],
        Transfer(to=credit, amount_micro=1): ["the community's contract Market"],
        Transfer(to=OWNER, amount_micro=1): ["pays the account itself"],
        Transfer(to=AGENT, amount_micro=1): ["the house's own key"],
        Transfer(to="0x" + "11" * 20, amount_micro=1): ["Nobody with this address is a member"],
        TransferCoins(to=ANNA, value_wei="1"): ["the account holds 0 coins"],
        PauseAgent(paused=True): ["has no authority now", "does not serve this account"],
        Redeem(amount_micro=1): ["outside of this program"],
    }
    for intent, words in cases.items():
        found = " ".join((await lab.prepare(intent)).warnings)
        for part in words:
            assert part in found, (intent, found)
    allowed = await lab.prepare(Allow(contract="Flexibility", amount_micro=5))
    assert allowed.warnings == ()
    called = await lab.prepare(CallContract(to=credit, data="0x12345678", gas=90_000))
    assert called.transaction["gas"] == hex(90_000)
    assert "It would fail now" in called.warnings[0]


async def test_the_agent_is_granted_paused_resumed_and_revoked(lab: WalletLab) -> None:
    grant = GrantAgent(
        daily_limit_micro=5_000_000,
        daily_sales_wh=9_000,
        min_price_micro=80_000,
        max_price_micro=300_000,
        expires_s=int(lab.clock.now_s()) + 86_400,
        may_offer=False,
    )
    seen = []
    for intent in (grant, PauseAgent(paused=True), PauseAgent(paused=False), RevokeAgent()):
        sent = await lab.send(intent)
        await lab.block()
        assert lab.row(sent.transaction_hash).state == "final"
        picture = lab.chain.picture
        assert picture is not None
        assert picture.grant is not None
        seen.append((picture.may_trade, picture.may_offer, picture.grant.is_paused))
    assert seen == [(True, False, False), (False, False, True), (True, False, False), (False,) * 3]
    too_long = grant.model_copy(update={"expires_s": int(lab.clock.now_s()) + 400 * 86_400})
    await refused(lab.prepare(too_long), "a year at most", 422)


async def test_what_fails_in_its_block_is_said(lab: WalletLab) -> None:
    sent = await lab.send(Transfer(to=ANNA, amount_micro=OPENING_MICRO + 1))
    await lab.block()
    row = lab.row(sent.transaction_hash)
    assert (row.state, row.mark, row.amount_micro) == ("failed", "verified", None)
    assert any(level is NoticeLevel.WARNING and "it failed" in text for level, text in lab.said)


async def test_labels_are_kept_and_taken_away(lab: WalletLab) -> None:
    sent = await lab.send(PAY)
    for label in ("Rent for May", ""):
        command = LabelTransaction(transaction_hash=sent.transaction_hash, label=label)
        await lab.wallet.label(command)
        assert lab.rows()[0].label == label
    with pytest.raises(ApiRefusal, match="cannot be shown"):
        await lab.wallet.label(LabelTransaction(transaction_hash="0x1", label="a\nb"))


@pytest.mark.allow_log("takes no connection")
async def test_without_a_chain_nothing_is_prepared(lab: WalletLab) -> None:
    for rpc in lab.rpcs:
        await rpc.close()
    await lab.look(120)
    await refused(lab.prepare(PAY), "The chain is not verified yet")
    common = (lab.history, lab.disk, lab.clock, lab.say)
    accounts = AccountList(lab.folder / "wallet", None, lab.disk, lab.say)
    alone = OwnerWallet(accounts, None, None, None, *common)
    await alone.load()
    assert [one.label for one in alone.accounts] == ["House"]
    body = PrepareSend(from_address=OWNER, intent=PAY)
    await refused(alone.prepare(body, 1.0), "No chain is set up")
    assert not await alone.step()
