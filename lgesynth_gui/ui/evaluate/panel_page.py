"""One layer of evidence: what it means, what speaks against it, its plots and its tables."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from lgesynth_gui.app.figure_words import Filter, holds, narrowed_plot, narrowed_table
from lgesynth_gui.evaluation.panel import Panel, Pictures, Segments
from lgesynth_gui.ui.evaluate.card import FigureCard
from lgesynth_gui.ui.evaluate.table import TableCard
from lgesynth_gui.ui.fold import Fold
from lgesynth_gui.ui.labels import plain_label

TWO_COLUMNS = 78  # as wide as this many letters, plots stand side by side
FEW = 4  # sentences stand above the plots; more would push them out of sight, and are folded
READING = "What was measured, and how to read it"
NOT_MEASURED = "Not measured in this evaluation."


class PanelPage(QScrollArea):
    """Shows a `Panel` as far as the filter lets it through."""

    said = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.figures: list[FigureCard] = []
        self.tables: list[TableCard] = []
        self._shown: tuple[Panel | None, Filter, str, tuple[str, ...]] | None = None
        self._grid: QGridLayout | None = None
        self._reads = False  # somebody unfolded the words; they stay so in other panels
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Panel of the evaluation")
        self.setToolTip("What was measured")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # arrow keys scroll

    def show_panel(
        self, panel: Panel | None, by: Filter, note: str, above: tuple[str, ...] = ()
    ) -> None:
        """Show another panel, or the same with more in it; the place of the scroll bar is kept.

        Args:
            panel: None says that it was not measured.
            by: What is shown of it.
            note: Printed on every exported figure.
            above: Words in front of everything.
        """
        if self._shown == (panel, by, note, above):
            return
        same = (
            self._shown is not None
            and panel is not None
            and self._shown[0] is not None
            and self._shown[0].name == panel.name
        )
        at = self.verticalScrollBar().value() if same else 0
        self._shown = (panel, by, note, above)
        self.setWidget(self._content(panel, by, note, above))
        self._arrange()
        self.verticalScrollBar().setValue(at)

    def _content(
        self, panel: Panel | None, by: Filter, note: str, above: tuple[str, ...]
    ) -> QWidget:
        inner = QWidget()
        inner.setProperty("surface", "panel")
        column = QVBoxLayout(inner)
        column.setSpacing(10)
        self.figures, self.tables, self._grid = [], [], None
        if above:
            column.addWidget(_wrapped("\n".join(above), ""))
        if panel is None:
            column.addWidget(plain_label(NOT_MEASURED, role="muted"))
            column.addStretch(1)
            return inner
        column.addWidget(plain_label(panel.title, role="section"))
        if len(panel.words) > FEW:
            column.addWidget(self._folded(panel.words))
        elif panel.words:
            column.addWidget(_wrapped("\n".join(panel.words), "muted"))
        for text in panel.alarms:
            column.addWidget(_wrapped(f"▲ {text}", "warning"))
        if by.words:
            column.addWidget(_wrapped(f"Shown: {by.words}.", ""))
        plots = [narrowed_plot(one, by) for one in panel.plots]
        tables = [narrowed_table(one, by) for one in panel.tables]
        self.figures = [FigureCard(one, note) for one in plots if holds(one)]
        self.tables = [TableCard(one, note) for one in tables if one.cells]
        if (panel.plots or panel.tables) and not (self.figures or self.tables):
            column.addWidget(plain_label("Nothing of this panel passes the filter.", role="muted"))
        for figure in self.figures:
            figure.said.connect(self.said)
        for table in self.tables:
            table.said.connect(self.said)
        if self.figures:
            self._grid = QGridLayout()
            self._grid.setSpacing(14)
            column.addLayout(self._grid)
        for card in self.tables:
            column.addWidget(card)
        if panel.missing:
            column.addWidget(plain_label("Not measured", role="heading"))
            column.addWidget(_wrapped("\n".join(f"– {one}" for one in panel.missing), "muted"))
        column.addStretch(1)
        return inner

    def _folded(self, words: tuple[str, ...]) -> QWidget:
        fold = Fold(
            READING, "Show or hide these sentences", lambda: _wrapped("\n".join(words), "muted")
        )
        fold.open(self._reads)
        fold.button.toggled.connect(self._on_reading)
        return fold

    def _on_reading(self, on: bool) -> None:
        self._reads = on

    def _arrange(self) -> None:
        """Plots in one column or two; several rings, and pictures, take the whole width."""
        if self._grid is None:
            return
        letters = self.viewport().width() / max(self.fontMetrics().averageCharWidth(), 1)
        columns = 2 if letters >= TWO_COLUMNS * 1.6 and len(self.figures) > 1 else 1
        at = 0
        for card in self.figures:
            rings = isinstance(card.plot, Segments) and len(card.plot.rings) > 2
            wide = rings or isinstance(card.plot, Pictures)
            if wide and at % columns:
                at += 1
            self._grid.addWidget(card, at // columns, at % columns, 1, columns if wide else 1)
            at += columns if wide else 1
        for column in range(2):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)

    def changeEvent(self, event: QEvent) -> None:
        """Plots are made for a size of text."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            QTimer.singleShot(0, self, self._show_again)  # nothing is taken away in an event of it

    def _show_again(self) -> None:
        if (shown := self._shown) is not None:
            self._shown = None
            self.show_panel(*shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Narrower is higher."""
        super().resizeEvent(event)
        self._arrange()


def _wrapped(text: str, role: str) -> QWidget:
    label = plain_label(text, role=role)
    label.setWordWrap(True)
    return label
