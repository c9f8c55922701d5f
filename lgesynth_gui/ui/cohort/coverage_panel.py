"""The right of the Cohort mode: where the scars lie, what the gate keeps, how full quotas are."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.cohorts import Cohorts
from lgesynth_gui.app.verdicts import spaced
from lgesynth_gui.cohort.coverage import Coverage
from lgesynth_gui.cohort.status import GATE_BIAS, Filled, Share, shares_of
from lgesynth_gui.ui.bars import pick
from lgesynth_gui.ui.cohort.extras import quota_words
from lgesynth_gui.ui.cohort.places import CountBullseye
from lgesynth_gui.ui.flow import FlowLayout
from lgesynth_gui.ui.labels import plain_label, plain_tip

FEW = 20  # cases, below which counts are printed and no percentages
READINGS = ("Requested", "Kept", "Real")
EMPTY = "Nothing is made yet: the segments fill while the run goes on."
MOST_GAPS = 3
LEAST_MEDIAN = 5  # kept scars a segment, below which a gap is chance


def share_words(one: Share) -> str:
    """How much the gate kept: counts under 20 cases, else a percentage with its interval."""
    if one.painted < FEW:
        return f"{one.accepted} of {one.painted}"
    low, high = (round(100 * end) for end in one.interval)
    share = round(100 * one.accepted / one.painted)
    return f"{share} % ({low}–{high}), n {spaced(one.painted)}"


def by_size(shares: tuple[Share, ...]) -> list[Share]:
    """Those with samples: all together, then each size with its depths below it."""
    sizes = list(dict.fromkeys(one.size for one in shares))
    ordered = sorted(shares, key=lambda one: (sizes.index(one.size), bool(one.depth)))
    return [one for one in ordered if one.painted]


class CoveragePanel(QWidget):
    """Bullseye of the whole cohort, gaps, accept rates, quotas."""

    segment_wanted = Signal(int)  # show its cases

    def __init__(self, cohorts: Cohorts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("coveragePanel")
        self._cohorts = cohorts
        self.readings = QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(3)
        for place, words in enumerate(READINGS):
            button = QPushButton(words)
            button.setCheckable(True)
            button.setProperty("compact", True)
            self.readings.addButton(button, place)
            row.addWidget(button)
        for place, tip in enumerate(
            ("Painted samples by segment", "Those the gate lets through", "Annotated scans")
        ):
            self.readings.button(place).setToolTip(plain_tip(tip))
        self.readings.button(1).setChecked(True)
        self.readings.idClicked.connect(lambda _: self.refresh())
        self.bullseye = CountBullseye()
        self.bullseye.setAccessibleName("Coverage: scars of the whole cohort by segment")
        self.told = plain_label(EMPTY, role="muted")
        self.told.setWordWrap(True)
        self.gaps = QWidget()
        self._gaps = QVBoxLayout(self.gaps)
        self._gaps.setContentsMargins(0, 0, 0, 0)
        self.compare = QPushButton("Compare with scans…")
        self.compare.setToolTip("Count the scars of annotated scans; only counts are kept")
        self.compare.clicked.connect(self._pick)
        self.match = QPushButton("Plan like them")
        self.match.setToolTip("Plan as many samples again with their sizes, depths and places")
        self.match.clicked.connect(self._match)
        buttons = QWidget()
        flow = FlowLayout(buttons)
        flow.setContentsMargins(0, 0, 0, 0)
        flow.addWidget(self.compare)
        flow.addWidget(self.match)
        self.rates = QWidget()
        self._rates = QGridLayout(self.rates)
        self._rates.setContentsMargins(0, 0, 0, 0)
        self._rates.setVerticalSpacing(2)
        self.bias = plain_label(GATE_BIAS, role="muted")
        self.bias.setObjectName("gateBias")
        self.bias.setWordWrap(True)
        self.quotas = plain_label()
        self.quotas.setWordWrap(True)
        self.quota_title = plain_label("Quotas", role="section")
        inner = QWidget()
        inner.setProperty("surface", "panel")
        column = QVBoxLayout(inner)
        column.addWidget(plain_label("Coverage", role="section"))
        column.addLayout(row)
        column.addWidget(self.bullseye)
        column.addWidget(self.told)
        column.addWidget(self.gaps)
        column.addWidget(buttons)
        column.addWidget(plain_label("What the gate keeps", role="section"))
        column.addWidget(self.rates)
        column.addWidget(self.bias)
        column.addWidget(self.quota_title)
        column.addWidget(self.quotas)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(area.horizontalScrollBarPolicy().ScrollBarAlwaysOff)
        area.setFocusPolicy(area.focusPolicy().NoFocus)
        area.setWidget(inner)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)
        cohorts.changed.connect(self._on_changed)
        cohorts.opened.connect(self.refresh)
        self._under: tuple[int, ...] | None = None
        self.refresh()

    def _pick(self) -> None:
        kind = QFileDialog.FileMode.Directory
        pick(self, "Annotated scans", kind, lambda path: self._cohorts.compare_with(Path(path)))

    def _match(self) -> None:
        found = self._cohorts.desk.found
        self._cohorts.match_real(max(found.accepted, 20))

    def _on_changed(self, field: str) -> None:
        if field in ("covered", "plan", "real", "run"):
            self.refresh()

    def refresh(self) -> None:
        """Everything as it is now."""
        desk = self._cohorts.desk
        covered, reading = desk.covered, self.readings.checkedId()
        self.readings.button(2).setEnabled(desk.real is not None)
        self.match.setVisible(desk.real is not None)
        self.match.setEnabled(desk.plan is not None or bool(self._cohorts.planning.ids))
        if covered is None and not (reading == 2 and desk.real is not None):
            self.bullseye.show_counts({})
        elif reading == 2 and desk.real is not None:
            self.bullseye.show_counts(desk.real.segments, what="annotated slices")
        elif covered is not None:
            counts = {
                one.segment: one.kept if reading == 1 else one.asked for one in covered.segments
            }
            named = reading == 1 and covered.middle >= LEAST_MEDIAN
            lacking = frozenset(covered.under) if named else frozenset()
            what = "kept scars" if reading == 1 else "requested scars"
            self.bullseye.show_counts(counts, what=what, lacking=lacking)
        self._show_gaps(covered)
        self._show_rates(shares_of(desk.groups))
        made = self._cohorts.filled
        self.quotas.setText("\n".join(_filled_words(one) for one in made))
        self.quotas.setVisible(bool(made))
        self.quota_title.setVisible(bool(made))

    def _show_gaps(self, covered: Coverage | None) -> None:
        named = covered is not None and covered.middle >= LEAST_MEDIAN
        under = covered.under if covered is not None and named else ()
        if covered is None:
            self.told.setText(EMPTY)
        elif not named:
            self.told.setText(
                f"So few are kept (median {covered.middle:.0f}) that gaps say little."
            )
        elif not under:
            middle = f"{covered.middle:.0f}"
            self.told.setText(f"No segment is under-represented (median {middle} kept).")
        else:
            half = f"Less than half of the median of {covered.middle:.0f} kept"
            one = len(under) == 1
            more = f" {len(under)} segments; the first of them:"
            self.told.setText(f"{half}:{' one segment.' if one else more}")
        first = under[:MOST_GAPS]
        if covered is not None and first == self._under:
            for segment, button in zip(first, self._fill_buttons(), strict=True):
                button.setAccessibleName(f"Fill the gap of segment {segment}")
            self._word_gaps(covered, first)
            return
        self._under = first
        while (item := self._gaps.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.setParent(None)
                old.deleteLater()
        for segment in first:
            self._gaps.addWidget(self._gap(segment))
        if covered is not None:
            self._word_gaps(covered, first)

    def _gap(self, segment: int) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        label = plain_label()
        label.setWordWrap(True)
        label.setObjectName("gapWords")
        fill = QPushButton("Fill the gap")
        fill.setObjectName(f"fill{segment}")
        fill.setToolTip("Plan samples of this segment; Start makes them")
        fill.setAccessibleName(f"Fill the gap of segment {segment}")
        fill.clicked.connect(lambda: self._cohorts.fill_gap(segment))
        row.addWidget(label, 1)
        row.addWidget(fill)
        return holder

    def _fill_buttons(self) -> list[QPushButton]:
        return self.gaps.findChildren(QPushButton)

    def _word_gaps(self, covered: Coverage, first: tuple[int, ...]) -> None:
        for segment, holder in zip(first, self._holders(), strict=True):
            label = holder.findChild(type(self.told), "gapWords")
            if label is not None:
                label.setText(f"Segment {segment}: {covered.segments[segment - 1].kept} kept")

    def _holders(self) -> list[QWidget]:
        items = (self._gaps.itemAt(i) for i in range(self._gaps.count()))
        return [one for item in items if item is not None and (one := item.widget()) is not None]

    def _show_rates(self, shares: tuple[Share, ...]) -> None:
        while (item := self._rates.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.setParent(None)
                old.deleteLater()
        painted = by_size(shares)
        self.rates.setVisible(bool(painted))
        for row, one in enumerate(painted):
            name = one.depth and f"   {one.depth}"
            label = plain_label(name or one.size or "all together", role="" if name else "heading")
            value = plain_label(share_words(one), role="muted" if one.depth else "")
            value.setAccessibleName(f"{one.size} {one.depth} kept: {share_words(one)}".strip())
            self._rates.addWidget(label, row, 0)
            self._rates.addWidget(value, row, 1)
        self._rates.setColumnStretch(0, 1)


def _filled_words(one: Filled) -> str:
    mark = "✓" if one.accepted >= one.quota.count else "…"
    return f"{mark} {spaced(one.accepted)} of {quota_words(one.quota)}"
