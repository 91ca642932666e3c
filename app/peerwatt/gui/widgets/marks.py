"""The mark beside everything that was read from the chain: proven, waiting, or not."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from peerwatt.api.base import ChainValue, TrustMark

from .. import words
from ..theme import TARGET, Theme
from .base import ClickArea, Icon, Text


class MarkLine(QWidget):
    """An icon and a sentence: verified, block 1 204, 3 s ago; a click offers its proof."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self._icon = Icon(theme, "pending", "muted", 18)
        self._text = Text(theme, "", size=12, ink="muted", elide=True)
        self._mark = TrustMark.UNVERIFIED
        self._saves = Icon(theme, "save", "muted", 16)
        self._saves.hide()
        self._area: ClickArea | None = None
        self._offer: tuple[str, Callable[[], None]] | None = None
        row.addWidget(self._icon)
        row.addWidget(self._text, 1)
        row.addWidget(self._saves)
        self.setMinimumHeight(20)

    def offer(self, what: str, run: Callable[[], None]) -> None:
        """Let a click, a right click or the keyboard open a menu with one entry."""
        self._offer = (what, run)
        if self._area is None:
            self._area = ClickArea(self._theme, "", self, 8)
            self._area.clicked.connect(lambda: self._open(None))
            self.setMinimumHeight(TARGET)
        self._tell()

    def set_value(self, value: ChainValue, now_s: float) -> None:
        """Show the mark of a chain value."""
        self.set(value.mark, words.mark_sentence(value, now_s))

    def set(self, mark: TrustMark, sentence: str) -> None:
        """Show a mark with a sentence."""
        token = words.MARK_TOKENS[mark]
        self._mark = mark
        self._icon.set(words.MARK_ICONS[mark], token)
        self._text.set(sentence, token)
        self.setAccessibleName(sentence)
        self._tell()

    @property
    def sentence(self) -> str:
        """What is said now."""
        return self._text.text()

    @property
    def can_save(self) -> bool:
        """Whether a proof of what is shown is offered: there is one of what is verified only."""
        return self._offer is not None and self._mark is TrustMark.VERIFIED

    def menu(self) -> QMenu:
        """Return the menu that a click opens."""
        made = QMenu(self)
        made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if self._offer is not None:
            what, run = self._offer
            made.addAction(what).triggered.connect(lambda _=False: run())
        return made

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the menu where it was asked for."""
        if self.can_save:
            self._open(event.globalPos())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the clickable region over the line."""
        if self._area is not None:
            self._area.setGeometry(self.rect())
            self._area.raise_()

    def _open(self, at: QPoint | None) -> None:
        menu = self.menu()
        menu.aboutToHide.connect(self._left)
        menu.popup(at or self.mapToGlobal(QPoint(0, self.height())))

    def _left(self) -> None:
        """Take the tint away: the menu swallowed that the pointer left."""
        if self._area is not None:
            self._area.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
            self._area.update()

    def _tell(self) -> None:
        """Show and say whether there is something to save."""
        if self._area is None or self._offer is None:
            return
        can_save = self.can_save
        if can_save == self._area.isHidden():
            self._area.setVisible(can_save)
            self._saves.setVisible(can_save)
        self._area.setAccessibleName(f"{self.sentence}: {self._offer[0]}")
        self._area.setToolTip(f"{self.sentence}\n{self._offer[0]}")
