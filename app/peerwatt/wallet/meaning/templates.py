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
    "Registry.set_tariff": Template(
        "Set the tariff of {member}: {retail} to buy, {feed_in} to sell", warning=_COMMUNITY
    ),
    "Registry.set_active": Template("Set whether {member} is active: {active}", warning=_COMMUNITY),
    "Registry.set_meter": Template("Set the meter's key of {member}", warning=_COMMUNITY),
    "Registry.set_role": Template("Set the roles of {account}", warning=_COMMUNITY),
    "Registry.set_spender": Template(
        "Set whether agents may be allowed to use {spender}: {allowed}", warning=_COMMUNITY
    ),
    "Registry.set_contract": Template("Publish a contract at {account}", warning=_COMMUNITY),
    "Market.clear": Template("Clear the auction of {interval}", Risk.ORDINARY),
    "Settlement.settle": Template("Settle {interval}", Risk.ORDINARY),
    "Settlement.settle_unmetered": Template("Settle {interval} without readings", Risk.ORDINARY),
    "Settlement.collect": Template("Collect what {payer} owes {payee}", Risk.ORDINARY),
    "Flexibility.offer": Template(
        "Offer {quantity_wh} to the grid operator at {price}", Risk.ORDINARY
    ),
    "Flexibility.request": Template(
        "Ask for {quantity_wh} at up to {max_price} from {count} slots"
    ),
    "Flexibility.verify": Template("Verify what {member} delivered", Risk.ORDINARY),
    "Flexibility.close": Template("Close request {id}", Risk.ORDINARY),
    "Meter.submit": Template("Hand in signed meter readings", Risk.ORDINARY),
}
