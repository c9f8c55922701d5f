"""Paints one cell of the filmstrip: a variation with its words, or the caption of a group."""

from __future__ import annotations

import textwrap
from collections import OrderedDict

import numpy as np
from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from lgesynth_gui.app import tries
from lgesynth_gui.app.look import View
from lgesynth_gui.app.pace import time_words
from lgesynth_gui.app.phases import Phase, phase_of, phase_words
from lgesynth_gui.app.plan import counted
from lgesynth_gui.app.session import Session
from lgesynth_gui.app.variation import Group, Stage, Variation
from lgesynth_gui.app.variations import Variations
from lgesynth_gui.app.verdicts import effective_grade, healing_words
from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.contours import SliceContours
from lgesynth_gui.core.verdict import cut
from lgesynth_gui.ui.theme import data_colour, grade_colour

THUMB_PX = 64  # at 100 %
GAP_PX = 6
LINES = 4
WRAP = 20  # letters a line of a failure
KEPT_PICTURES = 200

Index = QModelIndex | QPersistentModelIndex
Cell = Variation | Group
Row = tuple[str, QColor]


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


def words(one: Variation, session: Session) -> str:
    """A variation in one line."""
    seed = f"seed {one.request.seed}"
    if one.result is not None and one.draft:
        return f"{seed}, draft, not judged"
    if one.result is not None:
        grade = effective_grade(one.result, session.state)
        verdict = one.result.verdict
        return f"{seed}, {grade.value}, {healing_words(verdict) or f'Dice {cut(verdict.dice)}'}"
    if one.progress is not None and one.stage is Stage.RUNNING:
        return f"{seed}, {phase_words(one.progress, one.request.steps)}"
    return f"{seed}, {one.message or one.stage.value}"


def group_words(group: Group, variations: Variations, session: Session) -> str:
    """How much a group holds and what it took: "4 images · 25 s"."""
    if group.kind == "draft":
        return "draft"
    of = [v for v in variations.all if v.group == group.number]
    made = variations.tries_in(group.number)
    if group.kind == "tries":
        device = variations.computes_on()
        limits = tries.limits_of(session.state.settings, device)
        running = any(v in of for v in variations.waiting())
        parts = [tries.try_words(made, limits, running=running)]
    else:
        parts = [counted(len(of), "image")]
    if group.took_s:
        parts.append(time_words(group.took_s))
    return " · ".join(parts)


