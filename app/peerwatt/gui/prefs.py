"""What the owner chose for the window itself; kept beside the sites, never in the engine."""

from __future__ import annotations

import logging
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from peerwatt.config.paths import data_root, write_private

log = logging.getLogger(__name__)


class Preferences(BaseModel):
    """Choices about the window; unknown fields of a newer version are dropped."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    theme: Literal["system", "light", "dark"] = "system"
    reduced_motion: bool = False
    on_close: Literal["ask", "keep", "stop"] = "ask"
    """Whether the house goes on running when the window is closed."""


def load_preferences() -> Preferences:
    """Return the stored choices, or the defaults where there are none that can be read."""
    path = data_root() / "window.json"
    if not path.exists():
        return Preferences()
    try:
        return Preferences.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError):
        log.info("%s cannot be read; the window starts with its defaults.", path)
        return Preferences()


def save_preferences(preferences: Preferences) -> None:
    """Write the choices whole or not at all; a folder that cannot be written is only logged."""
    try:
        write_private(data_root() / "window.json", preferences.model_dump_json(indent=2) + "\n")
    except OSError as fault:
        log.info("The window's settings could not be kept: %s", fault)
