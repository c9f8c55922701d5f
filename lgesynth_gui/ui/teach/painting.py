"""Paints a slide, on the stage and on the page that is copied: image, key, badge, scale bar."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen
from PySide6.QtGui import QTransform as Transform

from lgesynth_gui.app.teach import Example, Slide, badge_of
from lgesynth_gui.core.contours import Point
from lgesynth_gui.ui.canvas.bicubic import enlarged
from lgesynth_gui.ui.canvas.drawing import Sheet, draw, scale_bar
from lgesynth_gui.ui.canvas.picture import Line, PanePicture
from lgesynth_gui.ui.theme import data_colour

HEART_SHARE = 0.65  # of the shorter side
HALO_PX = 2.6
BAR_SHARE = 0.2  # of the width, at most


@dataclass(frozen=True)
class Scene:
    """What is painted.

    Args:
        example: The heart.
        index: Of its slides.
        key: With contours, scar and segments.
        original: The host instead of the sample.
    """

    example: Example
    index: int
    key: bool = False
    original: bool = False

    @property
    def slide(self) -> Slide:
        """The slide on show."""
        return self.example.slides[self.index]

    @property
    def badge(self) -> str:
        """What the picture is."""
        return badge_of(self.example, self.slide, original=self.original)

    @property
    def generated(self) -> bool:
        """Whether a shown pixel was generated or computed."""
        return not self.badge.startswith("ORIGINAL")


def paint_scene(painter: QPainter, area: QRectF, scene: Scene, font: QFont) -> None:
    """Fill an area with a slide; the heart takes two thirds of its shorter side.

    Args:
        painter: Anything that can be painted on.
        area: In its pixels.
        scene: What.
        font: Of the texts.
    """
    painter.save()
    painter.setClipRect(area)
    painter.fillRect(area, data_colour("canvas"))
    painter.setRenderHints(
        QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
    )
    zoom = zoom_of(area, scene.example)
    painter.translate(area.topLeft())
    _image(painter, area, scene, zoom)
    sheet = Sheet(
        width=area.width(),
        height=area.height(),
        left=0.0,
        right=area.width(),
        zoom=zoom,
        font=font,
        to_screen=partial(to_screen, area, scene.example, zoom),
    )
    if scene.key:
        slide = scene.slide
        lines = tuple(Line(s.kind, s.points, s.closed, s.dashed) for s in slide.strokes)
        draw(painter, PanePicture(lines=lines, marks=slide.marks), sheet)
    _texts(painter, scene, sheet)
    painter.restore()


def zoom_of(area: QRectF, example: Example) -> float:
    """Pixels a millimetre, the same for all slides of an example."""
    reach = max(slide.reach_mm for slide in example.slides)
    return HEART_SHARE * min(area.width(), area.height()) / (2 * max(reach, 1.0))


def to_screen(area: QRectF, example: Example, zoom: float, point: Point) -> QPointF:
    """Pixels from the area's corner of a plane point."""
    x, y = example.turn.to_display(*point)
    cx, cy = example.turn.to_display(*example.slides[example.first].middle)
    return QPointF((x - cx) * zoom + area.width() / 2, (y - cy) * zoom + area.height() / 2)


def _image(painter: QPainter, area: QRectF, scene: Scene, zoom: float) -> None:
    example = scene.example
    picture = _grey(example, scene.index, scene.original)
    finer = picture.width() / scene.slide.pixels.shape[1]
    xx, xy, yx, yy = example.turn.matrix
    cx, cy = example.turn.to_display(*example.slides[example.first].middle)
    place = Transform()
    place.translate(area.width() / 2 - cx * zoom, area.height() / 2 - cy * zoom)
    place.scale(zoom, zoom)
    place = Transform(xx, yx, xy, yy, 0, 0) * place
    rows, columns = example.spacing
    place = Transform.fromScale(columns, rows) * place
    place = Transform.fromTranslate(-0.5, -0.5) * place  # pixel centres lie on whole numbers
    place = Transform.fromScale(1 / finer, 1 / finer) * place
    painter.save()
    painter.setTransform(place, combine=True)
    painter.drawImage(QPointF(0, 0), picture)
    painter.restore()


@lru_cache(maxsize=32)  # a whole strip
def _grey(example: Example, index: int, original: bool) -> QImage:
    """A slide in its grey window, enlarged."""
    slide = example.slides[index]
    values = enlarged(slide.original if original else slide.pixels)
    low = example.level - example.window / 2
    shares = np.clip((values - low) / max(example.window, 1e-6), 0, 1)
    grey = np.ascontiguousarray(np.rint(255 * shares).astype(np.uint8))
    rows, columns = grey.shape
    image = QImage(grey.data, columns, rows, columns, QImage.Format.Format_Grayscale8)
    return image.copy()  # the array goes, the image stays


def _texts(painter: QPainter, scene: Scene, sheet: Sheet) -> None:
    """Badge, scale bar and orientation letters: nothing else stands on a picture."""
    bold, plain = sheet.scaled(1.0, bold=True), sheet.scaled(0.9)
    size = QFontMetricsF(bold)
    margin = 0.7 * size.height()
    top, bottom = margin + size.ascent(), sheet.height - margin
    colour = data_colour("synthetic" if scene.generated else "well_text")
    _outlined(painter, QPointF(margin, top), scene.badge, bold, colour)
    ink = data_colour("well_text")
    length = scale_bar(BAR_SHARE * sheet.width / sheet.zoom)
    x1 = sheet.width - margin
    x0 = x1 - length * sheet.zoom
    for pen in (QPen(data_colour("halo"), 5.0), QPen(ink, 2.4)):
        painter.setPen(pen)
        painter.drawLine(QPointF(x0, bottom), QPointF(x1, bottom))
    label = f"{length:g} mm"
    wide = QFontMetricsF(plain).horizontalAdvance(label)
    _outlined(painter, QPointF(x1 - wide, bottom - 0.4 * size.height()), label, plain, ink)
    letters = scene.example.letters
    x, y = sheet.width / 2, sheet.height / 2 + size.ascent() / 2
    below = size.horizontalAdvance(scene.badge) + 2 * margin > x - size.horizontalAdvance("SLA")
    for text, place in (
        (letters.left, QPointF(margin, y)),
        (letters.right, QPointF(x1 - size.horizontalAdvance(letters.right), y)),
        (
            letters.top,
            QPointF(x - size.horizontalAdvance(letters.top) / 2, top + below * size.height()),
        ),
        (letters.bottom, QPointF(x - size.horizontalAdvance(letters.bottom) / 2, bottom)),
    ):
        if text:
            _outlined(painter, place, text, bold, ink)


def _outlined(painter: QPainter, where: QPointF, text: str, font: QFont, colour: QColor) -> None:
    path = QPainterPath()
    path.addText(where, font, text)
    halo = QPen(data_colour("halo"), HALO_PX)
    halo.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.strokePath(path, halo)
    painter.fillPath(path, colour)
