"""Take up keys that exist already: words, a keystore file, a raw key, a device, or only watch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from .. import words
from ..icons import draw_icon
from ..theme import UNIT, Theme, font
from ..widgets.base import Button, Pressable, Text, focus_ring
from . import files
from .desk import Desk
from .dialog import Note, Step, WalletDialog
from .fields import Field, SecretArea, SecretField, Tick
from .passwords import PasswordRows
from .signer import Answer

WAY_PX = 56


class Way(Pressable):
    """One way to take up a key: icon, name, sentence."""

    def __init__(self, theme: Theme, icon: str, name: str, sentence: str) -> None:
        super().__init__()
        self._theme, self._icon, self._sentence = theme, icon, sentence
        self.setText(name)
        self.setAccessibleName(f"{name}: {sentence}")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def say(self, sentence: str) -> None:
        """Say something else below the name."""
        self._sentence = sentence
        self.setAccessibleName(f"{self.text()}: {sentence}")
        self.update()

    @property
    def sentence(self) -> str:
        """What stands below the name."""
        return self._sentence

    def sizeHint(self) -> QSize:
        """Return the room for two lines."""
        return QSize(400, WAY_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint surface, icon and words."""
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        hovered = self.underMouse() and self.isEnabled()
        painter.setBrush(tokens.colour("hover" if hovered else "raised"))
        painter.drawRoundedRect(QRectF(self.rect()), 10, 10)
        focus_ring(painter, self, self._theme, 10)
        off = not self.isEnabled()
        ink = tokens.colour("faint" if off else "accent")
        draw_icon(painter, self._icon, QRectF(16, WAY_PX / 2 - 11, 22, 22), ink)
        painter.setFont(font(14, True))
        painter.setPen(tokens.colour("muted" if off else "text"))
        painter.drawText(QRectF(54, 9, self.width() - 64, 20), 0, self.text())
        painter.setFont(font(12))
        painter.setPen(tokens.colour("muted"))
        painter.drawText(QRectF(54, 29, self.width() - 64, 20), 0, self._sentence)


