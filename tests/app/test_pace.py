import pytest

from lgesynth_gui.app.pace import Pace, time_words
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.core.synthesis import SynthesisRequest

REQUEST = SynthesisRequest("", HeartContours(), ScarSketch(), steps=4)


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def run(pace, clock, step_s, *, slices=2, rest_s=1.0, end=True):
    """A generation of 4 steps a slice; `rest_s` passes after the last step."""
    pace.begin(REQUEST, slices, "cpu")
    pace.advance(Progress(0, 4 * slices, "loading models"))
    clock.now += 30  # loading is nobody's pace
    for k in range(4 * slices):
        clock.now += step_s
        pace.advance(Progress(k + 1, 4 * slices, "denoising"))
        yield k + 1
    clock.now += rest_s
    if end:
        pace.end()


def test_that_nothing_is_told_before_three_steps_and_the_median_after(clock):
    pace = Pace(clock)
    told = {k: pace.left_s() for k in run(pace, clock, 2.0)}
    assert told[1] is None
    assert told[2] is None
    assert told[3] == pytest.approx(5 * 2.0)
    assert told[8] == 0.0


def test_that_one_slow_step_does_not_move_the_estimate(clock):
    pace = Pace(clock)
    for k in run(pace, clock, 1.0):
        if k == 4:
            clock.now += 20
        if k == 6:
            assert pace.left_s() == pytest.approx(2.0)


def test_that_a_forecast_comes_from_what_finished_ones_took(clock):
    pace = Pace(clock)
    assert pace.forecast_s(REQUEST, 2, "cpu") is None
    for _ in run(pace, clock, 2.0, rest_s=3.0):
        pass
    assert pace.forecast_s(REQUEST, 2, "cpu") == pytest.approx(8 * 2.0 + 3.0)
    assert pace.forecast_s(REQUEST, 4, "cpu") == pytest.approx(2 * (8 * 2.0 + 3.0))
    assert pace.forecast_s(REQUEST, 2, "cuda") is None  # another device is another pace


def test_that_a_cancelled_generation_teaches_nothing(clock):
    pace = Pace(clock)
    for _ in run(pace, clock, 2.0, end=False):
        pass
    assert pace.forecast_s(REQUEST, 2, "cpu") is None


def test_that_half_as_long_again_as_expected_is_late(clock):
    pace = Pace(clock)
    for _ in run(pace, clock, 1.0, rest_s=0.0):
        assert not pace.late
    for k in run(pace, clock, 1.0):
        if k == 5:
            clock.now += 5
            assert not pace.late
            clock.now += 5
            assert pace.late


def test_that_waiting_for_a_step_lowers_the_time_left_never_below_nothing(clock):
    pace = Pace(clock)
    for k in run(pace, clock, 1.0):
        if k == 4:
            clock.now += 1
            assert pace.left_s() == pytest.approx(3.0)
            clock.now += 60
            assert pace.left_s() == 0.0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (8.4, "8 s"), (23, "25 s"), (57, "55 s"), (61, "1 min"), (4300, "1 h 12 min")],
)
def test_that_times_are_said_as_one_says_them(seconds, words):
    assert time_words(seconds) == words
