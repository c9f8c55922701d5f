"""A cohort's run as the window sees it: a process that is watched, asked, left and found again."""

import subprocess
import sys
import time

import pytest
from PySide6.QtWidgets import QMessageBox

from lgesynth_gui.app.cohort_watch import WORDLESS, left_of, run_state
from lgesynth_gui.app.cohorts import Cohorts
from lgesynth_gui.app.jobs import JobRunner
from lgesynth_gui.cohort.index import Index
from lgesynth_gui.cohort.plan import Quota
from lgesynth_gui.io import run_process
from tests.ui import cohorts, hearts

READ_S = 30_000
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are asked by signals")


@pytest.fixture
def running(tmp_path):
    """A cohort of 80 samples that is being run by another process, a block in 0.4 s."""
    folder = cohorts.planned(tmp_path / "running", 80)
    command = [sys.executable, "-m", "tests.ui.slow_cohort", str(folder), "0.4"]
    child = subprocess.Popen(command)
    yield folder
    child.terminate()
    child.wait(20)


def mode_of(window):
    window._actions["mode_cohort"].trigger()
    return window.cohort


def test_that_a_run_is_watched_paused_resumed_and_stopped(windows, running, qtbot):
    window = windows(hearts.FakeEngine(), hearts.services())
    mode = mode_of(window)
    mode.cohorts.open(running)
    bar, desk = mode.page.run, lambda: mode.cohorts.desk
    qtbot.waitUntil(lambda: desk().run.state == "running", timeout=READ_S)
    assert "being run" in mode.cohorts.why_not_start()
    qtbot.waitUntil(lambda: desk().found.total >= 8, timeout=READ_S)
    assert "of 80 made" in bar.figures.text()
    bar.pause.click()
    qtbot.waitUntil(lambda: desk().run.state == "paused", timeout=READ_S)
    assert bar.pause.text() == "Resume"
    held = desk().found.total
    bar.pause.click()
    qtbot.waitUntil(lambda: desk().found.total > held, timeout=READ_S)
    bar.stop.click()
    qtbot.waitUntil(lambda: desk().run.state == "stopped", timeout=READ_S)
    assert not bar.stop.isEnabled()
    assert desk().found.total < 80
    assert mode.page.plan.start.text() == "Go on"
    with Index(running) as index:
        assert len(index.numbers()) == desk().found.total


def test_that_a_run_outlives_its_window_and_the_next_one_finds_it(windows, running, qtbot):
    first = windows(hearts.FakeEngine(), hearts.services())
    mode = mode_of(first)
    mode.cohorts.open(running)
    qtbot.waitUntil(lambda: mode.cohorts.desk.run.running, timeout=READ_S)
    process = mode.cohorts.desk.run.process
    first.close()
    box = first.findChildren(QMessageBox, "leavingCohort")[-1]
    assert first.isVisible(), "it is asked first"
    box.button_of = {one.text(): one for one in box.buttons()}
    box.button_of["Keep in background"].click()
    qtbot.waitUntil(lambda: not first.isVisible(), timeout=READ_S)
    second = windows(hearts.FakeEngine(), hearts.services())
    again = mode_of(second)
    again.page.take(running)
    qtbot.waitUntil(lambda: again.cohorts.desk.run.running, timeout=READ_S)
    assert again.cohorts.desk.run.process == process
    qtbot.waitUntil(lambda: again.cohorts.desk.found.total >= 8, timeout=READ_S)
    second.close()
    box = second.findChildren(QMessageBox, "leavingCohort")[-1]
    stop = next(one for one in box.buttons() if one.text() == "Stop and close")
    stop.click()
    until = time.monotonic() + 20
    while run_state(running).running and time.monotonic() < until:
        time.sleep(0.1)
    assert run_state(running).state == "stopped"


def test_that_a_run_that_vanished_is_told_and_goes_on_where_it_stopped(qapp, qtbot, tmp_path):
    folder = cohorts.planned(tmp_path / "gone", 16)
    cohorts.logged(folder, {"event": "start", "planned": 16}, {"event": "step", "made": 8})
    state = run_state(folder)
    assert (state.state, state.message) == ("failed", WORDLESS)
    assert cohorts.run(folder).made == 16
    assert run_state(folder).state == "done"


