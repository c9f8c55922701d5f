"""The right dock of Sketch: bullseye, classes, words, numbers; footer with Generate and verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, QPoint, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app import edits, heart, hints
from lgesynth_gui.app.look import View
from lgesynth_gui.app.session import Session, new_merge_key, why_not_generate
from lgesynth_gui.app.verdicts import card_of, why_not_export
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.ui.binding import bind_number
from lgesynth_gui.ui.labels import plain_label
from lgesynth_gui.ui.sketch.bullseye import Bullseye
from lgesynth_gui.ui.sketch.caption_line import CaptionLine
from lgesynth_gui.ui.sketch.settings_popup import SettingsPopup
from lgesynth_gui.ui.sketch.verdict_card import VerdictCard

LAYERS = (("endo", "From endo"), ("mid", "Mid-wall"), ("epi", "From epi"))
LEAST_WIDTH = "0" * 36  # room for this many digits
SCOPES = ((True, "Whole ring"), (False, "This slice"))


def _choice(
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
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        button.setMinimumWidth(button.fontMetrics().horizontalAdvance(text) + 8)
        group.addButton(button, i)
        row.addWidget(button, 1)
    return group, row


class ScarPanel(QWidget):
    """Shows the sketch as bullseye, words and numbers, and starts the generation."""

    generate_wanted = Signal()
    apply_wanted = Signal()
    export_wanted = Signal()
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
        self._drag_key = 0
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._upper(), 1)
        line = QFrame()
        line.setProperty("role", "rule")
        layout.addWidget(line)
        layout.addWidget(self._footer())
        session.changed.connect(lambda _: self.refresh())
        view.changed.connect(self._on_look)
        self._fit()
        self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        """As wide as its words need at this text size."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def _fit(self) -> None:
        self.caption.line.fit()
        self.bullseye.fit()
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance(LEAST_WIDTH))
        for group in (self._classes, self._layers, self._scopes):
            for button in group.buttons():
                room = button.fontMetrics().horizontalAdvance(button.text())
                button.setMinimumWidth(room + 8)

    # -- building

    def _upper(self) -> QScrollArea:
        inner = QWidget()
        inner.setProperty("surface", "panel")
        column = QVBoxLayout(inner)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(5)
        row = QHBoxLayout()
        row.addWidget(plain_label("Transmurality, %", role="heading"), 1)
        self.measured = QPushButton("Measured")
        self.measured.setCheckable(True)
        self.measured.setProperty("compact", True)
        self.measured.setObjectName("measured")
        self.measured.setToolTip("Show what the judge measured in the shown result")
        self.measured.toggled.connect(lambda _: self.refresh())
        row.addWidget(self.measured)
        column.addLayout(row)
        self.bullseye = Bullseye()
        self.bullseye.selected.connect(self._on_selected)
        self.bullseye.dragged.connect(self._on_dragged)
        column.addWidget(self.bullseye, 10)
        self._classes, row = _choice(
            heart.CLASS_TEXTS,
            [f"class{i}" for i in range(5)],
            [f"Class {t} percent (key {i})" for i, t in enumerate(heart.CLASS_TEXTS)],
        )
        self._classes.idClicked.connect(self._on_class)
        column.addLayout(row)
        self._layers, row = _choice(
            [text for _, text in LAYERS],
            [f"layer_{name}" for name, _ in LAYERS],
            ["Scar from the endocardium", "Scar in mid-wall", "Scar from the epicardium"],
        )
        self._layers.idClicked.connect(lambda i: view_set(self._view, layer=LAYERS[i][0]))
        column.addLayout(row)
        self._scopes, row = _choice(
            [text for _, text in SCOPES],
            ["scope_ring", "scope_slice"],
            ["Segment edits change every slice of the ring", "Segment edits change this slice"],
        )
        self._scopes.idClicked.connect(lambda i: view_set(self._view, ring=SCOPES[i][0]))
        self.normal = QPushButton("All normal")
        self.normal.setProperty("compact", True)
        self.normal.setToolTip("Take all scar away, in one undo step")
        self.normal.clicked.connect(lambda: edits.all_normal(self._session))
        row.addWidget(self.normal, 1)
        column.addLayout(row)
        self.caption = CaptionLine(self._session, self._view)
        self.caption.said.connect(self.said)
        column.addWidget(self.caption)
        self.figures = plain_label(role="muted")
        self.figures.setObjectName("figures")
        self.figures.setWordWrap(True)
        column.addWidget(self.figures)
        self.hint = plain_label(role="muted")
        self.hint.setObjectName("plausibility")
        self.hint.setWordWrap(True)
        column.addWidget(self.hint)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inner)
        return area

    def _footer(self) -> QWidget:
        footer = QWidget()
        column = QVBoxLayout(footer)
        column.setContentsMargins(8, 6, 8, 8)
        column.setSpacing(5)
        row = QHBoxLayout()
        self.seed = QSpinBox(minimum=0, maximum=999_999)
        self.seed.setAccessibleName("Seed")
        self.seed.setToolTip("Seed of the first variation; the next ones count up")
        self.count = QSpinBox(minimum=1, maximum=16, prefix="× ")
        self.count.setAccessibleName("Variations")
        self.count.setToolTip("How many variations one Generate makes")
        bind_number(
            self.seed,
            self._session,
            "settings",
            show=lambda s: s.settings.seed,
            take=lambda s, v: replace(s.settings, seed=int(v)),
            text="seed",
        )
        bind_number(
            self.count,
            self._session,
            "settings",
            show=lambda s: s.settings.count,
            take=lambda s, v: replace(s.settings, count=int(v)),
            text="number of variations",
        )
        gear = QToolButton()
        gear.setText("⚙")
        gear.setAccessibleName("Generation settings")
        gear.setToolTip("Steps, guidance, feather, slices")
        self._settings = SettingsPopup(self._session, self)
        gear.clicked.connect(lambda: self._open_settings(gear))
        row.addWidget(plain_label("Seed"))
        row.addWidget(self.seed, 2)
        row.addWidget(self.count, 1)
        row.addWidget(gear)
        column.addLayout(row)
        self.generate = QPushButton("Generate   Ctrl+Enter")
        self.generate.setObjectName("generate")
        self.generate.setProperty("primary", True)
        self.generate.clicked.connect(self.generate_wanted)
        column.addWidget(self.generate)
        self.plan = plain_label(role="muted")
        self.plan.setObjectName("plan")
        column.addWidget(self.plan)
        self.card = VerdictCard()
        column.addWidget(self.card)
        row = QHBoxLayout()
        self.apply = QPushButton("Apply   Enter")
        self.apply.setObjectName("apply")
        self.apply.setToolTip("Take the previewed variation into the project")
        self.apply.clicked.connect(self.apply_wanted)
        self.export = QPushButton("Export…   Ctrl+E")
        self.export.setObjectName("export")
        self.export.clicked.connect(self.export_wanted)
        row.addWidget(self.apply, 1)
        row.addWidget(self.export, 1)
        column.addLayout(row)
        return footer

    def _open_settings(self, gear: QToolButton) -> None:
        self._settings.adjustSize()
        corner = gear.mapToGlobal(QPoint(gear.width(), 0))
        place = corner - QPoint(self._settings.width(), self._settings.height() + 4)
        self._settings.move(place)
        self._settings.show()

    # -- showing

    def refresh(self) -> None:
        """Show the state and the look as they are now."""
        state, look = self._session.state, self._view.look
        result, tag = self._shown()
        self.measured.setEnabled(result is not None)
        if self.measured.isChecked() and result is not None:
            cells = heart.measured_cells(state, result.measured, result.slices)
        else:
            cells = heart.requested_cells(state)
        self.bullseye.show_cells(cells, look.segment)
        for group, chosen in (
            (self._classes, look.grade),
            (self._layers, [name for name, _ in LAYERS].index(look.layer)),
            (self._scopes, 0 if look.ring else 1),
        ):
            with QSignalBlocker(group):
                group.button(chosen).setChecked(True)
        is_open = state.series is not None
        for group in (self._classes, self._layers, self._scopes):
            for button in group.buttons():
                button.setEnabled(is_open)
        self.normal.setEnabled(bool(state.sketch.regions))
        self.caption.refresh()
        self.figures.setText(self._figure_text())
        self.hint.setText(hints.hint(state))
        self.hint.setVisible(bool(self.hint.text()))
        reason = why_not_generate(state, look.slice_index)
        self.generate.setEnabled(not reason)
        self.generate.setToolTip(reason or "Make the variations (Ctrl+Enter)")
        self.plan.setText(reason or self._plan_text())
        self.card.show_card(card_of(result, state), tag)
        self.apply.setEnabled(tag == "PREVIEW" and result is not None)
        reason = why_not_export(state)
        self.export.setEnabled(not reason)
        self.export.setToolTip(reason or "Write the applied result to files (Ctrl+E)")

    def _figure_text(self) -> str:
        state = self._session.state
        if state.series is None:
            return "Open a series to draw."
        if not state.sketch.regions:
            return "Pick a segment, draw (C), or type words (T)."
        n = heart.numbers(state)
        if n.scar_g is None or n.percent_lv is None:
            return "Scar – (no accepted contours yet)"
        return (
            f"Scar {n.scar_g:.1f} g · {n.percent_lv:.1f} % of LV · "
            f"{_count(n.segments, 'segment')} · {_count(n.slices, 'slice')}"
        )

    def _plan_text(self) -> str:
        settings = self._session.state.settings
        slices = 1 if settings.this_slice else len(self._session.state.sketch.slices())
        images = "1 image" if settings.count == 1 else f"{settings.count} images"
        return f"{images} of {_count(slices, 'slice')}, {settings.steps} steps each"

    def _on_look(self, names: frozenset[str]) -> None:
        if names & {"slice_index", "segment", "grade", "layer", "ring", "preview"}:
            self.refresh()

    # -- intents

    def _on_selected(self, segment: int) -> None:
        if self._session.state.series is not None:
            edits.select_segment(self._session, self._view, segment)

    def _on_class(self, grade: int) -> None:
        if reason := edits.set_class(self._session, self._view, grade):
            self.said.emit(reason)

    def _on_dragged(self, segment: int, fraction: float, first: bool) -> None:
        if self._session.state.series is None:
            return
        if first:
            self._drag_key = new_merge_key()
        reason = edits.set_fraction(
            self._session, self._view, segment, fraction, merge_key=self._drag_key
        )
        if reason:
            self.said.emit(reason)


def _count(n: int, word: str) -> str:
    return f"{n} {word}{'s' * (n != 1)}"


def view_set(view: View, **values: object) -> None:
    """`view.set` as a plain function, for lambdas."""
    view.set(**values)
