"""Home: where the power comes from, what it earns, whether all is well."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from peerwatt.api.messages import DevicesView, FlowView, PlanView

from ..context import Context
from ..mix import source_shares, streams
from ..plots.day import DayPlot
from ..prefs import Preferences
from ..theme import font
from ..widgets.base import SHADOW, Card, Text
from ..widgets.flow import FlowPicture
from ..widgets.forecast_note import ForecastNote
from ..widgets.legend import Legend
from ..widgets.next_up import NextUp
from ..widgets.states import Empty
from ..widgets.tiles import BatteryTile, MoneyTile, NeighboursTile, SelfTile
from .base import EDGE, Page, stack, switch

STACK_BELOW_PX = 1080


class HomePage(Page):
    """Flow picture, tiles, what happens next, and the day."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, "home", self.tr("Home"), heading=False)
        theme, bridge = context.theme, context.bridge
        self.flow_card = Card(theme, self.tr("Right now"))
        self.flow_card.note.setFont(font(14))
        self.picture = FlowPicture(theme)
        self.no_devices = Empty(
            theme,
            "devices",
            self.tr(
                "No device is connected yet. Describe your meter, inverter and charger in the "
                "settings file of this house; they then appear here."
            ),
            self.tr("Open the folder"),
        )
        self.no_devices.button.clicked.connect(self.open_folder)
        self.flow_stack = stack(self.picture, self.no_devices)
        switch(self.flow_stack, filled=True)
        self.flow_card.body.addWidget(self.flow_stack, 1)
        self.money, self.own = MoneyTile(context), SelfTile(context)
        self.battery, self.neighbours = BatteryTile(context), NeighboursTile(context)
        self.next_card = Card(theme, self.tr("What happens next, and why"))
        self.next_up = NextUp(context)
        self.next_card.body.addWidget(self.next_up, 1)
        self.day_card = Card(theme, self.tr("The day"))
        self.day_plot = DayPlot(theme, bridge)
        self.legend = Legend(theme)
        self.day_card.head.addWidget(self.legend, 0, Qt.AlignmentFlag.AlignRight)
        self.day_card.note.hide()
        unit = Text(theme, self.tr("kW"), size=12, ink="muted")
        unit.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.day_card.head.insertWidget(1, unit)
        self.day_card.title.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Preferred)
        self.forecast_note = ForecastNote(theme)
        self.day_card.head.insertWidget(2, self.forecast_note, 1)
        self.day_card.head.setStretch(0, 0)
        self.day_card.body.addWidget(self.day_plot, 1)
        self.tiles = QWidget()
        self._tile_grid = QGridLayout(self.tiles)
        self._tile_grid.setContentsMargins(0, 0, 0, 0)
        self._tile_grid.setSpacing(EDGE - SHADOW)
        self.grid = QGridLayout()
        self.grid.setSpacing(EDGE - SHADOW)
        self.column.addLayout(self.grid, 1)
        self._stacked: bool | None = None
        self._arrange(stacked=False)
        self.picture.opened.connect(self._open_thing)
        self.neighbours.area.clicked.connect(lambda: self.opened.emit("market"))
        self.money.area.clicked.connect(lambda: self.opened.emit("wallet"))
        self.battery.area.clicked.connect(lambda: self.opened.emit("devices"))
        bridge.flow.connect(self._flow)
        bridge.plan.connect(self._plan)
        bridge.devices.connect(self._devices)
        context.choices.changed.connect(self._choices)
        self._choices(context.choices.values)

    def set_old(self, old: bool) -> None:
        """Stop the dots and grey the plot."""
        self.picture.set_old(old)
        self.day_plot.set_old(old)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stack the cards where the window is narrow."""
        self._arrange(self.viewport().width() < STACK_BELOW_PX)
        super().resizeEvent(event)

    def _choices(self, values: Preferences) -> None:
        self.picture.set_reduced_motion(values.reduced_motion)

    def _open_thing(self, thing: str) -> None:
        self.opened.emit("market" if thing == "neighbours" else "devices")

    def _arrange(self, stacked: bool) -> None:
        if stacked == self._stacked:
            return
        self._stacked = stacked
        tiles = (self.money, self.own, self.battery, self.neighbours)
        for number, tile in enumerate(tiles):
            self._tile_grid.addWidget(tile, number // 2, number % 2)
        for column in range(2):
            self._tile_grid.setColumnStretch(column, 1)
            self._tile_grid.setRowStretch(column, 1)
        for item in (self.flow_card, self.tiles, self.next_card, self.day_card):
            self.grid.removeWidget(item)
        if stacked:
            for row, (item, height) in enumerate(
                (
                    (self.flow_card, 404),
                    (self.tiles, 348),
                    (self.next_card, 250),
                    (self.day_card, 320),
                )
            ):
                item.setMinimumHeight(height)
                self.grid.addWidget(item, row, 0, 1, 6)
            self.grid.setRowStretch(0, 0)
        else:
            for item, height in (
                (self.flow_card, 330),
                (self.tiles, 330),
                (self.next_card, 220),
                (self.day_card, 220),
            ):
                item.setMinimumHeight(height)
            self.grid.addWidget(self.flow_card, 0, 0, 1, 3)
            self.grid.addWidget(self.tiles, 0, 3, 1, 3)
            self.grid.addWidget(self.day_card, 1, 0, 1, 4)
            self.grid.addWidget(self.next_card, 1, 4, 1, 2)
            self.grid.setRowStretch(0, 58)
            self.grid.setRowStretch(1, 42)
        for column in range(6):
            self.grid.setColumnStretch(column, 1)

    def _devices(self, view: DevicesView) -> None:
        switch(self.flow_stack, filled=bool(view.devices))
        self.flow_card.note.setVisible(bool(view.devices))

    def _flow(self, flow: FlowView) -> None:
        self.legend.set_things({*streams(flow), "home"})
        self.picture.set_flow(flow)
        self.flow_card.note.set(self.headline_of(flow))

    def _plan(self, plan: PlanView) -> None:
        self.next_up.set_plan(plan)
        self.forecast_note.set_forecast(plan.forecast)

    def headline_of(self, flow: FlowView) -> str:
        """Return where the power comes from, in one short sentence."""
        shares = source_shares(flow)
        if flow.home_w is None and not shares:
            return self.tr("Waiting for the first values")
        if not shares:
            return self.tr("The house is at rest")
        thing, share = shares[0]
        if share >= 0.95:
            return {
                "sun": self.tr("All power comes from the sun"),
                "battery": self.tr("All power comes from the battery"),
                "neighbours": self.tr("All power comes from neighbours"),
                "grid": self.tr("All power comes from the grid"),
                "car": self.tr("All power comes from the car"),
            }[thing]
        if len(streams(flow)) and share < 0.5:
            return self.tr("Power comes from several sources")
        return {
            "sun": self.tr("Most power comes from the sun"),
            "battery": self.tr("Most power comes from the battery"),
            "neighbours": self.tr("Most power comes from neighbours"),
            "grid": self.tr("Most power comes from the grid"),
            "car": self.tr("Most power comes from the car"),
        }[thing]
