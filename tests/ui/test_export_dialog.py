"""The export dialog in the real window; the files are made by a job of three lines."""

from dataclasses import replace

import pytest
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QDialog, QLabel

from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.core.series import SeriesSource
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.io.conformance import Check, Problem
from lgesynth_gui.io.export import Rehearsal
from tests.ui import hearts

GOOD = Rehearsal((), 3 << 20, 9 << 30, True, ())


@pytest.fixture
def opened(windows, qtbot):
    """Opens the dialog on an applied result: (window, dialog, what was asked to be checked)."""

    def open_(grade=Grade.PASS, dice=0.846, answers=(), source="phantom", note=""):
        asked, answers = [], list(answers)

        def rehearse(result, host, folder, formats, mode, reason, note="", burn_in=False):
            yield Progress(0, 1, "checking")
            asked.append((tuple(formats), mode, note))
            return answers.pop(0) if answers else GOOD

        written = []
        made = replace(hearts.services(written), rehearse=rehearse)
        window = windows(hearts.FakeEngine([(grade, dice)]), made)
        window.resize(1366, 768)
        host = replace(hearts.series(), source=SeriesSource(source))
        window.session.open(host, hearts.contours(), hearts.requested_sketch())
        settings = replace(window.session.state.settings, count=1)
        window.session.edit("settings", settings, "one")
        window.session.edit("note", note, "note")
        with qtbot.waitSignal(window.variations.idle, timeout=10_000):
            window.generate()
        window._apply()
        window.open_export()
        dialog = window.findChild(QDialog, "exportDialog")
        window.written = written
        return window, dialog, asked

    return open_


def lines(dialog):
    return {one.title: one for one in dialog.checks.lines}


def test_that_the_checks_start_by_themselves_and_export_waits_for_them(opened, qtbot):
    _window, dialog, asked = opened()
    dialog.understood.setChecked(True)
    assert not dialog.write.isEnabled()
    assert lines(dialog)["Geometry"].grade is Grade.NOT_JUDGED
    qtbot.waitUntil(dialog.write.isEnabled, timeout=5000)
    assert asked == [(("dicom", "seg"), "new_subject", "")]
    assert {one.grade for one in dialog.checks.lines} == {Grade.PASS}
    dialog.reject()


def test_that_other_formats_are_checked_anew(opened, qtbot):
    _window, dialog, asked = opened()
    dialog.understood.setChecked(True)
    qtbot.waitUntil(dialog.write.isEnabled, timeout=5000)
    dialog.formats["nifti"].click()
    assert not dialog.write.isEnabled()
    qtbot.waitUntil(dialog.write.isEnabled, timeout=5000)
    assert asked[-1][0] == ("dicom", "seg", "nifti")
    dialog.reject()


def test_that_a_red_line_keeps_export_off_and_says_what_to_do(opened, qtbot):
    problem = Problem(Check.GEOMETRY, "Slice 3 of the DICOM series lies elsewhere.")
    _window, dialog, _ = opened(answers=[replace(GOOD, problems=(problem,))])
    dialog.understood.setChecked(True)
    qtbot.waitUntil(lambda: lines(dialog)["Geometry"].grade is Grade.FAIL, timeout=5000)
    assert not dialog.write.isEnabled()
    assert dialog.why.text().startswith("Geometry: ")
    assert "Slice 3" in " ".join(label.text() for label in dialog.checks.findChildren(QLabel))
    dialog.reject()


def test_that_files_that_cannot_be_made_are_told_as_a_red_line(opened, qtbot):
    _window, dialog, _ = opened(answers=["An edit of a patient needs DICOM. Choose the other."])
    qtbot.waitUntil(lambda: "Files" in lines(dialog), timeout=5000)
    assert not dialog.write.isEnabled()
    dialog.reject()


def test_that_every_check_explains_itself_on_demand(opened, qtbot):
    _window, dialog, _ = opened()
    row = dialog.checks._rows[3]
    assert not row.reason.isVisible()
    row.why.click()
    assert row.reason.isVisible()
    assert len(row.reason.text()) > 20
    dialog.reject()


def test_that_a_fail_needs_a_typed_reason_and_takes_it_along(opened, qtbot):
    window, dialog, _ = opened(Grade.FAIL, 0.4)
    dialog.understood.setChecked(True)
    qtbot.waitUntil(lambda: lines(dialog)["Space"].grade is Grade.PASS, timeout=5000)
    assert not dialog.write.isEnabled()
    qtbot.keyClicks(dialog.reason, "too short")
    assert not dialog.write.isEnabled()
    dialog.reason.setText("for the gallery of failures")
    assert dialog.write.isEnabled()
    with qtbot.waitSignal(dialog.accepted, timeout=5000):
        dialog.write.click()
    assert window.written[0][3] == "for the gallery of failures"


