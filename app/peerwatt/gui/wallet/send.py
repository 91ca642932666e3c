"""Send credits or coins: who, how much, then the same review as for everything else."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from peerwatt.api.wallet_messages import PreparedSend, PrepareSend, Transfer, TransferCoins

from .. import words
from ..theme import UNIT
from ..widgets.base import Button, Text
from ..widgets.choice import ChoiceButton
from .desk import Account, Desk
from .dialog import Step
from .fields import Field, Named, Picker
from .recipient import Recipient
from .sign import SignDialog
from .signer import Answer, Refusal

Unit = Literal["credits", "coins"]
COIN_DECIMALS = 18
CREDIT_DECIMALS = 6


class SendDialog(SignDialog):
    """Compose, review, sign, follow."""

    def __init__(
        self, desk: Desk, account: Account | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(desk, self.tr("Send"), "send", parent)
        self.compose = Step()
        self.source = Picker(self.theme, self.tr("From"))
        self.source.currentIndexChanged.connect(lambda _: self._hold())
        self.to = Recipient(self.theme, self.signer, self.row)
        self.amount = Field(self.tr("Amount"), "12.50")
        self.amount_row = self.row("amount", self.amount)
        self.all = Button(self.theme, self.tr("All"), "quiet")
        self.all.clicked.connect(self._all)
        self.holds = Text(self.theme, "", size=12, ink="muted")
        self.units: dict[str, ChoiceButton] = {}
        self._lay_out()
        self.to.changed.connect(self._recipient_changed)
        self.to.linked.connect(self._linked)
        desk.changed.connect(self._offer)
        self._offer()
        if account is not None:
            self.source.choose(account.address)
        self.show_step(self.compose, self.tr("Look it over"), self._continue)
        self.to.field.setFocus()
        self._hold()
        if sentence := desk.why_not_send():
            self.note.say(sentence, "warning")
            self.fit()

    def _lay_out(self) -> None:
        group = QButtonGroup(self)
        unit_row = QHBoxLayout()
        unit_row.setSpacing(UNIT)
        for unit, word in (
            ("credits", self.tr("Credits")),
            ("coins", self.tr("Coins of the chain")),
        ):
            button = ChoiceButton(self.theme, word)
            group.addButton(button)
            button.clicked.connect(self._hold)
            self.units[unit] = button
            unit_row.addWidget(button)
        unit_row.addStretch(1)
        self.units["credits"].setChecked(True)
        money = QHBoxLayout()
        money.setSpacing(UNIT)
        money.addWidget(self.amount_row, 1)
        money.addWidget(self.all, 0, Qt.AlignmentFlag.AlignBottom)
        source = Named(self.theme, self.source)
        self.compose.add(source, self.to, unit_row, money, self.holds)
        self.compose.column.setSpacing(UNIT + 2)

    # --- what stands here -----------------------------------------------------------------------

    @property
    def unit(self) -> Unit:
        """What is sent."""
        return "coins" if self.units["coins"].isChecked() else "credits"

    @property
    def account(self) -> Account | None:
        """Who sends."""
        return self.desk.account(self.source.currentData())

    def may_go(self) -> bool:
        """Return whether the step that shows can be left."""
        if self.steps.current is self.compose:
            return not self.desk.why_not_send() and self.account is not None
        return super().may_go()

    def _offer(self) -> None:
        rows = []
        for account in self.desk.signers:
            held = account.view.credit.value if account.view else None
            rows.append((account.address, f"{account.label} · {self._money(held)}"))
        self.source.set_entries(rows)
        self._hold()

    def _money(self, micro: int | None) -> str:
        return str(words.money(micro, self.desk.currency))

    def _hold(self) -> None:
        account = self.account
        view = account.view if account else None
        if self.unit == "coins":
            wei = int(view.coins_wei) if view and view.coins_wei is not None else None
            held = str(words.coins(wei))
        else:
            held = self._money(view.credit.value if view else None)
        self.holds.set(self.tr("This account holds {0}.").format(held))
        self.update_go()

    def _recipient_changed(self) -> None:
        if self.steps.current is self.compose:
            self.fit()

    def _linked(self, link: dict[str, object]) -> None:
        coin = link["kind"] == "coin"
        self.units["coins" if coin else "credits"].setChecked(True)
        amount = link["amount"]
        if amount is not None:
            decimals, least = (COIN_DECIMALS, 0) if coin else (CREDIT_DECIMALS, 2)
            self.amount.setText(words.exact(int(str(amount)), decimals, least))
        self._hold()

    # --- all ------------------------------------------------------------------------------------

    def _all(self) -> None:
        account = self.account
        view = account.view if account else None
        if view is None or account is None:
            self.amount_row.say(self.tr("What this account holds is not proven yet."))
            return
        if self.unit == "credits":
            if view.credit.value is not None:
                self.amount.setText(words.exact(view.credit.value))
            return
        if not self.to.address:
            self.to.row.say(self.tr("Enter first to whom: the fee depends on it."))
            return
        self._all_coins(account, int(view.coins_wei or "0"))

    def _all_coins(self, account: Account, held_wei: int) -> None:
        """Fill in what is left after the most that the fee can be."""
        probe = PrepareSend(
            from_address=account.address,
            intent=TransferCoins(to=self.to.address, value_wei="1"),
        )

        def known(prepared: PreparedSend) -> None:
            self.ready()
            left_wei = held_wei - (int(prepared.max_cost_wei) - 1)
            if left_wei <= 0:
                self.amount_row.say(self.tr("The fee alone is more than this account holds."))
            else:
                self.amount.setText(words.exact(left_wei, COIN_DECIMALS, 0))

        def failed(sentence: str) -> None:
            self.ready()
            self.note.say(sentence)
            self.fit()

        self.wait_for(self.tr("Looking at the fee…"))
        self.ask_engine(probe, known, failed)

    # --- on to the review -----------------------------------------------------------------------

    def _continue(self) -> None:
        self.clear_faults()
        if not self.to.address:
            self.to.row.say(self.to.row.below.text() or self.tr("Enter who gets it."))
            self.to.look()
            self.to.field.setFocus()
            self.fit()
            return
        decimals = COIN_DECIMALS if self.unit == "coins" else CREDIT_DECIMALS
        self.ask("amount", self._amount_read, text=self.amount.text(), decimals=decimals)

    def _amount_read(self, answer: Answer) -> None:
        units = int(answer["units"])
        limit = 1 << 256 if self.unit == "coins" else 1 << 63
        if not 0 < units < limit:
            sentence = self.tr("Enter an amount above nothing, such as 12.50.")
            self.refuse(Refusal(sentence, "amount"))
            return
        to = self.to.address
        if self.unit == "coins":
            self.propose(self.account, TransferCoins(to=to, value_wei=str(units)))
        else:
            self.propose(self.account, Transfer(to=to, amount_micro=units))

    def show_retry(self) -> None:
        """Go back to where the mistake can be mended."""
        self.show_step(self.compose, self.tr("Look it over"), self._continue)
