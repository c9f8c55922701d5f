"""The transmurality slider: large enough for a stage, with its percentages below."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSlider, QVBoxLayout, QWidget

LABELS = (0, 25, 50, 75, 100)


class StripSlider(QSlider):
    """0 to 100 percent."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setObjectName("teachSlider")
        self.setAccessibleName("Transmurality in percent")
        self.setToolTip("Share of the wall that is scar (Left, Right)")
        self.setRange(0, 100)
        self.setPageStep(25)

    def fit(self, row: int) -> None:
        """A handle as high as a line of text."""
        groove = max(6, row // 4)
        over = (row - groove) // 2
        self.setStyleSheet(
            f"QSlider::groove:horizontal {{ height: {groove}px; border-radius: {groove // 2}px;"
            " background: palette(mid); }"
            f"QSlider::sub-page:horizontal {{ border-radius: {groove // 2}px;"
            " background: palette(highlight); }"
            f"QSlider::handle:horizontal {{ width: {row}px; margin: -{over}px 0;"
            f" border-radius: {row // 2}px; background: palette(highlight); }}"
            "QSlider::handle:horizontal:focus { border: 2px solid palette(window-text); }"
        )
        self.setMinimumHeight(row + 6)


class Strip(QWidget):
    """The slider and its numbers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.slider = StripSlider()
        column = QVBoxLayout(self)
        column.addWidget(self.slider)
        self._room = 0

    def set_base_font(self, font: QFont) -> None:
        """Another size of all of it."""
        self.setFont(font)
        row = self.fontMetrics().height()
        self.slider.fit(max(row, 24))
        self._room = round(0.9 * row)
        layout = self.layout()
        assert layout is not None
        layout.setContentsMargins(row, row // 3, row, self._room + row // 4)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Percentages where the handle's middle stands at them."""
        super().paintEvent(event)
        painter = QPainter(self)
        font = QFont(self.font())
        font.setPointSizeF(0.9 * font.pointSizeF())
        painter.setFont(font)
        painter.setPen(self.palette().windowText().color())
        size, box = QFontMetricsF(font), self.slider.geometry()
        handle = max(self.slider.fontMetrics().height(), 24)
        for percent in LABELS:
            x = box.left() + handle / 2 + (box.width() - handle) * percent / 100
            text = f"{percent} %"
            left = min(
                max(x - size.horizontalAdvance(text) / 2, 0),
                self.width() - size.horizontalAdvance(text),
            )
            painter.drawText(round(left), round(box.bottom() + size.ascent()), text)
        painter.end()
