"""Flexibility: the grid operator's requests, the offers on them and what was paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from peerwatt.model.flexibility import Direction, FlexOffer, FlexRequest, OfferState
from peerwatt.model.verified import Proven

from .artefact import Artefact, load_artefact
from .layout import as_address, bits, signed
from .wants import Reader, Want, fetch, together, word


@dataclass(frozen=True, slots=True)
class RequestOnChain:
    """A request with what has become of it."""

    request: FlexRequest
    dso: str
    is_awarded: bool
    is_closed: bool
    awarded_wh: int
    awards: int
    verified_awards: int
    escrow_micro: int


class Flexibility:
    """The flexibility contract at an address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.artefact: Artefact = load_artefact("Flexibility")

    def request_count(self) -> Want[int]:
        """Number of requests; they are numbered from 0."""
        return word(self.address, self.artefact.layout.slot("request_count"))

    def request_at(self, request_id: int) -> Want[RequestOnChain | None]:
        """A request; ``None`` where there is none."""
        layout = self.artefact.layout
        slots = tuple(layout.of("requests", request_id, member=i) for i in range(3))
        return Want(self.address, slots, lambda words: decode_request(request_id, words))

    def offer_of(self, request_id: int, member: str) -> Want[FlexOffer | None]:
        """A member's offer; ``None`` where there is none."""
        slot = self.artefact.layout.of("offers", request_id, member)
        return word(self.address, slot).map(lambda value: decode_offer(request_id, member, value))

    def bond_micro_per_kwh(self, request_id: int) -> Want[int]:
        """What each kWh offered puts up; 0 for a request without a bond."""
        return word(self.address, self.artefact.layout.of("bonds", request_id))

    def bond_held_micro(self, request_id: int, member: str) -> Want[int]:
        """What an offer's bond holds now, micro-units."""
        return word(self.address, self.artefact.layout.of("bond_held", request_id, member))

    def offer_count(self, request_id: int) -> Want[int]:
        """Number of members that offered on a request."""
        return word(self.address, self.artefact.layout.of("offer_count", request_id))

    def offer_member(self, request_id: int, index: int) -> Want[str]:
        """Address of the member behind an offer."""
        slot = self.artefact.layout.of("offer_member", request_id, index)
        return word(self.address, slot).map(as_address)

    async def offers(
        self, reader: Reader, request_id: int, block: int | None = None
    ) -> Proven[tuple[FlexOffer, ...]]:
        """Return all offers on a request, in their order, proven at one block."""
        count = await fetch(reader, self.offer_count(request_id), block)
        at = count.block_number
        numbered = {i: self.offer_member(request_id, i) for i in range(count.value)}
        members = (await fetch(reader, together(numbered, self.address), at)).value
        wants = {i: self.offer_of(request_id, member) for i, member in members.items()}
        found = (await fetch(reader, together(wants, self.address), at)).value
        offers = tuple(offer for offer in found.values() if offer is not None)
        return Proven(offers, at, count.block_time_s)

    def request(self, wanted: FlexRequest) -> bytes:
        """Data of a request; only for the DSO. Its number is given by the contract."""
        return self.artefact.calldata("request", *_terms(wanted))

    def request_bonded(self, wanted: FlexRequest, bond_micro_per_kwh: int) -> bytes:
        """Data of a request whose offers put up a bond: a shortfall may take from it."""
        return self.artefact.calldata("request_bonded", *_terms(wanted), bond_micro_per_kwh)

    def return_bond(self, request_id: int, member: str) -> bytes:
        """Data that gives back a bond that secures nothing; anyone may send it."""
        return self.artefact.calldata("return_bond", request_id, member)

    def offer(self, offer: FlexOffer) -> bytes:
        """Data of an offer by its member or the member's agent."""
        return self.artefact.calldata(
            "offer",
            offer.request_id,
            offer.quantity_wh,
            offer.price_micro_per_kwh,
            offer.baseline_wh,
        )

    def award(self, request_id: int, awards: Mapping[str, int]) -> bytes:
        """Data that awards quantities (Wh) to members; only for the DSO that asked."""
        return self.artefact.calldata("award", request_id, list(awards), list(awards.values()))

    def verify(self, request_id: int, member: str) -> bytes:
        """Data that verifies and pays an awarded offer; anyone may send it."""
        return self.artefact.calldata("verify", request_id, member)

    def close(self, request_id: int) -> bytes:
        """Data that returns what is left of the escrow; anyone may send it."""
        return self.artefact.calldata("close", request_id)

    @staticmethod
    def deployment(credit: str, registry: str, meter: str) -> bytes:
        """Data that deploys the contract."""
        return load_artefact("Flexibility").deployment(credit, registry, meter)


def _terms(wanted: FlexRequest) -> tuple[int, ...]:
    return (
        wanted.zone,
        int(wanted.direction),
        wanted.first_interval,
        wanted.interval_count,
        wanted.quantity_wh,
        wanted.max_price_micro_per_kwh,
        wanted.penalty_micro_per_kwh,
        wanted.offer_deadline_s,
    )


def decode_request(request_id: int, words: Sequence[int]) -> RequestOnChain | None:
    """Unpack (terms, status, escrow) of a request."""
    terms, status, escrow = words
    if not terms >> 255:
        return None
    request = FlexRequest(
        request_id=request_id,
        zone=bits(terms, 200, 8),
        direction=Direction(bits(terms, 208, 1)),
        first_interval=bits(terms, 96, 48),
        interval_count=bits(terms, 192, 8),
        quantity_wh=bits(terms, 0, 32),
        max_price_micro_per_kwh=bits(terms, 32, 32),
        penalty_micro_per_kwh=bits(terms, 64, 32),
        offer_deadline_s=bits(terms, 144, 48),
    )
    return RequestOnChain(
        request=request,
        dso=as_address(status),
        is_awarded=bool(bits(status, 255, 1)),
        is_closed=bool(bits(status, 254, 1)),
        awarded_wh=bits(status, 160, 32),
        awards=bits(status, 192, 8),
        verified_awards=bits(status, 200, 8),
        escrow_micro=escrow,
    )


def decode_offer(request_id: int, member: str, value: int) -> FlexOffer | None:
    """Unpack an offer; its state is OFFERED, AWARDED or VERIFIED."""
    if not bits(value, 255, 1):
        return None
    state = OfferState.OFFERED
    if bits(value, 253, 1):
        state = OfferState.VERIFIED
    elif bits(value, 254, 1):
        state = OfferState.AWARDED
    return FlexOffer(
        request_id=request_id,
        member=member,
        quantity_wh=bits(value, 0, 32),
        price_micro_per_kwh=bits(value, 32, 32),
        baseline_wh=signed(bits(value, 64, 64), 64),
        state=state,
        awarded_wh=bits(value, 128, 32),
        delivered_wh=bits(value, 160, 32),
        paid_micro=bits(value, 192, 56),
    )
