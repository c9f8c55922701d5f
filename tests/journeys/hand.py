"""A hand that counts: clicks, drops and chords go to the real window, as the system sends them.

Events enter through the window's own handle, so they reach whatever lies under the mouse or has
the focus, not what a test wishes: a covered, hidden or scrolled-away control cannot be clicked.
"""

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.journeys.real import wait

NONE = Qt.KeyboardModifier.NoModifier
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
LEFT = Qt.MouseButton.LeftButton
ACTIVE_S = 20


class Hand:
    """Counts what a user does: a click, a drag, a drop or a key chord is 1, typing words is 0."""

    def __init__(self):
        self.count = 0

    def click(self, widget, pos=None):
        """A left click on what is seen of a widget."""
        self.count += 1
        QTest.mouseClick(*self._spot(widget, pos))

    def drag(self, widget, path):
        """Press at the first point, move along the others, let go at the last."""
        self.count += 1
        window, _, _, first = self._spot(widget, path[0])
        shift = first - path[0]
        QTest.mousePress(window, LEFT, NONE, first)
        for at in path[1:]:
            QTest.mouseMove(window, at + shift)
            QApplication.processEvents()
        QTest.mouseRelease(window, LEFT, NONE, path[-1] + shift)

    def chord(self, window, key, held=NONE):
        """A key, in whatever has the focus in an active window."""
        self.count += 1
        if not window.isActiveWindow():
            window.activateWindow()  # a desktop does this when a dialog goes
            wait(window.isActiveWindow, ACTIVE_S)
        QTest.keyClick(window.windowHandle(), key, held)

    def type(self, window, text):
        """Typing words counts nothing."""
        for letter in text:
            QTest.keyClick(window.windowHandle(), letter)

    def wheel(self, widget, notches):
        """Turning the wheel over a widget is one gesture."""
        self.count += 1
        at = QPointF(widget.rect().center())
        turned = QWheelEvent(
            at, QPointF(widget.mapToGlobal(at)), QPoint(), QPoint(0, 120 * notches),
            Qt.MouseButton.NoButton, NONE, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(widget, turned)

    def drop(self, window, path, over=None):
        """Something dropped on a window, over one of its widgets."""
        self.count += 1
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        place = window.rect().center() if over is None else over.mapTo(window, over.rect().center())
        copy = Qt.DropAction.CopyAction
        enters = QDragEnterEvent(place, copy, data, LEFT, NONE)
        QApplication.sendEvent(window.windowHandle(), enters)
        assert enters.isAccepted(), "nothing here takes a drop"
        drops = QDropEvent(QPointF(place), copy, data, LEFT, NONE)
        QApplication.sendEvent(window.windowHandle(), drops)
        assert drops.isAccepted(), "the drop was not taken"

    def _spot(self, widget, pos):
        assert widget.isVisible(), f"{widget.objectName()} cannot be seen"
        assert widget.isEnabled(), f"{widget.objectName()} is off"
        window = widget.window()
        place = widget.mapTo(window, widget.rect().center() if pos is None else pos)
        hit = window.childAt(place)
        under = hit is not None and (hit is widget or widget.isAncestorOf(hit))
        assert under, f"{widget.objectName()} is covered by {hit}"
        return window.windowHandle(), LEFT, NONE, place
