"""The first thing one sees: what this is for, three ways in, and what was worked on last."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.recents import Recent, Recents
from lgesynth_gui.ui.labels import plain_label, plain_tip

STEPS = (
    ("1", "Open or drop a short-axis LGE series"),
    ("2", "Sketch the scar"),
    ("3", "Generate"),
    ("4", "Check Dice and export"),
)
RESEARCH_USE = "Research use only: output is synthetic and not for diagnosis."
SHOWN = 4  # projects on the page
BUTTON, NAME = "0" * 30, "0" * 24  # room for so many digits


class StartPage(QFrame):
    """Large title, four steps, three buttons, recent projects; a drop anywhere opens, too."""

    sample_wanted = Signal()
    folder_wanted = Signal()
    file_wanted = Signal()
    recent_wanted = Signal(str)  # id of a project
    forget_wanted = Signal(str)
    remember_wanted = Signal(bool)
    parts_wanted = Signal(int)  # the first part, by its place in the list

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("startPage")
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setSpacing(12)
        column.addStretch(3)
        title = plain_label("Draw a scar. See the LGE.", role="title")
        title.setWordWrap(True)
        title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(title)
        steps = QGridLayout()
        steps.setHorizontalSpacing(10)
        steps.setVerticalSpacing(6)
        for row, (number, text) in enumerate(STEPS):
            steps.addWidget(plain_label(number, role="heading"), row, 0)
            steps.addWidget(plain_label(text, role="muted"), row, 1)
        column.addLayout(_centred(steps))
        self.sample = self._button("Try the sample heart", "sample", "A computed heart to draw on")
        self.sample.setProperty("primary", True)
        self.sample.clicked.connect(self.sample_wanted)
        self.folder = self._button(
            "Open DICOM folder…   Ctrl+O", "openFolder", "A folder with a short-axis LGE series"
        )
        self.folder.clicked.connect(self.folder_wanted)
        self.file = self._button(
            "Open NIfTI…   Ctrl+Shift+O",
            "openFile",
            "A project (.lgesynth), a NIfTI file (.nii, .nii.gz) or a single DICOM file",
        )
        self.file.clicked.connect(self.file_wanted)
        buttons = QVBoxLayout()
        buttons.setSpacing(8)
        for button in (self.sample, self.folder, self.file):
            buttons.addWidget(button)
        column.addLayout(_centred(buttons))
        self.recent = QWidget()
        self.recent.setObjectName("recentProjects")
        self._rows = QGridLayout(self.recent)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setVerticalSpacing(4)
        column.addLayout(_centred(self.recent))
        self.remember = QCheckBox("Do not remember projects")
        self.remember.setObjectName("doNotRemember")
        self.remember.setToolTip("Forgets those on this list, and adds no more; no file is deleted")
        self.remember.toggled.connect(lambda on: self.remember_wanted.emit(not on))
        column.addLayout(_centred(self.remember))
        self.message = plain_label(role="warning")
        self.message.setWordWrap(True)
        self.message.hide()
        self.parts = self._button(
            "Load as separate slices",
            "separateSlices",
            "Open what of it lies evenly, or slice by slice",
        )
        self._offered = -1
        self.parts.clicked.connect(lambda: self.parts_wanted.emit(self._offered))
        self.parts.hide()
        holder = QHBoxLayout()
        holder.addStretch(1)
        holder.addWidget(self.message, 6)
        holder.addStretch(1)
        column.addLayout(holder)
        column.addLayout(_centred(self.parts))
        drop = plain_label("…or drop a folder or file anywhere in this window.", role="muted")
        drop.setWordWrap(True)
        drop.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(drop)
        self._strips = QVBoxLayout()
        column.addLayout(self._strips)
        column.addStretch(4)
        area = QScrollArea()
        area.setObjectName("startArea")
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        research = plain_label(RESEARCH_USE, role="muted")
        research.setWordWrap(True)
        research.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 10)
        outer.addWidget(area, 1)
        outer.addWidget(research)
        self.show_recents(Recents())

    def _button(self, words: str, name: str, tip: str) -> QPushButton:
        button = QPushButton(words)
        button.setObjectName(name)
        button.setToolTip(plain_tip(tip))
        button.setMinimumWidth(self.fontMetrics().horizontalAdvance(BUTTON))
        return button

    def add_strip(self, strip: QWidget) -> None:
        """Put a strip below the buttons."""
        self._strips.addWidget(strip)

    def tell(self, message: str) -> None:
        """Say why something could not be opened; "" takes it away."""
        self.message.setText(message)
        self.message.setVisible(bool(message))
        self.parts.hide()

    def offer_parts(self, number: int) -> None:
        """Offer what can be opened of a series that was refused as a whole.

        Args:
            number: Its first part, by its place in the list.
        """
        self._offered = number
        self.parts.show()
        self.parts.setFocus()

    def show_recents(self, recents: Recents) -> None:
        """List the projects that were used last, each with a way to forget it."""
        while (item := self._rows.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        with QSignalBlocker(self.remember):
            self.remember.setChecked(not recents.remember)
        entries: Sequence[Recent] = recents.entries[:SHOWN]
        if entries:
            self._rows.addWidget(plain_label("Go on with", role="heading"), 0, 0)
        for row, one in enumerate(entries, 1):
            self._add(row, one)
        self.recent.setVisible(bool(entries))
        self.remember.setVisible(bool(entries) or not recents.remember)

    def _add(self, row: int, one: Recent) -> None:
        count = f"{one.slices} slice{'s' * (one.slices != 1)}"
        wide = self.fontMetrics().horizontalAdvance(NAME)
        name = self.fontMetrics().elidedText(one.label, Qt.TextElideMode.ElideRight, wide)
        open_ = QPushButton(f"{name} · {count}".replace("&", "&&"))
        open_.setObjectName(f"recent_{row}")
        open_.setProperty("compact", True)
        open_.setMinimumWidth(self.fontMetrics().horizontalAdvance(BUTTON))
        open_.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        open_.setAccessibleName(f"Open project {one.label}, {count}")
        open_.setToolTip("Open this project")
        open_.clicked.connect(lambda: self.recent_wanted.emit(one.id))
        forget = QPushButton("Forget")
        forget.setObjectName(f"forget_{row}")
        forget.setProperty("compact", True)
        forget.setMinimumWidth(self.fontMetrics().horizontalAdvance("Forget") + 16)
        forget.setAccessibleName(f"Forget project {one.label}")
        forget.setToolTip("Take it off this list; the file stays where it is")
        forget.clicked.connect(lambda: self.forget_wanted.emit(one.id))
        self._rows.addWidget(open_, row, 0)
        self._rows.addWidget(forget, row, 1)


def _centred(what: QLayout | QWidget) -> QHBoxLayout:
    holder = QHBoxLayout()
    holder.addStretch(1)
    if isinstance(what, QLayout):
        holder.addLayout(what)
    else:
        holder.addWidget(what)
    holder.addStretch(1)
    return holder
