"""Mutations of light-client objects of the beacon chain: bootstraps and updates.

What is no lie here: the name of a fork whose objects have the same form. The slot of a signature is
covered by no signature; here it stands so that no other slot can be right, the next one being the
clock's and the one before it the attested header's.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from .corpus import Target
from .mutate import change_json

LABS = Path(__file__).parents[1] / "unit" / "chain"
START, ATTESTED = 150, 182
"""Slots of the bootstrap and of what is attested later in the same period of the lab's chain."""
_SAME_FORM = {"electra", "fulu"}


def _lab() -> Any:
    """The beacon chain in small that stands beside its tests."""
    for folder in (LABS, LABS / "beacon"):
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
    return import_module("beacon_lab")


def beacon_targets(weight: int) -> list[Target]:
    """A bootstrap, and updates of the three kinds that servers give."""
    from peerwatt.chain.clients.beacon.store import CommitteeKeys
    from peerwatt.chain.consensus.beacon import parsing
    from peerwatt.chain.consensus.beacon.sync_protocol import initialize, process

    lab = _lab()
    chain, config, keys = lab.Chain(), lab.config_for(), CommitteeKeys(None)
    root, first = chain.block(START).root, chain.bootstrap(START)
    store = initialize(config, root, parsing.bootstrap_from_json(config, first))
    now = ATTESTED + 1

    def update(read: Callable[[Any, Any], Any]) -> Callable[[Any], object]:
        return lambda made: process(config, store, read(config, made), now, keys.points)

    kinds: list[tuple[str, Any, Callable[[Any], object]]] = [
        (
            "bootstrap", first,
            lambda made: initialize(config, root, parsing.bootstrap_from_json(config, made)),
        ),
        ("update", chain.update(ATTESTED), update(parsing.update_from_json)),
        (
            "finality update", chain.finality_update(ATTESTED),
            update(parsing.finality_update_from_json),
        ),
        (
            "optimistic update", chain.optimistic_update(ATTESTED),
            update(parsing.optimistic_update_from_json),
        ),
    ]  # fmt: skip
    for _, true, check in kinds:
        check(true)  # Raises where the true one is refused.
    return [_target(f"beacon {name}", true, check, weight) for name, true, check in kinds]


def _target(name: str, true: Any, check: Callable[[Any], object], weight: int) -> Target:
    said = _says(true)

    def is_lie(made: Any) -> bool:
        try:
            return bool(_says(made) != said)
        except (TypeError, KeyError, AttributeError):
            return True

    return Target(name, lambda rng: change_json(rng, true), check, is_lie, weight)


def _says(answer: Any) -> Any:
    version = answer["version"]
    return repr(("electra" if version in _SAME_FORM else version, answer["data"]))
