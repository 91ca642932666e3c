"""Where a site keeps its files (platformdirs), and private writing of small files."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs

DEFAULT_SITE = "home"
DEMO_SITE = "demo"


def data_root() -> Path:
    """Return the folder that holds all sites; PEERWATT_HOME overrides the platform's."""
    override = os.environ.get("PEERWATT_HOME")
    return Path(override) if override else Path(platformdirs.user_data_dir("peerwatt", False))


@dataclass(frozen=True, slots=True)
class SitePaths:
    """Files of one site."""

    folder: Path

    @classmethod
    def named(cls, site: str) -> SitePaths:
        """Return the paths of a site by name."""
        return cls(data_root() / "sites" / site)

    @property
    def settings(self) -> Path:
        """Settings of the site, JSON."""
        return self.folder / "site.json"

    @property
    def lock(self) -> Path:
        """Lock held by the one engine of the site."""
        return self.folder / "engine.lock"

    @property
    def api(self) -> Path:
        """URL and token of the running engine, 0600."""
        return self.folder / "engine.json"

    @property
    def history(self) -> Path:
        """History database (SQLite)."""
        return self.folder / "history.sqlite"

    @property
    def keys(self) -> Path:
        """Folder of encrypted keys."""
        return self.folder / "keys"

    @property
    def log(self) -> Path:
        """Log of the engine."""
        return self.folder / "engine.log"


def write_private(path: Path, text: str) -> None:
    """Write a file whole or not at all, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o600)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
