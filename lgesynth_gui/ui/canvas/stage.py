"""Where the two panes lie: beside each other, over each other with a border, or one alone."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from lgesynth_gui.app.compare import Compare
from lgesynth_gui.ui.canvas.pane import ImagePane
from lgesynth_gui.ui.theme import data_colour

GAP_PX = 4
STEP = 0.05  # of the width, an arrow key
SLIVER_PX = 24  # a narrower part is none


class SplitHandle(QWidget):
    """The border of the slider: dragged, or moved by the arrow keys."""

    moved = Signal(float)  # share of the width, 0 to 1

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("splitHandle")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setToolTip("Drag, or press ← → (5 %), Home, End")
        self.share = 0.5

    def sizeHint(self) -> QSize:
        """Wide enough for a finger."""
        return QSize(24, 100)

    def show_share(self, share: float) -> None:
        """Say where it is."""
        self.share = share
        self.setAccessibleName(f"Border between the images, {100 * share:.0f} percent")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move it by 5 %."""
        key, places = event.key(), {Qt.Key.Key_Home: 0.0, Qt.Key.Key_End: 1.0}
        steps = {Qt.Key.Key_Left: -STEP, Qt.Key.Key_Right: STEP}
        if key in steps:
            place = round((self.share + steps[Qt.Key(key)]) / STEP) * STEP
            self.moved.emit(min(max(place, 0.0), 1.0))
        elif key in places:
            self.moved.emit(places[Qt.Key(key)])
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follows the mouse."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            x, wide = self.mapToParent(event.position()).x(), self._room()
            self.moved.emit(min(max(x / max(wide, 1), 0.0), 1.0))

    def _room(self) -> int:
        stage = self.parentWidget()
        return stage.width() if stage is not None else 1

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shown by its ring."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """No longer."""
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A line with a grip in the middle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x, y = self.width() / 2, self.height() / 2
        for colour, width in ((data_colour("halo"), 4.0), (data_colour("well_text"), 1.6)):
            painter.setPen(QPen(colour, width))
            painter.drawLine(int(x), 0, int(x), self.height())
        accent = QColor(self.palette().accent().color())
        painter.setPen(QPen(accent if self.hasFocus() else data_colour("halo"), 2.0))
        painter.setBrush(data_colour("well_text"))
        painter.drawRoundedRect(int(x) - 7, int(y) - 16, 14, 32, 6, 6)
        painter.setPen(QPen(data_colour("canvas"), 1.4))
        for dx in (-2, 2):
            painter.drawLine(int(x) + dx, int(y) - 8, int(x) + dx, int(y) + 8)
        painter.end()


class Stage(QWidget):
    """Holds both panes and puts them where the way of comparing wants them."""

    resized = Signal()
    split = Signal(float)
    arranged = Signal()  # the panes lie elsewhere now

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(220, 200)
        self.original = ImagePane("Original image", self)
        self.synthetic = ImagePane("Synthetic image", self)
        self.handle = SplitHandle(self)
        self.handle.hide()
        self.handle.moved.connect(self.split)
        self._now: tuple[Compare, ImagePane | None, bool, float] = ("side", None, False, 0.5)

    def sizeHint(self) -> QSize:
        """Takes what it gets."""
        return QSize(800, 600)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Everything keeps its share."""
        super().resizeEvent(event)
        self._place()
        self.resized.emit()

    def arrange(
        self, mode: Compare, alone: ImagePane | None, *, swapped: bool, split: float
    ) -> bool:
        """Put the panes to their places; whether anything moved.

        Args:
            mode: Way of comparing.
            alone: The only pane to be shown, or None.
            swapped: The synthetic one comes first.
            split: Share left of the slider's border.
        """
        if (wanted := (mode, alone, swapped, split)) == self._now:
            return False
        self._now = wanted
        self._place()
        self.arranged.emit()
        return True

    @property
    def sliding(self) -> bool:
        """Whether the panes lie over each other."""
        return self._now[0] == "slider" and self._now[1] is None

    def _place(self) -> None:
        _, alone, swapped, split = self._now
        first, second = self.original, self.synthetic
        if swapped:
            first, second = second, first
        width, height = self.width(), self.height()
        sliding = self.sliding
        self.handle.setVisible(sliding)
        if alone is not None:
            self._show(alone, QRect(0, 0, width, height), None)
            self._hide(self.original if alone is self.synthetic else self.synthetic)
        elif sliding:
            cut = round(split * width)
            cut = 0 if cut < SLIVER_PX else width if width - cut < SLIVER_PX else cut
            for pane, left, right in ((first, 0, cut), (second, cut, width)):
                if right > left:
                    self._show(pane, QRect(0, 0, width, height), (left, right))
                else:
                    self._hide(pane)
            wide = self.handle.sizeHint().width()
            self.handle.setGeometry(
                min(max(cut - wide // 2, -wide // 2 + 1), width), 0, wide, height
            )
            self.handle.show_share(split)
            self.handle.raise_()
        else:
            half = (width - GAP_PX) // 2
            self._show(first, QRect(0, 0, half, height), None)
            self._show(second, QRect(half + GAP_PX, 0, width - half - GAP_PX, height), None)

    def _show(self, pane: ImagePane, place: QRect, part: tuple[int, int] | None) -> None:
        pane.setGeometry(place)
        if part is None:
            pane.clearMask()
            pane.overlay.set_part(None)
        else:
            left, right = part
            pane.setMask(QRegion(left, 0, right - left, place.height()))
            pane.overlay.set_part((float(left), float(right)))
        pane.show()

    @staticmethod
    def _hide(pane: ImagePane) -> None:
        pane.hide()
