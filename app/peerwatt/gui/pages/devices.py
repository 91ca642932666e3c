"""Devices: what each one reads, how old that is, and what is being asked of it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from peerwatt.api.messages import (
    DevicesView,
    DeviceValue,
    DeviceView,
    OverrideView,
    PlanView,
    SetBattery,
    SetCar,
    WalletView,
)

from .. import words
from ..context import Context
from ..theme import GAP, UNIT
from ..widgets.base import SHADOW, Card, Icon, Pill, Text
from ..widgets.choice import ChoiceButton
from ..widgets.states import Empty
from .base import EDGE, Page

KIND_ICONS = {
    "meter": ("meter", "grid"),
    "inverter": ("inverter", "sun"),
    "battery": ("battery", "battery"),
    "charger": ("charger", "car"),
}
CARD_PX = 400
VALUES = 8


class ValueCell(QWidget):
    """One value with its name."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        self.name = Text(context.theme, "", size=12, ink="muted", elide=True)
        self.value = Text(context.theme, "", size=14, bold=True, elide=True)
        column.addWidget(self.name)
        column.addWidget(self.value)

    def set(self, value: DeviceValue, stale: bool) -> None:
        """Show one value; greyed where it is old."""
        self.name.set(value.name)
        self.value.set(said(value), "faint" if stale else "text")


def said(value: DeviceValue) -> str:
    """Return a device's value for reading, in the units of the program."""
    if value.value is None:
        return words.NOTHING
    if isinstance(value.value, str):
        return f"{value.value} {value.unit}".strip()
    if value.unit == "W":
        return ("−" if value.value < 0 else "") + str(words.power(value.value))
    if value.unit == "Wh":
        return str(words.energy(value.value))
    decimals = 0 if isinstance(value.value, int) or abs(value.value) >= 1000 else 1
    return f"{words.number(value.value, decimals)} {value.unit}".strip()


