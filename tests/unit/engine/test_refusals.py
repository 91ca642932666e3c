"""Every refusal that a household can meet is one clear sentence; unknown ones are shown as said."""

from __future__ import annotations

import re

import pytest

from peerwatt.config.resources import resource
from peerwatt.engine.refusals import SENTENCES, refusal_sentence


def reasons(contract: str) -> set[str]:
    """Return the texts with which a contract's source refuses."""
    source = resource("contracts", "src", f"{contract}.vy").read_text(encoding="utf-8")
    code = re.sub(r'"""[\s\S]*?"""|#.*', "", source)
    return {text for text in re.findall(r'"([^"\n]{6,64})"', code) if " " in text}


ALL = {
    path.stem: reasons(path.stem)
    for path in resource("contracts", "src").iterdir()
    if path.suffix == ".vy"
}

ORDERS = {
    "after gate closure",
    "the gate is still open",
    "too far ahead",
    "not enough available",
    "tick outside the ladder",
    "price outside the band",
    "malformed order",
    "the market is paused",
    "suspended by the supplier: no new buys",
    "not a member",
    "over the agent's daily limit",
    "over the agent's daily sales",
    "unknown book",
    "a register fell",
    "already cleared",
}
"""The bad input that the community has to take without harm."""


def test_what_is_translated_is_what_contracts_say() -> None:
    known = set().union(*ALL.values())
    assert set(SENTENCES) <= known, sorted(set(SENTENCES) - known)
    assert known >= ORDERS, sorted(ORDERS - known)
    assert set(SENTENCES) >= ORDERS


@pytest.mark.parametrize("sentence", sorted(set(SENTENCES.values())))
def test_sentences_read_as_such(sentence: str) -> None:
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert len(sentence) < 160


def test_an_unknown_reason_is_shown_as_it_is() -> None:
    assert refusal_sentence("the  moon is\n full") == "The contract refused it: the moon is full."
    assert refusal_sentence("") == "The contract refused it."
