"""Small dialogs about accounts: rename, remove, another account, export, change the password."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QWidget

from ..theme import UNIT
from ..widgets.base import Text
from ..words import translate
from . import files
from .desk import Desk
from .dialog import Step, WalletDialog
from .fields import Field
from .listing import KeyAccount
from .passwords import PasswordRows
from .signer import Answer
from .told import AddressBox


class FormDialog(WalletDialog):
    """A sentence, a few rows, one button."""

    def __init__(
        self, desk: Desk, title: str, icon: str, sentence: str, parent: QWidget | None
    ) -> None:
        super().__init__(desk, title, icon, parent)
        self.form = Step()
        self.form.column.setSpacing(UNIT + 2)
        if sentence:
            self.form.add(Text(self.theme, sentence, ink="muted", wrap=True))

    def open_form(self, go: str, act: Callable[[], None], *parts: Any) -> None:
        """Show the parts with the button."""
        self.form.add(*parts)
        self.show_step(self.form, go, act)

    def finish(self, _: Answer) -> None:
        """Read the accounts anew and close."""
        self.desk.reload(tell_engine=True)
        self.accept()


class RenameDialog(FormDialog):
    """Gives an account another name."""

    def __init__(self, desk: Desk, account: KeyAccount, parent: QWidget | None = None) -> None:
        super().__init__(desk, self.tr("Rename the account"), "tag", "", parent)
        self._account = account
        self.name = Field(self.tr("Name"))
        self.name.setText(account.label)
        self.name.selectAll()
        self.open_form(self.tr("Rename"), self._save, self.row("label", self.name))
        self.name.setFocus()

    def _save(self) -> None:
        self.ask("label", self.finish, account=self._account.id, label=self.name.text().strip())


class RemoveDialog(FormDialog):
    """Forgets an account; the password is asked where its key goes with it."""

    def __init__(self, desk: Desk, account: KeyAccount, parent: QWidget | None = None) -> None:
        last = bool(account.secret) and not any(
            one.secret == account.secret and one.id != account.id
            for one in (desk.listing.accounts if desk.listing else ())
        )
        sentence = _removal(last, account.can_sign)
        super().__init__(desk, self.tr("Remove the account"), "warning", sentence, parent)
        self._account = account
        box = AddressBox(self.theme)
        box.show_parts(account.picture, account.label, account.blocks)
        self.passwords = PasswordRows(self.row, choosing=False) if last else None
        rows = self.passwords.rows if self.passwords else []
        self.open_form(self.tr("Remove"), self._save, box, *rows)

    def _save(self) -> None:
        password = self.passwords.take() if self.passwords else ""
        if password is None:
            self.fit()
            return
        parts: dict[str, Any] = {"password": password} if self.passwords else {}
        self.ask("remove", self.finish, self.tr("Removing…"), account=self._account.id, **parts)


def _removal(last: bool, can_sign: bool) -> str:
    """Return what a removal means."""
    if last:
        return translate(
            "RemoveDialog",
            "Its key is erased from this computer. Only your backup brings it back.",
        )
    if can_sign:
        return translate("RemoveDialog", "It leaves the list; you can add it again at any time.")
    return translate("RemoveDialog", "It is no longer watched.")


class AddAccountDialog(FormDialog):
    """Derives one more account from the same words."""

    def __init__(self, desk: Desk, seed: str, parent: QWidget | None = None) -> None:
        super().__init__(
            desk,
            self.tr("Another account"),
            "plus",
            self.tr("It follows from the same words, so your backup covers it already."),
            parent,
        )
        self._seed = seed
        self.name = Field(self.tr("Name of the account"), self.tr("Savings"))
        self.passwords = PasswordRows(self.row, choosing=False)
        rows = (self.row("label", self.name), *self.passwords.rows)
        self.open_form(self.tr("Add"), self._save, *rows)
        self.name.setFocus()

    def _save(self) -> None:
        password = self.passwords.take()
        if password is None:
            self.fit()
            return
        self.ask(
            "add_account",
            self.finish,
            self.tr("Opening…"),
            seed=self._seed,
            password=password,
            label=self.name.text().strip(),
        )


class ExportDialog(FormDialog):
    """Writes one key as a keystore file, encrypted with the wallet's password."""

    def __init__(self, desk: Desk, account: KeyAccount, parent: QWidget | None = None) -> None:
        super().__init__(
            desk,
            self.tr("Export a keystore file"),
            "file",
            self.tr(
                "The file holds this account's key, encrypted with the password of your wallet. "
                "Other wallets can read it."
            ),
            parent,
        )
        self._account = account
        self.passwords = PasswordRows(self.row, choosing=False)
        self.open_form(self.tr("Export…"), self._save, *self.passwords.rows)
        self.passwords.first.setFocus()

    def _save(self) -> None:
        password = self.passwords.take()
        if password is None:
            self.fit()
            return
        self.ask(
            "export_keystore",
            self._write,
            self.tr("Encrypting…"),
            account=self._account.id,
            password=password,
        )

    def _write(self, answer: Answer) -> None:
        keystore = str(answer["keystore"])
        address = str(json.loads(keystore).get("address", ""))[-8:]
        path = files.ask_save(
            self,
            self.tr("Save the keystore file"),
            f"peerwatt-{address}.json",
            self.tr("Keystore (*.json)"),
        )
        if path is None:
            return
        if fault := files.write_text(path, keystore):
            self.note.say(fault)
            self.fit()
            return
        if self._account.kind == "keystore":
            self.ask("confirm_export", self.finish, account=self._account.id)
        else:
            self.accept()


class ChangePasswordDialog(FormDialog):
    """Encrypts every key anew with another password."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(
            desk,
            self.tr("Change the password"),
            "lock",
            self.tr("Files that were exported before keep their old password."),
            parent,
        )
        self.old = PasswordRows(self.row, choosing=False)
        self.new = PasswordRows(self.row, choosing=True, part="new_password")
        self.open_form(self.tr("Change"), self._save, *self.old.rows, *self.new.rows)
        self.old.first.setFocus()

    def _save(self) -> None:
        self.clear_faults()
        old, new = self.old.take(), self.new.take()
        if old is None or new is None:
            self.fit()
            return
        self.ask(
            "change_password",
            self.finish,
            self.tr("Encrypting every key anew…"),
            password=old,
            new_password=new,
        )
