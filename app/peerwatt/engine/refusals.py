"""What the contracts say against a call, as one sentence that tells the owner what to do."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, str] = {
    # orders
    "after gate closure": "The gate of that interval has closed; the next one still takes orders.",
    "the gate is still open": "The interval still takes orders; it is cleared after its gate.",
    "too far ahead": "Orders reach two days ahead at most.",
    "not enough deposited": (
        "Your account with the market does not cover it; deposit credits on the wallet page."
    ),
    "not enough available": (
        "Your account with the market does not cover it; deposit credits, or wait until open "
        "orders are settled."
    ),
    "tick outside the ladder": "The price is not one of the community's steps.",
    "price outside the agent's band": (
        "The price is outside the limits of the house's own key; change them in the wallet."
    ),
    "price out of range": (
        "The price is worse than your supplier's tariff; the market takes no such order."
    ),
    "price outside the band": (
        "The price, with the charge, is worse than your supplier's tariff; no order is taken there."
    ),
    "no such interval": "There is no such quarter of an hour.",
    "the interval has begun": "That quarter of an hour has begun already.",
    "more than 96 intervals, or none of ours": "At most 96 quarters of an hour at once.",
    "quantity out of range": "One step of an order takes at most 524 kWh.",
    "malformed order": "The market cannot read the order; nothing was placed.",
    "the intervals are not in order": "The orders are not sorted by time; nothing was placed.",
    "the order would trade with itself": "The order would buy from its own sale.",
    "this price is full": "The book takes no more at that price; choose another price.",
    "older orders are not released": (
        "Orders of a week ago are not settled yet; that has to come first."
    ),
    "the zone has no book": "The market has no book for your zone; ask your community.",
    "the zone reaches no further": "Your zone has no wider book; leave the reach at a nearer one.",
    "unknown book": "The market has no such book.",
    "suspended by the supplier: no new buys": (
        "Your supplier has suspended new purchases; pay what is due and they are taken again. "
        "The power stays on."
    ),
    "the market is paused": (
        "The community's guardians have paused the market; withdrawals go on as ever."
    ),
    "paused by the guardians": "The community's guardians have paused this contract for now.",
    "the market has moved to its successor": (
        "The community has moved to a new market; your account and orders can be moved there."
    ),
    "the market is retired": (
        "The community has moved to a new market; your account and orders can be moved there."
    ),
    "the market is not retired": "The community has not moved to a new market.",
    # members and keys
    "not the member's agent": "Only the member or its own key can do this.",
    "not the agent's owner": "The house's own key does not serve this account.",
    "the expiry is too far": "An authority lasts a year at most.",
    "the price band is empty": "The lowest price is above the highest.",
    "the address is an agent": "That address is already somebody's key.",
    "the agent is a member": "That address is a member itself and cannot be a house's key.",
    "not a member": "This account is no active member of the community; ask it to admit you.",
    "not a member then": "The account was no member of the community at that time.",
    "over the agent's daily limit": (
        "The house's own key has used up its money for today; raise the limit in the wallet."
    ),
    "over the agent's daily sales": (
        "The house's own key has offered all it may sell today; raise the limit in the wallet."
    ),
    "outside the agent's scope": (
        "The house's own key may not use this contract; allow it in the wallet."
    ),
    "the agent has expired": "The authority of the house's own key has ended; renew it.",
    "the agent is paused": "The house's own key is paused; resume it in the wallet.",
    "the agent is revoked": "The house's own key is revoked; allow it again in the wallet.",
    "the agent serves another member": "That key already serves another member.",
    "only the community": "Only the community's own key can do this.",
    "only a guardian": "Only a guardian of the community can do this.",
    "only the member": "Only the member's own key can do this.",
    # money
    "balance too low": "The account does not hold that many credits.",
    "allowance too low": (
        "The contract may not take that many credits yet; allow it first, for that amount."
    ),
    "the amount is zero": "The amount must be more than nothing.",
    "the amount is out of range": "The amount is not one that the contract takes.",
    "the account is full": "The account cannot hold more credits.",
    "the payment failed": "The credits did not move; look at the balance and the allowance.",
    "the deposit was not paid": "The credits did not arrive; allow the market to take them first.",
    "the withdrawal failed": "The credits could not be paid out; nothing has moved.",
    "transfer to the zero address": "Nobody has that address; nothing was sent.",
    "this treasury takes no redemptions": "This community's treasury takes no credits back.",
    "the treasury still has time to pay": (
        "The treasury has two weeks to pay out; take the credits back after that."
    ),
    "nothing is locked": "That redemption is paid out or taken back already.",
    "the permit has expired": "The permit has expired; sign a new one.",
    # requests of the grid operator
    "no such request": "There is no such request of the grid operator.",
    "another zone's request": "That request is for another zone.",
    "after the deadline": "Offers to that request are closed.",
    "the request is closed": "That request is closed.",
    "the request has all the offers it can take": "That request has all the offers it can take.",
    "price above the maximum": "The offer asks more than the grid operator pays.",
    "the quantity is zero": "An offer needs some energy.",
    # readings and settlement
    "the gap is longer than 7 days": "The gap in the readings is longer than a week.",
    "too long ago": "That was too long ago; the contract keeps a week.",
    "readings are missing": "Readings are missing.",
    "malformed rows": "The readings cannot be read.",
    "not signed by the member's meter": "The readings are not signed by the member's meter.",
    "a register fell": "The meter's register jumped back; the metering operator has to look at it.",
    "a register leapt": "The meter's register leapt; the metering operator has to look at it.",
    "a reading is missing before this one": "Earlier readings are missing; hand them in first.",
    "the interval is metered already": "The interval is metered already; nothing changed.",
    "the interval is not over": "The interval is not over yet.",
    "readings may still come": "Readings may still come; estimates begin after their deadline.",
    "not cleared yet": "The interval is not cleared yet.",
    "already cleared": "The interval is cleared already.",
    "settlements are kept for eight days": "That was more than eight days ago.",
    "the settlement is paused": "The community's guardians have paused settlement for now.",
    "nothing is owed": "Nothing is owed.",
    "the payer cannot pay": "The account of who owes holds nothing now; try again later.",
    # supply and deals
    "no such offer is open": "The supplier's offer is not open any more; choose another.",
    "no such offer": "There is no such offer.",
    "pay what is due first": "Pay the supplier what is due before you change.",
    "bill the periods before first": "Fees of earlier periods are open; pay them first.",
    "the last change is too recent": "A supplier can be changed once in eight days.",
    "not signed by the seller": "The seller has not signed these terms.",
    "not signed by the buyer": "The buyer has not signed these terms.",
    "the deal starts in the past": "The deal has to start in a later quarter of an hour.",
    "the deal is signed already": "The deal is signed already.",
    "the slot is taken": "The seller already has a deal of that rank; choose another rank.",
    "the buyer's deals take more than it needs": (
        "The buyer's deals would cover more than its whole need; lower the share."
    ),
    "only seller or buyer": "Only seller or buyer can end a deal.",
    "a deal needs two members": "Seller and buyer have to be two members.",
    "the deal ends before it starts": "The deal ends before it starts.",
    "the share is out of range": "A share is between nothing and all.",
    "the share of the need is out of range": "A share of the need is between nothing and all.",
    "ranks are 0 to 7": "A seller ranks its deals from 0 to 7.",
    "no such service": "There is no such service.",
    "the service is closed": "That service is closed.",
    "the price is above the accepted one": "The service has become dearer than you accepted.",
    "another loan is running": "Another loan is running; repay it first.",
    "the offer has lapsed": "The offer of that loan has lapsed.",
    "only the borrower": "Only the borrower can take the loan.",
    "no such deal": "There is no such deal.",
    "too late for deals": "The readings are settled finally; deals are not served any more.",
    "the deals are paused": "The community's guardians have paused new deals; ending one goes on.",
}
"""A contract's reason -> what it means and what to do."""


def refusal_sentence(reason: str) -> str:
    """Return a contract's reason in words; an unknown one is shown as the contract says it."""
    known = SENTENCES.get(reason)
    if known is not None:
        return known
    said = " ".join(reason.split())[:200]
    return f"The contract refused it: {said}." if said else "The contract refused it."
