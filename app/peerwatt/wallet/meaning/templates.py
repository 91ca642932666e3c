"""One sentence for each call of our contracts; arguments are filled in with their units.

A call that has none, or whose arguments changed, is shown by its name and its arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

from .parts import Risk


@dataclass(frozen=True, slots=True)
class Template:
    """How a call is told."""

    title: str
    risk: Risk = Risk.CAREFUL
    recipient: str = ""
    """Name of the argument that holds who gets money or power."""
    warning: str = ""

    @property
    def names(self) -> frozenset[str]:
        """Arguments that the sentence needs."""
        parts = (name for _, name, _, _ in Formatter().parse(self.title) if name)
        return frozenset(parts) | ({self.recipient} - {""})


_COMMUNITY = "Only the community's own key can do this; from another it fails."

TEMPLATES: Mapping[str, Template] = {
    "Credit.transfer": Template("Send {amount} to {to}", Risk.ORDINARY, "to"),
    "Credit.transferFrom": Template("Send {amount} of {owner} to {to}", recipient="to"),
    "Credit.burn": Template(
        "Redeem {amount}: they leave your balance", warning="This cannot be taken back."
    ),
    "Credit.mint": Template(
        "Issue {amount} to {to}", recipient="to", warning="Only the treasury can do this."
    ),
    "Credit.permit": Template("Hand in a permit: {spender} may take up to {amount} from {owner}"),
    "Registry.revoke_agent": Template(
        "Revoke the agent's key {agent}: it may do nothing any more", Risk.ORDINARY
    ),
    "Registry.add_member": Template("Admit {member} as a member", warning=_COMMUNITY),
    "Registry.set_supply": Template(
        "Set the supplier of {member}: {retail} to buy, {feed_in} to sell", warning=_COMMUNITY
    ),
    "Registry.set_may_buy": Template("Set whether {member} may buy: {allowed}", warning=_COMMUNITY),
    "Registry.publish": Template("Publish a contract at {account}", warning=_COMMUNITY),
    "Registry.set_paused": Template(
        "Pause a contract of the community: {paused}", warning="Only a guardian can do this."
    ),
    "Registry.set_active": Template("Set whether {member} is active: {active}", warning=_COMMUNITY),
    "Registry.set_meter": Template("Set the meter's key of {member}", warning=_COMMUNITY),
    "Registry.set_role": Template("Set the roles of {account}", warning=_COMMUNITY),
    "Registry.set_spender": Template(
        "Set whether agents may be allowed to use {spender}: {allowed}", warning=_COMMUNITY
    ),
    "Market.deposit": Template("Deposit {amount} in your account with the market", Risk.ORDINARY),
    "Market.deposit_for": Template(
        "Deposit {amount} in the market account of {member}", recipient="member"
    ),
    "Market.withdraw": Template(
        "Withdraw {amount} from your account with the market", Risk.ORDINARY
    ),
    "Market.clear": Template("Clear the auction of {interval} in book {book}", Risk.ORDINARY),
    "Market.release": Template("Book what orders of {member} came to", Risk.ORDINARY),
    "Market.migrate": Template("Move the market account of {member} to the new market"),
    "Market.set_paused": Template(
        "Pause the market: {paused}", warning="Only a guardian can do this."
    ),
    "Settlement.settle": Template("Hand in readings and settle them", Risk.ORDINARY),
    "Settlement.settle_known": Template(
        "Settle up to {count} quarters of an hour of {member}", Risk.ORDINARY
    ),
    "Settlement.finalise": Template("Make settlements final", Risk.ORDINARY),
    "Settlement.true_up": Template("Put signed readings of {member} for estimates", Risk.ORDINARY),
    "Settlement.collect": Template("Collect what {payer} owes {payee}", Risk.ORDINARY),
    "Deals.serve": Template("Serve the direct deals of {seller}", Risk.ORDINARY),
    "Deals.end": Template("End a direct deal from the next day on"),
    "Supply.choose": Template(
        "Choose the supplier's offer {offer} from the next period on",
        warning="Its monthly fee is drawn from your account with the market.",
    ),
    "Supply.bill": Template("Draw the supplier's fee of {member}", Risk.ORDINARY),
    "Credit.redeem": Template(
        "Redeem {amount}: the treasury pays them out, or you take them back after its time",
    ),
    "Treasury.reclaim": Template("Take back credits that were not paid out", Risk.ORDINARY),
    "Treasury.propose_mint": Template("Propose to issue {amount} to {to}", recipient="to"),
    "Treasury.confirm_mint": Template("Confirm an issue of credits that another proposed"),
    "Loan.accept": Template("Take the loan: a part of your trade income repays it"),
    "Loan.repay": Template("Repay {amount} of a loan", Risk.ORDINARY),
    "Services.pay": Template("Pay for a service of the community, at most {max_price} each"),
    "Notary.notarise": Template("Put the mark of a file on the chain", Risk.ORDINARY),
    "Flexibility.offer": Template(
        "Offer {quantity_wh} to the grid operator at {price}", Risk.ORDINARY
    ),
    "Flexibility.request": Template(
        "Ask for {quantity_wh} at up to {max_price} from {count} slots"
    ),
    "Flexibility.verify": Template("Verify what {member} delivered", Risk.ORDINARY),
    "Flexibility.close": Template("Close request {id}", Risk.ORDINARY),
    "Meter.submit": Template("Hand in signed meter readings", Risk.ORDINARY),
    "Meter.estimate": Template("Estimate missing readings of {member}", Risk.ORDINARY),
}
