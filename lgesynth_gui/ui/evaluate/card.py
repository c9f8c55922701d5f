"""One figure with what can be done with it: copy, PNG, SVG, CSV."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from lgesynth_gui.app.figure_words import count_words
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.evaluation.panel import Curves, Intervals, Pictures, Plot
from lgesynth_gui.ui.bars import pick_save
from lgesynth_gui.ui.evaluate import figure_files
from lgesynth_gui.ui.evaluate.pictures import PicturesView
from lgesynth_gui.ui.evaluate.plots import CurvesView, IntervalsView
from lgesynth_gui.ui.evaluate.segments import SegmentsView
from lgesynth_gui.ui.labels import plain_label, plain_tip

View = IntervalsView | CurvesView | SegmentsView | PicturesView


def view_of(plot: Plot) -> View:
    """The widget of a plot."""
    if isinstance(plot, Intervals):
        return IntervalsView(plot)
    if isinstance(plot, Curves):
        return CurvesView(plot)
    if isinstance(plot, Pictures):
        return PicturesView(plot)
    return SegmentsView(plot)


def _told(plot: Plot) -> str:
    """What its CSV holds."""
    if isinstance(plot, Pictures):
        return "Save the words below the pictures"
    return "Save the numbers with n and interval"


class FigureCard(QWidget):
    """A title, the plot, and four small buttons."""

    said = Signal(str)

    def __init__(self, plot: Plot, note: str, parent: QWidget | None = None) -> None:
        """Args: note: What it was measured on and how it was narrowed down."""
        super().__init__(parent)
        self.setObjectName(f"figure-{plot.name}")
        self.plot, self.note = plot, note
        self.view = view_of(plot)
        self.title = plain_label(plot.title, role="heading")
        self.title.setWordWrap(True)
        count = plain_label(count_words(plot), role="muted")
        count.setWordWrap(True)
        count.setVisible(bool(count.text()))
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.title, 1)
        self.buttons: dict[str, QPushButton] = {}
        for name, tip, run in (
            ("Copy", "Copy the picture", self.copy),
            ("PNG", "Save the picture as PNG", lambda: self._pick("png")),
            ("SVG", "Save the picture as SVG", lambda: self._pick("svg")),
            ("CSV", _told(plot), lambda: self._pick("csv")),
        ):
            self.buttons[name] = self._button(name, f"{tip}: {plot.title}", run)
            row.addWidget(self.buttons[name])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        above = isinstance(plot, Pictures)  # how they were chosen is read before they are seen
        for widget in (count, self.view) if above else (self.view, count):
            column.addWidget(widget)
        column.addStretch(1)

    def _button(self, name: str, tip: str, run: Callable[[], object]) -> QPushButton:
        button = QPushButton(name)
        button.setProperty("compact", True)
        button.setAccessibleName(tip)
        button.setToolTip(plain_tip(tip))
        width = self.fontMetrics().horizontalAdvance(name) + 16
        button.setMinimumSize(max(width, 24), 24)
        button.clicked.connect(lambda _=False: run())
        return button

    def copy(self) -> None:
        """Put the picture on the clipboard."""
        # As an image: data of our own would outlive Python and end the program with a crash.
        QGuiApplication.clipboard().setImage(figure_files.image_of(self.view, self.note))
        self.said.emit("Copied, 1600 pixels wide.")

    def _pick(self, kind: str) -> None:
        name, title = f"{self.plot.name}.{kind}", f"Save as {kind.upper()}"
        pick_save(
            self, title, name, f"{kind.upper()} (*.{kind})", lambda path: self.write(Path(path))
        )

    def write(self, path: Path) -> None:
        """Write the figure as its file's ending says: .png, .svg or .csv."""
        try:
            if path.suffix == ".csv":
                figure_files.write_numbers(path, self.plot, self.note)
            else:
                make = figure_files.svg_bytes if path.suffix == ".svg" else figure_files.png_bytes
                figure_files.write_picture(path, make(self.view, self.note))
        except LgeSynthError as error:
            self.said.emit(str(error))
        else:
            self.said.emit(f"Saved: {path.name}.")
