"""What the wallet's page and its dialogs share: the list of accounts, and whether to send now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from peerwatt.api.messages import ChainView, WalletView
from peerwatt.api.wallet_messages import AccountView, RefreshAccounts

from ..bridge import Link
from ..context import Context
from .listing import KeyAccount, Listing
from .signer import Answer, Refusal, Signer, signer_command, wait_for_ending


@dataclass(frozen=True, slots=True)
class Account:
    """One account as the signer lists it, with what the engine proved about it."""

    address: str
    label: str
    kind: str
    key: KeyAccount | None
    view: AccountView | None

    @property
    def is_member(self) -> bool:
        """Whether this house is a member of the community with it."""
        return self.view is not None and self.view.is_member

    @property
    def can_sign(self) -> bool:
        """Whether it can be used from this computer."""
        return self.key is not None and self.key.can_sign


class Desk(QObject):
    """The wallet of a site: who signs, what it holds, and what stands against sending."""

    changed = Signal()
    """The list of accounts, or what they hold, is another."""

    def __init__(
        self,
        context: Context,
        command: tuple[str, Sequence[str]] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.context, self.theme, self.bridge = context, context.theme, context.bridge
        self.command = command or signer_command(context.bridge.site)
        self.listing: Listing | None = None
        self.problem = ""
        """Why the list of accounts cannot be read; empty while it can."""
        self._signer = self.new_signer()
        self.bridge.wallet.connect(lambda _: self.changed.emit())

    def new_signer(self, parent: QObject | None = None) -> Signer:
        """Return a signer for one dialog."""
        return Signer(self.command, parent or self)

    def reload(self, *, tell_engine: bool = False) -> None:
        """Read the list of accounts anew; ``tell_engine`` after it was changed."""
        self._signer.ask("list", self._listed, self._unlisted)
        if tell_engine and self.bridge.link.link is Link.LIVE:
            self.bridge.send(RefreshAccounts())

    def close(self) -> None:
        """End the process at once."""
        self._signer.stop()
        wait_for_ending()

    @property
    def wallet(self) -> WalletView | None:
        """What the engine last said."""
        found = self.bridge.latest.get("wallet")
        return found if isinstance(found, WalletView) else None

    @property
    def currency(self) -> str:
        """The community's currency."""
        return self.wallet.currency if self.wallet else "EUR"

    @property
    def accounts(self) -> tuple[Account, ...]:
        """All accounts, the member's first; those that only one side knows included."""
        known = self.listing.accounts if self.listing else ()
        views = self.wallet.accounts if self.wallet else ()
        by_address = {view.address.lower(): view for view in views}
        rows = []
        for key in known:
            view = by_address.pop(key.address.lower(), None)
            rows.append(Account(key.address, key.label, key.kind, key, view))
        for view in by_address.values():
            rows.append(Account(view.address, view.label, "watch", None, view))
        return tuple(sorted(rows, key=lambda row: not row.is_member))

    def account(self, address: str | None) -> Account | None:
        """Return the account of an address in any case."""
        low = (address or "").lower()
        return next((one for one in self.accounts if one.address.lower() == low), None)

    def name_of(self, address: str | None) -> str:
        """Return what this house calls an address of its own; empty for anybody else's."""
        agent = self.wallet.agent.address if self.wallet else None
        if address and agent and address.lower() == agent.lower():
            return self.tr("The house's own key")
        account = self.account(address)
        return account.label if account is not None else ""

    @property
    def signers(self) -> tuple[Account, ...]:
        """Accounts that can be used from here."""
        return tuple(one for one in self.accounts if one.can_sign)

    @property
    def member(self) -> Account | None:
        """The account with which this house is a member."""
        return next((one for one in self.accounts if one.is_member), None)

    def why_not_send(self) -> str:
        """Return what stands against sending now, in one sentence; empty when nothing does."""
        if self.bridge.link.link is not Link.LIVE:
            return self.tr("The engine is away, so nothing can be sent; start it first.")
        chain = self.bridge.latest.get("chain")
        if not isinstance(chain, ChainView) or chain.state == "starting":
            return self.tr("The chain is still being checked; sending waits until it is verified.")
        if chain.state != "verified":
            return self.tr("The chain is not verified now, so nothing is sent. {0}").format(
                chain.sentence
            )
        return ""

    def _listed(self, answer: Answer) -> None:
        self.listing, self.problem = Listing.read(answer), ""
        self._rest()

    def _unlisted(self, refusal: Refusal) -> None:
        self.problem = refusal.sentence
        self._rest()

    def _rest(self) -> None:
        if not self._signer.awaiting:
            self._signer.stop()
        self.changed.emit()
