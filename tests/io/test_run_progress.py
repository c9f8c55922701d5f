"""A job's progress and its one ending, as others read them."""

import pytest

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Progress, drive
from lgesynth_gui.io.run_log import last_events
from lgesynth_gui.io.run_progress import logged

CLOSED = []


def work(ending=None):
    try:
        for k in range(3):
            yield Progress(k, 3, "painting")
            yield None
        yield Progress(3, 3, "writing")
        if ending is not None:
            raise ending
        return "result"
    finally:
        CLOSED.append(True)


def told(folder):
    return [(one["event"], one.get("note"), one.get("message")) for one in last_events(folder)]


def test_that_phases_and_the_end_are_told_and_the_result_comes_through(tmp_path):
    assert drive(logged(work(), tmp_path / "run")) == "result"
    assert told(tmp_path / "run") == [
        ("start", None, None),
        ("step", "painting", None),
        ("step", "writing", None),
        ("done", None, ""),
    ]


def test_that_a_job_that_is_stopped_is_closed_and_says_so(tmp_path):
    CLOSED.clear()
    job = logged(work(), tmp_path)
    next(job)
    job.close()
    assert CLOSED == [True]
    assert told(tmp_path)[-1] == ("stopped", None, "")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (LgeSynthError("There is no judge.", "Train one."), "There is no judge. Train one."),
        (ValueError("/home/anna/scan.nii"), "It failed (ValueError)."),
    ],
)
def test_that_a_failure_is_told_in_words_that_name_no_path(tmp_path, error, message):
    with pytest.raises(type(error)):
        drive(logged(work(error), tmp_path))
    assert told(tmp_path)[-1] == ("failed", None, message)


def test_that_ctrl_c_is_a_stop(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        drive(logged(work(KeyboardInterrupt()), tmp_path))
    assert told(tmp_path)[-1][0] == "stopped"
