"""The runner with the real engine process."""

import time

import pytest

from lgesynth_gui.engine.client import Engine


@pytest.fixture(scope="module")
def engine():
    made = Engine(grace_s=0.4, package="tests")
    yield made
    made.kill()


def strange(engine, name, *arguments):
    return lambda: engine.run(f"tests.engine.strange_jobs:{name}", *arguments)


def test_that_a_job_of_the_engine_reports_its_steps_and_result(runner, qtbot, engine):
    seen = []
    handle = runner.submit(strange(engine, "count", 3))
    handle.progressed.connect(seen.append)
    with qtbot.waitSignal(handle.finished, timeout=20_000) as got:
        pass
    assert got.args == [3]
    assert seen[0].note == "counting"


def test_that_a_deaf_job_is_killed_within_a_second_and_the_next_one_runs(runner, qtbot, engine):
    handle = runner.submit(strange(engine, "deaf", 30.0))
    with qtbot.waitSignal(handle.progressed, timeout=20_000):
        pass
    begin = time.monotonic()
    with qtbot.waitSignal(handle.cancelled, timeout=3000):
        handle.cancel()
    assert time.monotonic() - begin < 1.0
    again = runner.submit(strange(engine, "count", 2))
    with qtbot.waitSignal(again.finished, timeout=20_000) as got:
        pass
    assert got.args == [2]
