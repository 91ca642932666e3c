"""Choosing, reading and writing the few files that the wallet takes in or gives out."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from peerwatt.config.paths import write_private

from ..words import translate

MAX_BYTES = 1_000_000


def ask_open(parent: QWidget, title: str, kinds: str) -> Path | None:
    """Let the owner choose a file to read."""
    name, _ = QFileDialog.getOpenFileName(parent, title, str(Path.home()), kinds)
    return Path(name) if name else None


def ask_save(parent: QWidget, title: str, name: str, kinds: str) -> Path | None:
    """Let the owner choose where to write a file."""
    chosen, _ = QFileDialog.getSaveFileName(parent, title, str(Path.home() / name), kinds)
    return Path(chosen) if chosen else None


def read_text(path: Path) -> tuple[str, str]:
    """Return a file's text and, where it cannot be read, a sentence instead."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return "", translate("Files", "{0} is too large to be this.").format(path.name)
        return path.read_text(encoding="utf-8"), ""
    except UnicodeDecodeError:
        return "", translate("Files", "{0} is no text file.").format(path.name)
    except OSError as fault:
        return "", translate("Files", "{0} cannot be read: {1}.").format(path.name, fault.strerror)


def write_text(path: Path, text: str) -> str:
    """Write a file whole, for its owner only; returns a sentence where that is not possible."""
    try:
        write_private(path, text)
    except OSError as fault:
        return translate("Files", "{0} cannot be written: {1}.").format(path, fault.strerror)
    return ""
