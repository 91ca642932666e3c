"""The owner's wallet on disk: seeds and keys encrypted, each change whole or not at all.

    wallet/accounts.json        public list (see :mod:`peerwatt.wallet.accounts`)
    wallet/secrets/<id>.json    one encrypted seed, or one keystore V3
    wallet/lock                 held while something changes

All secrets of a wallet have the same password. ``accounts.json`` names the file of each secret and
is written last, so a crash leaves the old state or the new one. Every opening costs a scrypt of
about a second and 256 MB; nothing is kept unlocked.
"""

from __future__ import annotations

import secrets as randomness
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

from .accounts import (
    HARDWARE,
    Account,
    Accounts,
    Backup,
    Kind,
    Secret,
    load_accounts,
    save_accounts,
)
from .address import parse_address
from .files import clean_text, read_object, write_object, write_text
from .keystore import SCRYPT_N, decrypt_keystore, encrypt_keystore
from .mnemonic import account_path, check_seed, key_from_seed, new_seed
from .secret import SecretKey, WalletFault
from .vault import Seed, seal, unseal

MIN_PASSWORD_CHARS = 8
LOCK_TIMEOUT_S = 5.0


class WalletStore:
    """The accounts and secrets in one folder."""

    def __init__(self, folder: Path, *, scrypt_n: int = SCRYPT_N) -> None:
        self.folder = folder
        self._scrypt_n = scrypt_n

    def accounts(self) -> Accounts:
        """Return the public list. Raises WalletFault when it is damaged."""
        return load_accounts(self.folder)

    # -- new accounts --------------------------------------------------------------------------

    def create_seed(
        self, password: str, words: Literal[12, 24], passphrase: str, label: str, now_s: int
    ) -> Account:
        """Make a fresh seed and its first account, not yet backed up. Raises WalletFault."""
        return self._add_seed(Seed(new_seed(words), passphrase), password, label, now_s, False)

    def import_seed(
        self, password: str, words: str, passphrase: str, label: str, now_s: int
    ) -> Account:
        """Take up a seed from its words: the owner holds a copy. Raises WalletFault."""
        return self._add_seed(Seed(check_seed(words), passphrase), password, label, now_s, True)

    def _add_seed(
        self, seed: Seed, password: str, label: str, now_s: int, confirmed: bool
    ) -> Account:
        with self._changing() as known:
            self._check_password(known, password)
            secret_id = new_id()
            words = len(seed.words.split())
            file = f"{secret_id}.json"
            secret = Secret(
                secret_id, Kind.SEED, file, now_s, confirmed, words, bool(seed.passphrase)
            )
            key = key_from_seed(seed.words, seed.passphrase)
            account = self._account(known, key.address, Kind.SEED, label, now_s, secret_id)
            account = replace(account, path=account_path(0))
            changed = known.with_account(account).with_secret(secret)
            content = seal(seed, secret_id, password, scrypt_n=self._scrypt_n)
            write_object(self._path(file), content)
            save_accounts(self.folder, changed)
            return account

    def add_account(self, seed_id: str, password: str, label: str, now_s: int) -> Account:
        """Derive the next account of a seed. Raises WalletFault."""
        with self._changing() as known:
            secret = known.secret(seed_id)
            if secret.kind is not Kind.SEED:
                raise WalletFault("A single key has no further accounts.", "seed")
            seed = self._open_seed(secret, password)
            used = {one.path for one in known.of_secret(seed_id)}
            index = next(i for i in range(len(used) + 1) if account_path(i) not in used)
            key = key_from_seed(seed.words, seed.passphrase, index)
            account = self._account(known, key.address, Kind.SEED, label, now_s, seed_id)
            account = replace(account, path=account_path(index))
            save_accounts(self.folder, known.with_account(account))
            return account

    def import_key(
        self, password: str, key: SecretKey, label: str, now_s: int, *, has_copy: bool
    ) -> Account:
        """Take up one key; ``has_copy`` says that the owner keeps another copy of it."""
        with self._changing() as known:
            self._check_password(known, password)
            secret_id = new_id()
            file = f"{secret_id}.json"
            account = self._account(known, key.address, Kind.KEYSTORE, label, now_s, secret_id)
            secret = Secret(secret_id, Kind.KEYSTORE, file, now_s, has_copy)
            changed = known.with_account(account).with_secret(secret)
            self._write_key(file, key, password)
            save_accounts(self.folder, changed)
            return account

    def watch(self, address: str, label: str, now_s: int) -> Account:
        """Show an address whose key is elsewhere. Raises WalletFault."""
        return self._add_public(parse_address(address), Kind.WATCH, "", label, now_s)

    def add_hardware(self, address: str, kind: Kind, path: str, label: str, now_s: int) -> Account:
        """Take up an account of a device, after it has shown the address. Raises WalletFault."""
        if kind not in HARDWARE:
            raise WalletFault("This is no kind of device.", "kind")
        return self._add_public(parse_address(address), kind, path, label, now_s)

    def _add_public(self, address: str, kind: Kind, path: str, label: str, now_s: int) -> Account:
        with self._changing() as known:
            account = replace(self._account(known, address, kind, label, now_s, ""), path=path)
            save_accounts(self.folder, known.with_account(account))
            return account

    @staticmethod
    def _account(
        known: Accounts, address: str, kind: Kind, label: str, now_s: int, secret_id: str
    ) -> Account:
        name = clean_text(label, "label") or f"Account {len(known.accounts) + 1}"
        account = Account(new_id(), name, address, kind, now_s, "", secret_id)
        known.with_account(account)
        return account

    # -- opening -------------------------------------------------------------------------------

    def open_key(self, account_id: str, password: str) -> SecretKey:
        """Return the key of an account for one use; drop it at once. Raises WalletFault."""
        known = self.accounts()
        account = known.get(account_id)
        if not account.secret:
            raise WalletFault("The key of this account is not in this wallet.", "account")
        key = self._open(known.secret(account.secret), password, account)
        if key.address != account.address:
            raise WalletFault("The wallet's files do not belong together; restore a backup.")
        return key

    def reveal_seed(self, seed_id: str, password: str) -> Seed:
        """Return a seed whose backup is not yet confirmed; after that never again."""
        secret = self.accounts().secret(seed_id)
        if secret.kind is not Kind.SEED:
            raise WalletFault("This key has no words; export it instead.", "seed")
        if secret.confirmed:
            raise WalletFault("This seed is backed up; its words are not shown again.", "seed")
        return self._open_seed(secret, password)

    def confirm_backup(self, secret_id: str) -> None:
        """Note that the owner holds a copy of a seed or key."""
        with self._changing() as known:
            secret = replace(known.secret(secret_id), confirmed=True)
            save_accounts(self.folder, known.with_secret(secret))

    def _open(self, secret: Secret, password: str, account: Account) -> SecretKey:
        if secret.kind is Kind.SEED:
            seed = self._open_seed(secret, password)
            return key_from_seed(seed.words, seed.passphrase, int(account.path.split("/")[-1]))
        path = self._path(secret.file)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise WalletFault(f"{path} cannot be read; restore it from a backup.") from None
        return decrypt_keystore(text, _usable(password), "The file of this key")

    def _open_seed(self, secret: Secret, password: str) -> Seed:
        path = self._path(secret.file)
        content = read_object(path)
        if content is None:
            raise WalletFault(f"{path} is missing; restore it from a backup or from the words.")
        return unseal(content, secret.id, _usable(password))

    # -- changes -------------------------------------------------------------------------------

    def rename(self, account_id: str, label: str) -> Account:
        """Give an account another label. Raises WalletFault."""
        with self._changing() as known:
            changed = known.with_label(account_id, label)
            save_accounts(self.folder, changed)
            return changed.get(account_id)

    def remove(self, account_id: str, password: str) -> None:
        """Forget an account. Raises WalletFault when its key would be lost with it.

        Where the file of a seed or key goes with its last account, the password is asked, and a
        confirmed backup.
        """
        with self._changing() as known:
            account = known.get(account_id)
            last = bool(account.secret) and len(known.of_secret(account.secret)) == 1
            if last:
                if known.backup(account) is not Backup.CONFIRMED:
                    raise WalletFault(
                        "This is the last account of a key without a confirmed backup; back it up "
                        "first, or its money is lost.",
                        "account",
                    )
                self._open(known.secret(account.secret), password, account)
            save_accounts(self.folder, known.without(account))
            if last:
                self._path(known.secret(account.secret).file).unlink(missing_ok=True)

    def change_password(self, old: str, new: str) -> None:
        """Encrypt all secrets anew. Raises WalletFault; then the old password holds still."""
        with self._changing() as known:
            if not known.secrets:
                raise WalletFault("The wallet holds no key, so it has no password.", "password")
            _strong(new, "new_password")
            changed, written = known, []
            try:
                for secret in known.secrets:
                    file = f"{secret.id}-{randomness.token_hex(4)}.json"
                    written.append(self._path(file))
                    self._rewrite(known, secret, old, new, file)
                    changed = changed.with_secret(replace(secret, file=file))
                save_accounts(self.folder, changed)
            except BaseException:
                for path in written:
                    path.unlink(missing_ok=True)
                raise
            for secret in known.secrets:
                self._path(secret.file).unlink(missing_ok=True)

    def _rewrite(self, known: Accounts, secret: Secret, old: str, new: str, file: str) -> None:
        if secret.kind is Kind.SEED:
            seed = self._open_seed(secret, old)
            write_object(self._path(file), seal(seed, secret.id, new, scrypt_n=self._scrypt_n))
            return
        key = self._open(secret, old, known.of_secret(secret.id)[0])
        self._write_key(file, key, new)

    def _write_key(self, file: str, key: SecretKey, password: str) -> None:
        write_text(self._path(file), encrypt_keystore(key, password, self._scrypt_n))

    def _check_password(self, known: Accounts, password: str) -> None:
        """Hold the password of a new secret to the wallet's."""
        if not known.secrets:
            _strong(password, "password")
            return
        secret = known.secrets[0]
        self._open(secret, password, known.of_secret(secret.id)[0])

    def _path(self, file: str) -> Path:
        return self.folder / "secrets" / file

    @contextmanager
    def _changing(self) -> Iterator[Accounts]:
        from filelock import FileLock, Timeout

        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as fault:
            raise WalletFault(f"{self.folder} cannot be made ({fault.strerror}).") from None
        lock = FileLock(self.folder / "lock", timeout=LOCK_TIMEOUT_S, mode=0o600)
        try:
            lock.acquire()
        except Timeout:
            raise WalletFault("The wallet is being changed elsewhere; try again.") from None
        try:
            yield self.accounts()
        finally:
            lock.release()


def new_id() -> str:
    """Return a fresh random id of an account or secret."""
    return randomness.token_hex(6)


def _usable(password: str) -> str:
    try:
        password.encode()
    except UnicodeEncodeError:
        raise WalletFault("This password holds signs that cannot be written.", "password") from None
    return password


def _strong(password: str, field: str) -> None:
    if len(_usable(password)) < MIN_PASSWORD_CHARS:
        raise WalletFault(f"Choose a password of at least {MIN_PASSWORD_CHARS} characters.", field)
