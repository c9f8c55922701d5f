"""A ring of two pixels around the control that has the focus, where its style draws none.

Choices, numbers, sliders, pages and lists keep the look of the desktop style, because a style
sheet that touches them by half takes their arrows away.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QScrollArea,
    QScrollBar,
    QTabBar,
    QWidget,
)

RING_PX = 2
KINDS = (QComboBox, QAbstractSpinBox, QAbstractSlider, QTabBar, QAbstractItemView, QScrollArea)
FOLLOWED = (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide)


class _Ring(QWidget):
    """Paints the ring; the mouse goes through it, and no tool for the blind finds it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("focusRing")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A line just inside the control's edge."""
        painter = QPainter(self)
        painter.setPen(QPen(self.palette().accent().color(), RING_PX))
        half = RING_PX // 2
        painter.drawRect(self.rect().adjusted(half, half, -half, -half))
        painter.end()


class FocusRing(QObject):
    """Follows the focus of the program."""

    def __init__(self, app: QApplication, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.ring: QWidget | None = None
        self._held: QWidget | None = None
        app.focusChanged.connect(self._on_focus)

    def _on_focus(self, _: QWidget | None, now: QWidget | None) -> None:
        self._drop()
        host = now
        while host is not None and not isinstance(host, KINDS) and not host.isWindow():
            host = host.parentWidget()  # the line inside a number or an editable choice
        if host is None or not isinstance(host, KINDS) or isinstance(host, QScrollBar):
            return
        if host is not now and isinstance(host, QScrollArea):
            return  # the focus is on something in a page, not on the page
        self._held = host
        self.ring = _Ring(host.window())
        host.installEventFilter(self)
        self._place()
        self.ring.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The control was moved, resized, shown or hidden."""
        if event.type() in FOLLOWED and watched is self._held:
            self._place()
        return False

    def _place(self) -> None:
        host, ring = self._held, self.ring
        if host is None or ring is None:
            return
        ring.setGeometry(QRect(host.mapTo(host.window(), QPoint(0, 0)), host.size()))
        ring.setVisible(host.isVisible())
        ring.raise_()

    def _drop(self) -> None:
        host, ring = self._held, self.ring
        self._held = self.ring = None
        if host is not None:
            try:
                host.removeEventFilter(self)
            except RuntimeError:
                return  # the control is gone, and its window and the ring with it
        if ring is not None:
            try:
                ring.hide()
                ring.deleteLater()
            except RuntimeError:
                return
