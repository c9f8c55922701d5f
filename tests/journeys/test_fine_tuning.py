"""From folders of annotated scans to a measured model, by clicks, with the bundled networks."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog

from lgesynth_gui.ui.train.page import CHECK, PRESET, RUN
from tests.training.annotated_files import emidec
from tests.ui.test_screens import save

MINUTE = 60_000


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_that_a_model_is_fine_tuned_watched_measured_and_judged(window, qtbot, tmp_path):
    window.resize(1366, 768)
    window._actions["mode_train"].trigger()
    page = window.train.page

    def click(button):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    window.dropped.emit(emidec(tmp_path / "lab", 4))
    page.data.few.click()
    qtbot.waitUntil(lambda: page.training.desk.split is not None, timeout=MINUTE)
    click(page.next)
    assert page.pages.currentIndex() == CHECK
    click(page.next)
    assert page.pages.currentIndex() == PRESET
    click(page.preset.more)
    page.preset.folder.setText(str(tmp_path / "run"))
    page.preset.steps.setValue(2)
    page.preset.batch.setValue(2)
    page.preset.threads.setValue(1)
    click(page.next)
    assert page.pages.currentIndex() == RUN

    def status():
        page.training.poll()
        found = page.training.desk.status
        return "" if found is None else found.state

    qtbot.waitUntil(lambda: status() in ("done", "failed"), timeout=8 * MINUTE)
    assert page.training.desk.status.state == "done", page.training.desk.status.message
    assert {one["step"] for one in page.training.desk.events if one["event"] == "evaluate"} >= {2}
    assert not page.run.sample.pixmap().isNull()
    save(window, "train_done")
    click(page.run.result)
    qtbot.waitUntil(lambda: window.findChild(QDialog, "trainResult") is not None, timeout=MINUTE)
    dialog = window.findChild(QDialog, "trainResult")
    save(dialog, "train_result")
    assert not dialog.default.isEnabled(), "two steps gain nothing, and the gate says so"
    assert "no sure gain" in dialog.gate.text()
    click(dialog.close_button)
