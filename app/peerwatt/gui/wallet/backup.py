"""The backup of a seed: its words shown once, then three of them entered again."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..theme import UNIT, Theme, font
from ..widgets.base import Text
from .desk import Desk
from .dialog import Note, Step, WalletDialog
from .fields import SecretField
from .passwords import PasswordRows
from .signer import Answer, Refusal

COLUMNS = 3
CELL_PX = 40


class WordsView(QWidget):
    """Words with their places, painted: nothing to select, nothing to copy."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._words: list[str] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("The words"))
        theme.changed.connect(self.update)

    def set(self, words: list[str]) -> None:
        """Show words; an empty list forgets them."""
        self._words = words
        numbered = (f"{place} {word}" for place, word in enumerate(words, 1))
        self.setAccessibleDescription(", ".join(numbered))
        self.updateGeometry()
        self.update()

    @property
    def count(self) -> int:
        """How many words show."""
        return len(self._words)

    def sizeHint(self) -> QSize:
        """Return the room for all rows."""
        return QSize(480, -(-len(self._words) // COLUMNS) * (CELL_PX + UNIT))

    def minimumSizeHint(self) -> QSize:
        """Return the same as :meth:`sizeHint`."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the words row by row, down each column as on paper."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._theme.tokens
        rows = -(-len(self._words) // COLUMNS)
        width = (self.width() - (COLUMNS - 1) * UNIT) / COLUMNS
        for place, word in enumerate(self._words):
            column, row = divmod(place, rows)
            box = QRectF(column * (width + UNIT), row * (CELL_PX + UNIT), width, CELL_PX)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.colour("raised"))
            painter.drawRoundedRect(box, 9, 9)
            painter.setPen(tokens.colour("muted"))
            painter.setFont(font(12))
            number = box.adjusted(10, 0, 0, 0)
            painter.drawText(number, Qt.AlignmentFlag.AlignVCenter, str(place + 1))
            painter.setPen(tokens.colour("text"))
            painter.setFont(font(16, True, figures=False))
            painter.drawText(box.adjusted(38, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, word)


class BackupDialog(WalletDialog):
    """Password, words, three of them again; closing it in between leaves the backup open."""

    def __init__(
        self, desk: Desk, seed: str = "", title: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(desk, title or self.tr("Back up the words"), "words", parent)
        self._seed = seed
        self._password = ""
        self._places: list[int] = []
        self.unlock = Step()
        self.passwords = PasswordRows(self.row, choosing=False)
        said = Text(
            self.theme,
            self.tr("Whoever has the words has the money. Take pen and paper, and be alone."),
            ink="muted",
            wrap=True,
        )
        self.unlock.add(said, *self.passwords.rows)
        self.words = WordsView(self.theme)
        self.shown = Step()
        self.shown.add(
            Text(
                self.theme,
                self.tr("Write these words down in this order. They are not shown again."),
                wrap=True,
            ),
            self.words,
            Note(
                self.theme,
                self.tr("No photo, no file, no cloud: paper only. Nobody will ever ask for them."),
                "warning",
            ),
        )
        self.again = Step()
        self.again_text = Text(self.theme, "", wrap=True)
        self.answers = [SecretField("") for _ in range(3)]
        self.answer_rows = [self.row(f"words.{n}", field) for n, field in enumerate(self.answers)]
        for field in self.answers:
            field.show_while_typed()
        self.again.add(self.again_text, *self.answer_rows)
        self.finished_step = Step()
        self.finished_step.add(
            Note(
                self.theme,
                self.tr("The backup is complete. With the words you get everything back."),
                "good",
            )
        )
        if seed:
            self.show_step(self.unlock, self.tr("Show the words"), self._unlock)
            self.passwords.first.setFocus()

    # --- words ----------------------------------------------------------------------------------

    def begin(self, seed: str, password: str) -> None:
        """Show a seed's words, for a wallet that was just opened."""
        self._seed, self._password = seed, password
        self.ask("show_seed_once", self._show, self.tr("Opening…"), seed=seed, password=password)

    def _unlock(self) -> None:
        password = self.passwords.take()
        if password is not None:
            self.begin(self._seed, password)

    def _show(self, answer: Answer) -> None:
        self.words.set(list(answer["words"]))
        self.left.show_as(self.tr("Later"))
        self.show_step(self.shown, self.tr("I wrote them down"), self._challenge)
        self.go.setFocus()

    # --- again ----------------------------------------------------------------------------------

    def _challenge(self) -> None:
        self.ask("challenge", self._ask_places, seed=self._seed)

    def _ask_places(self, answer: Answer) -> None:
        self.words.set([])
        self._places = [int(place) for place in answer["places"]]
        self.again_text.set(self.tr("Now enter three of them, from your paper:"))
        self.rows = {k: v for k, v in self.rows.items() if not k.startswith("words.")}
        for place, row in zip(self._places, self.answer_rows, strict=True):
            row.field.setAccessibleName(self.tr("Word {0}").format(place))
            row.name.set(self.tr("Word {0}").format(place))
            self.rows[f"words.{place}"] = row
        self.show_step(self.again, self.tr("Confirm"), self._confirm)
        self.answers[0].setFocus()

    def _confirm(self) -> None:
        entered = [field.take() for field in self.answers]
        answer = {str(place): word for place, word in zip(self._places, entered, strict=True)}
        self.ask(
            "confirm",
            self._confirmed,
            self.tr("Comparing…"),
            self._wrong,
            seed=self._seed,
            password=self._password,
            answer=answer,
        )

    def _wrong(self, refusal: Refusal) -> None:
        # One try for each set of places: the next one asks for others.
        def asked(answer: Answer) -> None:
            self._ask_places(answer)
            self.note.say(refusal.sentence)
            self.fit()

        self.ask("challenge", asked, seed=self._seed)

    def _confirmed(self, _: Answer) -> None:
        self.forget()
        self.desk.reload(tell_engine=True)
        self.left.hide()
        self.show_step(self.finished_step, self.tr("Close"), self.accept)

    def forget(self) -> None:
        """Clear words and password, too."""
        self.words.set([])
        self._password = ""
        super().forget()
