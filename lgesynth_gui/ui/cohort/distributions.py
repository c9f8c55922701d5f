"""The distributions of a plan: what is asked, and what samples drawn from it show."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QPushButton, QVBoxLayout, QWidget

from lgesynth_gui.anatomy.bins import DEPTHS, SIZE_NAMES
from lgesynth_gui.anatomy.patterns import load_patterns
from lgesynth_gui.app.cohort_planning import Planning, new_edit_key
from lgesynth_gui.ui.cohort.places import CountBullseye
from lgesynth_gui.ui.cohort.weights import WeightBars
from lgesynth_gui.ui.labels import plain_label, plain_tip

WORDS = {"sizes": "Size", "depths": "Depth", "patterns": "Pattern", "segments": "Location"}


class Distributions(QWidget):
    """Location, size, depth and pattern can be weighted; hearts are shown."""

    def __init__(self, planning: Planning, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._planning = planning
        self._titles = {one.name: one.title for one in load_patterns()}
        self._names = {title: name for name, title in self._titles.items()}
        self.told = plain_label(role="muted")
        self.told.setWordWrap(True)
        self.place = CountBullseye(editable=True)
        self.place.setAccessibleName("Location: scars by segment of most scar")
        self.place.weighted.connect(lambda weights: planning.set_draw("location", segments=weights))
        self.bars = {
            "sizes": WeightBars("Size", SIZE_NAMES),
            "depths": WeightBars("Depth", DEPTHS),
            "patterns": WeightBars("Pattern", tuple(self._names)),
        }
        self.hearts = WeightBars("Heart", (), editable=False)
        self.reset = QPushButton("As the patterns are")
        self.reset.setToolTip("Take every weight back: the patterns decide again")
        self.reset.clicked.connect(self._reset)
        self.whole = QCheckBox("Every slice a scar touches")
        self.whole.setToolTip(plain_tip("Else the slice in which it is largest: faster, and usual"))
        self.whole.toggled.connect(self._on_whole)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.told)
        column.addWidget(plain_label("Location", role="heading"))
        column.addWidget(self.place)
        self._key = -1
        for field, bars in self.bars.items():
            column.addWidget(plain_label(WORDS[field], role="heading"))
            column.addWidget(bars)
            bars.changed.connect(partial(self._weigh, field))
        column.addWidget(plain_label("Heart", role="heading"))
        column.addWidget(self.hearts)
        column.addWidget(self.whole)
        column.addWidget(self.reset, alignment=Qt.AlignmentFlag.AlignLeft)
        self._filling = False
        planning.changed.connect(self._on_changed)
        self._on_changed("draft")
        self._on_changed("drawn")

    def _on_whole(self, on: bool) -> None:
        if not self._filling:
            self._planning.set_draw("slices", whole=on)

    def _weigh(self, field: str, weights: Mapping[str, float], first: bool) -> None:
        if first:
            self._key = new_edit_key()
        values: Mapping[str, float] = weights
        if field == "patterns":
            values = {self._names[title]: weight for title, weight in weights.items()}
        self._planning.set_draw(WORDS[field].lower(), self._key, **{field: values})

    def _reset(self) -> None:
        empty: dict[str, float] = {}
        self._planning.set_draw(
            "weights", sizes=empty, depths=empty, patterns=empty, segments=empty
        )

    def _on_changed(self, field: str) -> None:
        planning, drawn = self._planning, self._planning.drawn
        if field == "draft":
            draw = planning.draft.draw
            self._filling = True
            self.whole.setChecked(draw is not None and draw.whole)
            self._filling = False
            self.place.show_weights(draw.segments if draw is not None else {})
            for name in ("sizes", "depths"):
                self.bars[name].show_weights(getattr(draw, name) if draw is not None else {})
            patterns = draw.patterns if draw is not None else {}
            self.bars["patterns"].show_weights({self._titles[k]: v for k, v in patterns.items()})
        if field == "drawn":
            self.place.show_counts(drawn.segments)
            self.bars["sizes"].show_counts(drawn.sizes)
            self.bars["depths"].show_counts(drawn.depths)
            titled = {self._titles.get(k, k): v for k, v in drawn.patterns.items()}
            self.bars["patterns"].show_counts(titled)
            self.hearts.show_counts(drawn.hearts, tuple(planning.ids[:12]))
        self.told.setText(self._said())

    def _said(self) -> str:
        planning, drawn = self._planning, self._planning.drawn
        if not planning.draft.count or not planning.ids:
            return "Hearts and a template give the first samples to count."
        if not drawn.count:
            return "Samples are being drawn …"
        said = f"{drawn.count} of {planning.draft.count} samples drawn"
        if drawn.controls:
            said += f", {drawn.controls} without scar"
        if drawn.failed:
            said += f"; {drawn.failed} cannot be drawn: {drawn.why}"
        return said + (" …" if planning.drawing else ".")
