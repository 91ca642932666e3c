"""Forks of the beacon chain and where each of them keeps what a light client has proven.

Generalized indices: consensus specifications, ``light-client/sync-protocol.md`` of Altair,
Capella, Electra and Gloas. Fulu changes nothing for light clients.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from .ssz import depth_of


class Fork(IntEnum):
    """Forks in their order; the names are those of the beacon API's ``version``."""

    PHASE0 = 0
    ALTAIR = 1
    BELLATRIX = 2
    CAPELLA = 3
    DENEB = 4
    ELECTRA = 5
    FULU = 6
    GLOAS = 7


EXECUTION_PAYLOAD = 25
"""Generalized index of the execution payload in a block's body, Capella to Fulu."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Generalized indices at one fork; 0 where the fork proves no such thing."""

    finalized_root: int
    current_committee: int
    next_committee: int
    block_hash: int
    """Hash of the execution block, from the body's root."""
    header_branch: int
    """Length of ``execution_branch`` in this fork's objects."""

    @property
    def finality_branch(self) -> int:
        """Length of ``finality_branch``."""
        return depth_of(self.finalized_root)

    @property
    def committee_branch(self) -> int:
        """Length of the branches of both committees."""
        return depth_of(self.next_committee)


_ALTAIR = (105, 54, 55)
_ELECTRA = (169, 86, 87)
_GLOAS = (735, 2945, 2946)

LAYOUTS = {
    Fork.ALTAIR: Layout(*_ALTAIR, 0, 0),
    Fork.BELLATRIX: Layout(*_ALTAIR, 0, 0),
    Fork.CAPELLA: Layout(*_ALTAIR, 412, 4),
    Fork.DENEB: Layout(*_ALTAIR, 812, 4),
    Fork.ELECTRA: Layout(*_ELECTRA, 812, 4),
    Fork.FULU: Layout(*_ELECTRA, 812, 4),
    Fork.GLOAS: Layout(*_GLOAS, 2856, 11),
}
"""Every fork that has light clients."""
