"""What the wallet's dialogs share: frame, steps, waiting and faults, and forgetting at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ..theme import GAP, UNIT, Theme
from ..widgets.base import Button, Icon, Text
from .desk import Desk
from .fields import Row, SecretArea, SecretField, fields_style
from .signer import Answer, Refusal

T = TypeVar("T")
WIDTH_PX = 560
TALLEST_PX = 470
"""Height from which a step's content scrolls."""
NoteKind = Literal["info", "good", "warning", "fault"]


class Note(QWidget):
    """A sentence that matters, on a tinted ground with an icon."""

    def __init__(self, theme: Theme, sentence: str = "", kind: NoteKind = "info") -> None:
        super().__init__()
        self._theme, self._kind = theme, kind
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 10, 12, 10)
        row.setSpacing(10)
        self.icon = Icon(theme, kind, _ink(kind))
        self.text = Text(theme, sentence, ink=_ink(kind), wrap=True)
        row.addWidget(self.icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.text, 1)
        if not sentence:
            # Never shown before it has a parent: it would be a window of its own.
            self.hide()
        self.setAccessibleName(sentence)
        theme.changed.connect(self.update)

    def say(self, sentence: str, kind: NoteKind = "fault") -> None:
        """Show a sentence, or nothing where it is empty."""
        self._kind = kind
        self.icon.set(kind, _ink(kind))
        self.text.set(sentence, _ink(kind))
        self.setAccessibleName(sentence)
        self.setVisible(bool(sentence))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the tinted ground."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        tint = 0.14 if self._theme.dark else 0.08
        painter.setBrush(self._theme.tokens.colour(_ink(self._kind), tint))
        painter.drawRoundedRect(QRectF(self.rect()), 9, 9)


def _ink(kind: NoteKind) -> str:
    return "text" if kind == "info" else kind


class Steps(QWidget):
    """Steps of a dialog, of which one shows; no larger than that one.

    Qt's own stack is as large as its largest page.
    """

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._current: QWidget | None = None

    @property
    def current(self) -> QWidget | None:
        """The step that shows."""
        return self._current

    def show_only(self, step: QWidget) -> None:
        """Show a step in place of the one before."""
        if self._column.indexOf(step) < 0:
            self._column.addWidget(step)
        if self._current is not None and self._current is not step:
            self._current.hide()
        self._current = step
        step.show()


class Step(QWidget):
    """One step: a column of parts."""

    def __init__(self) -> None:
        super().__init__()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(UNIT * 2)
        self.column.setAlignment(Qt.AlignmentFlag.AlignTop)

    def add(self, *parts: Any) -> None:
        """Put widgets and layouts below each other."""
        for part in parts:
            if isinstance(part, QWidget):
                self.column.addWidget(part)
            else:
                self.column.addLayout(part)


class Scrolled(QScrollArea):
    """A step that scrolls when it is tall."""

    def __init__(self, inner: QWidget, tallest_px: int = TALLEST_PX) -> None:
        super().__init__()
        self._tallest_px = tallest_px
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._inner = holder = QWidget()
        holder.setObjectName("plain")
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, UNIT + 4, 0)
        column.addWidget(inner)
        column.addStretch(1)
        self.setWidget(holder)
        self.viewport().setAutoFillBackground(False)
        holder.setAutoFillBackground(False)

    def sizeHint(self) -> QSize:
        """Return the height of the content, up to the tallest."""
        inner = self._inner
        width = WIDTH_PX
        height = inner.heightForWidth(width) if inner.hasHeightForWidth() else -1
        if height < 0:
            height = inner.sizeHint().height()
        return QSize(width, min(height + 2, self._tallest_px))

    def minimumSizeHint(self) -> QSize:
        """Return what always shows."""
        return QSize(WIDTH_PX, min(self.sizeHint().height(), self._tallest_px))


