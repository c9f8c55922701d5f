import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lgesynth_gui.app.preferences import Preferences
from lgesynth_gui.app.reports import (
    NAME_IN_ZIP,
    Events,
    diagnostics_text,
    self_test_text,
    without_paths,
    write_zip,
)
from lgesynth_gui.app.self_checks import Check


@pytest.mark.parametrize(
    "path",
    [
        "/home/anna/Müller_心臓/scan.dcm",
        r"C:\Users\Anna\LGE\scan.dcm",
        "~/scans/anna",
        r"\\server\share\anna",
        "/tmp/x",
    ],
)
def test_that_no_place_on_the_drive_is_told(path):
    told = without_paths(f"Could not read {path}: damaged")
    assert "anna" not in told.casefold()
    assert "scan" not in told
    assert told.startswith("Could not read [place]")


@given(st.text(max_size=60))
def test_that_taking_places_out_twice_changes_nothing_more(text):
    once = without_paths(text)
    assert without_paths(once) == once


def test_that_ordinary_words_stay():
    words = "cpu: a convolution took 0.1 ms (torch 2.13.0+cpu), 2 of 3, 50 % and/or"
    assert without_paths(words).startswith("cpu: a convolution took 0.1 ms (torch 2.13.0+cpu)")


def test_that_events_keep_codes_and_no_words():
    events = Events()
    for _ in range(3):
        events.add("refused", "The series of Anna Müller is damaged. Choose another. (PIX-04)")
    events.add("refused", "Anna Müller")
    events.add("opened")
    events.add("Anna Müller 1950")
    assert events.lines() == ("refused PIX-04 x 3", "refused", "opened")


def test_that_diagnostics_hold_what_is_shown_and_nothing_else(tmp_path):
    events = Events()
    events.add("refused", "No. (GEO-01)")
    checks = (Check("disk", False, "/home/anna is full"),)
    text = diagnostics_text(Preferences(), checks, events)
    assert 'theme: "dark"' in text
    assert "✗ disk: [place] is full" in text
    assert "refused GEO-01" in text
    path = tmp_path / "d.zip"
    write_zip(path, text)
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == [NAME_IN_ZIP]
        assert archive.read(NAME_IN_ZIP).decode() == text


def test_that_the_report_has_a_line_an_answer():
    checks = [Check("a", True, "fine"), Check("b", False, "not")]
    assert self_test_text(checks) == "✓ a: fine\n✗ b: not"
