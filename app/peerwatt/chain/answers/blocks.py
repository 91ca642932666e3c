"""Which verified block a request means."""

from __future__ import annotations

from ..consensus.rules import ChainState
from ..ports import VerifiedChain
from . import UNPROVEN, AnswerFault
from .params import Tag

RING = 1024
"""So far back a block is looked for by its hash."""


def block_state(chain: VerifiedChain, tag: Tag) -> ChainState:
    """Return the verified block that a tag means. Raises AnswerFault or Unproven."""
    if isinstance(tag, bytes):
        return _by_hash(chain, tag)
    if isinstance(tag, int):
        return _numbered(chain, tag)
    if tag == "latest":
        return chain.pinned()
    number = chain.final_number
    if number is None:
        raise AnswerFault(UNPROVEN, "No block is final yet under this network's rules.")
    return chain.pinned(number)


def _numbered(chain: VerifiedChain, number: int) -> ChainState:
    head = chain.pinned().header.number
    if number > head:
        raise AnswerFault(UNPROVEN, f"Block {number} is not verified; the newest is {head}.")
    return chain.pinned(number)


def _by_hash(chain: VerifiedChain, wanted: bytes) -> ChainState:
    head = chain.pinned().header.number
    for number in range(head, max(-1, head - RING), -1):
        state = chain.block(number)
        if state is not None and state.block_hash == wanted:
            return state
    raise AnswerFault(UNPROVEN, "No verified block that is kept has this hash.")
