"""Prints how long the window takes to its first paint and how fast it answers; asserts nothing."""

import statistics
import subprocess
import sys
import time

from tests.ui import hearts
from tests.ui.conftest import engine, heart, qapp, window, windows, written

__all__ = ["engine", "heart", "qapp", "window", "windows", "written"]

START = """
import time
begin = time.perf_counter()
import os
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from lgesynth_gui.ui.main import application, make_window
app = application()
window = make_window()
window.show()
app.processEvents()
print(time.perf_counter() - begin)
window.close()
"""


def seconds_of(run, times=5):
    spent = []
    for _ in range(times):
        begin = time.perf_counter()
        run()
        spent.append(time.perf_counter() - begin)
    return statistics.median(spent)


TOOLKIT = """
import time
begin = time.perf_counter()
import PySide6.QtCore, PySide6.QtGui, PySide6.QtWidgets, pyqtgraph
print(time.perf_counter() - begin)
"""


def told(script, times=5):
    """Median of what a fresh interpreter prints, after one run that warms the disk."""
    out = [
        float(
            subprocess.run(
                [sys.executable, "-c", script], capture_output=True, text=True, check=True
            ).stdout
        )
        for _ in range(times + 1)
    ]
    return statistics.median(out[1:])


def test_start_to_first_paint(capsys):
    toolkit, start = told(TOOLKIT), told(START)
    with capsys.disabled():
        sys.stdout.write(
            f"\nstart to first paint: {start:.2f} s, {start / toolkit:.1f} times the import of Qt"
            f" and pyqtgraph alone ({toolkit:.2f} s; medians of 5)\n"
        )


def test_answers_of_the_open_window(heart, qapp, capsys):
    def slices():
        heart.canvas.step_slice(1 if heart.view.look.slice_index == 0 else -1)
        qapp.processEvents()

    def grey():
        heart.view.set(window=heart.view.look.window * 1.01)
        qapp.processEvents()

    def edit():
        grade = 1 + heart.view.look.grade % 4
        heart.panel.bullseye.selected.emit(7)
        heart._set_class(grade)
        qapp.processEvents()

    def undo():
        heart.session.undo_stack.undo()
        qapp.processEvents()

    def reopen():
        heart.session.open(hearts.series(), hearts.contours())
        qapp.processEvents()

    with capsys.disabled():
        sys.stdout.write("\n")
        for name, run in (
            ("slice", slices),
            ("window/level", grey),
            ("segment edit", edit),
            ("undo", undo),
            ("open", reopen),
        ):
            sys.stdout.write(f"{name:14s} {1000 * seconds_of(run, 7):6.1f} ms (median of 7)\n")
