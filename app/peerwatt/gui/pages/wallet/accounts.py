"""The wallet's accounts: what each holds, where its key is, and whether it is backed up."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from ... import words
from ...theme import UNIT, Theme
from ...wallet.desk import Account, Desk
from ...wallet.dialog import Note
from ...wallet.picture import Identicon
from ...widgets.base import Button, Card, Figure, Icon, Text
from .balances import UNREAD


class AccountRow(QWidget):
    """One account in a line."""

    asked = Signal(str, object)
    """What is wanted (send, receive, rename, …) and the Account."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.account: Account | None = None
        self.picture = Identicon(theme, 36)
        self.label = Text(theme, "", bold=True, elide=True)
        self.about = Text(theme, "", size=12, ink="muted", elide=True)
        self.backup = Button(theme, self.tr("Back up"), "soft", "warning")
        self.backup.clicked.connect(lambda: self._ask("backup"))
        self.mark = Icon(theme, "unverified", "muted", 18)
        self.credit = Figure(theme, self.tr("Credits"), 20)
        self.more = Button(theme, "", "quiet", "more")
        self.more.setFixedWidth(44)
        self.more.clicked.connect(self._open_menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 6, 0, 6)
        row.setSpacing(UNIT + 4)
        names = QVBoxLayout()
        names.setSpacing(2)
        names.addWidget(self.label)
        names.addWidget(self.about)
        row.addWidget(self.picture)
        row.addLayout(names, 1)
        row.addWidget(self.backup)
        row.addWidget(self.mark)
        row.addWidget(self.credit)
        row.addWidget(self.more)

    def set(self, account: Account, currency: str, now_s: float) -> None:
        """Show an account."""
        self.account = account
        key, view = account.key, account.view
        self.picture.set(key.picture if key else None)
        self.label.set(account.label or words.short_hash(account.address))
        self.about.set(" · ".join(self._about(account)))
        self.backup.setVisible(bool(key and key.needs_backup))
        value = view.credit if view else UNREAD
        self.mark.set(words.MARK_ICONS[value.mark], words.MARK_TOKENS[value.mark])
        self.mark.setToolTip(words.mark_sentence(value, now_s))
        self.mark.setAccessibleName(words.mark_sentence(value, now_s))
        self.credit.set(words.money(value.value, currency))
        self.credit.setFixedWidth(self.credit.sizeHint().width())
        self.more.setAccessibleName(self.tr("More about {0}").format(self.label.text()))
        self.more.setToolTip(self.more.accessibleName())

    def _about(self, account: Account) -> list[str]:
        kind = words.account_kind(account.kind)
        if account.key is None:
            kind = self.tr("its key is not on this computer")
        parts = [self.tr("member")] if account.is_member else []
        parts += [kind, words.short_hash(account.address)]
        wei = account.view.coins_wei if account.view else None
        if wei is not None and int(wei):
            parts.append(str(words.coins(int(wei))))
        return parts

    def entries(self) -> list[tuple[str, str]]:
        """Return the entries of the row's menu: what is asked, in words."""
        account = self.account
        if account is None:
            return []
        made = [("copy", self.tr("Copy the address"))]
        if account.view is not None and account.view.credit.value is not None:
            made.append(("proof", self.tr("Save proof…")))
        key = account.key
        if key is None:
            return made
        made.insert(0, ("receive", self.tr("Receive…")))
        if key.can_sign:
            made.insert(0, ("send", self.tr("Send…")))
            made.append(("redeem", self.tr("Give credits back…")))
        made.append(("rename", self.tr("Rename…")))
        if key.secret:
            made.append(("export", self.tr("Export a keystore file…")))
        if key.kind == "seed":
            made.append(("add", self.tr("Another account from the same words…")))
        made.append(("remove", self.tr("Remove…")))
        return made

    def menu(self) -> QMenu:
        """Return the row's menu."""
        made = QMenu(self)
        made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for what, text in self.entries():
            made.addAction(text).triggered.connect(lambda _=False, what=what: self._ask(what))
        return made

    def _open_menu(self) -> None:
        self.menu().popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def _ask(self, what: str) -> None:
        if self.account is not None:
            self.asked.emit(what, self.account)


class AccountsCard(Card):
    """All accounts; where there is none, how to get one."""

    asked = Signal(str, object)
    create_asked = Signal()
    import_asked = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.theme, self.tr("Accounts"))
        self._desk = desk
        self.rows: list[AccountRow] = []
        self.problem = Note(desk.theme)
        self.list = QVBoxLayout()
        self.list.setSpacing(0)
        self.first = QWidget()
        self.sentence = Text(desk.theme, "", ink="muted", wrap=True)
        self.create_button = Button(desk.theme, self.tr("Create a wallet"), "primary", "plus")
        self.import_button = Button(desk.theme, self.tr("Import one"), "soft", "key")
        self.create_button.clicked.connect(self.create_asked)
        self.import_button.clicked.connect(self.import_asked)
        buttons = QHBoxLayout()
        buttons.setSpacing(UNIT)
        buttons.addWidget(self.create_button)
        buttons.addWidget(self.import_button)
        buttons.addStretch(1)
        column = QVBoxLayout(self.first)
        column.setContentsMargins(0, UNIT, 0, 0)
        column.setSpacing(UNIT + 4)
        column.addWidget(self.sentence)
        column.addLayout(buttons)
        self.body.addWidget(self.problem)
        self.body.addLayout(self.list)
        self.body.addWidget(self.first)

    def refresh(self, now_s: float) -> None:
        """Show the accounts as they are known now."""
        accounts = self._desk.accounts
        while len(self.rows) < len(accounts):
            row = AccountRow(self.theme)
            row.asked.connect(self.asked)
            self.rows.append(row)
            self.list.addWidget(row)
        while len(self.rows) > len(accounts):
            gone = self.rows.pop()
            gone.hide()
            gone.deleteLater()
        for row, account in zip(self.rows, accounts, strict=True):
            row.set(account, self._desk.currency, now_s)
        self.problem.say(self._desk.problem)
        listing = self._desk.listing
        empty = listing is not None and not listing.accounts
        self.first.setVisible(empty)
        self.sentence.set(
            self.tr("The owner's key is not on this computer, so nothing can be sent from here.")
            if accounts
            else self.tr("There is no wallet on this computer yet. Make one, or bring your own.")
        )
