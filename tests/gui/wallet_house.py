"""A wallet's page on a real signer's process and a made-up engine over its real API."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from fake_engine import SITE, Engine
from fake_wallet import (
    CONTRACTS,
    OWNER,
    PASSWORD,
    STRANGER,
    WalletBackend,
    account_view,
    prepare_site,
)
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QPlainTextEdit

from peerwatt.config.paths import SitePaths
from peerwatt.gui.app import application
from peerwatt.gui.bridge import Bridge, Link
from peerwatt.gui.context import Choices, Context
from peerwatt.gui.prefs import Preferences
from peerwatt.gui.theme import Theme
from peerwatt.gui.wallet.signer import signer_command
from peerwatt.gui.window import Window
from peerwatt.wallet.files import wallet_folder
from peerwatt.wallet.store import WalletStore

NOBODY = "0xde709f2102306220921060314715629080e2fb77"


class House:
    """Window, engine, signer."""

    def __init__(self, *, wallet: bool = True, bridge: bool = True) -> None:
        self.has_wallet = wallet
        self.paths: SitePaths = prepare_site(SITE, wallet=wallet)
        self.engine = Engine(chain=CONTRACTS)
        assert self.engine.wallet is not None
        self.backend = self.engine.wallet
        if wallet:
            self.engine.feed.accounts = (
                account_view(OWNER, "Our house", 48_310_000, is_member=True),
                account_view(STRANGER, "Grandma", 7_000_000, kind="watch"),
            )
        theme = Theme("light")
        theme.apply(application())
        self.bridge = Bridge(SITE)
        self.window = Window(
            Context(theme, self.bridge, Choices(Preferences(theme="light"), keep=False))
        )
        self.window.resize(1280, 900)
        self.window.show()
        self.window.open_page("wallet")
        self.page: Any = self.window.pages["wallet"]
        if bridge:
            self.bridge.start()
            self.until(lambda: self.page.desk.wallet)
        self.until(lambda: self.page.desk.listing)

    @property
    def dialog(self) -> Any:
        """The dialog that is open."""
        return self.page.dialog

    @property
    def store(self) -> WalletStore:
        """What is on disk."""
        return WalletStore(wallet_folder(self.paths), scrypt_n=2)

    def until(self, true: Callable[[], object], timeout_s: float = 20.0) -> None:
        """Work until something holds; for a fixture that outlives one test, so without qtbot."""
        deadline_s = time.monotonic() + timeout_s
        while not true():
            assert time.monotonic() < deadline_s, "waited in vain"
            QTest.qWait(10)

    def fresh(self) -> None:
        """Begin another test, in its own home: no dialog, the first state of everything."""
        if self.dialog is not None:
            self.dialog.done(0)
        self.page._settle.stop()
        self.page.desk.close()
        self.page.desk.command = signer_command(SITE)
        self.paths = prepare_site(SITE, wallet=self.has_wallet)
        self.page.desk.listing = None
        self.page.desk.reload()
        backend = WalletBackend(self.engine.feed, self.engine.news, CONTRACTS)
        vars(self.backend).update(vars(backend))
        self.engine.feed.commands.clear()
        self.engine.feed.own_transactions = ()
        self.until(lambda: self.page.desk.listing)
        if self.bridge.link.link is Link.LIVE:
            for section in ("wallet", "chain"):
                self.bridge.publish(section, getattr(self.engine.feed, section)())

    def reviewed(self) -> Any:
        """Wait for the review and return the dialog."""
        self.until(lambda: self.dialog.told is not None and not self.dialog.waiting)
        return self.dialog

    def sign(self, password: str = PASSWORD) -> None:
        """Tick what is asked for, enter the password, press the button."""
        dialog = self.reviewed()
        for tick in dialog.told.ticks:
            tick.setChecked(True)
        dialog.password.setText(password)
        click(dialog.go)

    def settled(self) -> None:
        """Wait until the dialog awaits nothing."""
        self.until(lambda: self.dialog is None or not self.dialog.waiting)

    def close(self) -> None:
        """Take everything down."""
        self.window.leave(stop=False)
        self.window.hide()
        self.bridge.stop()
        self.engine.stop()
        self.window.deleteLater()
        self.bridge.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        application().processEvents()


def click(button: QAbstractButton) -> None:
    """Press a button that can be pressed."""
    assert button.isVisible()
    assert button.isEnabled(), button.text()
    button.click()


def held_texts(root: Any) -> str:
    """Return everything that stands in fields."""
    fields = [field.text() for field in root.findChildren(QLineEdit)]
    return "\n".join(fields + [area.toPlainText() for area in root.findChildren(QPlainTextEdit)])


def clipboard() -> str:
    """Return what the clipboard and the selection hold."""
    board = QGuiApplication.clipboard()
    return board.text() + board.text(board.Mode.Selection)