class OverrideRow(QWidget):
    """The owner's say over the car or the battery, where the device is: plan, now, not now."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._kind = ""
        self._costs: dict[str, str] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(UNIT)
        group = QButtonGroup(self)
        self.buttons: dict[str, ChoiceButton] = {}
        for mode, text in (
            ("auto", self.tr("By plan")),
            ("now", self.tr("Charge now")),
            ("pause", self.tr("Pause")),
            ("hold", self.tr("Hold the charge")),
        ):
            button = ChoiceButton(context.theme, text)
            button.clicked.connect(lambda _=False, mode=mode: self._ask(mode))
            group.addButton(button)
            row.addWidget(button)
            self.buttons[mode] = button
        self.until = Text(context.theme, "", size=12, ink="muted", elide=True)
        row.addWidget(self.until, 1)
        context.bridge.overrides.connect(self.set_overrides)
        context.bridge.plan.connect(self.set_costs)
        context.bridge.refused.connect(lambda _: self._again())
        plan = context.bridge.latest.get("plan")
        if isinstance(plan, PlanView):
            self.set_costs(plan)

    def set_kind(self, kind: str) -> None:
        """Offer what the kind of device can do; nothing for a meter or an inverter."""
        if kind == self._kind:
            return
        self._kind = kind
        offered = {"charger": ("auto", "now", "pause"), "battery": ("auto", "hold")}.get(kind, ())
        for mode, button in self.buttons.items():
            button.setVisible(mode in offered)
        self.setVisible(bool(offered))
        self._again()

    def set_overrides(self, view: OverrideView) -> None:
        """Show what is in force, and until when."""
        car, battery = (view.car, view.car_until_s), (view.battery, view.battery_until_s)
        mode, until_s = battery if self._kind == "battery" else car
        self.buttons[mode].setChecked(True)
        clock = self._context.bridge.site_clock
        text = ""
        if mode != "auto" and until_s is not None:
            text = self.tr("until {0}").format(words.clock(until_s, clock.zone))
        elif cost := self._costs.get(self._kind, ""):
            name = self.buttons["hold" if self._kind == "battery" else "now"].text()
            text = self.tr("{0}: {1}").format(name, cost)
        self.until.set(text)

    def set_costs(self, plan: PlanView) -> None:
        """Say at each choice what it costs, before anybody clicks."""
        wallet = self._context.bridge.latest.get("wallet")
        currency = wallet.currency if isinstance(wallet, WalletView) else ""
        costs = plan.overrides
        for mode, cost in (
            ("now", costs.car_now), ("pause", costs.car_pause), ("hold", costs.battery_hold),
        ):  # fmt: skip
            said = words.extra_cost(cost, currency)
            text = self.tr("For four hours: {0}, by the plan around it.").format(said)
            self.buttons[mode].setToolTip(text if said else "")
            self.buttons[mode].setAccessibleDescription(text if said else "")
        self._costs = {
            "charger": words.extra_cost(costs.car_now, currency),
            "battery": words.extra_cost(costs.battery_hold, currency),
        }
        self._again()

    def _again(self) -> None:
        view = self._context.bridge.latest.get("overrides")
        self.set_overrides(view if isinstance(view, OverrideView) else OverrideView())

    def _ask(self, mode: str) -> None:
        if self._kind == "battery":
            self._context.bridge.send(SetBattery(mode="hold" if mode == "hold" else "auto"))
        elif mode == "now":
            self._context.bridge.send(SetCar(mode="now"))
        else:
            self._context.bridge.send(SetCar(mode="pause" if mode == "pause" else "auto"))


class DeviceCard(Card):
    """One device."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.theme)
        self._context = context
        theme = context.theme
        self.device: DeviceView | None = None
        self.icon = Icon(theme, "devices", "text", 28)
        self.title = Text(theme, "", size=16, bold=True, elide=True)
        self.kind = Text(theme, "", size=12, ink="muted", elide=True)
        self.health = Pill(theme)
        head = QHBoxLayout()
        head.setSpacing(12)
        names = QVBoxLayout()
        names.setSpacing(1)
        names.addWidget(self.title)
        names.addWidget(self.kind)
        head.addWidget(self.icon)
        head.addLayout(names, 1)
        head.addWidget(self.health, 0, Qt.AlignmentFlag.AlignTop)
        self.values = QGridLayout()
        self.values.setHorizontalSpacing(UNIT * 2)
        self.values.setVerticalSpacing(UNIT + 2)
        self.cells = [ValueCell(context) for _ in range(VALUES)]
        for number, cell in enumerate(self.cells):
            self.values.addWidget(cell, number // 2, number % 2)
            cell.hide()
        for column in range(2):
            self.values.setColumnStretch(column, 1)
        self.fault = Text(theme, "", ink="warning", wrap=True)
        self.asked_icon = Icon(theme, "flexibility", "accent", 18)
        self.asked = Text(theme, "", wrap=True)
        asked = QHBoxLayout()
        asked.setSpacing(UNIT)
        asked.addWidget(self.asked_icon, 0, Qt.AlignmentFlag.AlignTop)
        asked.addWidget(self.asked, 1)
        self.twin = Text(theme, "", size=12, ink="muted", elide=True)
        self.counts = Text(theme, "", size=12, ink="muted", elide=True)
        self.body.addLayout(head)
        self.body.addSpacing(UNIT)
        self.body.addWidget(self.fault)
        self.body.addLayout(self.values)
        self.body.addSpacing(UNIT)
        self.override = OverrideRow(context)
        self.override.hide()
        self.body.addLayout(asked)
        self.body.addWidget(self.override)
        self.body.addStretch(1)
        self.body.addWidget(self.twin)
        self.body.addWidget(self.counts)

    def set_device(self, device: DeviceView) -> None:
        """Show one device."""
        self.device = device
        icon, token = KIND_ICONS[device.kind]
        self.icon.set(icon, "text" if self._context.theme.dark else token)
        self.title.set(device.title or device.device_id)
        self.kind.set(" · ".join(part for part in self._about(device) if part))
        stale = device.health in {"stale", "away"}
        for number, cell in enumerate(self.cells):
            cell.setVisible(number < len(device.values))
            if number < len(device.values):
                cell.set(device.values[number], stale)
        self.fault.set(device.sentence)
        self.fault.setVisible(bool(device.sentence) and device.health != "fresh")
        asked = device.control or self._left_alone(device)
        self.asked.set(asked, "text" if device.control else "muted")
        self.asked_icon.set("flexibility", "accent" if device.control else "faint")
        self.override.set_kind(device.kind)
        self.twin.set(self._twin(device))
        self.twin.setToolTip(device.twin_root or "")
        self.twin.setVisible(device.twin_state is not None)
        self.counts.set(
            self.tr("readings {0} · errors {1} · writes {2}").format(
                words.grouped(device.samples),
                words.grouped(device.errors),
                words.grouped(device.writes),
            )
        )
        self.counts.setToolTip(device.address)
        self.age()

    def age(self) -> None:
        """Bring the age of the data up to date."""
        device = self.device
        if device is None:
            return
        word, token = {
            "fresh": (self.tr("live"), "good"),
            "connecting": (self.tr("connecting"), "muted"),
            "stale": (self.tr("too old"), "warning"),
            "away": (self.tr("away"), "warning"),
        }[device.health]
        if device.last_reading_s is not None:
            passed_s = self._context.bridge.site_clock.now_s() - device.last_reading_s
            word = f"{word}, {words.ago(passed_s)}"
        self.health.set(word, token)
        self.setAccessibleName(f"{self.title.text()}: {word}")

    def _about(self, device: DeviceView) -> tuple[str, ...]:
        kinds = {
            "meter": self.tr("Meter"),
            "inverter": self.tr("Inverter"),
            "battery": self.tr("Battery"),
            "charger": self.tr("Charger"),
        }
        return kinds[device.kind], device.protocol, device.address

    def _left_alone(self, device: DeviceView) -> str:
        if device.kind == "meter":
            return self.tr("Only read, never written to.")
        return self.tr("Nothing is asked of it: it runs on its own.")

    def _twin(self, device: DeviceView) -> str:
        return self.tr("State {0} · {1} steps on record · {2}").format(
            device.twin_state,
            words.grouped(device.twin_transitions),
            words.short_hash(device.twin_root),
        )


class DevicesPage(Page):
    """A card for each device, in as many columns as fit."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, "devices", self.tr("Devices"))
        self.cards: dict[str, DeviceCard] = {}
        self._columns = 0
        self.empty_card = Card(self.theme)
        self.empty = Empty(
            self.theme,
            "devices",
            self.tr("No device is connected yet. Describe them in this house's settings file."),
            self.tr("Open the folder"),
        )
        self.empty.button.clicked.connect(self.open_folder)
        self.empty_card.body.addWidget(self.empty)
        self.empty_card.setMinimumHeight(240)
        self.grid = QGridLayout()
        self.grid.setSpacing(EDGE - SHADOW)
        self.column.addWidget(self.empty_card)
        self.column.addLayout(self.grid)
        self.column.addStretch(1)
        context.bridge.devices.connect(self.set_devices)
        context.bridge.clock.connect(lambda _: self._age())
        context.theme.changed.connect(self._again)

    def set_devices(self, view: DevicesView) -> None:
        """Show all devices; cards stay where they are while the set stays the same."""
        ids = [device.device_id for device in view.devices]
        if ids != list(self.cards):
            for card in self.cards.values():
                self.grid.removeWidget(card)
                card.deleteLater()
            self.cards = {device_id: DeviceCard(self.context) for device_id in ids}
            self._columns = 0
            self._arrange()
        for device in view.devices:
            self.cards[device.device_id].set_device(device)
        self.empty_card.setVisible(not ids)
        self.sentence.set(self._summary(view) if ids else "")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use as many columns as fit."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        room = min(self.viewport().width(), self.content.maximumWidth()) - 2 * GAP
        columns = max(1, min(room // CARD_PX, max(len(self.cards), 1), 4))
        if len(self.cards) == 4 and columns == 3:
            columns = 2
        if columns == self._columns:
            return
        self._columns = columns
        for number, card in enumerate(self.cards.values()):
            self.grid.addWidget(card, number // columns, number % columns)
        for column in range(4):
            self.grid.setColumnStretch(column, 1 if column < columns else 0)

    def _summary(self, view: DevicesView) -> str:
        live = sum(device.health == "fresh" for device in view.devices)
        if live == len(view.devices):
            return self.tr("All of them are live.")
        return self.tr("{0} of {1} are live.").format(live, len(view.devices))

    def _age(self) -> None:
        if self.isVisible():
            for card in self.cards.values():
                card.age()

    def _again(self) -> None:
        for card in self.cards.values():
            if card.device is not None:
                card.set_device(card.device)
