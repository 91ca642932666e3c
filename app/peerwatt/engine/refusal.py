"""How the engine refuses what the API asks for."""

from __future__ import annotations


class ApiRefusal(Exception):
    """A command or request cannot be served; the sentence says what to do."""

    def __init__(self, sentence: str, status: int = 409) -> None:
        super().__init__(sentence)
        self.status = status
