"""The left dock: series to choose from, slices to go to, contours to accept."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.contour_edits import ring_word
from lgesynth_gui.app.look import View
from lgesynth_gui.app.orientation import Turn, display_turn, turned
from lgesynth_gui.app.services import SeriesRow
from lgesynth_gui.app.session import Session, State
from lgesynth_gui.app.understood import is_imported
from lgesynth_gui.core.arrays import Array
from lgesynth_gui.ui.contour_box import ContourBox
from lgesynth_gui.ui.keymap import worded
from lgesynth_gui.ui.labels import plain_label, plain_tip, set_role
from lgesynth_gui.ui.sketch.film_tile import grey_image, heart_crop

THUMB = QSize(48, 48)
SLICES_TIP = "Slices from base to apex: ● scar drawn, ✓ contours accepted, ◌ proposed"


class _List(QListWidget):
    """A list that leaves letters, digits and Enter to the window."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Only the keys that move within the list."""
        moves = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End)
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if event.key() in moves and plain:
            super().keyPressEvent(event)
        else:
            event.ignore()


class StudyPanel(QWidget):
    """Series and slices of what is open."""

    series_chosen = Signal(int)
    propose_wanted = Signal()
    open_wanted = Signal()
    understood_wanted = Signal()
    said = Signal(str)

    def __init__(self, session: Session, view: View, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._view = session, view
        self._pictured: dict[int, tuple[object, ...]] = {}
        self._narrow = False
        self._rows: tuple[SeriesRow, ...] = ()
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 8)
        column.setSpacing(5)
        self.empty = plain_label("Drop a DICOM folder or a .nii.gz file anywhere.", role="muted")
        self.empty.setWordWrap(True)
        self.open = QPushButton("Open…")
        self.open.setToolTip(worded("Open a DICOM folder ({open_folder})"))
        self.open.clicked.connect(self.open_wanted)
        self.series_title = plain_label("Series", role="heading")
        self.series = self._make_list("seriesList", "Series")
        self.series.itemActivated.connect(lambda item: self._choose(item))
        self.series.itemClicked.connect(lambda item: self._choose(item))
        self.slices_title = plain_label("Slices", role="heading")
        self.series.setToolTip(worded("A click or Enter opens one ({series_up}, {series_down})"))
        self.slices = self._make_list("sliceList", "Slices")
        self.slices.setToolTip(SLICES_TIP)
        self.slices.currentRowChanged.connect(self._on_slice)
        self.slices.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.slices.customContextMenuRequested.connect(self._on_menu)
        self.reason = plain_label(role="muted")
        self.reason.setObjectName("reason")
        self.reason.setWordWrap(True)
        self.more = QPushButton()
        self.more.setObjectName("understood")
        self.more.setProperty("compact", True)
        self.more.clicked.connect(self.understood_wanted)
        self.warning = plain_label(role="warning")
        self.warning.setWordWrap(True)
        self.contours = plain_label(role="muted")
        self.contours.setWordWrap(True)
        self.box = ContourBox(session, view)
        self.propose, self.accept = self.box.propose, self.box.accept
        self.box.propose_wanted.connect(self.propose_wanted)
        self.box.said.connect(self.said)
        for widget in (self.empty, self.open, self.series_title, self.series, self.slices_title):
            column.addWidget(widget)
        column.addWidget(self.slices, 1)
        column.addWidget(self._texts())
        column.addWidget(self.box)
        column.addStretch(0)
        session.changed.connect(self._on_changed)
        view.changed.connect(self._on_look)
        self.show_series(())
        self.refresh()

    def set_narrow(self, narrow: bool) -> None:
        """In a narrow window only warnings are kept below the slices."""
        self._narrow = narrow
        self.refresh()

    def _texts(self) -> QScrollArea:
        """What was understood; long warnings scroll, so that the slices keep their room."""
        inner = self._inner = QWidget()
        inner.setProperty("surface", "panel")
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        for widget in (self.reason, self.more, self.warning, self.contours):
            column.addWidget(widget)
        column.addStretch(1)
        self._about = QScrollArea()
        self._about.setWidgetResizable(True)
        self._about.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._about.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._about.setWidget(inner)
        return self._about

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The texts take what they need, a third of the panel at most."""
        super().resizeEvent(event)
        self._fit_texts()

    def _fit_texts(self) -> None:
        need = self._inner.heightForWidth(self._about.viewport().width())
        self._about.setFixedHeight(min(max(need, 0), self.height() // 3))
        self._about.setVisible(need > 0)

    def _make_list(self, name: str, words: str) -> QListWidget:
        made = _List()
        made.setObjectName(name)
        made.setAccessibleName(words)
        made.setIconSize(THUMB)
        made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        made.setTextElideMode(Qt.TextElideMode.ElideRight)
        return made

    def show_series(self, rows: Sequence[SeriesRow], chosen: int = -1) -> None:
        """List the series that were found; hidden while there is only one."""
        self._rows = tuple(rows)
        with QSignalBlocker(self.series):
            self.series.clear()
            for row in rows:
                item = QListWidgetItem(f"{row.title}\n{row.reason}")
                item.setToolTip(plain_tip(f"{row.title}\n{row.reason}"))
                if row.thumbnail is not None:
                    item.setIcon(_icon(row.thumbnail, 1.0, 0.5))
                if not row.usable:
                    item.setFlags(Qt.ItemFlag.NoItemFlags)
                self.series.addItem(item)
        self._mark_series(chosen)
        several = len(rows) > 1
        self.series_title.setVisible(several)
        self.series.setVisible(several)
        self.series.setMaximumHeight((THUMB.height() + 6) * min(len(rows), 3) + 8)

    def _mark_series(self, chosen: int) -> None:
        """Select a series and say why it was taken, or why it looks wrong."""
        with QSignalBlocker(self.series):
            self.series.setCurrentRow(chosen)
        row = self._rows[chosen] if 0 <= chosen < len(self._rows) else None
        self.reason.setText(row.reason if row is not None else "")
        set_role(self.reason, "warning" if row is not None and row.score < 0 else "muted")

    def _choose(self, item: QListWidgetItem) -> None:
        self.open_series(self.series.row(item))

    def open_series(self, row: int) -> None:
        """Open one of the list."""
        self._mark_series(row)
        self.series_chosen.emit(row)

    def step_series(self, by: int) -> None:
        """Open the next (+1) or the former (-1) series of the list that can be used."""
        row = self.series.currentRow() + by
        while 0 <= row < len(self._rows):
            if self._rows[row].usable:
                self.open_series(row)
                return
            row += by

    def _on_menu(self, place: QPoint) -> None:
        item = self.slices.itemAt(place)
        if item is not None:
            menu = self.box.ring_menu(self.slices.row(item))
            menu.popup(self.slices.viewport().mapToGlobal(place))

    def _on_slice(self, row: int) -> None:
        if row >= 0:
            self._view.set(slice_index=row)

    def _on_changed(self, field: str) -> None:
        if field in ("series", "contours", "sketch", "confirmed"):
            self.refresh()

    def _on_look(self, names: frozenset[str]) -> None:
        if "slice_index" in names:
            with QSignalBlocker(self.slices):
                self.slices.setCurrentRow(self._view.look.slice_index)
            self._show_contours()
        if names & {"window", "level", "upright"} and self.slices.count():
            self._thumbnails()

    def refresh(self) -> None:
        """Show the state as it is now."""
        state = self._session.state
        series = state.series
        self.empty.setVisible(series is None)
        self.open.setVisible(series is None)
        for widget in (self.slices_title, self.slices):
            widget.setVisible(series is not None)
        for below in (self.more, self.contours):
            below.setVisible(series is not None and not self._narrow)
        self.reason.setVisible(bool(self.reason.text()) and not self._narrow)
        self.warning.setVisible(series is not None and bool(series.notes))
        if series is None:
            self.slices.clear()
            return
        with QSignalBlocker(self.slices):
            if self.slices.count() != series.shape[0]:
                self.slices.clear()
                self._pictured = {}
                for _ in range(series.shape[0]):
                    self.slices.addItem(QListWidgetItem())
            drawn = set(state.sketch.slices())
            for i in range(series.shape[0]):
                item, (text, words) = self.slices.item(i), slice_words(state, i, i in drawn)
                if item.text() != text:
                    item.setText(text)
                    item.setData(Qt.ItemDataRole.AccessibleTextRole, words)
                    item.setToolTip(plain_tip(f"{words}. Right click: ring of this slice"))
            self.slices.setCurrentRow(self._view.look.slice_index)
        self._thumbnails()
        asks = is_imported(state) and not state.confirmed
        self.more.setText("Look and confirm…" if asks else "What was understood…")
        self.more.setToolTip(worded("Spacing, order, orientation, signal ({understood})"))
        self.warning.setText("\n".join(series.notes))
        self._show_contours()

    def _thumbnails(self) -> None:
        state, look = self._session.state, self._view.look
        series = state.series
        if series is None:
            return
        turn = display_turn(state.contours, series.geometry) if look.upright else Turn()
        greys = (id(series), round(look.window, 3), round(look.level, 3), turn)
        with QSignalBlocker(self.slices):
            for i in range(min(series.shape[0], self.slices.count())):
                crop = heart_crop(state.contours.slices[i], series.pixels[i], series.spacing[1:])
                key = (*greys, crop.__array_interface__["data"][0], crop.shape)
                if self._pictured.get(i) != key:  # a vertex that moves changes few pictures
                    self._pictured[i] = key
                    self.slices.item(i).setIcon(_icon(turned(crop, turn), look.window, look.level))

    def _show_contours(self) -> None:
        state = self._session.state
        if state.series is None:
            return
        index = self._view.look.slice_index
        one = state.contours.slices[index]
        if one is None:
            text = "No heart contours on this slice. Propose, or draw (Alt+3, Alt+2)."
        elif not one.accepted:
            text = "Contours proposed (dashed): look, then accept."
        else:
            text = "Contours accepted."
        self.contours.setText(text)
        self._fit_texts()


def slice_words(state: State, index: int, drawn: bool) -> tuple[str, str]:
    """(what stands beside the picture of a slice, the same in whole words)."""
    one = state.contours.slices[index]
    ring = ring_word(state.contours, index)
    marks = ("●" if drawn else "") + ("" if one is None else " ✓" if one.accepted else " ◌")
    words = [f"Slice {index + 1}", ring or "no contours"]
    words += ["scar drawn"] if drawn else []
    if one is not None:
        words.append("contours accepted" if one.accepted else "contours proposed")
    return f"{index + 1}  {marks}".rstrip() + f"\n{ring or '–'}", ", ".join(words)


def _icon(pixels: Array, window: float, level: float) -> QIcon:
    image = grey_image(pixels, window, level).scaled(
        THUMB * 2,
        Qt.AspectRatioMode.KeepAspectRatioByExpanding,
        Qt.TransformationMode.SmoothTransformation,
    )
    picture, icon = QPixmap.fromImage(image), QIcon()
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):  # the same: no tint when selected
        icon.addPixmap(picture, mode)
    return icon
