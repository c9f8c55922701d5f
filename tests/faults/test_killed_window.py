"""A window that is killed at any moment loses nothing that was on the drive."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lgesynth_gui.app.project_jobs import looking, restoring
from lgesynth_gui.app.project_state import KEPT_STEPS
from lgesynth_gui.core.jobs import drive
from tests.app.test_project import stroke

ROOT = Path(__file__).parents[2]
KILLS = 20


@pytest.fixture
def children():
    with subprocess.Popen(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "tests.faults.killed_window"],
        cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    ) as process:  # fmt: skip
        yield process
        process.stdin.close()


@pytest.mark.skipif(os.name == "nt", reason="no fork there")
def test_that_every_kept_edit_survives_kill_9_at_a_random_moment(children, tmp_path, monkeypatch):
    chance = random.Random(8)
    lost, kept_at_all = [0.0], 0
    for number in range(KILLS):
        data = tmp_path / str(number)
        data.mkdir()
        begin = "kept" if number % 4 else "start"
        children.stdin.write(f"{data}\t{begin}\t{chance.uniform(0.0, 0.5)}\n")
        children.stdin.flush()
        assert children.stdout.readline().strip() == str(int(signal.SIGKILL))
        log = data / "log"
        said = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
        kept = max((int(k) for what, k, _ in said if what == "kept"), default=0)
        monkeypatch.setenv("LGESYNTH_DATA", str(data))
        left = drive(looking(data / "unsaved"))
        if not kept and not left:
            continue
        (one,) = left
        work = drive(restoring(one.folder, as_copy=False)).work
        got = int(work.state.sketch.regions[0].outline[0][0])
        assert got >= kept, f"kill {number}: edit {kept} was on the drive, {got} came back"
        assert work.state.sketch == stroke(got)
        assert work.done == len(work.steps) == min(got, KEPT_STEPS * 9)
        assert [step.text for step in work.steps] == [f"stroke {k}" for k in range(1, got + 1)]
        assert not list(one.folder.glob(".*")), "nothing half-written is left"
        kept_at_all += bool(kept)
        edits = {int(k): float(t) for what, k, t in said if what == "edited"}
        lost.append(max(edits.values()) - edits[got])
    assert kept_at_all > KILLS // 2
    assert max(lost) < 5.0
