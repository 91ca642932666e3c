"""Networks as data: which rules, which trust root, which endpoints and contracts.

``resources/networks/<name>.json`` describes one network; a site's ``chain`` settings overlay it.
Adding a network is adding a file. A field that is unknown or missing is named in a NetworkFault.

- ``title``: the network's name for the owner.
- ``chain_id``, ``block_period_s``: numbers; the period (s) tells when a head is stale.
- ``consensus``: an object with ``kind`` and the fields of that kind.
  - ``qbft``, ``ibft2``: all optional. ``epoch_length`` (30000), ``max_drift_s`` (15), ``period_s``
    (least seconds between blocks, 0: only later), ``base_fee`` (``any``, ``zero``, ``eip1559``),
    ``tally`` (``strict``; ``overlap`` for chains sealed by Besu before 26.2),
    ``validator_contract`` {``address``, ``slot`` of the array's length, ``layout`` (``solidity``
    or ``vyper``)}, ``transitions``: list of {``block``, and any of ``validators``, ``period_s``,
    ``selection`` (``blockheader`` or ``contract``), ``validator_contract``}, as Besu's genesis.
  - ``clique``, ``aura``: see ``rules_from`` of ``consensus.clique`` and ``consensus.aura``.
  - ``ethereum``: see ``config_from`` of ``consensus.beacon.config``.
- ``trust_root``: {``block``, ``hash``, ``validators``} or null where the owner must give it. The
  block is 0 or a later one; ``validators`` (its set) may be left empty, its hash covers them.
  Under AuRa they are the set after the trusted block in the order of its turns, and needed.
  Under proof of stake it is null, and the owner gives ``consensus.checkpoint``.
- ``sync``, optional: {``mode`` (``sequential`` or ``skipping``), ``trusting_period_s`` (7 days),
  ``skip_from_blocks`` (4096: shorter gaps are verified one by one)}.
- ``endpoints``: JSON-RPC addresses. ``contracts``: name -> address.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from peerwatt.config.resources import resource
from peerwatt.config.settings import ChainSettings
from peerwatt.model.verified import ChainFault

from .consensus.bft import is_ascending
from .consensus.options import FieldFault, known_only, one_of, whole
from .consensus.rules import ConsensusRules
from .encoding import EncodingFault, address_bytes, hex_data
from .network_rules import RULES

DAY_S = 86_400
MAX_TITLE = 100


class NetworkFault(ChainFault):
    """A network's description cannot be used; the message names the field and what to do."""


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """How a client catches up with a chain whose blocks are final at once."""

    mode: Literal["sequential", "skipping"] = "sequential"
    trusting_period_s: int = 7 * DAY_S
    """How long those who sealed a block are trusted to seal later ones; skipping only."""
    skip_from_blocks: int = 4096
    """Gaps from here on are skipped; shorter ones are verified header by header."""


@dataclass(frozen=True, slots=True)
class Network:
    """One network, ready for a client."""

    name: str
    chain_id: int
    rules: ConsensusRules
    genesis_hash: bytes
    """Trust root: hash of block ``trusted_number``; empty under proof of stake."""
    validators: tuple[bytes, ...]
    """Set that the trusted block names; empty where its hash alone vouches for the set."""
    endpoints: tuple[str, ...]
    block_period_s: int
    contracts: Mapping[str, str] = field(default_factory=dict)
    consensus: str = "qbft"
    """Kind of consensus, a key of ``network_rules.RULES``."""
    trusted_number: int = 0
    """Number of the trusted block: 0 or a later one."""
    sync: SyncPlan = SyncPlan()
    title: str = ""


def load_network(settings: ChainSettings) -> Network:
    """Return the network of a site: the resource ``networks/<name>.json``, overlaid by settings.

    Raises NetworkFault with one sentence.
    """
    return network_from(settings.network, overlaid(described_network(settings.network), settings))


def described_network(name: str) -> dict[str, Any]:
    """Return a network's description as it is shipped. Raises NetworkFault."""
    if not name.replace("-", "").isalnum():
        raise NetworkFault(f"There is no network named {name!r}.")
    try:
        described = json.loads(resource("networks", f"{name}.json").read_bytes())
    except FileNotFoundError:
        raise NetworkFault(f"There is no network named {name!r}.") from None
    except ValueError:
        raise NetworkFault(f"The description of {name!r} is no JSON.") from None
    if not isinstance(described, dict):
        raise NetworkFault(f"The description of {name!r} is no JSON object.")
    return described


