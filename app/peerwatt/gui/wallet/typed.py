"""Typed data (EIP-712) from a file or pasted: told field by field, signed, given back."""

from __future__ import annotations

import json
from typing import Any

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ..theme import UNIT
from ..widgets.base import Button, Text
from . import files
from .desk import Account, Desk
from .dialog import Note, Scrolled, Step, WalletDialog
from .fields import Field, Named, Picker, PlainArea, SecretField
from .meaning import Meaning
from .signer import Answer, Refusal
from .told import Told


class TypedDialog(WalletDialog):
    """Enter, review, sign, hand out the signature."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, self.tr("Sign typed data"), "file", parent)
        self._content: dict[str, Any] = {}
        self._meaning: Meaning | None = None
        self.told: Told | None = None
        self.entry = Step()
        self.area = PlainArea(self.tr("Typed data (EIP-712), as JSON"))
        self.file = Button(self.theme, self.tr("Open a file…"), "soft", "file")
        self.file.clicked.connect(self._open)
        self.source = Picker(
            self.theme,
            self.tr("Signed by"),
            [(one.address, one.label) for one in desk.signers],
        )
        line = QHBoxLayout()
        line.addWidget(self.file)
        line.addStretch(1)
        said = Text(
            self.theme,
            self.tr("A program may ask for your signature under such a text. Read it first here."),
            ink="muted",
            wrap=True,
        )
        self.entry.add(
            said, self.row("typed_data", self.area), line, Named(self.theme, self.source)
        )
        self.review = Step()
        self.password = SecretField(self.tr("Password, for this one signature"))
        self.password_row = self.row("password", self.password)
        self.by_device = Note(self.theme)
        self.result_step = Step()
        self.signature = Field(self.tr("Signature"))
        self.signature.setReadOnly(True)
        self.copy = Button(self.theme, self.tr("Copy the signature"), "soft", "copy")
        self.copy.clicked.connect(self._copy)
        row = QHBoxLayout()
        row.setSpacing(UNIT)
        row.addWidget(self.copy)
        row.addStretch(1)
        good = Note(self.theme, self.tr("Signed. Give this to whoever asked for it."), "good")
        self.result_step.add(good, self.row("signature", self.signature), row)
        self.show_step(self.entry, self.tr("Look it over"), self._describe)
        self.area.setFocus()

    @property
    def account(self) -> Account | None:
        """Who signs."""
        return self.desk.account(self.source.currentData())

    def may_go(self) -> bool:
        """Return whether all that the review asks for is ticked."""
        reviewing = self.steps.current is self.review
        return not reviewing or self.told is None or self.told.agreed

    def _open(self) -> None:
        kinds = self.tr("Typed data (*.json);;All (*)")
        path = files.ask_open(self, self.tr("Open typed data"), kinds)
        if path is not None:
            text, fault = files.read_text(path)
            self.note.say(fault)
            self.area.setPlainText(text)

    def _describe(self) -> None:
        self.clear_faults()
        try:
            content = json.loads(self.area.toPlainText())
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            sentence = self.tr("This is no JSON object; paste it whole.")
            self.refuse(Refusal(sentence, "typed_data"))
            return
        if self.account is None:
            self.note.say(self.tr("There is no account that can sign; create or import one."))
            self.fit()
            return
        self._content = content
        self.ask("describe", self._review, typed_data=content)

    def _review(self, answer: Answer) -> None:
        self._meaning = Meaning.read(answer)
        self.told = Told(self.theme, self._meaning, None)
        self.told.agreed_changed.connect(self.update_go)
        account = self.account
        on_device = bool(account and account.key and account.key.on_device)
        self.review.add(Scrolled(self.told), self.told.asks, self.password_row, self.by_device)
        self.password_row.setVisible(not on_device)
        said = self.tr("Then confirm it on your device.") if on_device else ""
        self.by_device.say(said, "info")
        self.show_step(self.review, self.tr("Sign"), self._sign)
        (self.told.ticks[0] if self.told.ticks else self.password).setFocus()

    def _sign(self) -> None:
        account, meaning = self.account, self._meaning
        if account is None or account.key is None or meaning is None:
            return
        on_device = account.key.on_device
        parts: dict[str, Any] = {}
        password = self.password.take()
        if not on_device and not password:
            self.password_row.say(self.tr("Enter the password of your wallet."))
            self.fit()
            return
        if not on_device:
            parts["password"] = password
        self.ask(
            "sign_typed_data",
            self._signed,
            self.tr("Waiting for your device…") if on_device else self.tr("Signing…"),
            by_device=on_device,
            account=account.key.id,
            typed_data=self._content,
            seen=meaning.digest,
            accept_unknown=bool(self.told and self.told.agreed),
            **parts,
        )

    def _signed(self, answer: Answer) -> None:
        self.forget()
        self.signature.setText(str(answer["signature"]))
        self.left.hide()
        self.show_step(self.result_step, self.tr("Close"), self.accept)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.signature.text())
        self.copy.show_as(self.tr("Copied"), "good")
