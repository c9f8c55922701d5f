"""The right dock of Sketch: bullseye, classes, words, numbers; footer with Generate and verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.look import View
from lgesynth_gui.app.session import Session, why_not_generate
from lgesynth_gui.app.verdicts import card_of, why_not_export
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.ui.binding import bind_number
from lgesynth_gui.ui.labels import plain_label, plain_tip
from lgesynth_gui.ui.sketch.scar_view import ScarView
from lgesynth_gui.ui.sketch.settings_popup import SettingsPopup
from lgesynth_gui.ui.sketch.verdict_card import VerdictCard

LEAST_WIDTH, LEAST_NARROW = "0" * 36, "0" * 27  # room for this many digits


class ScarPanel(QWidget):
    """Shows the sketch as bullseye, words and numbers, and starts the generation."""

    generate_wanted = Signal()
    pair_wanted = Signal()
    apply_wanted = Signal()
    export_wanted = Signal()
    said = Signal(str)

    def __init__(
        self,
        session: Session,
        view: View,
        shown: Callable[[], tuple[SynthesisResult | None, str]],
        plan: Callable[[], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._view, self._shown, self._plan = session, view, shown, plan
        self.narrow = False
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
        least = LEAST_NARROW if self.narrow else LEAST_WIDTH
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance(least))

    def set_narrow(self, narrow: bool) -> None:
        """With less room only the footer is here, and it may be narrower."""
        self.narrow = narrow
        self._fit()
        self.refresh()

    # -- building

    def _upper(self) -> QScrollArea:
        self.scar = ScarView(self._session, self._view, self._shown)
        self.scar.said.connect(self.said)
        self.bullseye, self.caption = self.scar.bullseye, self.scar.caption
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(self.scar)
        self._area = area
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._follow)
        return area

    def _follow(self, _: QWidget | None, new: QWidget | None) -> None:
        """What a key jumps to comes into sight."""
        if new is not None and self.scar.isAncestorOf(new):
            whole = self.caption if self.caption.isAncestorOf(new) else new
            whole = self.bullseye if self.bullseye.isAncestorOf(new) else whole
            self._area.ensureWidgetVisible(whole, 0, 4)

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
        gear.setToolTip("Steps, guidance, feather, slices, tries, draft")
        self._settings = SettingsPopup(self._session, self)
        self._settings.pair_wanted.connect(self.pair_wanted)
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
        self.plan.setWordWrap(True)
        column.addWidget(self.plan)
        self.card = VerdictCard()
        self.card.proof_wanted.connect(self._show_proof)
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
        self.scar.refresh()
        reason = why_not_generate(state, look.slice_index)
        self.generate.setEnabled(not reason)
        self.generate.setToolTip(plain_tip(reason or "Make the variations (Ctrl+Enter)"))
        self.plan.setText(self._plan())
        self.plan.setVisible(not self.narrow or not self.generate.isEnabled())
        self.count.setEnabled(not state.settings.until_pass)
        self.card.show_card(card_of(result, state), tag)
        self.apply.setEnabled(tag == "PREVIEW" and result is not None)
        reason = why_not_export(state)
        self.export.setEnabled(not reason)
        self.export.setToolTip(plain_tip(reason or "Write the applied result to files (Ctrl+E)"))

    def _on_look(self, names: frozenset[str]) -> None:
        if "compare" in names and self._view.look.compare != "difference":
            self._view.set(rings=False)
        if names & {"slice_index", "segment", "grade", "layer", "ring", "preview", "silenced"}:
            self.refresh()

    def _show_proof(self) -> None:
        """What was changed, in colours, with the borders of the three zones; again: not."""
        look, (result, _) = self._view.look, self._shown()
        if result is None or (look.rings and look.compare == "difference"):
            self._view.set(compare="side", rings=False)
            return
        self.scar.read("difference")
        index = look.slice_index
        if index not in result.slices and result.slices:
            index = result.slices[len(result.slices) // 2]
        self._view.set(slice_index=index, compare="difference", rings=True, original=False)
