"""All targets of the mutations."""

from __future__ import annotations

from .corpus import Target
from .scene import Scene
from .sealed_chain import aura_chain, clique_chain, ibft2_chain
from .targets_beacon import beacon_targets
from .targets_bft import bft_targets
from .targets_files import file_targets
from .targets_proofs import proof_targets
from .targets_ways import way_targets

MUTATIONS = 20_000
"""How many are made at least, in all."""
SEED = 1


async def all_targets(scene: Scene) -> list[Target]:
    """Return every target there is."""
    return [
        *bft_targets(scene),
        *await proof_targets(scene),
        *ibft2_chain().targets(4),
        *clique_chain().targets(4),
        *aura_chain().targets(4),
        *beacon_targets(3),
        *await file_targets(scene, 5),
        *await way_targets(1),
    ]
