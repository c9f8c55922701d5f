"""Random edits of every kind: undone all is the first state, redone all is the last, also reopened.

A model beside the session remembers the state at every place of the undo stack. Edits come from
the tools' own gestures and from everything the panels, keys and menus call.
"""

import re
import tempfile
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)

from lgesynth_gui.app import contour_edits, edits, regions, slices, words
from lgesynth_gui.app.borders import border_of
from lgesynth_gui.app.jobs import JobRunner
from lgesynth_gui.app.look import View
from lgesynth_gui.app.project_state import KEPT_STEPS, capture, plain_work, trimmed, work_of
from lgesynth_gui.app.session import Session, new_merge_key, request_of
from lgesynth_gui.app.stamps import Stamp, stamped
from lgesynth_gui.app.variations import Variations
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.io.project import Head, read_project, write_project
from lgesynth_gui.ui.canvas.overlay import Pointer
from lgesynth_gui.ui.sketch.tools import Brush, Contour, Desk, Eraser, SegmentFill, Select
from tests.io.projects import equal_results
from tests.ui import hearts

EDITS, STEPS, RUNS, KINDS = 200, 400, 25, 30
HEAD = Head("ab" * 16, "My heart", "2026-01-02T03:04:05+00:00")
PX_MM = 0.25
TOOLS = (Select(), Contour(), Brush(), Eraser(), SegmentFill())
SENTENCES = (
    "subendocardial LAD, 60 %, mid to apex",
    "mid-wall septal, basal and mid",
    "transmural inferolateral basal",
    "7 50% and 12 25%",
    "nothing of this is known",
)
indices = st.integers(0, hearts.SLICES - 1)
spots = st.tuples(st.integers(0, 35), st.integers(8, 36)).map(
    lambda polar: hearts.at(10 * polar[0], float(polar[1]))
)
paths = st.lists(spots, min_size=1, max_size=5)
shares = st.integers(0, 20).map(lambda n: n / 20)


@lru_cache
def host():
    return hearts.series()


