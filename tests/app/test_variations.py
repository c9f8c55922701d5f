import threading

import pytest

from lgesynth_gui.app.jobs import JobRunner
from lgesynth_gui.app.look import View
from lgesynth_gui.app.session import Session
from lgesynth_gui.app.variations import Stage, Variations
from lgesynth_gui.core.errors import EngineDied
from lgesynth_gui.core.verdict import Grade
from tests.ui import hearts


class Room:
    def __init__(self, engine, runner):
        self.engine = engine
        self.session, self.view = Session(), View()
        self.variations = Variations(self.session, self.view, runner, engine)
        self.session.open(hearts.series(), hearts.contours(), hearts.requested_sketch())


@pytest.fixture
def room(qapp, runner: JobRunner):
    return Room(hearts.FakeEngine(), runner)


def test_that_every_variation_gets_its_own_seed_and_result(room, qtbot):
    with qtbot.waitSignal(room.variations.idle, timeout=10_000):
        assert room.variations.generate() == ""
    seeds = [v.request.seed for v in room.variations.all]
    assert seeds == [42, 43, 44, 45]
    assert all(v.stage is Stage.DONE for v in room.variations.all)
    assert room.session.state.applied is None


def test_that_the_best_pass_of_a_group_is_previewed_but_never_applied(room, qtbot):
    room.engine.grades = [
        (Grade.FAIL, 0.5),
        (Grade.PASS, 0.7),
        (Grade.PASS, 0.9),
        (Grade.CHECK, 0.95),
    ]
    with qtbot.waitSignal(room.variations.idle, timeout=10_000):
        room.variations.generate()
    assert room.view.look.preview == 3
    assert room.session.state.applied is None


def test_that_apply_and_discard_are_undone(room, qtbot):
    with qtbot.waitSignal(room.variations.idle, timeout=10_000):
        room.variations.generate()
    first = room.variations.all[0]
    room.variations.apply(1)
    assert room.session.state.applied is first.result
    room.variations.discard(2)
    assert [v.number for v in room.variations.visible()] == [1, 3, 4]
    room.session.undo_stack.undo()
    assert [v.number for v in room.variations.visible()] == [1, 2, 3, 4]
    room.session.undo_stack.undo()
    assert room.session.state.applied is None


def test_that_cancel_is_answered_within_a_second_and_the_queue_goes_on(room, qtbot):
    room.engine.hold = True
    room.variations.generate()
    qtbot.waitUntil(lambda: room.variations.all[0].stage is Stage.RUNNING, timeout=3000)
    room.variations.cancel_current()
    assert room.variations.all[0].stage is Stage.CANCELLING
    qtbot.waitUntil(lambda: room.variations.all[0].stage is Stage.CANCELLED, timeout=1000)
    qtbot.waitUntil(lambda: room.variations.all[1].stage is Stage.RUNNING, timeout=3000)
    with qtbot.waitSignal(room.variations.idle, timeout=3000):
        room.variations.cancel_all()
    assert room.variations.visible() == ()
    assert room.engine.closed == len([a for a in room.engine.asked if a.endswith(":generate")])


def test_that_a_dead_engine_is_told_in_words_and_can_be_retried(room, qtbot):
    broken = EngineDied("The engine process stopped.", "Try again.")

    def dies(function, *arguments):
        yield None
        raise broken

    good, room.engine.run = room.engine.run, dies
    with (
        qtbot.waitSignal(room.variations.said, timeout=3000),
        qtbot.waitSignal(room.variations.idle),
    ):
        room.variations.generate()
    assert {v.stage for v in room.variations.all} == {Stage.FAILED}
    room.engine.run = good
    with qtbot.waitSignal(room.variations.idle, timeout=3000):
        room.variations.retry(1)
    assert room.variations.all[-1].stage is Stage.DONE


def test_that_late_results_of_a_closed_study_are_dropped(room, qtbot, runner):
    room.engine.hold = True
    room.variations.generate()
    qtbot.waitUntil(lambda: room.variations.all[0].stage is Stage.RUNNING, timeout=3000)
    room.session.open(hearts.series())
    assert room.variations.all == ()
    qtbot.waitUntil(lambda: not runner.busy, timeout=3000)
    assert room.variations.all == ()


def test_that_stepping_stays_within_the_finished_ones(room, qtbot):
    with qtbot.waitSignal(room.variations.idle, timeout=10_000):
        room.variations.generate()
    room.view.set(preview=1)
    room.variations.step(-1)
    assert room.view.look.preview == 1
    for _ in range(9):
        room.variations.step(1)
    assert room.view.look.preview == 4


def test_that_a_queued_variation_is_cancelled_at_once_whatever_runs_before_it(room, qtbot, runner):
    held = threading.Event()

    def deaf():
        held.wait(20)
        yield None

    runner.submit(deaf)
    room.variations.generate()
    room.variations.cancel_all()
    assert {v.stage for v in room.variations.all} == {Stage.CANCELLED}
    held.set()
    qtbot.waitUntil(lambda: not runner.busy, timeout=3000)
    assert room.engine.asked == []
    assert {v.stage for v in room.variations.all} == {Stage.CANCELLED}
