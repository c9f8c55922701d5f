"""The Train mode: data, check, preset and a run that is watched; no network is trained here."""

import json
import time
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from lgesynth_gui.training import process
from lgesynth_gui.training.gate import Decision
from lgesynth_gui.training.held_out_table import Difference, HeldOut, Interval, Measured
from lgesynth_gui.training.presets import PRESETS, Estimate
from lgesynth_gui.ui.train.curves import reward_gap, series_of, smoothed
from lgesynth_gui.ui.train.page import CHECK, DATA, PRESET, RUN
from lgesynth_gui.ui.train.result_dialog import ResultDialog
from lgesynth_gui.ui.train.run_step import line_of
from tests.training.annotated_files import emidec
from tests.ui.test_access import faults
from tests.ui.test_screens import save

LOOKED_S = 60_000


@pytest.fixture
def page(window):
    window._actions["mode_train"].trigger()
    yield window.train.page
    window.train.training.leave()


@pytest.fixture
def data(tmp_path):
    """Twelve cases, and one whose labels are empty."""
    root = emidec(tmp_path / "lab", 12, scar=lambda k: k % 4 != 0)
    (root / "Case_003/Contours/Case_003.nii.gz").unlink()
    return root


@pytest.fixture
def checked(page, data, qtbot):
    page.training.add((data,))
    qtbot.waitUntil(lambda: page.training.desk.checked is not None, timeout=LOOKED_S)
    return page


def logged(run, *events):
    run.mkdir(exist_ok=True)
    with (run / "events.jsonl").open("a", encoding="utf-8") as file:
        for one in events:
            file.write(json.dumps({"time": time.time(), **one}) + "\n")


def test_that_modes_keep_their_state_and_only_one_is_seen(heart, qtbot):
    heart._actions["mode_train"].trigger()
    assert heart.centre.currentWidget() is heart.train.page
    assert not heart.docks[0].isVisible()
    assert not heart.strip.isVisible()
    heart._actions["mode_sketch"].trigger()
    assert heart.centre.currentWidget() is heart.bench
    qtbot.waitUntil(heart.docks[0].isVisible)
    assert heart.session.state.series is not None


def test_that_nothing_of_sketch_is_changed_unseen(heart, qtbot):
    heart.session.edit("note", "before", "write a note")
    heart._actions["mode_train"].trigger()
    page = heart.train.page
    page.setFocus()
    tool = heart.view.look.tool
    qtbot.keyClick(page, Qt.Key.Key_B)
    assert heart.view.look.tool == tool, "a single key of Sketch is dead here"
    heart._actions["undo"].trigger()
    assert heart.modes.current == "sketch"
    assert heart.session.state.note == ""


def test_that_an_opened_study_is_seen(page, window, qtbot):
    with qtbot.waitSignal(window.session.opened, timeout=10_000):
        window.start.sample.click()
    assert window.modes.current == "sketch"
    assert window.centre.currentWidget() is window.bench


def test_that_folders_are_found_checked_excluded_and_split(checked, qtbot):
    page, desk = checked, checked.training.desk
    assert len(desk.checked.findings) == 12
    assert page.check.table.rowCount() == 12
    assert desk.checked.red == {"case 04"}
    assert desk.split is None
    page.show_step(CHECK)
    assert not page.next.isEnabled()
    assert "Exclude what is refused" in page.next.toolTip()
    page.check.out.click()
    split = page.training.desk.split
    assert split is not None
    assert page.next.isEnabled()
    patients = {split.patients[one] for one in split.train}
    assert not patients & {split.patients[one] for one in split.held_out}
    assert split.words in page.check.told.text()


def test_that_a_case_is_left_out_and_taken_in_again_by_its_tick(checked):
    table = checked.check.table
    checked.training.exclude_red()
    index = table.index(0, 0)
    assert table.data(index, Qt.ItemDataRole.CheckStateRole) is Qt.CheckState.Checked
    table.setData(index, Qt.CheckState.Unchecked.value, Qt.ItemDataRole.CheckStateRole)
    assert "case 01" in checked.training.desk.checked.excluded
    assert table.data(index, Qt.ItemDataRole.CheckStateRole) is Qt.CheckState.Unchecked
    table.setData(index, Qt.CheckState.Checked.value, Qt.ItemDataRole.CheckStateRole)
    assert "case 01" not in checked.training.desk.checked.excluded
    red = table.index(3, 0)
    assert not table.flags(red) & Qt.ItemFlag.ItemIsUserCheckable


