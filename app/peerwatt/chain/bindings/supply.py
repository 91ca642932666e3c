"""Supply: suppliers' offers and members' subscriptions with what is due."""

from __future__ import annotations

from collections.abc import Sequence

from peerwatt.model.supply import Account, Offer

from .artefact import Artefact, load_artefact
from .layout import as_address
from .wants import Want, word


class Supply:
    """The automated supplier's contract at an address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.artefact: Artefact = load_artefact("Supply")

    def offer_count(self) -> Want[int]:
        """Number of offers; they are numbered from 1."""
        return word(self.address, self.artefact.layout.slot("offer_count"))

    def offer(self, number: int) -> Want[Offer | None]:
        """An offer, open or not; ``None`` where there is none."""
        slots = tuple(self.artefact.layout.of("offers", number, member=i) for i in range(5))
        return Want(self.address, slots, lambda words: _offer(number, words))

    def is_open(self, number: int) -> Want[bool]:
        """Whether an offer takes members."""
        return word(self.address, self.artefact.layout.of("offers", number, member=5)).map(bool)

    def account(self, member: str) -> Want[Account]:
        """A member's subscription; a stranger's is empty."""
        layout = self.artefact.layout
        slots = tuple(layout.of("subscriptions", member, member=i) for i in range(8))
        return Want(self.address, slots, _account)

    def publish(self, offer: Offer) -> bytes:
        """Data of a new offer by a supplier; number and supplier of ``offer`` are not sent."""
        return self.artefact.calldata(
            "publish",
            offer.retail_micro_per_kwh,
            offer.feed_in_micro_per_kwh,
            offer.monthly_fee_micro,
            offer.warn_below_micro,
        )

    def close_offer(self, number: int) -> bytes:
        """Data with which a supplier takes no more members on an offer."""
        return self.artefact.calldata("close_offer", number)

    def choose(self, number: int) -> bytes:
        """Data with which a member takes an offer from the next period on."""
        return self.artefact.calldata("choose", number)

    def bill(self, member: str) -> bytes:
        """Data that draws a member's fees and settles its state; anyone may send it."""
        return self.artefact.calldata("bill", member)

    @staticmethod
    def deployment(registry: str, market: str) -> bytes:
        """Data that deploys the contract."""
        return load_artefact("Supply").deployment(registry, market)


def _offer(number: int, words: Sequence[int]) -> Offer | None:
    supplier, retail, feed_in, fee, warn_below = words
    if not supplier:
        return None
    return Offer(number, as_address(supplier), retail, feed_in, fee, warn_below)


def _account(words: Sequence[int]) -> Account:
    offer, next_offer, next_period, unbilled, due, due_to, since, suspended = words
    return Account(
        offer=offer,
        next_offer=next_offer,
        next_period=next_period,
        unbilled_period=unbilled,
        due_micro=due,
        due_to=as_address(due_to) if due_to else "",
        unpaid_since_s=since,
        is_suspended=suspended == 1,
    )
