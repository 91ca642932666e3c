"""The strip at the top: place, time, three quiet dots; one coloured line while an event runs."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedLayout, QWidget

from peerwatt.api.messages import ChainView, DevicesView, FlexibilityView

from .. import words
from ..bridge import Link, LinkView
from ..context import Context
from ..theme import TARGET, UNIT, Theme, font, metrics
from .base import Icon, Pill, Pressable, Text, focus_ring
from .chain_words import chain_caveat, chain_said, chain_token

HEIGHT_PX = 48


class StatusDot(Pressable):
    """A dot and a word; the sentence is in its tool tip and for screen readers."""

    def __init__(self, theme: Theme, word: str) -> None:
        super().__init__()
        self._theme, self._ink, self._word = theme, "faint", word
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.say("faint", "")
        theme.changed.connect(self.update)

    @property
    def token(self) -> str:
        """The dot's colour token."""
        return self._ink

    def say(self, ink: str, sentence: str, word: str = "") -> None:
        """Show a state with its sentence."""
        self._ink = ink
        self._word = word or self._word
        self.setToolTip(sentence)
        self.setAccessibleName(f"{self._word}: {sentence}" if sentence else self._word)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return the room for dot and word."""
        return QSize(metrics(12).horizontalAdvance(self._word) + 34, TARGET)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint dot, word and focus; a dot that is not good is hollow, so that shape tells too."""
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        pen = painter.pen()
        pen.setColor(tokens.colour(self._ink))
        pen.setWidthF(2)
        painter.setPen(pen)
        if self._ink == "good":
            painter.setBrush(tokens.colour(self._ink))
        painter.drawEllipse(QPointF(14, middle), 3.5, 3.5)
        painter.setFont(font(12))
        painter.setPen(tokens.colour("text" if self.underMouse() else "muted"))
        painter.drawText(QPointF(25, middle + metrics(12).capHeight() / 2), self._word)
        focus_ring(painter, self, self._theme, 8)


class EventLine(QWidget):
    """The strip while the grid operator's event runs."""

    opened = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.icon = Icon(theme, "flexibility", "on_event", 22)
        self.text = Text(theme, "", bold=True, ink="on_event", elide=True)
        self.left = Text(theme, "", size=16, bold=True, ink="on_event")
        self.button = _EventButton(theme, self.tr("Show"))
        self.button.clicked.connect(self.opened)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 0, 24, 0)
        row.setSpacing(UNIT * 2)
        row.addWidget(self.icon)
        row.addWidget(self.text, 1)
        row.addWidget(self.left)
        row.addWidget(self.button)
        self.setAutoFillBackground(True)
        theme.changed.connect(self._tint)
        self._tint()

    def _tint(self) -> None:
        colours = self.palette()
        colours.setColor(QPalette.ColorRole.Window, self._theme.tokens.colour("event_fill"))
        self.setPalette(colours)


