"""Takes pictures of the wallet's dialogs: ``python tests/gui/wallet_shots.py FOLDER``."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["PEERWATT_HOME"] = tempfile.mkdtemp(prefix="peerwatt-shots-")
sys.path.insert(0, str(Path(__file__).parent))

from fake_engine import SITE, Engine
from fake_wallet import (
    ANNA,
    ANNA_TWIN,
    CONTRACTS,
    OWNER,
    PASSWORD,
    STRANGER,
    account_view,
    prepare_site,
)
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QWidget

from peerwatt.api.wallet_messages import CallContract, TransactionView
from peerwatt.gui.app import application
from peerwatt.gui.bridge import Bridge
from peerwatt.gui.context import Choices, Context
from peerwatt.gui.prefs import Preferences
from peerwatt.gui.theme import Theme
from peerwatt.gui.wallet.sign import IntentDialog
from peerwatt.gui.window import Window
from peerwatt.wallet.book import BookEntry, load_book, save_book
from peerwatt.wallet.files import wallet_folder
from peerwatt.wallet.typed_data import permit

SAVINGS = "0x6370eF2f4Db3611D657b90667De398a2Cc2a370C"


def wait(milliseconds: int) -> None:
    """Let the window work for a moment."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def until(true: Callable[[], object], seconds: float = 8) -> None:
    """Let the window work until something holds."""
    for _ in range(int(seconds * 50)):
        if true():
            return
        wait(20)
    raise TimeoutError


class Studio:
    """One window with a made-up engine and a real signer."""

    def __init__(self, folder: Path, look: str) -> None:
        self.folder, self.look = folder, look
        self.engine = Engine(chain=CONTRACTS)
        self.engine.feed.accounts = (
            account_view(OWNER, "Our house", 48_310_000, is_member=True),
            account_view(SAVINGS, "Savings", 1_200_000_000, kind="key", coins_wei="0"),
            account_view(STRANGER, "Grandma", 7_050_000, kind="watch", coins_wei="0"),
        )
        self.engine.feed.own_transactions = (
            TransactionView(transaction_hash="0x" + "ab" * 32, time_s=self.engine.feed.now_s - 900,
                            what="Payment of 12.50 credits", amount_micro=-12_500_000,
                            state="sent", by="owner", account=OWNER, nonce=7, label="Eggs",
                            is_stuck=True, can_replace=True),
        )  # fmt: skip
        theme = Theme(look)
        theme.apply(application())
        self.bridge = Bridge(SITE)
        choices = Choices(Preferences(theme=look), keep=False)
        self.window = Window(Context(theme, self.bridge, choices))
        self.window.resize(1280, 1000)
        self.window.show()
        self.window.open_page("wallet")
        self.bridge.start()
        self.page = self.window.pages["wallet"]
        until(lambda: self.page.desk.listing and self.page.desk.wallet)
        wait(300)

    def take(self, name: str, widget: QWidget | None = None) -> None:
        """Write one picture."""
        wait(150)
        shown = widget or self.page.dialog or self.window
        shown.grab().save(str(self.folder / f"{name}-{self.look}.png"))
        print(name, shown.size().toTuple())

    def close(self) -> None:
        """End the studio."""
        self.window.leave(stop=False)
        self.window.hide()
        self.bridge.stop()
        self.engine.stop()
        self.window.deleteLater()
        wait(50)


