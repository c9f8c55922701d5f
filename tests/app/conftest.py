import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest

from lgesynth_gui.app.jobs import JobRunner


@pytest.fixture
def runner(qapp):
    made = JobRunner()
    yield made
    made.shutdown()
