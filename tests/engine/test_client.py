from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import numpy as np
import pytest

from lgesynth_gui.core.errors import EngineDied, Refused
from lgesynth_gui.core.jobs import Progress, drive
from lgesynth_gui.engine.client import Engine

JOBS = "tests.engine.strange_jobs"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine(package="tests")
    yield engine
    engine.kill()


def run(engine: Engine, name: str, *arguments: object) -> object:
    return drive(engine.run(f"{JOBS}:{name}", *arguments))


def test_that_the_result_and_the_last_progress_arrive(engine: Engine) -> None:
    seen: list[Progress] = []
    assert drive(engine.run(f"{JOBS}:count", 5), seen.append) == 5
    assert seen[-1] == Progress(5, 5, "counting")


@pytest.mark.parametrize("shape", [(3,), (10, 256, 256)])
def test_that_pixels_arrive_with_shape_type_and_values(
    engine: Engine, shape: tuple[int, ...]
) -> None:
    sent = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
    back = run(engine, "echo", sent)
    assert isinstance(back, np.ndarray)
    assert back.dtype == sent.dtype
    np.testing.assert_array_equal(back, sent * 2)
    back[...] = 0  # the receiver owns its copy


def test_that_cancelling_leaves_a_usable_engine(engine: Engine) -> None:
    before = run(engine, "pid")
    job = engine.run(f"{JOBS}:forever")
    while not isinstance(next(job), Progress):
        pass
    job.close()
    assert run(engine, "pid") == before


def test_that_a_deaf_job_is_cancelled_within_a_second(engine: Engine) -> None:
    job = engine.run(f"{JOBS}:deaf", 30.0)
    while not isinstance(next(job), Progress):
        pass
    start = time.monotonic()
    job.close()
    assert time.monotonic() - start < 1.0
    assert run(engine, "count", 2) == 2


def test_that_a_dead_engine_is_reported_once_and_replaced(engine: Engine) -> None:
    with pytest.raises(EngineDied, match="code 3"):
        run(engine, "dies")
    assert run(engine, "count", 1) == 1


def test_that_a_refusal_keeps_its_words_and_code(engine: Engine) -> None:
    with pytest.raises(Refused) as caught:
        run(engine, "refuses")
    assert (caught.value.what, caught.value.code) == ("The slice is empty.", "PIX-09")
    assert any("strange_jobs" in note for note in caught.value.__notes__)


def test_that_an_error_which_cannot_travel_sends_its_text(engine: Engine) -> None:
    with pytest.raises(RuntimeError, match="text still travels"):
        run(engine, "unpicklable")


def test_that_code_of_other_packages_is_not_run(engine: Engine) -> None:
    with pytest.raises(ValueError, match="not a job of this program"):
        drive(engine.run("os:getcwd"))


def test_that_the_child_is_told_to_stay_offline(engine: Engine) -> None:
    assert run(engine, "offline") == "1"


def test_that_a_busy_child_gives_a_sign_of_life_every_half_second(engine: Engine) -> None:
    assert engine.silent_s() == 0.0
    job = engine.run(f"{JOBS}:deaf", 1.8)
    while not isinstance(next(job), Progress):
        pass
    silences = []
    until = time.monotonic() + 1.6
    while time.monotonic() < until:
        next(job)
        silences.append(engine.silent_s())
    assert 0.2 < max(silences) < 1.2  # it was silent, and then it was heard
    drive(job)
    assert engine.silent_s() == 0.0


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs signals that stop a process")
def test_that_a_stopped_child_is_silent(engine: Engine) -> None:
    job = engine.run(f"{JOBS}:deaf", 30.0)
    while not isinstance(next(job), Progress):
        pass
    assert engine._process is not None
    os.kill(engine._process.pid or 0, signal.SIGSTOP)
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        next(job)
    assert engine.silent_s() > 0.9
    began = time.monotonic()
    job.close()
    assert time.monotonic() - began < 1.0
    assert run(engine, "count", 1) == 1
