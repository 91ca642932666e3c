"""Messages about proof files: which value of the screen is wanted, and the file that proves it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from .base import Message
from .wallet_messages import Address, Hash

Interval = Annotated[int, Field(ge=0, lt=2**48)]
"""Number of a market interval of 15 min since 1970."""


Reach = Annotated[int, Field(ge=0, le=2)]
"""Which book: 0 the own zone's, 1 its parent's, 2 the parent's parent's."""


class CreditProof(Message):
    """What an account holds of the community's credits; the member's where none is named."""

    of: Literal["credit"] = "credit"
    holder: Address | None = None


class SupplyProof(Message):
    """All credits there are."""

    of: Literal["supply"] = "supply"


class EscrowProof(Message):
    """Our account with the market, and the orders that hold its escrow."""

    of: Literal["escrow"] = "escrow"


class AgentProof(Message):
    """Limits of the house's own key, and what it used of them today."""

    of: Literal["agent"] = "agent"


class OrderProof(Message):
    """Our orders for the hour that holds an interval."""

    of: Literal["order"] = "order"
    interval: Interval


class BookProof(Message):
    """Everybody's orders for an interval, summed at each price, and the price that cleared them."""

    of: Literal["book"] = "book"
    interval: Interval
    reach: Reach = 0


class ClearingProof(Message):
    """Price and volume of a cleared interval."""

    of: Literal["clearing"] = "clearing"
    interval: Interval
    reach: Reach = 0


class SettledProof(Message):
    """What an interval meant for us: events that told it, readings, orders, results and terms."""

    of: Literal["settled"] = "settled"
    interval: Interval


class RequestProof(Message):
    """A request of the grid operator, and our offer on it."""

    of: Literal["request"] = "request"
    request_id: Annotated[int, Field(ge=0, lt=2**64)]


class MeterProof(Message):
    """Newest register of our meter on chain."""

    of: Literal["meter"] = "meter"


class AccountProof(Message):
    """An account's balance in the chain's own coin, and its nonce."""

    of: Literal["account"] = "account"
    address: Address | None = None


class ReceiptProof(Message):
    """Whether a transaction succeeded, and the events it left."""

    of: Literal["receipt"] = "receipt"
    transaction_hash: Hash


ProofOf = Annotated[
    CreditProof
    | SupplyProof
    | EscrowProof
    | AgentProof
    | OrderProof
    | BookProof
    | ClearingProof
    | SettledProof
    | RequestProof
    | MeterProof
    | AccountProof
    | ReceiptProof,
    Field(discriminator="of"),
]


class ProofRequest(Message):
    """Body of ``POST /v1/proof``: all values are proven at one block, events in their own."""

    items: Annotated[tuple[ProofOf, ...], Field(min_length=1, max_length=32)]


class ProofFile(Message):
    """A proof file ready to be saved; ``peerwatt chain verify`` checks it without a connection."""

    name: str
    """A name for the file."""
    block_number: int
    document: dict[str, Any]
