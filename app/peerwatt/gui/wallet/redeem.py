"""Give credits back to the community, at par."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from peerwatt.api.wallet_messages import Redeem

from ..widgets.base import Text
from .desk import Account, Desk
from .dialog import Step
from .fields import Field
from .sign import SignDialog
from .signer import Answer, Refusal


class RedeemDialog(SignDialog):
    """How much, then the review."""

    def __init__(self, desk: Desk, account: Account, parent: QWidget | None = None) -> None:
        title = self.tr("Give credits back")
        super().__init__(desk, title, "undo", parent)
        self._giver = account
        self.form = Step()
        self.amount = Field(self.tr("Amount"), "12.50")
        said = Text(
            self.theme,
            self.tr("The credits leave your account, and the community owes you their worth."),
            ink="muted",
            wrap=True,
        )
        self.form.add(said, self.row("amount", self.amount))
        self.show_retry()
        self.amount.setFocus()
        if sentence := desk.why_not_send():
            self.note.say(sentence, "warning")
            self.fit()

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
        self.propose(self._giver, Redeem(amount_micro=units))
