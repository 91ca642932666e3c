"""The accounts of the site's wallet as the engine knows them: public, read from its list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from peerwatt.history.records import NoticeLevel
from peerwatt.wallet.accounts import Accounts, Backup, Kind, load_accounts
from peerwatt.wallet.address import checksum_address
from peerwatt.wallet.book import AddressBook, load_book
from peerwatt.wallet.secret import WalletFault

from ..disk import Disk

Say = Callable[[NoticeLevel, str, str], None]
T = TypeVar("T")
ViewKind = Literal["seed", "key", "watch", "ledger", "trezor"]
_KINDS: dict[Kind, ViewKind] = {
    Kind.SEED: "seed",
    Kind.KEYSTORE: "key",
    Kind.WATCH: "watch",
    Kind.LEDGER: "ledger",
    Kind.TREZOR: "trezor",
}
MEMBER_ID = "member"
"""Id of the member's account where the wallet does not hold it."""


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """One account; ``address`` is checksummed."""

    account_id: str
    address: str
    label: str
    kind: ViewKind
    is_member: bool
    backed_up: bool

    @property
    def can_sign(self) -> bool:
        """Whether the signer's process can sign for it."""
        return self.kind != "watch"


def own_accounts(listed: Accounts, member: str | None) -> tuple[OwnAccount, ...]:
    """Return the accounts of a wallet, the member's first.

    A member's address that the wallet does not hold is an account to watch.
    """
    found = [
        OwnAccount(
            account_id=one.id,
            address=one.address,
            label=one.label,
            kind=_KINDS[one.kind],
            is_member=one.address == member,
            backed_up=listed.backup(one) is not Backup.UNCONFIRMED,
        )
        for one in listed.accounts
    ]
    if member is not None and all(one.address != member for one in found):
        found.append(OwnAccount(MEMBER_ID, member, "Your account", "watch", True, True))
    return tuple(sorted(found, key=lambda one: not one.is_member))


class AccountList:
    """Accounts and address book, as they were read last; the signer's process changes them."""

    def __init__(self, folder: Path, member: str | None, disk: Disk, say: Say) -> None:
        self.accounts: tuple[OwnAccount, ...] = ()
        self.book = AddressBook({}, {})
        self.fault = ""
        """What is wrong with the wallet's files, in one sentence."""
        self._folder = folder
        self._member = checksum_address(member) if member else None
        self._disk = disk
        self._say = say

    async def refresh(self) -> None:
        """Read both files anew; a damaged one is said, and what it held is left out."""
        self.fault = ""
        listed = await self._read(load_accounts, Accounts())
        self.accounts = own_accounts(listed, self._member)
        self.book = await self._read(load_book, AddressBook({}, {}))

    async def _read(self, load: Callable[[Path], T], otherwise: T) -> T:
        try:
            return await self._disk.run(load, self._folder)
        except WalletFault as fault:
            self.fault = str(fault)
            self._say(NoticeLevel.FAULT, "wallet", str(fault))
            return otherwise

    @property
    def addresses(self) -> tuple[str, ...]:
        """All addresses, the member's first."""
        return tuple(one.address for one in self.accounts)

    def of(self, address: str) -> OwnAccount | None:
        """Return an account by its address in any case."""
        low = address.lower()
        return next((one for one in self.accounts if one.address.lower() == low), None)

    def name(self, address: str) -> str | None:
        """Return what the owner calls an address: an own account's label, or the book's name."""
        own = self.of(address)
        if own is not None:
            return own.label
        try:
            return self.book.name(address)
        except WalletFault:
            return None
