"""The review that every transaction of the owner passes: told in words, signed once, followed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from peerwatt.api.wallet_messages import PreparedSend, PrepareSend, WalletIntent

from .. import words
from ..widgets.base import Text
from .desk import Account, Desk
from .dialog import Note, Scrolled, Step, WalletDialog
from .fields import SecretField
from .flow import Flow, Proposal
from .meaning import Line
from .progress import Progress
from .signer import Refusal
from .told import Told


class SignDialog(WalletDialog):
    """Review, password for this one time, progress. Subclasses may ask something first."""

    def __init__(
        self, desk: Desk, title: str, icon: str = "key", parent: QWidget | None = None
    ) -> None:
        super().__init__(desk, title, icon, parent)
        self.flow = Flow(desk, self.signer, self)
        self.told: Told | None = None
        self._account: Account | None = None
        self._intent: WalletIntent | None = None
        self.waiting_step = Step()
        self.waiting_step.add(Text(self.theme, "", ink="muted"))
        self.review = Step()
        self.password = SecretField(self.tr("Password, for this one signature"))
        self.password_row = self.row("password", self.password)
        self.by_device = Note(self.theme)
        self.progress = Progress(self.theme)
        self.flow.proposed.connect(self._proposed)
        self.flow.refused.connect(self._refused)
        self.flow.not_sent.connect(self._not_sent)
        self.flow.sent.connect(self._sent)
        self.flow.moved.connect(self.progress.set)
        self.flow.moved.connect(lambda _: self.fit())

    def propose(self, account: Account | None, intent: WalletIntent) -> None:
        """Have an intent prepared, then show it for review."""
        self._account, self._intent = account, intent
        if account is None or not account.can_sign:
            self.show_step(self.waiting_step, "", self.accept)
            self.note.say(
                self.tr(
                    "The owner's key of this house is not on this computer; import it, or connect "
                    "the device that holds it."
                )
            )
            return
        if self.steps.current is None:
            self.show_step(self.waiting_step, "", self.accept)
        self.note.say("")
        self.wait_for(self.tr("Reading what it needs from the chain…"))
        self.flow.prepare(account, intent)

    def ask_engine(
        self,
        wanted: PrepareSend,
        done: Callable[[PreparedSend], None],
        failed: Callable[[str], None],
    ) -> None:
        """Have something prepared that is only looked at, never signed."""
        bridge = self.desk.bridge
        bridge.ask(
            lambda client: client.prepare(wanted), self.flow.now(done), self.flow.now(failed)
        )

    def again(self) -> None:
        """Prepare the same once more, with fees and nonce of now."""
        if self._intent is not None:
            self.propose(self._account, self._intent)

    def may_go(self) -> bool:
        """Return whether all that the review asks for is ticked."""
        reviewing = self.steps.current is self.review
        return not reviewing or self.told is None or self.told.agreed

    # --- review ---------------------------------------------------------------------------------

    def _proposed(self, proposal: Proposal) -> None:
        self.ready()
        prepared = proposal.prepared
        self.told = Told(
            self.theme,
            proposal.meaning,
            proposal.check,
            prepared.warnings,
            (*self._balance(proposal), *self._from(proposal)),
            self.desk.name_of(proposal.meaning.recipient),
        )
        self.told.agreed_changed.connect(self.update_go)
        self._fill_review(proposal.account, self.told)
        self.show_step(self.review, self.tr("Sign and send"), self._sign)
        (self.told.ticks[0] if self.told.ticks else self.password).setFocus()

    def _fill_review(self, account: Account, told: Told) -> None:
        while (item := self.review.column.takeAt(0)) is not None:
            old = item.widget()
            if old is not None and old not in (self.password_row, self.by_device):
                old.deleteLater()
        on_device = account.key is not None and account.key.on_device
        self.password.wipe()
        self.review.add(Scrolled(told), told.asks, self.password_row, self.by_device)
        self.password_row.setVisible(not on_device)
        device = words.account_kind(account.kind)
        look = self.tr("Then look at your {0}: it shows the same, and asks you there.")
        self.by_device.say(look.format(device) if on_device else "", "info")

    def _balance(self, proposal: Proposal) -> tuple[Line, ...]:
        before, after = proposal.prepared.credit_before_micro, proposal.prepared.credit_after_micro
        if before is None or after is None or before == after:
            return ()
        currency = self.desk.currency
        text = self.tr("{0}, afterwards {1}").format(
            words.money(before, currency), words.money(after, currency)
        )
        return (Line(self.tr("Your credits"), text, "text", None),)

    def _from(self, proposal: Proposal) -> tuple[Line, ...]:
        account = proposal.account
        text = f"{account.label}, {words.short_hash(account.address)}"
        return (Line(self.tr("Signed by"), text, "text", None),)

    # --- signing --------------------------------------------------------------------------------

    def _sign(self) -> None:
        if self.told is None or not self.told.agreed:
            return
        self.clear_faults()
        password = self.password.take()
        needs_password = not self.password_row.isHidden()
        if needs_password and not password:
            self.password_row.say(self.tr("Enter the password of your wallet."))
            self.password.setFocus()
            self.fit()
            return
        self.wait_for(
            self.tr("Signing…") if needs_password else self.tr("Waiting for your device…")
        )
        self.flow.sign(password, accept_unknown=self.told.agreed)

    def _refused(self, refusal: Refusal) -> None:
        self.ready()
        self.refuse(refusal)
        if self.steps.current is self.waiting_step:
            self.show_retry()
            self.note.say(refusal.sentence)
            self.fit()

    def show_retry(self) -> None:
        """Offer to prepare the same once more."""
        self.show_step(self.waiting_step, self.tr("Try again"), self.again)

    def _not_sent(self, refusal: Refusal) -> None:
        self.ready()
        # A prepared transaction can be stale: the next try begins with a fresh one.
        self.show_step(self.review, self.tr("Prepare again"), self.again)
        self.note.say(self.tr("It was not sent. {0}").format(refusal.sentence))
        self.fit()

    def _sent(self, _: str) -> None:
        self.ready()
        self.forget()
        proposal = self.flow.proposal
        self.progress.begin(proposal.meaning.title if proposal else "")
        self.show_step(self.progress, self.tr("Close"), self.accept)
        self.left.hide()
        self.go.setFocus()

    def done(self, result: int) -> None:
        """End the flow, too."""
        self.flow.stop()
        super().done(result)


class IntentDialog(SignDialog):
    """Reviews one intent that was chosen elsewhere: a pause, a redemption, a cancellation."""

    def __init__(
        self,
        desk: Desk,
        title: str,
        account: Account | None,
        intent: WalletIntent,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(desk, title, "key", parent)
        self.propose(account, intent)
