"""Log: what the house noticed and decided, newest first."""

from __future__ import annotations

from peerwatt.api.messages import Notice, NoticesView

from .. import words
from ..context import Context
from ..widgets.base import Card
from ..widgets.states import Empty
from ..widgets.table import Column, Table
from .base import Page, stack, switch

LEVELS = {
    "info": ("info", "muted"),
    "good": ("good", "good"),
    "warning": ("warning", "warning"),
    "fault": ("fault", "fault"),
}
SHOWN = 500


class LogPage(Page):
    """The notices."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, "log", self.tr("Log"))
        self.sentence.set(self.tr("What the house noticed and decided, newest first."))
        level = {
            "info": self.tr("note"),
            "good": self.tr("good"),
            "warning": self.tr("warning"),
            "fault": self.tr("fault"),
        }

        def when(notice: Notice) -> str:
            clock = self.bridge.site_clock
            return words.day_and_clock(notice.time_s, clock.zone, clock.now_s())

        self.table = Table[Notice](
            self.theme,
            self.tr("Log"),
            (
                Column(self.tr("When"), when, token=lambda _: "muted"),
                Column(
                    self.tr("Kind"),
                    lambda notice: level[notice.level],
                    icon=lambda notice: LEVELS[notice.level],
                    token=lambda notice: LEVELS[notice.level][1],
                ),
                Column(self.tr("What"), lambda notice: notice.sentence, stretch=True, least=240),
                Column(
                    self.tr("From"),
                    lambda notice: notice.source,
                    token=lambda _: "muted",
                    optional=True,
                ),
            ),
        )
        self.empty = Empty(self.theme, "log", self.tr("Nothing to tell yet."))
        self.stack = stack(self.table, self.empty)
        card = Card(self.theme)
        card.body.addWidget(self.stack, 1)
        card.setMinimumHeight(320)
        self.column.addWidget(card, 1)
        context.bridge.notices.connect(self.set_notices)

    def set_notices(self, view: NoticesView) -> None:
        """Show the newest notices."""
        newest = sorted(view.notices, key=lambda notice: -notice.notice_id)[:SHOWN]
        self.table.set_rows(newest)
        switch(self.stack, bool(newest))
