"""Reads one endpoint's branch of a chain that may fork: finds where it leaves ours, verifies it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import cast

from peerwatt.model.ports import Clock
from peerwatt.model.verified import ChainFault, Unproven

from ...consensus.forking import ForkingRules, ForkState
from ...consensus.header import Header, HeaderRefused
from ...encoding import EncodingFault, hex_data
from ...endpoints.endpoint import Endpoint, NotServed
from ...endpoints.transport import RpcRefused
from ...proofs.receipts import Receipt, verify_receipts
from ..evidence import BranchRejected
from ..ring import HeaderRing
from .tree import ForkTree

BATCH = 64
"""Reading so many headers takes the loop some 6 ms."""
INLINE = 8
"""So many headers (about 2 ms) are verified on the loop; more go to a thread."""
MAX_PER_ROUND = 8192
MAX_BRANCH = 4096


class DeepBranch(ChainFault):
    """A branch leaves the chain below the tree's root, after the settled block ``parent``."""

    def __init__(self, parent: ForkState) -> None:
        super().__init__(f"The branch leaves the settled chain after block {parent.header.number}.")
        self.parent = parent


class BranchReader:
    """One reading of one endpoint; ``verified`` counts the headers whose seals were checked."""

    def __init__(
        self,
        rules: ForkingRules,
        clock: Clock,
        endpoint: Endpoint,
        tree: ForkTree,
        ring: HeaderRing,
        rejected: frozenset[bytes] = frozenset(),
    ) -> None:
        """``rejected`` are hashes of blocks that the owner decided against."""
        self.endpoint = endpoint
        self.verified = 0
        self._rules = rules
        self._clock = clock
        self._tree = tree
        self._ring = ring
        self._rejected = rejected
        self._fault: ChainFault | None = None

    async def advance(self) -> AsyncIterator[ForkState]:
        """Yield the last verified block of the branch after each batch, at most 8192 blocks on.

        Every block is in the tree when it is yielded. Raises ChainFault for what does not hold,
        after what did hold was yielded; DeepBranch where the branch leaves below the root.
        """
        last = self.endpoint.head or 0
        parent, headers = await self._common(last)
        if parent.header.number < self._tree.root.header.number and headers:
            raise DeepBranch(parent)
        yield parent
        last = min(last, parent.header.number + MAX_PER_ROUND)
        while headers or parent.header.number < last:
            headers = headers or await self._next(parent, last)
            for state in await self._take(parent, headers):
                self._tree.add(state)
                parent = state
            headers = []
            yield parent
            if self._fault is not None:
                raise self._fault

    async def deep_branch(self, parent: ForkState) -> list[ForkState]:
        """Verify the branch after a settled block, apart from the tree. Raises ChainFault."""
        last = min(self.endpoint.head or 0, parent.header.number + MAX_BRANCH)
        states = [parent]
        while states[-1].header.number < last:
            headers = await self._next(states[-1], last)
            states += await self._take(states[-1], headers)
            if self._fault is not None:
                raise self._fault
        return states[1:]

    # -- where the branch leaves ours ----------------------------------------------------------

    async def _common(self, last: int) -> tuple[ForkState, list[Header]]:
        """Return the last known block of the branch and the headers already read after it."""
        start = max(0, min(self.endpoint.agreed, last, self._tree.head.header.number))
        oldest, step = self._ring.oldest, 1
        while True:
            headers = await self._headers(start, min(last, start + BATCH))
            known = self._last_known(headers)
            if known is not None:
                number = known.header.number
                return known, [header for header in headers if header.number > number]
            if start <= oldest:
                raise HeaderRefused("Its chain has no block in common with those kept here.")
            start, step = max(oldest, start - step), 2 * step

    def _last_known(self, headers: Sequence[Header]) -> ForkState | None:
        """Return the state of the last header in a row of known ones."""
        found: ForkState | None = None
        for header in headers:
            state = self._known(header)
            if state is None:
                break
            found = state
        return found

    def _known(self, header: Header) -> ForkState | None:
        digest = self._rules.hash(header)
        settled = self._ring.get(header.number)
        if settled is not None and settled.block_hash == digest:
            return cast("ForkState", settled)
        return self._tree.find(digest)

    # -- what it serves ------------------------------------------------------------------------

    async def _next(self, parent: ForkState, last: int) -> list[Header]:
        first = parent.header.number + 1
        headers = await self._headers(first, min(last, first + BATCH - 1))
        if headers[0].parent_hash != parent.block_hash:
            raise NotServed("Its chain changed while it was read; it is asked again.")
        return headers

    async def _headers(self, first: int, last: int) -> list[Header]:
        """Fetch headers by number, both ends included. Raises ChainFault."""
        blocks = await self.endpoint.rpc.batch(
            [("eth_getBlockByNumber", (hex(number), False)) for number in range(first, last + 1)]
        )
        headers: list[Header] = []
        for number, block in zip(range(first, last + 1), blocks, strict=True):
            try:
                headers.append(self._header(number, block))
            except ChainFault:
                if not headers:
                    raise
                break  # what comes before is taken first; this one is asked for again
        return headers

    def _header(self, number: int, block: object) -> Header:
        if block is None:
            raise NotServed(f"It announced block {number} but does not serve it.")
        header = self._rules.read(block)
        if header.number != number:
            raise HeaderRefused(f"It answers block {header.number} when asked for {number}.")
        return header

    # -- verification --------------------------------------------------------------------------

    async def _take(self, parent: ForkState, headers: Sequence[Header]) -> list[ForkState]:
        """Verify consecutive headers; what follows a bad one is left, and ``_fault`` says why."""
        states: list[ForkState] = []
        now_s = self._clock.now_s()
        while len(states) < len(headers) and self._fault is None:
            rest = headers[len(states) :]
            before = states[-1] if states else parent
            if self._rules.wants_receipts(before, rest[0]):
                states += await self._with_receipts(before, rest[0], now_s)
            elif len(rest) > INLINE:
                states += await asyncio.to_thread(self._verify, before, rest, now_s)
            else:
                states += self._verify(before, rest, now_s)
        return states

    def _verify(
        self, parent: ForkState, headers: Sequence[Header], now_s: float
    ) -> list[ForkState]:
        """Verify headers up to one that needs its receipts, or that breaks a rule."""
        states: list[ForkState] = []
        for header in headers:
            if self._rules.wants_receipts(parent, header):
                break
            known = self._known(header)
            if known is None:
                try:
                    known = self._checked(self._rules.verify(parent, header, now_s))
                except Unproven as fault:
                    self._fault = fault
                    break
                self.verified += 1
            parent = known
            states.append(known)
        return states

    def _checked(self, state: ForkState) -> ForkState:
        """Return a verified block. Raises BranchRejected for one the owner decided against."""
        if state.block_hash in self._rejected:
            raise BranchRejected(state.header.number)
        return state

    async def _with_receipts(
        self, parent: ForkState, header: Header, now_s: float
    ) -> list[ForkState]:
        try:
            receipts = await self._receipts(header)
            state = self._checked(self._rules.verify(parent, header, now_s, receipts))
        except ChainFault as fault:
            self._fault = fault
            return []
        self.verified += 1
        return [state]

    async def _receipts(self, header: Header) -> tuple[Receipt, ...]:
        """Fetch and prove all receipts of a block. Raises ChainFault."""
        number = hex(header.number)
        rpc = self.endpoint.rpc
        try:
            answer = await rpc.call("eth_getBlockReceipts", number)
        except RpcRefused as fault:
            if not fault.unknown_method:
                raise
            block = await rpc.call("eth_getBlockByNumber", number, False)
            listed = block.get("transactions") if isinstance(block, dict) else None
            if not isinstance(listed, list):
                raise EncodingFault("JSON-RPC: a block has no list of transactions.") from None
            hashes = [hex_data(item, 32) for item in listed]
            answer = await rpc.batch(
                [("eth_getTransactionReceipt", ("0x" + digest.hex(),)) for digest in hashes]
            )
        return verify_receipts(header.receipts_root, answer)
