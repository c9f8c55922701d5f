"""The row above the images while a pattern is about to be drawn."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QWidget

from lgesynth_gui.app.stamps import DEPTHS, SIZES, TURNS, Stamp
from lgesynth_gui.ui.flow import FlowLayout
from lgesynth_gui.ui.labels import plain_label
from lgesynth_gui.ui.sketch.options import Slider, button

FARTHEST = 10  # slices


class StampRow(QWidget):
    """Sliders of a `Stamp`; says what was changed, draws nothing itself."""

    changed = Signal(object)  # Stamp
    draw_wanted = Signal()
    leave_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("stampRow")
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Pattern")
        self._stamp = Stamp("", 0)
        row = FlowLayout(self)
        self.title = plain_label(role="heading")
        row.addWidget(self.title)
        percent = "{} %".format
        self.arc = Slider("Arc", *SIZES, "How far around the wall the scar goes", percent)
        self.thickness = Slider(
            "Depth", *DEPTHS, "How much of the wall's thickness it takes", percent
        )
        self.turn = Slider(
            "Turn",
            *TURNS,
            "Where around the wall it lies (or drag the image)",
            lambda k: f"{k:+d}°" if k else "0°",
        )
        self.level = Slider(
            "Level",
            -FARTHEST,
            FARTHEST,
            "Slices further towards the base (-) or the apex (+)",
            lambda k: f"{k:+d}" if k else "0",
        )
        for slider, field in (
            (self.arc, "size"),
            (self.thickness, "depth"),
            (self.turn, "turn"),
            (self.level, "level"),
        ):
            slider.slider.valueChanged.connect(
                lambda value, field=field: self._take(**{field: value})
            )
            row.addWidget(slider)
        self.another = button("Another", "anotherStamp", "Another scar of this pattern")
        self.another.clicked.connect(lambda _=False: self._take(seed=self._stamp.seed + 1))
        self.adding = QCheckBox("Add")
        self.adding.setObjectName("addStamp")
        self.adding.setToolTip("Draw it over the present scar instead of replacing that")
        self.adding.toggled.connect(lambda on: self._take(adding=on))
        self.draw = button("Draw   Enter", "drawStamp", "Draw the pattern (Enter, or click)")
        self.draw.clicked.connect(lambda _=False: self.draw_wanted.emit())
        self.leave = button("Leave   Esc", "leaveStamp", "Draw nothing (Esc)")
        self.leave.clicked.connect(lambda _=False: self.leave_wanted.emit())
        for widget in (self.another, self.adding, self.draw, self.leave):
            row.addWidget(widget)

    def show_stamp(self, stamp: Stamp, title: str) -> None:
        """Show a stamp that did not come from here."""
        self._stamp = stamp
        self.title.setText(title)
        for slider, value in (
            (self.arc, stamp.size),
            (self.thickness, stamp.depth),
            (self.turn, stamp.turn),
            (self.level, stamp.level),
        ):
            slider.show_value(value)
        with QSignalBlocker(self.adding):
            self.adding.setChecked(stamp.adding)

    def _take(self, **values: int | bool) -> None:
        self._stamp = replace(self._stamp, **values)  # type: ignore[arg-type]
        self.changed.emit(self._stamp)
