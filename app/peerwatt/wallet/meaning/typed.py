"""Typed data (EIP-712) on the sign screen: every field with its unit, and who will act on it."""

from __future__ import annotations

import re
from typing import Any

from ..amounts import (
    MAX_UINT256,
    credits_text,
    energy_text,
    moment_text,
    price_text,
    slot_text,
)
from ..typed_data import PERMIT_FIELDS, Leaf, TypedData
from .arguments import MAX_SHOWN_BYTES
from .parts import Line, Meaning, Risk, Surroundings

_ENERGY = re.compile(r"(?:.*_wh|.*Wh|wh)")
_PRICE = re.compile(r"(?:.*[pP]rice.*|retail|feedIn|feed_in)")
_TIME = re.compile(r"(?:.*[dD]eadline.*|expir(?:es|y)|.*_s|validUntil|valid_until)")
_SLOT = re.compile(r"(?:.*[iI]nterval|slot)")
_MONEY = re.compile(r"(?:value|amount|.*_micro|.*Micro)")
MAX_SHOWN_TEXT = 400


def describe_typed(data: TypedData, around: Surroundings) -> Meaning:
    """Return what signing typed data would do, field by field. Pure; never raises."""
    verifier = str(data.domain["verifyingContract"])
    contract = around.contract_at(verifier)
    if contract == "Credit" and _is_permit(data):
        return _permit(data, around)
    ours = contract is not None
    lines = tuple(_line(leaf, around if ours else None) for leaf in data.leaves)
    title = f"Sign {data.primary_type} for {around.called(verifier)}"
    warnings = []
    if not ours:
        warnings.append(
            "This contract is not your community's: what it does with your signature is unknown."
        )
    if contract == "Meter":
        warnings.append("Readings are signed by the meter's own key, not by an owner.")
    risk = Risk.CAREFUL if ours and contract != "Meter" else Risk.UNKNOWN
    code = f"typed.{data.primary_type}" if ours else "typed.unknown"
    return Meaning(code, title, risk, (*lines, *_technical(data, around)), tuple(warnings))


def _is_permit(data: TypedData) -> bool:
    declared = (
        tuple((one["name"], one["type"]) for one in data.content["types"]["Permit"])
        if (data.primary_type == "Permit")
        else ()
    )
    return declared == PERMIT_FIELDS


def _permit(data: TypedData, around: Surroundings) -> Meaning:
    values = data.message
    spender, amount = str(values["spender"]), int(values["value"])
    until = moment_text(int(values["deadline"]), around.zone)
    limit = f"up to {credits_text(amount)}"
    warnings, risk = [], Risk.CAREFUL
    if amount == MAX_UINT256:
        limit = "ALL your credits, now and later,"
        warnings.append("There is no limit: whoever controls it can take everything.")
    if around.contract_at(spender) is None:
        warnings.append("This is no contract of your community.")
        risk = Risk.UNKNOWN
    if str(values["owner"]) not in around.own:
        warnings.append("This permit is about another account than yours.")
    title = f"Allow {around.called(spender)} to take {limit} if this is handed in before {until}"
    lines = (*(_line(leaf, around) for leaf in data.leaves), *_technical(data, around))
    return Meaning("typed.Permit", title, risk, lines, tuple(warnings), spender)


def _line(leaf: Leaf, around: Surroundings | None) -> Line:
    """Return one field; without surroundings (a stranger's contract) no units are assumed."""
    value = leaf.value
    if leaf.type == "address":
        return Line(leaf.path, around.called(value) if around else value, "address", value)
    if isinstance(value, int) and not isinstance(value, bool):
        shown = _unit(leaf, around) if around is not None else None
        return Line(leaf.path, *(shown or (_number(value), "text")))
    return Line(leaf.path, _plain(leaf), "bytes" if leaf.type.startswith("bytes") else "text")


def _plain(leaf: Leaf) -> str:
    if isinstance(leaf.value, bool):
        return "yes" if leaf.value else "no"
    if leaf.type.startswith("bytes"):
        return _cut(str(leaf.value), 2 + 2 * MAX_SHOWN_BYTES)
    return _cut(_visible(leaf.value), MAX_SHOWN_TEXT) if isinstance(leaf.value, str) else "none"


def _number(value: int) -> str:
    return "the largest number (without limit)" if value == MAX_UINT256 else str(value)


def _visible(text: str) -> str:
    """Return a text in one line whose hidden signs show, so that it cannot pass for more."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _unit(leaf: Leaf, around: Surroundings) -> tuple[str, str] | None:
    name, value = re.sub(r"\[\d+\]$", "", leaf.path.rsplit(".", 1)[-1]), int(leaf.value)
    if _ENERGY.fullmatch(name):
        return energy_text(value), "energy"
    if _PRICE.fullmatch(name):
        return price_text(value), "price"
    if _SLOT.fullmatch(name):
        return slot_text(value, around.zone), "time"
    if _TIME.fullmatch(name):
        return moment_text(value, around.zone), "time"
    if _MONEY.fullmatch(name):
        return ("without limit" if value == MAX_UINT256 else credits_text(value)), "amount"
    return None


def _technical(data: TypedData, around: Surroundings) -> tuple[Line, ...]:
    domain: dict[str, Any] = dict(data.domain)
    verifier = str(domain["verifyingContract"])
    lines = [
        Line(f"Domain {key}", _cut(_visible(domain[key]), 80))
        for key in ("name", "version")
        if key in domain
    ]
    return (
        *lines,
        Line("Domain chain", str(domain["chainId"])),
        Line("Domain contract", around.called(verifier), "address", verifier),
        Line("Domain hash", f"0x{data.domain_hash.hex()}", "bytes"),
        Line("Message hash", f"0x{data.message_hash.hex()}", "bytes"),
        Line("Digest", f"0x{data.digest.hex()}", "bytes"),
    )


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}… ({len(text)} signs)"
