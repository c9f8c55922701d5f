"""A training as a process of its own: started, watched, asked, found again."""

import os
import sys
import time

import pytest

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io.project_lock import Lock, holder_of
from lgesynth_gui.io.run_log import EventLog
from lgesynth_gui.io.run_process import OUTPUT
from lgesynth_gui.training import process
from lgesynth_gui.training.record import read_record
from tests.synthesis.tiny import write_bundle


def until(folder, wanted, seconds=90):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = process.status(folder)
        if wanted(found):
            return found
        time.sleep(0.1)
    output = (folder / OUTPUT).read_text()
    raise AssertionError(f"{process.status(folder)}\n{output}")


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_that_a_training_started_here_is_watched_asked_and_taken_up_again(tmp_path):
    run, models = tmp_path / "run", write_bundle(tmp_path / "bundle")
    process.start(
        run,
        [
            "run", "--stage", "controlnet", "--from", "controlnet", "--models", str(models),
            "--slices", "8", "--steps", "4000", "--batch", "2", "--adapters", "2",
        ],
    )  # fmt: skip
    assert process.status(run).message == "Starting."
    found = until(run, lambda s: s.step > 2)
    assert (found.state, found.stage, found.steps) == ("running", "controlnet", 4000)
    assert found.process > 0
    assert found.left_s > 0
    assert found.figures["loss"] > 0
    with pytest.raises(LgeSynthError, match="room for one"):
        process.start(tmp_path / "other", ["run", "--stage", "text"])
    process.ask(run, "pause")
    paused = until(run, lambda s: s.state == "paused")
    assert paused.resumable
    process.ask(run, "resume")
    until(run, lambda s: s.state == "running" and s.step > paused.step)
    process.ask(run, "sample")
    until(run, lambda s: any((run / "samples").glob("*.png")))
    process.ask(run, "stop")
    stopped = until(run, lambda s: s.state == "stopped" and not s.process)
    assert stopped.resumable
    assert list((run / "best").rglob("model.json"))
    assert (run / OUTPUT).read_text().count("\n") < 10
    assert read_record(run)["adapters"] == 2
    with pytest.raises(LgeSynthError, match="No training is running"):
        process.ask(run, "save")

    process.start(run, ["resume", "--steps", str(stopped.step + 2)])
    done = until(run, lambda s: s.state == "done" and not s.process)
    assert done.step == stopped.step + 2
    assert list((run / "model").rglob("model.json"))


def test_that_a_training_that_cannot_start_says_why(tmp_path):
    run = tmp_path / "run"
    process.start(run, ["resume"])
    found = until(run, lambda s: s.state == "failed")
    assert found.message == "run holds no checkpoint. Start with: lgesynth train run."
    assert not found.resumable


def test_that_a_training_that_is_gone_without_a_word_is_told_so(tmp_path):
    log = EventLog(tmp_path)
    log.write("start", stage="base", step=0, steps=10)
    log.write("step", step=4, steps=10, loss=0.5, left_s=60.0, seconds=3.0)
    with process.holding(tmp_path):
        running = process.status(tmp_path)
        assert (running.state, running.step, running.figures) == ("running", 4, {"loss": 0.5})
        assert 50 < running.left_s <= 60
        assert running.process == os.getpid()
    gone = process.status(tmp_path)
    assert (gone.state, gone.left_s, gone.process) == ("failed", None, 0)
    assert "without a word" in gone.message
    log.write("done", step=10)
    log.close()
    assert process.status(tmp_path).state == "done"


def test_that_a_computer_has_room_for_one_training(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with process.holding(tmp_path / "a"):
        with pytest.raises(LgeSynthError, match=rf"since .*process {os.getpid()}"):
            process.refuse_a_second()
        with pytest.raises(LgeSynthError, match="room for one"), process.holding(tmp_path / "b"):
            pass
    with process.holding(tmp_path / "b"):
        pass


def test_that_looking_at_a_lock_does_not_keep_it(tmp_path):
    assert holder_of(tmp_path / "lock") is None
    lock = Lock(tmp_path / "lock")
    assert holder_of(tmp_path / "lock").process == os.getpid()
    lock.release()
    (tmp_path / "lock").write_text("left behind")
    assert holder_of(tmp_path / "lock") is None


def test_that_whoever_watches_a_training_loads_no_torch():
    import subprocess

    code = "import sys, lgesynth_gui.training.process; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
