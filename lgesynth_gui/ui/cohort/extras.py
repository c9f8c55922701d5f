"""The folded rest of a plan: quotas by bin, and how samples are painted and where."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.anatomy.bins import DEPTHS, SIZE_NAMES
from lgesynth_gui.app.cohort_planning import Planning
from lgesynth_gui.app.cohorts import Cohorts
from lgesynth_gui.cohort.plan import MOST, Quota
from lgesynth_gui.ui.labels import plain_label, plain_tip

ANY = "any"
PRECISIONS = (("whichever is faster", None), ("bfloat16", True), ("full", False))


class Typed(QSpinBox):
    """A number that a click selects, so that what is typed then replaces it."""

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Select it once the click is over."""
        super().focusInEvent(event)
        QTimer.singleShot(0, self, self.selectAll)


def spin(name: str, low: int, high: int, tip: str) -> QSpinBox:
    """A whole number with its name and tooltip."""
    made = Typed()
    made.setRange(low, high)
    made.setAccessibleName(name)
    made.setToolTip(plain_tip(tip))
    made.setGroupSeparatorShown(True)
    return made


def number(name: str, low: float, high: float, step: float, tip: str) -> QDoubleSpinBox:
    """A number with its name and tooltip."""
    made = QDoubleSpinBox()
    made.setRange(low, high)
    made.setSingleStep(step)
    made.setAccessibleName(name)
    made.setToolTip(plain_tip(tip))
    return made


def choice(name: str, items: tuple[str, ...], tip: str) -> QComboBox:
    """A choice with its name and tooltip."""
    made = QComboBox()
    made.addItems(list(items))
    made.setAccessibleName(name)
    made.setToolTip(plain_tip(tip))
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    made.setMinimumContentsLength(9)
    return made


def quota_words(quota: Quota) -> str:
    """A quota in words."""
    place = f"segment {quota.segment}" if quota.segment else ""
    where = ", ".join(one for one in (quota.size, quota.depth, place) if one)
    return f"{quota.count} kept: {where or 'any scar'}"


