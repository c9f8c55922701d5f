"""From the start page to exported files with nothing replaced: real files, engine, models."""

import hashlib
import json

import pytest
from PySide6.QtWidgets import QDialog

from lgesynth_gui.core.assets import bundled
from lgesynth_gui.core.verdict import Grade
from tests.journeys import real
from tests.journeys.hand import Hand

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(
        not (bundled("models") / "controlnet").is_dir(), reason="the bundled models are not here"
    ),
]


def test_that_the_sample_heart_becomes_checked_files(without_torch, windows, qtbot, tmp_path):
    window = windows()
    real.open_sample(window)
    real.generate(window, count=1)
    (made,) = window.variations.visible()
    assert made.message == ""
    assert made.result.verdict.grade is Grade.PASS
    assert made.result.verdict.changed_outside == 0
    window.panel.apply.click()
    window.panel.export.click()
    dialog = window.findChild(QDialog, "exportDialog")
    for box in dialog.formats.values():
        box.setChecked(True)
    dialog.folder.setText(str(tmp_path))
    dialog.understood.setChecked(True)
    qtbot.waitUntil(dialog.write.isEnabled, timeout=60_000)  # every file is made and checked first
    with qtbot.waitSignal(dialog.accepted, timeout=60_000):
        dialog.write.click()
    (folder,) = tmp_path.glob("SYNTHETIC*")
    assert folder.name == "SYNTHETIC_LGE_seed7_PASS"
    for line in (folder / "SYNTHETIC_checksums.sha256").read_text().splitlines():
        sha256, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha256
    record = json.loads((folder / "SYNTHETIC_provenance.json").read_bytes())
    assert record["request"]["seed"] == 7
    assert without_torch == []


def test_that_three_clicks_give_a_pass_with_the_bundled_models(windows, qtbot):
    window, hand = windows(), Hand()
    window.resize(*real.SIZE)
    hand.click(window.start.sample)
    real.wait(lambda: window.session.state.series is not None, real.OPEN_S)
    qtbot.waitUntil(window.panel.generate.isVisible, timeout=10_000)
    hand.click(window.panel.generate)
    previewed = lambda: window.shown()[1] == "PREVIEW"  # noqa: E731
    real.wait(previewed, real.GENERATE_S)  # the others go on while the first is looked at
    hand.click(window.panel.apply)
    assert window.session.state.applied.verdict.grade is Grade.PASS
    assert window.session.state.applied.verdict.dice >= 0.6
    assert hand.count <= 3


def test_that_a_running_generation_is_cancelled_within_a_second(windows, qtbot):
    import time

    window = windows()
    real.open_sample(window)
    window.panel.generate.click()
    running = lambda: window.variations.all[0].progress is not None  # noqa: E731
    real.wait(lambda: running() and window.variations.all[0].progress.done > 0, real.GENERATE_S)
    began = time.monotonic()
    window.variations.cancel_all()
    real.wait(lambda: not window.variations.waiting(), 5)
    assert time.monotonic() - began < 1.5
    assert window.variations.visible() == ()
