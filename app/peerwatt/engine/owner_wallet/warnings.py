"""What the owner should know before signing, in words: pure functions of proven values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from peerwatt.api.wallet_messages import GrantAgent, PauseAgent, Redeem, RevokeAgent, WalletIntent
from peerwatt.chain.bindings.registry import Agent, Member
from peerwatt.chain.status import SyncState
from peerwatt.wallet.amounts import coins_text, credits_text

from .accounts import OwnAccount
from .holdings import Holding


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that warnings follow from; proven at one block but for the chain's state."""

    intent: WalletIntent
    account: OwnAccount
    holding: Holding
    waiting_micro: int
    """Credits that earlier sends of this account still take."""
    amount_micro: int
    """Credits that this one takes."""
    max_cost_wei: int
    recipient: str
    is_payment: bool
    contracts: Mapping[str, str]
    own: tuple[OwnAccount, ...]
    agent: str | None
    grant: Agent | None
    sender: Member
    receiver: Member
    refusal: str
    """What the contract says against the call now; empty when it would run."""
    has_waiting: bool
    chain_state: SyncState
    chain_sentence: str
    fees_are_proven: bool


def warnings_of(case: Situation) -> tuple[str, ...]:
    """Return the warnings, the weightiest first."""
    found = [*_means(case), *_recipient(case), *_agent(case), *_run(case), *_chain(case)]
    return tuple(dict.fromkeys(found))


def _means(case: Situation) -> list[str]:
    found = []
    left = case.holding.credit_micro - case.waiting_micro
    if case.amount_micro > left:
        waiting = f", of which {credits_text(case.waiting_micro)} are on their way out"
        found.append(
            f"The account holds {credits_text(case.holding.credit_micro)}"
            f"{waiting if case.waiting_micro else ''}: not enough for this."
        )
    if case.max_cost_wei > case.holding.coins_wei:
        found.append(
            f"This can cost {coins_text(case.max_cost_wei)}; "
            f"the account holds {coins_text(case.holding.coins_wei)}."
        )
    return found


def _recipient(case: Situation) -> list[str]:
    if not case.is_payment:
        return []
    low = case.recipient.lower()
    known = _known(case).get(low)
    if known is not None:
        return [known]
    own = next((one for one in case.own if one.address.lower() == low), None)
    if own is not None:
        return [f"This is your own account {own.label}."]
    if not case.receiver.is_active:
        return ["Nobody with this address is a member of the community."]
    return []


def _known(case: Situation) -> dict[str, str]:
    """Return what to say of addresses that should hardly be paid, by address in lower case."""
    found = {
        address.lower(): f"This is the community's contract {name}: what is sent there is lost."
        for name, address in case.contracts.items()
    }
    if case.agent is not None:
        found[case.agent.lower()] = (
            "This is the house's own key; it trades with your credits and needs none."
        )
    found[case.account.address.lower()] = "This pays the account itself; nothing would change."
    return found


def _agent(case: Situation) -> list[str]:
    if not isinstance(case.intent, GrantAgent | PauseAgent | RevokeAgent):
        return []
    if not case.account.is_member:
        return ["Only the account that is the member can command the house's own key."]
    found = []
    if not case.sender.is_active:
        found.append("This account is not an active member of the community.")
    grant = case.grant
    known = grant is not None and int(grant.owner, 16) != 0
    if known and grant is not None and grant.owner.lower() != case.account.address.lower():
        found.append("The house's own key serves another member.")
    if isinstance(case.intent, GrantAgent):
        if not (case.intent.may_trade or case.intent.may_offer):
            found.append("With these limits the house's own key may do nothing.")
    elif not known or grant is None or not grant.is_active:
        found.append("The house's own key has no authority now.")
    return found


def _run(case: Situation) -> list[str]:
    if not case.refusal:
        return []
    later = " unless what is still on its way changes that" if case.has_waiting else ""
    return [f"It would fail now{later}: {case.refusal}."]


def _chain(case: Situation) -> list[str]:
    found = []
    if case.chain_state is not SyncState.VERIFIED:
        found.append(f"The chain is not up to date: {case.chain_sentence}")
    if not case.fees_are_proven:
        found.append("No late transaction proves what gas costs; the price is what a node asks.")
    if isinstance(case.intent, Redeem):
        found.append("The community pays out redeemed credits outside of this program.")
    return found
