"""The top of Evaluate: what was measured on what, how far it is, and what may be done with it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.evaluating import Evaluating, Stage
from lgesynth_gui.app.figure_words import FILTERS, choices
from lgesynth_gui.evaluation.panel import Evaluation
from lgesynth_gui.ui.flow import FlowLayout
from lgesynth_gui.ui.labels import plain_label, plain_tip, set_role

STATES = {
    "none": "",
    "running": "● Running",
    "stopped": "■ Stopped",
    "failed": "✗ Ended early",
    "done": "✓ Done",
}
EVERYTHING = "all"
SHORT = 40  # letters of a setting that is told beside the others; longer ones in the tooltip


class Head(QWidget):
    """Words, the state of the run, filters and buttons."""

    open_wanted = Signal()
    run_wanted = Signal()
    report_wanted = Signal()

    def __init__(self, evaluating: Evaluating, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._evaluating = evaluating
        self.folded = False  # the lesser words stand above the panel, where they scroll
        self.title = plain_label(role="section")
        self.data = plain_label()
        self.settings = plain_label(role="muted")
        self.held_out = plain_label()
        self.small = plain_label(role="warning")
        for label in (self.title, self.data, self.settings, self.held_out, self.small):
            label.setWordWrap(True)
        self.state = plain_label()
        self.state.setObjectName("evaluationState")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the evaluation")
        self.bar.setMaximumWidth(180)
        self.stop = self._button("Stop", "End the run; what it has found stays, and it can go on")
        self.resume = self._button("Go on", "Go on with the run where it ended")
        self.report = self._button("Export report…", "The whole evaluation as HTML, PDF and PNG")
        self.again = self._button("Run…", "Start the quick evaluation, about 10 minutes")
        self.other = self._button("Open…", "Show another evaluation")
        self.stop.clicked.connect(lambda: self._told(evaluating.stop()))
        self.resume.clicked.connect(lambda: self._told(evaluating.resume()))
        self.report.clicked.connect(self.report_wanted)
        self.again.clicked.connect(self.run_wanted)
        self.other.clicked.connect(self.open_wanted)
        self.report.setProperty("primary", True)
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        for button in (self.other, self.again, self.report):
            top.addWidget(button)
        run = QHBoxLayout()
        run.addWidget(self.state, 1)
        for widget in (self.bar, self.stop, self.resume):
            run.addWidget(widget)
        self.filters = QWidget()
        self._flow = FlowLayout(self.filters)
        self._flow.setContentsMargins(0, 0, 0, 0)
        self._boxes: dict[str, QComboBox] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(top)
        for label in (self.data, self.settings, self.held_out, self.small):
            column.addWidget(label)
        column.addLayout(run)
        column.addWidget(self.filters)
        evaluating.changed.connect(self._on_changed)
        self._show(None)
        self._show_stage(Stage())

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(plain_tip(tip))
        return button

    def _told(self, why: str) -> None:
        if why:
            self._evaluating.said.emit(why)

    def _on_changed(self, field: str) -> None:
        if field == "evaluation":
            self._show(self._evaluating.desk.evaluation)
        if field == "stage":
            self._show_stage(self._evaluating.desk.stage)
        if field == "filter":
            for name, box in self._boxes.items():
                box.setCurrentText(self._evaluating.desk.filter.wanted.get(name, EVERYTHING))

    def _show(self, found: Evaluation | None) -> None:
        self.report.setEnabled(found is not None)
        told = (found.title, found.data, found.held_out, found.small) if found else ("",) * 4
        labels = (self.title, self.data, self.held_out, self.small)
        for label, text in zip(labels, told, strict=True):
            label.setText(text)
            lesser = label in (self.data, self.held_out)
            label.setVisible((bool(text) and not (lesser and self.folded)) or label is self.title)
        if found is not None and found.small:
            self.small.setText(f"▲ {found.small}")
        lines = () if found is None else found.settings
        brief = [f"{name} {value}" for name, value in lines if len(value) <= SHORT]
        if self._evaluating.desk.stage.state == "done":
            brief.insert(0, STATES["done"])
        self.settings.setText(" · ".join(brief))
        self.settings.setVisible(bool(brief) and not self.folded)
        whole = [f"{name}: {value}" for name, value in lines]
        whole += [f"{row}: {model}" for row, model in (found.models if found else ())]
        self.settings.setToolTip(plain_tip("\n".join(whole)))
        self._offer(found)

    def _offer(self, found: Evaluation | None) -> None:
        """A choice for every column with two values or more."""
        offered = choices(found) if found is not None else {}
        if {name: self._values(name) for name in self._boxes} == offered:
            return
        while (item := self._flow.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._boxes = {}
        for name, values in offered.items():
            words = FILTERS[name]
            label = plain_label(words, role="muted")
            box = QComboBox()
            box.setObjectName(f"filter-{name}")
            box.setAccessibleName(f"Show by {words.lower()}")
            box.setToolTip("Acts on every panel, and is printed on every exported figure")
            box.addItems([EVERYTHING, *values])
            box.setCurrentText(self._evaluating.desk.filter.wanted.get(name, EVERYTHING))
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            box.setMaximumWidth(30 * self.fontMetrics().averageCharWidth())
            box.currentIndexChanged.connect(
                lambda at, name=name, box=box: self._evaluating.narrow(
                    name, box.itemText(at) if at > 0 else ""
                )
            )
            self._boxes[name] = box
            pair = QWidget()  # the words stay beside their choice
            row = QHBoxLayout(pair)
            row.setContentsMargins(0, 0, 8, 0)
            row.addWidget(label)
            row.addWidget(box)
            self._flow.addWidget(pair)
            pair.show()
        self.filters.setVisible(bool(offered))

    def fold(self, folded: bool) -> None:
        """Leave the lesser words to the panel, in a window too low for them, or take them back."""
        if folded != self.folded:
            self.folded = folded
            self._show(self._evaluating.desk.evaluation)

    def words(self) -> tuple[str, ...]:
        """The lesser words: data, held out, settings."""
        labels = (self.data, self.held_out, self.settings)
        return tuple(one.text() for one in labels if one.text())

    def _values(self, name: str) -> tuple[str, ...]:
        box = self._boxes[name]
        return tuple(box.itemText(k) for k in range(1, box.count()))

    def _show_stage(self, stage: Stage) -> None:
        running = stage.state == "running"
        told = f"{STATES[stage.state]}: {stage.note}" if running else STATES[stage.state]
        if running and stage.total:
            told = f"{told}, {stage.done} of {stage.total}"
        if stage.message:
            told = f"{told}. {stage.message}"
        if running:
            told = f"{told} – partial results are shown as they come"
        self.state.setText(told)
        self.state.setWordWrap(True)
        set_role(self.state, "warning" if stage.state in ("failed", "stopped") else "muted")
        self.state.setVisible(bool(told) and stage.state != "done")
        if stage.state == "done":
            self._show(self._evaluating.desk.evaluation)
        self.bar.setVisible(running)
        self.bar.setRange(0, stage.total if stage.total else 0)
        self.bar.setValue(stage.done)
        self.stop.setVisible(running)
        self.again.setEnabled(not running)
        self.resume.setVisible(self._evaluating.resumable)