class Tile(QStyledItemDelegate):
    """Paints variations and groups; a click on a seed asks to copy it."""

    seed_clicked = Signal(int)

    def __init__(
        self, session: Session, view: View, variations: Variations, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._session, self._view, self._variations = session, view, variations
        self._pictures: OrderedDict[tuple[object, ...], QImage] = OrderedDict()

    # -- sizes

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """As wide as the words need: nothing is ever cut off."""
        cell = index.data(Qt.ItemDataRole.UserRole)
        font = _small(option.font)
        tall = tile_height(font)
        if isinstance(cell, Group):
            return QSize(self._caption_width(cell, font, tall) + 2 * GAP_PX, tall)
        metrics = QFontMetrics(font)
        texts = [text for text, _ in self._rows(cell)]
        if cell.stage in (Stage.RUNNING, Stage.CANCELLING, Stage.QUEUED):
            texts.append(Phase.LOAD.value)  # room for every phase, so that nothing jumps
        wide = max(metrics.horizontalAdvance(text) for text in texts)
        return QSize(tall + wide + 2 * GAP_PX + 6, tall)

    def _caption_width(self, group: Group, font: QFont, tall: int) -> int:
        metrics = QFontMetrics(font)
        below = metrics.horizontalAdvance(group_words(group, self._variations, self._session))
        room = tall - metrics.height() - 6
        for wide in range(max(60, below), 1200, 20):
            box = metrics.boundingRect(QRect(0, 0, wide, 9999), _WRAP_FLAGS, group.caption)
            if box.height() <= room and box.width() <= wide:
                return wide
        return 1200

    # -- painting

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Picture at the left; seed, glyph with Dice, co-judge and tags at the right."""
        cell = index.data(Qt.ItemDataRole.UserRole)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setFont(_small(option.font))
        if isinstance(cell, Group):
            self._paint_group(painter, option.rect, cell)
        else:
            self._paint_variation(painter, option, cell)
        painter.restore()

    def _paint_group(self, painter: QPainter, rect: QRect, group: Group) -> None:
        painter.setPen(data_colour("well_line"))
        painter.drawLine(rect.left(), rect.top() + 3, rect.left(), rect.bottom() - 3)
        inside = rect.adjusted(GAP_PX, 3, -2, -3)
        painter.setPen(data_colour("well_text"))
        painter.drawText(inside, _WRAP_FLAGS, group.caption)
        painter.setPen(data_colour("well_muted"))
        below = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft
        painter.drawText(inside, below, group_words(group, self._variations, self._session))

    def _paint_variation(
        self, painter: QPainter, option: QStyleOptionViewItem, one: Variation
    ) -> None:
        rect = option.rect.adjusted(2, 2, -2, -2)
        previewed = self._view.look.preview == one.number
        applied = one.result is not None and one.result is self._session.state.applied
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
        thumb = _thumb(rect, tile_height(painter.font()))
        image = self._picture(one, thumb.width())
        if image is not None:
            painter.drawImage(thumb, image)
        else:
            painter.fillRect(thumb, data_colour("canvas"))
        metrics = painter.fontMetrics()
        x, y = thumb.right() + GAP_PX, rect.top() + 2 + metrics.ascent()
        for text, colour in self._rows(one):
            painter.setPen(colour)
            painter.drawText(x, y, text)
            y += metrics.height()

    def _rows(self, one: Variation) -> list[Row]:
        """The words beside a picture, at most `LINES` of them."""
        state = self._session.state
        muted, text = data_colour("well_muted"), data_colour("well_text")
        star = "★ " if one.number in state.starred else ""
        rows: list[Row] = [(f"{star}{one.request.seed}", text)]
        tags = self._variations.tags(one)
        if one.result is not None:
            if not one.draft:
                grade, verdict = effective_grade(one.result, state), one.result.verdict
                healing = healing_words(verdict)
                mark = healing.replace("is left", "left") or cut(verdict.dice)
                rows.append((f"{grade.glyph} {mark}", grade_colour(grade)))
                if verdict.co_judge_dice is not None and not healing:
                    rows.append((f"n-SD {cut(verdict.co_judge_dice)}", muted))
            if one.result is state.applied:
                tags = ("applied", *tags)
        elif one.stage is Stage.FAILED:
            said = one.message.partition(". ")[0]
            rows += [(line, grade_colour_failed()) for line in textwrap.wrap(said, WRAP)]
            return rows[:LINES]
        elif one.stage is Stage.RUNNING and one.progress is not None:
            rows += [(line, text) for line in _phase(one)]
        else:
            rows.append((one.stage.value, muted))
        room = LINES - len(rows)
        if tags and room > 0:
            lines = (*tags[: room - 1], ", ".join(tags[room - 1 :]))
            rows += [(line, muted) for line in lines if line]
        return rows

    def _picture(self, one: Variation, side: int) -> QImage | None:
        look = self._view.look
        if one.result is None:
            preview = one.progress.preview if one.progress is not None else None
            if isinstance(preview, np.ndarray) and preview.ndim == 2:
                return grey_image(preview, 1.0, 0.5)
            return None
        slices = one.result.slices
        index = look.slice_index if look.slice_index in slices else slices[len(slices) // 2]
        key = (one.number, one.result.pixels_sha256, index, look.window, look.level, side)
        if key not in self._pictures:
            series = self._session.state.series
            spacing = series.spacing[1:] if series is not None else (1.0, 1.0)
            outlined = one.request.contours.slices[index]
            crop = heart_crop(outlined, one.result.pixels[index], spacing)
            self._pictures[key] = grey_image(crop, look.window, look.level).scaled(
                side * 2,
                side * 2,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            while len(self._pictures) > KEPT_PICTURES:
                self._pictures.popitem(last=False)
        return self._pictures[key]

    # -- the seed

    def seed_rect(self, option: QStyleOptionViewItem, one: Variation) -> QRect:
        """Where the seed is printed in a tile."""
        font = _small(option.font)
        metrics = QFontMetrics(font)
        thumb = _thumb(option.rect.adjusted(2, 2, -2, -2), tile_height(font))
        text = self._rows(one)[0][0]
        wide = metrics.horizontalAdvance(text)
        return QRect(thumb.right() + GAP_PX, option.rect.top() + 2, wide, metrics.height() + 2)

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: Index,
    ) -> bool:
        """A left click on the seed asks to copy it; the click selects the tile as any other."""
        one = index.data(Qt.ItemDataRole.UserRole)
        if (
            isinstance(one, Variation)
            and isinstance(event, QMouseEvent)
            and event.type() == QEvent.Type.MouseButtonRelease
            and event.button() == Qt.MouseButton.LeftButton
            and self.seed_rect(option, one).contains(event.position().toPoint())
        ):
            self.seed_clicked.emit(one.request.seed)
        return False


_WRAP_FLAGS = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop)


def grade_colour_failed() -> QColor:
    """The colour of what went wrong; the word stands beside it."""
    return data_colour("fail")


def tile_height(font: QFont) -> int:
    """Height of a tile: a picture, or four lines of words."""
    return max(THUMB_PX, LINES * QFontMetrics(font).height()) + 10


def small_height(widget: QWidget) -> int:
    """`tile_height` at the text size of a widget."""
    return tile_height(_small(widget.font()))


def _small(font: QFont) -> QFont:
    made = QFont(font)
    made.setPointSizeF(font.pointSizeF() * 0.9)
    return made


def _thumb(rect: QRect, tall: int) -> QRect:
    """The picture's place: as large as `sizeHint` reckons, however high the strip makes a tile."""
    side = min(rect.height(), tall - 4) - 6
    return QRect(rect.left() + 3, rect.top() + 3, side, side)


def _phase(one: Variation) -> tuple[str, ...]:
    """A phase in one or two short lines."""
    step = one.progress
    assert step is not None
    if phase_of(step, one.request.steps) is Phase.DENOISE:
        return "denoise", f"{step.done} of {step.total}"
    return (phase_words(step, one.request.steps),)
