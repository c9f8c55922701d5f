import itertools
import subprocess
import sys
import threading
import time
import weakref

import pytest
from PySide6.QtCore import QTimer

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


def test_that_the_last_step_before_a_long_silence_is_told(runner, qtbot):
    def sudden():
        for i in range(3):
            yield Progress(i + 1, 9, "denoising")
        while True:
            yield None

    seen = []
    handle = runner.submit(sudden)
    handle.progressed.connect(lambda step: seen.append(step.done))
    qtbot.waitUntil(lambda: seen == [1, 3], timeout=3000)
    qtbot.wait(150)
    assert seen == [1, 3]
    with qtbot.waitSignal(handle.cancelled, timeout=1000):
        handle.cancel()


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
    assert made.shutdown()
    started = []
    made.submit(lambda: started.append(1))
    assert made.shutdown()
    assert not started
    assert not made.busy


def test_that_shutdown_waits_no_longer_than_told_for_a_job_that_never_yields(qapp):
    started, released = threading.Event(), threading.Event()

    def deaf():
        started.set()
        released.wait(30)
        yield None

    made = JobRunner()
    made.submit(deaf)
    assert started.wait(5)
    began = time.monotonic()
    assert not made.shutdown(0.2)
    assert time.monotonic() - began < 1.0
    released.set()
    assert made.shutdown(5.0)


@pytest.mark.parametrize("step", [None, Progress(1, 2, "counting")])
def test_that_a_job_that_only_yields_leaves_the_processor_to_the_window(runner, qtbot, step):
    def hasty():
        while True:
            yield step

    handle = runner.submit(hasty)
    qtbot.wait(50)
    spent, began = time.process_time(), time.monotonic()
    ticks, timer = [], QTimer()
    timer.timeout.connect(lambda: ticks.append(time.monotonic()))
    timer.start(5)
    qtbot.wait(400)
    timer.stop()
    share = (time.process_time() - spent) / (time.monotonic() - began)
    gaps = [b - a for a, b in itertools.pairwise(ticks)]
    assert max(gaps) < 0.2
    assert share < (0.5 if step is None else 0.95)
    with qtbot.waitSignal(handle.cancelled, timeout=1000):
        handle.cancel()


HUNG = """
import time
from PySide6.QtCore import QTimer
from lgesynth_gui.app.variations import Stage
from lgesynth_gui.ui import main
from tests.ui import hearts

class Hung:
    def run(self, function, *arguments):
        if function.endswith(":prepare"):
            return
        yield hearts.Progress(1, 2, "denoising")
        time.sleep(600)
    def kill(self):
        print("killed", flush=True)

def opened(theme):
    global window
    window = make(Hung(), hearts.services(), theme)
    QTimer.singleShot(0, window, start)
    return window

def start():
    window.session.open(hearts.series(), hearts.contours(), hearts.requested_sketch())
    window.generate()
    close()

def close():
    if window.variations.all[0].stage is Stage.RUNNING:
        print("left", time.monotonic(), flush=True)
        window.leave()
    else:
        QTimer.singleShot(10, window, close)

make, main.make_window = main.make_window, opened
raise SystemExit(main.run_window())
"""


def test_that_the_process_ends_within_seconds_of_closing_while_the_engine_hangs():
    ran = subprocess.run(
        [sys.executable, "-c", HUNG], capture_output=True, text=True, timeout=30, check=False
    )
    ended = time.monotonic()
    assert ran.returncode == 0, ran.stderr
    left, killed = ran.stdout.split("\n")[:2]
    assert killed == "killed"
    assert ended - float(left.split()[1]) < 5.0
