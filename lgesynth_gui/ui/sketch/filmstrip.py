"""Variations in a row: picture, glyph, Dice and seed, painted by a delegate, never elided."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLabel,
    QListView,
    QStackedLayout,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from lgesynth_gui.app.look import View
from lgesynth_gui.app.session import Session
from lgesynth_gui.app.variations import Stage, Variation, Variations
from lgesynth_gui.app.verdicts import effective_grade
from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.contours import SliceContours
from lgesynth_gui.core.verdict import cut
from lgesynth_gui.ui.labels import plain_label
from lgesynth_gui.ui.theme import data_colour, grade_colour

THUMB_PX = 64
TILE_HEIGHT = THUMB_PX + 12
KEPT_PICTURES = 200

Index = QModelIndex | QPersistentModelIndex


def grey_image(pixels: Array, window: float, level: float) -> QImage:
    """A slice as an 8-bit grey picture at a window/level."""
    low = level - window / 2
    grey = np.clip((pixels.astype(np.float32) - low) * (255.0 / max(window, 1e-6)), 0, 255)
    grey8 = np.ascontiguousarray(grey.astype(np.uint8))
    rows, columns = grey8.shape
    return QImage(grey8.tobytes(), columns, rows, columns, QImage.Format.Format_Grayscale8).copy()


def heart_crop(one: SliceContours | None, pixels: Array, spacing: tuple[float, float]) -> Array:
    """The square around the epicardium of a slice; the whole slice without contours."""
    if one is None:
        return pixels
    xs = [p[0] / spacing[1] for p in one.epi]
    ys = [p[1] / spacing[0] for p in one.epi]
    half = int(max(max(xs) - min(xs), max(ys) - min(ys)) * 0.6) + 2
    r, c = int((max(ys) + min(ys)) / 2), int((max(xs) + min(xs)) / 2)
    return pixels[max(r - half, 0) : r + half, max(c - half, 0) : c + half]


class _Model(QAbstractListModel):
    """The visible variations."""

    def __init__(self, variations: Variations, session: Session, view: View) -> None:
        super().__init__()
        self._variations, self._session, self._view = variations, session, view
        self.rows: tuple[Variation, ...] = ()

    def refresh(self) -> None:
        """Take over what is visible now, without losing the selection for a mere change."""
        fresh = self._variations.visible()
        if len(fresh) == len(self.rows):
            self.rows = fresh
            if fresh:
                self.dataChanged.emit(self.index(0), self.index(len(fresh) - 1))
        else:
            self.beginResetModel()
            self.rows = fresh
            self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Number of variations."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Words for screen readers and tooltips; the delegate reads `rows`."""
        one = self.rows[index.row()]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return words(one, self._session)
        if role == Qt.ItemDataRole.ToolTipRole:
            return one.message or words(one, self._session)
        return None


def words(one: Variation, session: Session) -> str:
    """A variation in one line."""
    if one.result is not None:
        grade = effective_grade(one.result, session.state)
        return f"seed {one.request.seed}, {grade.value}, Dice {cut(one.result.verdict.dice)}"
    if one.progress is not None and one.stage is Stage.RUNNING:
        return (
            f"seed {one.request.seed}, {one.progress.note} {one.progress.done}/{one.progress.total}"
        )
    return f"seed {one.request.seed}, {one.stage.value}"


