"""The one question that is asked when the window is closed."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from .theme import GAP, UNIT, Theme
from .widgets.base import Button, Icon, Text

CloseAnswer = Literal["keep", "stop", "cancel"]


class CloseDialog(QDialog):
    """Keep the house running, or stop it; Escape changes nothing."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.answer: CloseAnswer = "cancel"
        self.setWindowTitle(self.tr("Close the window"))
        self.setAccessibleName(self.windowTitle())
        colours = self.palette()
        colours.setColor(QPalette.ColorRole.Window, theme.tokens.colour("card"))
        self.setPalette(colours)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP + 4, GAP, GAP + 4, GAP)
        column.setSpacing(UNIT * 2)
        head = QHBoxLayout()
        head.setSpacing(UNIT * 2)
        head.addWidget(Icon(theme, "home", "accent", 28), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(6)
        question = self.tr("Should the house go on running?")
        words.addWidget(Text(theme, question, size=20, bold=True))
        said = Text(
            theme,
            self.tr(
                "Without the window it still measures, trades and charges. "
                "Stopped, every device is given back to itself. "
                "Your answer is remembered; you can change it in the settings."
            ),
            ink="muted",
            wrap=True,
        )
        said.setMinimumWidth(400)
        words.addWidget(said)
        head.addLayout(words, 1)
        column.addLayout(head)
        self.keep = Button(theme, self.tr("Keep running"), "primary", "play")
        self.stop = Button(theme, self.tr("Stop"), "quiet", "power")
        self.keep.clicked.connect(lambda: self._answer("keep"))
        self.stop.clicked.connect(lambda: self._answer("stop"))
        row = QHBoxLayout()
        row.setSpacing(UNIT)
        row.addStretch(1)
        row.addWidget(self.stop)
        row.addWidget(self.keep)
        column.addLayout(row)
        self.keep.setFocus()

    def _answer(self, answer: CloseAnswer) -> None:
        self.answer = answer
        self.accept()
