"""The way from a network's trusted block to the block of a proof file, verified header by header.

Neighbouring headers are verified one after the other. Over a gap the validators must be the
same on both sides, so that a quorum of those believed already sealed the next header: this is
stricter than what a client may skip by, and costs two headers for each change of the set.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..consensus.bft_rules import BftRules, BftState
from ..consensus.header import Header, header_from_rlp
from ..consensus.rules import ChainState
from ..encoding import hex_data, to_hex
from ..networks import Network
from .values import BundleRefused


@dataclass(frozen=True, slots=True)
class Way:
    """Verified blocks by number, the trusted one first, and how many lie between them."""

    states: Mapping[int, ChainState]
    skipped: int


def rules_of(network: Network) -> BftRules:
    """Return the rules of a network that a way of headers suits. Raises BundleRefused.

    Another kind of consensus would get a way of its own beside this one.
    """
    rules = network.rules
    if not isinstance(rules, BftRules):
        raise BundleRefused(
            f"This version has no proof files for the consensus {network.consensus}."
        )
    if rules.contract is not None or any(item.contract for item in rules.transitions):
        raise BundleRefused(
            "This version has no proof files for networks whose validators a contract holds."
        )
    return rules


def describe(network: Network) -> dict[str, Any]:
    """Return a network as ``networks.network_from`` reads it. Raises BundleRefused."""
    rules = rules_of(network)
    consensus = {
        "kind": network.consensus,
        "epoch_length": rules.epoch_length,
        "max_drift_s": rules.max_drift_s,
        "period_s": rules.period_s,
        "base_fee": rules.base_fee,
        "tally": rules.tally,
        "transitions": [_transition(item) for item in rules.transitions],
    }
    return {
        "title": network.title,
        "chain_id": network.chain_id,
        "block_period_s": network.block_period_s,
        "consensus": consensus,
        "trust_root": {
            "block": network.trusted_number,
            "hash": to_hex(network.genesis_hash),
            "validators": [to_hex(item) for item in network.validators],
        },
        "endpoints": [],
        "contracts": dict(network.contracts),
    }


def _transition(item: Any) -> dict[str, Any]:
    record: dict[str, Any] = {"block": item.block}
    if item.validators is not None:
        record["validators"] = [to_hex(address) for address in item.validators]
    if item.period_s is not None:
        record["period_s"] = item.period_s
    return record


def follow_way(network: Network, listed: object, now_s: float) -> Way:
    """Verify headers as they stand in a file. Raises BundleRefused or HeaderRefused."""
    rules = rules_of(network)
    if not isinstance(listed, list) or not listed:
        raise BundleRefused("The file has no headers.")
    first, *rest = (header_from_rlp(hex_data(item)) for item in listed)
    if first.number != network.trusted_number:
        raise BundleRefused("The first header of the file is not the trusted block.")
    state = rules.genesis(first, network.genesis_hash)
    states: dict[int, ChainState] = {first.number: state}
    skipped = 0
    for header in rest:
        skipped += max(0, header.number - state.header.number - 1)
        state = next_state(rules, state, header, now_s)
        states[header.number] = state
    return Way(states, skipped)


def sealers(rules: BftRules, header: Header) -> tuple[bytes, ...]:
    """Return the validators that a header lists: those who must have sealed it."""
    return rules.codec.decode(header.extra_data).validators


def next_state(rules: BftRules, state: BftState, header: Header, now_s: float) -> BftState:
    """Verify the next header of a way, by its parent or over a gap. Raises HeaderRefused."""
    if header.number == state.header.number + 1:
        return rules.verify(state, header, now_s)
    if sealers(rules, header) != state.validators:
        raise BundleRefused("The validators change within the headers that the file leaves out.")
    # How old the trusted block may be is for the reader of the file to judge; the age is told.
    return rules.skip(state, header, now_s, math.inf)
