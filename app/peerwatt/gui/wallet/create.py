"""A new wallet: how many words, a name, a password; then its backup at once."""

from __future__ import annotations

from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from ..theme import UNIT
from ..widgets.base import Text
from ..widgets.choice import ChoiceButton
from .backup import BackupDialog
from .desk import Desk
from .dialog import Step
from .fields import Field, SecretField, Tick
from .passwords import PasswordRows
from .signer import Answer


class CreateDialog(BackupDialog):
    """Makes a seed and its first account."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, title=self.tr("Create a wallet"), parent=parent)
        self.form = Step()
        self.name = Field(self.tr("Name of the account"), self.tr("Our house"))
        self.name_row = self.row("label", self.name)
        listing = desk.listing
        self.new_password = PasswordRows(self.row, not (listing and listing.has_password))
        self.lengths: dict[int, ChoiceButton] = {}
        self.expert = Tick(self.theme, self.tr("Add a word of my own (for experts)"))
        self.passphrase = SecretField(self.tr("Your own word"))
        self.passphrase_row = self.row(
            "passphrase",
            self.passphrase,
            self.tr("It is not on the paper: without it the words open an empty wallet."),
        )
        self.passphrase_row.hide()
        self.expert.toggled.connect(self._show_expert)
        said = Text(
            self.theme,
            self.tr(
                "Your key is made on this computer and stays here, encrypted. A few words on "
                "paper bring it back if the computer is lost."
            ),
            ink="muted",
            wrap=True,
        )
        self.form.add(
            said,
            self._choices(),
            self.name_row,
            *self.new_password.rows,
            self.expert,
            self.passphrase_row,
        )
        self.show_step(self.form, self.tr("Create"), self._create)
        self.name.setFocus()

    def _choices(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(UNIT)
        group = QButtonGroup(self)
        for count in (12, 24):
            button = ChoiceButton(self.theme, self.tr("{0} words").format(count))
            group.addButton(button)
            self.lengths[count] = button
            row.addWidget(button)
        row.addStretch(1)
        self.lengths[12].setChecked(True)
        return row

    def _show_expert(self, on: bool) -> None:
        self.passphrase_row.setVisible(on)
        if not on:
            self.passphrase.wipe()
        self.fit()

    def _create(self) -> None:
        self.clear_faults()
        password = self.new_password.take()
        if password is None:
            self.fit()
            return

        def created(answer: Answer) -> None:
            self.desk.reload(tell_engine=True)
            self.begin(str(answer["account"]["secret"]), password)

        self.ask(
            "create_seed",
            created,
            self.tr("Making the key…"),
            password=password,
            words=24 if self.lengths[24].isChecked() else 12,
            passphrase=self.passphrase.take(),
            label=self.name.text().strip(),
        )
