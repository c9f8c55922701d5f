"""Exported files are told from others when they are dropped; audits and models have windows."""

import json
import threading
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel

from lgesynth_gui.app.audit import Audit, ModelPair
from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.io.comparing import FileFinding, Outcome
from lgesynth_gui.io.provenance import FORMAT
from lgesynth_gui.ui.dialogs.audit import AuditDialog, sections, summary
from tests.registry.folders import write_folder

SHA = "d9a3d76c3fd2a79b"
FOUND = Audit(
    Outcome.DIFFERENT,
    "different",
    (
        FileFinding("dicom/SYNTHETIC_LGE_001.dcm", Outcome.EXACT, "the same bytes"),
        FileFinding("nifti/SYNTHETIC_LGE.nii.gz", Outcome.DIFFERENT,
                    "3 pixels differ, by 2 at most", 2.0),
    ),
    ("SYNTHETIC_LGE.nii.gz was changed since the export.",),
    ("1 of 18 listed files are not here.",),
    (("lgesynth", "0.1.0", "0.1.0"), ("torch", "2.12.0", "2.13.0")),
    (ModelPair("judge", "judge/1.0.0", "judge/1.0.0", SHA),),
    2.0,
)  # fmt: skip


@pytest.fixture
def exported(tmp_path):
    """A folder that says it was exported."""
    folder = tmp_path / "export"
    (folder / "dicom").mkdir(parents=True)
    (folder / "dicom" / "SYNTHETIC_LGE_001.dcm").write_bytes(b"x")
    record = {"format": FORMAT, "version": 1, "files": {"dicom/SYNTHETIC_LGE_001.dcm": "0"}}
    (folder / "SYNTHETIC_provenance.json").write_text(json.dumps(record))
    return folder


def audits(window):
    return [d for d in window.findChildren(QDialog, "audit") if d.isVisible()]


@pytest.mark.parametrize(
    ("name", "openable"),
    [("", True), ("dicom/SYNTHETIC_LGE_001.dcm", True), ("SYNTHETIC_provenance.json", False)],
)
def test_that_a_dropped_export_is_offered_its_audit(window, qtbot, exported, name, openable):
    window.dropped.emit(exported / name)
    qtbot.waitUntil(lambda: bool(audits(window)), timeout=3000)
    (dialog,) = audits(window)
    assert not dialog.isModal()
    assert dialog.series.isVisible() is openable
    assert window.session.state.series is None
    if openable:
        with qtbot.waitSignal(window.session.opened, timeout=5000):
            dialog.series.click()
    else:
        dialog.close()


def test_that_everything_else_is_opened_as_before(window, qtbot, tmp_path):
    with qtbot.waitSignal(window.session.opened, timeout=5000):
        window.dropped.emit(tmp_path)
    assert not audits(window)


def run_dialog(window, job, **named):
    dialog = AuditDialog(window.start.parentWidget(), window.workers, parent=window)  # any path
    dialog._auditor = job
    dialog.show()
    return dialog


def made(found):
    def job(path, run, host, device):
        yield Progress(1, 2, "denoising")
        if isinstance(found, Exception) and host is None:
            raise found
        return FOUND if isinstance(found, Exception) else found

    return job


def test_that_an_audit_is_told_in_words_files_models_and_versions(window, qtbot):
    dialog = run_dialog(window, made(FOUND))
    dialog.start.click()
    qtbot.waitUntil(lambda: dialog.found is not None, timeout=3000)
    assert dialog.words.text() == "✗ Different"
    titles = [dialog.list.topLevelItem(i).text(0) for i in range(dialog.list.topLevelItemCount())]
    assert [title.split(",")[0] for title in titles] == [
        "What was found", "Files", "Models", "Versions",
    ]  # fmt: skip
    versions = dialog.list.topLevelItem(3)
    assert [versions.child(1).text(i) for i in range(3)] == ["≠ torch", "2.12.0", "2.13.0"]
    assert "3 pixels differ" in summary(FOUND)
    assert "different" in summary(FOUND)
    dialog.close()


def test_that_a_missing_host_can_be_chosen(window, qtbot, tmp_path):
    missing = Refused("The series is not here that the scar was painted into.", "", "AUD-04")
    dialog = run_dialog(window, made(missing))
    assert not dialog.host.isVisible()
    dialog.start.click()
    qtbot.waitUntil(dialog.host.isVisible, timeout=3000)
    assert "AUD-04" in dialog.line.words.text()
    dialog.begin(tmp_path)
    qtbot.waitUntil(lambda: dialog.found is not None, timeout=3000)
    dialog.close()