def overlaid(described: Mapping[str, Any], settings: ChainSettings) -> dict[str, Any]:
    """Return a description with what a site's settings say in its place."""
    chosen = settings.model_fields_set
    result = dict(described)
    for name in ("chain_id", "endpoints", "block_period_s"):
        if name in chosen or name not in result:
            result[name] = getattr(settings, name)
    result["endpoints"] = list(result["endpoints"])
    result["contracts"] = {**described.get("contracts", {}), **settings.contracts}
    result["consensus"] = {**described.get("consensus", {}), **settings.consensus}
    if settings.checkpoint:
        result["consensus"]["checkpoint"] = settings.checkpoint
    if settings.beacon_endpoints:
        result["consensus"]["beacon_endpoints"] = list(settings.beacon_endpoints)
    if settings.genesis_hash or "validators" in chosen:
        result["trust_root"] = {
            "block": settings.trusted_block,
            "hash": settings.genesis_hash,
            "validators": list(settings.validators),
        }
    if settings.sync != "network":
        result["sync"] = {**described.get("sync", {}), "mode": settings.sync}
    return result


_FIELDS = (
    *("title", "chain_id", "block_period_s", "consensus", "trust_root", "sync", "endpoints"),
    "contracts",
)


def network_from(name: str, described: Mapping[str, Any]) -> Network:
    """Return a network from its description; see the schema above. Raises NetworkFault."""
    try:
        return _network(name, described)
    except (FieldFault, ValueError, TypeError) as fault:
        raise NetworkFault(f"Network {name!r}: {str(fault).rstrip('.')}.") from None
    except NetworkFault:
        raise
    except ChainFault as fault:
        raise NetworkFault(f"Network {name!r}: {fault}") from None


def _network(name: str, described: Mapping[str, Any]) -> Network:
    known_only(described, _FIELDS, "")
    missing = [name for name in _FIELDS if name not in described and name != "sync"]
    if missing:
        raise FieldFault(f"the field {missing[0]} is missing")
    consensus = described["consensus"]
    kind = consensus.get("kind") if isinstance(consensus, Mapping) else None
    if not isinstance(kind, str) or kind not in RULES:
        raise FieldFault(f"the consensus {kind!r} is not known here")
    number, trusted_hash, validators = _trust_root(name, kind, described["trust_root"])
    _check_contracts(name, described["contracts"])
    endpoints = described["endpoints"]
    if not isinstance(endpoints, list) or not all(isinstance(url, str) for url in endpoints):
        raise FieldFault("the field endpoints must be a list of addresses")
    return Network(
        name=name,
        chain_id=whole(described, "chain_id", ""),
        rules=RULES[kind](consensus, validators),
        genesis_hash=trusted_hash,
        validators=validators,
        endpoints=tuple(endpoints),
        block_period_s=whole(described, "block_period_s", ""),
        contracts=dict(described["contracts"]),
        consensus=kind,
        trusted_number=number,
        sync=_sync(described.get("sync", {})),
        title=_title(described["title"]),
    )


def _title(title: object) -> str:
    if not isinstance(title, str) or len(title) > MAX_TITLE or not title.isprintable():
        raise FieldFault("the field title must be a line of text")
    return title


def _trust_root(name: str, kind: str, root: object) -> tuple[int, bytes, tuple[bytes, ...]]:
    """Return (number, hash, validators) of the trusted block."""
    if kind == "ethereum":
        if root is not None:
            raise FieldFault("trust_root must be null; give the field consensus.checkpoint")
        return 0, b"", ()
    ask = NetworkFault(
        f"Network {name!r}: the trust root (number and hash of a block, and its validators) "
        "is missing or malformed; copy it from the community's invitation."
    )
    if not isinstance(root, Mapping):
        raise ask
    known_only(root, ("block", "hash", "validators"), "trust_root.")
    try:
        trusted_hash = hex_data(root.get("hash"), 32)
        validators = tuple(address_bytes(item) for item in root.get("validators", ()))
    except EncodingFault:
        raise ask from None
    if kind != "aura" and not is_ascending(validators):
        raise FieldFault("the validators are not in ascending order")
    return whole(root, "block", "trust_root.", 0), trusted_hash, validators


def _check_contracts(name: str, contracts: object) -> None:
    if not isinstance(contracts, Mapping):
        raise FieldFault("the field contracts must be an object")
    for contract, at in contracts.items():
        try:
            address_bytes(at)
        except EncodingFault:
            raise NetworkFault(
                f"Network {name!r}: the address of the contract {contract} is malformed; copy it "
                "from the community's invitation."
            ) from None


def _sync(described: object) -> SyncPlan:
    if not isinstance(described, Mapping):
        raise FieldFault("the field sync must be an object")
    known_only(described, ("mode", "trusting_period_s", "skip_from_blocks"), "sync.")
    default = SyncPlan()
    mode = one_of(described, "mode", "sync.", ("sequential", "skipping"))
    return SyncPlan(
        cast("Literal['sequential', 'skipping']", mode),
        whole(described, "trusting_period_s", "sync.", default.trusting_period_s),
        whole(described, "skip_from_blocks", "sync.", default.skip_from_blocks),
    )
