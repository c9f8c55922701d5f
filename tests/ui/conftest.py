import os
import sys
import threading

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtWidgets import QApplication

from lgesynth_gui.ui.main import make_window
from tests.ui.hearts import FakeEngine, services

THREADS = ("lgesynth-engine", "lgesynth-files", "lgesynth-watch")
HEAVY = ("torch", "diffusers", "transformers", "monai")


class NotHere:
    """An import hook for which the heavy libraries are not installed; `asked` says who wanted."""

    def __init__(self):
        self.asked = []

    def find_spec(self, name, path=None, target=None):
        if name in HEAVY:
            self.asked.append(name)
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


@pytest.fixture
def without_torch(monkeypatch):
    """As if torch were neither installed nor loaded by another test; gives who asked for it."""
    for name in HEAVY:
        monkeypatch.delitem(sys.modules, name, raising=False)
    hook = NotHere()
    monkeypatch.setattr(sys, "meta_path", [hook, *sys.meta_path])
    return hook.asked


@pytest.fixture
def engine():
    return FakeEngine()


@pytest.fixture
def written():
    return []


@pytest.fixture
def windows(qapp, qtbot):
    """Makes windows, and ends each of them with its threads, also when the test failed."""
    before = set(QApplication.topLevelWidgets())
    made = []

    def make(*arguments, **named):
        window = make_window(*arguments, **named)
        made.append(window)
        window.show()
        qtbot.waitExposed(window)
        return window

    yield make
    for window in made:
        window.leave()
        window.deleteLater()
    made.clear()
    qtbot.waitUntil(lambda: not (set(QApplication.topLevelWidgets()) - before), timeout=2000)
    left = set(QApplication.topLevelWidgets()) - before
    assert not left, f"left behind: {[(type(w).__name__, w.objectName()) for w in left]}"
    assert not [t.name for t in threading.enumerate() if t.name in THREADS]


@pytest.fixture
def window(windows, engine, written):
    made = windows(engine, services(written))
    made.resize(1366, 768)
    return made


@pytest.fixture
def heart(window, qtbot):
    """The window with the sample heart open."""
    with qtbot.waitSignal(window.session.opened, timeout=10_000):
        window.start.sample.click()
    qtbot.waitUntil(lambda: window.canvas.original.width() > 300, timeout=3000)
    window.canvas.fit_heart()
    return window
