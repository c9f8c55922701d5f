"""One journey on a real screen's plug-in: real fonts, focus, mouse and keyboard of the system.

`python -m tests.journeys.on_screen PICTURE.png [tiny]` opens the window, tries the sample heart,
generates and applies with three clicks, saves what is seen, and prints what it found as JSON.
With "tiny" the engine is the one of the tests, else the bundled models paint.
"""

import json
import sys
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontInfo, QGuiApplication
from PySide6.QtWidgets import QApplication

from lgesynth_gui.app.cells import requested_cells
from lgesynth_gui.ui.main import application, make_window
from tests.journeys import real
from tests.journeys.hand import CTRL, Hand
from tests.ui import hearts

SETTLE_S = 120
WORDS = "subendocardial LAD, 60 %, mid to apex"


def main(path, tiny):
    app = application("dark")
    window = make_window(hearts.FakeEngine(), hearts.services()) if tiny else make_window()
    try:
        window.resize(*real.SIZE)
        window.show()
        real.wait(lambda: window.windowHandle().isExposed(), SETTLE_S)
        real.settle()
        hand = Hand()
        hand.click(window.start.sample)
        real.wait(lambda: window.session.state.series is not None, SETTLE_S)
        real.wait(window.panel.generate.isVisible, SETTLE_S)
        real.settle()
        hand.click(window.panel.generate)
        real.wait(lambda: not window.variations.waiting(), real.GENERATE_S)
        real.settle()
        hand.click(window.panel.apply)
        window.view.set(segment=None)
        window.canvas.original.overlay.clearFocus()
        real.settle()
        real.save(window, path)
        applied = window.session.state.applied
        found = {
            "platform": QGuiApplication.platformName(),
            "font": QFontInfo(QApplication.font()).family(),
            "clicks": hand.count,
            "grade": applied.verdict.grade.value,
            "dice": applied.verdict.dice,
            "grabbed": grabbed(app, window),
            "typed": typed(window),
            "pasted": pasted(window),
        }
        sys.stdout.write(json.dumps(found) + "\n")
    finally:
        window.leave()


def typed(window):
    """Segments that get scar of class 3 when words are typed, by keys alone."""
    hand = Hand()
    hand.chord(window, Qt.Key.Key_T)
    hand.type(window, WORDS)
    hand.chord(window, Qt.Key.Key_Return)
    real.settle()
    cells = requested_cells(window.session.state)
    return [number for number, cell in sorted(cells.items()) if cell.grade == 3]


def pasted(window):
    """What the note holds after it was pasted from the display's clipboard."""
    QGuiApplication.clipboard().setText("copied on this display")
    hand = Hand()
    hand.chord(window, Qt.Key.Key_N)
    hand.chord(window, Qt.Key.Key_V, CTRL)
    real.settle()
    return window.panel.scar.note.text()


def grabbed(app, window):
    """How many colours the screen itself shows where the window is: 1 would be a blank one."""
    at = window.geometry()
    whole = app.primaryScreen().grabWindow(0, at.x(), at.y(), at.width(), at.height()).toImage()
    spots = ((x, y) for x in range(0, whole.width(), 7) for y in range(0, whole.height(), 7))
    return len({whole.pixel(x, y) for x, y in spots})


if __name__ == "__main__":
    main(Path(sys.argv[1]), "tiny" in sys.argv[2:])
