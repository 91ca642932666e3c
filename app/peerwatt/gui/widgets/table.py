"""A calm table: few lines, right-aligned figures, a mark where something is proven."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView

from ..icons import pixmap
from ..theme import Theme, font, metrics

Row = TypeVar("Row")
RowMenu = Sequence[tuple[str, Callable[[], None]]]
"""Entries of a row's context menu: words, and what they do."""
Index = QModelIndex | QPersistentModelIndex
ROW_PX = 38
DISPLAY = Qt.ItemDataRole.DisplayRole


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """How one column reads a row."""

    title: str
    text: Callable[[Row], str]
    right: bool = False
    icon: Callable[[Row], tuple[str, str] | None] | None = None
    """(icon, colour token) of a row."""
    token: Callable[[Row], str] | None = None
    tip: Callable[[Row], str] | None = None
    stretch: bool = False
    least: int = 0
    optional: bool = False
    """Hidden first when the table is narrow."""


class RowsModel(QAbstractTableModel, Generic[Row]):
    """Rows of one message as a table model."""

    def __init__(self, theme: Theme, columns: Sequence[Column[Row]]) -> None:
        super().__init__()
        self._theme, self.columns = theme, tuple(columns)
        self.rows: tuple[Row, ...] = ()

    def set_rows(self, rows: Sequence[Row]) -> bool:
        """Show other rows; says whether anything changed."""
        new = tuple(rows)
        if new == self.rows:
            return False
        if len(new) == len(self.rows):
            self.rows = new
            last = self.index(len(new) - 1, len(self.columns) - 1)
            self.dataChanged.emit(self.index(0, 0), last)
        else:
            self.beginResetModel()
            self.rows = new
            self.endResetModel()
        return True

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 -- Qt's own default
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 -- Qt's own default
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = DISPLAY) -> Any:
        """Return what a cell shows in one role."""
        column, row = self.columns[index.column()], self.rows[index.row()]
        if role == DISPLAY:
            return column.text(row)
        if role in {Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole}:
            return column.tip(row) if column.tip else column.text(row)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._aligned(column)
        if role == Qt.ItemDataRole.ForegroundRole:
            token = column.token(row) if column.token else "text"
            return self._theme.tokens.colour(token)
        if role == Qt.ItemDataRole.DecorationRole and column.icon is not None:
            found = column.icon(row)
            if found is not None:
                colour = self._theme.tokens.colour(found[1]).name()
                return pixmap(found[0], colour, 18, 2.0)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = DISPLAY) -> Any:
        """Return a column's title."""
        if orientation == Qt.Orientation.Horizontal:
            if role == DISPLAY:
                return self.columns[section].title
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return self._aligned(self.columns[section])
        return None

    @staticmethod
    def _aligned(column: Column[Row]) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter


class Table(QTableView, Generic[Row]):
    """A read-only table whose columns fit their content; one of them takes the rest."""

    def __init__(self, theme: Theme, name: str, columns: Sequence[Column[Row]]) -> None:
        super().__init__()
        self.rows_model: RowsModel[Row] = RowsModel(theme, columns)
        self._menus: list[Callable[[Row], RowMenu]] = []
        self.setModel(self.rows_model)
        self.setAccessibleName(name)
        self.setFont(font(14))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setIconSize(QSize(18, 18))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_PX)
        head = self.horizontalHeader()
        head.setFont(font(12))
        head.setHighlightSections(False)
        head.setSectionsClickable(False)
        head.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head.setFixedHeight(26)
        self.setMinimumHeight(26 + ROW_PX * 2)
        self.viewport().setAutoFillBackground(False)
        theme.changed.connect(self.viewport().update)

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show other rows, keeping the place."""
        place = self.verticalScrollBar().value()
        if self.rows_model.set_rows(rows):
            self._fit()
            self.verticalScrollBar().setValue(place)

    def add_menu(self, entries: Callable[[Row], RowMenu]) -> None:
        """Add entries to the context menu of each row, after those added before."""
        self._menus.append(entries)

    def row_menu(self, row: Row) -> QMenu | None:
        """Return the context menu of a row, where it has one."""
        entries = [entry for menu in self._menus for entry in menu(row)]
        if not entries:
            return None
        made = QMenu(self)
        made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, run in entries:
            made.addAction(text).triggered.connect(lambda _=False, run=run: run())
        return made

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the menu of the row under the pointer, or of the one the keyboard is at."""
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        if not index.isValid():
            return
        menu = self.row_menu(self.rows_model.rows[index.row()])
        if menu is not None:
            below = self.viewport().mapToGlobal(self.visualRect(index).bottomLeft())
            menu.popup(below if by_key else event.globalPos())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width out anew."""
        super().resizeEvent(event)
        self._fit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Select the first row, so that the keyboard shows where it is."""
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self.rows_model.rows:
            self.setCurrentIndex(self.rows_model.index(0, 0))

    def _fit(self) -> None:
        columns, rows = self.rows_model.columns, self.rows_model.rows[:60]
        body, head = metrics(14), metrics(12)
        widths = []
        for column in columns:
            width = max([head.horizontalAdvance(column.title), column.least])
            for row in rows:
                icon = 26 if column.icon is not None else 0
                width = max(width, body.horizontalAdvance(column.text(row)) + icon)
            widths.append(width + 26)
        room = self.viewport().width()
        free = next((n for n, column in enumerate(columns) if column.stretch), len(columns) - 1)
        least = max(columns[free].least + 26, 60)
        hidden: set[int] = set()
        for number in reversed(range(len(columns))):
            fixed = sum(w for n, w in enumerate(widths) if n != free and n not in hidden)
            if fixed + least <= room:
                break
            if columns[number].optional:
                hidden.add(number)
        fixed = sum(w for n, w in enumerate(widths) if n != free and n not in hidden)
        widths[free] = max(room - fixed, least)
        for number, width in enumerate(widths):
            self.setColumnHidden(number, number in hidden)
            self.setColumnWidth(number, width)
