import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.cli.console import drive_shown, plain, show_json, show_table
from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.core.verdict import cut


@settings(max_examples=60)
@given(st.text(max_size=300))
def test_that_no_text_can_steer_the_terminal(text):
    shown = plain(text)
    assert len(shown) <= 200
    assert shown.isprintable()


@settings(max_examples=60)
@given(st.floats(0, 1))
def test_that_a_cut_number_never_reads_higher_than_it_is(value):
    assert float(cut(value)) <= value + 1e-9
    assert value - float(cut(value)) < 0.01 + 1e-9


def test_that_a_dice_just_under_the_limit_does_not_read_as_the_limit():
    assert cut(0.597) == "0.59"
    assert cut(0.60) == "0.60"
    assert cut(None) == "–"


def counting(note="working"):
    for done in range(5):
        yield Progress(done, 5, note)
    return "end"


def test_that_progress_goes_to_standard_error_as_plain_lines(capsys):
    assert drive_shown(counting()) == "end"
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.splitlines() == ["working 0/5"]


def test_that_a_quiet_job_says_nothing(capsys):
    assert drive_shown(counting(), quiet=True) == "end"
    assert capsys.readouterr() == ("", "")


def test_that_a_bar_is_drawn_on_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert drive_shown(counting()) == "end"
    assert capsys.readouterr().out == ""


def test_that_an_interrupted_job_is_closed():
    closed = []

    def job():
        try:
            yield Progress(0, 1, "x")
            raise KeyboardInterrupt
        finally:
            closed.append(True)

    with pytest.raises(KeyboardInterrupt):
        drive_shown(job(), quiet=True)
    assert closed == [True]


def test_that_json_holds_paths_and_numpy_numbers(capsys):
    show_json({"path": Path("a"), "dice": np.float32(0.5), "slices": [np.int64(3)]})
    assert json.loads(capsys.readouterr().out) == {"path": "a", "dice": 0.5, "slices": [3]}


def test_that_cells_are_text_and_not_markup(capsys):
    show_table("title", ("a",), [("[red]x[/red]\x1b[31m",)])
    shown = capsys.readouterr().out
    assert "[red]x[/red][31m" in shown
    assert "\x1b" not in shown
