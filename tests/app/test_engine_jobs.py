"""The runner and the queue with the real engine process."""

import itertools
import os
import signal
import sys
import time
from dataclasses import replace

import pytest
from PySide6.QtCore import QTimer

from lgesynth_gui.app.look import View
from lgesynth_gui.app.phases import phase_of
from lgesynth_gui.app.queue import Queue, Ticket
from lgesynth_gui.app.session import Session
from lgesynth_gui.app.variations import Stage, Variations
from lgesynth_gui.core.errors import EngineDied
from lgesynth_gui.engine.client import Engine
from tests.ui import hearts

JOBS = "tests.engine.strange_jobs"
PHASES = ["loading models", "denoising", "pasting back", "judging"]


@pytest.fixture(scope="module")
def engine():
    made = Engine(grace_s=0.4, package="tests")
    yield made
    made.kill()


def strange(engine, name, *arguments):
    return lambda: engine.run(f"{JOBS}:{name}", *arguments)


def test_that_a_job_of_the_engine_reports_its_steps_and_result(runner, qtbot, engine):
    seen = []
    handle = runner.submit(strange(engine, "count", 3))
    handle.progressed.connect(seen.append)
    with qtbot.waitSignal(handle.finished, timeout=20_000) as got:
        pass
    assert got.args == [3]
    assert seen[0].note == "counting"


class InPhases:
    """An engine whose generations hang where they are told to."""

    def __init__(self, engine):
        self.engine, self.hang = engine, [""]

    def run(self, function, request, host):
        where = self.hang.pop(0) if self.hang else ""
        ended = yield from self.engine.run(f"{JOBS}:phases", where)
        assert ended == where
        return hearts.result_of(request, host)

    def kill(self):
        return self.engine.kill()


@pytest.fixture
def variations(qapp, runner, engine):
    session, view = Session(), View()
    made = Variations(session, view, runner, InPhases(engine))
    made.fake = made._engine
    made.session = session
    session.open(hearts.series(), hearts.contours(), hearts.requested_sketch())
    changed = replace(session.state.settings, count=2, steps=2)
    session.edit("settings", changed, "settings")
    return made


def phase(one):
    return None if one.progress is None else phase_of(one.progress, 2).value


@pytest.mark.parametrize("where", PHASES)
def test_that_cancel_is_done_within_a_second_in_every_phase(variations, qtbot, where):
    variations.fake.hang = [where]
    variations.generate()
    first, second = variations.all
    hung = lambda: phase(variations.get(first.number)) == where  # noqa: E731
    qtbot.waitUntil(hung, timeout=20_000)
    qtbot.wait(150)
    began = time.monotonic()
    variations.cancel(first.number)
    assert variations.get(first.number).stage is Stage.CANCELLING
    ended = lambda: variations.get(first.number).stage is Stage.CANCELLED  # noqa: E731
    qtbot.waitUntil(ended, timeout=3000)
    assert time.monotonic() - began < 1.0
    with qtbot.waitSignal(variations.idle, timeout=20_000):
        pass
    assert variations.get(second.number).stage is Stage.DONE  # the queue went on


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_that_an_engine_killed_in_mid_step_leaves_project_and_queue(variations, qtbot, engine):
    variations.fake.hang = ["denoising"]
    state = variations.session.state
    variations.generate()
    first, second = variations.all
    hung = lambda: phase(variations.get(first.number)) == "denoising"  # noqa: E731
    qtbot.waitUntil(hung, timeout=20_000)
    os.kill(engine._process.pid, signal.SIGKILL)
    with qtbot.waitSignal(variations.idle, timeout=20_000):
        pass
    assert variations.get(first.number).message == "Failed: engine stopped in denoising"
    assert variations.get(second.number).stage is Stage.DONE
    assert variations.session.state is state
    with qtbot.waitSignal(variations.idle, timeout=20_000):
        variations.retry(first.number)
    assert {v.stage for v in variations.all} == {Stage.DONE}


def test_that_a_phase_that_hangs_is_ended_by_the_watchdog_and_the_next_one_runs(
    runner, qtbot, engine
):
    queue, ended = Queue(runner), []
    queue.failed.connect(lambda number, error: ended.append((number, type(error))))
    queue.finished.connect(lambda number, result: ended.append((number, result)))
    queue.add(Ticket(1, strange(engine, "deaf", 30.0), lambda _: 0.5))
    queue.add(Ticket(2, strange(engine, "count", 2), lambda _: 20.0))
    qtbot.waitUntil(lambda: len(ended) == 2, timeout=20_000)
    assert ended == [(1, EngineDied), (2, 2)]


def test_that_the_window_lives_while_the_engine_works(runner, qtbot, engine):
    ticks, timer = [], QTimer()
    timer.timeout.connect(lambda: ticks.append(time.monotonic()))
    timer.start(50)
    handle = runner.submit(strange(engine, "forever"))
    with qtbot.waitSignal(handle.progressed, timeout=20_000):
        pass
    ticks.clear()
    qtbot.wait(800)
    with qtbot.waitSignal(handle.cancelled, timeout=2000):
        handle.cancel()
    gaps = sorted(b - a for a, b in itertools.pairwise(ticks))
    assert gaps[len(gaps) // 2] < 0.1
    assert gaps[-1] < 0.5  # another process may take the computer away from a test, not a user
