"""The first thing one sees: what this is for, and three ways in."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from lgesynth_gui.ui.labels import plain_label

STEPS = (
    ("1", "Open or drop a short-axis LGE series"),
    ("2", "Sketch the scar"),
    ("3", "Generate"),
    ("4", "Check Dice and export"),
)
RESEARCH_USE = "Research use only: output is synthetic and not for diagnosis."


class StartPage(QFrame):
    """Large title, four steps, three buttons; a drop anywhere in the window opens too."""

    sample_wanted = Signal()
    folder_wanted = Signal()
    file_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("startPage")
        column = QVBoxLayout(self)
        column.setSpacing(14)
        column.addStretch(3)
        title = plain_label("Draw a scar. See the LGE.", role="title")
        column.addWidget(title, 0, Qt.AlignmentFlag.AlignHCenter)
        steps = QGridLayout()
        steps.setHorizontalSpacing(10)
        steps.setVerticalSpacing(6)
        for row, (number, text) in enumerate(STEPS):
            steps.addWidget(plain_label(number, role="heading"), row, 0)
            steps.addWidget(plain_label(text, role="muted"), row, 1)
        holder = QHBoxLayout()
        holder.addStretch(1)
        holder.addLayout(steps)
        holder.addStretch(1)
        column.addLayout(holder)
        self.sample = QPushButton("Try the sample heart")
        self.sample.setObjectName("sample")
        self.sample.setProperty("primary", True)
        self.sample.clicked.connect(self.sample_wanted)
        self.folder = QPushButton("Open DICOM folder…   Ctrl+O")
        self.folder.setObjectName("openFolder")
        self.folder.clicked.connect(self.folder_wanted)
        self.file = QPushButton("Open NIfTI…   Ctrl+Shift+O")
        self.file.setObjectName("openFile")
        self.file.setToolTip("A NIfTI file (.nii, .nii.gz) or a single DICOM file")
        self.file.clicked.connect(self.file_wanted)
        buttons = QVBoxLayout()
        buttons.setSpacing(8)
        for button in (self.sample, self.folder, self.file):
            button.setMinimumWidth(280)
            buttons.addWidget(button)
        holder = QHBoxLayout()
        holder.addStretch(1)
        holder.addLayout(buttons)
        holder.addStretch(1)
        column.addLayout(holder)
        self.message = plain_label(role="warning")
        self.message.setWordWrap(True)
        self.message.setMaximumWidth(620)
        self.message.hide()
        holder = QHBoxLayout()
        holder.addStretch(1)
        holder.addWidget(self.message, 6)
        holder.addStretch(1)
        column.addLayout(holder)
        drop = plain_label("…or drop a folder or file anywhere in this window.", role="muted")
        column.addWidget(drop, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(4)
        research = plain_label(RESEARCH_USE, role="muted")
        research.setWordWrap(True)
        research.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(research)
        column.addSpacing(10)

    def tell(self, message: str) -> None:
        """Say why something could not be opened; "" takes it away."""
        self.message.setText(message)
        self.message.setVisible(bool(message))
