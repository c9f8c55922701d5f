"""The Train mode: a rail of four steps, and what the chosen one shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.training import Training
from lgesynth_gui.ui.labels import plain_label, plain_tip
from lgesynth_gui.ui.train.check_step import CheckStep, Preview
from lgesynth_gui.ui.train.data_step import DataStep
from lgesynth_gui.ui.train.preset_step import PresetStep
from lgesynth_gui.ui.train.run_step import RunStep

if TYPE_CHECKING:
    from lgesynth_gui.app.workers import Workers

STEPS = ("1  Data", "2  Check", "3  Preset", "4  Run")
DATA, CHECK, PRESET, RUN = range(4)


class TrainPage(QWidget):
    """Leads from folders of scans to a model; every step can be gone back to."""

    def __init__(
        self, training: Training, workers: Workers, preview: Preview, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("trainPage")
        self.training = training
        self.data = DataStep(training)
        self.check = CheckStep(training, preview)
        self.preset = PresetStep(training, workers)
        self.run = RunStep(training)
        self.pages = QStackedWidget()
        for page in (self.data, self.check, self.preset, self.run):
            self.pages.addWidget(page)
        rail = QVBoxLayout()
        rail.addWidget(plain_label("Fine-tune on your own scans", role="heading"))
        self.rail: list[QPushButton] = []
        for number, text in enumerate(STEPS):
            button = QPushButton(text)
            button.setCheckable(True)
            button.setProperty("rail", True)
            button.setObjectName(f"trainStep{number + 1}")
            button.clicked.connect(lambda _=False, number=number: self.show_step(number))
            self.rail.append(button)
            rail.addWidget(button)
        rail.addStretch(1)
        self.next = QPushButton("Next")
        self.next.setObjectName("trainNext")
        self.next.setProperty("primary", True)
        self.next.clicked.connect(self._go_on)
        self.why = plain_label(role="muted")
        self.why.setWordWrap(True)
        foot = QHBoxLayout()
        foot.addWidget(self.why, 1)
        foot.addWidget(self.next)
        inner = QVBoxLayout()
        inner.addWidget(self.pages, 1)
        inner.addLayout(foot)
        row = QHBoxLayout(self)
        row.addLayout(rail)
        row.addLayout(inner, 1)
        training.changed.connect(lambda _: self.refresh())
        training.working.connect(lambda _: self.refresh())
        self.preset.changed.connect(self.refresh)
        self.preset.started.connect(lambda: self.show_step(RUN))
        self.run.resume_wanted.connect(self._resume)
        self.show_step(DATA)

    def show_step(self, number: int) -> None:
        """Show a step."""
        self.pages.setCurrentIndex(number)
        for place, button in enumerate(self.rail):  # no group: Tab comes to each of them
            button.setChecked(place == number)
        self.refresh()

    def refresh(self) -> None:
        """Which steps can be gone to, and why not."""
        desk, here = self.training.desk, self.pages.currentIndex()
        blocked = self._blocked()
        for number, button in enumerate(self.rail):
            open_ = number <= here or number == RUN or not any(blocked[:number])
            button.setEnabled(open_)
            why = next((words for words in blocked[:number] if words), "")
            button.setToolTip(plain_tip("Go to this step" if open_ else why))
        why = blocked[here] if here < RUN else ""
        self.next.setVisible(here < RUN)
        self.next.setText("Start training" if here == PRESET else "Next")
        self.next.setEnabled(not why)
        self.next.setToolTip(
            plain_tip(why or ("Start the run" if here == PRESET else "The next step"))
        )
        self.why.setText(why if desk.folders or here else "")

    def _blocked(self) -> tuple[str, str, str]:
        """Why the first three steps cannot be left, "" where they can."""
        desk = self.training.desk
        data = ""
        if not desk.folders:
            data = "Add a folder of annotated scans first."
        elif self.training.busy or desk.checked is None:
            data = "The data is being looked at."
        check = ""
        if desk.checked is not None and desk.split is None:
            told = [one.reason for one in desk.checked.remarks]
            red = bool(desk.checked.red)
            check = "Exclude what is refused first." if red else " ".join(told[:1])
        return data, check, self.preset.why_not()

    def _go_on(self) -> None:
        here = self.pages.currentIndex()
        if here == PRESET:
            if why := self.preset.start():
                self.training.said.emit(why)
            return
        self.show_step(here + 1)

    def _resume(self) -> None:
        run = self.training.desk.run
        if run is not None and (why := self.training.begin(run, ("resume",))):
            self.training.said.emit(why)

    def dropped(self, paths: list[Path]) -> None:
        """What is dropped in this mode is data."""
        self.training.add(paths)
        self.show_step(DATA)

    def take(self, path: Path) -> bool:
        """Everything that is dropped here is data."""
        self.dropped([path])
        return True
