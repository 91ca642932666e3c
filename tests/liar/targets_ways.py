"""Mutations of proof files of the other kinds of consensus.

What is no lie here, beside what :mod:`.targets_files` names: the blocks' period, which nothing
rests on; under proof of stake the name of a fork whose objects have the same form.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

from peerwatt.chain.bundles.path import plain_rules
from peerwatt.chain.bundles.verify import verify_bundle
from peerwatt.chain.networks import network_from
from peerwatt.devnet.header import BlockHeader, block_hash
from peerwatt.model.verified import ChainFault

from .corpus import Target
from .mutate import Named, change_json
from .targets_files import plain, text

LABS = Path(__file__).parents[1] / "unit" / "chain"
_CLAIMS = ("kind", "address", "slot", "field", "value")
_NAMES = {"electra": "fulu"}


async def way_targets(weight: int) -> list[Target]:
    """A file of each kind: Clique, AuRa, validators held by a contract, proof of stake."""
    if str(LABS) not in sys.path:
        sys.path.append(str(LABS))
    lab = import_module("way_lab")
    return [_target(kind, await make(), weight) for kind, make in lab.KINDS.items()]


def _target(kind: str, made: Any, weight: int) -> Target:
    def check(document: Any) -> object:
        return verify_bundle(document, now_s=made.now_s, site=made.network)

    check(made.document)  # Raises where the true one is refused.
    rests, claims = _says(made.document)

    def is_lie(document: Any) -> bool:
        try:
            other, claimed = _says(document)
        except (TypeError, KeyError, AttributeError, ValueError, RecursionError, ChainFault):
            return True
        return bool(other != rests or not claimed or not claimed <= claims)

    def change(rng: Random) -> Named:
        return change_json(rng, made.document, made.document["nodes"])

    return Target(f"proof file, {kind}", change, check, is_lie, weight)


def _says(document: Any) -> tuple[Any, set[str]]:
    """Return what a file rests on, and the set of what it claims.

    Parameters that are left out or written otherwise may make the same rules: those are compared.
    """
    network = network_from("lab", {k: v for k, v in document["network"].items() if k != "name"})
    root = (network.chain_id, network.trusted_number, network.genesis_hash, network.contracts)
    document = plain(document)
    rests = {
        **{name: document[name] for name in ("format", "version", "block", "headers", "nodes")},
        "network": [repr(plain_rules(network)), repr(root)],
        "way": _way(document["way"]),
        "accounts": sorted(
            {
                text([item["address"], item["proof"], sorted({text(s) for s in item["slots"]})])
                for item in document["accounts"]
            }
        ),
        "receipts": document["receipts"],
    }
    return text(rests), {text([item.get(name) for name in _CLAIMS]) for item in document["values"]}


def _way(shown: Any) -> Any:
    """Return what leads to the block, by block where the order means nothing."""
    if "bootstrap" in shown:
        return {name: _objects(part) for name, part in shown.items()}
    return {name: sorted(text(_record(item)) for item in part) for name, part in shown.items()}


def _record(item: Any) -> Any:
    """Return a set of validators with its header's hash, which covers neither seals nor round."""
    if "header" not in item:
        return item
    raw = bytes.fromhex(item["header"].removeprefix("0x"))
    return item | {"header": block_hash(BlockHeader.decode(raw)).hex()}


def _objects(part: Any) -> Any:
    """Return objects of the beacon API with one name for the forks that have their form."""
    if isinstance(part, list):
        return [_objects(item) for item in part]
    return {"version": _NAMES.get(part["version"], part["version"]), "data": part["data"]}
