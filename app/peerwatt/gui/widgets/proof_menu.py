"""Save proof: asks the engine for the file that proves a value, and saves it where wanted."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QStandardPaths
from PySide6.QtWidgets import QFileDialog, QWidget

from peerwatt.api.base import TrustMark
from peerwatt.api.messages import Changed
from peerwatt.api.proof_messages import ProofFile, ProofOf, ProofRequest

from ..bridge import Bridge
from .marks import MarkLine
from .table import RowMenu, Table

Row = TypeVar("Row")
Wanted = Callable[[], Sequence[ProofOf]]


def menu_words() -> str:
    """Return the words of the menu's entry."""
    return QCoreApplication.translate("Proofs", "Save proof…")


def offer_proof(mark: MarkLine, bridge: Bridge, wanted: Wanted) -> None:
    """Let a mark save the proof of its value; ``wanted`` says which that is when it is asked."""
    mark.offer(menu_words(), lambda: save_proof(mark, bridge, wanted()))


def offer_row_proofs(
    table: Table[Row],
    bridge: Bridge,
    wanted: Callable[[Row], Sequence[ProofOf]],
    mark_of: Callable[[Row], TrustMark],
) -> None:
    """Let each proven row of a table save its proof from the context menu."""

    def entries(row: Row) -> RowMenu:
        items = wanted(row) if mark_of(row) is TrustMark.VERIFIED else ()
        return [(menu_words(), lambda: save_proof(table, bridge, items))] if items else []

    table.add_menu(entries)


def save_proof(parent: QWidget, bridge: Bridge, wanted: Sequence[ProofOf]) -> None:
    """Ask for a proof file, then where to save it; what goes wrong is one sentence."""
    request = ProofRequest(items=tuple(wanted))
    bridge.ask(
        lambda client: client.proof(request),
        lambda made: _save(parent, bridge, made),
        bridge.refused.emit,
    )


def _save(parent: QWidget, bridge: Bridge, made: ProofFile) -> None:
    tr = QCoreApplication.translate
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    chosen, _ = QFileDialog.getSaveFileName(
        parent.window(),
        tr("Proofs", "Save the proof"),
        str(Path(place) / made.name),
        tr("Proofs", "Proof files (*.json)"),
    )
    if not chosen:
        return
    try:
        Path(chosen).write_text(json.dumps(made.document, indent=1) + "\n", encoding="utf-8")
    except OSError as fault:
        said = tr("Proofs", "The proof was not saved in {0}: {1}.")
        bridge.refused.emit(said.format(chosen, fault.strerror or fault))
        return
    said = tr("Proofs", "The proof was saved. Anybody can check it: peerwatt chain verify {0}")
    bridge.changed.emit(Changed(sections=(), sentence=said.format(Path(chosen).name)))