class TakeInDialog(WalletDialog):
    """Which way, then what it needs."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, self.tr("Import an account"), "key", parent)
        self.choose = Step()
        self.choose.column.setSpacing(UNIT)
        self.ways: dict[str, Way] = {}
        self._keystore = ""
        self._kind = ""
        for way, icon, name, sentence, begin in self._entries():
            button = Way(self.theme, icon, name, sentence)
            button.clicked.connect(begin)
            self.ways[way] = button
            self.choose.add(button)
        for kind in ("ledger", "trezor"):
            self.ways[kind].setEnabled(False)
        self.show_step(self.choose, "", self.accept)
        # Not awaited: the other ways can be chosen meanwhile.
        self.signer.ask("hardware_list", self._devices, lambda _: None)

    def _entries(self) -> tuple[tuple[str, str, str, str, Callable[[], None]], ...]:
        looking = self.tr("Looking for it…")
        return (
            (
                "words",
                "words",
                self.tr("Words"),
                self.tr("12 or 24 words of another wallet"),
                self._words_form,
            ),
            (
                "keystore",
                "file",
                self.tr("Keystore file"),
                self.tr("A file with one encrypted key"),
                self._keystore_form,
            ),
            (
                "key",
                "key",
                self.tr("Raw key"),
                self.tr("64 characters; for experts"),
                self._key_form,
            ),
            (
                "watch",
                "eye",
                self.tr("Only watch"),
                self.tr("See what an address holds, without its key"),
                self._watch_form,
            ),
            ("ledger", "stick", "Ledger", looking, lambda: self._device_form("ledger")),
            ("trezor", "stick", "Trezor", looking, lambda: self._device_form("trezor")),
        )

    def _devices(self, answer: Answer) -> None:
        for one in answer["devices"]:
            way = self.ways.get(str(one["kind"]))
            if way is not None:
                problem = str(one.get("problem") or "")
                way.setEnabled(not problem)
                way.say(problem or self.tr("{0} is plugged in").format(one["name"]))

    # --- forms ----------------------------------------------------------------------------------

    def _form(self, *parts: Any, save: Callable[[], None], first: QWidget) -> None:
        form = Step()
        form.column.setSpacing(UNIT + 2)
        form.add(*parts)
        self.show_step(form, self.tr("Import"), save)
        first.setFocus()

    def _name(self) -> tuple[Field, QWidget]:
        field = Field(self.tr("Name of the account"))
        return field, self.row("label", field)

    def _passwords(self) -> PasswordRows:
        listing = self.desk.listing
        return PasswordRows(self.row, not (listing and listing.has_password))

    def _words_form(self) -> None:
        area = SecretArea(self.tr("The words, in order"))
        passphrase = SecretField(self.tr("Your own word, if the wallet had one"))
        name, name_row = self._name()
        passwords = self._passwords()

        def save() -> None:
            self._import(
                "import_seed",
                name,
                passwords,
                lambda: {"words": area.take(), "passphrase": passphrase.take()},
            )

        rows = (self.row("words", area), self.row("passphrase", passphrase), name_row)
        self._form(*rows, *passwords.rows, save=save, first=area)

    def _keystore_form(self) -> None:
        chosen = Text(self.theme, self.tr("No file chosen yet"), ink="muted", elide=True)
        button = Button(self.theme, self.tr("Choose the file…"), "soft", "file")
        line = QHBoxLayout()
        line.setSpacing(UNIT * 2)
        line.addWidget(button)
        line.addWidget(chosen, 1)
        secret = SecretField(self.tr("Password of the file"))
        name, name_row = self._name()
        passwords = self._passwords()
        keep = Tick(self.theme, self.tr("I keep the file and its password as my backup."))

        def choose() -> None:
            path = files.ask_open(
                self, self.tr("Choose a keystore file"), self.tr("Keystore (*.json *);;All (*)")
            )
            if path is not None:
                self._keystore, fault = files.read_text(path)
                self.note.say(fault)
                chosen.set(path.name)

        def save() -> None:
            if not self._keystore:
                self.note.say(self.tr("Choose the file first."))
                return
            self._import(
                "import_keystore",
                name,
                passwords,
                lambda: {
                    "keystore": self._keystore,
                    "keystore_password": secret.take(),
                    "has_copy": keep.isChecked(),
                },
            )

        button.clicked.connect(choose)
        rows = (line, self.row("keystore_password", secret), keep, name_row)
        self._form(*rows, *passwords.rows, save=save, first=button)

    def _key_form(self) -> None:
        secret = SecretField(self.tr("The key"), "0x…")
        name, name_row = self._name()
        passwords = self._passwords()
        keep = Tick(self.theme, self.tr("I keep another copy of this key."))

        def save() -> None:
            self._import(
                "import_key",
                name,
                passwords,
                lambda: {"key": secret.take(), "has_copy": keep.isChecked()},
            )

        rows = (self.row("key", secret), keep, name_row)
        self._form(*rows, *passwords.rows, save=save, first=secret)

    def _watch_form(self) -> None:
        address = Field(self.tr("Address"), "0x…")
        name, name_row = self._name()

        def save() -> None:
            self.ask("watch", self._done, address=address.text().strip(), label=name.text().strip())

        self._form(self.row("address", address), name_row, save=save, first=address)

    def _device_form(self, kind: str) -> None:
        title = words.account_kind(kind)
        said = Note(
            self.theme,
            self.tr("Your {0} will show the address: take it only if it is the same.").format(
                title
            ),
        )
        number = Field(self.tr("Which of its accounts"))
        number.setText("1")
        name, name_row = self._name()

        def save() -> None:
            entered = number.text().strip()
            if not (entered.isascii() and entered.isdecimal() and 1 <= int(entered) <= 1000):
                self.rows["index"].say(self.tr("Enter a number from 1 on."))
                return
            label = name.text().strip() or title
            self.ask(
                "hardware_add",
                self._done,
                self.tr("Look at your device…"),
                kind=kind,
                index=int(entered) - 1,
                label=label,
            )

        self._form(said, self.row("index", number), name_row, save=save, first=name)

    # --- the end --------------------------------------------------------------------------------

    def _import(
        self,
        op: str,
        name: Field,
        passwords: PasswordRows,
        secrets: Callable[[], dict[str, Any]],
    ) -> None:
        self.clear_faults()
        password = passwords.take()
        if password is None:
            self.fit()
            return
        self.ask(
            op,
            self._done,
            self.tr("Encrypting…"),
            password=password,
            label=name.text().strip(),
            **secrets(),
        )

    def _done(self, _: Answer) -> None:
        self.desk.reload(tell_engine=True)
        self.accept()

    def forget(self) -> None:
        """Clear the file, too."""
        self._keystore = ""
        super().forget()
