"""Jobs that behave in every way a job may, for the engine's tests."""

from __future__ import annotations

import os
import time

import numpy as np

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.jobs import Job, Progress


def count(n: int) -> Job:
    for i in range(n):
        yield Progress(i + 1, n, "counting")
    return n


def echo(array: np.ndarray) -> Job:
    yield None
    return array * 2


def forever() -> Job:
    step = 0
    while True:
        step += 1
        time.sleep(0.01)
        yield Progress(step, 0)


def deaf(seconds: float) -> Job:
    yield Progress(0, 1, "deaf")
    time.sleep(seconds)
    return "late"


def dies() -> Job:
    yield None
    os._exit(3)


def refuses() -> Job:
    yield None
    raise Refused("The slice is empty.", "Choose another.", "PIX-09")


def unpicklable() -> Job:
    yield None

    class Local(Exception):
        pass

    raise Local("text still travels")


def pid() -> Job:
    yield None
    return os.getpid()


def offline() -> Job:
    yield None
    return os.environ["HF_HUB_OFFLINE"]


def phases(where: str, seconds: float = 30.0) -> Job:
    """A generation of two slices of two steps that hangs, deaf, in one of its phases."""

    def hang(here: str) -> None:
        if here == where:
            time.sleep(seconds)

    yield Progress(0, 4, "loading models")
    hang("loading models")
    for done in (1, 2, 3, 4):
        yield Progress(done, 4, f"denoising, slice {(done + 1) // 2} of 2")
        time.sleep(0.11)  # so that no step is left out for coming too soon after another
        hang("denoising" if done % 2 else "pasting back")
    yield Progress(4, 4, "judging")
    hang("judging")
    return where
