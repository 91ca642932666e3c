"""What became of a sent transaction, as three steps: sent, in a block, final."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from peerwatt.api.wallet_messages import TransactionView

from .. import words
from ..theme import UNIT, Theme
from ..widgets.base import Icon, Text
from .dialog import Note

REACHED = {"sent": 1, "in block": 2, "final": 3}


class Progress(QWidget):
    """Three lines with a mark each, and a sentence."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT + 4)
        self.title = Text(theme, "", size=16, bold=True, wrap=True)
        column.addWidget(self.title)
        self._marks: list[tuple[Icon, Text]] = []
        for _ in range(3):
            row = QHBoxLayout()
            row.setSpacing(UNIT + 4)
            icon, text = Icon(theme, "pending", "muted", 22), Text(theme, "", ink="muted")
            row.addWidget(icon)
            row.addWidget(text, 1)
            column.addLayout(row)
            self._marks.append((icon, text))
        self.note = Note(theme)
        self.after = Text(theme, "", size=12, ink="muted", wrap=True)
        column.addWidget(self.note)
        column.addWidget(self.after)
        self.show_state("sent", None)

    def begin(self, title: str) -> None:
        """Start anew for another transaction."""
        self.title.set(words.with_short_addresses(title))
        self.show_state("sent", None)

    def set(self, entry: TransactionView) -> None:
        """Show how far a transaction is."""
        self.show_state(entry.state, entry.block_number)
        if entry.is_stuck and entry.state == "sent":
            sentence = self.tr("It waits for long. You can speed it up or cancel it in the list.")
            self.note.say(sentence, "warning")

    def show_state(self, state: str, block_number: int | None) -> None:
        """Show a state by its name in the API."""
        block = words.grouped(block_number) if block_number is not None else ""
        said = (
            self.tr("Sent to the chain"),
            self.tr("In block {0}").format(block) if block else self.tr("In a block"),
            self.tr("Final"),
        )
        reached = REACHED.get(state, 1)
        for number, ((icon, text), sentence) in enumerate(zip(self._marks, said, strict=True)):
            there = number < reached
            icon.set("good" if there else "clock", "good" if there else "muted")
            text.set(sentence, "text" if there else "muted")
        faults = {
            "failed": self.tr("The chain took it and refused what it asks for: nothing was moved."),
            "dropped": self.tr("No block took it, and the chain has forgotten it."),
            "replaced": self.tr("Another transaction took its place."),
        }
        self.note.say(faults.get(state, ""), "fault" if state == "failed" else "warning")
        over = state == "final" or state in faults
        self.after.set(
            "" if over else self.tr("You can close this: the house follows it on its own.")
        )
        self.setAccessibleName(f"{self.title.text()}: {words.transaction_state(state)}")
