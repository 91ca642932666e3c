"""Who gets the money: typed, pasted, from a link or the address book, and checked at once."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QStringListModel, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QCompleter, QVBoxLayout, QWidget

from ..theme import UNIT, Theme
from .dialog import Note
from .fields import Field, Row
from .listing import AddressCheck, BookEntry
from .signer import Answer, Refusal, Signer
from .told import AddressBox, cautions, is_first_time

SETTLE_MS = 250
ADDRESS_CHARS = 42
LINK_START = "ethereum:"


class PasteField(Field):
    """A field that compares what stands in it with the clipboard after each paste.

    Programs exist that put another address into the clipboard: what arrived is what counts.
    """

    pasted_other = Signal()
    """What arrived is not what the clipboard holds now."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Look again after a paste."""
        pasting = event.matches(QKeySequence.StandardKey.Paste)
        if pasting:
            self.selectAll()
        super().keyPressEvent(event)
        if pasting:
            self.compare()

    def compare(self) -> None:
        """Compare with the clipboard; it is only read."""
        held = "".join(QGuiApplication.clipboard().text().split())
        if held and held != "".join(self.text().split()):
            self.pasted_other.emit()


class Recipient(QWidget):
    """The field, the address in blocks, and every warning about it."""

    changed = Signal()
    """Another recipient, or none any more."""
    linked = Signal(object)
    """A payment link was pasted: its parts as a mapping."""

    def __init__(self, theme: Theme, signer: Signer, row: Callable[[str, Field, str], Row]) -> None:
        super().__init__()
        self._signer = signer
        self.check: AddressCheck | None = None
        self._names: dict[str, str] = {}
        self.field = PasteField(self.tr("To"), self.tr("Name, address 0x… or payment link"))
        self.row = row("recipient", self.field, "")
        self.box = AddressBox(theme)
        self.box.hide()
        self.notes = QVBoxLayout()
        self.notes.setSpacing(UNIT)
        self._theme = theme
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        column.addWidget(self.row)
        column.addWidget(self.box)
        column.addLayout(self.notes)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLE_MS)
        self._timer.timeout.connect(self.look)
        self.field.textChanged.connect(self._typed)
        self.field.pasted_other.connect(self._altered)
        self._completions = QStringListModel(self)
        completer = QCompleter(self._completions, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        if (popup := completer.popup()) is not None:
            popup.setAccessibleName(self.tr("Address book"))
        self.field.setCompleter(completer)
        signer.ask("book_list", self._known, lambda _: None)

    @property
    def address(self) -> str:
        """The checked address; empty where there is none."""
        return self.check.address if self.check else ""

    def enter(self, text: str) -> None:
        """Put in an address or name."""
        self.field.setText(text)
        self.look()

    def look(self) -> None:
        """Check what was entered."""
        self._timer.stop()
        text = self.field.text().strip()
        if not text or self._signer is None:
            return
        if text.lower().startswith(LINK_START):
            self._signer.ask("link_parse", self._parsed, self._wrong, link=text)
            return
        address = self._names.get(text.casefold(), text)
        if address == text and not text.startswith("0x"):
            self.row.say(self.tr("Nobody in your address book has this name."))
            return

        def checked(answer: Answer) -> None:
            if self.field.text().strip() == text:
                self._show(AddressCheck.read(answer))

        self._signer.ask("book_check", checked, self._wrong, address=address)

    def _typed(self, text: str) -> None:
        self._forget()
        self.row.say("")
        entered = text.strip()
        whole = entered.startswith("0x") and len("".join(entered.split())) >= ADDRESS_CHARS
        if whole or entered.casefold() in self._names or entered.lower().startswith(LINK_START):
            self._timer.start()
        else:
            self._timer.stop()

    def _known(self, answer: Answer) -> None:
        entries = [BookEntry.read(one) for one in answer["entries"]]
        self._names = {entry.name.casefold(): entry.address for entry in entries}
        self._completions.setStringList([entry.name for entry in entries])
        if self.field.text().strip().casefold() in self._names:
            self._timer.start()

    def _parsed(self, answer: Answer) -> None:
        link = answer["link"]
        self.field.setText(str(link["recipient"]))
        self.linked.emit(link)
        self.look()

    def _wrong(self, refusal: Refusal) -> None:
        self.row.say(refusal.sentence)
        self.changed.emit()

    def _altered(self) -> None:
        self.field.clear()
        self.row.say(
            self.tr(
                "What arrived is not what was copied. Another program may be changing your "
                "clipboard; enter the address by hand or as a QR code's link."
            )
        )
        self.changed.emit()

    def _show(self, check: AddressCheck) -> None:
        self.check = check
        self.row.say("")
        self.box.set(check)
        self.box.show()
        for warning in cautions(check, payment=True):
            new = is_first_time(check, warning)
            self.notes.addWidget(Note(self._theme, warning, "warning" if new else "fault"))
        self.changed.emit()

    def _forget(self) -> None:
        self.check = None
        self.box.hide()
        while (item := self.notes.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.changed.emit()
