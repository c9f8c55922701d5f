import threading
from dataclasses import replace

import pytest

from lgesynth_gui.app.jobs import JobRunner
from lgesynth_gui.app.look import View
from lgesynth_gui.app.session import Session
from lgesynth_gui.app.variations import Stage, Variations
from lgesynth_gui.core.errors import EngineDied
from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.core.verdict import Grade
from tests.ui import hearts


class Room:
    def __init__(self, engine, runner, **named):
        self.engine = engine
        self.session, self.view = Session(), View()
        self.variations = Variations(self.session, self.view, runner, engine, **named)
        self.session.open(hearts.series(), hearts.contours(), hearts.requested_sketch())


@pytest.fixture
def room(qapp, runner: JobRunner):
    return Room(hearts.FakeEngine(), runner)


def settings(room, **values):
    changed = replace(room.session.state.settings, **values)
    room.session.edit("settings", changed, "settings")


def made(room, qtbot, call=None):
    with qtbot.waitSignal(room.variations.idle, timeout=10_000):
        assert (call or room.variations.generate)() == ""
    return room.variations.all


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
    assert room.variations.get(1) is None  # the new one took its place


def test_that_a_failure_names_its_phase_and_leaves_the_queue_intact(room, qtbot):
    good = room.engine.run

    def dies_once(function, *arguments):
        room.engine.run = good
        yield Progress(0, 8, "loading models")
        yield Progress(3, 8, "denoising")
        raise EngineDied("The engine process stopped.", "Try again.")

    room.engine.run = dies_once
    with qtbot.waitSignal(room.variations.idle, timeout=5000):
        room.variations.generate()
    first, *others = room.variations.all
    assert first.message == "Failed: engine stopped in denoising"
    assert {v.stage for v in others} == {Stage.DONE}
    with qtbot.waitSignal(room.variations.idle, timeout=5000):
        room.variations.retry_failed()
    assert {v.stage for v in room.variations.visible()} == {Stage.DONE}


def test_that_memory_running_out_is_told_and_retried_on_the_processor(room, qtbot):
    asked, good = [], room.engine.run

    class OutOfMemoryError(RuntimeError):
        pass

    def runs_out(function, *arguments):
        asked.append(arguments[2:])
        yield None
        if len(asked) == 1:
            raise OutOfMemoryError("CUDA out of memory")
        return (yield from good(function, *arguments[:2]))

    room.engine.run = runs_out
    settings(room, count=2)
    with qtbot.waitSignal(room.variations.idle, timeout=5000):
        room.variations.generate()
    assert "processor" in room.variations.all[0].message
    assert room.variations.all[1].stage is Stage.DONE  # what was finished is kept
    with qtbot.waitSignal(room.variations.idle, timeout=5000):
        room.variations.retry_failed()
    assert asked == [(), (), ("cpu",)]


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


# -- seeds


def test_that_generating_again_goes_on_to_seeds_that_were_not_used(room, qtbot):
    settings(room, count=2)
    made(room, qtbot)
    assert [r.seed for r in room.variations.requests(2)] == [44, 45]
    assert [v.request.seed for v in made(room, qtbot)] == [42, 43, 44, 45]
    assert room.session.state.settings.seed == 42


def test_that_a_kept_seed_and_another_drawing_start_at_the_seed_that_is_shown(room, qtbot):
    settings(room, count=1)
    made(room, qtbot)
    settings(room, seed_locked=True)
    assert [r.seed for r in room.variations.requests(1)] == [42]
    settings(room, seed_locked=False)
    half = replace(room.session.state.sketch, regions=room.session.state.sketch.regions[:1])
    moved = tuple((x + 1.0, y) for x, y in half.regions[0].outline)
    other = replace(half, regions=(replace(half.regions[0], outline=moved),))
    room.session.edit("sketch", other, "draw")
    assert [r.seed for r in room.variations.requests(1)] == [42]


def test_that_a_new_seed_is_one_that_nothing_was_made_from(room, qtbot):
    settings(room, count=2)
    made(room, qtbot)
    made(room, qtbot, room.variations.new_seed)
    assert room.session.state.settings.seed == 44
    assert [v.request.seed for v in room.variations.all] == [42, 43, 44, 45]


def test_that_settings_and_seed_of_a_variation_are_taken_over_in_one_step(room, qtbot):
    settings(room, count=1, steps=6, feather_mm=2.0)
    made(room, qtbot)
    settings(room, steps=25, seed=7, feather_mm=4.0)
    steps = room.session.undo_stack.count()
    room.variations.take_settings(1)
    now = room.session.state.settings
    assert (now.seed, now.steps, now.feather_mm) == (42, 6, 2.0)
    assert room.session.undo_stack.count() == steps + 1
    said = room.variations.same_again(1)
    assert "would be the same" in said
    assert len(room.variations.all) == 1


# -- front, pause, pair


def test_that_the_front_runs_before_what_waits(room, qtbot):
    room.engine.hold = True
    settings(room, count=2)
    room.variations.generate()
    qtbot.waitUntil(lambda: room.variations.all[0].stage is Stage.RUNNING, timeout=3000)
    settings(room, count=2, seed=90)
    room.variations.generate(front=True)
    assert [v.request.seed for v in room.variations.waiting()] == [42, 90, 91, 43]
    room.engine.hold = False
    with qtbot.waitSignal(room.variations.idle, timeout=10_000):
        pass


