"""Step 3: how long and how carefully, what it costs here, and where the run is kept."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.training import Training
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.training.presets import PRESETS, Preset, usual_threads
from lgesynth_gui.ui.bars import pick
from lgesynth_gui.ui.labels import plain_label, plain_tip

if TYPE_CHECKING:
    from lgesynth_gui.app.workers import Workers

ESTIMATES = "lgesynth_gui.evaluation.fine_tuning:estimate_presets"


class PresetStep(QWidget):
    """Three presets with time, memory and disk measured here; the rest is folded away."""

    changed = Signal()
    started = Signal()

    def __init__(self, training: Training, workers: Workers, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._training, self._workers = training, workers
        self._group = QButtonGroup(self)
        column = QVBoxLayout(self)
        self.choices: dict[str, QRadioButton] = {}
        self.costs: dict[str, QLabel] = {}
        for preset in PRESETS.values():
            column.addLayout(self._choice(preset))
        self.choices["quick"].setChecked(True)
        self.measure = QPushButton("Measure time and memory on this computer")
        self.measure.setToolTip("Takes a few training steps on computed hearts; about a minute")
        self.measure.clicked.connect(self._measure)
        self.told = plain_label(role="muted")
        row = QHBoxLayout()
        row.addWidget(self.measure)
        row.addWidget(self.told, 1)
        column.addLayout(row)
        self.folder = QLineEdit(str(_usual_folder()))
        self.folder.setAccessibleName("Folder of the run")
        self.folder.setToolTip("A new or empty folder: checkpoints, log, pictures, the model")
        self.folder.textChanged.connect(lambda _: self._on_field())
        self.browse = QPushButton("Choose…")
        self.browse.setToolTip("Choose the folder in which the run's folder is made")
        self.browse.clicked.connect(self._browse)
        place = QHBoxLayout()
        place.addWidget(plain_label("Run folder", role="muted"))
        place.addWidget(self.folder, 1)
        place.addWidget(self.browse)
        column.addLayout(place)
        self.more = QPushButton("Advanced ▸")
        self.more.setCheckable(True)
        self.more.setToolTip("Steps, batch, learning rate, threads, seed, name")
        column.addWidget(self.more, alignment=Qt.AlignmentFlag.AlignLeft)
        self.advanced = self._advanced()
        self.advanced.hide()
        self.more.toggled.connect(self._fold)
        column.addWidget(self.advanced)
        column.addStretch(1)
        self._group.buttonClicked.connect(lambda _: self._on_field())
        training.changed.connect(lambda field: self.changed.emit() if field == "status" else None)

    def _choice(self, preset: Preset) -> QVBoxLayout:
        button = QRadioButton(preset.title)
        button.setObjectName(f"preset_{preset.name}")
        button.setToolTip(plain_tip(f"{preset.words} {preset.steps} steps of {preset.batch}"))
        self._group.addButton(button)
        self.choices[preset.name] = button
        words = plain_label(f"{preset.words} {preset.steps} steps of {preset.batch} slices.")
        cost = self.costs[preset.name] = plain_label("not measured yet", role="muted")
        box = QVBoxLayout()
        for widget in (button, words, cost):
            box.addWidget(widget)
        box.setContentsMargins(0, 0, 0, 8)
        return box

    def _advanced(self) -> QWidget:
        inner = QWidget()
        form = QFormLayout(inner)
        self.steps = _spin("Steps", 0, 1_000_000, "0 = the preset's own")
        self.batch = _spin("Slices a step", 0, 256, "0 = the preset's own")
        self.rate = QDoubleSpinBox()
        self.rate.setDecimals(6)
        self.rate.setRange(0, 0.01)
        self.rate.setSingleStep(1e-5)
        self.rate.setAccessibleName("Learning rate")
        self.rate.setToolTip("Peak of the learning rate; 0 = the preset's own")
        self.threads = _spin("Processor threads", 1, 256, "Part of what a resumed run repeats")
        self.threads.setValue(usual_threads())
        self.seed = _spin("Seed", 0, 2**31 - 1, "Of split, batches and noise")
        self.name = QLineEdit()
        self.name.setAccessibleName("Name of the model")
        self.name.setToolTip("Small letters, digits and hyphens; empty = made up")
        self.name.textChanged.connect(lambda _: self._on_field())
        for text, widget in (
            ("Steps", self.steps),
            ("Slices a step", self.batch),
            ("Learning rate", self.rate),
            ("Threads", self.threads),
            ("Seed", self.seed),
            ("Name", self.name),
        ):
            form.addRow(plain_label(text, role="muted"), widget)
        return inner

    def _fold(self, shown: bool) -> None:
        self.advanced.setVisible(shown)
        self.more.setText("Advanced ▾" if shown else "Advanced ▸")

    def _browse(self) -> None:
        kind = QFileDialog.FileMode.Directory
        pick(
            self,
            "Where the run's folder is made",
            kind,
            lambda path: self.folder.setText(str(Path(path) / _usual_folder().name)),
        )

    def _on_field(self) -> None:
        self.name.setProperty("unread", bool(self._name_fault()))
        self.name.style().unpolish(self.name)
        self.name.style().polish(self.name)
        self.changed.emit()

    def _name_fault(self) -> str:
        name = self.name.text().strip()
        plain = all(c in "abcdefghijklmnopqrstuvwxyz0123456789-" for c in name)
        if name and not (plain and name[0].isalpha() and len(name) <= 40):
            return "The name may hold small letters, digits and hyphens, a letter first."
        return ""

    def why_not(self) -> str:
        """Why nothing can be started, "" when it can."""
        if self._training.running:
            return "A training is running: see the next step."
        if not self.folder.text().strip():
            return "Choose a folder for the run."
        return self._name_fault()

    @property
    def preset(self) -> str:
        """The chosen preset."""
        return next(name for name, button in self.choices.items() if button.isChecked())

    def arguments(self) -> tuple[str, ...]:
        """What `lgesynth train` is told, the run's folder left out."""
        desk = self._training.desk
        told = ["tune", "--preset", self.preset, "--threads", str(self.threads.value())]
        for folder in desk.folders:
            told += ["--data", str(folder.resolve())]
        for case in sorted(desk.checked.excluded if desk.checked else ()):
            told += ["--exclude", case.rpartition(" ")[2]]
        for option, value in (
            ("--steps", self.steps.value()),
            ("--batch", self.batch.value()),
            ("--rate", self.rate.value()),
            ("--seed", self.seed.value()),
        ):
            if value:
                told += [option, f"{value:g}" if isinstance(value, float) else str(value)]
        if desk.few:
            told.append("--few")
        if self.name.text().strip():
            told += ["--name", self.name.text().strip()]
        return tuple(told)

    def start(self) -> str:
        """Start the run; why not, or ""."""
        run = Path(self.folder.text().strip()).expanduser()
        try:
            if run.exists() and any(run.iterdir()):
                return "That folder holds something already. Choose a new one."
        except OSError as error:
            return f"That folder cannot be used: {error.strerror}."
        why = self._training.begin(run, self.arguments())
        if not why:
            self.folder.setText(str(_usual_folder()))
            self.started.emit()
        return why

    # -- what it costs

    def _measure(self) -> None:
        self.measure.setEnabled(False)
        self.told.setText("Measuring …")
        workers = self._workers
        handle = workers.engine_jobs.submit(lambda: workers.engine.run(ESTIMATES))
        handle.finished.connect(self._on_measured)
        handle.failed.connect(self._on_failed)
        for ending in (handle.finished, handle.failed, handle.cancelled):
            ending.connect(lambda _: self.measure.setEnabled(True))

    def _on_measured(self, found: Mapping[str, Any]) -> None:
        self.told.setText("Measured on this computer.")
        for name, one in found.items():
            self.costs[name].setText(one.words.capitalize())

    def _on_failed(self, error: Exception) -> None:
        known = isinstance(error, LgeSynthError)
        self.told.setText(str(error) if known else f"Not measured ({type(error).__name__}).")


def _usual_folder() -> Path:
    stamp = datetime.datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    return Path.home() / f"lgesynth-run-{stamp}"


def _spin(name: str, low: int, high: int, tip: str) -> QSpinBox:
    made = QSpinBox()
    made.setRange(low, high)
    made.setAccessibleName(name)
    made.setToolTip(plain_tip(tip))
    return made
