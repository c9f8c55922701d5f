"""What the Qt binding itself must not do wrong."""

import sys

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen

CALLS = 500


def test_that_drawing_loses_no_references_to_none(qapp):
    """A binding that does kills the process after some thousand calls (PySide6 6.12.0 did)."""
    image = QImage(20, 20, QImage.Format.Format_ARGB32)
    painter, path, pen = QPainter(image), QPainterPath(QPointF(1, 1)), QPen(QColor("red"))
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        painter.setPen(pen)
        painter.drawRect(QRectF(1, 1, 5, 5))
        path.lineTo(QPointF(2, 2))
        painter.drawPath(path)
        qapp.processEvents()
    painter.end()
    assert abs(sys.getrefcount(None) - before) < CALLS / 10