class _EventButton(StatusDot):
    """The one button of the event line, in the line's own colours."""

    def sizeHint(self) -> QSize:
        """Return the room for the word."""
        return QSize(metrics(14, True).horizontalAdvance(self._word) + 32, TARGET)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a button on the coloured ground."""
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.colour("on_event", 0.2 if self.underMouse() else 0.12))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 9, 9)
        painter.setFont(font(14, True))
        painter.setPen(tokens.colour("on_event"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._word)
        if self.hasFocus() and self.by_key:
            pen = painter.pen()
            pen.setWidthF(2)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 9, 9)


class Strip(QWidget):
    """Place, time and three dots."""

    opened = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        theme, bridge = context.theme, context.bridge
        self.setFixedHeight(HEIGHT_PX)
        self.place = Text(theme, "Peerwatt", size=16, bold=True)
        self.time = Text(theme, "", ink="muted")
        self.simulated = Pill(theme)
        self.devices = StatusDot(theme, self.tr("Devices"))
        self.chain = StatusDot(theme, self.tr("Chain"))
        self.engine = StatusDot(theme, self.tr("Engine"))
        for dot, page in ((self.devices, "devices"), (self.chain, "wallet"), (self.engine, "log")):
            dot.clicked.connect(lambda _=False, page=page: self.opened.emit(page))
        plain = QWidget()
        row = QHBoxLayout(plain)
        row.setContentsMargins(24, 0, 16, 0)
        row.setSpacing(UNIT)
        row.addWidget(self.place)
        row.addSpacing(UNIT)
        row.addWidget(self.time)
        row.addSpacing(UNIT)
        row.addWidget(self.simulated)
        row.addStretch(1)
        for dot in (self.devices, self.chain, self.engine):
            row.addWidget(dot)
        self.event_line = EventLine(theme)
        self.event_line.opened.connect(lambda: self.opened.emit("flexibility"))
        self._stack = QStackedLayout(self)
        self._stack.addWidget(plain)
        self._stack.addWidget(self.event_line)
        self._flexibility = FlexibilityView()
        self._chain: ChainView | None = None
        self._link = LinkView(Link.CONNECTING)
        bridge.clock.connect(lambda _: self.tick())
        bridge.engine.connect(lambda engine: self.place.set(engine.site_name))
        bridge.devices.connect(self._devices)
        bridge.chain.connect(self._chain_said)
        bridge.flexibility.connect(self._flexible)
        bridge.link_changed.connect(self.set_link)

    @property
    def event_shown(self) -> bool:
        """Whether the strip is the event's line now."""
        return self._stack.currentIndex() == 1

    def tick(self) -> None:
        """Bring time, ages and countdown up to date."""
        clock = self._context.bridge.site_clock
        if not clock.known or clock.view is None:
            return
        now_s = clock.now_s()
        self.time.set(f"{words.day(now_s, clock.zone)}, {words.clock(now_s, clock.zone)}")
        if clock.view.simulated:
            speed = clock.view.speed
            text = self.tr("simulated time")
            if speed > 1:
                text = self.tr("simulated, {0}× faster").format(words.number(round(speed)))
            self.simulated.set(text, "muted")
        else:
            self.simulated.set("", "muted")
        self._say_chain(now_s)
        self._say_event(now_s)

    def set_link(self, view: LinkView) -> None:
        """Show whether the engine is there."""
        self._link = view
        self._say_event(self._context.bridge.site_clock.now_s())
        if view.link is Link.LIVE:
            self.engine.say("good", self.tr("The engine runs."))
            return
        token = "warning" if view.link is Link.AWAY else "faint"
        self.engine.say(token, view.sentence or self.tr("Connecting to the engine."))
        for dot in (self.devices, self.chain):
            dot.say("faint", self.tr("not known while the engine is away"))

    def _devices(self, view: DevicesView) -> None:
        if not view.devices:
            self.devices.say("faint", self.tr("No device is connected yet."))
            return
        bad = [device for device in view.devices if device.health != "fresh"]
        if not bad:
            self.devices.say("good", self.tr("All devices are live."))
            return
        first = bad[0]
        self.devices.say("warning", first.sentence or f"{first.title}: {first.health}")

    def _chain_said(self, view: ChainView) -> None:
        self._chain = view
        self._say_chain(self._context.bridge.site_clock.now_s())

    def _say_chain(self, now_s: float) -> None:
        chain = self._chain
        if chain is None or self._link.link is Link.AWAY:
            return
        said = [chain_said(chain, now_s), chain_caveat(chain)]
        self.chain.say(chain_token(chain), "\n".join(part for part in said if part))

    def _flexible(self, view: FlexibilityView) -> None:
        self._flexibility = view
        self._say_event(self._context.bridge.site_clock.now_s())

    def _say_event(self, now_s: float) -> None:
        view = self._flexibility
        until_s = view.active_until_s
        live = self._link.link is Link.LIVE and view.active_request_id is not None
        running = live and until_s is not None and until_s > now_s
        self._stack.setCurrentIndex(1 if running else 0)
        if not running or until_s is None:
            return
        request = next((r for r in view.requests if r.request_id == view.active_request_id), None)
        zone = self._context.bridge.site_clock.zone
        text = self.tr("The grid asks for less until {0}: your house is helping")
        if request is not None and request.direction == "increase":
            text = self.tr("The grid asks for more until {0}: your house is helping")
        self.event_line.text.set(text.format(words.clock(until_s, zone)))
        self.event_line.left.set(words.countdown(until_s - now_s))
        self.event_line.setAccessibleName(self.event_line.text.text())
