"""What was found against the chain, and the owner's decision about it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from peerwatt.api.messages import EvidenceView
from peerwatt.api.wallet_messages import ResolveEvidence

from ..theme import TARGET, UNIT, Theme, font
from .base import Button, Icon, Text

LEAST_DIGITS = 8
"""Digits of the hash that have to be typed."""


class EvidencePanel(QWidget):
    """Says what happened and what to do; goes on once the right block's hash is typed."""

    decided = Signal(object)
    """A ResolveEvidence."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._found: EvidenceView | None = None
        self.icon = Icon(theme, "fault", "fault", 24)
        self.what = Text(theme, "", bold=True, wrap=True)
        self.todo = Text(theme, "", wrap=True)
        self.hashes = Text(theme, "", size=12, ink="muted", wrap=True)
        self.hashes.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.asked = Text(
            theme, self.tr("Type the right block's hash, at least its first 8 digits:"), wrap=True
        )
        self.field = QLineEdit()
        self.field.setFont(font(14))
        self.field.setMinimumHeight(TARGET + 6)
        self.field.setPlaceholderText("0x…")
        self.field.setAccessibleName(self.tr("Hash of the right block"))
        self.means = Text(theme, "", ink="muted", wrap=True)
        self.button = Button(theme, self.tr("Go on with this block"), "primary", "play")
        self.field.textChanged.connect(self._typed)
        self.field.returnPressed.connect(self._decide)
        self.button.clicked.connect(self._decide)
        self._lay_out()
        self.hide()
        theme.changed.connect(self._tint)
        self._tint()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 14, 16, 14)
        row.setSpacing(12)
        row.addWidget(self.icon, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(UNIT)
        for part in (self.what, self.todo, self.hashes, self.asked, self.field, self.means):
            column.addWidget(part)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignRight)
        row.addLayout(column, 1)

    def show_evidence(self, found: EvidenceView | None) -> None:
        """Show what was found; hidden where nothing was."""
        if found == self._found:
            return
        self._found = found
        self.setVisible(found is not None)
        if found is None:
            self.field.clear()
            return
        self.what.set(found.sentence)
        self.todo.set(found.todo)
        self.hashes.setVisible(bool(found.ours_hash))
        self.hashes.set(
            self.tr("verified first: {0}\nthe other: {1}").format(
                found.ours_hash, found.theirs_hash
            )
        )
        for part in (self.asked, self.field, self.means, self.button):
            part.setVisible(found.can_resolve)
        self.setAccessibleName(f"{found.sentence} {found.todo}")
        self._typed()

    @property
    def choice(self) -> ResolveEvidence | None:
        """What the typed hash decides; ``None`` while it names neither block, or both."""
        found, typed = self._found, self.field.text().strip().lower().removeprefix("0x")
        if found is None or not found.can_resolve or len(typed) < LEAST_DIGITS:
            return None
        ours = found.ours_hash.removeprefix("0x").startswith(typed)
        theirs = found.theirs_hash.removeprefix("0x").startswith(typed)
        if ours == theirs:
            return None
        return ResolveEvidence(confirm=True, follow="ours" if ours else "theirs")

    def _typed(self) -> None:
        choice = self.choice
        self.button.setEnabled(choice is not None)
        if choice is None:
            long = len(self.field.text().strip().removeprefix("0x")) >= LEAST_DIGITS
            self.means.set(self.tr("This is neither of the two blocks.") if long else "")
        elif choice.follow == "ours":
            self.means.set(
                self.tr(
                    "The block that was verified first is kept; who serves the other is refused."
                )
            )
        else:
            self.means.set(
                self.tr("The other block is followed; what was read since then is read anew.")
            )

    def _decide(self) -> None:
        choice = self.choice
        if choice is not None:
            self.button.setEnabled(False)
            self.decided.emit(choice)

    def _tint(self) -> None:
        tokens = self._theme.tokens
        self.field.setStyleSheet(
            f"QLineEdit {{ background: {tokens.raised}; color: {tokens.text};"
            f" border: 1px solid {tokens.axis}; border-radius: 9px; padding: 7px 10px; }}"
            f"QLineEdit:focus {{ border: 2px solid {tokens.focus}; padding: 6px 9px; }}"
        )
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the tinted ground."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        tint = 0.14 if self._theme.dark else 0.08
        painter.setBrush(self._theme.tokens.colour("fault", tint))
        painter.drawRoundedRect(QRectF(self.rect()), 9, 9)
