"""The owner's own words for transactions, by hash."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from .files import clean_text, damaged, read_object, write_object
from .secret import WalletFault

LABELS_FILE = "labels.json"
_HASH = re.compile(r"0x[0-9a-f]{64}", re.ASCII)


def load_labels(folder: Path) -> dict[str, str]:
    """Return hash -> label; nothing where there is no file. Raises WalletFault."""
    path = folder / LABELS_FILE
    content = read_object(path)
    if content is None:
        return {}
    labels = content.get("labels")
    if not isinstance(labels, dict):
        raise damaged(path)
    if not all(_HASH.fullmatch(key) and isinstance(text, str) for key, text in labels.items()):
        raise damaged(path)
    return dict(labels)


def with_label(labels: Mapping[str, str], transaction_hash: str, text: str) -> dict[str, str]:
    """Return the labels with one set; an empty text takes it away. Raises WalletFault."""
    key = transaction_hash.lower()
    if not _HASH.fullmatch(key):
        raise WalletFault("This is no hash of a transaction.", "transaction_hash")
    rest = {known: label for known, label in labels.items() if known != key}
    label = clean_text(text, "label")
    return {**rest, key: label} if label else rest


def save_labels(folder: Path, labels: Mapping[str, str]) -> None:
    """Store the labels. Raises WalletFault."""
    write_object(folder / LABELS_FILE, {"version": 1, "labels": dict(labels)})
