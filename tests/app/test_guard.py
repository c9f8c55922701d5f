import pytest

from lgesynth_gui.app.guard import Guard
from lgesynth_gui.app.phases import LIMITS_S, Phase, limit_s, phase_of, phase_words
from lgesynth_gui.core.errors import EngineDied
from lgesynth_gui.core.jobs import Progress, drive


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def told(*steps, closed=None):
    try:
        yield from steps
    finally:
        if closed is not None:
            closed.append(True)
    return "done"


def at(done, note="denoising", total=8):
    return Progress(done, total, note)


@pytest.mark.parametrize(
    ("step", "phase", "words"),
    [
        (None, Phase.LOAD, "loading models"),
        (at(0, "loading models"), Phase.LOAD, "loading models"),
        (at(1), Phase.DENOISE, "denoise 1 of 8"),
        (at(4), Phase.PASTE, "pasting back"),
        (at(5, "denoising, slice 2 of 2"), Phase.DENOISE, "denoise 5 of 8"),
        (at(8), Phase.PASTE, "pasting back"),
        (at(8, "judging"), Phase.JUDGE, "judging"),
    ],
)
def test_that_every_word_of_the_engine_has_its_phase(step, phase, words):
    assert phase_of(step, 4) is phase
    assert phase_words(step, 4) == words


def test_that_a_card_has_less_time_than_the_processor_in_every_phase():
    for card, cpu in LIMITS_S.values():
        assert card < cpu
    assert limit_s(at(1), 4, "cuda") == 10
    assert limit_s(at(1), 4, "cpu") == limit_s(at(1), 4, "") == 60


def test_that_a_guarded_job_gives_its_steps_and_its_result():
    seen = []
    assert drive(Guard(lambda _: 5.0).watch(told(at(1), None, at(2))), seen.append) == "done"
    assert seen == [at(1), at(2)]


def test_that_alive_is_not_advancing():
    clock, closed = Clock(), []
    job = Guard(lambda _: 10.0, clock).watch(told(at(1), *[at(1)] * 50, closed=closed))
    next(job)
    clock.now = 9.0
    next(job)
    clock.now = 10.5
    with pytest.raises(EngineDied, match="10 s"):
        next(job)
    assert closed == [True]


def test_that_each_step_starts_the_time_anew():
    clock = Clock()
    job = Guard(lambda _: 10.0, clock).watch(told(*[at(k) for k in range(8)]))
    for k in range(8):
        clock.now = 9.0 * k
        assert next(job) == at(k)


def test_that_a_restart_ends_the_job_at_its_next_sign_of_life():
    closed, guard = [], Guard(lambda _: 99.0)
    job = guard.watch(told(at(1), at(2), at(3), closed=closed))
    next(job)
    guard.restart()
    with pytest.raises(EngineDied, match="restarted"):
        next(job)
    assert closed == [True]


def test_that_closing_closes_the_job_inside():
    closed = []
    job = Guard(lambda _: 99.0).watch(told(at(1), at(2), closed=closed))
    next(job)
    job.close()
    assert closed == [True]
