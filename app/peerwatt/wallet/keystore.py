"""Keystore V3 files: one key behind a password, as every Ethereum wallet reads and writes them.

The slow key derivation (scrypt) runs off the event loop; the signer's process has none and calls
the blocking functions.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from peerwatt.config.paths import write_private

from .files import parse_json
from .mnemonic import key_from_seed, new_seed
from .secret import SecretKey, WalletFault

__all__ = [
    "SCRYPT_N",
    "decrypt_keystore",
    "encrypt_keystore",
    "key_from_seed",
    "keystore_address",
    "load_keystore",
    "new_seed",
    "save_keystore",
]

SCRYPT_N = 262_144
"""Cost of the password's derivation (about 1 s and 256 MB): the value other wallets use."""
MAX_KEYSTORE_BYTES = 16_384
_MAX_SCRYPT_BYTES = 1 << 30
"""Upper bound of n * r * 128 that is accepted from a file, bytes of memory."""
_MAX_SCRYPT_PASSES = 16
_MAX_PBKDF2_ROUNDS = 10_000_000


async def save_keystore(
    path: Path, key: SecretKey, password: str, *, scrypt_n: int = SCRYPT_N
) -> None:
    """Encrypt a key into a keystore V3 file, readable by its owner only.

    Raises WalletFault when the password is empty or a file exists: keys are never overwritten.
    """
    if not password:
        raise WalletFault("A keystore needs a password.")
    await asyncio.to_thread(_save, path, key, password, scrypt_n)


def _save(path: Path, key: SecretKey, password: str, scrypt_n: int) -> None:
    if path.exists():
        raise WalletFault(f"{path} exists already; keys are never overwritten.")
    write_private(path, encrypt_keystore(key, password, scrypt_n))


def encrypt_keystore(key: SecretKey, password: str, scrypt_n: int = SCRYPT_N) -> str:
    """Return the text of a keystore. Blocks for about a second."""
    from eth_account import Account

    content = Account.encrypt(key.reveal(), password, kdf="scrypt", iterations=scrypt_n)
    return json.dumps(content, indent=1) + "\n"


async def load_keystore(path: Path, password: str) -> SecretKey:
    """Decrypt a keystore V3 file. Raises WalletFault: wrong password, damaged or no file."""
    return await asyncio.to_thread(_decrypt, path, password)


def keystore_address(path: Path) -> str | None:
    """Return the address that a keystore names without opening it; ``None`` where it does not.

    Nothing proves it until the keystore is opened.
    """
    address = _read(path).get("address")
    return f"0x{address.removeprefix('0x')}" if isinstance(address, str) else None


def _read(path: Path) -> dict[str, object]:
    try:
        if path.stat().st_size > MAX_KEYSTORE_BYTES:
            raise WalletFault(f"{path} is no keystore: it is too large.")
        return _content(path.read_bytes(), str(path))
    except FileNotFoundError:
        raise WalletFault(f"There is no keystore at {path}.") from None
    except OSError as fault:
        raise WalletFault(f"{path} cannot be read ({fault.strerror}).") from None


def _content(text: bytes | str, name: str) -> dict[str, object]:
    try:
        content = parse_json(text)
    except ValueError:
        content = None
    if not isinstance(content, dict) or content.get("version") != 3:
        raise WalletFault(f"{name} is no keystore of version 3.", "keystore")
    return content


def _decrypt(path: Path, password: str) -> SecretKey:
    return _opened(_read(path), password, str(path))


def decrypt_keystore(text: str, password: str, name: str = "This file") -> SecretKey:
    """Open the text of a keystore. Blocks for about a second. Raises WalletFault."""
    if len(text) > MAX_KEYSTORE_BYTES:
        raise WalletFault(f"{name} is no keystore: it is too large.", "keystore")
    return _opened(_content(text, name), password, name)


def _opened(content: dict[str, object], password: str, path: str) -> SecretKey:
    from eth_account import Account
    from eth_keyfile.exceptions import EthKeyfileException

    _check_cost(path, content)
    try:
        key = SecretKey(bytes(Account.decrypt(content, password)))
    except EthKeyfileException:
        raise WalletFault(f"The password does not open {path}.", "password") from None
    except (ArithmeticError, KeyError, TypeError, ValueError):
        raise WalletFault(f"{path} is damaged; restore it from a backup or the seed.") from None
    named = content.get("address")
    if isinstance(named, str) and not _same(named, key.address):
        raise WalletFault(f"{path} holds another key than it says; do not use it.")
    return key


def _same(named: str, address: str) -> bool:
    return named.lower().removeprefix("0x") == address.lower().removeprefix("0x")


def _check_cost(path: str, content: dict[str, object]) -> None:
    """Refuse a file whose derivation would take all memory."""
    crypto = content.get("crypto") or content.get("Crypto")
    params = crypto.get("kdfparams") if isinstance(crypto, dict) else None
    if not isinstance(params, dict):
        raise WalletFault(f"{path} is damaged; restore it from a backup or the seed.")
    n, r, p, rounds = (params.get(name, 1) for name in ("n", "r", "p", "c"))
    costs = (n, r, p, rounds)
    if not all(isinstance(cost, int) and 0 < cost < 1 << 40 for cost in costs):
        raise WalletFault(f"{path} is damaged; restore it from a backup or the seed.")
    if n * r * 128 > _MAX_SCRYPT_BYTES:
        raise WalletFault(f"{path} asks for too much memory to be opened.")
    if p > _MAX_SCRYPT_PASSES or rounds > _MAX_PBKDF2_ROUNDS:
        raise WalletFault(f"{path} asks for too much time to be opened.")