class Undoing(RuleBasedStateMachine):
    """Rules are what a user does; `trail[i]` is the state with the first i steps done."""

    runner: JobRunner
    most = 0  # edits of the longest run
    kinds: ClassVar[set[str]] = set()  # what undo called them

    def __init__(self):
        super().__init__()
        self.session, self.view = Session(), View()
        self.made = Variations(self.session, self.view, self.runner, hearts.FakeEngine())
        self.desk = Desk(self.session, self.view, lambda _: None, lambda _: None)
        self.session.open(host(), hearts.contours(), hearts.requested_sketch())
        state = self.session.state
        self.made.add(
            [
                hearts.result_of(request_of(state, k), host(), grade=grade)
                for k, grade in enumerate((Grade.PASS, Grade.CHECK, Grade.FAIL))
            ]
        )
        self.trail = [self.session.state]
        self.clip, self.count, self.key = None, 0, new_merge_key()

    @property
    def stack(self):
        return self.session.undo_stack

    def did(self, before, at):
        """One thing was done in the state `before`, at a place of the stack: one step at most."""
        state, here = self.session.state, self.stack.index()
        if state is before:
            assert here == at
            return
        assert at <= here <= at + 1, "one thing done is one step"
        assert self.stack.count() == here
        self.trail[here:] = [state]
        self.count += 1
        self.kinds.add(re.sub(r"[\d%]+", "", self.stack.undoText()).strip())

    def do(self, run, *arguments, **named):
        before, at = self.session.state, self.stack.index()
        try:
            run(*arguments, **named)
        except LgeSynthError:
            assert self.session.state is before  # what is refused changes nothing
        self.did(before, at)

    # -- tools

    @rule(
        tool=st.sampled_from(TOOLS),
        active=st.sampled_from(("scar", "scar", "scar", "endo", "epi", "points")),
        index=indices,
        path=paths,
        keys=st.tuples(st.booleans(), st.booleans()),
        core=st.booleans(),
        clip=st.booleans(),
    )
    def draw(self, tool, active, index, path, keys, core, clip):
        self.view.set(
            active=active, slice_index=index, tool=tool.id, core=core, clip=clip, picked=None
        )
        self.do(self._gesture, tool, path, *keys)

    def _gesture(self, tool, path, shift, alt):
        def pointer(kind, at):
            return Pointer(kind, at, PX_MM, shift, alt)

        run = tool.gesture(self.desk, pointer("press", path[0]))
        try:
            next(run)
            for at in path[1:]:
                run.send(pointer("move", at))
            run.send(pointer("release", path[-1]))
            run.send("close")
        except StopIteration:
            return
        run.close()

    # -- panels, words, menus

    @rule(
        segment=st.integers(1, 17),
        grade=st.integers(0, 4),
        layer=st.sampled_from(("endo", "mid", "epi")),
        ring=st.booleans(),
    )
    def give_class(self, segment, grade, layer, ring):
        self.view.set(layer=layer, ring=ring)
        edits.select_segment(self.session, self.view, segment)
        self.do(edits.set_class, self.session, self.view, grade)

    @rule(segment=st.integers(1, 16), steps=st.lists(shares, min_size=1, max_size=6))
    def drag_fraction(self, segment, steps):
        def run():
            key = new_merge_key()
            for share in steps:
                edits.set_fraction(self.session, self.view, segment, share, key)

        self.do(run)

    @rule(segment=st.integers(1, 16), share=shares, anew=st.booleans())
    def go_on_dragging(self, segment, share, anew):
        self.key = new_merge_key() if anew else self.key
        self.do(edits.set_fraction, self.session, self.view, segment, share, self.key)

    @rule(text=st.sampled_from(SENTENCES))
    def say_words(self, text):
        self.do(edits.draw_words, self.session, text)

    @rule(name=st.sampled_from([row.name for row in words.patterns()]), seed=st.integers(0, 9),
          turn=st.integers(-180, 180), level=st.integers(-2, 2), adding=st.booleans())  # fmt: skip
    def stamp_pattern(self, name, seed, turn, level, adding):
        one = Stamp(name, seed, turn=turn, level=level, adding=adding)

        def run():
            self.session.edit("sketch", stamped(one, self.session.state), "pattern")

        self.do(run)

    @rule(index=indices)
    def clear(self, index):
        self.do(edits.clear_slice, self.session, index)

    @rule()
    def all_normal(self):
        self.do(edits.all_normal, self.session)

    # -- a picked scar

    def pick(self, number):
        found = self.session.state.sketch.regions
        region = found[number % len(found)]
        self.view.set(picked=region, slice_index=region.slices[0])

    @precondition(lambda self: self.session.state.sketch.regions)
    @rule(
        number=st.integers(0, 9),
        sideways=st.booleans(),
        what=st.sampled_from(("mirror", "smooth", "delete")),
    )
    def change_picked(self, number, sideways, what):
        self.pick(number)
        named = {"sideways": sideways} if what == "mirror" else {}
        self.do(getattr(regions, what), self.session, self.view, **named)

    @precondition(lambda self: self.session.state.sketch.regions)
    @rule(number=st.integers(0, 9), turn=st.integers(-90, 90))
    def turn_picked(self, number, turn):
        self.pick(number)
        held, place = regions.held(
            self.session.state, self.view, regions.picked(self.session.state, self.view)
        )
        moved = regions.moved(held.regions[place], float(turn))
        self.do(regions.put, self.session, self.view, held, place, (moved,), "turn scar")

    # -- across slices

    @rule(index=indices)
    def copy(self, index):
        self.clip = slices.copy(self.session.state, index) or self.clip

    @rule(index=indices)
    def paste(self, index):
        self.do(slices.paste, self.session, self.clip, index)

    @rule(index=indices)
    def copy_to_next(self, index):
        self.view.set(slice_index=index)
        self.do(slices.copy_to_next, self.session, self.view)

    @rule(index=indices)
    def interpolate(self, index):
        made = slices.filling(self.session.state, index)
        if not isinstance(made, str):
            self.do(self.session.edit, "sketch", made.sketch, "fill gap")

    @rule(index=indices, ring=st.booleans())
    def heal(self, index, ring):
        self.view.set(slice_index=index, ring=ring)
        self.do(slices.heal, self.session, self.view)

    # -- contours

    @rule(index=indices, ring=st.sampled_from([name for name, _ in contour_edits.RINGS]))
    def set_ring(self, index, ring):
        self.do(contour_edits.set_ring, self.session, index, ring)

    @rule(index=indices, by=st.sampled_from((-1, 1)))
    def copy_contours(self, index, by):
        self.view.set(slice_index=index)
        self.do(contour_edits.copy_contours, self.session, self.view, by)

    @rule(
        index=indices,
        border=st.sampled_from(("endo", "epi")),
        steps=st.lists(shares, min_size=1, max_size=4),
    )
    def smooth_border(self, index, border, steps):
        base = self.session.state.contours.slices[index]
        if base is None or not border_of(base, border):
            return

        def run():
            key = new_merge_key()
            for amount in steps:
                contour_edits.smooth(self.session, index, base, border, amount, key)

        self.do(run)

    @rule(index=st.none() | indices)
    def accept(self, index):
        self.do(edits.accept_contours, self.session, index)

    @rule()
    def propose(self):
        self.do(edits.take_proposal, self.session, hearts.contours(accepted=False))

    # -- settings, note, variations

    @rule(
        values=st.fixed_dictionaries(
            {
                "seed": st.integers(0, 999),
                "count": st.integers(1, 16),
                "steps": st.integers(1, 100),
                "this_slice": st.booleans(),
                "draft": st.booleans(),
            }
        )
    )
    def set_settings(self, values):
        changed = replace(self.session.state.settings, **values)
        self.do(self.session.edit, "settings", changed, "settings")

    @rule(text=st.text(max_size=12))
    def write_note(self, text):
        key = new_merge_key()

        def run():
            for end in range(len(text) + 1):
                self.session.edit("note", text[:end], "note", merge_key=key)

        self.do(run)

    @rule(number=st.integers(1, 4), what=st.sampled_from(("apply", "discard", "star")))
    def treat_variation(self, number, what):
        self.do(getattr(self.made, what), number)

    @rule(number=st.integers(1, 3), seed=st.booleans())
    def take_settings(self, number, seed):
        self.do(self.made.take_settings, number, seed=seed)

    # -- back and forth

    @rule(steps=st.integers(1, 3))
    def undo(self, steps):
        for _ in range(min(steps, self.stack.index())):
            self.stack.undo()
        assert self.session.state == self.trail[self.stack.index()]

    @rule(steps=st.integers(1, 9))
    def redo(self, steps):
        for _ in range(steps):
            self.stack.redo()
        assert self.session.state == self.trail[self.stack.index()]

    # -- the end

    def teardown(self):
        type(self).most = max(self.most, self.count)
        walk(self.session, self.trail, lambda a, b: a == b)
        saved = self.stack.index()
        other = Session()
        other.restore(*reopened(self.session, self.made))
        assert other.undo_stack.count() == min(saved, KEPT_STEPS)
        walk(other, self.trail[saved - other.undo_stack.count() :], same)