class WalletDialog(QDialog):
    """A dialog with a signer's process of its own, which ends with it."""

    def __init__(self, desk: Desk, title: str, icon: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk, self.theme = desk, desk.theme
        self.signer = desk.new_signer(self)
        self.rows: dict[str, Row] = {}
        """Field of a request -> its row, where a fault is shown."""
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._on_go: Callable[[], None] = self.accept
        self._awaited = 0
        self._over = False
        self._focused: QWidget | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(GAP + 4, GAP, GAP + 4, GAP)
        self._column.setSpacing(UNIT * 2)
        self._frame(title, icon)
        self.setMinimumWidth(WIDTH_PX + 2 * (GAP + 4))
        self.theme.changed.connect(self._tint)
        self._tint()

    def _frame(self, title: str, icon: str) -> None:
        head = QHBoxLayout()
        head.setSpacing(UNIT * 2)
        head.addWidget(Icon(self.theme, icon, "accent", 28), 0, Qt.AlignmentFlag.AlignTop)
        self.heading = Text(self.theme, title, size=20, bold=True, wrap=True)
        head.addWidget(self.heading, 1)
        self._column.addLayout(head)
        self.steps = Steps()
        self._column.addWidget(self.steps, 1)
        self.note = Note(self.theme)
        self._column.addWidget(self.note)
        self.working = QProgressBar()
        self.working.setRange(0, 0)
        self.working.setTextVisible(False)
        self.working.setFixedHeight(4)
        self.working.setAccessibleName(self.tr("Working"))
        self.saying = Text(self.theme, "", size=12, ink="muted")
        self._column.addWidget(self.working)
        self._column.addWidget(self.saying)
        self.left = Button(self.theme, self.tr("Cancel"), "quiet")
        self.go = Button(self.theme, self.tr("Continue"), "primary")
        self.left.clicked.connect(self.reject)
        self.go.clicked.connect(self._enter)
        self.extra = QHBoxLayout()
        self.extra.setSpacing(UNIT)
        row = QHBoxLayout()
        row.setSpacing(UNIT)
        row.addLayout(self.extra)
        row.addStretch(1)
        row.addWidget(self.left)
        row.addWidget(self.go)
        self._column.addLayout(row)
        self.working.hide()
        self.saying.hide()

    # --- steps ----------------------------------------------------------------------------------

    def show_step(self, step: QWidget, go: str, act: Callable[[], None]) -> None:
        """Show a step; ``go`` names the button that does ``act``, empty where there is none."""
        self.steps.show_only(step)
        self.clear_faults()
        self._on_go = act
        self.go.setVisible(bool(go))
        if go:
            self.go.show_as(go)
        self.update_go()
        self.fit()

    def fit(self) -> None:
        """Become as large as what shows."""
        self._fit_now()
        # Once more when the parts inside have heard of their own changes.
        QTimer.singleShot(0, self, self._fit_now)

    def _fit_now(self) -> None:
        self._column.invalidate()
        width = max(self.width(), self.minimumWidth())
        self.resize(width, self._column.totalHeightForWidth(width))

    def row(self, part: str, field: Any, note: str = "") -> Row:
        """Return a field in a row that shows the faults of a part of requests."""
        made = Row(self.theme, field, note)
        self.rows[part] = made
        if hasattr(field, "returnPressed"):
            field.returnPressed.connect(self._enter)
        return made

    # --- asking -----------------------------------------------------------------------------------

    def ask(
        self,
        op: str,
        done: Callable[[Answer], None],
        saying: str = "",
        failed: Callable[[Refusal], None] | None = None,
        **parts: Any,
    ) -> None:
        """Ask the signer; a refusal shows at its field or below, unless ``failed`` takes it."""
        refuse = failed or self.refuse

        def answered(answer: Answer) -> None:
            self.ready()
            done(answer)

        def refused(refusal: Refusal) -> None:
            self.ready()
            refuse(refusal)

        self.clear_faults()
        self.wait_for(saying)
        self.signer.ask(op, answered, refused, **parts)

    def refuse(self, refusal: Refusal) -> None:
        """Show why something was not done, at its field where there is one."""
        row = self.rows.get(refusal.field or "")
        if row is not None and row.isVisible():
            row.say(refusal.sentence)
            row.field.setFocus()
        else:
            self.note.say(refusal.sentence)
        self.fit()

    def clear_faults(self) -> None:
        """Forget the faults that show."""
        self.note.say("")
        for row in self.rows.values():
            row.say("")

    def wait_for(self, saying: str) -> None:
        """Show that something is awaited, until :meth:`ready` is called as often."""
        if self._awaited == 0:
            self._focused = self.focusWidget()
        self._awaited += 1
        self.saying.set(saying)
        self._show_work()

    def ready(self) -> None:
        """End one :meth:`wait_for`."""
        self._awaited = max(0, self._awaited - 1)
        self._show_work()
        if self._awaited == 0 and self._focused is not None and self._focused.isVisible():
            self._focused.setFocus()

    def live(self, call: Callable[[T], None]) -> Callable[[T], None]:
        """Return a call that does nothing once the dialog is closed."""

        def run(value: T) -> None:
            if not self._over:
                call(value)

        return run

    @property
    def waiting(self) -> bool:
        """Whether something is awaited."""
        return self._awaited > 0

    def _show_work(self) -> None:
        self.working.setVisible(self.waiting)
        self.saying.setVisible(self.waiting and bool(self.saying.text()))
        self.go.setEnabled(not self.waiting and self.may_go())
        self.steps.setEnabled(not self.waiting)

    def may_go(self) -> bool:
        """Whether the step can be left by its button."""
        return True

    def update_go(self) -> None:
        """Look again whether the step can be left."""
        self.go.setEnabled(not self.waiting and self.may_go())

    def _enter(self) -> None:
        if self.go.isVisible() and self.go.isEnabled():
            self._on_go()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close on Escape; Return presses nothing by itself."""
        if event.key() == Qt.Key.Key_Escape:
            super().keyPressEvent(event)

    # --- the end ----------------------------------------------------------------------------------

    def done(self, result: int) -> None:
        """Forget every secret, end the process, close."""
        self._over = True
        self.forget()
        self.signer.stop()
        super().done(result)

    def forget(self) -> None:
        """Clear every place that may hold a secret."""
        for line in self.findChildren(SecretField):
            line.wipe()
        for area in self.findChildren(SecretArea):
            area.wipe()

    def _tint(self) -> None:
        colours = self.palette()
        colours.setColor(QPalette.ColorRole.Window, self.theme.tokens.colour("card"))
        self.setPalette(colours)
        self.setStyleSheet(fields_style(self.theme.tokens))
