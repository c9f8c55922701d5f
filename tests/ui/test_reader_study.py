"""The reader study: read by keys alone, kept at once, blind until the end."""

import csv

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from lgesynth_gui.evaluation import study_files
from lgesynth_gui.evaluation.study import RATINGS
from lgesynth_gui.evaluation.study_files import sittings_in
from lgesynth_gui.ui.evaluate.study_folders import StudyFolders
from tests.evaluation.studies import read_by, written
from tests.ui.test_access import faults, unreached

SOON_MS = 10_000
PAIRS = 26  # ten cases of practice, sixteen that count


@pytest.fixture
def page(window):
    window._actions["mode_evaluate"].trigger()
    window.evaluate.page.show_panel("readers")
    return window.evaluate.page


@pytest.fixture
def study(page, tmp_path, qtbot):
    """The page with a small study open."""
    written(tmp_path / "study", pairs=PAIRS)
    page.open(tmp_path)
    qtbot.waitUntil(lambda: page.studying.desk.study is not None, timeout=SOON_MS)
    return page


def sitting(page):
    return page.studying.desk.sitting


def press(page, key):
    QTest.keyClick(QApplication.focusWidget() or page.reading, key)


def answered(page, qtbot, key):
    before = len(sitting(page).answers)
    press(page, key)
    qtbot.waitUntil(
        lambda: sitting(page) is None or len(sitting(page).answers) > before, timeout=SOON_MS
    )


def test_that_the_first_page_says_what_is_hidden_and_what_is_not_told(page):
    told = " ".join(one.text() for one in page.study.findChildren(QLabel) if one.isVisible())
    assert "the SYNTHETIC mark and the corner text are hidden" in told
    assert "Inside the study, and only there" in told
    assert "until the last case" in told
    assert not page.study.start.isEnabled()
    assert not page.study.results.isEnabled()


