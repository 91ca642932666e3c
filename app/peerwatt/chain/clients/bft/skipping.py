"""Catching up by skipping: from a trusted block to a far later one, then back along the hashes.

The jump is believed because enough of the validators trusted already sealed its target
(``BftRules.skip``); where too few did, a block half way is tried first. The blocks behind the
target are then believed because it names each of them by its parent's hash, without seals.
"""

from __future__ import annotations

from collections.abc import Callable

from peerwatt.model.ports import Clock

from ...consensus.bft_rules import BftRules, BftState, OverlapTooSmall
from ...consensus.header import Header, HeaderRefused
from ...endpoints.endpoint import Endpoint
from ...endpoints.patience import OutOfTime
from ..ring import RING_BLOCKS
from .contract_set import ContractSets
from .header_fetch import fetch_blocks, fetch_header, read_header

MAX_JUMPS = 2048
"""Headers asked for in one attempt; the sets of a sane network change far less often."""
BATCH = 128


class Skipper:
    """Skips on one network. ``trusting_period_s``: see ``networks.SyncPlan``."""

    def __init__(
        self,
        rules: BftRules,
        sets: ContractSets,
        clock: Clock,
        trusting_period_s: float,
        on_verified: Callable[[int], None],
    ) -> None:
        """``on_verified`` hears how many headers were verified."""
        self._rules = rules
        self._sets = sets
        self._clock = clock
        self._trusting_period_s = trusting_period_s
        self._on_verified = on_verified
        self._reached: dict[Endpoint, BftState] = {}
        """How far a jump came before the endpoint ran out of time."""
        self._linked: dict[Endpoint, list[BftState]] = {}
        """Headers behind a target, newest first, as far as an endpoint had the time."""

    async def jump(self, endpoint: Endpoint, trusted: BftState, target: int) -> BftState:
        """Return the state after block ``target`` as an endpoint serves it.

        Raises TrustExpired, HeaderTooEarly, or a ChainFault for what does not hold.
        """
        kept = self._reached.pop(endpoint, trusted)
        if trusted.header.number < kept.header.number < target:
            trusted = kept
        goal = target
        try:
            for _ in range(MAX_JUMPS):
                header = await fetch_header(endpoint, goal)
                try:
                    trusted = await self._step(endpoint, trusted, header)
                except OverlapTooSmall:
                    goal = (trusted.header.number + goal) // 2
                    continue
                self._on_verified(1)
                if trusted.header.number == target:
                    return trusted
                goal = target
        except OutOfTime:
            self._reached[endpoint] = trusted
            raise
        raise HeaderRefused("The validators change too often to skip; verify block by block.")

    async def _step(self, endpoint: Endpoint, trusted: BftState, header: Header) -> BftState:
        now_s = self._clock.now_s()
        if header.number == trusted.header.number + 1:
            return self._rules.verify(await self._sets.ready(endpoint, trusted), header, now_s)
        trusted = await self._sets.ready(endpoint, trusted)
        validators = None
        if self._rules.contract_at(header.number) is not None:
            validators = await self._validators_of(endpoint, header)
        return self._rules.skip(trusted, header, now_s, self._trusting_period_s, validators)

    async def _validators_of(self, endpoint: Endpoint, header: Header) -> tuple[bytes, ...]:
        """Prove the set that a header was sealed by, from the parent that it names by hash."""
        parent = await fetch_header(endpoint, header.number - 1)
        if self._rules.hash(parent) != header.parent_hash:
            raise HeaderRefused("The header does not follow from its parent.")
        query = self._rules.contract_query(parent)
        if query is None:
            raise HeaderRefused("No contract holds the validators of this block.")
        return (await self._sets.prove(endpoint, query))[0]

    async def behind(self, endpoint: Endpoint, state: BftState, first: int) -> list[BftState]:
        """Return the states from ``first`` up to ``state``, oldest first, at most a ring full.

        Raises ChainFault when a header is not the parent that its child names.
        """
        first = max(first, state.header.number - RING_BLOCKS + 1)
        found = self._linked.pop(endpoint, [])
        if not found or found[0] is not state:
            found = [state]
        try:
            await self._link(endpoint, found, first)
        except OutOfTime:
            self._linked[endpoint] = found
            raise
        self._on_verified(len(found) - 1)
        return found[::-1]

    def unfinished(self, endpoint: Endpoint, above: int) -> BftState | None:
        """Return the target whose way back an endpoint had no time to show, if it is still new."""
        found = self._linked.get(endpoint)
        return found[0] if found and found[0].header.number > above else None

    async def _link(self, endpoint: Endpoint, found: list[BftState], first: int) -> None:
        while (end := found[-1].header.number) > first:
            numbers = range(max(first, end - BATCH), end)
            blocks = await fetch_blocks(endpoint, numbers)
            for number, block in zip(reversed(numbers), reversed(blocks), strict=True):
                found.append(self._rules.linked(read_header(block, number), found[-1]))
