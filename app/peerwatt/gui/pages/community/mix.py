"""Where the energy came from, and the certificates that prove it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QWidget

from peerwatt.api.community_messages import CertificatesView, CommunityView

from ... import energy_mix, words
from ...context import Context
from ...plots.mix import MixBars
from ...theme import UNIT, Theme
from ...widgets.base import Card, Figure, Text
from ...widgets.choice import ChoiceButton
from ...widgets.marks import MarkLine
from ...widgets.states import Empty
from ..base import down, stack, switch

HOURS_SHOWN = 24
DAYS_SHOWN = 14


class Dot(QWidget):
    """The colour of one source."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._ink, self._alpha = theme, "muted", 1.0
        self.setFixedSize(12, 12)
        theme.changed.connect(self.update)

    def set(self, ink: str, alpha: float) -> None:
        """Show a colour."""
        self._ink, self._alpha = ink, alpha
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the dot."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.tokens.colour(self._ink, self._alpha))
        painter.drawEllipse(1, 1, 10, 10)


class MixCard(Card):
    """Bars by hour or by day, and the sum in words beside them."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.theme, self.tr("Where your energy came from"))
        theme = context.theme
        self._clock = context.bridge.site_clock
        self._community = CommunityView()
        self.bars = MixBars(theme)
        self.spans: dict[str, ChoiceButton] = {}
        self._group = QButtonGroup(self)
        for span, word in (("hours", self.tr("By hour")), ("days", self.tr("By day"))):
            button = ChoiceButton(theme, word)
            button.clicked.connect(lambda _=False: self._show())
            self._group.addButton(button)
            self.head.addWidget(button)
            self.spans[span] = button
        self.spans["hours"].setChecked(True)
        self.rows: list[tuple[Dot, Text, Text]] = []
        filled = QWidget()
        filled.setLayout(down(1, self.bars, self._sums(), gap=UNIT))
        self.empty = Empty(
            theme,
            "sun",
            self.tr(
                "This shows hour by hour how much came from your own sun, from neighbours, from "
                "neighbours you chose, and from your supplier. No hour is known to this house yet."
            ),
        )
        self.holder = stack(filled, self.empty)
        self.body.addWidget(self.holder, 1)

    def _sums(self) -> QWidget:
        """Return the names of the sources with their shares, in two columns."""
        sums = QWidget()
        grid = QGridLayout(sums)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(UNIT)
        grid.setVerticalSpacing(4)
        for number in range(len(energy_mix.sources(()))):
            parts = (
                Dot(self.theme),
                Text(self.theme, "", elide=True),
                Text(self.theme, "", bold=True, align=Qt.AlignmentFlag.AlignRight),
            )
            row, half = divmod(number, 2)
            for column, part in enumerate(parts):
                grid.addWidget(part, row, 4 * half + column)
            self.rows.append(parts)
        row, half = divmod(len(self.rows), 2)
        self.whole = Text(self.theme, "", bold=True, align=Qt.AlignmentFlag.AlignRight)
        grid.addWidget(Text(self.theme, self.tr("Together"), ink="muted"), row, 4 * half + 1)
        grid.addWidget(self.whole, row, 4 * half + 2)
        for column in (1, 5):
            grid.setColumnStretch(column, 1)
        grid.setColumnMinimumWidth(3, UNIT * 2)
        return sums

    def set_community(self, community: CommunityView) -> None:
        """Show the mix."""
        self._community = community
        self._show()

    def _show(self) -> None:
        by_day = self.spans["days"].isChecked()
        if by_day:
            mixes = self._community.days[-DAYS_SHOWN:]
        else:
            mixes = self._community.hours[-HOURS_SHOWN:]
        zone = self._clock.zone
        label: Callable[[int], str] = lambda s: words.clock(s, zone)  # noqa: E731
        if by_day:
            label = lambda s: words.day(s, zone)  # noqa: E731
        self.bars.set_mixes(mixes, label, 4 if by_day else 6)
        switch(self.holder, bool(mixes))
        parts = energy_mix.sources(mixes)
        whole_wh = energy_mix.used_wh(parts)
        self.whole.set(str(words.energy(whole_wh)))
        for part, (dot, name, share) in zip(parts, self.rows, strict=True):
            dot.set(part.ink, part.alpha)
            said = str(words.percent(100 * part.energy_wh / whole_wh)) if whole_wh else ""
            name.set(part.name)
            share.set(said)
            share.setToolTip(str(words.energy(part.energy_wh)))
            share.setAccessibleName(f"{part.name}: {said}, {words.energy(part.energy_wh)}")


class CertificatesCard(Card):
    """How much was certified as green, and what became of it."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.theme, self.tr("Certificates"))
        theme = context.theme
        self._clock = context.bridge.site_clock
        self.title.setToolTip(
            self.tr("One for each Wh of metered green production, burned when the energy is used.")
        )
        self.issued = Figure(theme, self.tr("For what you produced"), 28)
        self.used = Figure(theme, self.tr("Used by your house"), 28)
        self.passed = Figure(theme, self.tr("Gone with energy you sold"), 28)
        self.sentence = Text(theme, "", size=12, ink="muted", wrap=True)
        self.mark = MarkLine(theme)
        filled = QWidget()
        grid = QGridLayout(filled)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(4)
        for column, (name, figure) in enumerate(
            (
                (self.tr("For what you produced"), self.issued),
                (self.tr("Used by your house"), self.used),
                (self.tr("Gone with energy you sold"), self.passed),
            )
        ):
            grid.addWidget(Text(theme, name, size=12, ink="muted", wrap=True), 0, column)
            grid.addWidget(figure, 1, column)
            grid.setColumnStretch(column, 1)
        grid.addWidget(self.sentence, 2, 0, 1, 3)
        grid.addWidget(self.mark, 3, 0, 1, 3)
        grid.setRowStretch(4, 1)
        self.empty = Empty(theme, "verified", "")
        self.holder = stack(filled, self.empty)
        self.body.addWidget(self.holder, 1)

    def set_certificates(self, view: CertificatesView | None) -> None:
        """Show certificates, or how to get any."""
        switch(self.holder, view is not None and view.has_production_meter)
        if view is None:
            self.empty.set(
                self.tr(
                    "Certificates prove hour by hour that energy was green: for what you "
                    "produced, used and sold. None is known to this house."
                )
            )
            return
        if not view.has_production_meter:
            self.empty.set(
                self.tr(
                    "Certificates prove that your sun's energy was green. They begin when the "
                    "community knows a production meter of yours: ask it to add one."
                )
            )
            return
        self.issued.set(words.energy(view.issued_wh))
        self.used.set(words.energy(view.used_wh))
        self.passed.set(words.energy(view.passed_on_wh))
        self.mark.set(view.mark, words.mark_word(view.mark))
        said = self.tr("Each counts once: it is burned in the hour in which its energy is used.")
        if view.since_s is not None:
            zone = self._clock.zone
            since = f"{words.day(view.since_s, zone)}, {words.clock(view.since_s, zone)}"
            said = self.tr("Since {0}.").format(since) + " " + said
        self.sentence.set(said)
