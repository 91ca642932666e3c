"""From an intent to a final transaction: prepared by the engine, told and signed by the signer.

The engine never sees a key and the window never builds a transaction: what the owner reads is the
signer's own decoding, and the digest of exactly that is what gets signed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal

from peerwatt.api.messages import Changed, WalletView
from peerwatt.api.wallet_messages import (
    Allow,
    BroadcastSend,
    ChooseOffer,
    Deposit,
    EndDeal,
    NoFuss,
    PreparedSend,
    PrepareSend,
    TransactionView,
    Transfer,
    TransferCoins,
    WalletIntent,
    Withdraw,
)

from .desk import Account, Desk
from .listing import AddressCheck
from .meaning import Meaning
from .signer import Answer, Refusal, Signer

T = TypeVar("T")
CODES: dict[type, str] = {
    Transfer: "Credit.transfer",
    TransferCoins: "coin.transfer",
    Allow: "Credit.approve",
    Deposit: "Market.deposit",
    Withdraw: "Market.withdraw",
    NoFuss: "Market.set_no_fuss",
    ChooseOffer: "Supply.choose",
    EndDeal: "Deals.end",
}
"""What the signer must read from the bytes that the engine prepared for an intent."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is about to be signed, with everything the owner should know."""

    account: Account
    prepared: PreparedSend
    meaning: Meaning
    check: AddressCheck | None
    """Who gets money or power by it."""


class Flow(QObject):
    """One transaction on its way; signals come on the window's thread."""

    proposed = Signal(object)
    """A Proposal to look at."""
    refused = Signal(object)
    """A Refusal: nothing was signed."""
    not_sent = Signal(object)
    """A Refusal after signing: the engine did not send it."""
    sent = Signal(str)
    """Hash of the transaction that the engine took."""
    moved = Signal(object)
    """The sent transaction's TransactionView, each time it is another."""

    def __init__(self, desk: Desk, signer: Signer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk, self._signer = desk, signer
        self._turn = 0
        self._intent: WalletIntent | None = None
        self._seen: TransactionView | None = None
        self.proposal: Proposal | None = None
        self.transaction_hash = ""
        desk.bridge.wallet.connect(self._look)

    def stop(self) -> None:
        """Hear of nothing more; what was sent goes on."""
        self._turn += 1
        self._desk.bridge.wallet.disconnect(self._look)

    def prepare(self, account: Account, intent: WalletIntent) -> None:
        """Have an intent prepared and told; ``proposed`` or ``refused`` follows."""
        if sentence := self._desk.why_not_send():
            self.refused.emit(Refusal(sentence))
            return
        self._turn += 1
        self._intent = intent
        wanted = PrepareSend(from_address=account.address, intent=intent)
        self._desk.bridge.ask(
            lambda client: client.prepare(wanted),
            self.now(lambda prepared: self._describe(account, prepared)),
            self.now(lambda sentence: self.refused.emit(Refusal(sentence))),
        )

    def sign(self, password: str, accept_unknown: bool) -> None:
        """Sign what was proposed and hand it to the engine; ``sent`` follows, or a refusal."""
        proposal = self.proposal
        if proposal is None or proposal.account.key is None:
            return
        key = proposal.account.key
        parts: dict[str, Any] = {} if key.on_device else {"password": password}
        self._signer.ask(
            "sign_transaction",
            self.now(lambda answer: self._broadcast(proposal, answer)),
            self.now(self.refused.emit),
            by_device=key.on_device,
            account=key.id,
            transaction=proposal.prepared.transaction,
            seen=proposal.meaning.digest,
            accept_unknown=accept_unknown,
            **parts,
        )

    # --- steps ----------------------------------------------------------------------------------

    def _describe(self, account: Account, prepared: PreparedSend) -> None:
        def described(answer: Answer) -> None:
            """Propose what the signer read from the bytes, unless it is not what was asked for."""
            meaning = Meaning.read(answer)
            if sentence := self._mismatch(meaning, account, prepared):
                self.refused.emit(Refusal(sentence))
            elif meaning.recipient is None:
                self._propose(Proposal(account, prepared, meaning, None))
            else:
                self._signer.ask(
                    "book_check",
                    self.now(
                        lambda check: self._propose(
                            Proposal(account, prepared, meaning, AddressCheck.read(check))
                        )
                    ),
                    self.now(self.refused.emit),
                    address=meaning.recipient,
                )

        self._signer.ask(
            "describe",
            self.now(described),
            self.now(self.refused.emit),
            transaction=prepared.transaction,
        )

    def _mismatch(self, meaning: Meaning, account: Account, prepared: PreparedSend) -> str:
        """Return a sentence when the engine prepared something else than was asked for."""
        intent = self._intent
        other = prepared.from_address.lower() != account.address.lower()
        other = other or meaning.code != CODES.get(type(intent), meaning.code)
        if isinstance(intent, Transfer | TransferCoins):
            other = other or (meaning.recipient or "").lower() != intent.to.lower()
        if not other:
            return ""
        return self.tr("The engine prepared something else than you asked for; nothing is signed.")

    def _propose(self, proposal: Proposal) -> None:
        self.proposal = proposal
        self.proposed.emit(proposal)

    def _broadcast(self, proposal: Proposal, answer: Answer) -> None:
        raw, transaction_hash = str(answer["raw"]), str(answer["hash"])
        command = BroadcastSend(prepared_id=proposal.prepared.prepared_id, raw=raw)

        def taken(_: Changed) -> None:
            self.transaction_hash = transaction_hash
            self.sent.emit(transaction_hash)
            if proposal.meaning.is_payment and proposal.meaning.recipient:
                recipient = proposal.meaning.recipient
                self._signer.ask("book_sent", _nothing, _nothing, address=recipient)
            if self._desk.wallet is not None:
                self._look(self._desk.wallet)

        self._desk.bridge.ask(
            lambda client: client.command(command),
            self.now(taken),
            self.now(lambda sentence: self.not_sent.emit(Refusal(sentence))),
        )

    def _look(self, wallet: WalletView) -> None:
        if not self.transaction_hash:
            return
        low = self.transaction_hash.lower()
        for entry in wallet.transactions:
            if entry.transaction_hash.lower() == low and entry != self._seen:
                self._seen = entry
                self.moved.emit(entry)

    def now(self, call: Callable[[T], None]) -> Callable[[T], None]:
        """Return a call that does nothing once another intent was begun or the end came."""
        turn = self._turn

        def run(value: T) -> None:
            if turn == self._turn:
                call(value)

        return run


def _nothing(_: object) -> None:
    return
