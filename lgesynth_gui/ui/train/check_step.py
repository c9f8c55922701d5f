"""Step 2: every case with what it is good for, before anything starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.training import Training
from lgesynth_gui.core.jobs import Job
from lgesynth_gui.training.cases import Case
from lgesynth_gui.training.local_pool import Seen
from lgesynth_gui.ui.labels import plain_label, set_role
from lgesynth_gui.ui.sketch.film_tile import grey_image
from lgesynth_gui.ui.theme import data_colour
from lgesynth_gui.ui.train.case_table import CaseTable

PICTURE_PX = 256  # twice the model grid
WINDOW, LEVEL = 3.0, 0.0  # of pictures in u, the models' own units
Preview = Callable[[Case], Job]


class CheckStep(QWidget):
    """The table of cases, what the network will see of the chosen one, and the split."""

    contours_wanted = Signal(str)  # a case without contours, by our name for it

    def __init__(self, training: Training, preview: Preview, parent: QWidget | None = None) -> None:
        """Args: preview: case -> job returning a tuple of `training.local_pool.Seen`."""
        super().__init__(parent)
        self._training, self._preview = training, preview
        self._shown = ""
        self.table = CaseTable(self)
        self.table.excluded.connect(lambda case, out: training.exclude((case,), out))
        self.view = QTableView()
        self.view.setModel(self.table)
        self.view.setAccessibleName("Cases")
        self.view.setToolTip("Untick a case to leave it out")
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setTabKeyNavigation(False)
        self.view.setWordWrap(False)
        self.view.verticalHeader().hide()
        header = self.view.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        self.view.selectionModel().currentRowChanged.connect(lambda *_: self._on_row())
        self.picture = plain_label()
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setMinimumSize(PICTURE_PX, PICTURE_PX)
        self.picture.setAccessibleName("What the network will see of the chosen case")
        self.caption = plain_label()
        self.caption.setWordWrap(True)
        self.why = plain_label(role="muted")
        self.why.setWordWrap(True)
        self.contours = QPushButton("Propose contours and look at them")
        self.contours.setToolTip("Opens the case in Sketch; accept the contours, save the project")
        self.contours.clicked.connect(lambda: self.contours_wanted.emit(self._shown))
        side = QWidget()
        beside = QVBoxLayout(side)
        beside.setContentsMargins(8, 0, 0, 0)
        beside.addWidget(plain_label("What the network will see", role="heading"))
        for widget in (self.picture, self.caption, self.why, self.contours):
            beside.addWidget(widget)
        beside.addStretch(1)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.view)
        split.addWidget(side)
        split.setStretchFactor(0, 1)
        split.setChildrenCollapsible(False)
        self.out = QPushButton("Exclude all red")
        self.out.setToolTip("Leave out every case that cannot be used")
        self.out.clicked.connect(training.exclude_red)
        self.told = plain_label()
        self.told.setWordWrap(True)
        foot = QHBoxLayout()
        foot.addWidget(self.out)
        foot.addWidget(self.told, 1)
        column = QVBoxLayout(self)
        column.addWidget(split, 1)
        column.addLayout(foot)
        training.changed.connect(self._on_changed)
        self._on_changed("checked")

    def _on_changed(self, field: str) -> None:
        if field not in ("checked", "split"):
            return
        desk = self._training.desk
        self.table.show_checked(desk.checked)
        self.out.setEnabled(bool(desk.checked and desk.checked.red))
        if desk.checked is None:
            text, role = "Add data first.", "muted"
        elif desk.checked.red:
            red = len(desk.checked.red)
            what = "1 case cannot" if red == 1 else f"{red} cases cannot"
            text = f"{what} be used: exclude what is refused, or put it right."
            role = "warning"
        else:
            said = [one.reason for one in desk.checked.remarks]
            if desk.split is not None:
                said.insert(0, desk.split.words)
            text, role = " ".join(said), "warning" if desk.checked.remarks else ""
        self.told.setText(text)
        set_role(self.told, role)
        if desk.checked is not None and self.view.currentIndex().row() < 0:
            self.view.selectRow(0)
        self._on_row()

    def _on_row(self) -> None:
        one = self.table.finding(self.view.currentIndex().row())
        self.contours.setVisible(one is not None and not one.contours)
        self.why.setText(one.reason if one is not None else "")
        name = one.case if one is not None else ""
        if name == self._shown:
            return
        self._shown = name
        self.picture.clear()
        self.caption.setText("")
        case = self._training.case(name)
        if case is not None and one is not None and one.used:
            self._training.submit(
                lambda: self._preview(case), lambda found: self._on_preview(name, found)
            )

    def _on_preview(self, name: str, found: Sequence[Seen]) -> None:
        """The slice with the most scar among those that are used."""
        used = [one for one in found if one.used] or list(found)
        if name != self._shown or not used:
            return
        best = max(used, key=lambda one: int((one.labels >= 3).sum()))
        self.picture.setPixmap(QPixmap.fromImage(outlined(best)))
        self.caption.setText(f"Slice {best.index + 1}: {best.caption}")


def outlined(seen: Seen) -> QImage:
    """A slice as the network sees it, twice as large, its labels as coloured edges."""
    size = (PICTURE_PX, PICTURE_PX)
    keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    grey = grey_image(seen.picture, WINDOW, LEVEL).scaled(*size, keep, smooth)
    image = grey.convertToFormat(QImage.Format.Format_RGB32)
    labels = np.kron(seen.labels, np.ones((2, 2), np.uint8))
    for mask, colour in (
        ((labels >= 1), "epi"),
        ((labels == 1), "endo"),
        ((labels >= 3), "requested"),
    ):
        inner = mask & np.roll(mask, 1, 0) & np.roll(mask, -1, 0)
        inner &= np.roll(mask, 1, 1) & np.roll(mask, -1, 1)
        for row, column in np.argwhere(mask & ~inner).tolist():
            image.setPixelColor(column, row, data_colour(colour))
    return image
