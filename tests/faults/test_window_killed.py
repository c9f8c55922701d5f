"""Real processes are killed: the window loses no finished stroke, the engine costs one item."""

import os
import pickle
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog

from lgesynth_gui.app.project_autosave import work_root
from lgesynth_gui.app.project_jobs import looking, opening
from lgesynth_gui.app.variation import Stage
from lgesynth_gui.core.jobs import Progress, drive
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.engine.client import Engine
from tests.faults.window_to_kill import STROKES
from tests.journeys.hand import CTRL, Hand
from tests.ui import hearts
from tests.ui.conftest import engine, heart, window, windows, written

__all__ = ["engine", "heart", "window", "windows", "written"]
ROOT = Path(__file__).parents[2]
RESTS_S = 5.0  # at most so much of the last strokes may be lost
pytestmark = pytest.mark.skipif(os.name == "nt", reason="no SIGKILL there")


@contextmanager
def another_window(*arguments):
    """The process of another window, which is ready; killed at the end if it still lives."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.faults.window_to_kill", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def shown(window, name):
    return [d for d in window.findChildren(QDialog, name) if d.isVisible()]


def test_that_a_killed_window_loses_no_finished_stroke(windows, qtbot, tmp_path):
    with another_window("draw", str(tmp_path)) as process:
        time.sleep(RESTS_S)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    drawn = pickle.loads((tmp_path / "drawn").read_bytes())
    assert drawn != hearts.requested_sketch()
    window = windows(hearts.FakeEngine(), hearts.services())
    qtbot.waitUntil(lambda: bool(shown(window, "recovery")), timeout=20_000)
    (dialog,) = shown(window, "recovery")
    assert dialog.list.item(0).text().endswith(f"{len(STROKES)} edits")
    with qtbot.waitSignal(window.session.opened, timeout=20_000):
        Hand().click(dialog.restore)
    assert window.session.state.sketch == drawn
    assert window.session.undo_stack.count() == len(STROKES)
    for _ in STROKES:
        window.session.undo_stack.undo()
    assert window.session.state.sketch == hearts.requested_sketch()


def test_that_a_second_window_on_a_project_reads_only_and_says_why(heart, windows, qtbot, tmp_path):
    file = tmp_path / "shared.lgesynth"
    with qtbot.waitSignal(heart.projects.project.saved, timeout=20_000):
        heart.projects.project.save_as(file, "Shared heart")
    heart.leave()
    before = file.read_bytes()
    hand = Hand()
    with another_window("open", str(file)) as process:
        second = windows(hearts.FakeEngine(), hearts.services())
        with qtbot.waitSignal(second.session.opened, timeout=20_000):
            hand.drop(second, file)
        place = second.projects.project.place
        assert "open in another window" in place.read_only
        assert f"process {process.pid}" in place.read_only
        assert "read-only" in second.projects.mark.text()
        assert second.projects.mark.toolTip() == place.read_only
        hand.chord(second, Qt.Key.Key_P)
        hand.chord(second, Qt.Key.Key_4)
        assert second.projects.project.unsaved
        hand.chord(second, Qt.Key.Key_S, CTRL)  # asks for another place instead of writing
        (dialog,) = shown(second, "saveProject")
        dialog.reject()
        assert file.read_bytes() == before
        process.send_signal(signal.SIGKILL)
        process.wait()
    third = windows(hearts.FakeEngine(), hearts.services())
    with qtbot.waitSignal(third.session.opened, timeout=20_000):
        hand.drop(third, file)
    assert third.projects.project.place.read_only == ""  # the dead one holds it no more
    second.projects._discard = third.projects._discard = True


class RealProcess:
    """The engine's real process, in which the first generation never gets past a step."""

    def __init__(self):
        self.engine, self.easy = Engine(package="tests"), hearts.FakeEngine()
        self.stuck = True

    def run(self, function, *arguments):
        if function.endswith(":generate") and self.stuck:
            return self.engine.run("tests.faults.stuck_job:denoise", 3, 16)
        return self.easy.run(function, *arguments)

    @property
    def alive(self):
        return self.engine.alive

    def silent_s(self):
        return self.engine.silent_s()

    def kill(self):
        return self.engine.kill()


def test_that_a_killed_engine_costs_one_item_and_nothing_else(windows, qtbot, tmp_path):
    real, hand, file = RealProcess(), Hand(), tmp_path / "heart.lgesynth"
    window = windows(real, hearts.services())
    window.resize(1366, 768)
    with qtbot.waitSignal(window.session.opened, timeout=20_000):
        hand.click(window.start.sample)
    with qtbot.waitSignal(window.projects.project.saved, timeout=20_000):
        window.projects.project.save_as(file, "My heart")
    state = window.session.state
    hand.chord(window, Qt.Key.Key_Return, CTRL)
    first = lambda: window.variations.get(1)  # noqa: E731
    qtbot.waitUntil(lambda: first().progress == Progress(3, 16, "denoising"), timeout=60_000)
    real.stuck = False
    os.kill(real.engine._process.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: first().stage is Stage.FAILED, timeout=20_000)
    assert first().message == "Failed: engine stopped in denoising"
    qtbot.waitUntil(lambda: not window.variations.waiting(), timeout=20_000)
    assert [one.stage for one in window.variations.all[1:]] == [Stage.DONE] * 3  # the rest went on
    assert window.session.state == state
    hand.chord(window, Qt.Key.Key_R, CTRL | Qt.KeyboardModifier.ShiftModifier)  # retry
    qtbot.waitUntil(lambda: not window.variations.waiting(), timeout=20_000)
    assert [one.stage for one in window.variations.all] == [Stage.DONE] * 4
    assert {one.result.verdict.grade for one in window.variations.all} == {Grade.PASS}
    hand.chord(window, Qt.Key.Key_Return)
    with qtbot.waitSignal(window.projects.project.saved, timeout=20_000):
        hand.chord(window, Qt.Key.Key_S, CTRL)
    work = drive(opening(file)).work
    assert work.state.sketch == state.sketch
    assert [one.stage for one in work.variations] == [Stage.DONE] * 4
    assert work.state.applied is not None
    qtbot.waitUntil(lambda: drive(looking(work_root())) == (), timeout=20_000)  # it goes by itself
