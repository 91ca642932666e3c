"""Settings of the window: its colours, its motion, and what closing it means."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from peerwatt import __version__
from peerwatt.api.messages import EngineView
from peerwatt.config.paths import SitePaths

from ..context import Context
from ..theme import UNIT
from ..widgets.base import Button, Card, Text
from ..widgets.choice import ChoiceButton
from .base import Page, across, down


class Choice(QWidget):
    """A row of which one can be chosen."""

    def __init__(self, context: Context, field: str, entries: tuple[tuple[Any, str], ...]) -> None:
        super().__init__()
        self._context, self._field = context, field
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(UNIT)
        group = QButtonGroup(self)
        group.setExclusive(True)
        self.buttons: dict[Any, ChoiceButton] = {}
        for value, text in entries:
            button = ChoiceButton(context.theme, text)
            button.clicked.connect(lambda _=False, value=value: self._choose(value))
            group.addButton(button)
            row.addWidget(button)
            self.buttons[value] = button
        row.addStretch(1)
        context.choices.changed.connect(self._show)
        self._show()

    def _choose(self, value: Any) -> None:
        self._context.choices.update(**{self._field: value})

    def _show(self, *_: object) -> None:
        value = getattr(self._context.choices.values, self._field)
        self.buttons[value].setChecked(True)


class SettingsPage(Page):
    """Few choices, each with a sentence."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, "settings", self.tr("Settings"))
        self.column.addWidget(self._window_card(context))
        self.column.addWidget(self._house_card(context))
        self.column.addStretch(1)
        context.bridge.engine.connect(self._engine)

    def _window_card(self, context: Context) -> Card:
        theme = context.theme
        self.look = Choice(
            context,
            "theme",
            (
                ("system", self.tr("As the system")),
                ("light", self.tr("Light")),
                ("dark", self.tr("Dark")),
            ),
        )
        self.motion = Choice(
            context,
            "reduced_motion",
            ((False, self.tr("Moving dots")), (True, self.tr("Still arrows"))),
        )
        self.closing = Choice(
            context,
            "on_close",
            (
                ("ask", self.tr("Ask")),
                ("keep", self.tr("Keep the house running")),
                ("stop", self.tr("Stop the house")),
            ),
        )
        card = Card(theme, self.tr("This window"))
        for title, sentence, widget in (
            (self.tr("Colours"), self.tr("Light, dark, or as the system has it."), self.look),
            (self.tr("Motion"), self.tr("How the flow picture shows direction."), self.motion),
            (
                self.tr("Closing the window"),
                self.tr("The house can go on running without it."),
                self.closing,
            ),
        ):
            card.body.addSpacing(UNIT)
            words = down(
                Text(theme, title, bold=True), Text(theme, sentence, size=12, ink="muted"), gap=2
            )
            row = across(2, words, 3, widget)
            card.body.addLayout(row)
        return card

    def _house_card(self, context: Context) -> Card:
        theme = context.theme
        self.folder = str(SitePaths.named(context.bridge.site).folder)
        site = Card(theme, self.tr("This house"))
        self.path = Text(theme, self.folder, ink="muted", elide=True)
        self.open_button = Button(theme, self.tr("Open the folder"), "quiet", "folder")
        self.open_button.clicked.connect(self.open_folder)
        self.copy_path = Button(theme, self.tr("Copy the path"), "quiet", "copy")
        self.copy_path.clicked.connect(self._copy)
        site.body.addWidget(
            Text(theme, self.tr("Settings, history and log of this house are kept here:"))
        )
        site.body.addLayout(across(1, self.path, 0, self.open_button, self.copy_path, gap=UNIT))
        self.version = Text(theme, self.tr("Window {0}").format(__version__), size=12, ink="muted")
        site.body.addSpacing(UNIT)
        site.body.addWidget(self.version)
        return site

    def _engine(self, engine: EngineView) -> None:
        self.version.set(self.tr("Window {0}, engine {1}").format(__version__, engine.version))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.folder)
