from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from PySide6.QtWidgets import QApplication

from lgesynth_gui.app.session import (
    Session,
    Settings,
    is_stale,
    new_merge_key,
    request_of,
    why_not_generate,
)
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch
from tests.ui import hearts


def sketch(angle, slices=(1,)):
    return ScarSketch((ScarRegion(((angle, 0), (angle + 30, 0), (angle + 30, 0.5)), slices),))


def opened():
    session = Session()
    session.open(hearts.series(), hearts.contours())
    return session


def test_that_a_drag_is_one_step_and_two_drags_are_two(qapp):
    session = opened()
    before = session.state
    for start in (0, 100):
        key = new_merge_key()
        for step in range(5):
            session.edit("sketch", sketch(start + step), "drag", merge_key=key)
    assert session.undo_stack.count() == 2
    session.undo_stack.undo()
    assert session.state.sketch == sketch(4)
    session.undo_stack.undo()
    assert session.state == before


def test_that_setting_the_same_value_is_not_an_edit(qapp, qtbot):
    session = opened()
    with qtbot.assertNotEmitted(session.changed):
        session.edit("settings", Settings(), "nothing")
    assert not session.undo_stack.canUndo()


def test_that_opening_another_series_starts_undo_anew_and_pads_contours(qapp):
    session = opened()
    session.edit("sketch", sketch(5), "draw")
    session.open(hearts.series())
    assert not session.undo_stack.canUndo()
    assert len(session.state.contours.slices) == hearts.SLICES
    assert session.state.sketch == ScarSketch()


def test_that_generate_says_what_is_missing(qapp):
    session = Session()
    assert "Open" in why_not_generate(session.state, 0)
    session.open(hearts.series(), hearts.contours(accepted=False))
    assert "Draw a scar" in why_not_generate(session.state, 0)
    session.edit("sketch", sketch(10), "draw")
    assert "Accept" in why_not_generate(session.state, 0)
    session.edit("contours", hearts.contours(), "accept")
    assert why_not_generate(session.state, 0) == ""
    session.edit("settings", replace(session.state.settings, this_slice=True), "one slice")
    assert "No scar on this slice" in why_not_generate(session.state, 0)
    assert why_not_generate(session.state, 1) == ""


def test_that_variations_differ_in_their_seed_alone(qapp):
    session = opened()
    session.edit("sketch", sketch(10), "draw")
    first, third = request_of(session.state, 0, 0), request_of(session.state, 0, 2)
    assert third == replace(first, seed=first.seed + 2)


def test_that_a_result_goes_stale_when_the_drawing_changes_and_fresh_again_on_undo(qapp):
    session = opened()
    session.edit("sketch", sketch(10), "draw")
    request = request_of(session.state, 0)
    result = hearts.result_of(request, session.state.series)
    assert not is_stale(result, session.state)
    session.edit("sketch", sketch(20), "draw")
    assert is_stale(result, session.state)
    session.undo_stack.undo()
    assert not is_stale(result, session.state)


class UndoHistory(RuleBasedStateMachine):
    """Whatever the user does, undo and redo walk through exactly the states that were shown."""

    def __init__(self):
        super().__init__()
        self.app = QApplication.instance() or QApplication([])
        self.session = opened()
        self.states, self.at = [self.session.state], 0

    @rule(seed=st.integers(0, 3), count=st.integers(1, 4))
    def edit_settings(self, seed, count):
        self._edit("settings", Settings(seed=seed, count=count))

    @rule(angle=st.integers(0, 359))
    def edit_sketch(self, angle):
        self._edit("sketch", sketch(angle))

    @rule(number=st.integers(1, 4))
    def discard(self, number):
        self._edit("discarded", self.session.state.discarded ^ {number})

    @rule(accepted=st.booleans())
    def edit_contours(self, accepted):
        self._edit("contours", hearts.contours(accepted=accepted))

    def _edit(self, field, value):
        before = self.session.state
        self.session.edit(field, value, field)
        if self.session.state != before:
            del self.states[self.at + 1 :]
            self.states.append(self.session.state)
            self.at += 1

    @rule()
    def undo(self):
        self.session.undo_stack.undo()
        self.at = max(0, self.at - 1)

    @rule()
    def redo(self):
        self.session.undo_stack.redo()
        self.at = min(len(self.states) - 1, self.at + 1)

    @invariant()
    def shown_state_is_the_one_in_history(self):
        assert self.session.state == self.states[self.at]


TestUndoHistory = UndoHistory.TestCase
TestUndoHistory.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
