"""Receive: the address in full, as a QR code, with an amount where one is asked for."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from ..theme import UNIT
from ..widgets.base import Button, Text
from ..widgets.choice import ChoiceButton
from .desk import Account, Desk
from .dialog import Step, WalletDialog
from .fields import Field, Named, Picker
from .picture import QrCode
from .recipient import SETTLE_MS
from .signer import Answer, Refusal
from .told import AddressBox


class ReceiveDialog(WalletDialog):
    """What to show to whoever pays."""

    def __init__(
        self, desk: Desk, account: Account | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(desk, self.tr("Receive"), "receive", parent)
        self.step = Step()
        self.target = Picker(self.theme, self.tr("To which account"))
        accounts = [one for one in desk.accounts if one.key is not None]
        self.target.set_entries([(one.address, one.label) for one in accounts])
        if account is not None:
            self.target.choose(account.address)
        self.amount = Field(self.tr("Amount, if you like"), "12.50")
        self.amount_row = self.row("amount", self.amount)
        self.code = QrCode()
        self.box = AddressBox(self.theme)
        self.says = Text(self.theme, "", size=12, ink="muted", wrap=True)
        self.copy = Button(self.theme, self.tr("Copy the address"), "soft", "copy")
        self.copy.clicked.connect(self._copy)
        self.kinds: dict[str, ChoiceButton] = {}
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLE_MS)
        self._timer.timeout.connect(self._build)
        self.amount.textChanged.connect(lambda _: self._timer.start())
        self.target.currentIndexChanged.connect(lambda _: self._build())
        self.extra.addWidget(self.copy)
        self.left.hide()
        self.show_step(self.step, self.tr("Close"), self.accept)
        self._build()

    def _lay_out(self) -> None:
        group = QButtonGroup(self)
        kinds = QHBoxLayout()
        kinds.setSpacing(UNIT)
        for kind, word in (
            ("link", self.tr("Request to pay")),
            ("plain", self.tr("Address only")),
        ):
            button = ChoiceButton(self.theme, word)
            group.addButton(button)
            button.clicked.connect(self._build)
            self.kinds[kind] = button
            kinds.addWidget(button)
        kinds.addStretch(1)
        self.kinds["link"].setChecked(True)
        self.step.add(Named(self.theme, self.target), kinds, self.amount_row)
        self.step.column.addWidget(self.code, 0, Qt.AlignmentFlag.AlignHCenter)
        self.step.add(self.box, self.says)
        self.step.column.setSpacing(UNIT + 2)

    @property
    def account(self) -> Account | None:
        """Who receives."""
        return self.desk.account(self.target.currentData())

    def _build(self) -> None:
        account = self.account
        key = account.key if account else None
        if account is None or key is None:
            self.note.say(self.tr("There is no account yet; create or import one first."), "info")
            self.copy.setEnabled(False)
            return
        self.box.show_parts(key.picture, account.label, key.blocks)
        self.amount_row.setVisible(self.kinds["link"].isChecked())
        if not self.kinds["link"].isChecked():
            self._show(account.address, self.tr("This code holds the address and nothing else."))
            return
        asked = self.amount.text().strip()
        parts: dict[str, Any] = {"amount": asked} if asked else {}
        self.signer.ask("link_build", self._built, self._no_link, address=account.address, **parts)

    def _built(self, answer: Answer) -> None:
        said = self.tr("This code asks for credits of your community, for a wallet that reads it.")
        self._show(str(answer["link"]), said)

    def _no_link(self, refusal: Refusal) -> None:
        account = self.account
        if refusal.field != "amount" and account is not None:
            self._show(account.address, refusal.sentence)
        else:
            self.refuse(refusal)

    def _show(self, text: str, said: str) -> None:
        self.clear_faults()
        self.code.set(text, self.tr("QR code: {0}").format(text))
        self.says.set(said)
        self.fit()

    def _copy(self) -> None:
        account = self.account
        if account is not None:
            QGuiApplication.clipboard().setText(account.address)
            self.copy.show_as(self.tr("Copied"), "good")
