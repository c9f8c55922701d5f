"""One image pane: pyqtgraph shows the pixels, an overlay on top draws lines and takes the mouse."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QResizeEvent, QTransform
from PySide6.QtWidgets import QWidget

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.ui.canvas.bicubic import enlarged
from lgesynth_gui.ui.canvas.difference import table
from lgesynth_gui.ui.canvas.overlay import Overlay
from lgesynth_gui.ui.canvas.picture import PanePicture
from lgesynth_gui.ui.theme import data_colour


class ImagePane(QWidget):
    """Shows a `PanePicture`; zoom and centre are given from outside, so that panes stay linked."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(220, 200)
        self._view = pg.GraphicsView(self, background=data_colour("canvas"))
        self._view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._view.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._box = pg.ViewBox(invertY=True, enableMenu=False, enableMouse=False, border=None)
        self._box.disableAutoRange()
        self._view.setCentralItem(self._box)
        self._image = pg.ImageItem(axisOrder="row-major")
        self._box.addItem(self._image)
        self.overlay = Overlay(self)
        self.overlay.setAccessibleName(name)
        self.picture = PanePicture()
        self._shown: Array | None = None
        self._nearest = False
        self.zoom, self.centre = 4.0, (0.0, 0.0)

    def show_picture(self, picture: PanePicture, *, nearest: bool = False) -> None:
        """Draw what differs from the last picture."""
        former, self.picture = self.picture, picture
        pixels = picture.pixels
        if pixels is None:
            self._image.clear()
            self._shown = None
        elif (
            self._shown is None
            or former.pixels is None
            or not _same_array(former.pixels, pixels)
            or nearest != self._nearest
        ):
            real = nearest or picture.scale_limit > 0
            self._shown = pixels if real else enlarged(pixels)
            self._image.setImage(self._shown, autoLevels=False)
        self._nearest = nearest
        if pixels is not None and self._shown is not None:
            self._place(pixels.shape, picture)
        self.overlay.show_picture(picture)

    def _place(self, shape: tuple[int, ...], picture: PanePicture) -> None:
        rows, columns = picture.spacing
        xx, xy, yx, yy = picture.turn.matrix
        finer = shape[0] / self._shown.shape[0] if self._shown is not None else 1.0
        place = QTransform(xx, yx, xy, yy, 0, 0)  # Qt reads it column by column
        place.scale(columns, rows)
        place.translate(-0.5, -0.5)  # pixel centres lie on whole numbers
        place.scale(finer, finer)
        self._image.setTransform(place)

    def set_levels(self, window: float, level: float) -> None:
        """Grey range in stored values; a difference keeps its own symmetric colours."""
        limit = self.picture.scale_limit
        if limit:
            self._image.setLookupTable(table())
            self._image.setLevels((-limit, limit))
            return
        self._image.setLookupTable(None)
        self._image.setLevels((level - window / 2, level + window / 2))

    def set_range(self, zoom: float, centre: tuple[float, float]) -> None:
        """Screen pixels a millimetre, and the display millimetres in the middle."""
        self.zoom, self.centre = zoom, centre
        width, height = max(self.width(), 1) / zoom, max(self.height(), 1) / zoom
        self._box.setRange(
            QRectF(centre[0] - width / 2, centre[1] - height / 2, width, height),
            padding=0,
            update=True,
            disableAutoRange=True,
        )
        self.overlay.set_range(zoom, centre)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Both layers fill the pane."""
        super().resizeEvent(event)
        self._view.setGeometry(self.rect())
        self.overlay.setGeometry(self.rect())
        self.set_range(self.zoom, self.centre)


def _same_array(a: Array, b: Array) -> bool:
    return (
        a.shape == b.shape
        and a.__array_interface__["data"] == b.__array_interface__["data"]
        and a.strides == b.strides
    )
