"""The four tiles of Home: money, self-sufficiency, battery, neighbours."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from peerwatt.api.messages import DayView, FlowView, WalletView

from .. import words
from ..context import Context
from ..mix import QUIET_W
from ..theme import UNIT
from ..words import Quantity
from .base import Bar, Card, ClickCard, Figure, Ring, Text


class MoneyTile(ClickCard):
    """Today's money, beside what the supplier alone would have meant."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.theme, self.tr("Today"), self.tr("Today's money: open the wallet"))
        self._currency = "EUR"
        self._day: DayView | None = None
        self.figure = Figure(self.theme, self.tr("Today"), 44)
        self.beside = Text(self.theme, "", ink="muted", wrap=True)
        self.body.addStretch(1)
        self.body.addWidget(self.figure)
        self.body.addStretch(1)
        self.body.addWidget(self.beside)
        context.bridge.day.connect(self.set_day)
        context.bridge.wallet.connect(self._wallet)

    def set_day(self, day: DayView) -> None:
        """Show the settled part of today."""
        self._day = day
        if day.bill_micro is None:
            self.figure.set(Quantity(words.NOTHING, ""))
            self.beside.set(self.tr("Nothing settled yet today"))
            return
        self.figure.set(
            words.money(day.bill_micro, self._currency), words.earned_or_cost(day.bill_micro)
        )
        if day.supplier_only_micro is None:
            self.beside.set("")
            return
        alone = words.money(day.supplier_only_micro, self._currency)
        self.beside.set(
            self.tr("with the supplier alone: {0} {1}").format(
                words.earned_or_cost(day.supplier_only_micro), alone
            )
        )

    def _wallet(self, wallet: WalletView) -> None:
        if wallet.currency != self._currency:
            self._currency = wallet.currency
            if self._day is not None:
                self.set_day(self._day)


class SelfTile(Card):
    """How much of today's use came from the house's own sun and battery."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.theme, self.tr("Self-sufficiency"))
        self.ring = Ring(self.theme, self.tr("Self-sufficiency today"), "accent")
        self.sub = Text(self.theme, "", ink="muted", wrap=True)
        row = QHBoxLayout()
        row.setSpacing(UNIT * 2)
        row.addWidget(self.ring)
        row.addWidget(self.sub, 1, Qt.AlignmentFlag.AlignVCenter)
        self.body.addStretch(1)
        self.body.addLayout(row)
        self.body.addStretch(1)
        context.bridge.day.connect(self.set_day)

    def set_day(self, day: DayView) -> None:
        """Show today's share."""
        share = day.self_sufficiency_pct
        self.ring.set(None if share is None else share / 100)
        if share is None:
            self.sub.set(self.tr("not known yet today"))
        else:
            used = words.energy(day.home_wh + day.ev_wh)
            self.sub.set(self.tr("of {0} used today was your own").format(used))


class BatteryTile(ClickCard):
    """Charge of the battery with the time it lasts; what the sun made where there is none."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.theme, self.tr("Battery"), self.tr("Battery: open the devices"))
        self._flow: FlowView | None = None
        self._day: DayView | None = None
        self.figure = Figure(self.theme, self.tr("Battery charge"), 44)
        self.bar = Bar(self.theme, self.tr("Battery charge"), "battery")
        self.sub = Text(self.theme, "", ink="muted", wrap=True)
        self.body.addStretch(1)
        self.body.addWidget(self.figure)
        self.body.addStretch(1)
        self.body.addWidget(self.bar)
        self.body.addSpacing(4)
        self.body.addWidget(self.sub)
        context.bridge.flow.connect(self.set_flow)
        context.bridge.day.connect(self._set_day)

    def _set_day(self, day: DayView) -> None:
        self._day = day
        if self._flow is not None and not self._flow.has_battery:
            self.set_flow(self._flow)

    def set_flow(self, flow: FlowView) -> None:
        """Show the charge and the time left."""
        self._flow = flow
        self.bar.setVisible(flow.has_battery)
        if not flow.has_battery:
            self._show_energy(flow)
            return
        self.title.set(self.tr("Battery"))
        self.figure.set(words.percent(flow.soc_pct))
        stale = "battery" in flow.stale
        share = None if flow.soc_pct is None else flow.soc_pct / 100
        self.bar.set(share, "axis" if stale else "battery")
        self.sub.set(self.tr("old value") if stale else self.time_left(flow))

    def _show_energy(self, flow: FlowView) -> None:
        day = self._day
        if flow.has_pv:
            self.title.set(self.tr("Sun today"))
            self.figure.set(words.energy(day.pv_wh if day else None))
            self.sub.set(self.tr("made by your own panels"))
        else:
            self.title.set(self.tr("Used today"))
            self.figure.set(words.energy(day.home_wh + day.ev_wh if day else None))
            self.sub.set(self.tr("by the house"))

    def time_left(self, flow: FlowView) -> str:
        """Return what the battery does and for how long at this pace."""
        power_w, charge = flow.battery_w, flow.soc_pct
        if power_w is None or charge is None:
            return self.tr("not known yet")
        if abs(power_w) < QUIET_W:
            return self.tr("resting")
        room_wh = (flow.battery_capacity_wh or 0) * (charge if power_w > 0 else 100 - charge) / 100
        left = words.duration(room_wh / abs(power_w) * 3600)
        if room_wh <= 0:
            return self.tr("supplying") if power_w > 0 else self.tr("charging")
        if power_w > 0:
            return self.tr("supplying, lasts {0}").format(left)
        return self.tr("charging, full in {0}").format(left)


class NeighboursTile(ClickCard):
    """What was traded with neighbours today."""

    def __init__(self, context: Context) -> None:
        super().__init__(
            context.theme, self.tr("Neighbours today"), self.tr("Neighbours: open the market")
        )
        self.bought = Figure(self.theme, self.tr("Bought from neighbours today"), 28)
        self.sold = Figure(self.theme, self.tr("Sold to neighbours today"), 28)
        self.price = Text(self.theme, "", ink="muted", wrap=True)
        self.body.addStretch(1)
        pair = QHBoxLayout()
        pair.setSpacing(UNIT * 2)
        for figure, word in ((self.bought, self.tr("bought")), (self.sold, self.tr("sold"))):
            pair.addLayout(self._named(figure, word), 1)
        self.body.addLayout(pair)
        self.body.addStretch(1)
        self.body.addWidget(self.price)
        context.bridge.day.connect(self.set_day)

    def _named(self, figure: Figure, word: str) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addWidget(Text(self.theme, word, size=12, ink="muted"))
        column.addWidget(figure)
        return column

    def set_day(self, day: DayView) -> None:
        """Show today's trades."""
        self.bought.set(words.energy(day.bought_wh))
        self.sold.set(words.energy(day.sold_wh))
        if day.mean_trade_price_micro is None:
            self.price.set(self.tr("no trade yet today"))
        else:
            mean = words.price(day.mean_trade_price_micro)
            self.price.set(self.tr("at {0} on average").format(mean))
