import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from pytest_socket import disable_socket


@pytest.fixture(scope="session")
def qapp():
    """The program's own application, which also keeps the garbage off the worker threads."""
    from lgesynth_gui.ui.main import application

    return application("dark")


@pytest.fixture(autouse=True)
def no_network():
    """Pipes between our own processes stay open; everything that could leave the computer not."""
    disable_socket(allow_unix_socket=True)


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    """No test reads or writes the settings of the person who runs it."""
    monkeypatch.setenv("LGESYNTH_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("LGESYNTH_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("LGESYNTH_DATA", str(tmp_path / "data"))


@pytest.fixture
def count(request):
    """Call it with what was counted: it is printed at the end, wherever the test has run."""
    return lambda words: request.node.user_properties.append(("counted", words))


def pytest_terminal_summary(terminalreporter):
    ran = [one for kind in ("passed", "failed") for one in terminalreporter.getreports(kind)]
    told = [
        words
        for one in ran
        if getattr(one, "when", "") == "call"
        for name, words in one.user_properties
        if name == "counted"
    ]
    if told:
        terminalreporter.section("what was counted")
        for words in told:
            terminalreporter.write_line(words)


# The longest files begin first, or one of them is what all others wait for at the end.
FIRST = (
    "hostile/test_many_exports.py",
    "journeys/test_fine_tuning.py",
    "cohort/test_cluster.py",
    "faults/test_killed_cohort.py",
)


def pytest_collection_modifyitems(items):
    def rank(item):
        path = item.path.as_posix()
        return next((k for k, name in enumerate(FIRST) if path.endswith(name)), len(FIRST))

    items.sort(key=rank)
