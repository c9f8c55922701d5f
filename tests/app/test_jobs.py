import threading
import weakref

import pytest

from lgesynth_gui.app.jobs import JobRunner
from lgesynth_gui.core.jobs import Progress

closed = []


def count(steps, error=None):
    closed.clear()
    try:
        for i in range(steps):
            yield Progress(i + 1, steps, f"phase {i}")
        if error is not None:
            raise error
        return "done"
    finally:
        closed.append("freed")


def forever():
    closed.clear()
    try:
        yield Progress(0, 0, "working")
        while True:
            yield None
    finally:
        closed.append("freed")


def test_that_a_job_reports_on_the_windows_thread_even_if_it_ends_at_once(runner, qtbot):
    seen = []
    handle = runner.submit(lambda: count(3))
    handle.progressed.connect(
        lambda p: seen.append((p.done, threading.current_thread() is threading.main_thread()))
    )
    with qtbot.waitSignal(handle.finished, timeout=3000) as got:
        pass
    assert got.args == ["done"]
    assert seen == [(1, True), (2, True), (3, True)]


def test_that_cancel_stops_at_the_next_step_and_frees_memory(runner, qtbot):
    handle = runner.submit(forever)
    with qtbot.waitSignal(handle.progressed, timeout=3000):
        pass
    with qtbot.waitSignal(handle.cancelled, timeout=1000):
        handle.cancel()
    assert closed == ["freed"]


def test_that_a_queued_job_can_be_cancelled_before_it_starts(runner, qtbot):
    started = []

    def second():
        started.append(1)
        yield Progress(1, 1)

    first, other = runner.submit(forever), runner.submit(second)
    other.cancel()
    with qtbot.waitSignal(other.cancelled, timeout=3000):
        first.cancel()
    assert started == []


@pytest.mark.parametrize("error", [RuntimeError("x"), ValueError("x"), MemoryError()])
def test_that_any_exception_reaches_the_windows_thread(runner, qtbot, error):
    handle = runner.submit(lambda: count(1, error))
    with qtbot.waitSignal(handle.failed, timeout=3000) as got:
        pass
    assert got.args == [error]


def test_that_an_error_while_starting_is_reported(runner, qtbot):
    def start():
        raise ImportError("missing")

    handle = runner.submit(start)
    with qtbot.waitSignal(handle.failed, timeout=3000) as got:
        pass
    assert isinstance(got.args[0], ImportError)


def test_that_progress_is_throttled_within_a_phase(runner, qtbot):
    def chatty():
        for i in range(5000):
            yield Progress(i, 5000, "denoising")

    seen = []
    handle = runner.submit(chatty)
    handle.progressed.connect(seen.append)
    with qtbot.waitSignal(handle.finished, timeout=5000):
        pass
    assert 1 <= len(seen) < 100


def test_that_ended_handles_are_let_go(runner, qtbot):
    handle = runner.submit(lambda: count(1))
    with qtbot.waitSignal(handle.finished, timeout=3000):
        pass
    left = weakref.ref(handle)
    del handle
    qtbot.waitUntil(lambda: left() is None, timeout=3000)
    assert not runner.busy


def test_that_shutdown_does_not_hang(qapp):
    made = JobRunner()
    made.submit(forever)
    made.submit(forever)
    made.shutdown()
