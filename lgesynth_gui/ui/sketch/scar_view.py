"""The scar as bullseye, classes, words and numbers: three views of one sketch, always in step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from PySide6.QtCore import QEvent, QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app import edits, heart, hints
from lgesynth_gui.app.cells import CLASS_FRACTIONS, CLASS_TEXTS, numbers, requested_cells
from lgesynth_gui.app.look import View
from lgesynth_gui.app.outcome import outcome_of
from lgesynth_gui.app.plan import counted
from lgesynth_gui.app.session import Session, new_merge_key
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.ui.labels import plain_label, plain_tip
from lgesynth_gui.ui.sketch.bullseye import Bullseye
from lgesynth_gui.ui.sketch.caption_line import CaptionLine
from lgesynth_gui.ui.sketch.hint_line import HintLine

LAYERS = (("endo", "From endo"), ("mid", "Mid-wall"), ("epi", "From epi"))
SCOPES = ((True, "Whole ring"), (False, "This slice"))
Reading = Literal["requested", "measured", "difference"]
READINGS: tuple[tuple[Reading, str, str], ...] = (
    ("requested", "Requested", "Transmurality as drawn, in percent of the wall"),
    ("measured", "Measured", "Transmurality as the judge found it in the shown result"),
    ("difference", "Difference", "Measured minus requested, in percentage points, by segment"),
)
LONGEST_NOTE = 500


def choice(
    texts: Sequence[str], names: Sequence[str], tips: Sequence[str]
) -> tuple[QButtonGroup, QHBoxLayout]:
    """A row of exclusive flat buttons."""
    group, row = QButtonGroup(), QHBoxLayout()
    row.setSpacing(4)
    for i, (text, name, tip) in enumerate(zip(texts, names, tips, strict=True)):
        button = QPushButton(text)
        button.setCheckable(True)
        button.setObjectName(name)
        button.setProperty("compact", True)
        button.setToolTip(plain_tip(tip))
        button.setAccessibleName(tip)
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        group.addButton(button, i)
        row.addWidget(button, 1)
    return group, row


class ScarView(QWidget):
    """Reads session and view and asks them for edits; `shown` gives the result that is looked at.

    Whatever changes the sketch brings the requested bullseye back, so that nobody edits one
    thing while reading another.
    """

    said = Signal(str)

    def __init__(
        self,
        session: Session,
        view: View,
        shown: Callable[[], tuple[SynthesisResult | None, str]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._view, self._shown = session, view, shown
        self._drag_key = self._note_key = 0
        self.setProperty("surface", "panel")
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(4)
        self._build_bullseye(column)
        self.figures = plain_label()
        self.figures.setObjectName("figures")
        self.figures.setWordWrap(True)
        column.addWidget(self.figures)
        self._build_classes(column)
        self.caption = CaptionLine(session, view)
        self.caption.said.connect(self.said)
        column.addWidget(self.caption)
        self.hint = HintLine(view)
        column.addWidget(self.hint)
        self._build_note(column)
        column.addStretch(1)
        session.changed.connect(self._on_changed)
        self.fit()

    # -- building

    def _build_bullseye(self, column: QVBoxLayout) -> None:
        self.readings, row = choice(
            [text for _, text, _ in READINGS],
            [name for name, _, _ in READINGS],
            [tip for _, _, tip in READINGS],
        )
        self.readings.button(0).setChecked(True)
        self.readings.idClicked.connect(lambda _: self.refresh())
        column.addLayout(row)
        self.bullseye = Bullseye()
        self.bullseye.selected.connect(self._on_selected)
        self.bullseye.dragged.connect(self._on_dragged)
        self.bullseye.swept.connect(self._on_swept)
        column.addWidget(self.bullseye, 10)

    def _build_classes(self, column: QVBoxLayout) -> None:
        row = QHBoxLayout()
        self.segment = plain_label(role="muted")
        self.segment.setObjectName("segmentName")
        self.percent = QSpinBox(minimum=0, maximum=100, suffix=" %")
        self.percent.setObjectName("percent")
        self.percent.setKeyboardTracking(False)  # 63, not 6 and then 63
        self.percent.setToolTip("Transmurality of the selected segment (% jumps here)")
        self.percent.setAccessibleName("Transmurality of the selected segment, percent")
        self.percent.valueChanged.connect(self._on_percent)
        row.addWidget(self.segment, 1)
        row.addWidget(self.percent)
        column.addLayout(row)
        self.classes, row = choice(
            CLASS_TEXTS,
            [f"class{i}" for i in range(5)],
            [f"Class {t} percent (key {i})" for i, t in enumerate(CLASS_TEXTS)],
        )
        self.classes.idClicked.connect(self._on_class)
        column.addLayout(row)
        self.layers, row = choice(
            [text for _, text in LAYERS],
            [f"layer_{name}" for name, _ in LAYERS],
            ["Scar from the endocardium", "Scar in mid-wall", "Scar from the epicardium"],
        )
        self.layers.idClicked.connect(lambda i: self._view.set(layer=LAYERS[i][0]))
        column.addLayout(row)
        self.scopes, row = choice(
            [text for _, text in SCOPES],
            ["scope_ring", "scope_slice"],
            ["Segment edits change every slice of the ring", "Segment edits change this slice"],
        )
        self.scopes.idClicked.connect(lambda i: self._view.set(ring=SCOPES[i][0]))
        self.normal = QPushButton("All normal")
        self.normal.setProperty("compact", True)
        self.normal.setToolTip("Take all scar away, in one undo step")
        self.normal.clicked.connect(lambda: edits.all_normal(self._session))
        row.addWidget(self.normal, 1)
        column.addLayout(row)

    def _build_note(self, column: QVBoxLayout) -> None:
        row = QHBoxLayout()
        label = plain_label("Note", role="muted")
        self.note = QLineEdit()
        self.note.setObjectName("note")
        self.note.setMaxLength(LONGEST_NOTE)
        self.note.setAccessibleName("Note")
        self.note.setPlaceholderText("Anything; never read as scar")
        self.note.setToolTip(
            "Kept with the study and written into every export; never read as scar.\n"
            "Do not write names or dates of people here."
        )
        self.note.textEdited.connect(self._on_note)
        self.note.editingFinished.connect(self._end_note)
        label.setBuddy(self.note)
        row.addWidget(label)
        row.addWidget(self.note, 1)
        column.addLayout(row)

    def changeEvent(self, event: QEvent) -> None:
        """Room for all words at another text size."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self.fit()

    def fit(self) -> None:
        """Room for all words at this text size."""
        self.caption.line.fit()
        self.bullseye.fit()
        self.hint.fit()
        for group in (self.readings, self.classes, self.layers, self.scopes):
            for button in group.buttons():
                room = button.fontMetrics().horizontalAdvance(button.text())
                button.setMinimumWidth(room + 8)

    # -- showing

    @property
    def reading(self) -> Reading:
        """What the bullseye prints."""
        return READINGS[max(self.readings.checkedId(), 0)][0]

    def read(self, what: Reading) -> None:
        """Print something else."""
        number = [name for name, _, _ in READINGS].index(what)
        self.readings.button(number).setChecked(True)
        self.refresh()

    def refresh(self) -> None:
        """Show the state and the look as they are now."""
        state, look = self._session.state, self._view.look
        result, _ = self._shown()
        if result is None or state.series is None:
            self.readings.button(0).setChecked(True)
        for i, (_, _, tip) in enumerate(READINGS[1:], 1):
            self.readings.button(i).setEnabled(result is not None)
            self.readings.button(i).setToolTip(
                plain_tip(tip if result is not None else "No result yet")
            )
        self._show_bullseye(result)
        for group, chosen in (
            (self.classes, look.grade),
            (self.layers, [name for name, _ in LAYERS].index(look.layer)),
            (self.scopes, 0 if look.ring else 1),
        ):
            with QSignalBlocker(group):
                group.button(chosen).setChecked(True)
        is_open = state.series is not None
        for group in (self.classes, self.layers, self.scopes):
            for button in group.buttons():
                button.setEnabled(is_open)
        self.normal.setEnabled(bool(state.sketch.regions))
        self._show_segment()
        self.caption.refresh()
        self.figures.setText(self._figure_text())
        self.hint.show_hints(hints.hints(state))
        self.note.setEnabled(is_open)
        if self.note.text() != state.note:
            self.note.setText(state.note)

    def _show_bullseye(self, result: SynthesisResult | None) -> None:
        state, segment = self._session.state, self._view.look.segment
        if self.reading == "requested" or result is None or state.series is None:
            self.bullseye.show_cells(requested_cells(state), segment)
            return
        outcome = outcome_of(result, state.series)
        if self.reading == "measured":
            self.bullseye.show_cells(outcome.found, segment)
        else:
            self.bullseye.show_points(outcome.found, outcome.points, segment)

    def _show_segment(self) -> None:
        segment = self._view.look.segment
        cell = requested_cells(self._session.state).get(segment or 0)
        self.percent.setEnabled(cell is not None)
        with QSignalBlocker(self.percent):
            self.percent.setValue(round(100 * cell.touched) if cell is not None else 0)
        if segment is None:
            self.segment.setText("No segment selected")
        else:
            self.segment.setText(f"{segment} {heart.segment_name(segment)}")

    def _figure_text(self) -> str:
        state = self._session.state
        if state.series is None:
            return "Open a series to draw."
        if not state.sketch.regions:
            return "Pick a segment, draw (C), or type words (T)."
        n = numbers(state)
        places = f"{counted(n.segments, 'segment')} · {counted(n.slices, 'slice')}"
        if n.scar_g is None or n.percent_lv is None:
            return f"– g · – % of LV · {places} (contours not accepted)"
        return f"{n.scar_g:.1f} g · {n.percent_lv:.1f} % of LV · {places}"

    # -- intents

    def _on_changed(self, field: str) -> None:
        if field in ("sketch", "series"):
            self.readings.button(0).setChecked(True)

    def _on_selected(self, segment: int) -> None:
        if self._session.state.series is not None:
            edits.select_segment(self._session, self._view, segment)

    def _on_class(self, grade: int) -> None:
        self._say(edits.set_class(self._session, self._view, grade))

    def _on_percent(self, percent: int) -> None:
        segment = self._view.look.segment
        if segment is not None and self._session.state.series is not None:
            self._say(edits.set_fraction(self._session, self._view, segment, percent / 100))

    def _on_dragged(self, segment: int, fraction: float, first: bool) -> None:
        self._drag(segment, fraction, first)

    def _on_swept(self, segment: int, first: bool) -> None:
        self._drag(segment, CLASS_FRACTIONS[self._view.look.grade], first)

    def _drag(self, segment: int, fraction: float, first: bool) -> None:
        """One drag is one undo step."""
        if self._session.state.series is None:
            return
        if first:
            self._drag_key = new_merge_key()
        key = self._drag_key
        self._say(edits.set_fraction(self._session, self._view, segment, fraction, merge_key=key))

    def _on_note(self, text: str) -> None:
        self._note_key = self._note_key or new_merge_key()
        self._session.edit("note", text, "note", merge_key=self._note_key)

    def _end_note(self) -> None:
        self._note_key = 0

    def _say(self, reason: str) -> None:
        if reason:
            self.said.emit(reason)
