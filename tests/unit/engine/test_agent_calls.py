"""The house's own key signs its orders, offers and turns as a keeper, and nothing that pays out."""

from __future__ import annotations

import pytest

from peerwatt.chain.bindings.artefact import load_artefact
from peerwatt.chain.bindings.community import NAMES, Community
from peerwatt.engine.agent_calls import agent_calls
from peerwatt.model.ports import PolicyRefusal
from peerwatt.wallet.policy import AgentPolicy

ALL = (*NAMES, "Deals", "Supply", "Certificates", "Treasury", "Loan", "Services", "Notary")
AT = {name: "0x" + f"{number:02x}" * 20 for number, name in enumerate(ALL, 0xA0)}
ALLOWED = {
    "Market": {"place_for", "clear", "release", "set_no_fuss", "migrate"},
    "Settlement": {"settle", "settle_known", "finalise", "true_up"},
    "Meter": {"estimate"},
    "Flexibility": {"offer"},
    "Deals": {"serve"},
    "Supply": {"bill"},
    "Certificates": {"issue", "claim"},
}


def policy(addresses: dict[str, str]) -> AgentPolicy:
    return AgentPolicy.allowing(20211, agent_calls(Community(addresses)))


def fields(contract: str, selector: bytes, value: int = 0) -> dict[str, object]:
    return {"chainId": 20211, "to": AT[contract], "gas": 90_000, "value": value, "data": selector}


def test_every_call_of_every_contract_is_allowed_or_refused_as_listed() -> None:
    guard = policy(AT)
    for name in ALL:
        for signature, selector in load_artefact(name).selectors.items():
            if signature.split("(")[0] in ALLOWED.get(name, ()):
                guard.check(fields(name, selector))
                with pytest.raises(PolicyRefusal, match="may not send coins"):
                    guard.check(fields(name, selector, value=1))
            else:
                with pytest.raises(PolicyRefusal, match="may not call"):
                    guard.check(fields(name, selector))


def test_contracts_that_a_community_has_not_are_not_called() -> None:
    guard = policy({name: AT[name] for name in NAMES})
    guard.check(fields("Market", load_artefact("Market").selector("clear")))
    with pytest.raises(PolicyRefusal):
        guard.check(fields("Deals", load_artefact("Deals").selector("serve")))