class Quotas(QWidget):
    """Accepted samples wanted by bin; a run adds samples until they are full, within its rounds."""

    def __init__(self, planning: Planning, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._planning = planning
        self._filling = False
        about = plain_label(
            "What the gate shall keep in a bin; a run adds samples until it is full.", role="muted"
        )
        about.setWordWrap(True)
        self.count = spin("Kept samples", 1, MOST, "So many accepted samples")
        self.count.setValue(20)
        self.size_box = choice("Size", (ANY, *SIZE_NAMES), "Size class of the bin")
        self.depth_box = choice("Depth", (ANY, *DEPTHS), "Depth of the bin")
        places = (ANY, *(str(one) for one in range(1, 18)))
        self.segment = choice("Segment", places, "Segment of the bin")
        self.add = QPushButton("Add quota")
        self.add.setToolTip("Want so many accepted samples in this bin")
        self.add.clicked.connect(self._add)
        self.list = QListWidget()
        self.list.setAccessibleName("Quotas")
        self.list.setToolTip("Bins with the number of accepted samples that are wanted")
        self.remove = QPushButton("Remove")
        self.remove.setToolTip("Take the chosen quota out")
        self.remove.clicked.connect(lambda: planning.remove_quota(self.list.currentRow()))
        self.rounds = spin(
            "Rounds", 0, 50, "How often a run adds samples to fill quotas, at the most"
        )
        self.rounds.valueChanged.connect(self._on_rounds)
        grid = QGridLayout()
        rows: tuple[tuple[str, QWidget], ...] = (
            ("Kept", self.count),
            ("Size", self.size_box),
            ("Depth", self.depth_box),
            ("Segment", self.segment),
            ("Rounds at most", self.rounds),
        )
        for place, (text, widget) in enumerate(rows):
            grid.addWidget(plain_label(text, role="muted"), place, 0)
            grid.addWidget(widget, place, 1)
        grid.setColumnStretch(1, 1)
        row = QHBoxLayout()
        row.addWidget(self.add)
        row.addWidget(self.remove)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(about)
        column.addLayout(grid)
        column.addLayout(row)
        column.addWidget(self.list)
        planning.changed.connect(lambda field: self.refresh() if field == "draft" else None)
        self.list.currentRowChanged.connect(lambda at: self.remove.setEnabled(at >= 0))
        self.refresh()

    def _on_rounds(self, value: int) -> None:
        if not self._filling:
            self._planning.set_stop("rounds", rounds=value)

    def _add(self) -> None:
        size, depth, place = (
            "" if box.currentIndex() == 0 else box.currentText()
            for box in (self.size_box, self.depth_box, self.segment)
        )
        self._planning.add_quota(
            Quota.model_validate(
                {"size": size, "depth": depth, "segment": int(place or 0),
                 "count": self.count.value()}
            )
        )  # fmt: skip

    def refresh(self) -> None:
        """The quotas as they are now."""
        draft = self._planning.draft
        self._filling = True
        self.rounds.setValue(draft.stop.rounds)
        self._filling = False
        row = self.list.currentRow()
        self.list.clear()
        for quota in draft.quotas:
            self.list.addItem(quota_words(quota))
        self.list.setCurrentRow(min(row, len(draft.quotas) - 1))
        rows = min(max(len(draft.quotas), 1), 5)
        self.list.setFixedHeight(rows * (self.list.fontMetrics().height() + 4) + 8)
        self.list.setVisible(bool(draft.quotas))
        self.remove.setEnabled(self.list.currentRow() >= 0)


class More(QWidget):
    """Limits of the run, how samples are painted, and who works."""

    def __init__(self, cohorts: Cohorts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cohorts, planning = cohorts, cohorts.planning
        self._filling = False
        self.seed = spin("Seed", 0, 2**31 - 1, "Everything random follows from it")
        self.hours = number("Hours at most", 0, 10_000, 1, "Of a run; 0 = no limit")
        self.gigabytes = number("Gigabytes at most", 0, 1e6, 1, "On the drive; 0 = no limit")
        self.steps = spin("Sampler steps", 1, 100, "More steps take longer")
        self.guidance = number("Guidance", 0, 0.3, 0.01, "0 is off, and three times as fast")
        self.limit = number("Dice limit", 0.05, 0.99, 0.05, "The gate's limit; 0.60 is usual")
        self.half = choice(
            "Precision",
            tuple(text for text, _ in PRECISIONS),
            "bfloat16 gives other pixels; the first run settles what is open",
        )
        self.workers = spin(
            "Engines", 1, 256, "Processes on this computer; one core is left for everything else"
        )
        self.workers.setValue(cohorts.workers)
        self.workers.valueChanged.connect(lambda value: setattr(cohorts, "workers", value))
        self.cluster = QLineEdit()
        self.cluster.setPlaceholderText("tcp://host:8786")
        self.cluster.setAccessibleName("Address of a Dask scheduler")
        self.cluster.setToolTip("Work on a cluster in your own network instead; empty = here")
        self.cluster.editingFinished.connect(
            lambda: setattr(cohorts, "cluster", self.cluster.text().strip())
        )
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for text, widget in (
            ("Seed", self.seed),
            ("Hours at most", self.hours),
            ("Gigabytes at most", self.gigabytes),
            ("Sampler steps", self.steps),
            ("Guidance", self.guidance),
            ("Dice limit", self.limit),
            ("Precision", self.half),
            ("Engines here", self.workers),
            ("or a scheduler", self.cluster),
        ):
            form.addRow(plain_label(text, role="muted"), widget)

        def changes(signal: object, change: Callable[[], object]) -> None:
            signal.connect(lambda _: None if self._filling else change())  # type: ignore[attr-defined]

        changes(self.seed.valueChanged, lambda: planning.set("seed", seed=self.seed.value()))
        changes(
            self.hours.valueChanged,
            lambda: planning.set_stop("hours", hours=self.hours.value()),
        )
        changes(
            self.gigabytes.valueChanged,
            lambda: planning.set_stop("gigabytes", gigabytes=self.gigabytes.value()),
        )
        changes(
            self.steps.valueChanged,
            lambda: planning.set_sampling("steps", steps=self.steps.value()),
        )
        changes(
            self.guidance.valueChanged,
            lambda: planning.set_sampling("guidance", guidance=round(self.guidance.value(), 3)),
        )
        changes(
            self.limit.valueChanged,
            lambda: planning.set_sampling("Dice limit", dice_limit=round(self.limit.value(), 3)),
        )
        changes(
            self.half.currentIndexChanged,
            lambda: planning.set_sampling(
                "precision", half=PRECISIONS[self.half.currentIndex()][1]
            ),
        )
        planning.changed.connect(lambda field: self.refresh() if field == "draft" else None)
        self.refresh()

    def refresh(self) -> None:
        """The fields as the draft has them; how a cohort is painted stays once it exists."""
        draft = self._cohorts.planning.draft
        fresh = self._cohorts.planning.plan is None
        self._filling = True
        self.seed.setValue(draft.seed)
        self.hours.setValue(draft.stop.hours)
        self.gigabytes.setValue(draft.stop.gigabytes)
        self.steps.setValue(draft.sampling.steps)
        self.guidance.setValue(draft.sampling.guidance)
        self.limit.setValue(draft.sampling.dice_limit)
        values = [value for _, value in PRECISIONS]
        self.half.setCurrentIndex(values.index(draft.sampling.half))
        self._filling = False
        for widget in (self.seed, self.steps, self.guidance, self.limit, self.half):
            widget.setEnabled(fresh)
