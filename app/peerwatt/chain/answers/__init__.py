"""JSON-RPC answers made of proven values only, whatever asks for them (web3.py, a script)."""

from __future__ import annotations

from peerwatt.model.verified import ChainFault

NOT_SUPPORTED = -32004
"""EIP-1474, method not supported; web3 replaces the words of other codes by its own."""
INVALID_PARAMS = -32602
UNPROVEN = -32000
REVERTED = 3
"""The code that nodes give a reverted call, which clients recognise."""


class AnswerFault(ChainFault):
    """An error answer: JSON-RPC code, one sentence, optional data (0x hex of a revert)."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data
