"""The column beside the picture: what it is, and the bullseye."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from lgesynth_gui.app.teach import Example
from lgesynth_gui.app.teach_said import Said
from lgesynth_gui.ui.labels import plain_label
from lgesynth_gui.ui.teach.bullseye import TeachBullseye

LEGEND = "orange: scar · blue: epicardium · yellow: endocardium"
LINES_WIDE = 19  # text heights
SHARE = 0.45  # of the screen, at most


class Side(QWidget):
    """Shows a `Said` and the bullseye; texts scroll where there is no room, the bullseye stays."""

    clicked = Signal(int)  # segment

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("teachSide")
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._sizes: list[tuple[QLabel, float, bool]] = []
        texts = QWidget()
        texts.setProperty("surface", "panel")
        column = QVBoxLayout(texts)
        column.setContentsMargins(16, 12, 16, 8)
        column.setSpacing(8)
        self.head = self._label(column, 1.3, bold=True)
        self.place = self._label(column, 0.9, role="muted")
        self.number = self._label(column, 3.0, bold=True)
        self.text = self._label(column, 1.1)
        self.segments = self._label(column, 1.0)
        self.legend = self._label(column, 0.9, role="muted")
        self.legend.setText(LEGEND)
        self.verdict = self._label(column, 1.0)
        self.tally = self._label(column, 0.9, role="muted")
        column.addStretch(1)
        self._area = QScrollArea()
        self._area.setObjectName("teachTexts")
        self._area.setAccessibleName("About this picture")
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidgetResizable(True)
        self._area.setWidget(texts)
        self.bullseye = TeachBullseye()
        self.bullseye.clicked.connect(self.clicked)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._area, 3)
        whole.addWidget(self.bullseye, 2)

    def _label(
        self, column: QVBoxLayout, scale: float, *, bold: bool = False, role: str = ""
    ) -> QLabel:
        label = plain_label(role=role)
        label.setWordWrap(True)
        column.addWidget(label)
        self._sizes.append((label, scale, bold))
        return label

    def set_base_font(self, font: QFont) -> None:
        """Another size of all texts."""
        self.setFont(font)
        for label, scale, bold in self._sizes:
            sized = QFont(font)
            sized.setPointSizeF(font.pointSizeF() * scale)
            sized.setBold(bold)
            label.setFont(sized)
        self.bullseye.setFont(font)
        self.bullseye.fit()

    def fit(self, room: int) -> None:
        """As wide as its texts like it, but never more than its share of `room` pixels."""
        self.setFixedWidth(min(LINES_WIDE * self.fontMetrics().height(), round(SHARE * room)))

    def show_said(self, said: Said, example: Example | None, *, key: bool) -> None:
        """Show other words; the bullseye's numbers only with the key."""
        for label, text in (
            (self.head, said.head),
            (self.place, said.place),
            (self.number, said.number),
            (self.text, said.text),
            (self.segments, said.segments),
            (self.verdict, said.verdict),
            (self.tally, said.tally),
        ):
            label.setText(text)
            label.setVisible(bool(text))
        self.legend.setVisible(bool(said.segments))
        self.bullseye.show_key(example.cells if key and example is not None else None)
