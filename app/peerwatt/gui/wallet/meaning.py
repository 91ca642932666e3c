"""What the signer says a signature would do, as typed values of the window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PAYMENTS = {"Credit.transfer", "Credit.transferFrom", "coin.transfer"}
"""Meanings in which money goes to somebody; calls that nobody knows count as such, too."""


@dataclass(frozen=True, slots=True)
class Line:
    """One labelled line; ``kind`` says how it is set (text, address, amount, bytes, …)."""

    label: str
    text: str
    kind: str
    address: str | None


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a signature would do, and the digest that stands for exactly this."""

    code: str
    title: str
    risk: str
    """ordinary, careful or unknown."""
    lines: tuple[Line, ...]
    warnings: tuple[str, ...]
    recipient: str | None
    digest: str

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> Meaning:
        """Return the answer to ``describe``."""
        content = answer["meaning"]
        return cls(
            code=str(content["code"]),
            title=str(content["title"]),
            risk=str(content["risk"]),
            lines=tuple(
                Line(str(one["label"]), str(one["text"]), str(one["kind"]), one["address"])
                for one in content["lines"]
            ),
            warnings=tuple(content["warnings"]),
            recipient=content["recipient"],
            digest=str(answer["digest"]),
        )

    @property
    def is_unknown(self) -> bool:
        """Whether nobody here knows what it does."""
        return self.risk == "unknown"

    @property
    def is_payment(self) -> bool:
        """Whether money goes to its recipient, as far as anybody can tell."""
        return self.code in PAYMENTS or self.is_unknown
