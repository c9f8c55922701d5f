import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtWidgets import QApplication

from lgesynth_gui.ui.main import application, make_window
from tests.ui.hearts import FakeEngine, services


@pytest.fixture(scope="session")
def qapp():
    return application("dark")


@pytest.fixture
def engine():
    return FakeEngine()


@pytest.fixture
def written():
    return []


@pytest.fixture
def window(qapp, qtbot, engine, written):
    before = set(QApplication.topLevelWidgets())
    made = make_window(engine, services(written))
    made.resize(1366, 768)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close()
    made.deleteLater()
    qtbot.waitUntil(lambda: not (set(QApplication.topLevelWidgets()) - before), timeout=2000)
    left = set(QApplication.topLevelWidgets()) - before
    assert not left, f"left behind: {[(type(w).__name__, w.objectName()) for w in left]}"


@pytest.fixture
def heart(window, qtbot):
    """The window with the sample heart open."""
    with qtbot.waitSignal(window.session.opened, timeout=10_000):
        window.start.sample.click()
    qtbot.waitUntil(lambda: window.canvas.original.width() > 300, timeout=3000)
    window.canvas.fit_heart()
    return window
