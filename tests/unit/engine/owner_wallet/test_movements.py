"""Credits that came in are listed from complete events; what has rows of its own is left out."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from eth_abi.abi import encode
from tests.unit.engine.owner_wallet.wallet_lab import (
    ANNA,
    ANNA_KEY,
    DEPOSITED_MICRO,
    ISSUED_MICRO,
    OPENING_MICRO,
    OWNER,
    OWNER_KEY,
    WalletLab,
    signed,
)

from peerwatt.api.wallet_messages import Allow, Deposit, Redeem, Transfer, Withdraw
from peerwatt.chain.bindings.artefact import Artefact
from peerwatt.chain.bindings.community import Community
from peerwatt.chain.encoding import address_bytes
from peerwatt.chain.proofs.receipts import LogEntry
from peerwatt.chain.reading.blocks import EventLog
from peerwatt.engine.owner_wallet.movements import MovementReader
from peerwatt.history.records import NoticeLevel
from peerwatt.wallet.book import AddressBook, BookEntry, save_book

NAMES = ("Credit", "Registry", "Market", "Meter", "Settlement", "Flexibility")
COMMUNITY = Community({name: f"0x{i:040x}" for i, name in enumerate(NAMES, 0x100)})
STRANGER = "0x" + "77" * 20
NOBODY = "0x" + "00" * 20


def event(
    contract: Any, name: str, topics: list[object], data: list[object], tx: int = 1, index: int = 0
) -> EventLog:
    """Write an event as its contract does."""
    artefact: Artefact = contract.artefact
    entry = next(e for e in artefact.abi if e["type"] == "event" and e["name"] == name)
    indexed = [item["type"] for item in entry["inputs"] if item["indexed"]]
    plain = [item["type"] for item in entry["inputs"] if not item["indexed"]]
    words = tuple(encode([kind], [value]) for kind, value in zip(indexed, topics, strict=True))
    log = LogEntry(
        address_bytes(contract.address), (artefact.topic(name), *words), encode(plain, data)
    )
    return EventLog(log, 9, b"\1" * 32, 1_900_000_000, bytes([tx]) * 32, tx, index)


def transfer(sender: str, receiver: str, value: int, tx: int = 1) -> EventLog:
    return event(COMMUNITY.credit, "Transfer", [sender, receiver], [value], tx, index=tx)


def read(*events: EventLog) -> list[tuple[int, str, str]]:
    found = MovementReader(COMMUNITY).read(events, [OWNER])
    return [(one.amount_micro, one.kind, one.what) for one in found]


def test_each_kind_of_movement_is_told() -> None:
    flexibility, settlement = COMMUNITY.flexibility, COMMUNITY.settlement
    assert read(transfer(STRANGER, OWNER, 5)) == [(5, "transfer", "")]
    assert read(transfer(OWNER, STRANGER, 5)) == [(-5, "transfer", "")]
    assert read(transfer(NOBODY, OWNER, 5)) == [(5, "issue", "")]
    assert read(transfer(OWNER, NOBODY, 5)) == [(-5, "redemption", "")]
    assert read(transfer(OWNER, OWNER, 5)) == []
    assert read(transfer(STRANGER, ANNA, 5)) == []
    market = COMMUNITY.market.address
    assert read(transfer(OWNER, market, 5))[0][:2] == (-5, "deposit")
    assert read(transfer(market, OWNER, 5))[0][:2] == (5, "withdrawal")
    verified = event(flexibility, "Verified", [3, OWNER], [1_500, 5])
    paid = transfer(flexibility.address, OWNER, 5)
    words = "The grid operator paid for 1.5 kWh of request 3"
    assert read(paid, verified) == [(5, "flexibility", words)]
    # What somebody else was paid for explains nothing of ours.
    other = event(flexibility, "Verified", [3, ANNA], [1_500, 5])
    assert read(paid, other) == [(5, "transfer", "")]
    collected = event(settlement, "Collected", [STRANGER, OWNER], [5])
    assert read(transfer(STRANGER, OWNER, 5), collected) == [(5, "debt", "")]


async def test_incoming_credits_become_rows(lab: WalletLab) -> None:
    credit = lab.community.credit
    save_book(lab.folder / "wallet", AddressBook({}, {}).with_entry(BookEntry(ANNA, "Anna")))
    await lab.wallet.refresh_accounts()
    opening = lab.rows()[-1]
    assert opening.what == "Credits issued by the community"
    assert (opening.amount_micro, opening.state, opening.by) == (ISSUED_MICRO, "final", "other")
    await lab.send_as(ANNA_KEY, credit.address, credit.transfer(OWNER, 3_000_000))
    await lab.block()
    row = lab.rows()[0]
    assert (row.what, row.amount_micro, row.mark) == ("Payment from Anna", 3_000_000, "verified")
    assert (row.account, row.counterparty) == (OWNER, ANNA)
    assert (NoticeLevel.GOOD, "3.00 credits received from Anna.") in lab.said
    count = len(lab.rows())
    await lab.block()
    await lab.stop()
    await lab.start()
    await lab.block()
    assert len(lab.rows()) == count
    assert lab.wallet.incomplete == ""


async def test_what_the_owner_paid_is_not_told_twice(lab: WalletLab) -> None:
    await lab.send(Transfer(to=ANNA, amount_micro=1_000_000))
    await lab.send(Redeem(amount_micro=2_000_000))
    await lab.block()
    amounts = [row.amount_micro for row in lab.rows()]
    begun = [ISSUED_MICRO, -DEPOSITED_MICRO]
    assert sorted(amounts, key=str) == sorted([-1_000_000, -2_000_000, *begun], key=str)


async def test_the_account_with_the_market_is_filled_and_emptied(lab: WalletLab) -> None:
    before = len(lab.rows())
    await lab.send(Allow(contract="Market", amount_micro=5_000_000))
    await lab.send(Deposit(amount_micro=5_000_000))
    await lab.send(Withdraw(amount_micro=2_000_000))
    await lab.block()
    rows = lab.rows()
    assert [row.amount_micro for row in rows[: len(rows) - before]] == [2_000_000, -5_000_000, None]
    assert {row.state for row in rows} == {"final"}
    picture = lab.chain.picture
    assert picture is not None
    assert picture.available_micro == DEPOSITED_MICRO + 3_000_000
    assert picture.credit_micro == OPENING_MICRO - 3_000_000
    much = await lab.prepare(Withdraw(amount_micro=500_000_000))
    assert "It would fail now: Your account with the market does not cover it" in much.warnings[0]


async def test_payments_made_with_another_program_are_listed(lab: WalletLab) -> None:
    credit = lab.community.credit
    await lab.send_as(OWNER_KEY, credit.address, credit.transfer(ANNA, 4_000_000))
    await lab.block()
    assert lab.rows()[0].amount_micro == -4_000_000
    assert lab.rows()[0].what.startswith("Payment to ")


async def test_an_account_added_later_gets_its_past_too(lab: WalletLab) -> None:
    for _ in range(3):
        await lab.block()
    lab.store.watch(ANNA, "Anna", 1)
    await lab.wallet.refresh_accounts()
    await lab.block()
    assert {row.account for row in lab.rows()} == {OWNER, ANNA}


async def test_blocks_that_are_kept_no_more_are_said(
    lab: WalletLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.store.watch(ANNA, "Anna", 1)
    await lab.wallet.refresh_accounts()
    client = lab.chain.client
    kept, head = type(client).block, lab.node.head.number
    monkeypatch.setattr(type(client), "block", lambda self, n: kept(self, n) if n >= head else None)
    await lab.block()
    assert f"between block 0 and {head - 1} may be missing" in lab.wallet.incomplete
    await lab.stop()
    await lab.start()
    assert f"between block 0 and {head - 1} may be missing" in lab.wallet.incomplete


async def test_the_file_holds_everything_of_a_stretch_of_time(lab: WalletLab) -> None:
    prepared = await lab.prepare(Transfer(to=ANNA, amount_micro=1_000_000))
    await lab.broadcast(prepared, signed(prepared), "=1+1")
    await lab.block()
    text = await lab.wallet.transactions_csv(0, 1e12)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["credits"] for row in rows] == ["200.00", "-100.00", "-1.00"]
    sent = rows[-1]
    assert (sent["from"], sent["to"], sent["status"]) == (OWNER, ANNA, "final")
    assert (sent["fee_coin"], sent["label"]) == ("0", "'=1+1")
    assert sent["block"] == str(lab.node.head.number)
    late = await lab.wallet.transactions_csv(lab.clock.now_s() - 100, lab.clock.now_s() + 1)
    assert late.count("\r\n") == 2
    assert (await lab.wallet.transactions_csv(5, 5)).count("\r\n") == 1
