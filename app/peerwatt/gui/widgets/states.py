"""What a page shows when there is nothing to show: one sentence and one thing to do."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ..theme import UNIT, Theme
from .base import Button, Card, Icon, Text


class Empty(QWidget):
    """An icon and a sentence in the middle of a card that has nothing yet."""

    def __init__(self, theme: Theme, icon: str, sentence: str, todo: str = "") -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setSpacing(UNIT)
        column.addStretch(1)
        column.addWidget(Icon(theme, icon, "faint", 28), 0, Qt.AlignmentFlag.AlignHCenter)
        self.text = Text(
            theme, sentence, ink="muted", wrap=True, align=Qt.AlignmentFlag.AlignHCenter
        )
        self.text.setMaximumWidth(420)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.text, 8)
        row.addStretch(1)
        column.addLayout(row)
        self.button = Button(theme, todo, "soft")
        self.button.setVisible(bool(todo))
        column.addSpacing(UNIT)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        self.setMinimumHeight(96)

    def set(self, sentence: str) -> None:
        """Say something else."""
        self.text.set(sentence)


class Banner(Card):
    """A line over the page while something is wrong, with the one thing to do about it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.body.setContentsMargins(28, 20, 28, 20)
        row = QHBoxLayout()
        row.setSpacing(UNIT * 2)
        self.icon = Icon(theme, "warning", "warning", 24)
        self.text = Text(theme, "", size=14, bold=True, wrap=True)
        self.button = Button(theme, "", "primary", "play")
        row.addWidget(self.icon)
        self.text.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.text, 1)
        row.addWidget(self.button)
        self.body.addLayout(row)
        self.hide()

    def say(
        self, sentence: str, button: str = "", icon: str = "warning", glyph: str = "play"
    ) -> None:
        """Show a sentence, and a button where there is something to do."""
        self.icon.set(icon, "warning" if icon == "warning" else "muted")
        self.text.set(sentence)
        self.button.setVisible(bool(button))
        if button:
            self.button.show_as(button, glyph)
        self.setAccessibleName(sentence)
        self.show()
