"""Pages and pictures of a report, drawn by Qt without a window."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from PySide6.QtGui import QGuiApplication, QImage

from lgesynth_gui.app.report_print import (
    PAGE_HIGH,
    PAGE_WIDTH,
    drawn,
    laid_out,
    print_report,
    printed,
    ready,
)
from lgesynth_gui.evaluation.panel import Pictures
from tests.evaluation.test_panel_files import evaluation, pictures
from tests.evaluation.test_report import EVIL, hostile


def test_that_the_pages_and_every_plot_are_printed(qapp: QGuiApplication, tmp_path: Path) -> None:
    print_report(tmp_path, evaluation())
    data = (tmp_path / "report.pdf").read_bytes()
    assert data.startswith(b"%PDF-")
    assert data.rstrip().endswith(b"%%EOF")
    for name in ("pass", "curve", "rings", "pairs"):
        image = QImage(str(tmp_path / "plots" / f"{name}.png"))
        assert image.width() > 400
        assert len({image.pixel(x, y) for x in range(0, image.width(), 3)
                    for y in range(0, image.height(), 3)}) > 2  # fmt: skip
    assert QGuiApplication.instance() is qapp


def test_that_the_pages_say_what_the_report_says(qapp: QGuiApplication) -> None:
    text = laid_out(evaluation(), drawn(evaluation()), PAGE_WIDTH).toPlainText()
    for words in ("hearts", "few", "Alarm: !", "Not measured: SPADE", "a/1 ff", "The run goes on"):
        assert words in text, words


def test_that_text_from_outside_is_printed_as_it_is(qapp: QGuiApplication) -> None:
    some = hostile()
    document = laid_out(some, drawn(some), PAGE_WIDTH)
    assert document.toPlainText().count(EVIL) >= 8
    assert re.findall('src="([^"]*)"', document.toHtml()) == [
        "plot:a", "plot:pairs-1", "plot:pairs-2",
    ]  # fmt: skip


def test_that_pictures_are_printed_row_by_row_and_none_is_higher_than_a_page(
    qapp: QGuiApplication,
) -> None:
    long = replace(pictures(), rows=(replace(r := pictures().rows[0], tiles=r.tiles * 8), r))
    parts = printed(long)
    heads = [one.rows[0].title for one in parts if isinstance(one, Pictures)]
    assert heads == [r.title, *[f"{r.title} (continued)"] * 2, r.title]
    held = [tile for one in parts if isinstance(one, Pictures) for tile in one.rows[0].tiles]
    assert held == [*r.tiles * 8, *r.tiles], "none is lost"
    panel = replace(evaluation().panels[0], plots=(long,))
    some = replace(evaluation(), panels=(panel,))
    images = drawn(some)
    text = laid_out(some, images, PAGE_WIDTH).toHtml()
    shown = re.findall(r'src="plot:([^"]*)"[^>]*width="(\d+)"', text)
    assert [name for name, _ in shown] == [f"pairs-{k}" for k in (1, 2, 3, 4)]
    for name, width in shown:
        assert int(width) * images[name].height() / images[name].width() <= PAGE_HIGH + 2


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
