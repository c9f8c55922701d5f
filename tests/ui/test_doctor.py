import zipfile

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog

from lgesynth_gui.app import codecs, engine_checks
from lgesynth_gui.app import self_checks as checks
from lgesynth_gui.app.reports import NAME_IN_ZIP
from lgesynth_gui.app.self_checks import Check
from lgesynth_gui.core.errors import LgeSynthError


def answer(found):
    def job(*_):
        yield None
        if isinstance(found, Exception):
            raise found
        return found

    return job


@pytest.fixture
def quick(monkeypatch):
    """The slow questions are answered at once; the quick ones are real."""
    monkeypatch.setattr(checks, "model_checks", lambda: (Check("judge/1", True, "as on the card"),))
    monkeypatch.setattr(codecs, "codec_checks", lambda: (Check("JPEG 2000", True, "decodes"),))
    monkeypatch.setattr(engine_checks, "device_job", answer(Check("device", True, "cpu")))
    monkeypatch.setattr(engine_checks, "speed_job", answer(Check("speed", False, "/home/x broke")))
    monkeypatch.setattr(engine_checks, "judge_job", answer(OSError("anna.dcm")))


@pytest.fixture
def open_(window, quick):
    def go(name):
        window._actions[name].trigger()
        return window.findChild(QDialog, name)

    yield go
    for dialog in window.findChildren(QDialog):
        dialog.reject()


def test_that_the_self_test_answers_every_question_and_names_what_is_wrong(open_, qtbot):
    dialog = open_("doctor")
    with qtbot.waitSignal(dialog.test.ended, timeout=10_000):
        pass
    names = [dialog.list.topLevelItem(i).text(1) for i in range(dialog.list.topLevelItemCount())]
    for name in ("processor", "display", "disk", "torch", "judge/1", "JPEG 2000", "device"):
        assert name in names
    assert dialog.words.text() == "Not in order: speed, judge."
    dialog.copy.click()
    report = QGuiApplication.clipboard().text()
    assert "✗ speed: [place] broke" in report
    assert "✗ judge: could not be looked at (OSError)" in report
    assert "anna" not in report


def test_that_closing_stops_it(open_, qtbot, window):
    dialog = open_("doctor")
    dialog.reject()
    assert dialog.test._left == []
    qtbot.waitUntil(lambda: not window.workers.file_jobs.busy, timeout=3000)


def test_that_the_file_of_diagnostics_holds_exactly_what_was_shown(open_, qtbot, tmp_path, window):
    window.files.refused.emit("Anna Müller cannot be read. (PIX-04)")
    dialog = open_("diagnostics")
    with qtbot.waitSignal(dialog.test.ended, timeout=10_000):
        pass
    text = dialog.text.toPlainText()
    assert "refused PIX-04" in text
    assert "Müller" not in text
    dialog.write(tmp_path / "d.zip")
    qtbot.waitUntil(lambda: dialog.words.text() == "Saved.", timeout=5000)
    with zipfile.ZipFile(tmp_path / "d.zip") as archive:
        assert archive.namelist() == [NAME_IN_ZIP]
        assert archive.read(NAME_IN_ZIP).decode() == text


def test_that_a_full_drive_is_said(open_, qtbot, tmp_path, monkeypatch):
    def full(*_):
        raise LgeSynthError("The drive is full.", "Free some space.")

    monkeypatch.setattr("lgesynth_gui.ui.dialogs.diagnostics.write_zip", full)
    dialog = open_("diagnostics")
    dialog.write(tmp_path / "d.zip")
    qtbot.waitUntil(lambda: "The drive is full" in dialog.words.text(), timeout=5000)


def test_that_about_tells_versions_licences_and_models(open_, qtbot):
    dialog = open_("about")
    assert "LGESynth" in dialog.program.toPlainText()
    qtbot.waitUntil(lambda: "PySide6" in dialog.libraries.toPlainText(), timeout=5000)
    qtbot.waitUntil(lambda: "learned from" in dialog.models.toPlainText(), timeout=5000)


def test_that_a_dialog_opens_once(open_, window):
    open_("about")
    window._actions["about"].trigger()
    assert len(window.findChildren(QDialog, "about")) == 1
