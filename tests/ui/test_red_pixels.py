"""A picture named in a patient's name, a folder or a model is never loaded by any screen.

Every name that can come from outside is `<img src="red.png">`, and such a picture of pure red
lies where it would be found. Every screen and dialog is opened and looked at: no pixel is red.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QToolTip, QWidget

from lgesynth_gui.app.project_jobs import Left
from lgesynth_gui.app.recents import Recent, Recents
from lgesynth_gui.app.services import real_services
from lgesynth_gui.core.verdict import Finding, Grade
from lgesynth_gui.io.comparing import FileFinding
from lgesynth_gui.ui.dialogs.audit import AuditDialog
from tests.io.dicoms import write_stack
from tests.journeys.hand import CTRL, Hand
from tests.registry.folders import write_folder
from tests.ui import hearts
from tests.ui.test_access import quick
from tests.ui.test_audit import FOUND
from tests.ui.test_teach import example

__all__ = ["quick"]
NAME = '<img src="red.png">'
RED = 4  # how far from pure red a pixel may be and still count
BY_ACTION = ("preferences", "keys", "about", "doctor", "diagnostics", "models", "palette", "help")


def red_pixels(widget):
    """How many pixels of what a widget shows are pure red."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
    blue, green, red = (rows[..., i].astype(int) for i in range(3))
    return int(((red >= 255 - RED) & (green <= RED) & (blue <= RED)).sum())