def test_that_a_check_needs_the_tick_and_records_it(opened, qtbot):
    window, dialog, _ = opened(Grade.CHECK)
    dialog.understood.setChecked(True)
    qtbot.waitUntil(lambda: lines(dialog)["Space"].grade is Grade.PASS, timeout=5000)
    assert not dialog.write.isEnabled()
    dialog.looked.click()
    with qtbot.waitSignal(dialog.accepted, timeout=5000):
        dialog.write.click()
    assert window.written[0][3] == "looked at by the user"


def test_that_what_it_is_and_how_much_is_unchanged_is_always_said(opened):
    window, dialog, _ = opened(source="dicom")
    texts = " ".join(label.text() for label in dialog.findChildren(QLabel))
    share = 100 * (1 - window.session.state.applied.edited.mean())
    assert f"({int(share * 10) / 10:.1f} % unchanged). This is not anonymous data." in texts
    assert dialog.edit.isEnabled()
    dialog.reject()
    _other, phantom, _ = opened()
    texts = " ".join(label.text() for label in phantom.findChildren(QLabel))
    assert "no patient is in it" in texts
    assert not phantom.edit.isEnabled()
    phantom.reject()


def test_that_a_picture_without_its_badge_needs_a_second_tick_and_warns(opened, qtbot):
    _window, dialog, _ = opened()
    clean = dialog.formats["png_clean"]
    assert not clean.isEnabled()
    dialog.formats["png"].click()
    clean.click()
    assert dialog.clean.isVisible()
    assert {"png", "png_clean"} <= set(dialog.answers().formats)
    dialog.formats["png"].click()
    assert not clean.isChecked()
    dialog.reject()


def test_that_the_research_tick_is_asked_once_and_remembered(opened, qtbot):
    window, dialog, _ = opened()
    qtbot.waitUntil(lambda: lines(dialog)["Space"].grade is Grade.PASS, timeout=5000)
    assert dialog.understood.isVisible()
    assert not dialog.write.isEnabled()
    dialog.understood.click()
    with qtbot.waitSignal(dialog.accepted, timeout=5000):
        dialog.write.click()
    assert window.shell.store.now.understood
    window.open_export()
    again = window.exporting._dialog
    assert not again.understood.isVisible()
    again.reject()


def test_that_afterwards_the_folder_can_be_shown_and_a_summary_copied(opened, qtbot, monkeypatch):
    window, dialog, _ = opened()
    dialog.understood.click()
    qtbot.waitUntil(dialog.write.isEnabled, timeout=5000)
    with qtbot.waitSignal(dialog.accepted, timeout=5000):
        dialog.write.click()
    done = window.findChild(QDialog, "exported")
    assert not done.isModal()
    places = []
    monkeypatch.setattr(QDesktopServices, "openUrl", places.append)
    done.show_folder.click()
    assert places[0].isLocalFile()
    done.copy.click()
    text = QGuiApplication.clipboard().text()
    assert "PASS, Dice 0.84" in text
    assert places[0].toLocalFile() not in text
    shown = " ".join(label.text() for label in done.findChildren(QLabel))
    assert places[0].toLocalFile() not in shown
    done.close()


def test_that_a_patients_name_typed_as_a_note_is_shown_as_plain_text(opened):
    _window, dialog, _ = opened(note="<img src=x> Canary")
    label = dialog.findChild(QLabel, "noteShown")
    assert "<img src=x> Canary" in label.text()
    assert label.textFormat().name == "PlainText"
    dialog.reject()


def test_that_the_mark_in_the_pixels_is_asked_for_checked_and_goes_with_the_dicom(
    opened, qtbot, monkeypatch
):
    window, dialog, _asked = opened()
    kept, rehearsed = [], []
    monkeypatch.setattr(window.files, "export", lambda *told: kept.append(told))
    dialog.export_wanted.connect(lambda *told: kept.append(told))
    dialog.rehearse_wanted.connect(lambda *told: rehearsed.append(told[3]))
    dialog.understood.setChecked(True)
    assert not dialog.burn.isChecked()
    dialog.burn.setChecked(True)
    qtbot.waitUntil(lambda: rehearsed[-1:] == [True] and dialog.write.isEnabled(), timeout=5000)
    dialog.formats["dicom"].setChecked(False)
    assert not dialog.burn.isEnabled()
    assert not dialog.burn.isChecked()
    dialog.formats["dicom"].setChecked(True)
    dialog.burn.setChecked(True)
    qtbot.waitUntil(dialog.write.isEnabled, timeout=5000)
    dialog.write.click()
    assert kept[-1][4] is True
