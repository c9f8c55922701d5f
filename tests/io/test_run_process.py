"""A command as a process of its own: started, seen, ended, and what it said."""

import os
import subprocess
import sys
import time

import pytest

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io import run_process
from lgesynth_gui.io.run_log import last_events
from lgesynth_gui.io.run_process import (
    OUTPUT,
    end,
    last_words,
    launch,
    process_of,
    reap,
    working_in,
)

WORKS = """
import sys, time
from pathlib import Path
from lgesynth_gui.io.run_process import working_in
with working_in(Path(sys.argv[1])):
    print("here", flush=True)
    time.sleep(60)
"""


def until(what, seconds=30):
    stop = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < stop, "it does not come"
        time.sleep(0.05)


def test_that_a_command_is_started_seen_and_its_words_are_kept(tmp_path):
    number = launch(tmp_path, ["judge", str(tmp_path / "no such image"), str(tmp_path / "mask")])
    (event,) = last_events(tmp_path)
    assert (event["event"], event["process"]) == ("starting", number)
    assert process_of(tmp_path, number) == number
    until(lambda: process_of(tmp_path, number) is None)
    said = last_words(tmp_path)
    assert said
    assert str(tmp_path) not in said, "a path names a person"
    assert len(said) <= 300
    if os.name == "posix":
        assert (tmp_path / OUTPUT).stat().st_mode & 0o077 == 0


def test_that_who_works_in_a_folder_is_seen_and_can_be_ended(tmp_path):
    child = subprocess.Popen(
        [sys.executable, "-c", WORKS, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout.readline() == "here\n"
        assert process_of(tmp_path) == child.pid
        with (
            pytest.raises(LgeSynthError, match="works in this folder already"),
            working_in(tmp_path),
        ):
            pass
        assert end(tmp_path)
        child.communicate(timeout=20)
    finally:
        child.kill()
        child.communicate()
    assert process_of(tmp_path) is None
    assert not end(tmp_path)


def test_that_a_number_alone_is_never_ended(tmp_path):
    """A log of last week names a process; today it may be anybody's."""
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        assert process_of(tmp_path, other.pid) == other.pid
        assert not end(tmp_path)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_that_a_child_of_ours_is_ended_before_it_has_its_lock(tmp_path):
    number = launch(tmp_path, ["evaluate", "alignment", "--out", str(tmp_path.resolve())])
    assert end(tmp_path)
    until(lambda: process_of(tmp_path, number) is None)
    reap()
    assert number not in run_process._started


def test_that_the_last_words_are_the_last(tmp_path):
    assert last_words(tmp_path) == ""
    (tmp_path / OUTPUT).write_bytes(b"first\n" + b"x" * (1 << 17) + b"\nlast \xff\x07 word\n\n")
    assert last_words(tmp_path) == "last \ufffd word"
