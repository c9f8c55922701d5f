import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QDialog, QLabel

from lgesynth_gui.app.cells import numbers, requested_cells
from lgesynth_gui.app.variations import Stage
from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.ui.keys import KEYS
from tests.ui import hearts

BEFORE_FIRST_PAINT = """
import os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from lgesynth_gui.ui.main import application, make_window
app = application()
window = make_window()
window.show()
app.processEvents()
heavy = {"scipy", "skimage", "pydicom", "nibabel", "highdicom", "torch", "monai", "diffusers"}
loaded = sorted(heavy & set(sys.modules))
window.close()
raise SystemExit(" ".join(loaded) or 0)
"""


def test_that_nothing_heavy_is_imported_before_the_first_paint():
    ran = subprocess.run(
        [sys.executable, "-c", BEFORE_FIRST_PAINT], capture_output=True, text=True, timeout=60
    )
    assert (ran.returncode, ran.stderr.replace(PLUGIN, "").strip()) == (0, "")


RUN = """
import os
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from lgesynth_gui.ui import main
listen = main._leave_on_signals
def told(window):
    listen(window)
    print("ready", flush=True)
main._leave_on_signals = told
raise SystemExit(main.run_window())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of a terminal")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_that_a_signal_closes_the_window_in_order(number):
    child = subprocess.Popen(
        [sys.executable, "-c", RUN], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout.readline() == "ready\n"
        child.send_signal(number)
        _, errors = child.communicate(timeout=20)
    finally:
        child.kill()
        child.communicate()
    assert (child.returncode, "Traceback" in errors) == (0, False), errors


PLUGIN = "This plugin does not support propagateSizeHints()"


def test_that_the_window_never_loads_torch(without_torch, heart, qtbot):
    with qtbot.waitSignal(heart.variations.idle, timeout=10_000):
        heart.generate()
    heart._apply()
    heart.open_export()
    assert without_torch == []
    heart.findChild(QDialog, "exportDialog").reject()


def test_that_the_window_opens_no_socket(heart, qtbot, socket_disabled):
    with qtbot.waitSignal(heart.variations.idle, timeout=10_000):
        heart.generate()
    assert "off" in heart.status.network.text()


def test_that_the_start_page_offers_the_sample_heart_first(window):
    assert window.centre.currentWidget() is window.start
    assert window.start.sample.hasFocus() or not window.isActiveWindow()
    assert not any(dock.isVisible() for dock in window.docks)
    texts = [label.text() for label in window.start.findChildren(QLabel)]
    assert any("Research use only" in text for text in texts)


def test_that_every_label_that_shows_a_variable_is_plain_text(heart):
    for label in heart.findChildren(QLabel):
        if label.text() and type(label) is QLabel:
            assert label.textFormat() == Qt.TextFormat.PlainText, label.text()


def test_that_a_hostile_name_is_shown_as_it_is_and_never_in_the_title(window, qtbot):
    name = "<img src=x onerror=1>Müller 心臓"
    window.session.open(replace(hearts.series(), label=name, notes=(name,)), hearts.contours())
    assert name in window.canvas.original.picture.facts
    assert window.study.warning.text() == name
    assert name not in window.windowTitle()
    qtbot.wait(1)
    window.grab()


def test_that_a_dropped_folder_is_opened(window, qtbot, tmp_path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    copy, left, none = (
        Qt.DropAction.CopyAction,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    event = QDropEvent(QPointF(5, 5), copy, data, left, none)
    with qtbot.waitSignal(window.session.opened, timeout=5000):
        window.dropEvent(event)
    assert window.session.state.series.label == "Series 7"


def test_that_a_refusal_is_told_in_words_on_the_start_page(windows, qtbot):
    refusal = Refused("The pixels are not of the header's size.", "Export it again.", "PIX-04")
    window = windows(hearts.FakeEngine(), hearts.services(load=refusal))
    with qtbot.waitSignal(window.files.refused, timeout=5000):
        window.open_path(Path("somewhere"))
    assert "Export it again" in window.start.message.text()
    assert window.session.state.series is None


def test_that_a_proposal_is_dashed_until_accepted(window, qtbot):
    window.session.open(hearts.series())
    qtbot.mouseClick(window.study.propose, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(window.session.state.contours.outlined()), timeout=5000)
    assert {line.dashed for line in window.canvas.original.picture.lines} == {True}
    window.study.accept.click()
    assert {line.dashed for line in window.canvas.original.picture.lines} == {False}
    window.session.undo_stack.undo()
    assert {line.dashed for line in window.canvas.original.picture.lines} == {True}


def test_that_generate_is_off_with_a_reason_and_on_when_it_can_run(heart):
    assert heart.panel.generate.isEnabled()
    heart.panel.scar.normal.click()
    assert not heart.panel.generate.isEnabled()
    assert "Draw a scar" in heart.panel.plan.text()
    heart.session.undo_stack.undo()
    assert heart.panel.generate.isEnabled()


def test_that_letters_are_dead_while_a_field_is_typed_into(heart, qtbot):
    before = heart.session.state.sketch
    heart.panel.seed.setFocus()
    qtbot.keyClick(heart.panel.seed, Qt.Key.Key_C)
    assert heart.view.look.tool == "fill"
    heart.panel.caption.line.setFocus()
    qtbot.keyClicks(heart.panel.caption.line, "c3")
    assert heart.view.look.tool == "fill"
    assert heart.session.state.sketch == before


def test_that_letters_work_from_the_canvas_the_lists_and_the_bullseye(heart, qtbot):
    for widget in (
        heart.canvas.original.overlay,
        heart.study.slices,
        heart.film.list,
        heart.panel.bullseye.button(7),
        heart.panel.generate,
    ):
        heart.view.set(tool="fill")
        widget.setFocus()
        qtbot.keyClick(widget, Qt.Key.Key_C)
        assert heart.view.look.tool == "contour", widget


def test_that_every_key_names_an_action():
    window_actions = {k.action for k in KEYS}
    assert len(window_actions) > 40


def test_that_the_bullseye_the_image_and_the_numbers_stay_in_step(heart, qtbot):
    qtbot.keyClick(heart.canvas.original.overlay, Qt.Key.Key_P)
    qtbot.keyClick(QApplication.focusWidget() or heart.panel.bullseye.button(7), Qt.Key.Key_4)
    state = heart.session.state
    assert requested_cells(state)[7].grade == 4
    percent = round(100 * requested_cells(state)[7].touched)
    assert f"{percent} percent" in heart.panel.bullseye.button(7).accessibleName()
    grams = numbers(state).scar_g
    assert f"{grams:.1f} g" in heart.panel.scar.figures.text()
    kinds = [line.kind for line in heart.canvas.original.picture.lines]
    assert "requested" in kinds


def test_that_a_cancelled_generation_leaves_a_usable_window(heart, qtbot, engine):
    engine.hold = True
    heart.generate()
    qtbot.waitUntil(lambda: heart.status.cancel.isVisible(), timeout=3000)
    qtbot.waitUntil(lambda: heart.variations.all[0].stage is Stage.RUNNING, timeout=3000)
    heart.status.cancel.click()
    assert heart.status.phase.text() == "Cancelling"
    qtbot.waitUntil(lambda: heart.variations.all[0].stage is Stage.CANCELLED, timeout=1000)
    heart.variations.cancel_all()
    qtbot.waitUntil(lambda: not heart.variations.waiting(), timeout=3000)
    engine.hold = False
    with qtbot.waitSignal(heart.variations.idle, timeout=5000):
        heart.generate()
    assert heart.variations.visible()[-1].result is not None


def test_that_a_fail_cannot_be_exported_without_a_typed_reason(heart, qtbot, engine, written):
    engine.grades = [(Grade.FAIL, 0.597)] * 4
    with qtbot.waitSignal(heart.variations.idle, timeout=10_000):
        heart.generate()
    assert "0.59" in heart.panel.card.card.headline
    heart._confirm()
    heart.open_export()
    dialog = heart.findChild(QDialog, "exportDialog")
    dialog.understood.setChecked(True)
    assert not dialog.write.isEnabled()
    dialog.reason.setText("wanted for the failure gallery")
    qtbot.waitUntil(dialog.write.isEnabled, timeout=5000)  # the checks run by themselves
    with qtbot.waitSignal(dialog.accepted, timeout=5000):
        dialog.write.click()
    assert written[0][3] == "wanted for the failure gallery"
    assert written[0][2] == "new_subject"


def test_that_a_refused_export_keeps_the_dialog_with_the_reason(windows, qtbot):
    def refuses(*_):
        yield None
        raise Refused("The drive is full.", "Choose another folder.")

    made = hearts.services()
    window = windows(hearts.FakeEngine(), replace(made, export=refuses))
    window.session.open(hearts.series(), hearts.contours(), hearts.requested_sketch())
    with qtbot.waitSignal(window.variations.idle, timeout=10_000):
        window.generate()
    window._confirm()
    window.open_export()
    dialog = window.findChild(QDialog, "exportDialog")
    dialog.understood.setChecked(True)
    qtbot.waitUntil(dialog.write.isEnabled, timeout=5000)
    dialog.write.click()
    assert not dialog.write.isEnabled()
    qtbot.waitUntil(lambda: "Choose another folder" in dialog.why.text(), timeout=5000)
    assert dialog.isVisible()
    assert dialog.write.isEnabled()
    dialog.reject()


def test_that_closing_while_a_job_runs_asks_once_and_then_ends_it(windows, qtbot):
    engine = hearts.FakeEngine(hold=True)
    window = windows(engine, hearts.services())
    window.session.open(hearts.series(), hearts.contours(), hearts.requested_sketch())
    window.generate()
    qtbot.waitUntil(lambda: window.variations.all[0].stage is Stage.RUNNING, timeout=3000)
    window.close()
    assert window.isVisible()
    box = window.findChild(QDialog, "closing")
    assert "4 variations" in box.text()
    next(b for b in box.buttons() if b.text() == "Stay").click()
    assert window.isVisible()
    assert window.variations.waiting()
    window.close()
    box = window.findChildren(QDialog, "closing")[-1]
    next(b for b in box.buttons() if b.text() == "Stop and close").click()
    assert not window.isVisible()
    assert engine.closed == 1
    assert engine.killed == 1


@pytest.mark.parametrize("size", [(1000, 640), (1366, 768), (1920, 1080)])
def test_that_generate_the_verdict_and_export_are_visible_at_every_size(heart, qtbot, size):
    heart.resize(*size)
    qtbot.waitUntil(lambda: heart.width() == size[0], timeout=2000)
    QApplication.processEvents()
    for widget in (heart.panel.generate, heart.panel.card, heart.panel.export, heart.panel.apply):
        corner = widget.mapTo(heart, widget.rect().bottomRight())
        assert widget.isVisible()
        assert heart.rect().contains(corner), widget.objectName()
        assert widget.visibleRegion().boundingRect().size() == widget.size()
    for pane in (heart.canvas.original, heart.canvas.synthetic):
        assert pane.width() >= 220


def test_that_controls_have_names_and_room_for_their_words(heart):
    from PySide6.QtWidgets import QPushButton

    for button in heart.findChildren(QPushButton):
        if button.isVisible() and button.text():
            room = button.fontMetrics().horizontalAdvance(button.text())
            assert button.width() >= room + 4, button.text()
            assert button.height() >= 24, button.text()


def test_that_the_best_series_is_opened_and_the_others_stay_a_click_away(windows, qtbot, tmp_path):
    window = windows(
        hearts.FakeEngine(), hearts.services(infos=("cine", "LGE short axis", "scout"))
    )
    with qtbot.waitSignal(window.session.opened, timeout=5000):
        window.open_path(tmp_path)
    assert window.study.series.currentRow() == 1
    assert window.study.series.isVisible()
    with qtbot.waitSignal(window.session.opened, timeout=5000):
        window.study.series.itemClicked.emit(window.study.series.item(0))


def test_that_finished_results_can_be_shown_at_once(window):
    from lgesynth_gui.app.session import State, request_of

    host, sketch = hearts.series(), hearts.requested_sketch()
    request = request_of(State(host, hearts.contours(), sketch), 0)
    window.show_results(host, [hearts.result_of(request, host)])
    assert window.canvas.synthetic.picture.synthetic
    assert "PASS" in window.panel.card.card.headline
    assert window.panel.apply.isEnabled()


def test_that_the_manual_shows_every_bundled_page(window):
    window._actions["help"].trigger()
    manual = window.findChild(QDialog, "manual")
    assert manual.list.count() >= 1
    assert manual.text.toPlainText().strip()
    manual.reject()


def test_that_digits_work_by_the_printed_key_where_they_need_shift():
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QKeyEvent

    from lgesynth_gui.ui.keymap import FIRST_DIGIT, action_for

    none = Qt.KeyboardModifier.NoModifier
    azerty_three = QKeyEvent(
        QEvent.Type.KeyPress, Qt.Key.Key_QuoteDbl, none, FIRST_DIGIT + 2, 0, 0, '"'
    )
    assert action_for(azerty_three) == "class_3"


def test_that_text_size_and_theme_change_live_and_keep_generate_in_sight(heart):
    heart.set_scale(1.5)
    heart._actions["theme"].trigger()
    QApplication.processEvents()
    QApplication.processEvents()
    for widget in (heart.panel.generate, heart.panel.card, heart.panel.export):
        assert heart.rect().contains(widget.mapTo(heart, widget.rect().bottomRight()))
    heart.set_scale(1.0)
    heart._actions["theme"].trigger()
    assert heart.theme == "dark"


def test_that_f6_visits_the_panels_one_after_the_other(heart):
    seen = []
    heart.activateWindow()
    heart.canvas.original.overlay.setFocus()
    for _ in range(4):
        heart._actions["next_panel"].trigger()
        seen.append(heart.focusWidget())
    assert len(set(seen)) == 4
