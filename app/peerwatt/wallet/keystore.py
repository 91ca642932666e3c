"""The owner's key: a BIP-39 seed shown once, then a keystore V3 file that needs the password.

Derivation is BIP-44 ``m/44'/60'/0'/0/i``, as in other Ethereum wallets, so that the seed works
there too. The slow key derivation (scrypt) runs off the event loop.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Literal

from peerwatt.config.paths import write_private

from .secret import SecretKey, WalletFault

SCRYPT_N = 262_144
"""Cost of the password's derivation (about 1 s and 256 MB): the value other wallets use."""
MAX_KEYSTORE_BYTES = 16_384
_MAX_SCRYPT_BYTES = 1 << 30
"""Upper bound of n * r * 128 that is accepted from a file, bytes of memory."""


def new_seed(words: Literal[12, 24] = 12) -> str:
    """Return a fresh English BIP-39 seed of 12 or 24 words. Show it once, store it never."""
    from eth_account import Account

    Account.enable_unaudited_hdwallet_features()
    return str(Account.create_with_mnemonic(num_words=words)[1])


def key_from_seed(seed: str, passphrase: str = "", index: int = 0) -> SecretKey:
    """Derive account ``index`` from a seed. Raises WalletFault when it is no valid seed."""
    from eth_account import Account

    Account.enable_unaudited_hdwallet_features()
    words = " ".join(seed.lower().split())
    if len(words.split()) not in (12, 15, 18, 21, 24):
        raise WalletFault("A seed has 12 or 24 words; count them again.")
    try:
        account = Account.from_mnemonic(words, passphrase, f"m/44'/60'/0'/0/{index:d}")
    except Exception:
        # The library's message quotes the words.
        raise WalletFault(
            "These words are no valid seed; check their spelling and their order."
        ) from None
    return SecretKey(bytes(account.key))


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
    from eth_account import Account

    if path.exists():
        raise WalletFault(f"{path} exists already; keys are never overwritten.")
    content = Account.encrypt(key.reveal(), password, kdf="scrypt", iterations=scrypt_n)
    write_private(path, json.dumps(content, indent=1) + "\n")


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
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise WalletFault(f"There is no keystore at {path}.") from None
    except OSError as fault:
        raise WalletFault(f"{path} cannot be read ({fault.strerror}).") from None
    except ValueError:
        content = None
    if not isinstance(content, dict) or content.get("version") != 3:
        raise WalletFault(f"{path} is no keystore of version 3.")
    return content


def _decrypt(path: Path, password: str) -> SecretKey:
    from eth_account import Account
    from eth_keyfile.exceptions import EthKeyfileException

    content = _read(path)
    _check_cost(path, content)
    try:
        key = SecretKey(bytes(Account.decrypt(content, password)))
    except EthKeyfileException:
        raise WalletFault(f"The password does not open {path}.") from None
    except (ArithmeticError, KeyError, TypeError, ValueError):
        raise WalletFault(f"{path} is damaged; restore it from a backup or the seed.") from None
    named = content.get("address")
    if isinstance(named, str) and int(named, 16) != int(key.address, 16):
        raise WalletFault(f"{path} holds another key than it says; do not use it.")
    return key


def _check_cost(path: Path, content: dict[str, object]) -> None:
    """Refuse a file whose derivation would take all memory."""
    crypto = content.get("crypto") or content.get("Crypto")
    params = crypto.get("kdfparams") if isinstance(crypto, dict) else None
    if not isinstance(params, dict):
        raise WalletFault(f"{path} is damaged; restore it from a backup or the seed.")
    n, r = params.get("n", 1), params.get("r", 1)
    if not isinstance(n, int) or not isinstance(r, int) or n * r * 128 > _MAX_SCRYPT_BYTES:
        raise WalletFault(f"{path} asks for too much memory to be opened.")
