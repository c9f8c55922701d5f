"""Prints how long the window takes to its first paint and how fast it answers; asserts nothing.

Beside each time stands the processor's share of it, which a busy computer changes less.
"""

import statistics
import subprocess
import sys
import time

from PySide6.QtTest import QTest

from tests.journeys.hand import LEFT, NONE
from tests.ui import hearts
from tests.ui.conftest import engine, heart, window, windows, written

__all__ = ["engine", "heart", "window", "windows", "written"]

CLOCK = "import time; begin = time.perf_counter(), time.process_time()\n"
PRINT = "print(time.perf_counter() - begin[0], time.process_time() - begin[1], flush=True)\n"
TOOLKIT = f"{CLOCK}import PySide6.QtCore, PySide6.QtGui, PySide6.QtWidgets, pyqtgraph\n{PRINT}"
START = f"""{CLOCK}
import os
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from lgesynth_gui.ui.main import application, make_window
app = application()
window = make_window()
window.show()
app.processEvents()
{PRINT}
window.leave()
"""


def told(script, times=5):
    """Medians (wall, work) in seconds of what a fresh interpreter prints, and the first run's.

    The first run is the cold one: what it reads is in no cache of this test's making.
    """
    runs = []
    for _ in range(times + 1):
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        )
        runs.append([float(word) for word in done.stdout.split()])
    wall, work = (statistics.median(column) for column in zip(*runs[1:], strict=True))
    return wall, work, runs[0]


def test_start_to_first_paint(capsys):
    (toolkit, its_work, _), (start, work, cold) = told(TOOLKIT), told(START)
    with capsys.disabled():
        sys.stdout.write(
            f"\nstart to first paint: {start:.2f} s, work {work:.2f} s (first run {cold[0]:.2f} s,"
            f" work {cold[1]:.2f} s); Qt and pyqtgraph alone {toolkit:.2f} s, work {its_work:.2f} s"
            f" (medians of 5; budget 2 s warm)\n"
        )


def line(name, run, budget_ms, times=9):
    """Median wall and work of what `run` does, ms."""
    wall, work = [], []
    for _ in range(times):
        begin = time.perf_counter(), time.process_time()
        run()
        wall.append(1000 * (time.perf_counter() - begin[0]))
        work.append(1000 * (time.process_time() - begin[1]))
    sys.stdout.write(
        f"{name:32s} {statistics.median(wall):6.1f} ms, work {statistics.median(work):6.1f} ms"
        f" (medians of {times}; budget {budget_ms} ms)\n"
    )


def test_answers_of_the_open_window(heart, qapp, capsys):
    over = heart.canvas.original.overlay
    handle = heart.windowHandle()

    def shown(run):
        def both():
            run()
            qapp.processEvents()

        return both

    def slices():
        heart.canvas.step_slice(1 if heart.view.look.slice_index == 0 else -1)

    def edit():
        heart.panel.bullseye.selected.emit(7)
        heart._set_class(1 + heart.view.look.grade % 4)

    def stroke_move():
        nonlocal angle
        angle += 1
        at = over.mapTo(heart, over.to_screen(hearts.at(angle, 24)).toPoint())
        QTest.mouseMove(handle, at)

    def dot():
        nonlocal angle
        angle += 9
        at = over.mapTo(heart, over.to_screen(hearts.at(angle, 24)).toPoint())
        QTest.mouseClick(handle, LEFT, NONE, at)

    angle = 180
    with capsys.disabled():
        sys.stdout.write("\n")
        line("slice", shown(slices), 33)
        grey = lambda: heart.view.set(window=heart.view.look.window * 1.01)  # noqa: E731
        line("window/level", shown(grey), 33)
        line("segment edit", shown(edit), 33)
        line("undo", shown(heart.session.undo_stack.undo), 50)
        heart.view.set(tool="brush", slice_index=2)
        qapp.processEvents()
        at = over.mapTo(heart, over.to_screen(hearts.at(angle, 24)).toPoint())
        QTest.mousePress(handle, LEFT, NONE, at)
        line("brush: mouse event to paint", shown(stroke_move), 16, times=40)
        QTest.mouseRelease(handle, LEFT, NONE, at)
        line("brush: a dot, press to paint", shown(dot), 33)
        reopen = lambda: heart.session.open(hearts.series(), hearts.contours())  # noqa: E731
        line("open", shown(reopen), 2000, times=5)
    assert heart.session.state.series is not None
