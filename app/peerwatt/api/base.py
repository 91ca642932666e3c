"""What every message of the local API is made from."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """Base: frozen and strict about unknown fields, so that a typo is an error on both sides."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TrustMark(StrEnum):
    """How far a chain value is proven; ``unverified`` is said, never hidden."""

    VERIFIED = "verified"
    PENDING = "pending"
    UNVERIFIED = "unverified"
    CONTRADICTED = "contradicted"


class ChainValue(Message):
    """An integer read from the chain with its proof state."""

    value: int | None
    mark: TrustMark
    block_number: int | None = None
    block_time_s: int | None = None
