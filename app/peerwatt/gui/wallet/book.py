"""The address book: names for addresses, compared once and then chosen by name."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from .. import words
from ..theme import UNIT
from ..widgets.base import Button
from ..widgets.states import Empty
from ..widgets.table import Column, Table
from .desk import Desk
from .dialog import Note, Step, WalletDialog
from .fields import Field
from .listing import AddressCheck, BookEntry
from .signer import Answer
from .told import AddressBox, cautions, is_first_time


class BookDialog(WalletDialog):
    """List, add, rename, remove, check."""

    send_to = Signal(str)
    """The owner wants to send something to this address."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, self.tr("Address book"), "book", parent)
        self.entries: tuple[BookEntry, ...] = ()
        self.list = Step()
        self.list.column.setSpacing(UNIT + 2)
        self.table = Table[BookEntry](self.theme, self.tr("Addresses"), self._columns())
        self.table.setMinimumHeight(220)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._chosen())
        sentence = self.tr("Nobody is in it yet. Add neighbours you pay or who pay you.")
        self.empty = Empty(self.theme, "book", sentence)
        self.box = AddressBox(self.theme)
        self.add = Button(self.theme, self.tr("Add"), "soft", "plus")
        self.edit = Button(self.theme, self.tr("Change"), "quiet", "tag")
        self.drop = Button(self.theme, self.tr("Remove"), "quiet")
        self.pay = Button(self.theme, self.tr("Send"), "quiet", "send")
        self.add.clicked.connect(lambda: self._form(None))
        self.edit.clicked.connect(lambda: self._form(self.current))
        self.drop.clicked.connect(self._remove)
        self.pay.clicked.connect(self._send)
        row = QHBoxLayout()
        row.setSpacing(UNIT)
        for button in (self.add, self.edit, self.drop, self.pay):
            row.addWidget(button)
        row.addStretch(1)
        self.list.add(self.table, self.empty, self.box, row)
        self.form = Step()
        self.form.column.setSpacing(UNIT + 2)
        self.address = Field(self.tr("Address"), "0x…")
        self.name = Field(self.tr("Name"), "Anna")
        self.remark = Field(self.tr("Note, if you like"))
        self.checked = AddressBox(self.theme)
        self.checked.hide()
        self.caution = Note(self.theme)
        self.form.add(
            self.row("address", self.address),
            self.checked,
            self.caution,
            self.row("name", self.name),
            self.row("note", self.remark),
        )
        self.address.editingFinished.connect(self._check)
        self.empty.hide()
        self.box.hide()
        self._show_list()
        self._load()

    @property
    def current(self) -> BookEntry | None:
        """The chosen entry."""
        row = self.table.currentIndex().row()
        return self.entries[row] if 0 <= row < len(self.entries) else None

    def _columns(self) -> tuple[Column[BookEntry], ...]:
        zone = self.desk.bridge.site_clock.zone

        def last(entry: BookEntry) -> str:
            if entry.last_sent_s is None:
                return self.tr("never")
            return words.day(entry.last_sent_s, zone)

        return (
            Column(self.tr("Name"), lambda entry: entry.name, stretch=True, least=120),
            Column(self.tr("Note"), lambda entry: entry.note, token=lambda _: "muted"),
            Column(
                self.tr("Address"),
                lambda entry: words.short_hash(entry.address),
                tip=lambda entry: entry.address,
                token=lambda _: "muted",
            ),
            Column(self.tr("Last sent"), last, token=lambda _: "muted", optional=True),
        )

    # --- list -----------------------------------------------------------------------------------

    def _load(self) -> None:
        self.ask("book_list", self._loaded)

    def _loaded(self, answer: Answer) -> None:
        self.entries = tuple(BookEntry.read(one) for one in answer["entries"])
        self.table.set_rows(self.entries)
        if self.entries and self.current is None:
            self.table.setCurrentIndex(self.table.rows_model.index(0, 0))
        self._chosen()
        self.fit()

    def _chosen(self) -> None:
        entry = self.current
        for button in (self.edit, self.drop, self.pay):
            button.setVisible(entry is not None)
        self.table.setVisible(bool(self.entries))
        self.empty.setVisible(not self.entries)
        self.box.setVisible(entry is not None)
        if entry is not None:
            self.box.show_parts(entry.picture, entry.name, entry.blocks)

    def _show_list(self, _: Answer | None = None) -> None:
        self.left.hide()
        self.show_step(self.list, self.tr("Close"), self.accept)

    def _remove(self) -> None:
        entry = self.current
        if entry is not None:
            self.ask("book_remove", lambda _: self._load(), address=entry.address)

    def _send(self) -> None:
        entry = self.current
        if entry is not None:
            self.send_to.emit(entry.address)
            self.accept()

    # --- one entry ------------------------------------------------------------------------------

    def _form(self, entry: BookEntry | None) -> None:
        self.address.setText(entry.address if entry else "")
        self.address.setEnabled(entry is None)
        self.name.setText(entry.name if entry else "")
        self.remark.setText(entry.note if entry else "")
        self.checked.hide()
        self.caution.say("")
        self.left.show()
        self.show_step(self.form, self.tr("Save"), self._save)
        (self.name if entry else self.address).setFocus()
        if entry is not None:
            self._check()

    def _check(self) -> None:
        text = self.address.text().strip()
        if self.steps.current is self.form and text:
            self.signer.ask("book_check", self._shown, self.refuse, address=text)

    def _shown(self, answer: Answer) -> None:
        check = AddressCheck.read(answer)
        self.rows["address"].say("")
        self.checked.set(check)
        self.checked.show()
        grave = [one for one in cautions(check, True) if not is_first_time(check, one)]
        self.caution.say(" ".join(grave))
        self.fit()

    def _save(self) -> None:
        def saved(_: Answer) -> None:
            self._show_list()
            self._load()

        self.ask(
            "book_add",
            saved,
            address=self.address.text().strip(),
            name=self.name.text().strip(),
            note=self.remark.text().strip(),
        )

    def reject(self) -> None:
        """Go back from an entry to the list; from the list, close."""
        if self.steps.current is self.form:
            self._show_list()
        else:
            super().reject()