def send(studio: Studio) -> None:
    """Take the dialog that sends, step by step."""
    page = studio.page
    page.open_send(None)
    dialog = page.dialog
    studio.take("send-empty")
    dialog.to.enter(ANNA)
    dialog.amount.setText("12.50")
    until(lambda: dialog.to.check)
    studio.take("send-filled")
    dialog.to.enter(ANNA_TWIN.lower())
    until(lambda: dialog.to.check)
    studio.take("send-look-alike")
    dialog.to.enter("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD")
    until(dialog.to.row.below.text)
    studio.take("send-mistyped")
    dialog.to.enter(STRANGER)
    until(lambda: dialog.to.check)
    dialog.go.click()
    until(lambda: dialog.told)
    studio.take("review")
    for tick in dialog.told.ticks:
        tick.click()
    dialog.password.setText("wrong")
    dialog.go.click()
    until(lambda: dialog.password_row.below.text() or dialog.note.text.text())
    studio.take("review-wrong-password")
    dialog.password.setText(PASSWORD)
    dialog.go.click()
    until(lambda: dialog.steps.current is dialog.progress)
    studio.take("progress")
    studio.engine.wallet.move("in block", block_number=1205)
    wait(300)
    studio.take("progress-block")
    dialog.accept()


def others(studio: Studio) -> None:
    """Take the other dialogs."""
    page = studio.page
    page.agent.pause.click()
    until(lambda: page.dialog.told)
    studio.take("pause")
    page.agent.limits.click()
    studio.take("limits")
    page.dialog.go.click()
    until(lambda: page.dialog.told)
    studio.take("limits-review")
    unknown = CallContract(to=STRANGER, data="0xdeadbeef" + "00" * 60)
    page.open(IntentDialog(page.desk, "Call a contract", page.desk.member, unknown, page))
    until(lambda: page.dialog.told)
    studio.take("unknown")
    page.receive.click()
    until(lambda: page.dialog.code.text)
    studio.take("receive")
    page.book.click()
    until(lambda: page.dialog.entries)
    studio.take("book")
    page.dialog.add.click()
    page.dialog.address.setText(ANNA_TWIN.lower())
    page.dialog._check()
    until(page.dialog.checked.isVisible)
    studio.take("book-add")
    accounts = page.accounts
    for name, asked in (("create", accounts.create_asked), ("import", accounts.import_asked)):
        asked.emit()
        wait(500)
        studio.take(name)
    page.dialog.ways["words"].click()
    studio.take("import-words")
    accounts.import_asked.emit()
    page.dialog.ways["keystore"].click()
    studio.take("import-keystore")
    for what in ("rename", "export", "remove", "redeem"):
        accounts.asked.emit(what, page.desk.accounts[0])
        studio.take(what)


def backup(studio: Studio) -> None:
    """Take the creation of a wallet with its backup; the real cost of scrypt."""
    page = studio.page
    page.accounts.create_asked.emit()
    dialog = page.dialog
    dialog.new_password.first.setText(PASSWORD)
    dialog.go.click()
    until(lambda: dialog.words.count, 20)
    studio.take("words")
    dialog.go.click()
    until(lambda: dialog.steps.current is dialog.again)
    studio.take("again")
    dialog.reject()


def typed(studio: Studio) -> None:
    """Take typed data under review."""
    content = permit(CONTRACTS["Credit"], "Street credits", 20211, owner=OWNER, spender=STRANGER,
                     amount_micro=12_500_000, nonce=0, deadline_s=1_790_000_000)  # fmt: skip
    page = studio.page
    page.menu().actions()[-1].trigger()
    page.dialog.area.setPlainText(json.dumps(content))
    studio.take("typed")
    page.dialog.go.click()
    until(lambda: page.dialog.told)
    studio.take("typed-review")
    page.dialog.reject()


def main() -> None:
    """Take all pictures."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "shots")
    folder.mkdir(parents=True, exist_ok=True)
    application()
    paths = prepare_site(SITE)
    book = load_book(wallet_folder(paths)).with_entry(BookEntry(ANNA, "Anna", "house 4", 1))
    save_book(wallet_folder(paths), book.with_sent(ANNA, 1_781_000_000))
    for look in ("light", "dark"):
        studio = Studio(folder, look)
        studio.take("page")
        for scene in (send, others, typed, backup):
            if len(sys.argv) < 3 or scene.__name__ in sys.argv[2:]:
                scene(studio)
        studio.close()


if __name__ == "__main__":
    main()
