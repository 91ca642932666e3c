"""The wallet's list as it is stored, kept at hand for the screen; and the file made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from peerwatt.api.wallet_messages import TransactionView
from peerwatt.history.facade import History
from peerwatt.history.records import SentTransaction
from peerwatt.model.market import SettledInterval
from peerwatt.model.units import interval_at
from peerwatt.wallet.export import transactions_csv
from peerwatt.wallet.files import clean_text

from ..disk import Disk
from .rows import SHOWN, Ledger, csv_rows, label_key, rows


class Listing:
    """What was sent, what moved and what the owner calls it."""

    def __init__(
        self, history: History, disk: Disk, member: str | None, name: Callable[[str], str | None]
    ) -> None:
        self._history = history
        self._disk = disk
        self._ledger = Ledger(member=member, name=name)

    async def reload(self) -> None:
        """Read the newest entries anew."""
        history, run = self._history, self._disk.run
        self._ledger = replace(
            self._ledger,
            intents=await run(history.owner.recent, SHOWN),
            movements=await run(history.movements.recent, SHOWN),
            labels=await run(history.labels.all),
        )

    def rows(
        self,
        sent: Sequence[SentTransaction],
        settled: Sequence[SettledInterval],
        stuck: Mapping[str, str],
        head_nonces: Mapping[str, int],
    ) -> tuple[TransactionView, ...]:
        """Return the newest rows, newest first."""
        return rows(
            replace(self._ledger, sent=sent, settled=settled, stuck=stuck, head_nonces=head_nonces)
        )

    async def label(self, transaction_hash: str, label: str) -> str:
        """Give a row a label; return what it says now. Raises WalletFault."""
        text = clean_text(label, "label")
        name = clean_text(transaction_hash, "transaction_hash", needed=True)
        name = name.lower() if name.startswith("0x") else name
        intent = await self._disk.run(self._history.owner.of_hash, name)
        key = label_key(intent) if intent is not None else name
        await self._disk.run(self._history.labels.set, key, text)
        await self.reload()
        return text

    async def csv(self, start_s: float, end_s: float, head_nonces: Mapping[str, int]) -> str:
        """Return all rows of a stretch of time as a file, oldest first."""
        history, run = self._history, self._disk.run
        settled = await run(history.settlements.recent, interval_at(start_s) - 1)
        ledger = replace(
            self._ledger,
            intents=await run(history.owner.between, start_s, end_s),
            sent=await run(history.transactions.between, start_s, end_s),
            movements=await run(history.movements.between, start_s, end_s),
            settled=settled,
            labels=await run(history.labels.all),
            head_nonces=head_nonces,
        )
        chosen = [row for row in csv_rows(ledger) if start_s <= row.time_s < end_s]
        return transactions_csv(chosen)