def walk(session, trail, equal):
    """All redone, all undone, all redone, and each place between, is what the trail says."""
    stack = session.undo_stack
    stack.setIndex(stack.count())
    assert stack.count() == len(trail) - 1
    assert equal(session.state, trail[-1])
    for place in reversed(range(stack.count())):
        stack.undo()
        assert equal(session.state, trail[place]), stack.redoText()
    assert not stack.canUndo()
    while stack.canRedo():
        stack.redo()
        assert equal(session.state, trail[stack.index()]), stack.undoText()
    assert equal(session.state, trail[-1])


def same(one, other):
    """Equal states of two sessions: what was read from a file is equal, not the same object."""
    assert one.series.pixels_sha256 == other.series.pixels_sha256
    assert equal_results(one.applied, other.applied)
    return replace(one, series=None, applied=None) == replace(other, series=None, applied=None)


def reopened(session, made):
    """(state, steps, how many of them are done) as they come back from a saved project."""
    work = trimmed(capture(session, made))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.lgesynth"
        drive(
            write_project(
                path, HEAD, host(), lambda packing: plain_work(work, packing), work.results()
            )
        )
        opened = drive(read_project(path))
    back = work_of(opened.series, opened.work, opened.values)
    return back.state, back.steps, back.done


@pytest.mark.timeout(300)
def test_that_hundreds_of_random_edits_can_be_undone_redone_and_reopened(qapp):
    class Machine(Undoing):
        runner = JobRunner()

    try:
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=RUNS,
                stateful_step_count=STEPS,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        Machine.runner.shutdown()
    assert Machine.most >= EDITS
    assert len(Machine.kinds) >= KINDS
