"""What the owner asks for, as a call: to whom, with which data, and how many credits move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from peerwatt.api.wallet_messages import (
    Allow,
    CallContract,
    CancelSend,
    ChooseOffer,
    Deposit,
    EndDeal,
    GrantAgent,
    NoFuss,
    PauseAgent,
    Redeem,
    RevokeAgent,
    SpeedUp,
    Transfer,
    TransferCoins,
    WalletIntent,
    Withdraw,
)
from peerwatt.wallet import agent_calls, calls, market_calls
from peerwatt.wallet.address import parse_address
from peerwatt.wallet.calls import Call
from peerwatt.wallet.secret import WalletFault

CALL_GAS = 1_000_000
"""For a call of a contract that is not ours, where no estimate could be made."""


NO_REFERENCE = bytes(32)
"""The treasury knows its members; nothing else has to be said."""


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
    match intent:
        case Transfer() | TransferCoins() | Redeem() | Deposit() | Withdraw():
            return _moving(intent, community)
        case CallContract():
            return _any_call(intent)
        case Allow(contract=name, amount_micro=amount):
            spender = _named(community, name)
            call = calls.allow(community.contracts["Credit"], spender, amount)
            return Asked(call, parse_address(spender))
        case ChooseOffer() | NoFuss() | EndDeal():
            call = _market_call(intent, community)
        case GrantAgent() | PauseAgent() | RevokeAgent():
            call = _agent_call(intent, community)
        case SpeedUp() | CancelSend():
            raise WalletFault("A replacement is made from what it replaces.", "intent")
    return Asked(call, call.to)


def _moving(
    intent: Transfer | TransferCoins | Redeem | Deposit | Withdraw, community: Community
) -> Asked:
    """Return the call of what moves credits or coins."""
    credit, market = community.contracts["Credit"], community.contracts["Market"]
    match intent:
        case Transfer(to=to, amount_micro=amount):
            return Asked(calls.pay(credit, to, amount), parse_address(to, "to"), -amount, True)
        case TransferCoins(to=to, value_wei=value):
            return Asked(calls.send_coins(to, int(value)), parse_address(to, "to"), None, True)
        case Redeem(amount_micro=amount):
            call = _redeem(credit, amount, community)
            return Asked(call, call.to, -amount)
        case Deposit(amount_micro=amount):
            call = market_calls.deposit(market, amount)
            return Asked(call, call.to, -amount)
        case Withdraw(amount_micro=amount):
            call = market_calls.withdraw(market, amount)
            return Asked(call, call.to, amount)


def _named(community: Community, name: str) -> str:
    """Return a contract's address. Raises WalletFault where the community has none."""
    found = community.contracts.get(name)
    if found is None:
        raise WalletFault(f"Your community has no contract {name}.", "contract")
    return found


def _redeem(credit: str, amount_micro: int, community: Community) -> Call:
    """Where there is a treasury it has to pay or give back; elsewhere credits are given up."""
    if "Treasury" not in community.contracts:
        return calls.redeem(credit, amount_micro)
    return market_calls.redeem(credit, amount_micro, NO_REFERENCE)


def _market_call(intent: ChooseOffer | NoFuss | EndDeal, community: Community) -> Call:
    match intent:
        case ChooseOffer(offer=offer):
            return market_calls.choose_offer(_named(community, "Supply"), offer)
        case NoFuss(no_fuss=no_fuss):
            return market_calls.set_no_fuss(community.contracts["Market"], no_fuss=no_fuss)
        case EndDeal(deal_id=deal_id):
            return market_calls.end_deal(_named(community, "Deals"), bytes.fromhex(deal_id[2:]))


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
