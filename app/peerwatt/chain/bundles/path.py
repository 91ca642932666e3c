"""Chooses the way that a network's consensus has from its trust root to the blocks of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from ..consensus.bft_rules import BftRules
from ..consensus.rules import ChainState
from ..encoding import to_hex
from ..networks import Network, network_from
from ..reading.reader import ProvenReader
from .values import BundleRefused
from .ways.way import FoundWay, Way

__all__ = ["Way", "describe", "find_way", "follow_way", "plain_rules"]


def _way_of(network: Network) -> ModuleType:
    """Return the module of a network's consensus, loaded late."""
    if network.consensus in ("qbft", "ibft2"):
        from .ways import bft

        return bft
    if network.consensus in ("clique", "aura"):
        from .ways import forking

        return forking
    if network.consensus == "ethereum":
        from .ways import beacon

        return beacon
    raise BundleRefused(f"This version has no proof files for the consensus {network.consensus}.")


def describe(network: Network) -> dict[str, Any]:
    """Return a network as ``networks.network_from`` reads it. Raises BundleRefused."""
    validators = getattr(network.rules, "validators", network.validators)
    root = {
        "block": network.trusted_number,
        "hash": to_hex(network.genesis_hash),
        "validators": [to_hex(item) for item in validators or network.validators],
    }
    described = {
        "title": network.title,
        "chain_id": network.chain_id,
        "block_period_s": network.block_period_s,
        "consensus": _way_of(network).describe(network.consensus, network.rules),
        "trust_root": None if network.consensus == "ethereum" else root,
        "endpoints": [],
        "contracts": dict(network.contracts),
    }
    if plain_rules(network_from(network.name, described)) != plain_rules(network):
        raise BundleRefused("This version cannot write down the rules of the network.")
    return described


def plain_rules(network: Network) -> Any:
    """Return rules without what the trust root covers, or what is nobody's business but ours.

    Two networks with the same trust root and equal plain rules are the same chain.
    """
    from dataclasses import replace

    rules: Any = network.rules
    if isinstance(rules, BftRules):
        return replace(rules, validators=())
    if network.consensus == "clique":
        return replace(rules, signers=())
    if network.consensus == "ethereum":
        config = replace(rules.config, beacon_endpoints=(), accepts_old_checkpoint=False)
        return replace(rules, config=replace(config, forks=dict(config.forks)))
    return rules


def follow_way(network: Network, document: Mapping[str, Any], now_s: float) -> Way:
    """Verify the way that a file shows. Raises BundleRefused or HeaderRefused."""
    way: Way = _way_of(network).follow(network, network.rules, document, now_s)
    return way


async def find_way(reader: ProvenReader, targets: Sequence[ChainState], now_s: float) -> FoundWay:
    """Return what a file must show to lead to all targets. Raises ChainFault."""
    network = reader.client.network
    found: FoundWay = await _way_of(network).find(reader, network.rules, targets, now_s)
    return found