@pytest.fixture
def place(monkeypatch):
    """The folder in which the program runs, with the picture in it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Image.new("RGB", (40, 40), (255, 0, 0)).save(Path(folder) / "red.png")
        monkeypatch.chdir(folder)
        yield Path(folder)
        monkeypatch.undo()


@pytest.fixture
def series(place):
    """A DICOM folder whose every name is marked up, its own, too."""
    folder = place / NAME
    address = f'<img src="file://{place}/red.png">'
    write_stack(
        folder,
        hearts.series().pixels,
        PixelSpacing=[1.5, 1.5],
        PatientName=address,
        PatientID=NAME,
        SeriesDescription=NAME,
        StudyDescription=address,
        ProtocolName=NAME,
        InstitutionName=address,
        Manufacturer=NAME,
        ManufacturerModelName=NAME,
    )
    (folder / "red.png").write_bytes((place / "red.png").read_bytes())
    return folder


class Named(hearts.FakeEngine):
    """An engine whose networks and findings have such names, too."""

    def run(self, function, *arguments):
        result = yield from super().run(function, *arguments)
        if not hasattr(result, "verdict"):
            return result
        found = (*result.verdict.findings, Finding(NAME, Grade.CHECK, NAME))
        verdict = replace(result.verdict, judge=NAME, findings=found)
        models = (("controlnet", f"{NAME} 1.0 0123456789abcdef"), ("judge", NAME))
        return replace(result, verdict=verdict, models=models)


class Looking:
    """Looks at what is shown, and keeps count."""

    def __init__(self):
        self.seen, self.red = [], {}

    def at(self, widget, name):
        for _ in range(3):
            QApplication.processEvents()
        self.seen.append(name)
        if count := red_pixels(widget):
            self.red[name] = count

    def at_tips(self, window, name):
        """Every tooltip with such a name, as it is shown."""
        for widget in window.findChildren(QWidget):
            if "red.png" not in widget.toolTip():
                continue
            QToolTip.showText(QPoint(10, 10), widget.toolTip())
            for tip in QApplication.topLevelWidgets():
                if tip.inherits("QTipLabel") and tip.isVisible():
                    self.at(tip, f"tooltip of {widget.objectName()} in {name}")
            QToolTip.hideText()


def visible(window):
    return [d for d in window.findChildren(QDialog) if d.isVisible()]


def test_that_the_picture_would_be_seen(place, qapp, qtbot):
    label = QLabel(NAME)  # what `plain_label` is there to prevent
    qtbot.addWidget(label)
    label.show()
    assert red_pixels(label) == 1600


@pytest.mark.timeout(300)
def test_that_no_screen_and_no_dialog_shows_a_pixel_of_it(
    place, series, windows, quick, qtbot, tmp_path
):
    write_folder(tmp_path / "models", title=NAME, role="judge")
    real, circles = real_services(), hearts.services([])
    made = replace(circles, find=real.find, describe=real.describe, load=real.load)
    window, look, hand = windows(Named(), made), Looking(), Hand()
    window.resize(1366, 768)
    window.start.tell(f"This cannot be opened: {NAME}")
    window.start.show_recents(Recents((Recent("a", NAME, 3), Recent("b", f"{NAME} & more", 9))))
    look.at(window, "start")
    look.at_tips(window, "start")
    with qtbot.waitSignal(window.session.opened, timeout=60_000):
        hand.drop(window, series)
    look.at(window, "opened")
    series_ = window.session.state.series
    window.session.open(
        replace(series_, label=NAME, notes=(NAME, f"A note: {NAME}")),
        hearts.contours(),
        hearts.requested_sketch(),
    )
    window.session.edit("note", f"note {NAME}", NAME)  # its name is undo's, too
    window.status.say(f"status {NAME}")
    look.at(window, "drawn")
    line = window.panel.caption.line
    line.setFocus()
    line.selectAll()
    hand.type(window, f"mid septal {NAME}")
    window.panel.caption._show_ghost()
    look.at(window, "words")
    window.panel.caption._restore()
    with qtbot.waitSignal(window.variations.idle, timeout=20_000):
        window.generate()
    look.at(window, "previewed")
    window._confirm()
    for number, mode in enumerate(("side", "slider", "difference")):
        window.view.set(compare=mode, preview=number + 1)
        look.at(window, mode)
    window.view.set(compare="side", preview=None)
    look.at_tips(window, "sketch")
    window.shell.start_tour()
    look.at(window, "tour")
    window.shell.start_tour()
    for name in BY_ACTION:
        window._actions[name].trigger()
        dialog = visible(window)[-1]
        if name == "models":
            qtbot.waitUntil(
                lambda d=dialog: d.table.rowCount() > 0 and d.line.handle is None, timeout=60_000
            )
        look.at(dialog, name)
        look.at_tips(dialog, name)
        dialog.close()
    hand.chord(window, Qt.Key.Key_E, CTRL)
    (dialog,) = window.findChildren(QDialog, "exportDialog")
    dialog.folder.setText(str(series))
    dialog.failed(NAME)
    qtbot.waitUntil(lambda: dialog._rehearsal is not None, timeout=10_000)
    look.at(dialog, "export")
    dialog.understood.setChecked(True)
    with qtbot.waitSignal(dialog.accepted, timeout=20_000):
        dialog.write.click()
    for one in visible(window):
        look.at(one, one.objectName())
        look.at_tips(one, one.objectName())
        one.close()
    window.projects.save_as()
    window.projects._on_not_saved(f"Not saved: {NAME}")
    grey = np.zeros((96, 96), np.uint8)
    when = "2026-03-01T12:34:56+00:00"
    window.projects.offer((Left(Path("a"), NAME, when, 12, grey, (NAME,), saved=True),))
    window.close()
    named = FileFinding(NAME, FOUND.outcome, NAME, 2.0)
    audit = AuditDialog(series, window.workers, openable=True, parent=window)
    audit.show()
    audit.show_found(replace(FOUND, files=(named,), problems=(NAME,), notes=(NAME,)))
    for one in visible(window):
        look.at(one, one.objectName())
        look.at_tips(one, one.objectName())
        one.close()
    window.presenter._library = None
    window._actions["teach"].trigger()
    teach = window.presenter.teach
    shown = replace(example(), title=NAME)
    teach.set_stage(replace(teach.stage, own=shown), NAME)
    look.at(teach, "teach")
    teach.close()
    assert look.red == {}
    assert {"saveProject", "notSaved", "recovery", "closing", "audit", "exported"} <= set(look.seen)
    assert any(name.startswith("tooltip") for name in look.seen)
    assert NAME not in window.windowTitle()
    window.projects._discard = True
