"""The annotator's tasks in the real window; each counts its own clicks and keys (UX, section 1)."""

import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog

from lgesynth_gui.cohort.plan import PLAN, read_plan
from lgesynth_gui.cohort.review import decisions_of
from tests.journeys.hand import CTRL, Hand
from tests.ui import cohorts

WAIT_MS = 30_000


@pytest.fixture
def hand():
    return Hand()


@pytest.fixture
def front(heart, qtbot):
    heart.activateWindow()
    qtbot.waitUntil(heart.isActiveWindow, timeout=5000)
    return heart


def reviewed(mode, number):
    return mode.reviewing.case is not None and mode.reviewing.case.number == number


def test_that_a_hundred_planned_cases_run_after_six_actions(front, hand, qtbot, monkeypatch):
    """The command that is started paints without a network; all else is what a user has."""

    def paints_fast(folder, *_):
        import subprocess

        command = [sys.executable, "-m", "tests.ui.slow_cohort", str(folder), "0"]
        children.append(subprocess.Popen(command))

    children = []
    monkeypatch.setattr("lgesynth_gui.app.cohorts.start_run", paints_fast)
    hand.chord(front, Qt.Key.Key_2, CTRL)
    mode = front.cohort
    plan = mode.page.plan
    qtbot.waitUntil(plan.hearts.use.isVisible, timeout=WAIT_MS)
    hand.click(plan.hearts.use)
    hand.click(plan.template)
    hand.type(front, "Infarcts")
    hand.chord(front, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: mode.cohorts.planning.draft.template == "ischaemic", timeout=WAIT_MS)
    hand.click(plan.count)
    qtbot.wait(20)
    hand.type(front, "100")
    assert mode.cohorts.planning.draft.count == 100
    hand.click(plan.start)
    qtbot.waitUntil(lambda: mode.cohorts.desk.folder is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: mode.cohorts.desk.found.total >= 8, timeout=WAIT_MS)
    assert hand.count <= 6
    assert read_plan(mode.cohorts.desk.folder / PLAN).count == 100
    for child in children:
        child.terminate()
        child.wait(20)


def test_that_cases_are_reviewed_with_one_key_each_and_no_mouse(front, hand, qtbot, tmp_path):
    folder = cohorts.made(tmp_path / "made", 8)
    front._actions["mode_cohort"].trigger()
    mode = front.cohort
    mode.cohorts.open(folder)
    qtbot.waitUntil(lambda: mode.cohorts.desk.found.total == 8, timeout=WAIT_MS)
    mode.page.cases.view.setFocus()
    mode.page.cases.view.selectRow(0)
    hand.chord(front, Qt.Key.Key_Return)
    begun = hand.count
    for number, key in enumerate("AARUAAAR"):
        qtbot.waitUntil(lambda number=number: reviewed(mode, number), timeout=WAIT_MS)
        hand.chord(front, getattr(Qt.Key, f"Key_{key}"))
    assert hand.count - begun == 8
    qtbot.waitUntil(lambda: len(decisions_of(folder)) == 8, timeout=WAIT_MS)
    said = [decisions_of(folder)[number][0].decision.value[0].upper() for number in range(8)]
    assert "".join(said) == "AARUAAAR"


def test_that_a_training_set_is_out_after_three_actions(front, hand, qtbot, tmp_path):
    front.shell.store.set(understood=True)  # the first export ever has one tick more
    front._actions["mode_cohort"].trigger()
    mode = front.cohort
    mode.cohorts.open(cohorts.made(tmp_path / "made", 8))
    qtbot.waitUntil(lambda: mode.cohorts.desk.found.total == 8, timeout=WAIT_MS)
    hand.click(mode.page.run.export)
    qtbot.waitUntil(lambda: bool(front.findChildren(QDialog, "cohortExport")), timeout=WAIT_MS)
    dialog = front.findChildren(QDialog, "cohortExport")[-1]
    dialog.out.setText(str(tmp_path / "out"))
    qtbot.waitUntil(dialog.write.isEnabled, timeout=WAIT_MS)
    hand.click(dialog.formats["nifti"])
    qtbot.waitUntil(dialog.write.isEnabled, timeout=WAIT_MS)
    with qtbot.waitSignal(dialog.exported, timeout=60_000) as made:
        hand.click(dialog.write)
    assert hand.count <= 3
    names = {path.name for path in (tmp_path / "out").rglob("*")}
    assert made.args[0].samples == 4
    assert any(name.endswith(".nii.gz") for name in names)
    assert any("manifest" in name for name in names)
    for done in front.findChildren(QDialog, "cohortExported"):
        done.close()
