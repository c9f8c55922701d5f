"""The list of export checks: a mark, words, and the reason of each on demand, on a dark well."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QWidget

from lgesynth_gui.app.export_checks import CheckLine
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.ui.labels import plain_label, plain_tip
from lgesynth_gui.ui.theme import data_colour, grade_colour

SPOKEN = {Grade.PASS: "good", Grade.CHECK: "look", Grade.FAIL: "stops the export"}


class _Row:
    """The widgets of one line."""

    def __init__(self, grid: QGridLayout, number: int) -> None:
        self.mark, self.text, self.reason = plain_label(), plain_label(), plain_label()
        self.text.setObjectName("check")
        self.why = QPushButton("Why?")
        self.why.setObjectName("checkWhy")
        self.why.setProperty("link", True)
        self.why.setCheckable(True)
        for label in (self.text, self.reason):
            label.setWordWrap(True)
        self.reason.hide()
        self.why.toggled.connect(self.reason.setVisible)
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(self.mark, 2 * number, 0, top)
        grid.addWidget(self.text, 2 * number, 1, top)
        grid.addWidget(self.why, 2 * number, 2, top)
        grid.addWidget(self.reason, 2 * number + 1, 1, 1, 2)

    def show(self, line: CheckLine) -> None:
        """Print a line."""
        self.mark.setText(line.grade.glyph)
        self.text.setText(f"{line.title}: {line.text}")
        self.text.setAccessibleName(f"{line.title}, {SPOKEN.get(line.grade, 'not known yet')}")
        self.reason.setText(line.why)
        self.why.setAccessibleName(f"Why: {line.title}")
        self.why.setToolTip(plain_tip(line.why))
        for label, colour in (
            (self.mark, grade_colour(line.grade)),
            (self.text, data_colour("well_text")),
            (self.reason, data_colour("well_muted")),
        ):
            _ink(label, colour)

    def remove(self) -> None:
        """Take the widgets away."""
        for widget in (self.mark, self.text, self.why, self.reason):
            widget.hide()
            widget.deleteLater()


class CheckList(QWidget):
    """Shows `CheckLine`s in their order."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("checks")
        self.setAccessibleName("Checks")
        self.setProperty("surface", "well")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._grid = QGridLayout(self)
        self._grid.setColumnStretch(1, 1)
        self._grid.setContentsMargins(8, 6, 8, 6)
        self._grid.setVerticalSpacing(2)
        self._rows: list[_Row] = []
        self.lines: tuple[CheckLine, ...] = ()

    def show_lines(self, lines: tuple[CheckLine, ...]) -> None:
        """Print other lines; a reason that is shown stays."""
        if lines == self.lines:
            return
        self.lines = lines
        while len(self._rows) < len(lines):
            self._rows.append(_Row(self._grid, len(self._rows)))
        while len(self._rows) > len(lines):
            self._rows.pop().remove()
        for row, line in zip(self._rows, lines, strict=True):
            row.show(line)


def _ink(label: QLabel, colour: QColor) -> None:
    palette = QPalette(label.palette())
    palette.setColor(QPalette.ColorRole.WindowText, colour)
    label.setPalette(palette)