def test_that_a_whole_study_is_read_by_keys_alone(study, tmp_path, qtbot):
    """The journey: start, practice, marks, a break, the end, results, and never a hint of truth."""
    page, folder = study, tmp_path / "study"
    page.study.scar.setChecked(True)
    page.study.start.setFocus()
    press(page, Qt.Key.Key_Space)
    assert page.pages.currentWidget() is page.reading
    assert page.reading.hasFocus()
    assert "Practice, not counted: case 1 of 10" in page.reading.told.text()
    labels = [one.text() for one in page.reading.findChildren(QLabel)]
    assert not [one for one in labels if "synthetic" in one.lower() or "W" in one]
    first = sitting(page).next
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Home):
        press(page, key)
    assert (sitting(page).next, page.reading._scar) == (first, None), "no way back, none forward"
    press(page, Qt.Key.Key_Space)
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Left):
        press(page, key)
    press(page, Qt.Key.Key_Space)
    answered(page, qtbot, Qt.Key.Key_5)
    (kept,) = sittings_in(folder)
    assert kept.answers[0].id == first
    assert kept.answers[0].rating == 5
    assert kept.answers[0].scar == (10.5, 10.5)
    assert kept.answers[0].seconds >= 0
    assert page.reading._scar is None, "the next picture has no mark yet"
    for k in range(9):
        answered(page, qtbot, (Qt.Key.Key_1, Qt.Key.Key_2)[k % 2])
    assert page.reading.told.text() == "Case 1 of 16"
    press(page, Qt.Key.Key_Escape)
    assert page.pages.currentWidget() is page.work
    assert page.study.reader.currentText() == "Reader 1: 10 of 26 cases"
    assert not page.study.results.isEnabled(), "nothing is told before the end"
    page.study.start.click()
    assert page.reading.told.text() == "Case 1 of 16"
    truth = page.studying.desk.study
    while (now := sitting(page)) is not None:
        right = Qt.Key.Key_4 if truth.picture(now.next).synthetic else Qt.Key.Key_2
        answered(page, qtbot, right)
    assert page.pages.currentWidget() is page.work
    assert "has finished" in page.study.words.text()
    assert page.study.results.hasFocus()
    press(page, Qt.Key.Key_Space)
    qtbot.waitUntil(page.study.panel.isVisible, timeout=SOON_MS)
    figure = page.study.panel.figures[0]
    assert figure.plot.bars[0].value == 1.0
    assert "16 of 16" in figure.view.accessibleDescription(), "few cases are told as counts"
    table = next(t for t in page.study.panel.tables if t.table.name == "reader-answers")
    table.write(tmp_path / "answers.csv")
    with (tmp_path / "answers.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 26
    assert sum(one["counted"] == "1" for one in lines) == 16
    assert {one["right"] for one in lines if one["counted"] == "1"} == {"1"}


def test_that_answers_survive_a_window_that_is_gone(study, windows, tmp_path, qtbot):
    page = study
    page.study.start.click()
    for key in (Qt.Key.Key_1, Qt.Key.Key_3, Qt.Key.Key_5):
        answered(page, qtbot, key)
    order = sitting(page).order
    other = windows(page.studying._workers.engine)
    other._actions["mode_evaluate"].trigger()
    again = other.evaluate.page
    again.open(tmp_path)
    qtbot.waitUntil(lambda: again.studying.desk.study is not None, timeout=SOON_MS)
    again.study.reader.setCurrentIndex(1)
    again.study.start.click()
    assert [one.rating for one in sitting(again).answers] == [1, 3, 5]
    assert sitting(again).order == order
    assert sitting(again).next == order[3]


def test_that_an_answer_that_cannot_be_written_is_asked_again(study, qtbot, monkeypatch):
    page, said = study, []
    page.studying.said.connect(said.append)
    page.study.start.click()
    good = study_files.write_sitting

    def full(folder, sitting):
        raise OSError("no space")

    monkeypatch.setattr(study_files, "write_sitting", full)
    before = sitting(page).next
    press(page, Qt.Key.Key_4)
    qtbot.waitUntil(lambda: bool(said), timeout=SOON_MS)
    assert "Answer this picture again" in said[0]
    assert sitting(page).next == before
    monkeypatch.setattr(study_files, "write_sitting", good)
    answered(page, qtbot, Qt.Key.Key_4)
    assert sitting(page).answers[0].rating == 4


def test_that_one_press_is_one_answer(study, qtbot):
    """Two presses before the first is on the drive answer one picture, and so does a held key."""
    page = study
    page.study.start.click()
    press(page, Qt.Key.Key_2)
    press(page, Qt.Key.Key_5)
    qtbot.waitUntil(lambda: not page.studying.keeping, timeout=SOON_MS)
    assert [one.rating for one in sitting(page).answers] == [2]


def test_that_a_click_marks_the_scar_where_it_is(study, qtbot):
    page = study
    page.study.scar.setChecked(True)
    page.study.start.click()
    qtbot.waitUntil(lambda: page.reading.view.width() > 300, timeout=SOON_MS)
    view = page.reading.view
    spot = view.place_of((6.0, 12.0)).toPoint()
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=spot)
    assert page.reading._scar == pytest.approx((6.0, 12.0), abs=0.2)
    press(page, Qt.Key.Key_Backspace)
    assert page.reading._scar is None
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(1, 1))
    assert page.reading._scar is None, "beside the picture is no place"
    page.reading.asks_scar = False
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=spot)
    assert page.reading._scar is None


def test_that_the_clock_stands_while_the_picture_is_not_seen(study, window, monkeypatch):
    from lgesynth_gui.ui.evaluate import study_reading

    now = [100.0]
    monkeypatch.setattr(study_reading.time, "monotonic", lambda: now[0])
    study.study.start.click()
    now[0] += 3.0
    window._actions["mode_sketch"].trigger()
    now[0] += 60.0
    window._actions["mode_evaluate"].trigger()
    now[0] += 2.0
    assert study.reading._seconds() == pytest.approx(5.0)


