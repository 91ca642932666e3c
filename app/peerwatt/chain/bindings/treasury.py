"""Treasury: issues of credit in two steps by two persons, and redemptions at par."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from .artefact import Artefact, load_artefact
from .layout import as_address
from .wants import Want, word

PROPOSAL_S = 7 * 86_400
"""How long a proposed issue may be confirmed."""

REDEEM_S = 14 * 86_400
"""How long the treasury has to pay a redemption out before its member may take it back."""


class RedemptionState(IntEnum):
    """States of a redemption; the values are the contract's."""

    LOCKED = 1
    REDEEMED = 2
    RECLAIMED = 3


@dataclass(frozen=True, slots=True)
class Issue:
    """A proposed issue that another treasurer has to confirm."""

    issue_id: int
    to: str
    amount_micro: int
    reference: bytes
    """Hash of the payment received; it counts once."""
    proposer: str
    until_s: int


@dataclass(frozen=True, slots=True)
class Redemption:
    """Credits given for money at par."""

    redemption_id: int
    member: str
    amount_micro: int
    reference: bytes
    reclaim_from_s: int
    state: RedemptionState


class Treasury:
    """The treasury contract at an address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.artefact: Artefact = load_artefact("Treasury")

    def credit(self) -> Want[str]:
        """Address of the credit whose treasury this is; zero before it is opened."""
        return word(self.address, self.artefact.layout.slot("credit")).map(as_address)

    def issue_count(self) -> Want[int]:
        """Number of issues ever proposed; the next one's number."""
        return word(self.address, self.artefact.layout.slot("issue_count"))

    def issue(self, issue_id: int) -> Want[Issue | None]:
        """A proposal that waits; ``None`` once it is confirmed or cancelled."""
        slots = self._struct("issues", issue_id)
        return Want(self.address, slots, lambda words: _issue(issue_id, words))

    def is_reference_used(self, reference: bytes) -> Want[bool]:
        """Whether credits were issued against a payment."""
        key = int.from_bytes(reference, "big")
        return word(self.address, self.artefact.layout.of("reference_used", key)).map(bool)

    def redemption_count(self) -> Want[int]:
        """Number of redemptions ever asked for; the next one's number."""
        return word(self.address, self.artefact.layout.slot("redemption_count"))

    def redemption(self, redemption_id: int) -> Want[Redemption | None]:
        """A redemption; ``None`` where there is none."""
        slots = self._struct("redemptions", redemption_id)
        return Want(self.address, slots, lambda words: _redemption(redemption_id, words))

    def _struct(self, variable: str, key: int) -> tuple[int, ...]:
        return tuple(self.artefact.layout.of(variable, key, member=i) for i in range(5))

    def open(self, credit: str) -> bytes:
        """Data that names the credit; only for the community, once."""
        return self.artefact.calldata("open", credit)

    def propose_mint(self, to: str, amount_micro: int, reference: bytes) -> bytes:
        """Data of an issue's first step, by a treasurer."""
        return self.artefact.calldata("propose_mint", to, amount_micro, reference)

    def confirm_mint(self, issue_id: int) -> bytes:
        """Data of an issue's second step, by another treasurer."""
        return self.artefact.calldata("confirm_mint", issue_id)

    def cancel_mint(self, issue_id: int) -> bytes:
        """Data that withdraws a proposal, by any treasurer."""
        return self.artefact.calldata("cancel_mint", issue_id)

    def redeemed(self, redemption_id: int) -> bytes:
        """Data that says a redemption is paid out, by a treasurer; burns the credits."""
        return self.artefact.calldata("redeemed", redemption_id)

    def reclaim(self, redemption_id: int) -> bytes:
        """Data with which a member takes back what was not paid out in time."""
        return self.artefact.calldata("reclaim", redemption_id)

    @staticmethod
    def deployment(registry: str) -> bytes:
        """Data that deploys the contract; the credit follows, then :meth:`open`."""
        return load_artefact("Treasury").deployment(registry)


def _issue(issue_id: int, words: Sequence[int]) -> Issue | None:
    to, amount, reference, proposer, until = words
    if not proposer:
        return None
    where, who = as_address(to), as_address(proposer)
    return Issue(issue_id, where, amount, reference.to_bytes(32, "big"), who, until)


def _redemption(redemption_id: int, words: Sequence[int]) -> Redemption | None:
    member, amount, reference, reclaim_from, state = words
    if not state:
        return None
    return Redemption(
        redemption_id,
        as_address(member),
        amount,
        reference.to_bytes(32, "big"),
        reclaim_from,
        RedemptionState(state),
    )
