"""Deposit and withdrawal: what is asked of the engine, what is signed, and in which order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from gui_feed import FakeFeed, low_market
from test_accessibility import nameless
from wallet_house import House, click

from peerwatt.api.wallet_messages import Allow, Deposit, NoFuss, Withdraw


@pytest.fixture(scope="module")
def built(qapp: Any) -> Iterator[House]:
    made = House()
    yield made
    made.close()


@pytest.fixture
def house(built: House) -> House:
    built.fresh()
    built.bridge.publish("market", FakeFeed().market())
    built.window.open_page("wallet")
    return built


def test_the_account_shows_what_is_there(house: House) -> None:
    card = house.page.account
    assert card.figure.text.replace("\u00a0", " ") == "12.45 EUR"
    assert card.escrowed.text().replace("\u00a0", " ") == "0.62 EUR set aside for orders"
    assert card.mark.sentence.startswith("verified, block")
    house.bridge.publish("market", FakeFeed().market().model_copy(update={"account": None}))
    assert card.figure.text == "–"
    assert not card.withdraw.isEnabled()


def test_a_deposit_is_allowed_first_and_made_then(house: House) -> None:
    click(house.page.account.deposit)
    dialog = house.dialog
    assert "You sign twice" in dialog.said.text()
    assert "48.31 EUR" in dialog.held.text().replace("\u00a0", " ")
    assert nameless(dialog) == []
    dialog.amount.setText("5")
    click(dialog.go)
    house.reviewed()
    assert house.backend.intents == [Allow(contract="Market", amount_micro=5_000_000)]
    house.sign()
    house.until(lambda: dialog.steps.current is dialog.progress)
    assert dialog.go.text() == "Now deposit it"
    assert "only the permission" in dialog.note.text.text()
    assert not dialog.progress.after.isVisible()
    assert not dialog.go.isEnabled()  # the market may not take it before a block says so
    house.backend.move("in block", block_number=1205)
    house.until(dialog.go.isEnabled)
    click(dialog.go)
    house.until(lambda: len(house.backend.intents) == 2 and dialog.steps.current is dialog.review)
    assert house.backend.intents[1] == Deposit(amount_micro=5_000_000)
    assert "Deposit" in dialog.told.title.text()
    house.sign()
    house.until(lambda: len(house.backend.sent) == 2)
    house.until(lambda: dialog.go.text() == "Close")
    dialog.accept()


def test_an_allowance_that_failed_is_not_followed_by_a_deposit(house: House) -> None:
    click(house.page.account.deposit)
    dialog = house.dialog
    dialog.amount.setText("5")
    click(dialog.go)
    house.sign()
    house.until(lambda: dialog.steps.current is dialog.progress)
    house.backend.move("failed", block_number=1205)
    house.until(dialog.progress.note.text.text)
    assert not dialog.go.isEnabled()
    assert dialog.left.isVisible()
    dialog.reject()
    assert len(house.backend.intents) == 1


def test_an_amount_that_is_none_is_refused(house: House) -> None:
    click(house.page.account.deposit)
    dialog = house.dialog
    dialog.amount.setText("0")
    click(dialog.go)
    house.until(dialog.amount_row.below.text)
    assert house.backend.intents == []
    dialog.reject()


def test_all_that_is_free_can_be_withdrawn(house: House) -> None:
    click(house.page.account.withdraw)
    dialog = house.dialog
    assert dialog.amount.text() == "12.45"
    click(dialog.go)
    house.reviewed()
    assert house.backend.intents == [Withdraw(amount_micro=12_450_000)]
    dialog.reject()


def test_something_else_than_asked_for_is_not_signed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that was broken into prepares a deposit where a withdrawal was asked for."""
    real = house.backend._market_call
    monkeypatch.setattr(
        house.backend, "_market_call", lambda intent: real(Deposit(amount_micro=1_000_000))
    )
    click(house.page.account.withdraw)
    dialog = house.dialog
    click(dialog.go)
    house.until(dialog.note.text.text)
    assert "something else than you asked for" in dialog.note.text.text()
    dialog.reject()


def test_other_pages_have_the_wallet_sign(house: House) -> None:
    window = house.window
    window.open_page("market")
    house.bridge.publish("market", low_market())
    click(window.pages["market"].low.button)
    house.until(lambda: house.dialog)
    assert window.stack.currentWidget() is house.page
    assert house.dialog.windowTitle() == "Deposit with the market"
    window.open_page("market")
    house.until(lambda: house.dialog is None)
    window.pages["market"].no_fuss.click()
    house.until(lambda: house.dialog)
    house.reviewed()
    assert house.backend.intents == [NoFuss(no_fuss=True)]
    house.dialog.reject()


def test_a_wish_waits_until_it_is_known_who_can_sign(house: House) -> None:
    house.page.desk.listing = None
    house.page.open_intent("Take the middle price", NoFuss(no_fuss=True))
    assert house.dialog is None
    house.until(lambda: house.dialog)
    house.reviewed()
    assert house.backend.intents == [NoFuss(no_fuss=True)]
    house.dialog.reject()
