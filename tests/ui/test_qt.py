"""What the Qt binding itself must not do wrong."""

import gc
import sys
import threading
import weakref

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


def test_that_no_worker_thread_ever_destroys_what_the_window_owns(qapp, qtbot):
    """A scene collected by a worker while the window paints it ends the process."""

    class Owned:
        pass

    destroyed_by = []

    def work():
        for _ in range(100 * gc.get_threshold()[0]):
            one = []
            one.append(one)  # garbage of its own, more than any threshold

    one = Owned()
    one.itself = one
    weakref.finalize(one, lambda: destroyed_by.append(threading.current_thread()))
    del one
    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    assert destroyed_by == []
    qtbot.waitUntil(lambda: destroyed_by == [threading.main_thread()], timeout=5000)
