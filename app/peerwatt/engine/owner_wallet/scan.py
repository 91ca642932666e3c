"""Looks through final blocks for movements of our accounts: complete, or it says where not."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from peerwatt.chain.bindings.community import Community
from peerwatt.chain.encoding import address_bytes
from peerwatt.chain.reading.events import LogFilter
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.history.facade import History
from peerwatt.history.owner import Json
from peerwatt.history.wallet_records import Movement

from ..disk import Disk
from .movements import MovementReader
from .nonce_search import oldest_kept

log = logging.getLogger(__name__)

CHUNK_BLOCKS = 64
"""Blocks looked through in one step; the reader keeps as many proven bodies."""
SAVE_EVERY_BLOCKS = 64
"""Progress is written at least so often; what is looked through twice changes nothing."""
PROGRESS = "wallet.movements"


class MovementScan:
    """One chunk a step; each account goes on where it stopped."""

    def __init__(
        self, community: Community, reader: ProvenReader, history: History, disk: Disk
    ) -> None:
        self._reader = reader
        self._movements = MovementReader(community)
        self._credit = address_bytes(community.credit.address)
        self._topic = community.credit.artefact.topic("Transfer")
        self._history = history
        self._disk = disk
        self._next: dict[str, int] = {}
        self._gaps: dict[str, list[list[int]]] = {}
        self._saved: dict[str, int] = {}

    async def load(self) -> None:
        """Take up how far earlier runs came."""
        stored = await self._disk.run(self._history.meta.get, PROGRESS)
        for account, one in stored.items() if isinstance(stored, dict) else ():
            if isinstance(one, dict) and isinstance(one.get("next"), int):
                self._next[account] = int(str(one["next"]))
                gaps = one.get("gaps")
                for gap in gaps if isinstance(gaps, list) else []:
                    if isinstance(gap, list) and len(gap) == 2:
                        first, last = (int(str(end)) for end in gap)
                        self._gaps.setdefault(account, []).append([first, last])
        self._saved = dict(self._next)

    def gap_sentence(self, accounts: Sequence[str]) -> str:
        """Return where payments may be missing from the list, in words; empty where none are."""
        gaps = [gap for account in accounts for gap in self._gaps.get(account, [])]
        if not gaps:
            return ""
        first, last = min(gap[0] for gap in gaps), max(gap[1] for gap in gaps)
        return (
            f"Payments between block {first} and {last} may be missing from the list: "
            "those blocks were no longer kept when they were looked for. Balances are not affected."
        )

    async def step(self, accounts: Sequence[str]) -> list[Movement]:
        """Look through the next blocks; return what moved. Raises ChainFault."""
        final = self._reader.client.final_number
        if final is None or not accounts:
            return []
        oldest = oldest_kept(self._reader.client) or 0
        found: list[Movement] = []
        starts = {self._start(account, oldest, final) for account in accounts}
        for start in sorted(starts):
            if start <= final:
                group = [one for one in accounts if self._next.get(one) == start]
                found += await self._chunk(group, start, min(start + CHUNK_BLOCKS - 1, final))
        await self._save(force=bool(found))
        return found

    def _start(self, account: str, oldest: int, final: int) -> int:
        """Return the next block of an account; blocks that are kept no more become a gap."""
        first = self._next.get(account, 0)
        if first < oldest and first <= final:
            self._gap(account, first, oldest - 1)
            first = oldest
        self._next[account] = first
        return first

    def _gap(self, account: str, first: int, last: int) -> None:
        if [first, last] not in self._gaps.setdefault(account, []):
            self._gaps[account].append([first, last])

    async def _chunk(self, accounts: Sequence[str], first: int, last: int) -> list[Movement]:
        numbers: set[int] = set()
        done = last
        padded = tuple(address_bytes(one).rjust(32, b"\0") for one in accounts)
        for topics in (((self._topic,), padded), ((self._topic,), (), padded)):
            search = await self._reader.search(LogFilter((self._credit,), topics), first, last)
            done = min(done, search.complete_to)
            numbers |= {event.block_number for event in search.events}
        found: list[Movement] = []
        for number in sorted(one for one in numbers if one <= done):
            body = await self._reader.body(number)
            found += self._movements.read(body.events, accounts)
        known = await self._disk.run(self._history.owner.hashes) if found else frozenset()
        # What the owner did has a row already; what an own account received from others has none.
        kept = [
            one
            for one in found
            if one.transaction_hash not in known
            or (one.amount_micro > 0 and one.kind != "withdrawal")
        ]
        await self._disk.run(self._history.movements.put, kept)
        for account in accounts:
            self._next[account] = done + 1
        return kept

    def _record(self, account: str) -> Json:
        gaps: list[Json] = [[first, last] for first, last in self._gaps.get(account, [])]
        return {"next": self._next[account], "gaps": gaps}

    async def _save(self, *, force: bool) -> None:
        behind = any(
            number - self._saved.get(account, 0) >= SAVE_EVERY_BLOCKS or account not in self._saved
            for account, number in self._next.items()
        )
        if not (force or behind):
            return
        stored: Json = {account: self._record(account) for account in self._next}
        await self._disk.run(self._history.meta.set, PROGRESS, stored)
        self._saved = dict(self._next)
