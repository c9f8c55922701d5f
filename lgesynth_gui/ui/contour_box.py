"""The part of the left dock that edits contours: ring of the slice, accept, copy, smooth."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app import contour_edits, edits
from lgesynth_gui.app.contour_edits import RINGS, can_be, ring_of, ring_word
from lgesynth_gui.app.look import View
from lgesynth_gui.app.session import Session, new_merge_key
from lgesynth_gui.core.contours import SliceContours
from lgesynth_gui.ui.keymap import worded
from lgesynth_gui.ui.labels import plain_label, plain_tip


class ContourBox(QWidget):
    """Shows the contours of the shown slice and asks the session for edits."""

    propose_wanted = Signal()
    said = Signal(str)

    def __init__(self, session: Session, view: View, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._view = session, view
        self._base: SliceContours | None = None  # as the border was before the slider moved
        self._smoothed: SliceContours | None = None  # as the slider left it
        self._key, self._smoothing = -1, False
        self.ring = QComboBox()
        self.ring.setObjectName("ring")
        self.ring.setAccessibleName("Ring of this slice")
        self.ring.setToolTip("Ring of this slice; the AHA segments follow")
        self.ring.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.ring.setMinimumContentsLength(4)
        for name, text in RINGS:
            self.ring.addItem(text, name)
        self.ring.activated.connect(self._on_ring)
        self._ring_title = plain_label("Ring", role="muted")
        self.propose = self._button(
            "propose", "Propose", "Let the contour network outline the heart on every slice"
        )
        self.propose.clicked.connect(self.propose_wanted)
        self.accept_one = self._button(
            "acceptSlice", "Accept", "Accept the dashed contours of this slice"
        )
        self.accept_one.clicked.connect(
            lambda: edits.accept_contours(self._session, self._view.look.slice_index)
        )
        self.accept = self._button(
            "acceptAll", "Accept all", "Accept the dashed contours of all slices"
        )
        self.accept.clicked.connect(lambda: edits.accept_contours(self._session))
        self.up = self._button("copyUp", "Copy ↑", "")
        self.up.setAccessibleName("Copy the contours to the slice before")
        self.up.clicked.connect(lambda: self.copy(-1))
        self.down = self._button("copyDown", "Copy ↓", "")
        self.down.setAccessibleName("Copy the contours to the next slice")
        self.down.clicked.connect(lambda: self.copy(1))
        self.smooth = QSlider(Qt.Orientation.Horizontal)
        self.smooth.setObjectName("smooth")
        self.smooth.setAccessibleName("Smooth the border")
        self.smooth.setToolTip("Smooth the chosen border; as it was at the left end")
        self.smooth.setRange(0, 100)
        self.smooth.valueChanged.connect(self._on_smooth)
        self._smooth_title = plain_label("Smooth", role="muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for title, widget in ((self._ring_title, self.ring), (self._smooth_title, self.smooth)):
            row = QHBoxLayout()
            row.addWidget(title)
            row.addWidget(widget, 1)
            column.addLayout(row)
        column.addLayout(self._buttons())
        session.changed.connect(self._on_changed)
        view.changed.connect(self._on_look)
        self.refresh()

    def _button(self, name: str, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setToolTip(plain_tip(tip))
        button.setProperty("compact", True)
        return button

    def _buttons(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(4)
        grid.addWidget(self.propose, 0, 0)
        grid.addWidget(self.accept_one, 0, 1)
        grid.addWidget(self.accept, 1, 0, 1, 2)
        grid.addWidget(self.up, 2, 0)
        grid.addWidget(self.down, 2, 1)
        return grid

    def copy(self, by: int) -> None:
        """Copy the contours to a neighbour and go there."""
        self.said.emit(contour_edits.copy_contours(self._session, self._view, by))

    def ring_menu(self, index: int) -> QMenu:
        """The rings a slice can be given; it deletes itself."""
        contours = self._session.state.contours
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name, text in RINGS:
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setChecked(name == ring_of(contours, index))
            action.setEnabled(not can_be(contours, index, name))
            action.triggered.connect(
                lambda _=False, name=name: contour_edits.set_ring(self._session, index, name)
            )
        return menu

    def _on_ring(self, row: int) -> None:
        contour_edits.set_ring(self._session, self._view.look.slice_index, RINGS[row][0])
        self.refresh()

    def _on_smooth(self, value: int) -> None:
        look, contours = self._view.look, self._session.state.contours
        one = contours.slices[look.slice_index]
        if look.active not in ("endo", "epi") or one is None:
            return
        if self._base is None:
            self._base, self._key = one, new_merge_key()
        self._smoothing = True
        why = contour_edits.smooth(
            self._session, look.slice_index, self._base, look.active, value / 100, self._key
        )
        self._smoothing = False
        self._smoothed = self._session.state.contours.slices[look.slice_index]
        if why:
            self.said.emit(why)

    def _on_changed(self, field: str) -> None:
        if field in ("series", "contours"):
            self.refresh()

    def _on_look(self, names: frozenset[str]) -> None:
        if names & {"slice_index", "active"}:
            self._forget()
            self.refresh()

    def _forget(self) -> None:
        self._base = self._smoothed = None
        with QSignalBlocker(self.smooth):
            self.smooth.setValue(0)

    def refresh(self) -> None:
        """Show the state as it is now."""
        state, look = self._session.state, self._view.look
        self.setVisible(state.series is not None)
        if state.series is None or look.slice_index >= len(state.contours.slices):
            return
        contours, index = state.contours, look.slice_index
        one = contours.slices[index]
        if self._base is not None and not self._smoothing and one != self._smoothed:
            self._forget()  # somebody else edited, or took it back
        with QSignalBlocker(self.ring):
            self.ring.setCurrentIndex([n for n, _ in RINGS].index(ring_of(contours, index)))
        word = ring_word(contours, index)
        auto = f"Auto ({word})" if word and ring_of(contours, index) == "auto" else "Automatic"
        self.ring.setItemText(0, auto)
        model = self.ring.model()
        assert isinstance(model, QStandardItemModel)
        for row, (name, _) in enumerate(RINGS):
            model.item(row).setEnabled(not can_be(contours, index, name))
            model.item(row).setToolTip(plain_tip(can_be(contours, index, name)))
        self.ring.setEnabled(one is not None)
        proposed = [c for c in contours.slices if c is not None and not c.accepted]
        self.accept.setEnabled(bool(proposed))
        self.accept_one.setEnabled(one is not None and not one.accepted)
        self.propose.setEnabled(any(c is None or not c.accepted for c in contours.slices))
        last = state.series.shape[0] - 1
        self.up.setEnabled(one is not None and index > 0)
        self.down.setEnabled(one is not None and index < last)
        self.up.setToolTip(
            plain_tip(worded(f"Copy these contours to slice {index} ({{contours_up}})"))
        )
        self.down.setToolTip(
            plain_tip(worded(f"Copy these contours to slice {index + 2} ({{contours_down}})"))
        )
        has = one is not None and bool({"endo": one.endo, "epi": one.epi}.get(look.active, ()))
        self.smooth.setVisible(has)
        self._smooth_title.setVisible(has)
