"""The wallet's page: what shows, what each button asks for, and what is said when it cannot be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import segno
from fake_wallet import ANNA, CONTRACTS, OWNER, STRANGER
from gui_feed import NOON_S
from PySide6.QtWidgets import QAbstractButton
from test_accessibility import nameless
from wallet_house import House, click

from peerwatt.api.wallet_messages import (
    CancelSend,
    GrantAgent,
    PauseAgent,
    Redeem,
    RevokeAgent,
    SpeedUp,
    TransactionView,
)
from peerwatt.gui.theme import TARGET, Theme
from peerwatt.gui.wallet import files
from peerwatt.gui.wallet.listing import Picture
from peerwatt.gui.wallet.picture import QUIET_MODULES, Identicon, QrCode
from peerwatt.gui.words import coins, exact, with_short_addresses
from peerwatt.wallet.identicon import identicon
from peerwatt.wallet.typed_data import permit


@pytest.fixture(scope="module")
def built(qapp: Any) -> Iterator[House]:
    made = House()
    yield made
    made.close()


@pytest.fixture
def house(built: House) -> House:
    built.fresh()
    return built


def waiting(**more: Any) -> TransactionView:
    return TransactionView.model_validate(
        {
            "transaction_hash": "0x" + "ab" * 32,
            "time_s": NOON_S - 900,
            "what": "Payment of 12.50 credits",
            "amount_micro": -12_500_000,
            "state": "sent",
            "by": "owner",
            "account": OWNER,
            "is_stuck": True,
            "can_replace": True,
            **more,
        }
    )


def show(house: House, **more: Any) -> None:
    wallet = house.engine.feed.wallet()
    house.bridge.publish("wallet", wallet.model_copy(update=more))


def test_accounts_are_listed_with_what_they_hold(house: House) -> None:
    rows = house.page.accounts.rows
    house.until(lambda: len(rows) == 3)
    said = [(row.label.text(), row.credit.text.replace("\u00a0", " ")) for row in rows]
    assert said == [("Our house", "48.31 EUR"), ("Savings", "–"), ("Grandma", "7.00 EUR")]
    assert rows[0].about.text().startswith("member · from words · ")
    assert rows[0].mark.accessibleName().startswith("verified, block")
    assert rows[1].mark.accessibleName().startswith("not verified yet")
    entries = [[what for what, _ in row.entries()] for row in rows]
    assert "send" in entries[0]
    assert "export" in entries[1]
    assert "add" not in entries[1]
    assert not {"send", "export", "redeem"} & set(entries[2])


def test_the_agent_shows_all_its_limits(house: House) -> None:
    card = house.page.agent
    assert card.state.text() == "active"
    facts = card.facts.text().replace("\u00a0", " ")
    for part in ("8.0 and 27.0 ct/kWh", "may trade", "may answer the grid operator", "until"):
        assert part in facts
    assert card.sold.limit.text().replace("\u00a0", " ") == "of 20.0 kWh"


@pytest.mark.parametrize(
    ("state", "pause", "revoke", "limits"),
    [
        ("active", "Pause", True, "Change limits"),
        ("paused", "Resume", True, "Change limits"),
        ("expired", "", True, "Change limits"),
        ("revoked", "", False, "Authorise"),
        ("none", "", False, "Authorise"),
    ],
)
def test_the_agent_offers_what_can_be_done(
    house: House, state: str, pause: str, revoke: bool, limits: str
) -> None:
    agent = house.engine.feed.wallet().agent.model_copy(update={"state": state})
    show(house, agent=agent)
    card = house.page.agent
    assert (card.pause.text() if card.pause.isVisible() else "") == pause
    assert card.revoke.isVisible() == revoke
    assert card.limits.text() == limits


def test_a_pause_is_one_click_and_a_password(house: House) -> None:
    click(house.page.agent.pause)
    dialog = house.reviewed()
    assert house.backend.intents == [PauseAgent(paused=True)]
    assert "it trades nothing until resumed" in dialog.told.title.text()
    house.sign()
    house.until(lambda: house.backend.sent)
    dialog.reject()
    click(house.page.agent.revoke)
    house.reviewed()
    assert house.backend.intents[-1] == RevokeAgent()


def test_limits_are_read_strictly_and_granted(house: House) -> None:
    click(house.page.agent.limits)
    dialog = house.dialog
    assert [field.text() for field in dialog.fields.values()] == ["10.00", "20.0", "8.0", "27.0"]
    dialog.fields["spend"].setText("ten")
    click(dialog.go)
    house.until(lambda: "12.50" in dialog.rows["spend"].below.text())
    house.settled()
    dialog.fields["spend"].setText("7.50")
    dialog.fields["most"].setText("5")
    click(dialog.go)
    house.until(lambda: "below the lowest" in dialog.rows["most"].below.text())
    dialog.fields["most"].setText("25.5")
    dialog.offer.setChecked(False)
    click(dialog.go)
    house.reviewed()
    (intent,) = house.backend.intents
    assert isinstance(intent, GrantAgent)
    assert (intent.daily_limit_micro, intent.daily_sales_wh) == (7_500_000, 20_000)
    assert (intent.min_price_micro, intent.max_price_micro) == (80_000, 255_000)
    assert (intent.may_trade, intent.may_offer) == (True, False)
    assert "spend up to 7.50 credits a day" in dialog.told.title.text()


def test_without_the_members_key_nothing_is_asked(house: House) -> None:
    show(house, accounts=())
    click(house.page.agent.pause)
    assert "owner's key of this house is not on this computer" in house.dialog.note.text.text()
    assert house.backend.intents == []
    house.dialog.reject()


def test_what_waits_can_be_sped_up_or_cancelled(house: House) -> None:
    entry = waiting(label="Eggs")
    show(house, transactions=(entry, waiting(transaction_hash="0x" + "cd" * 32, is_stuck=False)))
    moved = house.page.moved
    assert "waits for its block" in moved.stuck.text.text()
    click(moved.faster)
    house.until(lambda: house.backend.intents)
    assert house.backend.intents == [SpeedUp(transaction_hash=entry.transaction_hash)]
    click(moved.cancel)
    house.until(lambda: len(house.backend.intents) == 2)
    assert house.backend.intents[1] == CancelSend(transaction_hash=entry.transaction_hash)
    menu = moved.table.row_menu(entry)
    assert [action.text() for action in menu.actions()][:3] == ["Speed up…", "Cancel it…", "Label…"]
    model = moved.table.rows_model
    cells = [model.data(model.index(0, n)) for n in range(model.columnCount())]
    assert cells[1] == "Eggs · Payment of 12.50 credits"
    assert cells[4] == "on its way"


def test_states_are_said(house: House) -> None:
    states = ("sent", "in block", "final", "failed", "dropped", "replaced")
    show(
        house,
        transactions=tuple(
            waiting(
                transaction_hash=f"0x{n:064x}", state=state, time_s=NOON_S - n, is_stuck=False,
                block_number=1203 if state in {"in block", "final"} else None, can_replace=False,
            )
            for n, state in enumerate(states)
        ),
    )  # fmt: skip
    model = house.page.table.rows_model
    said = [model.data(model.index(n, 4)) for n in range(model.rowCount())]
    assert said == [
        "on its way", "block 1\u202f203", "final", "failed", "dropped", "replaced",
    ]  # fmt: skip
    assert not house.page.moved.help.isVisible()


def test_a_label_is_saved(house: House) -> None:
    entry = waiting()
    house.page.moved.label_asked.emit(entry)
    house.dialog.label.setText("  Eggs ")
    click(house.dialog.go)
    house.until(lambda: house.dialog is None)
    (asked,) = [one for one in house.engine.feed.commands if one["command"] == "wallet-label"]
    assert asked["label"] == "Eggs"


def test_a_table_is_saved(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out.csv"
    monkeypatch.setattr(files, "ask_save", lambda *_: path)
    (word, span), *_ = house.page.moved.spans()
    assert word == "This year"
    house.page.moved.csv_asked.emit(span)
    house.until(path.exists)
    assert path.read_text().splitlines()[1].startswith("1767222000,")  # 2026 begins in Zurich


def test_credits_are_given_back(house: House) -> None:
    house.page.accounts.asked.emit("redeem", house.page.desk.accounts[0])
    house.dialog.amount.setText("2")
    click(house.dialog.go)
    dialog = house.reviewed()
    assert house.backend.intents == [Redeem(amount_micro=2_000_000)]
    assert "cannot be taken back" in "".join(dialog.told.warnings)


def test_typed_data_is_told_field_by_field(house: House) -> None:
    content = permit(CONTRACTS["Credit"], "Street credits", 20211, owner=OWNER,
                     spender=CONTRACTS["Market"], amount_micro=12_500_000, nonce=0,
                     deadline_s=1_790_000_000)  # fmt: skip
    house.page.menu().actions()[-1].trigger()
    dialog = house.dialog
    dialog.area.setPlainText("[1]")
    click(dialog.go)
    assert "no JSON object" in dialog.rows["typed_data"].below.text()
    dialog.area.setPlainText(json.dumps({**content, "domain": {**content["domain"], "chainId": 1}}))
    click(dialog.go)
    house.until(lambda: dialog.note.text.text() or dialog.rows["typed_data"].below.text())
    house.settled()
    dialog.area.setPlainText(json.dumps(content))
    click(dialog.go)
    house.reviewed()
    said = "\n".join(label.text() for label in dialog.told.findChildren(type(dialog.told.title)))
    assert "12.50 credits" in said
    assert "Domain hash" in said
    house.sign()
    house.until(lambda: dialog.steps.current is dialog.result_step)
    assert len(dialog.signature.text()) == 132
    assert dialog.password.text() == ""


def test_every_dialog_can_be_reached_by_name(house: House) -> None:
    page = house.page

    def check() -> None:
        dialog = page.dialog
        assert nameless(dialog) == [], dialog.windowTitle()
        for button in dialog.findChildren(QAbstractButton):
            own = type(button).__module__.startswith("peerwatt")
            if own and button.isVisible():
                assert min(button.width(), button.height()) >= TARGET, button.accessibleName()

    for act in (page.send, page.receive, page.book, page.agent.limits):
        click(act)
        check()
    page.accounts.create_asked.emit()
    check()
    page.accounts.import_asked.emit()
    check()
    for way in ("words", "keystore", "key", "watch"):
        page.dialog.ways[way].click()
        check()
    for what in ("rename", "export", "add", "remove", "redeem"):
        page.accounts.asked.emit(what, page.desk.accounts[0])
        check()
    page.agent.pause.click()
    house.reviewed()
    check()


def test_hiding_the_window_closes_what_holds_secrets(house: House) -> None:
    click(house.page.book)
    house.settled()
    click(house.dialog.add)
    signer = house.dialog.signer
    house.window.hide()
    assert house.dialog is None
    assert not signer.running
    house.window.show()
    house.window.open_page("wallet")


def test_identicons_are_painted_as_they_are(qtbot: Any) -> None:
    answer = identicon(ANNA)
    picture = Picture.read(
        {"cells": answer.cells, "colour": answer.colour, "background": answer.background,
         "spot": answer.spot}
    )  # fmt: skip
    widget = Identicon(Theme("light"), 64)
    qtbot.addWidget(widget)
    widget.set(picture)
    image = widget.grab().toImage()
    edge, cell = 64 * 0.14, 64 * 0.72 / 8
    seen = {}
    for row, cells in enumerate(answer.cells):
        for column, kind in enumerate(cells):
            at = image.pixelColor(
                round(edge + (column + 0.5) * cell), round(edge + (row + 0.5) * cell)
            ).name()
            assert seen.setdefault(kind, at) == at
    assert len(set(seen.values())) == len(seen) > 1


def test_the_code_has_every_module(qtbot: Any) -> None:
    text = f"ethereum:{STRANGER}@20211"
    code = QrCode(220)
    qtbot.addWidget(code)
    code.set(text, "QR code")
    rows = [bytes(row) for row in segno.make_qr(text, error="m").matrix]
    image = code.grab().toImage()
    module = 220 // (len(rows) + 2 * QUIET_MODULES)
    edge = (220 - module * len(rows)) // 2
    assert edge >= QUIET_MODULES * module
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            at = image.pixelColor(edge + x * module + module // 2, edge + y * module + module // 2)
            assert (at.lightness() < 128) == bool(dark)


def test_amounts_and_addresses_in_words() -> None:
    assert [exact(n) for n in (0, 1, 12_500_000, -2_000_001)] == [
        "0.00", "0.000001", "12.50", "-2.000001",
    ]  # fmt: skip
    assert exact(15 * 10**17, 18, 0) == "1.5"
    assert str(coins(2 * 10**18)).replace("\u00a0", " ") == "2 coins"
    assert coins(10**12).number == "0.000001"
    assert coins(123_456_789_000_000_000_000).number.endswith(".4568")
    named = with_short_addresses(f"Send 1 to {ANNA} (Anna) from {OWNER}")
    assert named == "Send 1 to Anna from 0xf39F…2266"
