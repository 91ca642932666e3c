"""The frame: rail, strip, banner and pages; what happens when it is closed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from peerwatt.api.wallet_messages import WalletIntent

from . import words
from .bridge import Link, LinkView
from .context import Context
from .dialogs import CloseAnswer, CloseDialog
from .icons import app_icon
from .pages.base import EDGE, Page
from .pages.community import CommunityPage
from .pages.devices import DevicesPage
from .pages.flexibility import FlexibilityPage
from .pages.home import HomePage
from .pages.log import LogPage
from .pages.market import MarketPage
from .pages.settings import SettingsPage
from .pages.wallet import WalletPage
from .theme import Theme
from .widgets.rail import Rail
from .widgets.states import Banner
from .widgets.strip import Strip

WIDE_FROM_PX = 1600


class Veil(QWidget):
    """A grey breath over pages whose values are old; lets every click through."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the breath."""
        QPainter(self).fillRect(self.rect(), self._theme.tokens.colour("ground", 0.45))


class Window(QWidget):
    """The window."""

    stop_asked = Signal()
    """The owner closed the window and wants the house stopped."""
    left = Signal()
    """The owner closed the window; the house goes on."""

    def __init__(self, context: Context, hide_on_close: bool = False) -> None:
        super().__init__()
        self.context = context
        self._hide_on_close = hide_on_close
        self._leaving = False
        self.ask_on_close: Callable[[], CloseAnswer] = self._ask
        theme, bridge = context.theme, context.bridge
        self.setWindowTitle("Peerwatt")
        self.setWindowIcon(app_icon())
        self.setMinimumSize(880, 600)
        self.wallet = WalletPage(context)
        market, community = MarketPage(context), CommunityPage(context)
        pages: tuple[tuple[Page, str], ...] = (
            (HomePage(context), "home"),
            (market, "market"),
            (FlexibilityPage(context), "flexibility"),
            (self.wallet, "wallet"),
            (DevicesPage(context), "devices"),
            (community, "community"),
            (SettingsPage(context), "settings"),
            (LogPage(context), "log"),
        )
        for page in (market, community):
            page.deposit_asked.connect(self._deposit)
            page.sign_asked.connect(self._sign)
        self.pages = {page.name: page for page, _ in pages}
        entries = tuple((page.name, icon, page.title_text) for page, icon in pages)
        self.rail = Rail(theme, entries[:6], entries[6:])
        self.strip = Strip(context)
        self.banner = Banner(theme)
        self.banner.button.clicked.connect(bridge.start_engine)
        self.stack = QStackedWidget()
        for shown, _ in pages:
            self.stack.addWidget(shown)
            shown.opened.connect(self.open_page)
        self.veil = Veil(theme, self.stack)
        self._note_timer = QTimer(self)
        self._note_timer.setSingleShot(True)
        self._note_timer.timeout.connect(lambda: self.set_link(bridge.link))
        self._lay_out()
        self.rail.chosen.connect(self.open_page)
        self.strip.opened.connect(self.open_page)
        bridge.link_changed.connect(self.set_link)
        bridge.refused.connect(self._refused)
        bridge.changed.connect(self._changed)
        context.choices.changed.connect(lambda values: theme.choose(values.theme))
        theme.changed.connect(self._tint)
        self._tint()
        self._second = QTimer(self)
        self._second.timeout.connect(self.strip.tick)
        self._second.start(1000)
        self.open_page("home")
        self.set_link(bridge.link)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(self.strip)
        holder = QVBoxLayout()
        holder.setContentsMargins(EDGE, 0, EDGE, 0)
        holder.addWidget(self.banner)
        column.addLayout(holder)
        column.addWidget(self.stack, 1)
        row.addLayout(column, 1)

    def open_page(self, name: str) -> None:
        """Show a page."""
        self.rail.set_current(name)
        self.stack.setCurrentWidget(self.pages[name])
        self.veil.raise_()

    def _deposit(self) -> None:
        self.open_page("wallet")
        self.wallet.open_deposit()

    def _sign(self, title: str, intent: WalletIntent) -> None:
        """Have the owner sign what a page asks for: keys are the wallet's business only."""
        self.open_page("wallet")
        self.wallet.open_intent(title, intent)

    def set_link(self, view: LinkView) -> None:
        """Show whether what is on screen is live."""
        self._note_timer.stop()
        old = view.link is not Link.LIVE
        known = self.context.bridge.site_clock.known
        self.veil.setVisible(old and known)
        self.veil.raise_()
        for page in self.pages.values():
            page.set_old(old and known)
        if view.link is Link.LIVE:
            self.banner.hide()
        elif view.link is Link.CONNECTING:
            self.banner.say(view.sentence or self.tr("Connecting to the engine…"), icon="clock")
        else:
            self.banner.say(self._away(view, known), self.tr("Start the engine"))

    def _away(self, view: LinkView, known: bool) -> str:
        if not known:
            return view.sentence or self.tr("The engine does not run.")
        clock = self.context.bridge.site_clock
        return self.tr("The engine is away; what you see is from {0}.").format(
            words.clock_s(clock.now_s(), clock.zone)
        )

    def _refused(self, sentence: str) -> None:
        if self.context.bridge.link.link is Link.LIVE:
            self.banner.say(sentence)
            self._note_timer.start(8000)

    def _changed(self, changed: object) -> None:
        sentence = getattr(changed, "sentence", "")
        if sentence and self.context.bridge.link.link is Link.LIVE:
            self.banner.say(sentence, icon="good")
            self._note_timer.start(4000)

    def _tint(self) -> None:
        colours = self.palette()
        colours.setColor(QPalette.ColorRole.Window, self.context.theme.tokens.colour("ground"))
        self.setPalette(colours)

    # --- size and end ---------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Widen the rail where there is room; keep the veil over the pages."""
        self.rail.set_wide(self.width() >= WIDE_FROM_PX)
        super().resizeEvent(event)
        self.veil.setGeometry(self.stack.rect())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask once whether the house should go on, and remember the answer."""
        if self._leaving:
            event.accept()
            return
        answer: CloseAnswer = "keep"
        chosen = self.context.choices.values.on_close
        if self.context.bridge.link.link is Link.LIVE:
            answer = self.ask_on_close() if chosen == "ask" else chosen
        if answer == "cancel":
            event.ignore()
            return
        if self.context.bridge.link.link is Link.LIVE and chosen == "ask":
            self.context.choices.update(on_close=answer)
        if answer == "keep" and self._hide_on_close:
            event.ignore()
            self.hide()
            return
        self.leave(stop=answer == "stop")
        event.accept()

    def leave(self, stop: bool) -> None:
        """End the window; the house is stopped too where that was asked for."""
        if not self._leaving:
            self._leaving = True
            (self.stop_asked if stop else self.left).emit()

    def _ask(self) -> CloseAnswer:
        dialog = CloseDialog(self.context.theme, self)
        dialog.exec()
        return dialog.answer
