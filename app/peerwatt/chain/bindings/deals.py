"""Deals: standing agreements between two members, signed by both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from peerwatt.model.deals import DealKind, DealTerms

from .artefact import Artefact, load_artefact
from .layout import as_address, bits
from .wants import Want, word

_MEMBERS = (
    ("seller", "address"),
    ("buyer", "address"),
    ("kind", "uint8"),
    ("amount", "uint32"),
    ("needShare", "uint16"),
    ("price", "uint32"),
    ("start", "uint64"),
    ("end", "uint64"),
    ("rank", "uint8"),
    ("nonce", "uint256"),
)


@dataclass(frozen=True, slots=True)
class DealSignature:
    """A member's signature on a deal (EIP-712)."""

    v: int
    r: bytes
    s: bytes


class Deals:
    """The contract of direct deals at an address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.artefact: Artefact = load_artefact("Deals")

    def deal(self, deal_id: bytes) -> Want[DealTerms | None]:
        """A deal by its identity; ``None`` for an unknown one. The nonce is not kept."""
        layout, number = self.artefact.layout, int.from_bytes(deal_id, "big")
        slots = (layout.of("terms", number), layout.of("period", number))
        return Want(self.address, slots, lambda words: decode_deal(words[0], words[1]))

    def in_slot(self, seller: str, rank: int) -> Want[bytes | None]:
        """Identity of the deal in a seller's slot; ``None`` where it is free."""
        slot = self.artefact.layout.of("slots", seller, member=rank)
        return word(self.address, slot).map(lambda id_: id_.to_bytes(32, "big") if id_ else None)

    def needs(self, buyer: str) -> Want[int]:
        """Sum of the need shares of a buyer's deals, 1/10000."""
        return word(self.address, self.artefact.layout.of("needs", buyer))

    def served(self, seller: str) -> Want[int]:
        """Last interval for which a seller's deals were served; 0 before."""
        return word(self.address, self.artefact.layout.of("served", seller))

    def sign(self, deal: DealTerms, seller: DealSignature, buyer: DealSignature) -> bytes:
        """Data that sets a deal that both have signed; anyone may send it."""
        signatures = (seller.v, seller.r, seller.s, buyer.v, buyer.r, buyer.s)
        return self.artefact.calldata("sign", deal_values(deal), *signatures)

    def end(self, deal_id: bytes) -> bytes:
        """Data with which seller or buyer ends a deal from the next day (UTC) on."""
        return self.artefact.calldata("end", deal_id)

    def vacate(self, deal_id: bytes) -> bytes:
        """Data that frees the slot of a deal that is over."""
        return self.artefact.calldata("vacate", deal_id)

    def serve(self, seller: str, count: int) -> bytes:
        """Data that serves a seller's deals for up to 96 intervals; anyone may send it."""
        return self.artefact.calldata("serve", seller, count)

    @staticmethod
    def deployment(registry: str, meter: str, settlement: str) -> bytes:
        """Data that deploys the contract."""
        return load_artefact("Deals").deployment(registry, meter, settlement)


def deal_values(deal: DealTerms) -> tuple[object, ...]:
    """Return a deal as the contract takes it."""
    return (
        deal.seller,
        deal.buyer,
        int(deal.kind),
        deal.amount,
        deal.need_share,
        deal.price_micro,
        deal.start,
        deal.end,
        deal.rank,
        deal.nonce,
    )


def decode_deal(terms: int, period: int) -> DealTerms | None:
    """Unpack both words of a deal."""
    if not terms >> 255:
        return None
    return DealTerms(
        seller=as_address(terms),
        buyer=as_address(period),
        kind=DealKind(bits(terms, 241, 1)),
        amount=bits(terms, 160, 32),
        need_share=bits(terms, 224, 14),
        price_micro=bits(terms, 192, 32),
        start=bits(period, 160, 32),
        end=bits(period, 192, 32),
        rank=bits(terms, 238, 3),
    )


def typed_deal(contract: str, chain_id: int, deal: DealTerms) -> Mapping[str, object]:
    """Return the EIP-712 message that seller and buyer sign, as eth-account takes it."""
    values = deal_values(deal)
    return {
        "primaryType": "Deal",
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "Deal": [{"name": name, "type": kind} for name, kind in _MEMBERS],
        },
        "domain": {
            "name": "Peerwatt Deals",
            "version": "1",
            "chainId": chain_id,
            "verifyingContract": contract,
        },
        "message": {name: value for (name, _), value in zip(_MEMBERS, values, strict=True)},
    }
