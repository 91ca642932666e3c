"""What the owner asks for, as a call: to whom, with which data, and how many credits move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from peerwatt.api.wallet_messages import (
    Allow,
    CallContract,
    CancelSend,
    GrantAgent,
    PauseAgent,
    Redeem,
    RevokeAgent,
    SpeedUp,
    Transfer,
    TransferCoins,
    WalletIntent,
)
from peerwatt.wallet import agent_calls, calls
from peerwatt.wallet.address import parse_address
from peerwatt.wallet.calls import Call
from peerwatt.wallet.secret import WalletFault

CALL_GAS = 1_000_000
"""For a call of a contract that is not ours, where no estimate could be made."""


@dataclass(frozen=True, slots=True)
class Community:
    """What intents refer to without naming it."""

    contracts: Mapping[str, str]
    """Contract name -> address."""
    agent: str | None
    """Address of the house's own key."""
    now_s: float


@dataclass(frozen=True, slots=True)
class Asked:
    """An intent as a call."""

    call: Call
    recipient: str
    """Who receives credits or coins, or the contract that is called."""
    amount_micro: int | None = None
    """Credits, - paid; ``None`` where none move."""
    is_payment: bool = False
    """Whether the recipient is paid, rather than called."""


def as_call(intent: WalletIntent, community: Community) -> Asked:
    """Return the call of an intent. Raises WalletFault with the field that is wrong."""
    credit = community.contracts["Credit"]
    match intent:
        case Transfer(to=to, amount_micro=amount):
            return Asked(calls.pay(credit, to, amount), parse_address(to, "to"), -amount, True)
        case TransferCoins(to=to, value_wei=value):
            return Asked(calls.send_coins(to, int(value)), parse_address(to, "to"), None, True)
        case Redeem(amount_micro=amount):
            call = calls.redeem(credit, amount)
            return Asked(call, call.to, -amount)
        case Allow(contract=name, amount_micro=amount):
            call = calls.allow(credit, community.contracts[name], amount)
            return Asked(call, parse_address(community.contracts[name]))
        case CallContract():
            return _any_call(intent)
        case GrantAgent() | PauseAgent() | RevokeAgent():
            call = _agent_call(intent, community)
            return Asked(call, call.to)
        case SpeedUp() | CancelSend():
            raise WalletFault("A replacement is made from what it replaces.", "intent")


def _any_call(intent: CallContract) -> Asked:
    to = parse_address(intent.to, "to")
    gas = intent.gas or CALL_GAS
    data = bytes.fromhex(intent.data[2:])
    call = Call(to, data, gas, "Call of a contract", int(intent.value_wei))
    return Asked(call, to)


def _agent_call(intent: GrantAgent | PauseAgent | RevokeAgent, community: Community) -> Call:
    registry, agent = community.contracts["Registry"], community.agent
    if agent is None:
        raise WalletFault("The house has no key of its own yet; start its engine with a chain.")
    if isinstance(intent, RevokeAgent):
        return agent_calls.revoke(registry, agent)
    if isinstance(intent, PauseAgent):
        change = agent_calls.pause if intent.paused else agent_calls.resume
        return change(registry, agent)
    wanted = [("Market", intent.may_trade), ("Flexibility", intent.may_offer)]
    limits = agent_calls.AgentLimits(
        daily_limit_micro=intent.daily_limit_micro,
        daily_sales_wh=intent.daily_sales_wh,
        min_price_micro=intent.min_price_micro,
        max_price_micro=intent.max_price_micro,
        expires_s=intent.expires_s,
        allowed=tuple(community.contracts[name] for name, allowed in wanted if allowed),
    )
    return agent_calls.authorise(registry, agent, limits, community.now_s)
