"""Credits into the account with the market, and out of it."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from peerwatt.api.market_messages import MarketAccountView, MarketView
from peerwatt.api.wallet_messages import Allow, Deposit, TransactionView, Withdraw

from .. import words
from ..widgets.base import Text
from .desk import Desk
from .dialog import Step
from .fields import Field
from .sign import SignDialog
from .signer import Answer, Refusal

REACHED = {"in block", "final"}
"""States from which on a transaction has done what it does."""


class MovingDialog(SignDialog):
    """How much, then the review; what is moved is between the wallet and the market."""

    def __init__(self, desk: Desk, title: str, icon: str, parent: QWidget | None) -> None:
        super().__init__(desk, title, icon, parent)
        self.form = Step()
        self.amount = Field(self.tr("Amount"), "12.50")
        self.amount_row = self.row("amount", self.amount)
        self.said = Text(self.theme, "", ink="muted", wrap=True)
        self.held = Text(self.theme, "", size=12, ink="muted", wrap=True)
        self.form.add(self.said, self.amount_row, self.held)

    def begin(self) -> None:
        """Show the form; what stands against sending is said at once."""
        self.show_retry()
        self.amount.setFocus()
        if sentence := self.desk.why_not_send():
            self.note.say(sentence, "warning")
            self.fit()

    @property
    def market_account(self) -> MarketAccountView | None:
        """The account with the market as it is known now."""
        market = self.desk.bridge.latest.get("market")
        return market.account if isinstance(market, MarketView) else None

    def show_retry(self) -> None:
        """Show the form."""
        self.show_step(self.form, self.tr("Look it over"), self._read)

    def _read(self) -> None:
        self.ask("amount", self._given, text=self.amount.text())

    def _given(self, answer: Answer) -> None:
        units = int(answer["units"])
        if not 0 < units < 1 << 63:
            sentence = self.tr("Enter an amount above nothing, such as 12.50.")
            self.refuse(Refusal(sentence, "amount"))
            return
        self.move_credits(units)

    def move_credits(self, micro: int) -> None:
        """Have an amount moved."""
        raise NotImplementedError

    def _money(self, micro: int | None) -> str:
        return str(words.money(micro, self.desk.currency))


class DepositDialog(MovingDialog):
    """Two signatures: the market may take exactly this amount, then it does."""

    def __init__(self, desk: Desk, parent: QWidget | None = None, amount_micro: int = 0) -> None:
        super().__init__(desk, self.tr("Deposit with the market"), "plus", parent)
        self._micro = 0
        self._is_allowed = False
        self.said.set(
            self.tr(
                "Orders, fees and deals are paid out of your account with the market. It stays "
                "yours: you can withdraw what is not set aside at any time. You sign twice: first "
                "that the market may take this amount, then the deposit itself."
            )
        )
        view = desk.member.view if desk.member is not None else None
        held = self._money(view.credit.value if view else None)
        account = self.market_account
        there = self._money(account.available.value if account else None)
        said = self.tr("Your wallet holds {0}; with the market {1} are available.")
        self.held.set(said.format(held, there))
        if amount_micro > 0:
            self.amount.setText(words.exact(amount_micro))
        self.flow.moved.connect(self._moved)
        self.begin()

    def move_credits(self, micro: int) -> None:
        """Allow the amount first; the deposit follows once that is in a block."""
        self._micro, self._is_allowed = micro, False
        self.propose(self.desk.member, Allow(contract="Market", amount_micro=micro))

    def _sent(self, transaction_hash: str) -> None:
        super()._sent(transaction_hash)
        if isinstance(self._intent, Allow):
            self.show_step(self.progress, self.tr("Now deposit it"), self._deposit)
            self.left.show_as(self.tr("Close"))
            self.left.show()
            self.progress.after.hide()
            self.note.say(
                self.tr("This was only the permission. The deposit follows when it is in a block."),
                "info",
            )
            self.fit()

    def may_go(self) -> bool:
        """Return whether the deposit can follow: only once the market may take the amount."""
        if self.steps.current is self.progress and isinstance(self._intent, Allow):
            return self._is_allowed
        return super().may_go()

    def _moved(self, entry: TransactionView) -> None:
        if isinstance(self._intent, Allow) and entry.state in REACHED:
            self._is_allowed = True
            self.update_go()

    def _deposit(self) -> None:
        self.progress.after.show()
        self.propose(self.desk.member, Deposit(amount_micro=self._micro))


class WithdrawDialog(MovingDialog):
    """Back into the wallet; what orders have set aside stays until they are settled."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, self.tr("Withdraw from the market"), "undo", parent)
        self.said.set(
            self.tr(
                "The credits go back into your wallet. Nobody can hold this up, not even while "
                "the market is paused."
            )
        )
        account = self.market_account
        there = account.available.value if account else None
        self.held.set(self.tr("You can withdraw {0} now.").format(self._money(there)))
        if there:
            self.amount.setText(words.exact(there))
        self.begin()

    def move_credits(self, micro: int) -> None:
        """Withdraw an amount."""
        self.propose(self.desk.member, Withdraw(amount_micro=micro))
