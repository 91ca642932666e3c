"""What the contract says of the house's own key, in one word and in one sentence."""

from __future__ import annotations

from typing import Literal

from .picture import ChainPicture

AgentState = Literal["none", "active", "paused", "expired", "revoked"]
_WHY_NO_TRADE: dict[AgentState, str] = {
    "none": "The house's own key has no authority yet; allow it to trade in the wallet.",
    "paused": "The house's own key is paused; no orders are placed until you resume it.",
    "expired": "The authority of the house's own key has ended; renew it in the wallet.",
    "revoked": "The house's own key is revoked; no orders are placed until you allow it again.",
    "active": "The house's own key may not trade within its limits; change them in the wallet.",
}


def agent_state(picture: ChainPicture | None) -> AgentState:
    """Return the state; ``none`` where the key was never authorised or is not read yet."""
    grant = picture.grant if picture is not None else None
    if picture is None or grant is None or not grant.expires_s:
        return "none"
    if not grant.is_active:
        return "revoked"
    if picture.block_time_s > grant.expires_s:
        return "expired"
    return "paused" if grant.is_paused else "active"


def why_no_trade(picture: ChainPicture) -> str:
    """Return why the key may not place orders; empty while it may."""
    return "" if picture.may_trade else _WHY_NO_TRADE[agent_state(picture)]
