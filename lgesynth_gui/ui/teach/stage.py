"""The large picture of the presentation."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from lgesynth_gui.ui.teach.painting import Scene, paint_scene
from lgesynth_gui.ui.theme import data_colour


class StageView(QWidget):
    """Shows a scene, or says why there is none."""

    scrolled = Signal(int)  # slices, + towards the apex

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("teachStage")
        self.setAccessibleName("Picture on stage")
        self.setToolTip("Wheel: another slice")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 200)
        self.scene: Scene | None = None
        self.message = ""
        self._ring = False

    def sizeHint(self) -> QSize:
        """Takes what it gets."""
        return QSize(800, 600)

    def show_scene(self, scene: Scene | None, message: str = "") -> None:
        """Show another scene; without one, a sentence."""
        self.scene, self.message = scene, message
        said = message if scene is None else f"{scene.badge}, {scene.slide.name}"
        self.setAccessibleDescription(said)
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """A ring for those who walk with Tab; none in an audience's way otherwise."""
        self._ring = event.reason() in (
            Qt.FocusReason.TabFocusReason,
            Qt.FocusReason.BacktabFocusReason,
        )
        super().focusInEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Another slice."""
        steps = event.angleDelta().y()
        if steps:
            self.scrolled.emit(-1 if steps > 0 else 1)
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The scene fills it."""
        painter = QPainter(self)
        area = QRectF(self.rect())
        if self.scene is not None:
            paint_scene(painter, area, self.scene, self.font())
        else:
            painter.fillRect(area, data_colour("canvas"))
            painter.setPen(data_colour("well_muted"))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(area.adjusted(20, 20, -20, -20), int(flags), self.message)
        if self._ring and self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.palette().accent().color(), 2.0))
            painter.drawRect(area.adjusted(1, 1, -1, -1))
        painter.end()
