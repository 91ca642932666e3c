"""A label of the owner's for a transaction."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from peerwatt.api.wallet_messages import LabelTransaction, TransactionView

from .desk import Desk
from .fields import Field
from .manage import FormDialog

MAX_CHARS = 80


class LabelDialog(FormDialog):
    """Edits one label; empty takes it away."""

    def __init__(self, desk: Desk, entry: TransactionView, parent: QWidget | None = None) -> None:
        super().__init__(desk, self.tr("Label"), "tag", entry.what, parent)
        self._entry = entry
        self.label = Field(self.tr("Your label"), self.tr("Rent of the garage"))
        self.label.setMaxLength(MAX_CHARS)
        self.label.setText(entry.label)
        self.label.selectAll()
        self.open_form(self.tr("Save"), self._save, self.row("label", self.label))
        self.label.setFocus()

    def _save(self) -> None:
        command = LabelTransaction(
            transaction_hash=self._entry.transaction_hash, label=self.label.text().strip()
        )
        self.wait_for("")
        self.desk.bridge.ask(
            lambda client: client.command(command), self.live(self._saved), self.live(self._failed)
        )

    def _saved(self, _: object) -> None:
        self.ready()
        self.accept()

    def _failed(self, sentence: str) -> None:
        self.ready()
        self.note.say(sentence)
        self.fit()
