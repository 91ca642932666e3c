"""Accounts: made, backed up, taken in, exported, renamed, removed; no secret left anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_wallet import ANNA, OWNER, PASSWORD, WORDS
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from wallet_house import NOBODY, House, click, clipboard, held_texts

from peerwatt.gui.wallet import files
from peerwatt.gui.wallet.fields import SecretArea, SecretField
from peerwatt.wallet.accounts import Backup
from peerwatt.wallet.keystore import decrypt_keystore, encrypt_keystore
from peerwatt.wallet.secret import SecretKey

FILE_PASSWORD = "another horse"
KEY = SecretKey(bytes(range(2, 34)))


@pytest.fixture(scope="module")
def built(qapp: Any) -> Iterator[House]:
    made = House()
    yield made
    made.close()


@pytest.fixture
def house(built: House) -> House:
    built.fresh()
    return built


@pytest.fixture
def no_wallet(qapp: Any) -> Iterator[House]:
    made = House(wallet=False)
    yield made
    made.close()


def ask_about(house: House, what: str, number: int = 0) -> Any:
    house.page.accounts.asked.emit(what, house.page.desk.accounts[number])
    return house.dialog


def closed(house: House) -> None:
    house.until(lambda: house.dialog is None)


def test_a_first_wallet_is_made_and_backed_up(no_wallet: House) -> None:
    house = no_wallet
    card = house.page.accounts
    house.until(card.first.isVisible)
    assert "no wallet on this computer yet" in card.sentence.text()
    click(card.create_button)
    dialog = house.dialog
    dialog.name.setText("Our house")
    dialog.new_password.first.setText("short")
    dialog.new_password.second.setText("shorter")
    click(dialog.go)
    assert "differ" in dialog.new_password.rows[1].below.text()
    dialog.new_password.first.setText("short")
    dialog.new_password.second.setText("short")
    click(dialog.go)
    house.until(lambda: "at least 8" in dialog.new_password.rows[0].below.text())
    dialog.new_password.first.setText(PASSWORD)
    dialog.new_password.second.setText(PASSWORD)
    click(dialog.go)
    house.until(lambda: dialog.words.count == 12)
    written = list(dialog.words._words)
    dialog.words.setFocus()
    for keys in (QKeySequence.StandardKey.SelectAll, QKeySequence.StandardKey.Copy):
        QTest.keySequence(dialog.words, QKeySequence(keys))
    assert clipboard() == ""
    assert house.store.accounts().backup(house.store.accounts().accounts[0]) is Backup.UNCONFIRMED
    click(dialog.go)
    house.until(lambda: dialog.steps.current is dialog.again)
    assert dialog.words.count == 0
    for field in dialog.answers:
        field.setText("zebra")
    click(dialog.go)
    house.until(lambda: "is another one" in dialog.note.text.text())
    house.settled()
    for place, field in zip(dialog._places, dialog.answers, strict=True):
        field.setText(written[place - 1])
    click(dialog.go)
    house.until(lambda: dialog.steps.current is dialog.finished_step)
    assert dialog._password == ""
    assert not any(word in held_texts(dialog).split() for word in written)
    click(dialog.go)
    (account,) = house.store.accounts().accounts
    assert account.label == "Our house"
    assert house.store.accounts().backup(account) is Backup.CONFIRMED
    house.until(lambda: len(card.rows) == 1 and not card.first.isVisible())


def test_an_open_backup_is_seen_and_has_one_button(house: House) -> None:
    house.until(lambda: len(house.page.accounts.rows) == 3)
    shown = {row.label.text(): row.backup.isVisible() for row in house.page.accounts.rows}
    assert shown == {"Our house": False, "Savings": True, "Grandma": False}
    row = next(row for row in house.page.accounts.rows if row.label.text() == "Savings")
    click(row.backup)
    assert house.dialog.windowTitle() == "Export a keystore file"


def test_words_are_taken_in(no_wallet: House) -> None:
    house = no_wallet
    click(house.page.accounts.import_button)
    dialog = house.dialog
    click(dialog.ways["words"])
    (area,) = dialog.findChildren(SecretArea)
    area.setPlainText(WORDS.replace("junk", "zoo"))
    area.selectAll()
    area.copy()
    assert clipboard() == ""
    for name in ("password", "password.again"):
        dialog.rows[name].field.setText(PASSWORD)
    click(dialog.go)
    house.until(dialog.rows["words"].below.text)
    house.settled()
    assert WORDS[:9] not in held_texts(dialog)
    area.setPlainText(WORDS)
    for name in ("password", "password.again"):
        dialog.rows[name].field.setText(PASSWORD)
    click(dialog.go)
    closed(house)
    (account,) = house.store.accounts().accounts
    assert account.address == OWNER


def test_a_raw_key_and_a_watched_address_are_taken_in(house: House) -> None:
    house.page.accounts.import_asked.emit()
    click(house.dialog.ways["key"])
    house.dialog.rows["key"].field.setText(f"0x{KEY.reveal().hex()}")
    house.dialog.rows["label"].field.setText("Old key")
    house.dialog.rows["password"].field.setText(PASSWORD)
    click(house.dialog.go)
    closed(house)
    house.page.accounts.import_asked.emit()
    click(house.dialog.ways["watch"])
    house.dialog.rows["address"].field.setText("0x123")
    click(house.dialog.go)
    house.until(lambda: "40 hexadecimal" in house.dialog.rows["address"].below.text())
    house.settled()
    house.dialog.rows["address"].field.setText(ANNA)
    click(house.dialog.go)
    closed(house)
    known = house.store.accounts()
    assert [one.address for one in known.accounts[3:]] == [KEY.address, ANNA]
    assert known.accounts[3].label == "Old key"
    house.until(lambda: len(house.page.accounts.rows) == 5)


def test_a_keystore_goes_out_and_comes_in(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key.json"
    path.write_text(encrypt_keystore(KEY, FILE_PASSWORD, 2))
    monkeypatch.setattr(files, "ask_open", lambda *_: path)
    house.page.accounts.import_asked.emit()
    dialog = house.dialog
    click(dialog.ways["keystore"])
    click(dialog.go)
    assert "Choose the file first" in dialog.note.text.text()
    next(b for b in dialog.findChildren(type(dialog.go)) if b.text() == "Choose the file…").click()
    dialog.rows["keystore_password"].field.setText(FILE_PASSWORD)
    dialog.rows["password"].field.setText(PASSWORD)
    click(dialog.go)
    closed(house)
    assert house.store.accounts().accounts[3].address == KEY.address
    house.until(lambda: len(house.page.desk.accounts) == 4)
    out = tmp_path / "out.json"
    monkeypatch.setattr(files, "ask_save", lambda *_: out)
    dialog = ask_about(house, "export", 3)
    dialog.passwords.first.setText(PASSWORD)
    click(dialog.go)
    closed(house)
    assert decrypt_keystore(out.read_text(), PASSWORD).address == KEY.address
    assert out.stat().st_mode & 0o077 == 0
    assert house.store.accounts().backup(house.store.accounts().accounts[3]) is Backup.CONFIRMED
    assert KEY.reveal().hex() not in clipboard() + json.dumps(out.read_text())


def test_accounts_are_added_renamed_removed(house: House) -> None:
    dialog = ask_about(house, "add")
    dialog.name.setText("Garden")
    dialog.passwords.first.setText("wrong password")
    click(dialog.go)
    house.until(lambda: "wrong" in dialog.rows["password"].below.text())
    house.settled()
    dialog.passwords.first.setText(PASSWORD)
    click(dialog.go)
    closed(house)
    house.until(lambda: len(house.page.desk.accounts) == 4)
    number = [one.label for one in house.page.desk.accounts].index("Garden")
    dialog = ask_about(house, "rename", number)
    dialog.name.setText("Orchard")
    click(dialog.go)
    closed(house)
    house.until(lambda: "Orchard" in [one.label for one in house.page.desk.accounts])
    dialog = ask_about(house, "remove", number)
    assert dialog.passwords is None
    click(dialog.go)
    closed(house)
    house.until(lambda: len(house.page.desk.accounts) == 3)
    number = [one.label for one in house.page.desk.accounts].index("Savings")
    dialog = ask_about(house, "remove", number)
    dialog.passwords.first.setText(PASSWORD)
    click(dialog.go)
    house.until(lambda: "without a confirmed backup" in dialog.note.text.text())


def test_the_password_is_changed(house: House) -> None:
    menu = house.page.menu()
    next(action for action in menu.actions() if "password" in action.text()).trigger()
    dialog = house.dialog
    dialog.old.first.setText(PASSWORD)
    for field in (dialog.new.first, dialog.new.second):
        field.setText(FILE_PASSWORD)
    click(dialog.go)
    closed(house)
    owner = house.store.accounts().accounts[0]
    assert house.store.open_key(owner.id, FILE_PASSWORD).address == OWNER


def test_devices_that_are_not_there_are_said(house: House) -> None:
    house.page.accounts.import_asked.emit()
    ways = house.dialog.ways
    house.until(lambda: "Looking" not in ways["ledger"].sentence + ways["trezor"].sentence)
    for kind in ("ledger", "trezor"):
        assert not ways[kind].isEnabled()
        assert "install" in ways[kind].sentence or "plugged in" in ways[kind].sentence


def test_secrets_cannot_be_copied(qtbot: Any) -> None:
    field = SecretField("Password")
    qtbot.addWidget(field)
    field.show()
    field.setText(PASSWORD)
    field.selectAll()
    QTest.keySequence(field, QKeySequence(QKeySequence.StandardKey.Copy))
    assert clipboard() == ""
    assert field.take() == PASSWORD
    field.undo()
    assert field.text() == ""
    field.setText(PASSWORD)
    field.selectAll()
    QTest.keySequence(field, QKeySequence(QKeySequence.StandardKey.Cut))
    assert clipboard() == ""
    assert field.contextMenuPolicy() == Qt.ContextMenuPolicy.NoContextMenu


def test_the_address_book_is_kept(house: House) -> None:
    click(house.page.book)
    dialog = house.dialog
    house.until(dialog.empty.isVisible)
    house.settled()
    click(dialog.add)
    dialog.address.setText(NOBODY)
    dialog.name.setText("Bert")
    click(dialog.go)
    house.until(lambda: dialog.entries)
    assert dialog.box.name.text() == "Bert"
    click(dialog.edit)
    dialog.name.setText("Bertha")
    click(dialog.go)
    house.until(lambda: dialog.entries[0].name == "Bertha")
    house.settled()
    click(dialog.pay)
    house.until(lambda: house.dialog is not None and house.dialog.windowTitle() == "Send")
    house.until(lambda: house.dialog.to.address.lower() == NOBODY)
    house.dialog.reject()
    click(house.page.book)
    dialog = house.dialog
    house.until(lambda: dialog.entries)
    house.settled()
    click(dialog.drop)
    house.until(lambda: not dialog.entries)


def test_receiving_shows_the_whole_address(house: House) -> None:
    click(house.page.receive)
    dialog = house.dialog
    house.until(lambda: dialog.code.text.startswith("ethereum:"))
    assert "".join(dialog.box.blocks.blocks) == OWNER
    dialog.amount.setText("12.50")
    house.until(lambda: dialog.code.text.endswith("&uint256=12500000"))
    assert dialog.code.text in dialog.code.accessibleName()
    dialog.amount.setText("much")
    house.until(lambda: "12.50" in dialog.amount_row.below.text())
    click(dialog.kinds["plain"])
    assert dialog.code.text == OWNER
    click(dialog.copy)
    assert clipboard() == OWNER
    QGuiApplication.clipboard().clear()
