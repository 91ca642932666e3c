"""Where the agent's key is kept: the OS keyring, else an encrypted file that the owner chose.

The agent trades on its own, so its key must open without a password on each use; what it may do
is bounded by the contract and by :mod:`peerwatt.wallet.policy`. It is never stored in plain text.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from .keystore import SCRYPT_N, load_keystore, save_keystore
from .secret import SecretKey, WalletFault

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

log = logging.getLogger(__name__)

SERVICE = "peerwatt"


class AgentKeyStore(Protocol):
    """A place for one agent key."""

    @property
    def place(self) -> str:
        """Words for the screen: where the key is."""

    async def load(self) -> SecretKey | None:
        """Return the key, or ``None`` when there is none yet. Raises WalletFault."""

    async def save(self, key: SecretKey) -> None:
        """Store a first key. Raises WalletFault when there is one already."""

    async def remove(self) -> None:
        """Forget the key, for example after it was revoked on chain."""


class KeyringKeyStore:
    """The OS keyring (Secret Service, KWallet, macOS Keychain, Windows Credential Locker)."""

    def __init__(self, site: str, backend: KeyringBackend | None = None) -> None:
        self._name = f"agent:{site}"
        self._given = backend

    @property
    def place(self) -> str:
        """Words for the screen."""
        return "keyring of this computer"

    def _backend(self) -> KeyringBackend:
        import keyring

        backend = self._given or keyring.get_keyring()
        kind = type(backend)
        # Plain-text and null backends call themselves keyrings too.
        if backend.priority < 1 or "plaintext" in kind.__name__.lower():
            raise WalletFault(
                "This computer has no keyring that protects keys; "
                "choose an encrypted key file for the agent instead."
            )
        return backend

    async def load(self) -> SecretKey | None:
        """Return the key, or ``None`` when there is none yet."""
        text = await asyncio.to_thread(self._get)
        if text is None:
            return None
        try:
            return SecretKey(bytes.fromhex(text))
        except ValueError:
            raise WalletFault(
                "The agent's key in the keyring is damaged; make a new one."
            ) from None

    async def save(self, key: SecretKey) -> None:
        """Store a first key."""
        if await self.load() is not None:
            raise WalletFault("The keyring holds an agent key already; remove it first.")
        await asyncio.to_thread(self._set, key.reveal().hex())

    async def remove(self) -> None:
        """Forget the key."""
        await asyncio.to_thread(self._delete)

    def _get(self) -> str | None:
        from keyring.errors import KeyringError

        try:
            return self._backend().get_password(SERVICE, self._name)
        except KeyringError:
            raise WalletFault("The keyring is locked or does not answer; unlock it.") from None

    def _set(self, text: str) -> None:
        from keyring.errors import KeyringError

        try:
            self._backend().set_password(SERVICE, self._name, text)
        except KeyringError:
            raise WalletFault("The keyring did not take the agent's key; unlock it.") from None

    def _delete(self) -> None:
        from keyring.errors import KeyringError

        try:
            self._backend().delete_password(SERVICE, self._name)
        except KeyringError:
            log.info("The keyring held no agent key to remove.")


class FileKeyStore:
    """An encrypted keystore file; the passphrase comes from the owner and is not kept on disk."""

    def __init__(self, path: Path, passphrase: str, *, scrypt_n: int = SCRYPT_N) -> None:
        self._path = path
        self._passphrase = passphrase
        self._scrypt_n = scrypt_n

    @property
    def place(self) -> str:
        """Words for the screen."""
        return f"encrypted file {self._path.name}"

    async def load(self) -> SecretKey | None:
        """Return the key, or ``None`` when there is no file yet."""
        if not self._path.exists():
            return None
        return await load_keystore(self._path, self._passphrase)

    async def save(self, key: SecretKey) -> None:
        """Store a first key."""
        await save_keystore(self._path, key, self._passphrase, scrypt_n=self._scrypt_n)

    async def remove(self) -> None:
        """Forget the key."""
        self._path.unlink(missing_ok=True)

    def __repr__(self) -> str:
        return f"FileKeyStore({self._path})"


async def load_or_create(store: AgentKeyStore) -> tuple[SecretKey, bool]:
    """Return the agent's key and whether it was made just now (then it must be authorised)."""
    key = await store.load()
    if key is not None:
        return key, False
    key = await asyncio.to_thread(SecretKey.new)
    await store.save(key)
    return key, True
