"""What the signer says a signature would do: words, warnings, addresses, fields, and ticks."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from .. import words
from ..theme import UNIT, Theme
from ..widgets.base import Text
from .dialog import Note
from .fields import Tick
from .listing import AddressCheck, Picture
from .meaning import Line, Meaning
from .picture import AddressBlocks, Identicon, code_font

SMALL_KINDS = {"bytes"}


class AddressBox(QWidget):
    """An address in full with its picture and its name."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 12, 14, 12)
        row.setSpacing(14)
        self.picture = Identicon(theme, 48, "warning")
        self.name = Text(theme, "", bold=True, elide=True)
        self.blocks = AddressBlocks(theme)
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addWidget(self.name)
        column.addWidget(self.blocks)
        row.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(column)
        row.addStretch(1)
        theme.changed.connect(self.update)

    def set(self, check: AddressCheck, name: str = "") -> None:
        """Show an address with what is known about it; ``name`` where the desk has one."""
        self.show_parts(check.picture, name or called(check), check.blocks)

    def show_parts(self, picture: Picture | None, name: str, blocks: tuple[str, ...]) -> None:
        """Show an address by its parts."""
        self.picture.set(picture)
        self.name.set(name)
        self.blocks.set(blocks)
        self.setAccessibleName(f"{name}: {' '.join(blocks)}")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.tokens.colour("raised"))
        painter.drawRoundedRect(QRectF(self.rect()), 10, 10)


def called(check: AddressCheck) -> str:
    """Return the name of an address, or that it has none."""
    if check.contract:
        return words.translate("Told", "The community's {0}").format(check.contract)
    if check.name:
        return check.name
    if check.is_own:
        return words.translate("Told", "Your own account")
    return words.translate("Told", "Not in your address book")


def cautions(check: AddressCheck | None, payment: bool) -> tuple[str, ...]:
    """Return the warnings about an address that matter here.

    That nothing was sent to it yet says something of a payment only, not of a contract or a key
    that gets limits.
    """
    if check is None:
        return ()
    if payment and not check.contract:
        return check.warnings
    return tuple(one for one in check.warnings if not is_first_time(check, one))


def is_first_time(check: AddressCheck | None, warning: str) -> bool:
    """Whether a warning only says that nothing was sent to the address yet: it comes last."""
    if check is None or not check.first_time or check.is_own:
        return False
    return warning == check.warnings[-1]


class Lines(QWidget):
    """Labelled lines below each other; long hashes small."""

    def __init__(self, theme: Theme, lines: Sequence[Line]) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(UNIT * 2)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for number, line in enumerate(lines):
            small = line.kind in SMALL_KINDS
            label = Text(theme, line.label, size=12 if small else 14, ink="muted", wrap=True)
            label.setFixedWidth(150)
            text = Text(
                theme,
                line.text if not small else _breakable(line.text),
                size=12 if small else 14,
                ink="muted" if small else "text",
                bold=line.kind in {"amount", "energy", "price"},
                wrap=True,
            )
            if small or line.kind == "address":
                text.setFont(code_font(12))
            grid.addWidget(label, number, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(text, number, 1)


def _breakable(text: str) -> str:
    """Return a long hash with places where a line may end."""
    return " ".join(text[at : at + 34] for at in range(0, len(text), 34))


class Told(QWidget):
    """The whole meaning of a signature; ``agreed`` once everything asked for is ticked."""

    agreed_changed = Signal()

    def __init__(
        self,
        theme: Theme,
        meaning: Meaning,
        check: AddressCheck | None,
        more_warnings: Sequence[str] = (),
        more_lines: Sequence[Line] = (),
        name: str = "",
    ) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT + 4)
        self.ticks: list[Tick] = []
        self._theme = theme
        ink = "fault" if meaning.is_unknown else "text"
        self.title = Text(
            theme, words.with_short_addresses(meaning.title), size=16, bold=True, wrap=True, ink=ink
        )
        column.addWidget(self.title)
        if check is not None:
            box = AddressBox(theme)
            box.set(check, name)
            column.addWidget(box)
        about = cautions(check, meaning.is_payment)
        self.warnings = (*meaning.warnings, *about, *more_warnings)
        for warning in dict.fromkeys(self.warnings):
            grave = meaning.is_unknown or (warning in about and not is_first_time(check, warning))
            column.addWidget(Note(theme, warning, "fault" if grave else "warning"))
        skipped = (check.address if check else "").lower()
        shown = [one for one in meaning.lines if not _is_box(one, skipped)]
        column.addWidget(Lines(theme, [*shown, *more_lines]))
        self.asks = QWidget()
        """The ticks, to stand below where the rest may scroll."""
        asked = QVBoxLayout(self.asks)
        asked.setContentsMargins(0, 0, 0, 0)
        asked.setSpacing(0)
        if about:
            self._ask(asked, self.tr("I compared the address, block by block, with its owner's."))
        if meaning.is_unknown:
            sentence = self.tr("I know what this does, and want to sign it anyway.")
            self._ask(asked, sentence, "fault")
        if not self.ticks:
            self.asks.hide()

    @property
    def agreed(self) -> bool:
        """Whether everything that was asked for is ticked."""
        return all(tick.isChecked() for tick in self.ticks)

    def _ask(self, column: QVBoxLayout, sentence: str, ink: str = "text") -> None:
        tick = Tick(self._theme, sentence, ink)
        tick.toggled.connect(lambda _: self.agreed_changed.emit())
        self.ticks.append(tick)
        column.addWidget(tick)


def _is_box(line: Line, address: str) -> bool:
    """Whether a line only repeats the address that stands in its box already."""
    return bool(address) and line.kind == "address" and (line.address or "").lower() == address
