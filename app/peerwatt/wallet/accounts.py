"""The public list of a wallet's accounts: readable without a password, free of secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from .address import is_checksummed
from .files import clean_text, damaged, read_object, write_object
from .secret import WalletFault

ACCOUNTS_FILE = "accounts.json"
_ID = re.compile(r"[0-9a-f]{12}", re.ASCII)
_FILE = re.compile(r"[0-9a-f]{12}(?:-[0-9a-f]{8})?\.json", re.ASCII)


class Kind(StrEnum):
    """Where an account's key is."""

    SEED = "seed"
    KEYSTORE = "keystore"
    WATCH = "watch"
    LEDGER = "ledger"
    TREZOR = "trezor"


HARDWARE = (Kind.LEDGER, Kind.TREZOR)


class Backup(StrEnum):
    """Whether a loss of this computer is a loss of the account's money."""

    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    NOT_HERE = "not here"
    """The key is not on this computer: watch-only, or in a device."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account."""

    id: str
    label: str
    address: str
    kind: Kind
    created_s: int
    path: str = ""
    """Derivation path of accounts of a seed or device."""
    secret: str = ""
    """Id of the secret that opens it; empty where the key is not here."""


@dataclass(frozen=True, slots=True)
class Secret:
    """An encrypted file: a seed with all its accounts, or one key."""

    id: str
    kind: Kind
    file: str
    """Name in the folder ``secrets``."""
    created_s: int
    confirmed: bool = False
    """Whether the owner has proven to hold a copy."""
    words: int = 0
    """How many words a seed has."""
    has_passphrase: bool = False


@dataclass(frozen=True, slots=True)
class Accounts:
    """Everything public about a wallet."""

    accounts: tuple[Account, ...] = ()
    secrets: tuple[Secret, ...] = ()

    def get(self, account_id: str) -> Account:
        """Return an account by id. Raises WalletFault."""
        for account in self.accounts:
            if account.id == account_id:
                return account
        raise WalletFault("The wallet has no such account.", "account")

    def secret(self, secret_id: str) -> Secret:
        """Return a secret by id. Raises WalletFault."""
        for secret in self.secrets:
            if secret.id == secret_id:
                return secret
        raise WalletFault("The wallet has no such seed.", "seed")

    def of_address(self, address: str) -> Account | None:
        """Return the account of an address."""
        low = address.lower()
        return next((one for one in self.accounts if one.address.lower() == low), None)

    def of_secret(self, secret_id: str) -> tuple[Account, ...]:
        """Return the accounts that a secret opens."""
        return tuple(one for one in self.accounts if one.secret == secret_id)

    def backup(self, account: Account) -> Backup:
        """Return whether the account would survive the loss of this computer."""
        if not account.secret:
            return Backup.NOT_HERE
        secret = self.secret(account.secret)
        return Backup.CONFIRMED if secret.confirmed else Backup.UNCONFIRMED

    def with_account(self, account: Account) -> Accounts:
        """Return the list with one more account. Raises WalletFault when it is there already."""
        if self.of_address(account.address) is not None:
            raise WalletFault("The wallet has an account with this address already.", "address")
        return replace(self, accounts=(*self.accounts, account))

    def with_secret(self, secret: Secret) -> Accounts:
        """Return the list with a secret added, or changed in its place."""
        if all(known.id != secret.id for known in self.secrets):
            return replace(self, secrets=(*self.secrets, secret))
        changed = (secret if known.id == secret.id else known for known in self.secrets)
        return replace(self, secrets=tuple(changed))

    def with_label(self, account_id: str, label: str) -> Accounts:
        """Return the list with an account renamed. Raises WalletFault."""
        renamed = replace(self.get(account_id), label=clean_text(label, "label", needed=True))
        changed = (renamed if one.id == account_id else one for one in self.accounts)
        return replace(self, accounts=tuple(changed))

    def without(self, account: Account) -> Accounts:
        """Return the list without an account, and without its secret when it was the last."""
        accounts = tuple(one for one in self.accounts if one.id != account.id)
        still = {one.secret for one in accounts}
        secrets = tuple(one for one in self.secrets if one.id in still)
        return Accounts(accounts, secrets)


def load_accounts(folder: Path) -> Accounts:
    """Return the list of a wallet; an empty one where there is none. Raises WalletFault."""
    path = folder / ACCOUNTS_FILE
    content = read_object(path)
    if content is None:
        return Accounts()
    try:
        secrets = tuple(_secret(one) for one in content["secrets"])
        accounts = tuple(_account(one) for one in content["accounts"])
    except (KeyError, TypeError, ValueError):
        raise damaged(path) from None
    named = {one.secret for one in accounts} - {""}
    if named != {one.id for one in secrets} or len({one.id for one in accounts}) != len(accounts):
        raise damaged(path)
    return Accounts(accounts, secrets)


def save_accounts(folder: Path, accounts: Accounts) -> None:
    """Store the list. Raises WalletFault."""
    content = {
        "version": 1,
        "accounts": [asdict(one) for one in accounts.accounts],
        "secrets": [asdict(one) for one in accounts.secrets],
    }
    write_object(folder / ACCOUNTS_FILE, content)


def _account(content: Mapping[str, Any]) -> Account:
    account = Account(**{**content, "kind": Kind(content["kind"])})
    if not _ID.fullmatch(account.id) or not is_checksummed(account.address):
        raise ValueError
    if not isinstance(account.label, str) or not isinstance(account.created_s, int):
        raise TypeError
    return account


def _secret(content: Mapping[str, Any]) -> Secret:
    secret = Secret(**{**content, "kind": Kind(content["kind"])})
    # The name is joined to a folder's path, so nothing but a plain name may stand here.
    if not _ID.fullmatch(secret.id) or not _FILE.fullmatch(secret.file):
        raise ValueError
    if not isinstance(secret.confirmed, bool) or not isinstance(secret.created_s, int):
        raise TypeError
    return secret
