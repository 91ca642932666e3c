"""What every page is given: the theme, the bridge and the owner's choices for the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from .bridge import Bridge
from .prefs import Preferences, load_preferences, save_preferences
from .theme import Theme


class Choices(QObject):
    """The owner's choices for the window; kept on disk, announced when they change."""

    changed = Signal(object)
    """Preferences."""

    def __init__(self, values: Preferences | None = None, keep: bool = True) -> None:
        super().__init__()
        self.values = values or load_preferences()
        self._keep = keep

    def update(self, **values: Any) -> None:
        """Change some choices. Raises pydantic.ValidationError for a value out of range."""
        new = Preferences.model_validate({**self.values.model_dump(), **values})
        if new != self.values:
            self.values = new
            if self._keep:
                save_preferences(new)
            self.changed.emit(new)


@dataclass(frozen=True, slots=True)
class Context:
    """Handed to each page and to the frame."""

    theme: Theme
    bridge: Bridge
    choices: Choices