def test_that_closing_stops_the_audit(window, qtbot):
    ended = threading.Event()

    def endless(path, run, host, device):
        try:
            while True:
                yield Progress(0, 0, "denoising")
        finally:
            ended.set()

    dialog = run_dialog(window, endless)
    dialog.start.click()
    qtbot.waitUntil(lambda: "Denoising" in dialog.line.words.text(), timeout=3000)
    dialog.close()
    qtbot.waitUntil(ended.is_set, timeout=3000)


def test_that_text_of_a_record_is_never_markup(window, qtbot):
    evil = "<img src='red.png'>"
    found = replace(FOUND, problems=(evil,), notes=(evil,), versions=((evil, evil, evil),))
    dialog = run_dialog(window, made(found))
    dialog.start.click()
    qtbot.waitUntil(lambda: dialog.found is not None, timeout=3000)
    for label in dialog.findChildren(QLabel):
        assert label.textFormat() == Qt.TextFormat.PlainText
    for title, rows in sections(found):
        assert title
        assert rows
    item = dialog.list.topLevelItem(0).child(0)
    assert evil in item.text(0)
    assert item.toolTip(0) == ""
    dialog.close()


# -- models


@pytest.fixture
def models(window, qtbot, tmp_path, monkeypatch):
    """The dialog, with one imported model besides the bundled ones."""
    monkeypatch.setenv("LGESYNTH_MODELS", str(tmp_path / "own"))
    write_folder(tmp_path / "own")
    window._actions["models"].trigger()
    (dialog,) = window.findChildren(QDialog, "models")
    qtbot.waitUntil(lambda: dialog.table.rowCount() > 0 and dialog.line.handle is None)
    yield dialog
    dialog.close()


def select(dialog, name):
    names = [row.name for row in dialog.table.rows]
    dialog.view.selectRow(names.index(name))


def test_that_all_models_are_listed_with_their_cards(models):
    names = [row.name for row in models.table.rows]
    assert names[-1] == "tiny/1.2.3"
    cell = models.table.index(len(names) - 1, 5).data()
    assert cell == "imported"
    select(models, "tiny/1.2.3")
    assert "A test" in models.card.toPlainText()
    assert models.export.isEnabled()


def test_that_damage_is_shown_and_mended_from_a_package(models, qtbot, tmp_path):
    select(models, "tiny/1.2.3")
    package = tmp_path / "tiny.lgesynth-model"
    models.export_file("tiny", package)
    qtbot.waitUntil(lambda: models.line.handle is None and package.exists())
    weights = tmp_path / "own" / "tiny" / "1.2.3" / "w.safetensors"
    good = weights.read_bytes()
    weights.write_bytes(good[:-1] + b"\1")
    models.verify()
    qtbot.waitUntil(lambda: models.line.handle is None, timeout=20_000)
    assert models.line.words.text() == "Damaged: tiny/1.2.3."
    models.repair_file("tiny/1.2.3", package)
    qtbot.waitUntil(lambda: "written anew" in models.line.words.text(), timeout=20_000)
    assert weights.read_bytes() == good
    seals = {row.name: row.seal.value for row in models.table.rows}
    assert set(seals.values()) == {"verified"}


def test_that_a_package_that_is_not_in_order_is_said_in_the_dialog(models, qtbot, tmp_path):
    (tmp_path / "bad.lgesynth-model").write_bytes(b"PK nothing")
    models.import_file(tmp_path / "bad.lgesynth-model")
    qtbot.waitUntil(lambda: "MOD-12" in models.line.words.text(), timeout=5000)
    assert models.import_.isEnabled()


def test_that_a_model_of_patients_asks_before_it_is_packed(models, qtbot, tmp_path):
    write_folder(tmp_path / "own", id="ours", trained_on={"data": "a ward", "patients": 12})
    models.look()
    qtbot.waitUntil(lambda: models.line.handle is None and len(models.table.rows) > 1)
    select(models, "ours/1.2.3")
    models.pick_out()
    box = models.findChild(QDialog, "patientsQuestion")
    assert "12 patients" in box.text()
    assert "not measured" in box.text()
    box.reject()
