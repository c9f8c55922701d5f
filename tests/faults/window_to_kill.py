"""A real window that is worked in by mouse and keys until its process is killed.

`python -m tests.faults.window_to_kill draw FOLDER` draws strokes, the last one unfinished, and
writes the finished drawing to FOLDER/drawn; `... open FILE FOLDER` holds a project open. Both say
"ready" on standard output and then go on living.
"""

import os
import pickle
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from lgesynth_gui.ui.main import application, make_window
from tests.journeys.hand import LEFT, NONE, Hand
from tests.journeys.real import settle, wait
from tests.ui import hearts

STROKES = ((2, 190), (2, 250), (3, 200))  # slice, where on the wall it begins
PATIENCE_S = 120


def ready():
    sys.stdout.write("ready\n")
    sys.stdout.flush()


def path_of(over, index, begin):
    """Screen points along the middle of the wall."""
    angles = range(begin, begin + 40, 8)
    return [over.to_screen(hearts.at(a, 25.0 - index)).toPoint() for a in angles]


def draw(window, folder):
    over, hand = window.canvas.original.overlay, Hand()
    window._actions["tool_brush"].trigger()
    for index, begin in STROKES:
        window.view.set(slice_index=index)
        settle()
        before = window.session.undo_stack.count()
        hand.drag(over, path_of(over, index, begin))
        assert window.session.undo_stack.count() == before + 1
    part = folder / "part"
    part.write_bytes(pickle.dumps(window.session.state.sketch))
    part.rename(folder / "drawn")
    here = [over.mapTo(window, at) for at in path_of(over, 3, 300)]
    QTest.mousePress(window.windowHandle(), LEFT, NONE, here[0])
    for at in here[1:]:
        QTest.mouseMove(window.windowHandle(), at)
    settle()
    ready()


def main(what, *places):
    app = application("dark")
    window = make_window(hearts.FakeEngine(), hearts.services())
    window.resize(1366, 768)
    window.show()
    settle()

    def begin():
        if what == "open":
            window.open_path(Path(places[0]))
        else:
            Hand().click(window.start.sample)
        wait(lambda: window.session.state.series is not None, PATIENCE_S)
        wait(lambda: window.canvas.original.width() > 300, PATIENCE_S)
        window.canvas.fit_heart()
        settle()
        if what == "open":
            ready()
        else:
            draw(window, Path(places[0]))

    QTimer.singleShot(0, window, begin)
    return app.exec()


if __name__ == "__main__":
    assert QApplication.instance() is None
    sys.exit(main(*sys.argv[1:]))