def test_that_start_hands_the_command_line_what_was_chosen(qapp, qtbot, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "lgesynth_gui.app.cohort_watch.launch", lambda folder, told: asked.append(told)
    )
    jobs = JobRunner(name="lgesynth-files")
    desk = Cohorts(jobs)
    folder = cohorts.planned(tmp_path / "planned", 8)
    desk.open(folder)
    qtbot.waitUntil(lambda: desk.desk.plan is not None, timeout=READ_S)
    desk.workers, desk.cluster = 3, ""
    desk.start(folder)
    qtbot.waitUntil(lambda: len(asked) == 1, timeout=READ_S)
    desk.cluster = "tcp://host:8786"
    qtbot.waitUntil(lambda: not desk.starting, timeout=READ_S)
    desk.start(folder)
    qtbot.waitUntil(lambda: len(asked) == 2, timeout=READ_S)
    assert asked[0][:2] == ["cohort", "run"]
    assert asked[0][asked[0].index("--workers") + 1] == "3"
    assert asked[1][asked[1].index("--scheduler") + 1] == "tcp://host:8786"
    from typer.testing import CliRunner

    from lgesynth_gui.cli.main import app

    told = CliRunner().invoke(app, ["cohort", "run", "--help"], env={"COLUMNS": "200"}).output
    for option in (one for one in (*asked[0], *asked[1]) if one.startswith("--")):
        assert option in told, f"the command line knows {option}"
    desk.leave()
    jobs.shutdown()


def test_that_quotas_keep_start_open_until_they_are_full(qapp, qtbot, tmp_path):
    jobs = JobRunner(name="lgesynth-files")
    desk = Cohorts(jobs)
    desk.open(cohorts.made(tmp_path / "made", 8))
    qtbot.waitUntil(lambda: desk.desk.found.total == 8, timeout=READ_S)
    assert "Every planned sample is made" in desk.why_not_start()
    desk.planning.add_quota(Quota(size="> 300 mm2", count=500))
    assert desk.why_not_start() == ""
    qtbot.waitUntil(lambda: "Quotas lack" in desk.desk.forecast, timeout=READ_S)
    desk.leave()
    jobs.shutdown()


def test_that_errors_are_made_again_when_asked(qapp, qtbot, tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(
        "lgesynth_gui.app.cohorts.start_run", lambda *arguments: started.append(arguments)
    )
    jobs = JobRunner(name="lgesynth-files")
    desk = Cohorts(jobs)
    folder = cohorts.made(tmp_path / "lost", 16, dies=(8,))
    desk.open(folder)
    qtbot.waitUntil(lambda: desk.desk.found.counts.get("ERROR") == 8, timeout=READ_S)
    desk.retry_errors()
    qtbot.waitUntil(lambda: bool(started), timeout=READ_S)
    assert cohorts.run(folder).errors == 0
    qtbot.waitUntil(lambda: not desk.desk.found.counts.get("ERROR"), timeout=READ_S)
    desk.leave()
    jobs.shutdown()


def test_that_time_left_follows_the_blocks_that_came_in():
    steps = [{"event": "step", "made": m, "seconds": s} for m, s in ((0, 0), (8, 10), (8, 12))]
    assert left_of(steps, 8, 24) == pytest.approx(20 - 2)
    assert left_of(steps[:1], 0, 24) is None
    paused = [*steps, {"event": "paused"}]
    assert left_of(paused, 8, 24) is None, "the time of a pause is not work"


def test_that_a_run_is_known_by_its_number_until_it_holds_the_lock(tmp_path, monkeypatch):
    folder = cohorts.planned(tmp_path / "early", 8)
    cohorts.logged(folder, {"event": run_process.STARTING, "process": 4242})
    monkeypatch.setattr(run_process, "runs", lambda number: number == 4242)
    state = run_state(folder)
    assert (state.state, state.process) == ("running", 4242)
    monkeypatch.setattr(run_process, "runs", lambda number: False)
    (folder / run_process.OUTPUT).write_text("The model is missing.\n", encoding="utf-8")
    assert run_state(folder).message == "The model is missing."
