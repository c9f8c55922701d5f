"""The picture of a reader study: nothing but the picture, and the cross where the scar is said."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from lgesynth_gui.evaluation.study import StudyPicture
from lgesynth_gui.ui.sketch.film_tile import grey_image
from lgesynth_gui.ui.theme import data_colour

Point = tuple[float, float]
CROSS = 11.0


class StudyView(QWidget):
    """Shows one picture as large as fits; a click says where in it."""

    clicked = Signal(float, float)  # row, column in picture pixels

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("studyView")
        self.setAccessibleName("The picture to be judged")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 200)
        self._image = QImage()
        self._cross: Point | None = None
        self._marking = False

    def sizeHint(self) -> QSize:
        """As much as there is."""
        return QSize(700, 700)

    def show_picture(self, picture: StudyPicture | None, window: float, level: float) -> None:
        """Another picture; None shows an empty well."""
        self._image = QImage() if picture is None else grey_image(picture.picture, window, level)
        self.update()

    def show_cross(self, at: Point | None, marking: bool) -> None:
        """Where the scar is said to be; `marking` while it can be moved."""
        self._cross, self._marking = at, marking
        self.setCursor(Qt.CursorShape.CrossCursor if marking else Qt.CursorShape.ArrowCursor)
        self.update()

    def box(self) -> QRectF:
        """Where the picture lies."""
        if self._image.isNull():
            return QRectF()
        scale = min(self.width() / self._image.width(), self.height() / self._image.height())
        wide, high = scale * self._image.width(), scale * self._image.height()
        return QRectF((self.width() - wide) / 2, (self.height() - high) / 2, wide, high)

    def place_of(self, at: Point) -> QPointF:
        """Where a pixel's middle is on screen."""
        box = self.box()
        scale = box.width() / max(self._image.width(), 1)
        return QPointF(box.left() + (at[1] + 0.5) * scale, box.top() + (at[0] + 0.5) * scale)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on the picture."""
        box = self.box()
        if event.button() == Qt.MouseButton.LeftButton and box.contains(event.position()):
            scale = box.width() / self._image.width()
            spot = event.position() - box.topLeft()
            self.clicked.emit(spot.y() / scale - 0.5, spot.x() / scale - 0.5)
        else:
            super().mousePressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture, and no word on it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), data_colour("canvas"))
        if not self._image.isNull():
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(self.box(), self._image)
        if self._cross is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            at, reach = self.place_of(self._cross), CROSS * (1.4 if self._marking else 1.0)
            for width, colour in ((4.5, "halo"), (2.0, "endo")):
                painter.setPen(QPen(data_colour(colour), width))
                painter.drawLine(at - QPointF(reach, 0), at + QPointF(reach, 0))
                painter.drawLine(at - QPointF(0, reach), at + QPointF(0, reach))
        painter.end()
