"""A whole day's work on a patient's series: nobody's name is in anything the window wrote."""

import tempfile

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog

from lgesynth_gui.app.services import real_services
from lgesynth_gui.app.variation import Stage
from lgesynth_gui.io.export_files import FORMATS
from tests.io import canaries
from tests.io.canaries import BORN, FEWEST, STUDIED, TOKEN
from tests.journeys.hand import CTRL
from tests.ui import hearts


class Stumbling(hearts.FakeEngine):
    """An engine that fails once, with somebody's name in the words of a library."""

    stumbles = False

    def run(self, function, *arguments):
        if self.stumbles and function.endswith(":generate"):
            raise RuntimeError(f"cannot read /data/{TOKEN}^Name/1.dcm")
        return (yield from super().run(function, *arguments))


@pytest.fixture
def source(tmp_path_factory):
    """A folder of files that say who they are of, and one that is broken."""
    folder = tmp_path_factory.mktemp("source") / TOKEN
    folder.mkdir()
    assert canaries.dicom_canaries(folder, hearts.series()) >= FEWEST
    (folder.parent / f"{TOKEN}.dcm").write_bytes(b"\0" * 128 + b"DICM" + TOKEN.encode() * 9)
    return folder


def shown(window, name):
    return [d for d in window.findChildren(QDialog, name) if d.isVisible()]


def clipboard():
    """All bytes on the clipboard, of text, data and pictures."""
    data = QGuiApplication.clipboard().mimeData()
    found = [bytes(data.data(kind).data()) for kind in data.formats()]
    image = QGuiApplication.clipboard().image()
    return [*found, image.text().encode(), *(image.text(k).encode() for k in image.textKeys())]


def test_that_nobodys_name_is_in_what_a_days_work_writes(
    windows, qtbot, source, tmp_path, monkeypatch, caplog, capfd, count
):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    engine, titles, copied = Stumbling(), set(), []
    window = windows(engine, real_services())
    window.resize(1366, 768)

    def look():
        titles.update(one.windowTitle() for one in QApplication.topLevelWidgets())
        titles.update(one.windowTitle() for one in window.findChildren(QDialog))

    session = window.session
    with qtbot.waitSignal(session.opened, timeout=60_000):
        window.open_path(source)
    assert TOKEN in str(session.state.series.source.attributes)  # it could have leaked
    needles = needles_of(session.state.series)
    session.edit("contours", hearts.contours(), "outline")
    session.edit("sketch", hearts.requested_sketch(), "draw scar")
    session.edit("note", "teaching case", "note")

    def generate(stage):
        before = len(window.variations.all)
        window.generate()
        qtbot.waitUntil(lambda: not window.variations.waiting(), timeout=30_000)
        assert {one.stage for one in window.variations.all[before:]} == {stage}

    generate(Stage.DONE)
    window._apply()
    engine.stumbles = True
    generate(Stage.FAILED)
    look()

    qtbot.keyClick(window, Qt.Key.Key_S, CTRL)  # label and file name as they are proposed
    (dialog,) = shown(window, "saveProject")
    look()
    dialog.file.setText(str(tmp_path / "projects" / dialog.path().name))
    (tmp_path / "projects").mkdir()
    with qtbot.waitSignal(window.projects.project.saved, timeout=20_000):
        dialog.save.click()
    session.edit("note", "another note", "note")
    with qtbot.waitSignal(window.projects.project.autosave.kept, timeout=20_000):
        window.projects.project.autosave.flush()

    window.open_export()
    (dialog,) = shown(window, "exportDialog")
    look()
    with qtbot.waitSignal(window.files.exported, timeout=60_000):
        window.files.export(tmp_path / "exports", FORMATS, "new_subject", "")
    for dialog in window.findChildren(QDialog):
        if hasattr(dialog, "copy") and dialog.isVisible():
            dialog.copy.click()
            copied += clipboard()
    look()

    window._actions["teach"].trigger()
    teach = window.presenter.teach
    qtbot.waitUntil(lambda: teach.scene() is not None, timeout=20_000)
    teach.copy_page()
    copied += clipboard()
    look()
    teach.close()

    window.files.open(source.parent / f"{TOKEN}.dcm")
    qtbot.waitUntil(lambda: "refused" in " ".join(window.shell.events.lines()), timeout=30_000)
    window._actions["diagnostics"].trigger()
    diagnostics = next(d for d in window.findChildren(QDialog) if hasattr(d, "test"))
    look()
    diagnostics.write(tmp_path / "diagnostics.zip")
    qtbot.waitUntil((tmp_path / "diagnostics.zip").exists, timeout=30_000)
    window.shell.store.set(percent=110)
    window.shell.store.flush()

    said = capfd.readouterr()
    texts = [*titles, caplog.text, said.out, said.err]
    assert not [one for one in needles if any(one in text.encode() for text in texts)]
    assert copied
    assert not [one for one in needles if any(one in content for content in copied)]
    files, size, found = canaries.hits(tmp_path, needles)
    assert found == []
    names = {path.name for path in tmp_path.rglob("*")}
    wanted = {"identity.json", "recents.json", "preferences.json", "diagnostics.zip", "unsaved"}
    assert wanted <= names
    assert {path.suffix for path in tmp_path.rglob("*")} >= {
        ".lgesynth", ".journal", ".dcm", ".gz", ".png", ".pdf", ".json", ".trail",
    }  # fmt: skip
    count(f"window: {files} files, {size} bytes, {len(needles)} canary needles, 0 hits")


def needles_of(series):
    source = series.source
    uids = {source.study_uid, source.series_uid, source.frame_of_reference_uid}
    uids |= {one.sop_instance_uid for one in source.slices}
    return canaries.needles(BORN, STUDIED, *sorted(one for one in uids if one))
