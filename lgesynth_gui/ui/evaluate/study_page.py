"""The reader study before and after the reading: what it is, who reads, what came of it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.figure_words import Filter
from lgesynth_gui.app.studying import Studying
from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.evaluation.panel import Panel
from lgesynth_gui.evaluation.study import PRACTICE, Sitting
from lgesynth_gui.ui.bars import pick
from lgesynth_gui.ui.evaluate.panel_page import PanelPage
from lgesynth_gui.ui.evaluate.study_folders import StudyFolders
from lgesynth_gui.ui.flow import FlowLayout
from lgesynth_gui.ui.labels import plain_label, plain_tip

PAIRS = 60
ABOUT = (
    "One picture after the other: is it real or synthetic? Half of them are synthetic, and no"
    " heart comes twice. Answer with the keys 1 (surely real) to 5 (surely synthetic)."
    f" The first {PRACTICE} cases are practice and do not count. Nobody is told what was right"
    " until the last case; there is no going back. Every answer is kept at once: take a break, or"
    " close the window, and go on later."
)
HIDDEN = (
    "Inside the study, and only there, the SYNTHETIC mark and the corner text are hidden: half of"
    " the pictures you will see are synthetic."
)
NOTHING = "No study yet. Open one, make one of your exports and scans, or make pairs."


class StudyPage(QWidget):
    """Opens or makes a study, seats a reader, shows the results."""

    read_wanted = Signal(bool)  # whether to ask where the scar is

    def __init__(self, studying: Studying, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studying = studying
        self.heading = plain_label("Reader study: real or synthetic?", role="section")
        self.about, hidden = plain_label(ABOUT), plain_label(f"▲ {HIDDEN}", role="warning")
        self.study = plain_label(NOTHING)
        for label in (self.about, hidden, self.study):
            label.setWordWrap(True)
        self.open = self._button("Open a study…", "A folder with a study, or with an evaluation")
        self.open.clicked.connect(self._pick)
        self.gather = self._button("From exports and scans…", "Folders with masks, as Train reads")
        self.gather.clicked.connect(self._folders)
        self.pairs = self._button(f"Make {PAIRS} pairs", "Simulated hearts and their painted twins")
        self.pairs.clicked.connect(self._make_pairs)
        make = QWidget()
        row = FlowLayout(make)
        row.setContentsMargins(0, 0, 0, 0)
        for button in (self.open, self.gather, self.pairs):
            row.addWidget(button)
        self.reader = QComboBox()
        self.reader.setAccessibleName("Reader")
        self.reader.setToolTip("A new reader, or one who goes on after a break")
        self.reader.setMinimumContentsLength(28)
        self.reader.currentIndexChanged.connect(lambda _: self._refresh_start())
        self.seed: QSpinBox = QSpinBox()
        self.seed.setRange(0, 999_999)
        self.seed.setValue(1)
        self.seed.setAccessibleName("Seed")
        self.seed.setToolTip("Decides which pictures are read and in which order")
        self.scar = QCheckBox("Also ask where the scar is")
        self.scar.setToolTip("A click on the picture, scored against the mask at the end")
        self.start = self._button("Start reading", "Full picture, keys 1 to 5")
        self.start.setProperty("primary", True)
        self.start.clicked.connect(self._start)
        self.results = self._button("Results", "Accuracy, area under the curve, agreement, time")
        self.results.clicked.connect(studying.ask_results)
        seat = QWidget()
        line = FlowLayout(seat)
        line.setContentsMargins(0, 0, 0, 0)
        seats: tuple[QWidget, ...] = (
            plain_label("Reader", role="muted"), self.reader, plain_label("Seed", role="muted"),
            self.seed, self.scar, self.start, self.results,
        )  # fmt: skip
        for one in seats:
            line.addWidget(one)
        self.words = plain_label(role="muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Pictures made")
        self.cancel = self._button("Cancel", "Stop making pictures")
        self.cancel.clicked.connect(studying.cancel)
        work = QHBoxLayout()
        work.addWidget(self.words, 1)
        work.addWidget(self.bar)
        work.addWidget(self.cancel)
        self.panel = PanelPage()
        self.panel.setAccessibleName("Results of the reader study")
        self.panel.said.connect(studying.said)
        self.panel.hide()
        column = QVBoxLayout(self)
        column.setSpacing(8)
        for widget in (self.heading, self.about, hidden, make, self.study, seat):
            column.addWidget(widget)
        column.addLayout(work)
        column.addWidget(self.panel, 1)
        self._space = QWidget()
        column.addWidget(self._space, 1)
        studying.changed.connect(self._on_changed)
        studying.working.connect(self._on_working)
        studying.found.connect(self.show_results)
        self._on_working(None)
        self._refresh()

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(plain_tip(tip))
        return button

    # -- what is there

    def _pick(self) -> None:
        kind = QFileDialog.FileMode.Directory
        pick(self, "Folder of a reader study", kind, lambda path: self._studying.open(Path(path)))

    def _make_pairs(self) -> None:
        self._studying.make_pairs(PAIRS, self.seed.value())

    def _folders(self) -> None:
        dialog = StudyFolders(self)
        dialog.chosen.connect(self._studying.gather)
        dialog.open()

    def _on_changed(self, field: str) -> None:
        if field in ("study", "sitting"):
            self._show_panel(False)
        if field in ("study", "sittings"):
            self._refresh()

    def _refresh(self) -> None:
        desk = self._studying.desk
        if desk.study is None:
            self.study.setText(NOTHING)
        else:
            synthetic = sum(one.synthetic for one in desk.study.pictures)
            real = len(desk.study.pictures) - synthetic
            counts = f"{real} real and {synthetic} synthetic pictures"
            self.study.setText(f"{desk.study.title}. {counts}.")
        kept = self.reader.currentData()
        self.reader.clear()
        self.reader.addItem("New reader", 0)
        for one in desk.sittings:
            self.reader.addItem(_told(one), one.reader)
        at = self.reader.findData(kept)
        self.reader.setCurrentIndex(max(at, 0))
        self._refresh_start()

    def _refresh_start(self) -> None:
        desk, busy = self._studying.desk, self._studying.busy
        one = self._chosen()
        self.start.setText("Start reading" if one is None else "Go on reading")
        may = desk.study is not None and not busy
        self.start.setEnabled(may and (one is None or not one.finished))
        done = any(one.finished for one in desk.sittings)
        self.results.setEnabled(done and not busy)
        self.results.setToolTip(
            "Accuracy, area under the curve, agreement, time"
            if done
            else "Nothing is told before a reader has finished"
        )
        self.seed.setEnabled(one is None)
        for button in (self.open, self.gather, self.pairs):
            button.setEnabled(not busy)

    def _chosen(self) -> Sitting | None:
        reader = self.reader.currentData()
        sittings = self._studying.desk.sittings
        return next((one for one in sittings if one.reader == reader), None)

    # -- what is done

    def _start(self) -> None:
        one = self._chosen()
        why = (
            self._studying.begin(self.seed.value())
            if one is None
            else self._studying.resume(one.reader)
        )
        if why:
            self._studying.said.emit(why)
            self.words.setText(why)
            return
        self.read_wanted.emit(self.scar.isChecked())

    def back(self) -> None:
        """From the reading: the reader is chosen who has just read."""
        self._refresh()
        last = self.reader.count() - 1
        unfinished = [s.reader for s in self._studying.desk.sittings if not s.finished]
        at = self.reader.findData(unfinished[-1]) if unfinished else last
        self.reader.setCurrentIndex(max(at, 0))
        one = self._chosen()
        if one is not None:
            self.words.setText(
                f"Reader {one.reader} has finished. Thank you."
                if one.finished
                else f"{len(one.answers)} answers are kept; go on whenever you like."
            )
        (self.results if one is not None and one.finished else self.start).setFocus()

    def show_results(self, panel: Panel) -> None:
        """What the readers' answers say."""
        study = self._studying.desk.study
        note = f"{study.title}." if study is not None else ""
        self.panel.show_panel(panel, Filter(), note)
        self._show_panel(True)

    def _show_panel(self, shown: bool) -> None:
        """The results take the place of the words."""
        self.panel.setVisible(shown)
        self.about.setVisible(not shown)
        self._space.setVisible(not shown)

    def _on_working(self, step: Progress | None) -> None:
        busy = self._studying.busy and step is not None
        self.bar.setVisible(busy)
        self.cancel.setVisible(busy)
        if step is not None:
            self.bar.setRange(0, step.total)
            self.bar.setValue(step.done)
            self.words.setText(f"{step.note.capitalize()} …")
        elif self.words.text().endswith("…"):
            self.words.setText("")
        self._refresh_start()


def _told(one: Sitting) -> str:
    state = "finished" if one.finished else f"{len(one.answers)} of {len(one.order)} cases"
    return f"Reader {one.reader}: {state}"
