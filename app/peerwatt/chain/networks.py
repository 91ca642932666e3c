"""Networks as data: which rules, which trust root, which endpoints and contracts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from peerwatt.config.resources import resource
from peerwatt.config.settings import ChainSettings
from peerwatt.model.verified import ChainFault

from .consensus.bft import is_ascending
from .consensus.qbft import QbftRules
from .consensus.rules import ConsensusRules
from .encoding import EncodingFault, address_bytes, hex_data


class NetworkFault(ChainFault):
    """A network's description cannot be used; the message names the field and what to do."""


@dataclass(frozen=True, slots=True)
class Network:
    """One network, ready for the light client."""

    name: str
    chain_id: int
    rules: ConsensusRules
    genesis_hash: bytes
    """Trust root: hash of block 0."""
    validators: tuple[bytes, ...]
    """Set after block 0; empty where block 0 alone says it (its hash covers the set)."""
    endpoints: tuple[str, ...]
    block_period_s: int
    contracts: Mapping[str, str] = field(default_factory=dict)


def load_network(settings: ChainSettings) -> Network:
    """Return the network of a site: the resource ``networks/<name>.json``, overlaid by settings.

    Raises NetworkFault with one sentence.
    """
    try:
        described = json.loads(resource("networks", f"{settings.network}.json").read_bytes())
    except FileNotFoundError:
        raise NetworkFault(f"There is no network named {settings.network!r}.") from None
    except ValueError:
        raise NetworkFault(f"The description of {settings.network!r} is no JSON.") from None
    chosen = settings.model_fields_set
    for name in ("chain_id", "endpoints", "genesis_hash", "validators", "block_period_s"):
        if name in chosen or name not in described:
            described[name] = getattr(settings, name)
    described["contracts"] = {**described.get("contracts", {}), **settings.contracts}
    return _network(settings.network, described)


def _network(name: str, described: Mapping[str, Any]) -> Network:
    try:
        genesis_hash = hex_data(described["genesis_hash"], 32)
        validators = tuple(address_bytes(item) for item in described["validators"])
        for address in described["contracts"].values():
            address_bytes(address)
    except EncodingFault:
        raise NetworkFault(
            f"Network {name!r}: the trust root (genesis_hash, validators) or a contract's address "
            "is missing or malformed; copy them from the community's invitation."
        ) from None
    if not is_ascending(validators):
        raise NetworkFault(f"Network {name!r}: the validators are not in ascending order.")
    return Network(
        name=name,
        chain_id=int(described["chain_id"]),
        rules=_rules(name, described.get("consensus", {}), validators),
        genesis_hash=genesis_hash,
        validators=validators,
        endpoints=tuple(described["endpoints"]),
        block_period_s=int(described["block_period_s"]),
        contracts=dict(described["contracts"]),
    )


def _rules(
    name: str, consensus: Mapping[str, Any], validators: tuple[bytes, ...]
) -> ConsensusRules:
    kind = consensus.get("kind")
    if kind != "qbft":
        raise NetworkFault(f"Network {name!r}: the consensus {kind!r} is not known here.")
    return QbftRules(
        epoch_length=int(consensus.get("epoch_length", 30_000)),
        max_drift_s=int(consensus.get("max_drift_s", 15)),
        validators=validators,
        base_fee="zero" if consensus.get("zero_base_fee") else "any",
        transitions={
            int(number): tuple(sorted(address_bytes(item) for item in listed))
            for number, listed in consensus.get("transitions", {}).items()
        },
    )
