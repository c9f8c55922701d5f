"""Variations in a row, grouped by the request they came from."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import groupby

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPoint,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLabel,
    QListView,
    QMenu,
    QStackedLayout,
    QWidget,
)

from lgesynth_gui.app.look import View
from lgesynth_gui.app.session import Session
from lgesynth_gui.app.variation import ENDED, Group, Stage, Variation
from lgesynth_gui.app.variations import Variations
from lgesynth_gui.ui.labels import plain_label
from lgesynth_gui.ui.sketch.film_head import FilmHead
from lgesynth_gui.ui.sketch.film_tile import Cell, Index, Tile, group_words, small_height, words

__all__ = ["Filmstrip", "words"]

SCROLL_PX = 14
ALT, NONE = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.NoModifier


class _Model(QAbstractListModel):
    """The shown variations, each group after its caption."""

    def __init__(self, variations: Variations, session: Session) -> None:
        super().__init__()
        self._variations, self._session = variations, session
        self.cells: tuple[Cell, ...] = ()

    def refresh(self) -> None:
        """Take over what is shown now, without losing the selection for a mere change."""
        fresh: list[Cell] = []
        for number, members in groupby(self._variations.shown(), key=lambda v: v.group):
            fresh += [self._variations.groups[number], *members]
        same = [_key(cell) for cell in fresh] == [_key(cell) for cell in self.cells]
        if same:
            self.cells = tuple(fresh)
            if fresh:
                self.dataChanged.emit(self.index(0), self.index(len(fresh) - 1))
        else:
            self.beginResetModel()
            self.cells = tuple(fresh)
            self.endResetModel()

    def row_of(self, number: int | None) -> int:
        """The row of a variation, or -1."""
        rows = enumerate(self.cells)
        return next((i for i, c in rows if isinstance(c, Variation) and c.number == number), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Number of cells."""
        return 0 if parent.isValid() else len(self.cells)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Captions cannot be selected."""
        if isinstance(self.cells[index.row()], Group):
            return Qt.ItemFlag.NoItemFlags
        return super().flags(index)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The cell itself for the delegate; words for screen readers and tooltips."""
        cell = self.cells[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return cell
        if role not in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return None
        if isinstance(cell, Group):
            return f"{cell.caption}: {group_words(cell, self._variations, self._session)}"
        said = words(cell, self._session)
        if cell.number in self._session.state.starred:
            said += ", starred"
        return ", ".join((said, *self._variations.tags(cell)))


def _key(cell: Cell) -> tuple[str, int]:
    return type(cell).__name__, cell.number


class _Strip(QListView):
    """A list that leaves letter keys to the window."""

    moved = Signal(int)  # Alt + arrow: earlier (-1) or later (+1)
    menu_wanted = Signal(object)  # global place

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go along, with Alt they move what waits; the rest belongs to the window."""
        arrows = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        key = Qt.Key(event.key())
        if key in arrows and event.modifiers() & ALT:
            self.moved.emit(arrows[key])
        elif key in arrows or key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            super().keyPressEvent(event)
        else:
            event.ignore()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The menu of the tile under the mouse, or of the current one."""
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            index = self.indexAt(event.pos())
            if index.isValid():
                self.setCurrentIndex(index)
            self.menu_wanted.emit(event.globalPos())
        else:
            corner = self.visualRect(self.currentIndex()).bottomLeft()
            self.menu_wanted.emit(self.viewport().mapToGlobal(corner))


class Filmstrip(QWidget):
    """Shows the variations; a click previews one. `head` belongs in the dock's title bar."""

    apply_wanted = Signal()
    said = Signal(str)

    def __init__(
        self, session: Session, view: View, variations: Variations, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._view, self._variations, self._session = view, variations, session
        self._model = _Model(variations, session)
        self.head = FilmHead(variations, self)
        self.head.hide()
        self.list = _Strip()
        self.list.setObjectName("filmstrip")
        self.list.setAccessibleName("Variations")
        self.list.setToolTip("A click previews, a double click applies; right click for more")
        self.list.setAccessibleDescription(
            "Arrows go along and preview, Alt with arrows moves what waits, the menu key has more."
        )
        self.list.setProperty("surface", "well")
        self.list.setFlow(QListView.Flow.LeftToRight)
        self.list.setWrapping(False)
        self.list.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setModel(self._model)
        self._tile = Tile(session, view, variations, self.list)
        self._tile.seed_clicked.connect(self.copy_seed)
        self.list.setItemDelegate(self._tile)
        self._empty: QLabel = plain_label("Variations appear here after Generate.", role="muted")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.list)
        self.list.selectionModel().currentChanged.connect(self._on_current)
        self.list.clicked.connect(self._preview)
        self.list.doubleClicked.connect(lambda _: self.apply_wanted.emit())
        self.list.moved.connect(self._move)
        self.list.menu_wanted.connect(self._open_menu)
        variations.changed.connect(self.refresh)
        variations.progressed.connect(lambda *_: self.refresh())
        session.changed.connect(lambda _: self.refresh())
        view.changed.connect(self._on_look)

    def sizeHint(self) -> QSize:
        """One row of tiles and a scroll bar."""
        return QSize(600, small_height(self) + SCROLL_PX)

    def minimumSizeHint(self) -> QSize:
        """Never less than a row."""
        return QSize(120, small_height(self))

    def refresh(self) -> None:
        """Take over what is shown now; the previewed one stays the current one."""
        self._model.refresh()
        filtered = bool(self._variations.visible()) and not self._model.cells
        text = "No variation here fits the filter." if filtered else ""
        self._empty.setText(text or "Variations appear here after Generate.")
        self._stack.setCurrentIndex(1 if self._model.cells else 0)
        self.list.scheduleDelayedItemsLayout()  # a finished tile needs more room than a waiting one
        self._follow()

    def _follow(self) -> None:
        """Keep the previewed tile in sight and current, wherever the preview came from."""
        row = self._model.row_of(self._view.look.preview)
        if row >= 0 and self.list.currentIndex().row() != row:
            self.list.setCurrentIndex(self._model.index(row))
            self.list.scrollTo(self._model.index(row))

    def _on_look(self, names: frozenset[str]) -> None:
        if "preview" in names:
            self._follow()
        if names & {"preview", "slice_index", "window", "level"}:
            self.list.viewport().update()

    def _at(self, index: QModelIndex) -> Variation | None:
        cell = self._model.cells[index.row()] if index.isValid() else None
        return cell if isinstance(cell, Variation) else None

    def _preview(self, index: QModelIndex) -> None:
        one = self._at(index)
        if one is not None and one.result is not None:
            self._view.set(preview=one.number)

    def _on_current(self, index: QModelIndex, _: QModelIndex) -> None:
        if index.isValid() and self.list.hasFocus():
            self._preview(index)

    def _move(self, by: int) -> None:
        one = self._at(self.list.currentIndex())
        if one is not None:
            self._variations.queue.move(one.number, by)

    def copy_seed(self, seed: int) -> None:
        """Put a seed on the clipboard."""
        QGuiApplication.clipboard().setText(str(seed))
        self.said.emit(f"Seed {seed} copied.")

    # -- the menu of a tile

    def _open_menu(self, place: QPoint) -> None:
        one = self._at(self.list.currentIndex())
        if one is not None:
            self.menu_of(one).popup(place)

    def menu_of(self, one: Variation) -> QMenu:
        """What can be done with a variation, as a menu that goes when it is closed."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, run in self._choices(one):
            menu.addAction(text).triggered.connect(partial(_run, run))
        return menu

    def _choices(self, one: Variation) -> list[tuple[str, Callable[[], object]]]:
        number, seed, made = one.number, one.request.seed, self._variations
        choices: list[tuple[str, Callable[[], object]]] = []
        if one.stage is Stage.QUEUED and number in made.queue.order:
            far = len(made.queue.order)
            choices += [
                ("Run next", partial(made.queue.move, number, -far)),
                ("Earlier (Alt+Left)", partial(made.queue.move, number, -1)),
                ("Later (Alt+Right)", partial(made.queue.move, number, 1)),
            ]
        if one.stage not in ENDED:
            choices.append(("Cancel", partial(made.cancel, number)))
        if one.stage is Stage.FAILED:
            choices.append(("Retry", partial(made.retry, number)))
        if one.result is not None and not one.draft:
            choices.append(("Apply", lambda: self._say(made.apply(number) or "Applied.")))
            star = "Take the star away" if number in self._session.state.starred else "Star"
            choices.append((star, partial(made.star, number)))
        choices += [
            (f"Copy seed {seed}", partial(self.copy_seed, seed)),
            ("Use its settings", lambda: self._say(made.take_settings(number, seed=False))),
            ("Use its settings and seed", lambda: self._say(made.take_settings(number))),
        ]
        if one.stage in ENDED:
            discard = "Discard" if one.draft else "Discard (undo brings it back)"
            choices.append((discard, partial(made.discard, number)))
        return choices

    def _say(self, text: str) -> None:
        self.said.emit(text)


def _run(run: Callable[[], object], _: bool = False) -> None:
    run()
