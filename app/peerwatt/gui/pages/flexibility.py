"""Flexibility: what the grid operator asks for, what we offered, what was delivered."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from peerwatt.api.messages import DeclineRequest, FlexibilityView, FlexView, WalletView
from peerwatt.api.proof_messages import ProofOf, RequestProof
from peerwatt.model.units import interval_start_s

from .. import words
from ..context import Context
from ..plots.delivery import DeliveryPlot
from ..theme import UNIT
from ..widgets.base import Button, Card, ClickArea, Figure, Icon, Pill, Text
from ..widgets.marks import MarkLine
from ..widgets.proof_menu import offer_proof
from ..widgets.states import Empty
from .base import Page, across, down, stack, switch

DECLINABLE = {"open", "offered"}
STATE_TOKENS = {
    "open": "accent",
    "offered": "accent",
    "awarded": "event",
    "delivering": "event",
    "verified": "good",
    "failed": "warning",
}
SHOWN = 12


class RequestRow(QWidget):
    """One request in the list."""

    chosen = Signal(int)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context, self.request_id = context, 0
        theme = context.theme
        self.area = ClickArea(theme, "", self, 8)
        self.area.clicked.connect(lambda: self.chosen.emit(self.request_id))
        self.icon = Icon(theme, "down", "accent", 22)
        self.title = Text(theme, "", bold=True, elide=True)
        self.line = Text(theme, "", size=12, ink="muted", elide=True)
        self.pill = Pill(theme)
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 8, 6, 8)
        row.setSpacing(12)
        text = QVBoxLayout()
        text.setSpacing(2)
        text.addWidget(self.title)
        text.addWidget(self.line)
        row.addWidget(self.icon)
        row.addLayout(text, 1)
        row.addWidget(self.pill)

    def resizeEvent(self, event: object) -> None:
        """Keep the clickable region over the row."""
        self.area.setGeometry(self.rect())
        self.area.raise_()

    def show_request(self, request: FlexView, title: str, line: str, state: str) -> None:
        """Show one request."""
        self.request_id = request.request_id
        self.icon.set("down" if request.direction == "reduce" else "up", "accent")
        self.title.set(title)
        self.line.set(line)
        self.pill.set(state, STATE_TOKENS.get(request.state, "muted"))
        self.area.setAccessibleName(f"{title}, {line}, {state}")


class FlexibilityPage(Page):
    """The request in hand with its chart, and the list of all requests."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, "flexibility", self.tr("Flexibility"))
        theme, bridge = context.theme, context.bridge
        self._view = FlexibilityView()
        self._chosen: int | None = None
        self._currency = "EUR"
        self.sentence.set(self.tr("The grid operator asks; the house answers where it can."))
        self.main_card = Card(theme, self.tr("Requests"))
        self.pill = Pill(theme)
        self.main_card.head.addWidget(self.pill)
        self.what = Text(theme, "", ink="muted", wrap=True)
        self.promised = Figure(theme, self.tr("Promised"), 28)
        self.delivered = Figure(theme, self.tr("Delivered"), 28)
        self.paid = Figure(theme, self.tr("Earned"), 28)
        figures = QHBoxLayout()
        figures.setSpacing(UNIT * 3)
        for figure, word in (
            (self.promised, self.tr("promised")),
            (self.delivered, self.tr("delivered")),
            (self.paid, self.tr("earned")),
        ):
            figures.addLayout(down(Text(theme, word, size=12, ink="muted"), figure, gap=2), 1)
        self.chart = DeliveryPlot(theme, bridge.site_clock)
        self.chart_empty = Empty(theme, "flexibility", "")
        self.chart_stack = stack(self.chart, self.chart_empty)
        self.mark = MarkLine(theme)
        offer_proof(self.mark, bridge, self._wanted_proof)
        self.decline = Button(theme, self.tr("Do not take part"), "quiet", "pause")
        self.decline.clicked.connect(self._decline)
        self.detail = QWidget()
        column = QVBoxLayout(self.detail)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT * 2)
        column.addWidget(self.what)
        column.addLayout(figures)
        column.addWidget(self.chart_stack, 1)
        column.addLayout(across(1, self.mark, 0, self.decline))
        self.none = Empty(
            theme, "flexibility", self.tr("The grid operator has not asked for anything yet.")
        )
        self.detail_stack = stack(self.detail, self.none)
        self.main_card.body.addWidget(self.detail_stack, 1)
        self._make_side(context)
        self.main_card.setMinimumHeight(480)
        self.column.addLayout(
            across(7, self.main_card, 5, down(self.earned_card, 1, self.list_card)), 1
        )
        bridge.flexibility.connect(self.set_view)
        bridge.wallet.connect(self._wallet)

    def _make_side(self, context: Context) -> None:
        theme = context.theme
        self.earned_card = Card(theme, self.tr("Earned so far"))
        self.earned = Figure(theme, self.tr("Earned so far"), 44)
        self.earned_note = Text(theme, "", size=12, ink="muted", elide=True)
        self.earned_card.body.addWidget(self.earned)
        self.earned_card.body.addWidget(self.earned_note)
        self.list_card = Card(theme, self.tr("All requests"))
        self.rows = [RequestRow(context) for _ in range(SHOWN)]
        rows = QVBoxLayout()
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        for row in self.rows:
            rows.addWidget(row)
            row.hide()
            row.chosen.connect(self._choose)
        self.list_empty = Text(theme, self.tr("No request yet."), ink="muted")
        rows.addWidget(self.list_empty)
        rows.addStretch(1)
        self.list_card.body.addLayout(rows, 1)

    def set_view(self, view: FlexibilityView) -> None:
        """Show all requests; the one in force first."""
        self._view = view
        if view.sentence:
            self.sentence.set(view.sentence)
        self.earned.set(words.money(view.earned_micro, self._currency))
        done = [r for r in view.requests if r.state == "verified"]
        self.earned_note.set(
            self.tr("requests delivered and proven: {0}").format(len(done))
            if done
            else self.tr("nothing delivered yet")
        )
        requests = sorted(view.requests, key=lambda r: -r.request_id)
        for row, request in zip(self.rows, requests, strict=False):
            row.show_request(
                request, self._title(request), self._line(request), self._state(request)
            )
        for number, row in enumerate(self.rows):
            row.setVisible(number < len(requests))
        self.list_empty.setVisible(not requests)
        switch(self.detail_stack, bool(requests))
        self._show_detail(requests)

    def _wallet(self, wallet: WalletView) -> None:
        if wallet.currency != self._currency:
            self._currency = wallet.currency
            self.set_view(self._view)

    def _choose(self, request_id: int) -> None:
        self._chosen = request_id
        self.set_view(self._view)

    def _in_hand(self, requests: list[FlexView]) -> FlexView | None:
        for wanted in (self._chosen, self._view.active_request_id):
            found = next((r for r in requests if r.request_id == wanted), None)
            if found is not None:
                return found
        with_curve = next((r for r in requests if r.curve), None)
        return with_curve or (requests[0] if requests else None)

    def _show_detail(self, requests: list[FlexView]) -> None:
        request = self._in_hand(requests)
        if request is None:
            self.main_card.title.set(self.tr("Requests"))
            self.pill.set("", "muted")
            return
        self.main_card.title.set(f"{self._title(request)}, {self._when(request)}")
        self.pill.set(self._state(request), STATE_TOKENS.get(request.state, "muted"))
        self.what.set(request.reason or self._asked(request))
        promised = request.awarded_wh or request.offered_wh
        self.promised.set(words.energy(promised))
        self.delivered.set(words.energy(request.delivered_wh))
        self.paid.set(words.money(request.paid_micro, self._currency))
        self.chart.set_request(request)
        self.chart_empty.set(self._before(request))
        switch(self.chart_stack, len(request.curve) > 1)
        self.mark.set(request.mark, words.mark_word(request.mark))
        self.decline.setVisible(request.state in DECLINABLE)

    def _wanted_proof(self) -> list[ProofOf]:
        request = self._in_hand(sorted(self._view.requests, key=lambda r: -r.request_id))
        return [RequestProof(request_id=request.request_id)] if request else []

    def _before(self, request: FlexView) -> str:
        if request.state in {"not for us", "declined"}:
            return self.tr("This house does not take part in this request.")
        start_s = interval_start_s(request.first_interval)
        if start_s > self.now_s:
            left = words.duration(start_s - self.now_s)
            return self.tr("Starts in {0}. What is delivered is drawn here.").format(left)
        return self.tr("No measurement of this request.")

    def _asked(self, request: FlexView) -> str:
        text = (
            self.tr("{0} less from the grid, for at most {1}.")
            if request.direction == "reduce"
            else self.tr("{0} more from the grid, for at most {1}.")
        )
        return text.format(words.energy(request.quantity_wh), words.price(request.max_price_micro))

    def _title(self, request: FlexView) -> str:
        return self.tr("Use less") if request.direction == "reduce" else self.tr("Use more")

    def _when(self, request: FlexView) -> str:
        clock = self.bridge.site_clock
        start_s = interval_start_s(request.first_interval)
        end_s = interval_start_s(request.first_interval + request.interval_count)
        start = words.day_and_clock(start_s, clock.zone, clock.now_s())
        return self.tr("{0} to {1}").format(start, words.clock(end_s, clock.zone))

    def _line(self, request: FlexView) -> str:
        if request.paid_micro:
            earned = words.money(request.paid_micro, self._currency)
            return self.tr("{0}, earned {1}").format(self._when(request), earned)
        return self.tr("{0}, {1} asked").format(
            self._when(request), words.energy(request.quantity_wh)
        )

    def _state(self, request: FlexView) -> str:
        return {
            "open": self.tr("open"),
            "not for us": self.tr("not for us"),
            "offered": self.tr("offered"),
            "awarded": self.tr("accepted"),
            "declined": self.tr("declined"),
            "delivering": self.tr("running"),
            "verified": self.tr("delivered"),
            "failed": self.tr("missed"),
        }[request.state]

    def _decline(self) -> None:
        requests = sorted(self._view.requests, key=lambda r: -r.request_id)
        request = self._in_hand(requests)
        if request is not None:
            self.bridge.send(DeclineRequest(request_id=request.request_id))
