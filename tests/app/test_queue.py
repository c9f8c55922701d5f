import threading
import time

import pytest

from lgesynth_gui.app.queue import Queue, Ticket
from lgesynth_gui.core.errors import EngineDied
from lgesynth_gui.core.jobs import Progress


class Place:
    """A queue whose jobs wait until they are let go."""

    def __init__(self, runner):
        self.queue = Queue(runner)
        self.ran, self.ended, self.gates = [], [], {}
        self.queue.finished.connect(lambda n, _: self.ended.append((n, "finished")))
        self.queue.failed.connect(lambda n, e: self.ended.append((n, type(e).__name__)))
        self.queue.cancelled.connect(lambda n: self.ended.append((n, "cancelled")))

    def add(self, number, *, limit=60.0, error=None, **place):
        gate = self.gates[number] = threading.Event()

        def job():
            self.ran.append(number)
            yield Progress(1, 2, "denoising")
            while not gate.wait(0.002):
                yield None
            if error is not None:
                raise error
            return number

        self.queue.add(Ticket(number, job, lambda _: limit), **place)


@pytest.fixture
def place(runner):
    return Place(runner)


def go(place, qtbot, *numbers):
    for number in numbers:
        qtbot.waitUntil(lambda n=number: n in place.ran, timeout=3000)
        place.gates[number].set()
        qtbot.waitUntil(lambda n=number: n in [e for e, _ in place.ended], timeout=3000)


def test_that_one_runs_after_the_other_and_the_front_goes_first(place, qtbot):
    for number in (1, 2, 3):
        place.add(number)
    place.add(4, place=0)
    assert place.queue.running == 1
    assert place.queue.order == (4, 2, 3)
    go(place, qtbot, 1, 4, 2, 3)
    assert place.ran == [1, 4, 2, 3]
    assert place.queue.running is None


def test_that_what_waits_can_be_moved_and_what_runs_cannot(place, qtbot):
    for number in (1, 2, 3, 4):
        place.add(number)
    place.queue.move(4, -1)
    assert place.queue.order == (2, 4, 3)
    place.queue.move(4, -9)
    assert place.queue.order == (4, 2, 3)
    place.queue.move(4, 9)
    assert place.queue.order == (2, 3, 4)
    place.queue.move(1, 1)
    assert place.queue.order == (2, 3, 4)
    go(place, qtbot, 1, 2, 3, 4)


def test_that_a_pause_starts_nothing_more_and_lets_the_running_one_end(place, qtbot):
    place.add(1)
    place.add(2)
    place.queue.pause()
    go(place, qtbot, 1)
    qtbot.wait(50)
    assert place.queue.running is None
    assert place.ran == [1]
    place.queue.resume()
    go(place, qtbot, 2)


def test_that_a_waiting_one_is_gone_at_once_and_the_running_one_when_it_stops(place, qtbot):
    place.add(1)
    place.add(2)
    qtbot.waitUntil(lambda: place.ran == [1], timeout=3000)
    qtbot.wait(30)
    assert place.queue.cancel(2)
    assert place.ended == [(2, "cancelled")]
    assert not place.queue.cancel(1)
    qtbot.waitUntil(lambda: (1, "cancelled") in place.ended, timeout=1000)


def test_that_a_job_that_does_not_stop_is_let_go_within_a_second(place, qtbot, runner):
    deaf = threading.Event()

    def job():
        yield Progress(1, 2, "denoising")
        deaf.wait(20)
        yield None

    place.queue.add(Ticket(1, job, lambda _: 60.0))
    place.add(2)
    with qtbot.waitSignal(place.queue.advanced, timeout=3000):
        pass
    began = time.monotonic()
    assert not place.queue.cancel(1)
    qtbot.waitUntil(lambda: place.ended == [(1, "cancelled")], timeout=3000)
    assert time.monotonic() - began < 1.0
    assert place.queue.running == 2  # it waits for the worker, and runs as soon as that is free
    deaf.set()
    go(place, qtbot, 2)
    assert place.ended == [(1, "cancelled"), (2, "finished")]


def test_that_a_failure_is_told_and_the_next_one_runs(place, qtbot):
    place.add(1, error=ValueError("x"))
    place.add(2)
    go(place, qtbot, 1, 2)
    assert place.ended == [(1, "ValueError"), (2, "finished")]


def test_that_a_job_that_does_not_advance_is_ended_by_the_watchdog(place, qtbot):
    place.add(1, limit=0.05)
    place.add(2)
    go(place, qtbot, 2)
    assert place.ended == [(1, EngineDied.__name__), (2, "finished")]


def test_that_a_restart_ends_the_running_one_as_a_failure(place, qtbot):
    place.add(1)
    qtbot.waitUntil(lambda: place.ran == [1], timeout=3000)
    place.queue.restart()
    qtbot.waitUntil(lambda: place.ended == [(1, EngineDied.__name__)], timeout=3000)


def test_that_nothing_is_told_after_everything_was_cleared(place, qtbot, runner):
    for number in (1, 2):
        place.add(number)
    place.queue.clear()
    qtbot.waitUntil(lambda: not runner.busy, timeout=3000)
    qtbot.wait(30)
    assert place.ended == []
    assert (place.queue.running, place.queue.order) == (None, ())
