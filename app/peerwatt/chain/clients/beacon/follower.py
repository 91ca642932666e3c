"""Follows the beacon chain from a checkpoint over several endpoints: the sync protocol in time.

Bootstrap, then one update for each period of 27 hours, then finality and head of every slot.
What an endpoint serves is checked by the pure rules; what does not hold is that endpoint's fault.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from peerwatt.model.ports import Clock
from peerwatt.model.verified import ChainFault, EndpointAway, Unproven

from ...consensus.beacon.config import BeaconConfig
from ...consensus.beacon.objects import LightHeader, Update
from ...consensus.beacon.parsing import (
    bootstrap_from_json,
    finality_update_from_json,
    optimistic_update_from_json,
    update_from_json,
)
from ...consensus.beacon.store import LightClientStore, header_items
from ...consensus.beacon.sync_protocol import (
    CheckpointTooOld,
    UpdateIrrelevant,
    UpdateSkips,
    check_age,
    initialize,
    process,
)
from ...consensus.header import HeaderTooEarly
from ...encoding import rlp_encode
from ...endpoints.patience import allowance
from ...ports import HeaderStore
from ...status import Counters, EndpointState, Evidence
from .endpoint import BeaconEndpoint
from .rest import MAX_UPDATES, BeaconRest, RestRefused
from .store import CommitteeKeys, CommitteeStore, StoreRecords

log = logging.getLogger(__name__)

KEPT_FINAL = 64
"""Finalized headers remembered, to notice a second one at the same slot."""
LAG_SLOTS = 3

Read = Callable[[BeaconConfig, object], Update]
Step = Callable[[BeaconEndpoint], Awaitable[None]]


class BeaconFollower:
    """The verified beacon chain: its newest and its finalized header."""

    def __init__(
        self,
        config: BeaconConfig,
        clock: Clock,
        counters: Counters,
        *,
        timeout_s: float,
        records: HeaderStore | None,
        committees: CommitteeStore | None,
    ) -> None:
        self.config = config
        self.store: LightClientStore | None = None
        self.evidence: Evidence | None = None
        self.trust_fault: str = "" if config.checkpoint else _NEEDED
        """Why nothing can be trusted yet, for the owner to mend; empty when all is well."""
        self.endpoints = tuple(
            BeaconEndpoint(BeaconRest(url, timeout_s=timeout_s)) for url in config.beacon_endpoints
        )
        self._timeout_s = timeout_s
        self._clock = clock
        self._counters = counters
        self._keys = CommitteeKeys(committees)
        self._store_records = records
        self._records = StoreRecords(config.genesis_validators_root + (config.checkpoint or b""))
        self._saved: LightClientStore | None = None
        self._finals: OrderedDict[int, LightHeader] = OrderedDict()
        self._ask_slot = 0
        """Slot from which on the next committee is asked for again."""

    # -- between runs ------------------------------------------------------------------------

    async def load(self) -> None:
        """Take up what was verified in an earlier run, if it is young enough to be trusted."""
        if self._store_records is None or not self.config.checkpoint:
            return
        found = self._records.read(await asyncio.to_thread(self._store_records.load))
        if found is None:
            return
        try:
            check_age(self.config, found.finalized.slot, self._clock.now_s())
        except CheckpointTooOld as fault:
            self.trust_fault = str(fault)
            return
        self.store = self._saved = found
        self._finals[found.finalized.slot] = found.finalized

    async def save(self) -> None:
        """Write the store when something was finalized since it was written."""
        store, saved = self.store, self._saved
        if self._store_records is None or store is None:
            return
        is_same = saved is not None and (saved.finalized.slot, saved.following) == (
            store.finalized.slot,
            store.following,
        )
        if not is_same:
            self._saved = store
            record = self._records.write(store)
            await asyncio.to_thread(self._store_records.append, [record])

    async def close(self) -> None:
        """Close all connections."""
        for endpoint in self.endpoints:
            await endpoint.rest.close()

    # -- one round ---------------------------------------------------------------------------

    async def advance(self) -> None:
        """Ask every endpoint that is due; never raises for what an endpoint does.

        One after the other until the committees are known, then all at once; each has its share
        of the round, and a slow one goes on in the next.
        """
        now_s = self._clock.now_s()
        due = [endpoint for endpoint in self.endpoints if endpoint.is_due(now_s)]
        due.sort(key=lambda endpoint: endpoint.rank(now_s))
        ready = [endpoint for endpoint in due if await self._holds(endpoint, self._prepare)]
        answers: dict[str, tuple[object, object]] = {}

        async def fetch(endpoint: BeaconEndpoint) -> None:
            """Keep an endpoint's two newest updates as they came. Raises ChainFault."""
            rest = endpoint.rest
            pair = await asyncio.gather(rest.finality_update(), rest.optimistic_update())
            answers[endpoint.name] = (pair[0], pair[1])

        async def take(endpoint: BeaconEndpoint) -> None:
            """Verify what was kept of an endpoint. Raises ChainFault."""
            await self._newest(endpoint, *answers[endpoint.name])

        fetched = await asyncio.gather(*(self._holds(endpoint, fetch) for endpoint in ready))
        for endpoint, has_answered in zip(ready, fetched, strict=True):
            if has_answered:
                await self._holds(endpoint, take)

    async def _holds(self, endpoint: BeaconEndpoint, step: Step) -> bool:
        """Do a step with an endpoint and note its failure; nothing once we have stopped."""
        if self.trust_fault or self.evidence is not None:
            return False
        try:
            with allowance(self._timeout_s):
                await step(endpoint)
        except CheckpointTooOld as fault:
            self.trust_fault = str(fault)
        except ChainFault as fault:
            self._failed(endpoint, fault)
        else:
            return True
        return False

    def _failed(self, endpoint: BeaconEndpoint, fault: ChainFault) -> None:
        """Note a failure; what is only early or late is no lie."""
        if isinstance(fault, HeaderTooEarly | UpdateIrrelevant | UpdateSkips):
            fault = RestRefused(str(fault))
        if isinstance(fault, Unproven):
            self._counters.rejected += 1
        endpoint.failed(fault, self._clock.now_s())

    @property
    def _slot(self) -> int:
        return self.config.slot_at(self._clock.now_s())

    def _due_s(self, newest: int, now_s: float) -> float:
        """Return when to ask again: a third into the next slot, sooner while a head is missing.

        Members sign a head within the first third of a slot.
        """
        third_s = self.config.seconds_per_slot / 3
        if newest + 1 < self._slot:
            return now_s + third_s
        return self.config.slot_time_s(self._slot + 1) + third_s

    async def _bootstrap(self, endpoint: BeaconEndpoint) -> None:
        root = self.config.checkpoint
        if root is None:
            raise RestRefused(_NEEDED)
        try:
            answer = await endpoint.rest.bootstrap(root)
        except RestRefused as fault:
            raise RestRefused(f"{str(fault).rstrip('.')}; {_WRONG_ROOT}") from None

        def check() -> LightClientStore:
            """Verify the checkpoint's committee and age; runs in a thread. Raises ChainFault."""
            store = initialize(self.config, root, bootstrap_from_json(self.config, answer))
            check_age(self.config, store.finalized.slot, self._clock.now_s())
            return store

        self.store = await asyncio.to_thread(check)
        self._finals[self.store.finalized.slot] = self.store.finalized
        log.info("The beacon chain is followed from slot %d.", self.store.finalized.slot)

    async def _prepare(self, endpoint: BeaconEndpoint) -> None:
        """Take up the checkpoint, then updates until the present committee is known."""
        if self.store is None:
            await self._bootstrap(endpoint)
        while (missing := self._missing()) is not None:
            first, count = missing
            answers = await endpoint.rest.updates(first, min(count, MAX_UPDATES))
            await asyncio.to_thread(self._take_all, answers, endpoint.name)
            if self._missing() == missing:
                raise RestRefused(
                    f"{endpoint.name} does not serve the update of sync committee period {first}."
                )
        await self._look_ahead(endpoint)

    def _missing(self) -> tuple[int, int] | None:
        """Return the first period whose update is needed, and how many from there on."""
        if self.store is None:
            return None
        known = self.config.period_at(self.store.finalized.slot)
        first = known if self.store.following is None else known + 1
        present = self.config.period_at(self._slot)
        return (first, present - first) if first < present else None

    async def _look_ahead(self, endpoint: BeaconEndpoint) -> None:
        """Ask for the committee of the next period, in good time and not too often.

        It is served once it is final, some epochs into the present period; until then nothing
        depends on it.
        """
        if self.store is None or self.store.following is not None or self._slot < self._ask_slot:
            return
        self._ask_slot = self._slot + max(self.config.slots_per_epoch // 4, 1)
        try:
            answers = await endpoint.rest.updates(self.config.period_at(self._slot), 1)
        except RestRefused:
            return
        await asyncio.to_thread(self._take_all, answers, endpoint.name)

    def _take_all(self, answers: list[object], name: str) -> None:
        """Apply updates of consecutive periods; those before a bad one count. Raises Unproven."""
        for answer in answers:
            try:
                self._take(update_from_json(self.config, answer), name)
            except UpdateIrrelevant:
                continue

    async def _newest(self, endpoint: BeaconEndpoint, final: object, head: object) -> None:
        """Take an endpoint's newest headers and note how far it is."""
        slots = [
            await asyncio.to_thread(self._take_newest, read, answer, endpoint.name)
            for read, answer in (
                (finality_update_from_json, final),
                (optimistic_update_from_json, head),
            )
        ]
        now_s, newest = self._clock.now_s(), max(slots)
        lag = self._slot - newest
        words = f"its newest header is {lag} slots old" if lag > LAG_SLOTS else ""
        endpoint.served(newest, words, now_s, self._due_s(newest, now_s))

    def _take_newest(self, read: Read, answer: object, name: str) -> int:
        update = read(self.config, answer)
        store = self.store
        is_known = (
            store is not None
            and update.attested.beacon == store.optimistic.beacon
            and (update.finalized is None or update.finalized.beacon == store.finalized.beacon)
        )
        if not is_known:
            try:
                self._take(update, name)
            except UpdateIrrelevant:
                log.debug("%s served an update of slot %d.", name, update.attested.slot)
        return update.attested.slot

    def _take(self, update: Update, name: str) -> None:
        """Check and apply one update. Raises Unproven."""
        if self.store is None:
            raise EndpointAway("No checkpoint was taken up yet.")
        before = self.store
        after = process(self.config, before, update, self._slot, self._keys.points)
        self._counters.headers_verified += 1
        if update.aggregate.participants * 3 >= self.config.committee_size * 2:
            self._note_final(update, name)
        if self.evidence is None:
            self.store = after

    def _note_final(self, update: Update, name: str) -> None:
        """Remember a finalized header; a second one at its slot is evidence."""
        header = update.finalized
        if header is None:
            return
        ours = self._finals.setdefault(header.slot, header)
        if len(self._finals) > KEPT_FINAL:
            self._finals.popitem(last=False)
        if ours.beacon != header.beacon:
            self.evidence = Evidence(
                header.slot,
                rlp_encode(header_items(ours)),
                rlp_encode(header_items(header)),
                name,
            )

    # -- for the screen ----------------------------------------------------------------------

    @property
    def is_behind(self) -> bool:
        """Whether committees between the checkpoint and now are not known yet."""
        return self._missing() is not None

    @property
    def usable(self) -> list[BeaconEndpoint]:
        """Endpoints whose last answer held."""
        return [endpoint for endpoint in self.endpoints if endpoint.is_usable]

    @property
    def liars(self) -> list[str]:
        """Names of the endpoints of which an answer did not hold of late."""
        now_s = self._clock.now_s()
        return [
            e.name
            for e in self.endpoints
            if e.state is EndpointState.CONTRADICTS or e.penalty(now_s)
        ]


_NEEDED = (
    "A checkpoint is needed: enter the root of a recent finalized beacon block, taken from a "
    "source you trust."
)
_WRONG_ROOT = (
    "check that the checkpoint is the root of a recent finalized beacon block, not the hash of an "
    "execution block."
)
