"""Personal messages (EIP-191) on the sign screen: readable text as it is, the rest as unknown."""

from __future__ import annotations

import unicodedata

from ..address import keccak
from .arguments import bytes_text
from .parts import Line, Meaning, Risk

MAX_MESSAGE_BYTES = 32_768
_HASH_BYTES = 32


def message_digest(message: bytes) -> bytes:
    """Return the 32 bytes that are signed for a personal message (EIP-191, version 0x45)."""
    return keccak(b"\x19Ethereum Signed Message:\n" + str(len(message)).encode() + message)


def describe_message(message: bytes) -> Meaning:
    """Return what signing a message would mean."""
    text = _readable(message)
    if text is None:
        why = "This is no text that people read."
        if len(message) == _HASH_BYTES:
            why = "This looks like the hash of something else: what it allows cannot be seen."
        lines = (Line("Bytes", bytes_text(message), "bytes"),)
        return Meaning(
            "message.bytes", "Sign bytes of unknown meaning", Risk.UNKNOWN, lines, (why,)
        )
    lines = (Line("Message", text),)
    warnings = ("With it you prove to whoever gets it that this account is yours.",)
    return Meaning("message.text", "Sign a message", Risk.CAREFUL, lines, warnings)


def _readable(message: bytes) -> str | None:
    """Return the text of a message; ``None`` when it holds signs that do not show or mislead."""
    try:
        text = message.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if not text.strip():
        return None
    bad = (unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs", "Cn") for char in text)
    allowed = (char in "\n\t" for char in text)
    return None if any(b and not a for b, a in zip(bad, allowed, strict=True)) else text
