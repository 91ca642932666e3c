"""The owner's log: stored, published, and free of repetitions."""

from __future__ import annotations

import asyncio
import logging
from collections import deque

from peerwatt.api.messages import Notice, NoticesView
from peerwatt.history.facade import History
from peerwatt.history.records import NoticeLevel, NoticeRecord
from peerwatt.model.ports import Clock

from .disk import Disk
from .publisher import Publisher

SHOWN = 60
log = logging.getLogger(__name__)


class NoticeBoard:
    """Takes sentences from all services. The same sentence twice in a row of a source is one."""

    def __init__(self, history: History, disk: Disk, publisher: Publisher, clock: Clock) -> None:
        self._history = history
        self._disk = disk
        self._publisher = publisher
        self._clock = clock
        self._latest: deque[Notice] = deque(maxlen=SHOWN)
        self._said: dict[str, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.faults: list[str] = []
        """Sentences of level fault, for the report."""

    async def load(self) -> None:
        """Read the newest notices of earlier runs."""
        for record in await self._disk.run(self._history.notices.latest, SHOWN):
            self._latest.append(_notice(record))
        self._publish()

    def say(self, level: NoticeLevel, source: str, sentence: str) -> None:
        """Add a line now; it is stored soon after."""
        if self._said.get(source) == sentence:
            return
        self._said[source] = sentence
        if level is NoticeLevel.FAULT:
            self.faults.append(f"{source}: {sentence}")
        task = asyncio.get_running_loop().create_task(self._store(level, source, sentence))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def after(self, notice_id: int) -> NoticesView:
        """Return stored notices with an id above ``notice_id``."""
        records = await self._disk.run(self._history.notices.after, notice_id)
        return NoticesView(notices=tuple(_notice(record) for record in records))

    async def flush(self) -> None:
        """Wait until every line is stored."""
        await asyncio.gather(*self._tasks)

    async def _store(self, level: NoticeLevel, source: str, sentence: str) -> None:
        record = await self._disk.run(
            self._history.notices.add, self._clock.now_s(), level, source, sentence
        )
        self._latest.append(_notice(record))
        self._publish()

    def _publish(self) -> None:
        self._publisher.publish("notices", NoticesView(notices=tuple(self._latest)))


def _notice(record: NoticeRecord) -> Notice:
    return Notice.model_validate(
        {
            "notice_id": record.notice_id,
            "time_s": record.time_s,
            "level": record.level.value,
            "source": record.source,
            "sentence": record.sentence,
        }
    )
