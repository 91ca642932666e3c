"""Where energy came from, hour by hour or day by day, as stacked bars."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from peerwatt.api.community_messages import MixView

from .. import energy_mix, words
from ..theme import Theme, font, metrics

LEFT_PX, FOOT_PX, TOP_PX = 48.0, 20.0, 8.0
WIDEST_PX = 26.0
STEPS_WH = (100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)


class MixBars(QWidget):
    """One bar for each hour or day; hover reads its parts."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._mixes: tuple[MixView, ...] = ()
        self._label: Callable[[int], str] = str
        self._every = 1
        self.setMinimumHeight(150)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Where your energy came from"))
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Return room for a day's bars."""
        return QSize(420, 190)

    def set_mixes(self, mixes: Sequence[MixView], label: Callable[[int], str], every: int) -> None:
        """Show mixes, oldest first; ``label`` names a bar's start, shown for each ``every``-th."""
        self._mixes, self._label, self._every = tuple(mixes), label, every
        self.setAccessibleDescription(energy_mix.sentence(self._mixes))
        self.update()

    def described(self, number: int) -> str:
        """Return one bar in words."""
        mix = self._mixes[number]
        parts = [part for part in energy_mix.sources([mix]) if part.energy_wh]
        lines = [f"{part.name}: {words.energy(part.energy_wh)}" for part in parts]
        return "\n".join([self._label(mix.start_s), *(lines or [self.tr("nothing used")])])

    def event(self, event: QEvent) -> bool:
        """Read the bar under the pointer."""
        if event.type() != QEvent.Type.ToolTip:
            return super().event(event)
        help_event = cast(QHelpEvent, event)
        number = self.bar_at(help_event.pos().x())
        if number is None:
            QToolTip.hideText()
            event.ignore()
        else:
            QToolTip.showText(help_event.globalPos(), self.described(number), self)
        return True

    def bar_at(self, x: float) -> int | None:
        """Return which bar stands at a place, where one does."""
        if not self._mixes or x < LEFT_PX:
            return None
        number = int((x - LEFT_PX) / self._pitch())
        return number if number < len(self._mixes) else None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint axis, bars and labels."""
        if not self._mixes:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(LEFT_PX, TOP_PX, -4, -FOOT_PX)
        most = max(energy_mix.used_wh(energy_mix.sources([mix])) for mix in self._mixes)
        step = next((one for one in STEPS_WH if most / one <= 3.5), STEPS_WH[-1])
        top = max(most, step) * 1.04
        self._paint_axis(painter, frame, step, top)
        for number, mix in enumerate(self._mixes):
            self._paint_bar(painter, frame, number, mix, top)
        self._paint_labels(painter, frame)

    def _pitch(self) -> float:
        return (self.width() - LEFT_PX - 4) / max(len(self._mixes), 1)

    def _paint_axis(self, painter: QPainter, frame: QRectF, step: int, top: float) -> None:
        tokens = self._theme.tokens
        painter.setFont(font(12))
        for wh in range(0, int(top) + 1, step):
            y = frame.bottom() - wh / top * frame.height()
            painter.setPen(QPen(tokens.colour("line" if wh else "axis"), 1))
            painter.drawLine(QPointF(frame.left(), y), QPointF(frame.right(), y))
            said = words.number(wh / 1000, 1 if step < 1000 else 0)
            said = f"{said} kWh" if wh + step > top else said
            width = metrics(12).horizontalAdvance(said)
            painter.setPen(tokens.colour("muted"))
            painter.drawText(QPointF(frame.left() - width - 6, y + 4), said)

    def _paint_bar(
        self, painter: QPainter, frame: QRectF, number: int, mix: MixView, top: float
    ) -> None:
        tokens, pitch = self._theme.tokens, self._pitch()
        width = min(pitch * 0.76, WIDEST_PX)
        left = frame.left() + (number + 0.5) * pitch - width / 2
        y = frame.bottom()
        painter.setPen(Qt.PenStyle.NoPen)
        for part in energy_mix.sources([mix]):
            height = part.energy_wh / top * frame.height()
            painter.setBrush(tokens.colour(part.ink, part.alpha))
            painter.drawRect(QRectF(left, y - height, width, height))
            y -= height

    def _paint_labels(self, painter: QPainter, frame: QRectF) -> None:
        painter.setFont(font(12))
        painter.setPen(self._theme.tokens.colour("muted"))
        free = frame.left()
        for number in range(0, len(self._mixes), self._every):
            said = self._label(self._mixes[number].start_s)
            room = metrics(12).horizontalAdvance(said)
            middle = frame.left() + (number + 0.5) * self._pitch()
            x = max(middle - room / 2, frame.left())
            if x < free or x + room > frame.right():
                continue
            painter.drawText(QPointF(x, self.height() - 4.0), said)
            free = x + room + 10
