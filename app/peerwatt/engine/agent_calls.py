"""The only calls that the house's own key signs: its orders and offers, and its turns as a keeper.

None of them moves credits anywhere but within the market's own accounts as the contracts rule.
"""

from __future__ import annotations

from peerwatt.chain.bindings.community import Community, Contract

MARKET = ("place_for", "clear", "release", "set_no_fuss", "migrate")
SETTLEMENT = ("settle", "settle_known", "finalise", "true_up")


def agent_calls(community: Community) -> list[tuple[str, bytes]]:
    """Return (contract's address, selector) of each call that the key may make."""
    allowed: list[tuple[Contract, tuple[str, ...]]] = [
        (community.market, MARKET),
        (community.settlement, SETTLEMENT),
        (community.meter, ("estimate",)),
        (community.flexibility, ("offer",)),
    ]
    if community.deals is not None:
        allowed.append((community.deals, ("serve",)))
    if community.supply is not None:
        allowed.append((community.supply, ("bill",)))
    if community.certificates is not None:
        allowed.append((community.certificates, ("issue", "claim")))
    return [
        (contract.address, contract.artefact.selector(name))
        for contract, names in allowed
        for name in names
    ]
