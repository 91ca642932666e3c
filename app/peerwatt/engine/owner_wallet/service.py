"""The owner's wallet in the engine: what the window asks for, and one round of following."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from peerwatt.api.messages import Changed
from peerwatt.api.wallet_messages import (
    BroadcastSend,
    LabelTransaction,
    PreparedSend,
    PrepareSend,
    TransactionView,
)
from peerwatt.chain.answers.fees import next_base_fee
from peerwatt.chain.status import SyncState
from peerwatt.history.facade import History
from peerwatt.history.faults import HistoryFault
from peerwatt.history.records import NoticeLevel, SentTransaction
from peerwatt.history.wallet_records import Movement, OwnerIntent
from peerwatt.model.ports import Clock
from peerwatt.model.verified import ChainFault
from peerwatt.wallet.pending import why_stuck
from peerwatt.wallet.secret import WalletFault

from ..chain_service import ChainService
from ..disk import Disk
from ..refusal import ApiRefusal
from . import words
from .accounts import AccountList, OwnAccount, Say
from .follow import Follower
from .listing import Listing
from .outbox import Outbox
from .prepare import Preparer
from .scan import MovementScan
from .sending import Sending

log = logging.getLogger(__name__)

NEWS_S = 3600.0
"""Incoming credits older than this are listed, but not announced."""
CANNOT_PREPARE = {SyncState.STARTING, SyncState.AWAY, SyncState.STOPPED, SyncState.EXPIRED}


class _OnChain:
    """The parts that need a chain."""

    def __init__(
        self,
        chain: ChainService,
        accounts: AccountList,
        history: History,
        disk: Disk,
        clock: Clock,
        agent: str | None,
    ) -> None:
        reader = chain.reader
        self.service = chain
        self.outbox = Outbox(history, disk)
        self.follower = Follower(self.outbox, reader, clock)
        self.preparer = Preparer(chain.community, reader, accounts, self.outbox, agent)
        self.sending = Sending(self.outbox, self.preparer, self.follower, history, disk)
        self.scan = MovementScan(chain.community, reader, history, disk)


class OwnerWallet:
    """Everything about the owner's wallet that needs no key."""

    def __init__(
        self,
        accounts: AccountList,
        chain: ChainService | None,
        agent: str | None,
        member: str | None,
        history: History,
        disk: Disk,
        clock: Clock,
        say: Say,
        *,
        demo: bool = False,
    ) -> None:
        self._list = accounts
        self._clock = clock
        self._say = say
        self._demo = demo
        self._listing = Listing(history, disk, member, accounts.name)
        self._on: _OnChain | None = None
        if chain is not None:
            self._on = _OnChain(chain, accounts, history, disk, clock, agent)

    # -- life --------------------------------------------------------------------------------

    async def load(self) -> None:
        """Take up accounts and everything that earlier runs left on its way."""
        await self._refresh_list()
        await self._listing.reload()
        if self._on is not None:
            await self._on.outbox.load(self._clock.now_s())
            await self._on.scan.load()

    async def step(self) -> bool:
        """Follow what was sent and look for what came in; return whether there is news."""
        on = self._on
        if on is None or on.service.client.head is None:
            return False
        moved: list[Movement] = []
        async with on.outbox.lock:
            changed = await on.follower.step()
        try:
            moved = await on.scan.step(self._list.addresses)
        except ChainFault as fault:
            log.info("Incoming payments are looked for again later: %s", fault)
        for intent in changed:
            self._tell(intent)
        for one in moved:
            self._tell_received(one)
        if changed or moved:
            await self._listing.reload()
        return bool(changed or moved)

    def close(self) -> None:
        """Let the threads of calls end."""
        if self._on is not None:
            self._on.preparer.gas.close()

    def _tell(self, intent: OwnerIntent) -> None:
        line = words.told(intent)
        if line is not None:
            self._say(line[0], "wallet", line[1])

    def _tell_received(self, moved: Movement) -> None:
        fresh = self._clock.now_s() - moved.time_s < NEWS_S
        if fresh and moved.amount_micro > 0:
            name = self._list.name(moved.counterparty)
            self._say(NoticeLevel.GOOD, "wallet", words.received(moved, name))

    # -- showing -----------------------------------------------------------------------------

    @property
    def accounts(self) -> tuple[OwnAccount, ...]:
        """The accounts, the member's first."""
        return self._list.accounts

    @property
    def sentence(self) -> str:
        """What the owner should know of the wallet; empty while all is well."""
        return self._list.fault or (words.DEMO_SENTENCE if self._demo else "")

    @property
    def incomplete(self) -> str:
        """Where payments may be missing from the list."""
        return self._on.scan.gap_sentence(self._list.addresses) if self._on else ""

    def rows(self, sent: Sequence[SentTransaction]) -> tuple[TransactionView, ...]:
        """Return the newest rows of the list; ``sent`` are the agent's transactions."""
        on = self._on
        if on is None:
            return self._listing.rows(sent, (), {}, {})
        settled = on.service.settled
        ordered = [settled[interval] for interval in sorted(settled)]
        return self._listing.rows(sent, ordered, self._stuck(on), on.outbox.head_nonces)

    def _stuck(self, on: _OnChain) -> dict[str, str]:
        """Return why transactions wait for long, by intent."""
        head, now_s = on.service.client.head, self._clock.now_s()
        if head is None:
            return {}
        base = next_base_fee(head.header, on.service.client.network.rules)
        found = {}
        for account in on.outbox.accounts:
            pending = on.outbox.pending(account)
            for intent in pending.intents:
                why = why_stuck(pending, intent, now_s, base)
                if why is not None:
                    found[intent.intent_id] = why
        return found

    # -- what the API asks for ---------------------------------------------------------------

    async def prepare(self, body: PrepareSend, speed: float) -> PreparedSend:
        """Return a transaction ready to be signed. Raises ApiRefusal."""
        on = self._ready()
        async with _refusals():
            now_s = self._clock.now_s()
            return await on.preparer.prepare(body.from_address, body.intent, now_s, speed)

    async def broadcast(self, command: BroadcastSend) -> Changed:
        """Send what was signed. Raises ApiRefusal."""
        on = self._ready()
        try:
            async with _refusals():
                sent = await on.sending.broadcast(
                    command.prepared_id, command.raw, command.label, self._clock.now_s()
                )
        finally:
            await self._listing.reload()
        self._say(NoticeLevel.INFO, "wallet", sent.sentence)
        return Changed(sections=("wallet",), sentence=sent.sentence)

    async def label(self, command: LabelTransaction) -> Changed:
        """Give a row a label. Raises ApiRefusal."""
        async with _refusals():
            text = await self._listing.label(command.transaction_hash, command.label)
        return Changed(
            sections=("wallet",), sentence="The label is kept." if text else "The label is gone."
        )

    async def refresh_accounts(self) -> Changed:
        """Read the list of accounts anew, and what they hold. Raises ApiRefusal."""
        await self._refresh_list()
        if self._list.fault:
            raise ApiRefusal(self._list.fault)
        count = len(self._list.accounts)
        words_of = "1 account" if count == 1 else f"{count} accounts"
        return Changed(sections=("wallet",), sentence=f"The wallet has {words_of}.")

    async def transactions_csv(self, start_s: float, end_s: float) -> str:
        """Return everything of a stretch of time as CSV (RFC 4180), oldest first."""
        head_nonces = self._on.outbox.head_nonces if self._on else {}
        return await self._listing.csv(start_s, end_s, head_nonces)

    async def _refresh_list(self) -> None:
        await self._list.refresh()
        if self._on is not None:
            await self._on.service.watch(self._list.addresses)

    def _ready(self) -> _OnChain:
        """Return the parts on chain. Raises ApiRefusal while nothing can be proven."""
        if self._on is None:
            raise ApiRefusal(words.NO_CHAIN)
        status = self._on.service.client.status
        if self._on.service.client.head is None or status.state in CANNOT_PREPARE:
            raise ApiRefusal(words.NOT_VERIFIED.format(status.sentence))
        return self._on


@asynccontextmanager
async def _refusals() -> AsyncIterator[None]:
    """Turn faults of the layers below into refusals: 422 for what was asked, 409 for the rest."""
    try:
        yield
    except WalletFault as fault:
        raise ApiRefusal(str(fault), 422 if fault.field else 409) from None
    except (ChainFault, HistoryFault) as fault:
        raise ApiRefusal(str(fault)) from None