def test_that_the_chosen_case_is_shown_as_the_network_sees_it(checked, qtbot):
    check = checked.check
    checked.show_step(CHECK)
    check.view.selectRow(1)
    qtbot.waitUntil(lambda: not check.picture.pixmap().isNull(), timeout=LOOKED_S)
    assert "enhancement" in check.caption.text()
    check.view.selectRow(3)
    assert check.contours.isVisible()
    assert check.picture.pixmap().isNull()


@pytest.mark.parametrize("step", [DATA, CHECK, PRESET, RUN])
def test_that_every_control_can_be_named_explained_and_reached(checked, step):
    checked.training.exclude_red()
    checked.show_step(step)
    checked.preset.more.setChecked(True)
    assert faults(checked) == []


def test_that_too_few_cases_are_said_in_numbers(page, tmp_path, qtbot):
    page.training.add((emidec(tmp_path / "few", 3),))
    qtbot.waitUntil(lambda: page.training.desk.checked is not None, timeout=LOOKED_S)
    page.show_step(CHECK)
    assert "at least 10 cases from 10 patients; you have 3" in page.check.told.text()
    assert not page.next.isEnabled()


def test_that_a_removed_folder_takes_its_cases_with_it(checked):
    checked.data.folders.setCurrentRow(0)
    checked.data.remove.click()
    assert checked.training.desk.cases == ()
    assert checked.training.desk.checked is None


def test_that_the_start_says_exactly_what_is_shown(checked, monkeypatch, tmp_path):
    started = []
    monkeypatch.setattr(process, "start", lambda run, told: started.append((run, told)))
    checked.training.exclude_red()
    checked.show_step(PRESET)
    preset = checked.preset
    preset.choices["careful"].click()
    preset.folder.setText(str(tmp_path / "run"))
    preset.seed.setValue(7)
    preset.name.setText("our-scanner")
    checked.next.click()
    ((run, told),) = started
    assert run == tmp_path / "run"
    assert told[:3] == ("tune", "--preset", "careful")
    assert told[told.index("--exclude") :][:2] == ("--exclude", "04")
    assert ("--data", str(checked.training.desk.folders[0])) == told[told.index("--data") :][:2]
    assert told[told.index("--seed") :][:2] == ("--seed", "7")
    assert told[told.index("--name") :][:2] == ("--name", "our-scanner")
    assert checked.pages.currentIndex() == RUN


