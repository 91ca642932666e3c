"""Sending: who, how much, what it means, one signature, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fake_wallet import ANNA, ANNA_TWIN, CONTRACTS, OWNER, PASSWORD
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from wallet_house import NOBODY, House, click, held_texts

from peerwatt.api.wallet_messages import CallContract, Transfer
from peerwatt.gui.wallet.sign import IntentDialog
from peerwatt.gui.wallet.told import AddressBox
from peerwatt.gui.widgets.base import Text
from peerwatt.wallet.book import BookEntry, load_book, save_book
from peerwatt.wallet.files import wallet_folder
from peerwatt.wallet.signer import Fees


@pytest.fixture(scope="module")
def built(qapp: Any) -> Iterator[House]:
    made = House()
    yield made
    made.close()


@pytest.fixture
def house(built: House) -> House:
    made = built
    made.fresh()
    folder = wallet_folder(made.paths)
    book = load_book(folder).with_entry(BookEntry(ANNA, "Anna", "", 1)).with_sent(ANNA, 5)
    save_book(folder, book)
    return made


def compose(house: House, to: str, amount: str) -> Any:
    click(house.page.send)
    dialog = house.dialog
    dialog.to.enter(to)
    house.until(lambda: dialog.to.check)
    dialog.amount.setText(amount)
    return dialog


def said(widget: Any) -> str:
    return "\n".join(text.text() for text in widget.findChildren(Text) if text.isVisible())


def test_a_payment_goes_all_the_way(house: House) -> None:
    dialog = compose(house, ANNA, "12.50")
    assert dialog.to.box.name.text() == "Anna"
    click(dialog.go)
    house.reviewed()
    house.until(lambda: dialog.told.title.isVisible() and dialog.password.isVisible())
    words = said(dialog)
    assert "Send 12.50 credits to Anna" in words
    assert "48.31 EUR, afterwards 35.81 EUR" in words.replace("\u00a0", " ")
    assert "".join(dialog.told.findChild(AddressBox).blocks.blocks) == ANNA
    assert dialog.told.ticks == []
    house.sign("not the password")
    house.until(lambda: "password is wrong" in dialog.password_row.below.text())
    assert dialog.password.text() == ""
    house.sign()
    assert dialog.password.text() == ""
    house.until(lambda: dialog.steps.current is dialog.progress)
    (number,) = house.backend.sent
    assert dialog.flow.transaction_hash == number
    house.backend.move("in block", block_number=1205)
    house.until(lambda: "In block 1\u202f205" in said(dialog))
    house.backend.move("final", block_number=1205)
    house.until(lambda: "final" in dialog.progress.accessibleName())
    house.until(lambda: load_book(wallet_folder(house.paths)).sent[ANNA].count == 2)
    assert PASSWORD not in held_texts(dialog)
    click(dialog.go)
    assert house.dialog is None


def test_a_first_payment_needs_a_tick(house: House) -> None:
    dialog = compose(house, NOBODY, "1")
    house.until(lambda: "You have never sent anything to this address." in said(dialog))
    click(dialog.go)
    house.reviewed()
    assert not dialog.go.isEnabled()
    dialog.password.setText(PASSWORD)
    QTest.keyClick(dialog.password, Qt.Key.Key_Return)
    assert not dialog.waiting
    assert house.backend.sent == {}
    (tick,) = dialog.told.ticks
    tick.setChecked(True)
    click(dialog.go)
    house.until(lambda: house.backend.sent)


def test_a_look_alike_is_told(house: House) -> None:
    dialog = compose(house, ANNA_TWIN.lower(), "1")
    house.until(lambda: "Looks like Anna" in said(dialog))
    dialog.to.enter(ANNA[:-1] + "D")
    house.until(lambda: "mistyped" in dialog.to.row.below.text())
    assert dialog.to.address == ""
    assert "Looks like Anna" not in said(dialog)
    click(dialog.go)
    assert dialog.steps.current is dialog.compose


def test_names_and_links_are_understood(house: House) -> None:
    click(house.page.send)
    dialog = house.dialog
    house.until(lambda: dialog.to._names)
    dialog.to.enter("anna")
    house.until(lambda: dialog.to.address == ANNA)
    dialog.to.enter(
        f"ethereum:{CONTRACTS['Credit']}@20211/transfer?address={NOBODY}&uint256=2500000"
    )
    house.until(lambda: dialog.to.address.lower() == NOBODY)
    assert dialog.amount.text() == "2.50"
    assert dialog.unit == "credits"
    dialog.to.enter(f"ethereum:{ANNA}?value=1.5e18")
    house.until(lambda: dialog.to.address == ANNA)
    assert (dialog.unit, dialog.amount.text()) == ("coins", "1.5")
    dialog.to.enter(f"ethereum:{ANNA}@1?value=1")
    house.until(lambda: "chain 1" in dialog.to.row.below.text())
    dialog.to.enter("Bert")
    assert "Nobody in your address book" in dialog.to.row.below.text()


def test_what_another_program_pastes_is_refused(house: House) -> None:
    click(house.page.send)
    field = house.dialog.to.field
    QGuiApplication.clipboard().setText(ANNA)
    QTest.keyClick(field, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert field.text() == ANNA
    house.until(lambda: house.dialog.to.address == ANNA)
    QGuiApplication.clipboard().setText(ANNA_TWIN)
    field.compare()
    assert field.text() == ""
    assert "not what was copied" in house.dialog.to.row.below.text()
    QGuiApplication.clipboard().clear()


def test_amounts_are_strict_and_all_means_all(house: House) -> None:
    dialog = compose(house, ANNA, "1,500")
    click(dialog.go)
    house.until(lambda: "two ways" in dialog.amount_row.below.text())
    dialog.amount.setText("0")
    house.settled()
    click(dialog.go)
    house.until(lambda: "above nothing" in dialog.amount_row.below.text())
    click(dialog.all)
    assert dialog.amount.text() == "48.31"
    house.backend.fees = Fees(gas_price_wei=10**9)
    click(dialog.units["coins"])
    click(dialog.all)
    house.until(lambda: dialog.amount.text() == "1.999979")
    click(dialog.go)
    house.reviewed()
    house.until(dialog.told.title.isVisible)
    assert "Fee\nat most 0.000021 coins of this chain" in said(dialog)


def test_a_swapped_recipient_is_never_signed(house: House) -> None:
    house.backend.swap_recipient = NOBODY
    dialog = compose(house, ANNA, "5")
    click(dialog.go)
    house.until(lambda: "something else than you asked for" in dialog.note.text.text())
    assert dialog.steps.current is dialog.compose


def test_refusals_are_said_and_mended(house: House) -> None:
    house.backend.refuse_prepare = "This account holds only 2.00 credits."
    dialog = compose(house, ANNA, "5")
    click(dialog.go)
    house.until(lambda: "holds only 2.00" in dialog.note.text.text())
    house.backend.refuse_prepare = ""
    house.backend.refuse_broadcast = "This was prepared too long ago; prepare it again."
    click(dialog.go)
    house.reviewed()
    house.sign()
    house.until(lambda: "It was not sent." in dialog.note.text.text())
    house.backend.refuse_broadcast = ""
    first = dialog.told
    click(dialog.go)
    house.until(lambda: dialog.told is not first)
    house.sign()
    house.until(lambda: house.backend.sent)


def test_unknown_calls_are_red_and_need_a_tick(house: House) -> None:
    page = house.page
    intent = CallContract(to=NOBODY, data="0xdeadbeef")
    page.open(IntentDialog(page.desk, "Call", page.desk.member, intent, page))
    dialog = house.reviewed()
    assert dialog.told.title.ink == "fault"
    assert len(dialog.told.ticks) == 2
    dialog.told.ticks[0].setChecked(True)
    assert not dialog.go.isEnabled()
    house.sign()
    house.until(lambda: house.backend.sent)


def test_an_unverified_chain_sends_nothing(house: House) -> None:
    chain = house.engine.feed.chain()
    stale = chain.model_copy(update={"state": "stale", "sentence": "No block for 40 s."})
    house.bridge.publish("chain", stale)
    click(house.page.send)
    assert (
        "not verified now, so nothing is sent. No block for 40 s." in house.dialog.note.text.text()
    )
    assert not house.dialog.go.isEnabled()
    house.bridge.publish("chain", chain)
    house.page.desk.changed.emit()
    assert house.dialog.go.isEnabled()


def test_a_signer_that_cannot_start_is_said(house: House) -> None:
    house.page.desk.command = ("/nonexistent/peerwatt", [])
    member = house.page.desk.member
    intent = Transfer(to=ANNA, amount_micro=1)
    house.page.open(IntentDialog(house.page.desk, "Pay", member, intent, house.page))
    house.until(lambda: "cannot be started" in house.dialog.note.text.text())
    assert house.dialog.go.text() == "Try again"


def test_closing_stops_everything(house: House) -> None:
    dialog = compose(house, ANNA, "5")
    click(dialog.go)
    house.reviewed()
    dialog.password.setText(PASSWORD)
    signer, field = dialog.signer, dialog.password
    wiped: list[str] = []
    dialog.finished.connect(lambda _: wiped.append(field.text()))
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert wiped == [""]
    assert not signer.running
    assert house.backend.sent == {}
    assert house.dialog is None


def test_the_window_without_its_engine_says_so(qapp: Any) -> None:
    made = House(bridge=False)
    try:
        made.until(lambda: made.page.desk.listing)
        click(made.page.send)
        assert "engine is away" in made.dialog.note.text.text()
        assert not made.dialog.go.isEnabled()
    finally:
        made.close()


def test_only_the_sender_changes(house: House) -> None:
    click(house.page.send)
    sources = house.dialog.source
    assert sources.itemData(0) == OWNER
    assert sources.count() == 2, "an address that is only watched cannot send"
