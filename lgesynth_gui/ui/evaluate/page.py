"""The Evaluate mode: a rail of panels, and what the chosen one shows."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.evaluating import Evaluating
from lgesynth_gui.app.evaluation_panels import listed
from lgesynth_gui.app.studying import Studying
from lgesynth_gui.evaluation.panel import Evaluation
from lgesynth_gui.ui.bars import pick
from lgesynth_gui.ui.evaluate.empty import EmptyPage
from lgesynth_gui.ui.evaluate.head import Head
from lgesynth_gui.ui.evaluate.panel_page import PanelPage
from lgesynth_gui.ui.evaluate.study_page import StudyPage
from lgesynth_gui.ui.evaluate.study_reading import StudyReading
from lgesynth_gui.ui.labels import plain_label, plain_tip

PANELS = (
    ("alignment", "Gate", "Does the judge find the scar that was asked for?"),
    ("agreement", "Agreement", "Segments, classes and mass, asked and found"),
    ("fidelity", "Realism", "Contrast and texture beside real scars"),
    ("utility", "Use", "A segmenter trained with and without synthetic data"),
    ("diversity", "Diversity", "How different the samples of one request are"),
    ("privacy", "Privacy", "Whether training images come back"),
)
STUDY, STUDY_TEXT = "readers", "Reader study"
LOW = 32  # lines of text; a lower page has no room for all words above the panel
RAIL_ROOM = 26  # pixels beside the text of a rail's button


class EvaluatePage(QWidget):
    """Shows the desk of an `Evaluating`, and the reader study beside it."""

    quick_wanted = Signal()
    report_wanted = Signal()
    measure_wanted = Signal(object)  # folder of labelled scans, or of a cohort

    def __init__(
        self, evaluating: Evaluating, studying: Studying, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("evaluatePage")
        self.evaluating, self.studying = evaluating, studying
        self.rail: dict[str, QPushButton] = {}
        self.head = Head(evaluating)
        self.panel = PanelPage()
        self.panel.said.connect(evaluating.said)
        self.study = StudyPage(studying)
        self.empty = EmptyPage()
        self.reading = StudyReading(studying)
        self.centre = QStackedWidget()
        for widget in (self.panel, self.study):
            self.centre.addWidget(widget)
        rail = QVBoxLayout()
        rail.addWidget(plain_label("Evaluate", role="heading"))
        for name, text, tip in (*PANELS, (STUDY, STUDY_TEXT, "Can people tell?")):
            button = QPushButton(text)
            button.setCheckable(True)
            button.setProperty("rail", True)
            button.setObjectName(f"panel-{name}")
            button.setToolTip(plain_tip(tip))
            button.clicked.connect(lambda _=False, name=name: self.show_panel(name))
            self.rail[name] = button
            rail.addWidget(button)
        rail.addStretch(1)
        inner = QVBoxLayout()
        inner.addWidget(self.head)
        inner.addWidget(self.centre, 1)
        self.work = QWidget()
        row = QHBoxLayout(self.work)
        row.addLayout(rail)
        row.addLayout(inner, 1)
        self.pages = QStackedWidget(self)
        for page in (self.empty, self.work, self.reading):
            self.pages.addWidget(page)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.pages)
        self.current = "alignment"
        self._fit_rail()
        self.empty.choose_wanted.connect(self._pick)
        self.empty.quick_wanted.connect(self.quick_wanted)
        self.empty.measure_wanted.connect(
            lambda: self.measure_wanted.emit(self.evaluating.desk.folder)
        )
        self.empty.study_wanted.connect(lambda: self.show_panel(STUDY))
        self.head.open_wanted.connect(self._pick)
        self.head.run_wanted.connect(self.quick_wanted)
        self.head.report_wanted.connect(self.report_wanted)
        self.study.read_wanted.connect(self._read)
        self.reading.ended.connect(self._back)
        evaluating.changed.connect(self._on_changed)
        self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        """Larger text needs a wider rail."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and self.rail:
            self._fit_rail()
            self._fold()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a low window only the warning stands above the panel."""
        super().resizeEvent(event)
        self._fold()

    def _fold(self) -> None:
        low = self.height() < LOW * self.fontMetrics().height()
        if low != self.head.folded:
            self.head.fold(low)
            QTimer.singleShot(0, self, self.refresh)

    def _fit_rail(self) -> None:
        """The chosen button is bold: no text may be cut then."""
        bold = QFont(self.font())
        bold.setBold(True)
        texts = [text for _, text, _ in PANELS] + [STUDY_TEXT]
        wide = max(QFontMetrics(bold).horizontalAdvance(f"{text} ▲") for text in texts)
        for button in self.rail.values():
            button.setMinimumWidth(wide + RAIL_ROOM)

    # -- what is shown

    def open(self, folder: Path) -> None:
        """Show the evaluation of a folder, and its study when it has one."""
        from lgesynth_gui.evaluation.study_files import study_folder

        if self.pages.currentWidget() is self.reading:
            self.evaluating.said.emit("A study is being read: take a break first.")
            return
        study = study_folder(folder)
        if study is not None:
            self.studying.open(folder)
        if study == folder:  # nothing but a study
            self.show_panel(STUDY)
            return
        self.evaluating.open(folder)
        if self.current == STUDY:
            self.show_panel("alignment")

    def show_panel(self, name: str) -> None:
        """Show a panel by its name."""
        self.current = name
        self.refresh()

    def refresh(self) -> None:
        """The pages as the desk is now."""
        desk = self.evaluating.desk
        found, study = desk.evaluation, self.current == STUDY
        running = desk.stage.state in ("running", "failed", "stopped")
        if self.pages.currentWidget() is not self.reading:
            there = found is not None or study or running
            self.pages.setCurrentWidget(self.work if there else self.empty)
        self.empty.tell(desk.trouble)
        self.head.setVisible(not study)
        self.centre.setCurrentWidget(self.study if study else self.panel)
        wide, high = QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored
        self.study.setSizePolicy(wide, wide if study else high)  # unseen it needs no room
        for name, button in self.rail.items():
            button.setChecked(name == self.current)
            panel = listed(found, name) if found is not None else None
            text = next((t for n, t, _ in PANELS if n == name), STUDY_TEXT)
            button.setText(f"{text} ▲" if panel is not None and panel.alarms else text)
        if not study:
            panel = listed(found, self.current) if found is not None else None
            note = note_of(found, desk.filter.words)
            above = self.head.words() if self.head.folded else ()
            self.panel.show_panel(panel, desk.filter, note, above)

    def _on_changed(self, field: str) -> None:
        if field in ("evaluation", "filter", "stage", "trouble"):
            self.refresh()

    def take(self, path: Path) -> bool:
        """A dropped folder with an evaluation or a study; anything else is left to the window."""
        from lgesynth_gui.evaluation.panel_files import FILE
        from lgesynth_gui.evaluation.study_files import study_folder

        if not (path / FILE).is_file() and study_folder(path) is None:
            return False
        self.open(path)
        return True

    def _pick(self) -> None:
        kind = QFileDialog.FileMode.Directory
        pick(self, "Folder of an evaluation", kind, lambda path: self.open(Path(path)))

    # -- reading

    def _read(self, asks_scar: bool) -> None:
        self.pages.setCurrentWidget(self.reading)
        self.reading.start(asks_scar)

    def _back(self) -> None:
        self.pages.setCurrentWidget(self.work)
        self.show_panel(STUDY)
        self.study.back()


def note_of(found: Evaluation | None, narrowed: str) -> str:
    """What is printed below every exported figure."""
    if found is None:
        return ""
    told = [f"{found.data.rstrip('.')}.", found.held_out]
    told += [f"Warning: {found.small}"] if found.small else []
    told += [f"Shown: {narrowed}."] if narrowed else []
    told += [] if found.finished else ["Partial: the evaluation was still running."]
    return " ".join(one for one in told if one)
