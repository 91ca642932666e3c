"""The mark beside everything that was read from the chain: proven, waiting, or not."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from peerwatt.api.messages import ChainValue, TrustMark

from .. import words
from ..theme import Theme
from .base import Icon, Text


class MarkLine(QWidget):
    """An icon and a sentence: verified, block 1 204, 3 s ago."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self._icon = Icon(theme, "pending", "muted", 18)
        self._text = Text(theme, "", size=12, ink="muted", elide=True)
        row.addWidget(self._icon)
        row.addWidget(self._text, 1)
        self.setMinimumHeight(20)

    def set_value(self, value: ChainValue, now_s: float) -> None:
        """Show the mark of a chain value."""
        self.set(value.mark, words.mark_sentence(value, now_s))

    def set(self, mark: TrustMark, sentence: str) -> None:
        """Show a mark with a sentence."""
        token = words.MARK_TOKENS[mark]
        self._icon.set(words.MARK_ICONS[mark], token)
        self._text.set(sentence, token)
        self.setAccessibleName(sentence)

    @property
    def sentence(self) -> str:
        """What is said now."""
        return self._text.text()
