"""What the owner says about the agent's key: limits, pause, revocation, all held on chain."""

from __future__ import annotations

from dataclasses import dataclass

from .abi import function
from .address import ZERO_ADDRESS, parse_address
from .calls import Call
from .secret import WalletFault

AUTHORISE_GAS = 250_000
SWITCH_GAS = 90_000
MAX_LIFE_S = 366 * 86_400
"""An agent's authority is renewed at least once a year."""
MAX_CONTRACTS = 8


@dataclass(frozen=True, slots=True)
class AgentLimits:
    """What the Registry holds the agent to, per UTC day and at all times."""

    daily_limit_micro: int
    """What it may add to escrows per day."""
    daily_sales_wh: int
    """What it may offer for sale per day."""
    min_price_micro: int
    """Lowest and highest price that it may write on an order, micro-units per kWh."""
    max_price_micro: int
    expires_s: int
    allowed: tuple[str, ...]
    """The only contracts that it may use."""

    def check(self, now_s: float) -> None:
        """Return when the Registry would take these limits. Raises WalletFault with the field."""
        if not 0 <= self.daily_limit_micro < 1 << 64:
            raise WalletFault("The daily limit is too large.", "daily_limit_micro")
        if not 0 <= self.daily_sales_wh < 1 << 36:
            raise WalletFault("The energy for sale per day is too large.", "daily_sales_wh")
        if not 0 <= self.min_price_micro <= self.max_price_micro < 1 << 32:
            raise WalletFault("The lowest price must not be above the highest.", "min_price_micro")
        if self.expires_s <= now_s:
            raise WalletFault("The agent's authority must end in the future.", "expires_s")
        if self.expires_s > now_s + MAX_LIFE_S:
            raise WalletFault("An agent's authority lasts a year at most.", "expires_s")
        if not 1 <= len(self.allowed) <= MAX_CONTRACTS:
            raise WalletFault("Name one to eight contracts that the agent may use.", "allowed")


def authorise(registry: str, agent: str, limits: AgentLimits, now_s: float) -> Call:
    """Let the agent act within limits; also renews, changes limits and ends a pause."""
    limits.check(now_s)
    address = parse_address(agent, "agent")
    if address == ZERO_ADDRESS:
        raise WalletFault("The agent has no address.", "agent")
    data = function("Registry", "authorise_agent").encode(
        address,
        limits.daily_limit_micro,
        limits.daily_sales_wh,
        limits.min_price_micro,
        limits.max_price_micro,
        limits.expires_s,
        [parse_address(one, "allowed") for one in limits.allowed],
    )
    return Call(parse_address(registry, "registry"), data, AUTHORISE_GAS, "Agent's limits set")


def pause(registry: str, agent: str) -> Call:
    """Stop the agent for a while."""
    return _pause(registry, agent, True, "Agent paused")


def resume(registry: str, agent: str) -> Call:
    """Let the agent go on within its limits."""
    return _pause(registry, agent, False, "Agent resumed")


def _pause(registry: str, agent: str, is_paused: bool, what: str) -> Call:
    address = parse_address(agent, "agent")
    data = function("Registry", "pause_agent").encode(address, is_paused)
    return Call(parse_address(registry, "registry"), data, SWITCH_GAS, what)


def revoke(registry: str, agent: str) -> Call:
    """End the agent's authority for good; a new authorisation would be needed."""
    data = function("Registry", "revoke_agent").encode(parse_address(agent, "agent"))
    return Call(parse_address(registry, "registry"), data, SWITCH_GAS, "Agent revoked")
