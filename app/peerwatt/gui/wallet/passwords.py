"""The wallet's password in a form: asked once where there is one, chosen twice where not."""

from __future__ import annotations

from collections.abc import Callable

from ..words import translate
from .fields import Field, Row, SecretField

MakeRow = Callable[[str, Field, str], Row]


class PasswordRows:
    """One row, or two for a password that is being chosen."""

    def __init__(self, row: MakeRow, choosing: bool, part: str = "password") -> None:
        self._choosing = choosing
        if choosing:
            name = translate("Passwords", "New password of the wallet")
            note = translate(
                "Passwords",
                "At least 8 characters. Nobody can reset it: without it only the backup helps.",
            )
        else:
            name, note = translate("Passwords", "Password of the wallet"), ""
        self.first = SecretField(name)
        self.rows = [row(part, self.first, note)]
        self.second = SecretField(translate("Passwords", "The same once more"))
        if choosing:
            self.rows.append(row(f"{part}.again", self.second, ""))

    def take(self) -> str | None:
        """Return the password and forget it; ``None``, with words at the field, where it lacks."""
        first, second = self.first.take(), self.second.take()
        if not first:
            self.rows[0].say(translate("Passwords", "Enter the password of your wallet."))
        elif self._choosing and first != second:
            self.rows[1].say(translate("Passwords", "The two passwords differ; enter both again."))
        else:
            return first
        self.first.setFocus()
        return None
