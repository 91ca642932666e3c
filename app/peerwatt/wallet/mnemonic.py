"""Seeds as words (BIP-39, English) and the accounts that they derive (BIP-32, BIP-44).

Every wallet derives ``m/44'/60'/0'/0/i``, so the words work elsewhere too. Faults name the place
of a wrong word, never the words: what is typed here is a secret, also when it is mistyped.
"""

from __future__ import annotations

from typing import Literal

from .secret import SecretKey, WalletFault

WORD_COUNTS = (12, 15, 18, 21, 24)
MAX_INDEX = (1 << 31) - 1
_LEAST_LETTERS = 4
"""All words of the list differ in their first four letters (BIP-39)."""


def new_seed(words: Literal[12, 24] = 12) -> str:
    """Return a fresh English seed of 12 or 24 words. Show it once, store it encrypted only."""
    from eth_account.hdaccount.mnemonic import Mnemonic

    return str(Mnemonic().generate(words))


def check_seed(text: str) -> str:
    """Return the words in their full form, one space between them.

    Words may be cut to four letters. Raises WalletFault with field ``words``, or ``words.3`` for
    the third word.
    """
    from eth_account.hdaccount.mnemonic import Mnemonic

    words = text.lower().split()
    if len(words) not in WORD_COUNTS:
        raise WalletFault(
            f"A seed has 12 or 24 words; count them again: these are {len(words)}.", "words"
        )
    library = Mnemonic()
    full = [_full(word, library.wordlist) for word in words]
    wrong = [place for place, word in enumerate(full, 1) if word is None]
    if wrong:
        places = ", ".join(str(place) for place in wrong)
        raise WalletFault(
            f"Not in the list of seed words: word {places} of {len(words)}; check the spelling.",
            f"words.{wrong[0]}",
        )
    seed = " ".join(word or "" for word in full)
    if not library.is_mnemonic_valid(seed):
        raise WalletFault(
            "All words are known, but these words are no valid seed: their checksum is wrong, so a "
            "word is mistaken for another or their order is wrong.",
            "words",
        )
    return seed


def _full(word: str, wordlist: list[str]) -> str | None:
    if word in wordlist:
        return word
    if len(word) < _LEAST_LETTERS:
        return None
    return next((known for known in wordlist if known.startswith(word)), None)


def account_path(index: int) -> str:
    """Return the path of account ``index`` (BIP-44 with coin type 60). Raises WalletFault."""
    if not 0 <= index <= MAX_INDEX:
        raise WalletFault("There is no account of this number.", "index")
    return f"m/44'/60'/0'/0/{index}"


def seed_bytes(seed: str, passphrase: str = "") -> bytes:
    """Return the 64 bytes that checked words and a passphrase stand for (BIP-39)."""
    from eth_account.hdaccount.mnemonic import Mnemonic

    return bytes(Mnemonic.to_seed(seed, passphrase))


def key_from_seed(seed: str, passphrase: str = "", index: int = 0) -> SecretKey:
    """Derive account ``index`` from a seed. Raises WalletFault when it is no valid seed."""
    from eth_account.hdaccount.deterministic import HDPath

    path = account_path(index)
    return SecretKey(bytes(HDPath(path).derive(seed_bytes(check_seed(seed), passphrase))))
