"""What happens next, and why: three rows at most, each with its undo."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from peerwatt.api.messages import NextAction, PlanView, UndoAction, WalletView

from .. import words
from ..context import Context
from ..theme import metrics
from .base import Button, Icon, Text
from .states import Empty

ROWS = 3
LINES = 3
"""Lines of a reason at most; the whole of it stands in the tool tip."""
SUBJECTS = {
    "car": ("car", "car"),
    "battery": ("battery", "battery"),
    "market": ("neighbours", "neighbours"),
    "flexibility": ("flexibility", "accent"),
    "house": ("home", "home"),
}


class ActionRow(QWidget):
    """One action: time, what, why, undo."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._action: NextAction | None = None
        theme = context.theme
        self.icon = Icon(theme, "clock", "muted", 20)
        self.time = Text(theme, "00:00", bold=True)
        self.time.setFixedWidth(metrics(14, True).horizontalAdvance("00:00") + 2)
        self.what = Text(theme, "", bold=True, elide=True)
        self.why = Text(theme, "", size=12, ink="muted", wrap=True)
        self.why.setMaximumHeight(LINES * metrics(12).lineSpacing() + 2)
        self.undo = Button(theme, "", "quiet")
        self.undo.clicked.connect(self._undo)
        self.cost = Text(theme, "", size=12, ink="muted")
        self.cost.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        when = QVBoxLayout()
        when.setSpacing(6)
        when.addWidget(self.time)
        when.addWidget(self.icon)
        when.addStretch(1)
        said = QVBoxLayout()
        said.setSpacing(4)
        said.addWidget(self.what)
        said.addWidget(self.why)
        said.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 10, 0, 0)
        row.setSpacing(12)
        row.addLayout(when)
        row.addLayout(said, 1)
        choice = QVBoxLayout()
        choice.setSpacing(2)
        choice.addStretch(1)
        choice.addWidget(self.undo)
        choice.addWidget(self.cost)
        choice.addStretch(1)
        row.addLayout(choice)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a hairline above the row."""
        painter = QPainter(self)
        painter.setPen(self._context.theme.tokens.colour("line"))
        painter.drawLine(0, 0, self.width(), 0)

    def set_action(self, action: NextAction) -> None:
        """Show one action."""
        self._action = action
        clock = self._context.bridge.site_clock
        self.icon.set(*self._inked(SUBJECTS[action.subject]))
        self.time.set(words.clock(action.time_s, clock.zone))
        self.what.set(action.what)
        self.why.set(action.why)
        self.why.setToolTip(" ".join(part for part in (action.why, action.change) if part))
        said = self.cost_in_words(action) if action.undo is not None else ""
        self.cost.set(said)
        self.cost.setVisible(bool(said))
        self.undo.setVisible(action.undo is not None)
        if action.undo is not None:
            self.undo.show_as(action.undo)
            self.undo.setEnabled(True)
            self.undo.setAccessibleDescription(f"{action.what}. {said}".strip())
            self.undo.setToolTip(self._told(action, said))

    def cost_in_words(self, action: NextAction) -> str:
        """Return what undoing costs, before anybody clicks; empty while that is not known."""
        return words.extra_cost(action.undo_cost_micro, self._currency())

    def _currency(self) -> str:
        wallet = self._context.bridge.latest.get("wallet")
        return wallet.currency if isinstance(wallet, WalletView) else ""

    def _told(self, action: NextAction, said: str) -> str:
        if not said:
            return ""
        return self.tr("{0}: {1} over the coming days, by the plan around it.").format(
            action.undo or "", said
        )

    def _inked(self, subject: tuple[str, str]) -> tuple[str, str]:
        return (subject[0], "text") if self._context.theme.dark else subject

    def _undo(self) -> None:
        if self._action is not None:
            self.undo.setEnabled(False)
            self._context.bridge.send(UndoAction(action_id=self._action.action_id))


class NextUp(QWidget):
    """The next actions of the plan, or a sentence that there are none."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 0, 0)
        column.setSpacing(0)
        self.rows = [ActionRow(context) for _ in range(ROWS)]
        self.empty = Empty(context.theme, "clock", self.tr("Nothing is planned yet."))
        self.note = Text(context.theme, "", size=12, ink="muted", wrap=True)
        self.note.hide()
        for row in self.rows:
            column.addWidget(row, 1)
            row.hide()
        column.addWidget(self.empty, 1)
        column.addWidget(self.note)
        context.bridge.refused.connect(self._again)

    def set_plan(self, plan: PlanView) -> None:
        """Show the first actions of a plan."""
        actions = plan.actions[:ROWS]
        for row, action in zip(self.rows, actions, strict=False):
            row.set_action(action)
        for number, row in enumerate(self.rows):
            row.setVisible(number < len(actions))
        self.empty.setVisible(not actions)
        self.note.set(plan.sentence)
        self.note.setVisible(bool(plan.sentence))
        if plan.made_s is not None:
            self.empty.set(self.tr("Nothing to do in the next hours: the house runs as it is."))

    def _again(self, _sentence: str) -> None:
        for row in self.rows:
            row.undo.setEnabled(True)