def test_that_a_folder_in_use_and_an_odd_name_are_refused_before_the_start(checked, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/something").write_text("x")
    checked.training.exclude_red()
    checked.show_step(PRESET)
    checked.preset.folder.setText(str(tmp_path / "full"))
    assert "holds something already" in checked.preset.start()
    checked.preset.name.setText("Ours!")
    assert not checked.next.isEnabled()
    assert "small letters" in checked.next.toolTip()


def test_that_costs_are_measured_on_demand(page, window, monkeypatch, qtbot):
    page.show_step(PRESET)
    asked = []

    def run(function, *arguments):
        asked.append(function)
        yield None
        return {name: Estimate(0.5, 12.0, 900, 300) for name in PRESETS}

    monkeypatch.setattr(window.workers.engine, "run", run)
    page.preset.measure.click()
    qtbot.waitUntil(lambda: "12 minutes" in page.preset.costs["careful"].text(), timeout=5000)
    assert asked == ["lgesynth_gui.evaluation.fine_tuning:estimate_presets"]


def test_that_a_run_is_watched_through_its_folder(page, tmp_path, qtbot):
    run = tmp_path / "run"
    logged(
        run,
        {"event": "start", "stage": "tune", "step": 0, "steps": 40},
        *({"event": "step", "step": k, "steps": 40, "loss": 1.0 / k} for k in (10, 20)),
        {"event": "evaluate", "step": 20, "judge_dice": 0.5, "reward_dice": 0.5},
    )
    page.training.attach(run)
    page.show_step(RUN)
    qtbot.waitUntil(lambda: page.training.desk.status is not None, timeout=5000)
    assert "step 20 of 40" in page.run.state.text()
    assert page.run.curves._mean.getData()[0].tolist() == [10, 20]
    assert "evaluate" in page.run.log.toPlainText()
    logged(
        run,
        {"event": "step", "step": 30, "loss": 0.03},
        {"event": "evaluate", "step": 30, "judge_dice": 0.45, "reward_dice": 0.7},
    )
    page.training.poll()
    qtbot.waitUntil(page.run.alarm.isVisible, timeout=5000)
    assert page.run.curves._raw.getData()[0].tolist() == [10, 20, 30]


def test_that_a_resumed_run_draws_over_its_past():
    events = [
        {"event": "step", "step": 10, "loss": 1.0},
        {"event": "step", "step": 20, "loss": 2.0},
        {"event": "start", "step": 10},
        {"event": "step", "step": 20, "loss": 0.5},
    ]
    assert series_of(events, "step", "loss") == ([10, 20], [1.0, 0.5])
    assert smoothed([2.0, 2.0, 2.0]) == pytest.approx([2.0, 2.0, 2.0])
    assert reward_gap(events) == 0.0


def test_that_the_log_names_no_path():
    line = line_of({"event": "start", "time": 0, "stage": "tune", "data": "/home/who/scans"})
    assert "tune" in line
    assert "/home" not in line


def table(low=0.02, **changed):
    def one(value):
        return Interval(value, value - 0.1, value + 0.1, 40)

    rows = tuple(
        Measured(name, one(passed), one(dice), one(dice), one(0.3))
        for name, passed, dice in (
            ("before", 0.6, 0.6),
            ("after", 0.8, 0.7),
            ("real scars", 0.8, 0.7),
        )
    )
    change = Difference(Interval(0.1, low, 0.2, 40), Interval(0.2, 0.0, 0.3, 40))
    told = HeldOut("a/1 x", "b/1 y", "judge/1", 8, 40, 0, 6, rows, rows[:2], change)
    return SimpleNamespace(**{**told.__dict__, **changed}) if changed else told


@pytest.mark.parametrize("passed", [True, False])
def test_that_the_gate_decides_what_a_click_may_do(window, qtbot, passed):
    decision = Decision(passed, ("A sure gain." if passed else "No sure gain.",), table())
    dialog = ResultDialog(table(), decision, "tuned-1/1.0.0", (), window)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.default.isEnabled() is passed
    assert dialog.reason.isVisible() is not passed
    assert dialog.add.isEnabled()
    if not passed:
        dialog.reason.setText("too short")
        assert not dialog.default.isEnabled()
        dialog.reason.setText("our scanner is another one")
        assert dialog.default.isEnabled()
    with qtbot.waitSignal(dialog.take_wanted) as taken:
        dialog.default.click()
    assert taken.args[0] is True


@pytest.mark.parametrize(("button", "stops"), [("Keep", False), ("Stop", True)])
def test_that_closing_asks_what_becomes_of_the_run(page, window, monkeypatch, button, stops):
    asked = []
    monkeypatch.setattr(type(page.training), "running", property(lambda _: True))
    monkeypatch.setattr(page.training, "ask", lambda what: asked.append(what) or "")
    window.close()
    assert window.isVisible()
    box = window.findChild(QMessageBox, "leavingTraining")
    next(one for one in box.buttons() if one.text().startswith(button)).click()
    assert not window.isVisible()
    assert asked == (["stop"] if stops else [])


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), (1000, 640)])
def test_that_the_steps_are_painted(checked, window, qtbot, tmp_path, size):
    window.resize(*size)
    page = checked
    run = tmp_path / "run"
    logged(
        run,
        {"event": "start", "stage": "tune", "step": 0, "steps": 300},
        *(
            {
                "event": "step",
                "step": k,
                "steps": 300,
                "loss": 0.3 + 3 / (k + 5),
                "seconds": 2.0 * k,
            }
            for k in range(10, 210, 10)
        ),
        *(
            {
                "event": "evaluate",
                "step": k,
                "judge_dice": 0.5 + k / 900,
                "reward_dice": 0.52 + k / 800,
            }
            for k in (100, 200)
        ),
    )
    page.training.attach(run)
    qtbot.waitUntil(lambda: page.training.desk.status is not None, timeout=5000)
    page.check.view.selectRow(1)
    qtbot.waitUntil(lambda: not page.check.picture.pixmap().isNull(), timeout=LOOKED_S)
    for theme in ("dark", "light"):
        for step, name in ((DATA, "data"), (CHECK, "check"), (PRESET, "preset"), (RUN, "run")):
            page.show_step(step)
            qtbot.wait(10)
            save(window, f"train_{name}_{theme}_{size[0]}")
        window._actions["theme"].trigger()


def test_that_a_few_cases_may_be_tried_and_the_command_says_so(page, tmp_path, qtbot, monkeypatch):
    started = []
    monkeypatch.setattr(process, "start", lambda run, told: started.append(told))
    page.training.add((emidec(tmp_path / "few", 4),))
    page.data.few.setChecked(True)
    qtbot.waitUntil(lambda: page.training.desk.split is not None, timeout=LOOKED_S)
    page.show_step(PRESET)
    page.preset.folder.setText(str(tmp_path / "run"))
    page.next.click()
    assert "--few" in started[0]
