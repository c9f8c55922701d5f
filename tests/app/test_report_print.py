"""Pages and pictures of a report, drawn by Qt without a window."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from PySide6.QtGui import QGuiApplication, QImage

from lgesynth_gui.app.report_print import PAGE_WIDTH, laid_out, picture, print_report, ready
from lgesynth_gui.evaluation.report import plots_of
from tests.evaluation.test_panel_files import evaluation
from tests.evaluation.test_report import EVIL, hostile


def test_that_the_pages_and_every_plot_are_printed(qapp: QGuiApplication, tmp_path: Path) -> None:
    print_report(tmp_path, evaluation())
    data = (tmp_path / "report.pdf").read_bytes()
    assert data.startswith(b"%PDF-")
    assert data.rstrip().endswith(b"%%EOF")
    for name in ("pass", "curve", "rings"):
        image = QImage(str(tmp_path / "plots" / f"{name}.png"))
        assert image.width() > 400
        assert len({image.pixel(x, y) for x in range(0, image.width(), 3)
                    for y in range(0, image.height(), 3)}) > 2  # fmt: skip
    assert QGuiApplication.instance() is qapp


def test_that_the_pages_say_what_the_report_says(qapp: QGuiApplication) -> None:
    pictures = {plot.name: picture(plot) for plot in plots_of(evaluation())}
    text = laid_out(evaluation(), pictures, PAGE_WIDTH).toPlainText()
    for words in ("hearts", "few", "Alarm: !", "Not measured: SPADE", "a/1 ff", "The run goes on"):
        assert words in text, words


def test_that_text_from_outside_is_printed_as_it_is(qapp: QGuiApplication) -> None:
    some = hostile()
    pictures = {plot.name: picture(plot) for plot in plots_of(some)}
    document = laid_out(some, pictures, PAGE_WIDTH)
    assert document.toPlainText().count(EVIL) >= 8
    assert re.findall('src="([^"]*)"', document.toHtml()) == ["plot:a"]


def test_that_asking_twice_makes_one_application_and_needs_no_display(tmp_path: Path) -> None:
    code = (
        "from lgesynth_gui.app import report_print as p; from PySide6.QtGui import QGuiApplication;"
        "p.ready(); one = QGuiApplication.instance(); p.ready();"
        "assert QGuiApplication.instance() is one; assert 'torch' not in __import__('sys').modules"
    )
    made = subprocess.run([sys.executable, "-c", code], env={"HOME": str(tmp_path)}, check=False)
    assert made.returncode == 0


def test_that_a_windows_application_is_left_as_it_is(qapp: QGuiApplication) -> None:
    ready()
    assert QGuiApplication.instance() is qapp
