"""Small JSON files of the wallet: read whole with clear faults, written whole or not at all."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from peerwatt.config.paths import SitePaths, write_private

from .secret import WalletFault

MAX_FILE_BYTES = 4_000_000
MAX_TEXT = 200
MAX_DEPTH = 50
_MARKS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def parse_json(text: bytes | str) -> Any:
    """Return parsed JSON of bounded depth. Raises ValueError.

    Python's own reader follows any depth, and a library that raises the recursion limit lets it
    run out of stack: the process would be gone.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8")
    depth = 0
    for mark in _MARKS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(mark.group(), 0)
        if depth > MAX_DEPTH:
            raise ValueError("nested too deeply")
    return json.loads(text)


def wallet_folder(paths: SitePaths) -> Path:
    """Return the folder of a site's wallet."""
    return paths.folder / "wallet"


def read_object(path: Path, version: int = 1) -> dict[str, Any] | None:
    """Return a JSON object with the wanted ``version``; ``None`` when there is no file.

    Raises WalletFault for a damaged or foreign file: it is left as it is.
    """
    try:
        raw = path.read_bytes() if path.stat().st_size <= MAX_FILE_BYTES else b""
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise WalletFault(f"{path} cannot be read ({fault.strerror}).") from None
    try:
        content = parse_json(raw)
    except ValueError:
        content = None
    if not isinstance(content, dict) or content.get("version") != version:
        raise damaged(path)
    return content


def write_object(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file that only its owner can read. Raises WalletFault."""
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file that only its owner can read. Raises WalletFault."""
    try:
        write_private(path, text)
    except OSError as fault:
        raise WalletFault(f"{path} cannot be written ({fault.strerror}).") from None


def damaged(path: Path) -> WalletFault:
    """Return the fault for a file that does not hold what it should."""
    return WalletFault(f"{path} is damaged; restore it from a backup or move it away.")


def clean_text(text: object, field: str, *, needed: bool = False) -> str:
    """Return a label or note without surrounding space. Raises WalletFault with the field."""
    if not isinstance(text, str):
        raise WalletFault(f"The {field} is no text.", field)
    text = text.strip()
    if len(text) > MAX_TEXT or not text.isprintable():
        raise WalletFault(f"The {field} is too long or holds signs that cannot be shown.", field)
    if needed and not text:
        raise WalletFault(f"Enter a {field}.", field)
    return text
