"""The automated supplier's rule: what a bill makes of a subscription and what a state means.

The same rule as the contract Supply, pure and in integers: the window shows it, the tests hold
contract and rule against each other. Money in micro-units, times in Unix seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from peerwatt.model.supply import GRACE_S, PERIOD_S, Account, Offer, SupplyState
from peerwatt.model.units import INTERVAL_S

CHANGE_AHEAD = 192
"""Terms change only for intervals further ahead than orders can lie, intervals."""

MAX_PERIODS = 12
"""Fees that one bill draws at most."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What a bill made: the account after it and what was paid to whom."""

    account: Account
    payments: tuple[tuple[str, int], ...]


def period_at(time_s: int) -> int:
    """Return the number of the billing period that holds a time."""
    return time_s // PERIOD_S


def first_period(now_s: int) -> int:
    """Return the period from which a choice made now counts: the next that no order stands in."""
    period = period_at(now_s) + 1
    start = period * PERIOD_S // INTERVAL_S
    return period + 1 if start <= now_s // INTERVAL_S + CHANGE_AHEAD else period


def chosen(account: Account, offer: int, now_s: int) -> Account:
    """Return the account after its member chose an offer, with everything billed and paid."""
    period = first_period(now_s)
    unbilled = account.unbilled_period if account.offer else period
    return replace(account, next_offer=offer, next_period=period, unbilled_period=unbilled)


def billed(account: Account, offers: Mapping[int, Offer], available_micro: int, now_s: int) -> Bill:
    """Draw the fees of all periods that have begun, oldest first, as far as the balance goes."""
    if not account.offer and not account.next_offer:
        return Bill(account, ())
    payments: list[tuple[str, int]] = []
    for _ in range(MAX_PERIODS):
        if account.due_micro == 0:
            if account.unbilled_period > period_at(now_s):
                break
            account = _fee_due(account, offers)
        paid = min(account.due_micro, available_micro)
        if paid:
            payments.append((account.due_to, paid))
        available_micro -= paid
        account = replace(account, due_micro=account.due_micro - paid)
        if account.due_micro:
            break
    since = (account.unpaid_since_s or now_s) if account.due_micro else 0
    account = replace(account, unpaid_since_s=since)
    is_suspended = account.state(now_s) is SupplyState.SUSPENDED
    return Bill(replace(account, is_suspended=is_suspended), tuple(payments))


def _fee_due(account: Account, offers: Mapping[int, Offer]) -> Account:
    if account.next_offer and account.next_period <= account.unbilled_period:
        account = replace(account, offer=account.next_offer, next_offer=0)
    offer = offers[account.offer]
    return replace(
        account,
        due_micro=offer.monthly_fee_micro,
        due_to=offer.supplier,
        unbilled_period=account.unbilled_period + 1,
    )


@dataclass(frozen=True, slots=True)
class Advice:
    """What a member's state means for it and what to do, in sentences for the owner."""

    state: SupplyState
    meaning: str
    action: str
    until_s: int | None = None
    """When the state gets worse if nothing is done."""


def advice(account: Account, offer: Offer | None, available_micro: int, now_s: int) -> Advice:
    """Return what the state means; ``offer`` is the one that counts now or next."""
    state = account.state(now_s)
    due = f"{account.due_micro / 1e6:.2f}"
    if state is SupplyState.SUSPENDED:
        return Advice(
            state,
            f"The supplier's fee is unpaid for seven days ({due} missing): no new buy orders "
            "are taken. The power stays on; what you use is billed at the supplier's tariff.",
            f"Deposit at least {due} credits in the market; the next bill ends the suspension.",
        )
    if state is SupplyState.GRACE:
        return Advice(
            state,
            f"The prepaid balance did not cover the supplier's fee: {due} is missing.",
            f"Deposit at least {due} credits before the grace period ends.",
            account.unpaid_since_s + GRACE_S,
        )
    if offer is not None and available_micro < offer.warn_below_micro:
        missing = f"{(offer.warn_below_micro - available_micro) / 1e6:.2f}"
        return Advice(
            state,
            "The prepaid balance is below what your supplier warns of.",
            f"Deposit {missing} credits to be on the safe side.",
        )
    if state is SupplyState.NONE:
        return Advice(state, "No offer is chosen; the community's terms apply.", "")
    return Advice(state, "The supplier's fee is paid.", "")
