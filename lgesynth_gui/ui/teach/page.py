"""The picture for a slide of a talk: 1920 pixels wide, the badge drawn in, nothing personal."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QImage, QPainter

from lgesynth_gui.app.teach_said import Said
from lgesynth_gui.ui.sketch.bullseye import Bullseye
from lgesynth_gui.ui.teach.painting import Scene, paint_scene
from lgesynth_gui.ui.theme import data_colour

WIDTH, HEIGHT = 1920, 1080
PICTURE = 1300  # of the width
MARGIN = 36
TEXT_PX = 30
EYE = 480  # side of the bullseye
NOTICE = "Synthetic image, for research and teaching only; not for diagnosis."


def page_of(scene: Scene, said: Said, eye: Bullseye, font: QFont) -> QImage:
    """The page: the picture as it is on stage, beside it the words and, with the key, the bullseye.

    Args:
        scene: What is on stage.
        said: Its words.
        eye: Drawn as it is, with the key only.
        font: The program's; its size does not matter.
    """
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    image.fill(data_colour("well"))
    base = QFont(font)
    base.setPixelSize(TEXT_PX)
    points = QFont(font)  # the picture's texts are scaled in points
    points.setPointSizeF(TEXT_PX * 72 / image.logicalDpiY())
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_scene(painter, QRectF(0, 0, PICTURE, HEIGHT), scene, points)
    bottom = HEIGHT - MARGIN
    if scene.key:
        bottom -= EYE
        _draw_eye(painter, eye, bottom)
    _draw_words(painter, said, base, bottom)
    painter.end()
    image.setText("Synthetic", "YES")
    image.setText("Disclaimer", NOTICE)
    return image


def _draw_eye(painter: QPainter, eye: Bullseye, top: int) -> None:
    """The bullseye of the stage, scaled into its place."""
    room = WIDTH - PICTURE - 2 * MARGIN
    scale = min(room / max(eye.width(), 1), EYE / max(eye.height(), 1))
    painter.save()
    painter.translate(PICTURE + MARGIN + (room - scale * eye.width()) / 2, top)
    painter.scale(scale, scale)
    eye.render(painter, QPoint(0, 0))
    painter.restore()


def _draw_words(painter: QPainter, said: Said, font: QFont, bottom: int) -> None:
    left, wide, y = PICTURE + MARGIN, WIDTH - PICTURE - 2 * MARGIN, float(MARGIN)
    rows = [(said.head, 1.3, True, "well_text"), (said.number, 3.0, True, "well_text")]
    rows += [(line, 1.0, False, "well_text") for line in said.lines()]
    rows.append((NOTICE, 0.8, False, "well_muted"))
    for text, scale, bold, ink in rows:
        if not text:
            continue
        sized = QFont(font)
        sized.setPixelSize(round(TEXT_PX * scale))
        sized.setBold(bold)
        painter.setFont(sized)
        painter.setPen(data_colour(ink))
        flags = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop)
        room = QRect(left, round(y), wide, max(round(bottom - y), 1))
        painter.drawText(room, flags, text)
        taken = QFontMetricsF(sized).boundingRect(QRectF(room), flags, text)
        y += taken.height() + 0.5 * TEXT_PX