class _Tile(QStyledItemDelegate):
    """Paints one variation."""

    def __init__(self, session: Session, view: View, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._view = session, view
        self._pictures: OrderedDict[tuple[object, ...], QImage] = OrderedDict()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All tiles alike: a picture and the longest of the usual words."""
        wide = option.fontMetrics.horizontalAdvance("cancelling")
        return QSize(THUMB_PX + 22 + wide, max(TILE_HEIGHT, 4 * option.fontMetrics.height()))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Picture at the left; seed, glyph with Dice or the phase at the right."""
        model = index.model()
        assert isinstance(model, _Model)
        one = model.rows[index.row()]
        rect = option.rect.adjusted(3, 3, -3, -3)
        previewed = self._view.look.preview == one.number
        applied = one.result is not None and one.result is self._session.state.applied
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(rect, data_colour("well_raised" if previewed else "well"))
        if previewed or applied:
            pen = QPen(data_colour("synthetic"), 1.6)
            if previewed:
                pen.setDashPattern([4.0, 3.0])
            painter.setPen(pen)
            painter.drawRect(rect)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(option.palette.accent().color(), 2))
            painter.drawRect(rect.adjusted(2, 2, -2, -2))
        thumb = QRect(rect.left() + 3, rect.top() + 3, THUMB_PX, THUMB_PX)
        image = self._picture(one)
        if image is not None:
            painter.drawImage(thumb, image)
        else:
            painter.fillRect(thumb, data_colour("canvas"))
        self._texts(painter, one, thumb.right() + 8, rect, applied)
        painter.restore()

    def _texts(self, painter: QPainter, one: Variation, x: int, rect: QRect, applied: bool) -> None:
        font = QFont(painter.font())
        font.setPointSizeF(font.pointSizeF() * 0.9)
        painter.setFont(font)
        height = QFontMetrics(font).height()
        star = "★ " if one.number in self._session.state.starred else ""
        rows: list[tuple[str, QColor]] = [(f"{star}{one.request.seed}", data_colour("well_muted"))]
        if one.result is not None:
            grade = effective_grade(one.result, self._session.state)
            text = f"{grade.glyph} {cut(one.result.verdict.dice)}"
            rows.append((text, grade_colour(grade)))
            if applied:
                rows.append(("applied", data_colour("well_text")))
        elif one.stage is Stage.RUNNING and one.progress is not None:
            rows.append((f"{one.progress.done}/{one.progress.total}", data_colour("well_text")))
            rows.append((one.progress.note.split(",")[0], data_colour("well_muted")))
        else:
            rows.append((one.stage.value, data_colour("well_muted")))
        y = rect.top() + 6 + QFontMetrics(font).ascent()
        for text, colour in rows:
            painter.setPen(colour)
            words = QFontMetrics(font).elidedText(
                text, Qt.TextElideMode.ElideRight, rect.right() - x - 2
            )
            painter.drawText(x, y, words)
            y += height

    def _picture(self, one: Variation) -> QImage | None:
        look = self._view.look
        if one.result is None:
            preview = one.progress.preview if one.progress is not None else None
            if isinstance(preview, np.ndarray) and preview.ndim == 2:
                return grey_image(preview, 1.0, 0.5)
            return None
        slices = one.result.slices
        index = look.slice_index if look.slice_index in slices else slices[len(slices) // 2]
        key = (one.number, index, look.window, look.level)
        if key not in self._pictures:
            series = self._session.state.series
            spacing = series.spacing[1:] if series is not None else (1.0, 1.0)
            outlined = one.request.contours.slices[index]
            crop = heart_crop(outlined, one.result.pixels[index], spacing)
            self._pictures[key] = grey_image(crop, look.window, look.level).scaled(
                THUMB_PX * 2,
                THUMB_PX * 2,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            while len(self._pictures) > KEPT_PICTURES:
                self._pictures.popitem(last=False)
        return self._pictures[key]


class _Strip(QListView):
    """A list that leaves letter keys to the window."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move; letters, Enter and Delete belong to the window."""
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End):
            super().keyPressEvent(event)
        else:
            event.ignore()


class Filmstrip(QWidget):
    """Shows the variations; a click previews one."""

    apply_wanted = Signal()

    def __init__(
        self, session: Session, view: View, variations: Variations, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._view = view
        self._model = _Model(variations, session, view)
        self.list = _Strip()
        self.list.setObjectName("filmstrip")
        self.list.setAccessibleName("Variations")
        self.list.setProperty("surface", "well")
        self.list.setFlow(QListView.Flow.LeftToRight)
        self.list.setWrapping(False)
        self.list.setUniformItemSizes(True)
        self.list.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setModel(self._model)
        self.list.setItemDelegate(_Tile(session, view, self.list))
        self._empty: QLabel = plain_label("Variations appear here after Generate.", role="muted")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.list)
        self.list.selectionModel().currentChanged.connect(self._on_current)
        self.list.clicked.connect(self._preview)
        self.list.doubleClicked.connect(lambda _: self.apply_wanted.emit())
        variations.changed.connect(self.refresh)
        variations.progressed.connect(lambda *_: self.refresh())
        session.changed.connect(lambda _: self.refresh())
        view.changed.connect(self._on_look)

    def sizeHint(self) -> QSize:
        """One row of tiles and a scroll bar."""
        return QSize(600, max(TILE_HEIGHT, 4 * self.fontMetrics().height()) + 14)

    def refresh(self) -> None:
        """Take over what is visible now."""
        self._model.refresh()
        self._stack.setCurrentIndex(1 if self._model.rows else 0)

    def _on_look(self, names: frozenset[str]) -> None:
        if names & {"preview", "slice_index", "window", "level"}:
            self.list.viewport().update()

    def _preview(self, index: QModelIndex) -> None:
        one = self._model.rows[index.row()]
        if one.result is not None:
            self._view.set(preview=one.number)

    def _on_current(self, index: QModelIndex, _: QModelIndex) -> None:
        if index.isValid() and self.list.hasFocus():
            self._preview(index)
