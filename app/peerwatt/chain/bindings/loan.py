"""Loan: a sum that a share of the borrower's trade income repays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from .artefact import Artefact, load_artefact
from .layout import as_address
from .wants import Want, word


class LoanState(IntEnum):
    """States of a loan; the values are the contract's."""

    PROPOSED = 1
    RUNNING = 2
    DONE = 3
    CANCELLED = 4


@dataclass(frozen=True, slots=True)
class LoanTerms:
    """What lender and borrower agree on; money in micro-units."""

    lender: str
    borrower: str
    principal_micro: int
    price_micro: int
    """All that is to be repaid."""
    share_bp: int
    """Part of each trade income that repays it, 1/10000."""
    until_s: int
    """Until when the borrower may accept."""


@dataclass(frozen=True, slots=True)
class LoanOnChain:
    """A loan with its state; what is outstanding lies in the market's lien."""

    loan_id: int
    terms: LoanTerms
    state: LoanState


class Loan:
    """The contract of loans at an address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.artefact: Artefact = load_artefact("Loan")

    def loan_count(self) -> Want[int]:
        """Number of loans ever proposed; the next one's number."""
        return word(self.address, self.artefact.layout.slot("loan_count"))

    def loan(self, loan_id: int) -> Want[LoanOnChain | None]:
        """A loan; ``None`` where there is none."""
        slots = tuple(self.artefact.layout.of("loans", loan_id, member=i) for i in range(7))
        return Want(self.address, slots, lambda words: _loan(loan_id, words))

    def running(self, borrower: str) -> Want[int | None]:
        """Number of a borrower's running loan; ``None`` without one."""
        slot = self.artefact.layout.of("running", borrower)
        return word(self.address, slot).map(lambda value: value - 1 if value else None)

    def propose(self, terms: LoanTerms) -> bytes:
        """Data of an offer by the lender, whose principal goes into escrow."""
        return self.artefact.calldata(
            "propose",
            terms.borrower,
            terms.principal_micro,
            terms.price_micro,
            terms.share_bp,
            terms.until_s,
        )

    def cancel(self, loan_id: int) -> bytes:
        """Data with which the lender takes an offer back."""
        return self.artefact.calldata("cancel", loan_id)

    def accept(self, loan_id: int) -> bytes:
        """Data with which the borrower takes the loan."""
        return self.artefact.calldata("accept", loan_id)

    def repay(self, loan_id: int, amount_micro: int) -> bytes:
        """Data that repays early, at most what is outstanding; anyone may send it."""
        return self.artefact.calldata("repay", loan_id, amount_micro)

    def move(self, loan_id: int) -> bytes:
        """Data that takes a lien to the market's newest version; anyone may send it."""
        return self.artefact.calldata("move", loan_id)

    def lies_in(self, loan_id: int) -> Want[str]:
        """Address of the market that holds a running loan's lien."""
        return word(self.address, self.artefact.layout.of("places", loan_id)).map(as_address)

    def close(self, loan_id: int) -> bytes:
        """Data that notes a loan as repaid; anyone may send it."""
        return self.artefact.calldata("close", loan_id)

    @staticmethod
    def deployment(credit: str, registry: str, market: str) -> bytes:
        """Data that deploys the contract."""
        return load_artefact("Loan").deployment(credit, registry, market)


def _loan(loan_id: int, words: Sequence[int]) -> LoanOnChain | None:
    lender, borrower, principal, price, share_bp, until, state = words
    if not state:
        return None
    who = (as_address(lender), as_address(borrower))
    return LoanOnChain(
        loan_id, LoanTerms(*who, principal, price, share_bp, until), LoanState(state)
    )
