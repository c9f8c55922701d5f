"""The review: the pair, its verdict and bullseye, and one key a case."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.cohort_reviewing import GLYPHS, Reviewing
from lgesynth_gui.app.outcome import outcome_of
from lgesynth_gui.app.verdicts import Card, card_of, spaced
from lgesynth_gui.cohort.review import LONGEST_TEXT, REASONS, Decision, enough_reason
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.ui.cohort.pair_view import PairView
from lgesynth_gui.ui.flow import FlowLayout
from lgesynth_gui.ui.keymap import key_of
from lgesynth_gui.ui.labels import plain_label, plain_tip
from lgesynth_gui.ui.sketch.bullseye import Bullseye
from lgesynth_gui.ui.sketch.verdict_card import VerdictCard

HIDDEN = Card(Grade.NOT_JUDGED, "○ Verdict hidden", lines=("You review blind.",))
BUTTONS = (
    (Decision.ACCEPT, "review_accept", "Accept", "Keep it for export"),
    (Decision.REJECT, "review_reject", "Reject", "Leave it out, with the reasons ticked below"),
    (Decision.FIX, "review_fix", "Fix", "Open it in Sketch; a bar there leads back"),
    (Decision.UNSURE, "review_unsure", "Unsure", "Leave the decision to somebody else"),
)
READINGS = ("Requested", "Measured", "Difference")
# the button that swaps a case for what it was, and back
MADE = ("As it was made", "Again what the run painted; the fix is set aside in the folder")
FIXED = ("With its fix", "Put the fix that was set aside in again")
SIDE_CHARS = 36  # width of the side, in letters


class ReviewPanel(QWidget):
    """Shows the case of a `Reviewing` and notes what is decided."""

    fix_wanted = Signal()
    swapped = Signal()
    back_wanted = Signal()

    def __init__(self, reviewing: Reviewing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("reviewPanel")
        self._reviewing = reviewing
        self.back = QPushButton("◂ Table")
        self.back.clicked.connect(self.back_wanted)
        self.where = plain_label(role="section")
        self.where.setObjectName("reviewPlace")
        self.said = plain_label(role="muted")
        self.name = QLineEdit(reviewing.name)
        self.name.setMaxLength(40)
        self.name.setMaximumWidth(12 * self.fontMetrics().averageCharWidth())
        self.name.setAccessibleName("Reviewer")
        self.name.setToolTip("Your pseudonym, for example R1; it stands in the decisions")
        self.name.editingFinished.connect(self._on_name)
        self.blind = QCheckBox("Blind")
        self.blind.setObjectName("blindReview")
        self.blind.toggled.connect(reviewing.set_blind)
        self.agreement = QPushButton("Agreement…")
        self.agreement.setToolTip("How far the reviewers agree")
        self.pair = PairView()
        self.card = VerdictCard()
        self.card.proof.setEnabled(False)
        self.bullseye = Bullseye()
        self.bullseye.setAccessibleName("Bullseye of this case")
        self.readings = QButtonGroup(self)
        self.buttons: dict[Decision, QPushButton] = {}
        self.chips: list[QPushButton] = []
        self.text = QLineEdit()
        self.text.setMaxLength(LONGEST_TEXT)
        self.text.setPlaceholderText("Remark; a FAIL needs one to be exported")
        self.text.setAccessibleName("Remark")
        self.text.setToolTip("In your words, no name of a patient; kept with the decision")
        self.text.returnPressed.connect(self.pair.focus)
        self.swap = QPushButton()
        self.swap.clicked.connect(self.swapped)
        self.note = plain_label(role="muted")
        self.note.setWordWrap(True)
        self._lay_out()
        self.name_keys()
        self._shown: int | None = None
        reviewing.changed.connect(self.refresh)
        reviewing.decided.connect(self._show_decided)
        self.refresh()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.back)
        head.addWidget(self.where)
        head.addWidget(self.said, 1)
        head.addWidget(plain_label("Reviewer", role="muted"))
        head.addWidget(self.name)
        head.addWidget(self.blind)
        head.addWidget(self.agreement)
        readings = QHBoxLayout()
        readings.setSpacing(3)
        for place, words in enumerate(READINGS):
            button = QPushButton(words)
            button.setCheckable(True)
            button.setProperty("compact", True)
            button.setToolTip(plain_tip(f"{words} scar by segment"))
            self.readings.addButton(button, place)
            readings.addWidget(button)
        self.readings.button(0).setChecked(True)
        self.readings.idClicked.connect(lambda _: self._show_bullseye())
        inner = QWidget()
        inner.setProperty("surface", "panel")
        side = QVBoxLayout(inner)
        side.setContentsMargins(6, 0, 6, 0)
        side.addWidget(self.card)
        side.addLayout(readings)
        side.addWidget(self.bullseye)
        side.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        self.side = area
        middle = QHBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.addWidget(self.pair, 1)
        middle.addWidget(area)
        keys = QWidget()
        row = FlowLayout(keys)
        row.setContentsMargins(0, 0, 0, 0)
        for decision, _, words, _ in BUTTONS:
            button = QPushButton(words)
            button.setObjectName(f"review_{decision.value}")
            button.clicked.connect(partial(self.decide, decision))
            self.buttons[decision] = button
            row.addWidget(button)
        self.before, self.after = QPushButton("◂"), QPushButton("▸")
        for button, by, words in ((self.before, -1, "Case before"), (self.after, 1, "Next case")):
            button.setAccessibleName(words)
            button.clicked.connect(partial(self._reviewing.step, by))
            row.addWidget(button)
        row.addWidget(self.swap)
        chips = QWidget()
        reasons = FlowLayout(chips, gap=4)
        reasons.setContentsMargins(0, 0, 0, 0)
        for number, words in enumerate(REASONS, 1):
            chip = QPushButton(words)
            chip.setCheckable(True)
            chip.setProperty("compact", True)
            chip.setObjectName(f"reason{number}")
            self.chips.append(chip)
            reasons.addWidget(chip)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 4)
        column.setSpacing(4)
        column.addLayout(head)
        column.addLayout(middle, 1)
        column.addWidget(keys)
        column.addWidget(chips)
        column.addWidget(self.text)
        column.addWidget(self.note)

    def name_keys(self) -> None:
        """The keys as they are now, on buttons and in tooltips."""
        for decision, action, words, tip in BUTTONS:
            key = key_of(action)
            self.buttons[decision].setText(f"{words}   {key}" if key else words)
            self.buttons[decision].setToolTip(plain_tip(tip))
        for number, (chip, words) in enumerate(zip(self.chips, REASONS, strict=True), 1):
            key = key_of(f"review_reason_{number}")
            chip.setText(f" {key} {words} " if key else f" {words} ")
            chip.setAccessibleName(words)
            chip.setToolTip(plain_tip(f"Reason of a reject: {words} ({key})"))
        for button, action, words in (
            (self.back, "review_back", "Back to the table"),
            (self.before, "review_previous", "Case before"),
            (self.after, "review_next", "Next case"),
            (self.blind, "review_blind", "Hide the verdict and what the judge found"),
        ):
            key = key_of(action)
            button.setToolTip(plain_tip(f"{words} ({key})" if key else words))

    # -- deciding

    def decide(self, decision: Decision, _: bool = False) -> None:
        """Note a decision; a case that is to be fixed opens in Sketch."""
        if self._reviewing.case is None:
            return
        fix = decision is Decision.FIX
        self._reviewing.decide(decision, self.reasons, self.text.text(), stay=fix)
        if fix:
            self.fix_wanted.emit()

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons that are ticked."""
        return tuple(r for chip, r in zip(self.chips, REASONS, strict=True) if chip.isChecked())

    def toggle_reason(self, number: int) -> None:
        """Tick a reason, from 1, or take the tick back."""
        self.chips[number - 1].toggle()

    def _on_name(self) -> None:
        if not self._reviewing.set_name(self.name.text()):
            self.name.setText(self._reviewing.name)

    # -- showing

    def refresh(self) -> None:
        """The case as it is now."""
        reviewing, case = self._reviewing, self._reviewing.case
        number = reviewing.number
        place, of = reviewing.place
        at = f" · {spaced(place)} of {spaced(of)}" if place else ""
        self.where.setText(f"Case {number}{at}" if number is not None else "No case")
        waiting = "Reading …" if number is not None and not reviewing.failure else ""
        self.pair.show_case(case, blind=reviewing.blind, message=reviewing.failure or waiting)
        if number != self._shown:
            self._shown = number
            own = reviewing.mine(number)
            for chip, reason in zip(self.chips, REASONS, strict=True):
                chip.setChecked(own is not None and reason in own.reasons)
            self.text.setText(own.text if own is not None else "")
        self.blind.setChecked(reviewing.blind)
        self._show_card()
        self._show_bullseye()
        self._show_decided()
        for button in self.buttons.values():
            button.setEnabled(case is not None)
        self.buttons[Decision.FIX].setEnabled(case is not None and case.result is not None)
        self.before.setEnabled(reviewing.beside(-1) is not None)
        self.after.setEnabled(reviewing.beside(1) is not None)

    def _show_card(self) -> None:
        case = self._reviewing.case
        if self._reviewing.blind:
            self.card.show_card(HIDDEN)
        elif case is None:
            self.card.show_card(Card(Grade.NOT_JUDGED, "…"))
        elif case.result is not None:
            tried = f"try {case.tries}" if case.tries > 1 else ""
            self.card.show_card(card_of(case.result, case.state), tried)
        elif case.status == "CONTROL":
            self.card.show_card(Card(Grade.NOT_JUDGED, "– Control", lines=("Not synthesised.",)))
        else:
            self.card.show_card(Card(Grade.NOT_JUDGED, "✗ Not made", lines=(case.error,)))

    def _show_bullseye(self) -> None:
        case, blind = self._reviewing.case, self._reviewing.blind
        for place in (1, 2):
            self.readings.button(place).setEnabled(not blind)
        if blind:
            self.readings.button(0).setChecked(True)
        if case is None or case.result is None:
            self.bullseye.show_cells({}, None)
            return
        outcome = outcome_of(case.result, case.host.series)
        reading = self.readings.checkedId()
        if reading == 2:
            self.bullseye.show_points(outcome.found, outcome.points, None)
        else:
            self.bullseye.show_cells(outcome.found if reading else outcome.asked, None)

    def _show_decided(self) -> None:
        reviewing, case = self._reviewing, self._reviewing.case
        own = reviewing.mine(reviewing.number)
        for decision, button in self.buttons.items():
            chosen = own is not None and own.decision is decision
            button.setCheckable(chosen)
            button.setChecked(chosen)
        ones = reviewing.decisions.get(reviewing.number, ()) if reviewing.number is not None else ()
        others = [f"{one.reviewer} {GLYPHS[one.decision]}" for one in ones if one is not own]
        mine = f"you {GLYPHS[own.decision]}" if own is not None else ""
        by = case.fixed_by if case is not None else ""
        seen = bool(by) and (not reviewing.blind or by == reviewing.name)
        aside = case is not None and case.aside and not reviewing.blind
        self.swap.setVisible(seen or aside)
        words, tip = MADE if by else FIXED
        self.swap.setText(words)
        self.swap.setToolTip(plain_tip(tip))
        fixed = f"fixed by {by}" if seen else ""
        shown = [fixed, mine] if reviewing.blind else [fixed, mine, *others]
        self.said.setText("  ·  ".join(one for one in shown if one))
        note = ""
        fails = case is not None and case.status == Grade.FAIL.value
        if fails and own is not None and own.decision is Decision.ACCEPT:
            enough = enough_reason(own.text)
            note = "" if enough else "A FAIL is exported only with a remark: type it, accept again."
        self.note.setText("" if reviewing.blind else note)
        self.note.setVisible(bool(self.note.text()))

    def resizeEvent(self, event: object) -> None:
        """In a narrow centre the side is as wide as its words need, and no wider."""
        super().resizeEvent(event)  # type: ignore[arg-type]
        wide = SIDE_CHARS * self.fontMetrics().averageCharWidth() + 30
        self.side.setFixedWidth(min(wide, max(self.width() * 2 // 5, 160)))