def test_that_a_paused_queue_keeps_what_waits(room, qtbot):
    room.variations.toggle_pause()
    room.variations.generate()
    qtbot.wait(30)
    assert room.engine.asked == []
    assert len(room.variations.waiting()) == 4
    with qtbot.waitSignal(room.variations.idle, timeout=10_000):
        room.variations.toggle_pause()
    assert {v.stage for v in room.variations.all} == {Stage.DONE}


def test_that_a_pair_differs_in_its_guidance_alone(room, qtbot):
    settings(room, guidance=0.0)
    one, other = made(room, qtbot, room.variations.generate_pair)
    assert (one.tag, other.tag) == ("guided", "unguided")
    assert one.request.guidance > 0
    assert replace(one.request, guidance=0.0) == other.request
    assert room.variations.tags(one) == ("guided",)


# -- tries


def test_that_tries_stop_at_the_first_pass_and_say_how_many_they_were(room, qtbot):
    room.engine.grades = [(Grade.FAIL, 0.5), (Grade.FAIL, 0.57), (Grade.PASS, 0.7)]
    settings(room, until_pass=True)
    done = made(room, qtbot)
    assert [v.request.seed for v in done] == [42, 43, 44]
    assert room.view.look.preview == 3
    room.variations.apply()
    assert dict(room.session.state.applied.scores)["tries"] == 3.0


def test_that_tries_are_bounded_and_the_best_fail_is_previewed(room, qtbot):
    room.engine.grades = [(Grade.FAIL, 0.4), (Grade.FAIL, 0.57), (Grade.FAIL, 0.5)]
    settings(room, until_pass=True, most_tries=3)
    with qtbot.waitSignal(room.variations.said, timeout=5000) as said:
        made(room, qtbot)
    assert said.args == ["3 of 3 tries · best 0.57"]
    assert room.view.look.preview == 2
    assert room.session.state.applied is None
    assert {dict(v.result.scores)["tries"] for v in room.variations.all} == {3.0}


def test_that_tries_end_when_their_time_is_over(qapp, runner, qtbot):
    now = [0.0]
    room = Room(hearts.FakeEngine(), runner, clock=lambda: now[0])
    room.engine.grades = [(Grade.FAIL, 0.4)] * 50
    settings(room, until_pass=True, most_tries=50, most_minutes=1)
    room.variations.changed.connect(lambda: now.__setitem__(0, now[0] + 7.0))
    made(room, qtbot)
    assert 1 < len(room.variations.all) < 12


def test_that_cancelling_a_try_ends_the_trying(room, qtbot):
    room.engine.hold = True
    settings(room, until_pass=True)
    room.variations.generate()
    qtbot.waitUntil(lambda: room.variations.all[0].stage is Stage.RUNNING, timeout=3000)
    with qtbot.waitSignal(room.variations.idle, timeout=3000):
        room.variations.cancel_all()
    assert len(room.variations.all) == 1


def test_that_pictures_of_another_drawing_do_not_count_as_tries(room, qtbot):
    settings(room, count=2)
    made(room, qtbot)
    region = room.session.state.sketch.regions[0]
    moved = replace(region, outline=tuple((x + 1.0, y) for x, y in region.outline))
    room.session.edit("sketch", replace(room.session.state.sketch, regions=(moved,)), "draw")
    made(room, qtbot)
    assert [dict(v.result.scores)["tries"] for v in room.variations.all] == [2.0] * 4


# -- the strip


def test_that_the_strip_is_filtered_and_ordered_inside_its_groups(room, qtbot):
    room.engine.grades = [(Grade.FAIL, 0.5), (Grade.PASS, 0.7), (Grade.PASS, 0.9)]
    settings(room, count=3)
    made(room, qtbot)
    room.variations.add([room.variations.all[0].result])
    room.variations.star(1)
    numbers = lambda: [v.number for v in room.variations.shown()]  # noqa: E731
    assert numbers() == [1, 2, 3, 4]
    room.variations.sort_by("best")
    assert numbers() == [3, 2, 1, 4]
    room.variations.show_only("pass")
    assert numbers() == [3, 2]
    room.variations.show_only("starred")
    assert numbers() == [1]
    assert room.variations.tags(room.variations.get(4)) == ("ready-made",)


def test_that_what_is_on_its_way_passes_every_filter(room, qtbot):
    room.variations.toggle_pause()
    room.variations.generate()
    room.variations.show_only("starred")
    assert len(room.variations.shown()) == 4
    room.variations.cancel_all()


def test_that_a_variation_of_another_drawing_says_so(room, qtbot):
    settings(room, count=1)
    made(room, qtbot)
    one = room.variations.all[0]
    assert room.variations.tags(one) == ()
    room.session.edit("sketch", hearts.EMPTY, "clear")
    assert room.variations.tags(one) == ("other sketch",)


def test_that_a_group_keeps_its_caption_and_its_time(room, qtbot):
    made(room, qtbot)
    group = room.variations.groups[1]
    assert "anterior" in group.caption
    assert group.began_s is not None


# -- the plan


def test_that_the_plan_says_what_generate_will_do(room, qtbot):
    assert room.variations.plan().startswith("4 images of 2 slices, 6 steps each")
    made(room, qtbot)
    assert "about" in room.variations.plan()
    assert room.variations.plan().endswith("from seed 46")
    settings(room, until_pass=True)
    assert room.variations.plan().startswith("Up to 8 tries of 2 slices, 10 min at most")
    room.variations.computes_on = lambda: "cuda"
    assert "2 min at most" in room.variations.plan()
    room.session.edit("sketch", hearts.EMPTY, "clear")
    assert room.variations.plan() == "Draw a scar first."
