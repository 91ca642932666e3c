"""A seed at rest: scrypt from the password, then AES-256-GCM over the words.

Both come from libraries (hashlib's OpenSSL, pycryptodome); the header is authenticated with the
words, so that a file whose parameters were changed does not open.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import Any

from .keystore import SCRYPT_N
from .secret import WalletFault

_R, _P = 8, 1
_MAX_MEMORY_BYTES = 1 << 30
_NONCE_BYTES = 12
_TAG_BYTES = 16


@dataclass(frozen=True, slots=True)
class Seed:
    """The words of a seed and its optional passphrase (BIP-39)."""

    words: str
    passphrase: str = ""

    def __repr__(self) -> str:
        return f"<Seed of {len(self.words.split())} words>"


def seal(seed: Seed, secret_id: str, password: str, *, scrypt_n: int = SCRYPT_N) -> dict[str, Any]:
    """Return the content of an encrypted seed file. Blocks for about a second."""
    from Crypto.Cipher import AES

    salt, nonce = os.urandom(16), os.urandom(_NONCE_BYTES)
    header: dict[str, Any] = {
        "version": 1,
        "kind": "seed",
        "id": secret_id,
        "kdf": {"name": "scrypt", "n": scrypt_n, "r": _R, "p": _P, "salt": salt.hex()},
        "cipher": {"name": "aes-256-gcm", "nonce": nonce.hex()},
    }
    cipher = AES.new(_key(header["kdf"], password), AES.MODE_GCM, nonce=nonce, mac_len=_TAG_BYTES)
    cipher.update(_canonical(header))
    plain = json.dumps({"words": seed.words, "passphrase": seed.passphrase}).encode()
    sealed, tag = cipher.encrypt_and_digest(plain)
    return {**header, "sealed": sealed.hex(), "tag": tag.hex()}


def unseal(content: dict[str, Any], secret_id: str, password: str) -> Seed:
    """Return the seed of a file's content. Raises WalletFault: wrong password or damaged."""
    from Crypto.Cipher import AES

    header = {key: content.get(key) for key in ("version", "kind", "id", "kdf", "cipher")}
    try:
        if (header["kind"], header["id"]) != ("seed", secret_id):
            raise ValueError
        names = (content["kdf"]["name"], content["cipher"]["name"])
        if names != ("scrypt", "aes-256-gcm"):
            raise ValueError
        nonce = bytes.fromhex(content["cipher"]["nonce"])
        sealed, tag = bytes.fromhex(content["sealed"]), bytes.fromhex(content["tag"])
        if len(nonce) != _NONCE_BYTES or len(tag) != _TAG_BYTES:
            raise ValueError
        key = _key(content["kdf"], password)
    except (KeyError, TypeError, ValueError, MemoryError):
        raise WalletFault(
            "The file of this seed is damaged; restore it from a backup or from the words."
        ) from None
    cipher = AES.new(key, AES.MODE_GCM, nonce=nonce, mac_len=_TAG_BYTES)
    cipher.update(_canonical(header))
    try:
        plain = json.loads(cipher.decrypt_and_verify(sealed, tag))
    except ValueError:
        raise WalletFault(
            "The password is wrong (or the file of this seed was changed).", "password"
        ) from None
    return Seed(str(plain["words"]), str(plain["passphrase"]))


def _key(kdf: dict[str, Any], password: str) -> bytes:
    n, r, p = int(kdf["n"]), int(kdf["r"]), int(kdf["p"])
    memory = 128 * n * r
    if not 0 < memory <= _MAX_MEMORY_BYTES or not 0 < p <= 4:
        raise ValueError("the cost is out of bounds")
    salt = bytes.fromhex(kdf["salt"])
    # OpenSSL counts a little more than the table itself.
    return hashlib.scrypt(
        password.encode(), salt=salt, n=n, r=r, p=p, maxmem=memory + (1 << 20), dklen=32
    )


def _canonical(header: dict[str, Any]) -> bytes:
    return json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