def test_that_keys_of_the_study_do_nothing_to_the_heart_behind_it(heart, tmp_path, qtbot):
    written(tmp_path, pairs=PAIRS)
    before = heart.session.state
    heart._actions["mode_evaluate"].trigger()
    page = heart.evaluate.page
    page.open(tmp_path)
    qtbot.waitUntil(lambda: page.studying.desk.study is not None, timeout=SOON_MS)
    page.study.start.click()
    for key in (Qt.Key.Key_3, Qt.Key.Key_Backspace, Qt.Key.Key_Delete, Qt.Key.Key_B):
        press(page, key)
    qtbot.waitUntil(lambda: not page.studying.keeping, timeout=SOON_MS)
    assert heart.session.state == before
    assert heart.modes.current == "evaluate"


def test_that_every_control_can_be_named_explained_and_reached(study):
    assert faults(study) == []
    study.study.start.click()
    texts = [one.text() for one in study.reading.buttons]
    assert [one.split("  ")[1] for one in texts] == list(RATINGS)
    assert faults(study) == []
    assert [one for one in unreached(study) if one.isVisible()] == []


def test_that_too_few_pictures_are_told(page, tmp_path, qtbot):
    written(tmp_path, pairs=4)
    page.open(tmp_path)
    qtbot.waitUntil(lambda: page.studying.desk.study is not None, timeout=SOON_MS)
    page.study.start.click()
    assert "needs 20 pictures" in page.study.words.text()
    assert page.pages.currentWidget() is page.work


def test_that_pairs_are_made_in_the_engine_and_opened(page, tmp_path, qtbot, monkeypatch):
    asked = []

    def run(function, out, count, seed):
        asked.append((function, count, seed))
        yield None
        from pathlib import Path

        return written(Path(out), pairs=30)

    monkeypatch.setattr(page.studying._workers.engine, "run", run)
    page.study.seed.setValue(7)
    page.study.pairs.click()
    qtbot.waitUntil(lambda: page.studying.desk.study is not None, timeout=SOON_MS)
    assert asked == [("lgesynth_gui.evaluation.study_pairs:make_pairs", 60, 7)]
    assert "30 real and 30 synthetic" in page.study.study.text()
    assert page.study.start.isEnabled()


def test_that_folders_are_chosen_before_a_study_is_made(page, qtbot, tmp_path):
    dialog = StudyFolders(page)
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.make.isEnabled()
    dialog.add(tmp_path / "exports")
    dialog.add(tmp_path / "scans")
    dialog.remove.click()
    assert faults(dialog) == []
    with qtbot.waitSignal(dialog.chosen) as chosen:
        dialog.make.click()
    assert chosen.args[0] == (tmp_path / "exports",)


def test_that_an_evaluation_with_a_study_shows_both(without_torch, page, tmp_path, qtbot):
    from lgesynth_gui.evaluation.panel_files import write_evaluation
    from tests.ui.evaluations import evaluation

    kept = written(tmp_path / "study", pairs=40)
    rng = np.random.default_rng(1)
    for reader in (1, 2):
        done = read_by(kept, reader, lambda _: int(rng.integers(1, 6)))
        study_files.write_sitting(tmp_path / "study", done)
    write_evaluation(tmp_path, evaluation())
    page.open(tmp_path)
    qtbot.waitUntil(
        lambda: (
            page.evaluating.desk.evaluation is not None and page.studying.desk.study is not None
        ),
        timeout=SOON_MS,
    )
    assert page.current == "alignment"
    page.rail["readers"].click()
    page.study.results.click()
    qtbot.waitUntil(page.study.panel.isVisible, timeout=SOON_MS)
    names = [one.table.name for one in page.study.panel.tables]
    assert names == ["readers", "reader-agreement", "reader-answers"]
    assert without_torch == []
