"""What Evaluate shows while there is nothing to show."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from lgesynth_gui.app.evaluating import COHORT, NO_EVALUATION
from lgesynth_gui.ui.labels import plain_label, plain_tip

NEEDS = "Needs the folder of an evaluation, of a cohort, or of annotated scans."
ABOUT = (
    "The quick evaluation paints scars into simulated hearts that no network has seen, and compares"
    " every system that is here. It runs beside the window and needs nothing of yours."
)


MEASURES = {
    NO_EVALUATION: (
        "Measure on the scans in this folder",
        "Labelled stacks in EMIDEC's layout; they are read, never changed",
    ),
    COHORT: (
        "Measure this cohort (a few minutes)",
        "200 kept samples beside true scars; the cohort is read, never changed",
    ),
}


class EmptyPage(QWidget):
    """One sentence and two ways on."""

    choose_wanted = Signal()
    quick_wanted = Signal()
    study_wanted = Signal()
    measure_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.needs = plain_label(NEEDS, role="section")
        self.trouble = plain_label(role="warning")
        about = plain_label(ABOUT, role="muted")
        for label in (self.needs, self.trouble, about):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.choose = QPushButton("Choose…")
        self.choose.setToolTip("A folder with an evaluation, or with a reader study")
        self.choose.clicked.connect(self.choose_wanted)
        self.quick = QPushButton("Run the quick evaluation (about 10 minutes)")
        self.quick.setProperty("primary", True)
        self.quick.setToolTip("On this computer, as a process of its own; it can be stopped")
        self.quick.clicked.connect(self.quick_wanted)
        self.study = QPushButton("Reader study…")
        self.study.setToolTip("Real or synthetic? Let people read pictures")
        self.study.clicked.connect(self.study_wanted)
        self.measure = QPushButton()
        self.measure.clicked.connect(self.measure_wanted)
        row = QHBoxLayout()
        row.addStretch(1)
        for button in (self.choose, self.measure, self.quick, self.study):
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addStretch(2)
        column.addWidget(self.needs)
        column.addWidget(self.trouble)
        column.addLayout(row)
        column.addWidget(about)
        column.addStretch(3)
        whole = QHBoxLayout(self)
        whole.addStretch(1)
        whole.addLayout(column, 8)
        whole.addStretch(1)
        self.tell("")

    def tell(self, trouble: str) -> None:
        """Say why a folder shows nothing, and what can be measured in it; "" takes it back."""
        words, tip = MEASURES.get(trouble, MEASURES[NO_EVALUATION])
        self.measure.setVisible(trouble in MEASURES)
        self.measure.setText(words)
        self.measure.setToolTip(plain_tip(tip))
        self.trouble.setText(trouble)
        self.trouble.setVisible(bool(trouble))
