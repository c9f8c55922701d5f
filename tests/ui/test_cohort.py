"""The Cohort mode: plan, run, cases, review; no network paints here."""

import pytest

from tests.ui import cohorts
from tests.ui.test_screens import save


@pytest.fixture
def mode(window):
    window._actions["mode_cohort"].trigger()
    return window.cohort


def test_smoke(heart, qtbot, tmp_path):
    heart._actions["mode_cohort"].trigger()
    mode = heart.cohort
    mode.cohorts.open(cohorts.large(tmp_path / "large"))
    qtbot.waitUntil(lambda: mode.cohorts.desk.found.total == 10000, timeout=20000)
    qtbot.wait(300)
    save(heart, "cohort_table")
    mode.cohorts.open(cohorts.made(tmp_path / "small", 24))
    qtbot.waitUntil(lambda: mode.cohorts.desk.found.total == 24, timeout=20000)
    mode.page.review_case(2)
    qtbot.waitUntil(lambda: mode.reviewing.case is not None, timeout=20000)
    qtbot.wait(300)
    save(heart, "cohort_review")
    mode.export()
    from PySide6.QtWidgets import QDialog

    d = heart.findChildren(QDialog, "cohortExport")[-1]
    d.fails.setChecked(True)
    qtbot.wait(500)
    save(d, "cohort_export")
    d.reject()
