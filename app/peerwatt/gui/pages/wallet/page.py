"""The wallet's page: balances, accounts, the house's own key, transactions; opens the dialogs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import QMenu

from peerwatt.api.market_messages import MarketView
from peerwatt.api.messages import Changed, WalletView
from peerwatt.api.proof_messages import AccountProof, CreditProof, ProofOf
from peerwatt.api.wallet_messages import (
    CancelSend,
    PauseAgent,
    RevokeAgent,
    SpeedUp,
    TransactionView,
    WalletIntent,
)

from ... import words
from ...context import Context
from ...theme import UNIT
from ...wallet import files
from ...wallet.backup import BackupDialog
from ...wallet.book import BookDialog
from ...wallet.create import CreateDialog
from ...wallet.deposit import DepositDialog, WithdrawDialog
from ...wallet.desk import Account, Desk
from ...wallet.dialog import WalletDialog
from ...wallet.label import LabelDialog
from ...wallet.limits import LimitsDialog
from ...wallet.manage import (
    AddAccountDialog,
    ChangePasswordDialog,
    ExportDialog,
    RemoveDialog,
    RenameDialog,
)
from ...wallet.receive import ReceiveDialog
from ...wallet.redeem import RedeemDialog
from ...wallet.send import SendDialog
from ...wallet.sign import IntentDialog
from ...wallet.take_in import TakeInDialog
from ...wallet.typed import TypedDialog
from ...widgets.base import Button
from ...widgets.chain_card import ChainCard
from ...widgets.proof_menu import save_proof
from ...widgets.wallet_proofs import offer_wallet_proofs
from ..base import Page, across, down
from .accounts import AccountsCard
from .agent import AgentCard
from .balances import UNREAD, BalanceCard
from .market_account import MarketAccountCard
from .moved import MovedCard, Span

SETTLE_MS = 150
"""Somebody who only passes by starts no process."""


class WalletPage(Page):
    """Balances, accounts, the agent's limits, transactions."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, "wallet", self.tr("Wallet"))
        bridge = context.bridge
        self._wallet: WalletView | None = None
        self._market: MarketView | None = None
        self._then: Callable[[], None] | None = None
        self.desk = Desk(context, parent=self)
        self.dialog: WalletDialog | None = None
        """The dialog that is open."""
        self._head()
        self._balances()
        self.accounts = AccountsCard(self.desk)
        self.agent = AgentCard(context)
        self.moved = MovedCard(context)
        self.table = self.moved.table
        self.checked = ChainCard(context)
        left = down(self.accounts, 1, self.moved)
        right = down(self.agent, 1, self.checked)
        self.column.addLayout(across(7, left, 5, right), 1)
        marks = (card.mark for card in (self.credit, self.account, self.supply, self.agent))
        offer_wallet_proofs(bridge, *marks)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self.desk.reload)
        self._connect()

    def _head(self) -> None:
        theme = self.theme
        self.send = Button(theme, self.tr("Send"), "primary", "send")
        self.receive = Button(theme, self.tr("Receive"), "soft", "receive")
        self.book = Button(theme, self.tr("Address book"), "quiet", "book")
        self.more = Button(theme, "", "quiet", "more")
        self.more.setFixedWidth(44)
        self.more.setAccessibleName(self.tr("More about the wallet"))
        self.more.setToolTip(self.more.accessibleName())
        self.headline.setSpacing(UNIT)
        for button in (self.send, self.receive, self.book, self.more):
            self.headline.addWidget(button)

    def _balances(self) -> None:
        theme = self.theme
        self.credit = BalanceCard(
            theme,
            self.tr("Yours"),
            self.tr("Credits of the owner's account, redeemable at par with the community."),
        )
        self.account = MarketAccountCard(theme)
        self.supply = BalanceCard(
            theme,
            self.tr("All credits of the community"),
            self.tr("Total supply: it may only change when the treasury takes or pays money."),
        )
        self.column.addLayout(across(1, self.credit, 1, self.account, 1, self.supply))
        for card in (self.credit, self.supply):
            card.set_value(UNREAD, "EUR", 0)
        self.account.set_account(None, UNREAD, "EUR", 0)

    def _connect(self) -> None:
        self.send.clicked.connect(lambda: self.open_send(None))
        self.receive.clicked.connect(lambda: self.open(ReceiveDialog(self.desk, None, self)))
        self.book.clicked.connect(self._open_book)
        self.more.clicked.connect(self._open_menu)
        self.accounts.asked.connect(self._about_account)
        self.accounts.create_asked.connect(self._create)
        self.accounts.import_asked.connect(self._import)
        self.agent.pause_asked.connect(self._pause)
        self.agent.revoke_asked.connect(self._revoke)
        self.agent.limits_asked.connect(self._limits)
        self.moved.label_asked.connect(lambda entry: self.open(LabelDialog(self.desk, entry, self)))
        self.moved.speed_asked.connect(self._speed_up)
        self.moved.cancel_asked.connect(self._cancel)
        self.moved.csv_asked.connect(self._save_csv)
        self.account.deposit_asked.connect(self.open_deposit)
        self.account.withdraw_asked.connect(lambda: self.open(WithdrawDialog(self.desk, self)))
        self.desk.changed.connect(self._age)
        self.desk.changed.connect(self._go_on)
        self.bridge.wallet.connect(self.set_wallet)
        self.bridge.market.connect(self.set_market)
        self.bridge.clock.connect(lambda _: self._age())

    # --- what shows -----------------------------------------------------------------------------

    def set_wallet(self, wallet: WalletView) -> None:
        """Show balances and transactions."""
        self._wallet = wallet
        owner = wallet.owner_address
        account = self.tr("Account {0}").format(words.short_hash(owner))
        self.sentence.set(wallet.sentence or (account if owner else self.tr("No account yet")))
        self.sentence.setToolTip(owner or "")
        self.moved.set_wallet(wallet)
        self._age()

    def set_market(self, market: MarketView) -> None:
        """Show the account with the market."""
        self._market = market
        self._age()

    def _age(self) -> None:
        if not self.isVisible():
            return
        self.accounts.refresh(self.now_s)
        wallet = self._wallet
        if wallet is None:
            return
        for card, value in (
            (self.credit, wallet.credit),
            (self.supply, wallet.total_supply),
        ):
            card.set_value(value, wallet.currency, self.now_s)
        account = self._market.account if self._market else None
        self.account.set_account(account, wallet.escrowed, wallet.currency, self.now_s)
        self.agent.set_agent(wallet.agent, wallet.currency, self.now_s)

    def showEvent(self, event: QShowEvent) -> None:
        """Bring the ages up to date and read the list of accounts."""
        self._age()
        if not event.spontaneous():
            self._settle.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """End the signer's process; what holds secrets closes with the window."""
        if event.spontaneous():
            return
        self._settle.stop()
        self._then = None
        if self.dialog is not None:
            self.dialog.done(0)
        self.desk.close()

    # --- dialogs --------------------------------------------------------------------------------

    def open(self, dialog: WalletDialog) -> None:
        """Show a dialog over the window; one at a time."""
        if self.dialog is not None:
            self.dialog.done(0)
        self.dialog = dialog
        dialog.finished.connect(lambda _: self._closed(dialog))
        dialog.open()

    def _closed(self, dialog: WalletDialog) -> None:
        if self.dialog is dialog:
            self.dialog = None
            # A payment may have made an address known, a backup a warning void.
            self._settle.start()

    def open_send(self, account: Account | None, to: str = "") -> None:
        """Open the dialog that sends."""
        if not self.desk.signers:
            self._import_first()
            return
        dialog = SendDialog(self.desk, account, self)
        if to:
            dialog.to.enter(to)
        self.open(dialog)

    def open_deposit(self) -> None:
        """Open the dialog that brings credits to the market, once it is known who can sign."""
        self._when_listed(lambda: self.open(DepositDialog(self.desk, self)))

    def open_intent(self, title: str, intent: WalletIntent) -> None:
        """Have the member sign what another page asks for, once it is known who can sign."""
        self._when_listed(
            lambda: self.open(IntentDialog(self.desk, title, self.desk.member, intent, self))
        )

    def _when_listed(self, run: Callable[[], None]) -> None:
        if self.desk.listing is not None:
            run()
            return
        self._then = run
        self.desk.reload()

    def _go_on(self) -> None:
        known = self.desk.listing is not None or bool(self.desk.problem)
        if self._then is not None and known:
            run, self._then = self._then, None
            run()

    def _import_first(self) -> None:
        if self.desk.listing is None:
            self.desk.reload()
        self.accounts.problem.say(
            self.tr("Nothing can be sent yet: no account of this wallet can sign."), "warning"
        )

    def _create(self) -> None:
        self.open(CreateDialog(self.desk, self))

    def _import(self) -> None:
        self.open(TakeInDialog(self.desk, self))

    def _open_book(self) -> None:
        dialog = BookDialog(self.desk, self)
        dialog.send_to.connect(
            lambda address: QTimer.singleShot(0, lambda: self.open_send(None, address))
        )
        self.open(dialog)

    def menu(self) -> QMenu:
        """Return what is seldom needed."""
        made = QMenu(self)
        made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        entries: list[tuple[str, Callable[[], None]]] = [
            (self.tr("Create a wallet…"), self._create),
            (self.tr("Import an account…"), self._import),
        ]
        if self.desk.listing is not None and self.desk.listing.has_password:
            entries.append(
                (
                    self.tr("Change the password…"),
                    lambda: self.open(ChangePasswordDialog(self.desk, self)),
                )
            )
        entries.append(
            (self.tr("Sign typed data…"), lambda: self.open(TypedDialog(self.desk, self)))
        )
        for text, run in entries:
            made.addAction(text).triggered.connect(lambda _=False, run=run: run())
        return made

    def _open_menu(self) -> None:
        self.menu().popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    # --- about one account ----------------------------------------------------------------------

    def _about_account(self, what: str, account: Account) -> None:
        key, desk = account.key, self.desk
        if what == "copy":
            QGuiApplication.clipboard().setText(account.address)
        elif what == "proof":
            address = account.address
            proofs: list[ProofOf] = [CreditProof(holder=address), AccountProof(address=address)]
            save_proof(self, self.bridge, proofs)
        elif what == "send":
            self.open_send(account)
        elif what == "receive":
            self.open(ReceiveDialog(desk, account, self))
        elif what == "redeem":
            self.open(RedeemDialog(desk, account, self))
        elif key is not None:
            dialogs: dict[str, Callable[[], WalletDialog]] = {
                "backup": lambda: (
                    BackupDialog(desk, key.secret, parent=self)
                    if key.kind == "seed"
                    else ExportDialog(desk, key, self)
                ),
                "rename": lambda: RenameDialog(desk, key, self),
                "export": lambda: ExportDialog(desk, key, self),
                "add": lambda: AddAccountDialog(desk, key.secret, self),
                "remove": lambda: RemoveDialog(desk, key, self),
            }
            self.open(dialogs[what]())

    # --- the house's own key --------------------------------------------------------------------

    def _pause(self, paused: bool) -> None:
        title = self.tr("Pause the house's key") if paused else self.tr("Let it trade again")
        intent = PauseAgent(paused=paused)
        self.open(IntentDialog(self.desk, title, self.desk.member, intent, self))

    def _revoke(self) -> None:
        title = self.tr("Revoke the house's key")
        self.open(IntentDialog(self.desk, title, self.desk.member, RevokeAgent(), self))

    def _limits(self) -> None:
        if self._wallet is not None:
            self.open(LimitsDialog(self.desk, self._wallet.agent, self))

    # --- transactions ---------------------------------------------------------------------------

    def _speed_up(self, entry: TransactionView) -> None:
        intent = SpeedUp(transaction_hash=entry.transaction_hash)
        sender = self.desk.account(entry.account)
        self.open(IntentDialog(self.desk, self.tr("Speed it up"), sender, intent, self))

    def _cancel(self, entry: TransactionView) -> None:
        intent = CancelSend(transaction_hash=entry.transaction_hash)
        sender = self.desk.account(entry.account)
        self.open(IntentDialog(self.desk, self.tr("Cancel it"), sender, intent, self))

    def _save_csv(self, span: Span) -> None:
        self.bridge.ask(
            lambda client: client.transactions_csv(*span), self._write_csv, self.bridge.refused.emit
        )

    def _write_csv(self, text: str) -> None:
        kinds = self.tr("Tables (*.csv)")
        path = files.ask_save(self, self.tr("Save as table"), "transactions.csv", kinds)
        if path is None:
            return
        if fault := files.write_text(path, text):
            self.bridge.refused.emit(fault)
        else:
            said = self.tr("Saved: {0}").format(path.name)
            self.bridge.changed.emit(Changed(sections=(), sentence=said))
