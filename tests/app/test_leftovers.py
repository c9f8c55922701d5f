"""What a killed program left half-written is gone after the next start, and nothing else is."""

import json
import subprocess
import sys
import tempfile

import pytest

from lgesynth_gui.app import recents
from lgesynth_gui.app.leftovers import sweep_all, writing_into
from lgesynth_gui.app.places import config_folder, data_folder
from lgesynth_gui.app.recents import Recent
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.io import leftovers
from lgesynth_gui.io.leftovers import HIDDEN, SUFFIX, hidden_folder, sweep, temporary_name


@pytest.fixture(scope="module")
def dead():
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


def left_by(path, process, here=None):
    """A file that a process of this number was writing."""
    left = path.with_name(f".{path.name}.{here or leftovers._here()}-{process}.{'ab' * 6}{SUFFIX}")
    left.write_bytes(b"half")
    return left


def test_that_only_what_ended_processes_left_is_swept(tmp_path, dead):
    gone = [left_by(tmp_path / "a.json", dead), left_by(tmp_path / "b.c.lgesynth", dead)]
    stage = temporary_name(tmp_path / "stage")
    kept = [
        left_by(tmp_path / "living", 1),
        left_by(tmp_path / "elsewhere", dead, here="00000000"),
        tmp_path / f".mine{SUFFIX}",
        tmp_path / f"a.{leftovers._here()}-{dead}.{'ab' * 6}{SUFFIX}",
        stage,
    ]
    for one in kept:
        one.write_bytes(b"")
    assert sweep(tmp_path) == len(gone)
    assert sorted(tmp_path.iterdir()) == sorted(kept)


def test_that_a_link_is_removed_and_not_what_it_leads_to(tmp_path, dead):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis").write_text("all of it")
    name = left_by(tmp_path / "x", dead)
    name.unlink()
    name.symlink_to(tmp_path / "mine")
    assert sweep(tmp_path) == 1
    assert (tmp_path / "mine" / "thesis").read_text() == "all of it"


def test_that_a_folder_that_is_not_there_is_no_trouble(tmp_path):
    assert sweep(tmp_path / "gone") == 0


def test_that_hidden_folders_go_with_their_process(tmp_path, monkeypatch, dead):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old = tmp_path / f"{HIDDEN}{leftovers._here()}-{dead}.abc"
    other = tmp_path / f"{HIDDEN}00000000-{dead}.abc"
    for one in (old, other):
        one.mkdir()
        (one / "x").write_bytes(b"pixels")
    with hidden_folder() as mine:
        assert mine.stat().st_mode & 0o077 == 0
        assert sorted(tmp_path.iterdir()) == sorted([other, mine])
    assert list(tmp_path.iterdir()) == [other]


def test_that_the_next_start_looks_wherever_this_person_writes(tmp_path, monkeypatch, dead):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    places = [config_folder(), data_folder(), tmp_path / "projects", tmp_path / "exports"]
    for one in (*places, tmp_path / "temporary"):
        one.mkdir(exist_ok=True)
    recents.add(Recent("ab", "My heart", 6), tmp_path / "projects" / "a.lgesynth")
    with writing_into(tmp_path / "exports"):
        table = json.loads((data_folder() / recents.PLACES).read_bytes())["writing"]
        assert list(table.values()) == [str(tmp_path / "exports")]
        lost = [left_by(one / "a", dead) for one in places]
        assert drive(sweep_all()) == len(lost)
        assert recents.folders() == (tmp_path / "exports", tmp_path / "projects")  # still at it
    assert not [one for one in lost if one.exists()]
    assert recents.folders() == (tmp_path / "projects",)


def test_that_a_place_is_looked_at_once_after_its_process_ended(tmp_path, monkeypatch, dead):
    (tmp_path / "exports").mkdir()
    with monkeypatch.context() as patched:
        patched.setattr(recents.os, "getpid", lambda: dead)
        recents.note_writing(tmp_path / "exports", begins=True)
    lost = left_by(tmp_path / "exports" / "a", dead)
    assert drive(sweep_all()) >= 1
    assert not lost.exists()
    assert recents.folders() == ()


def test_that_a_list_in_use_keeps_nobody_from_writing(tmp_path, monkeypatch):
    from lgesynth_gui.core.errors import LgeSynthError

    def taken(*_, **__):
        raise LgeSynthError("The list of projects is in use.")

    monkeypatch.setattr(recents, "note_writing", taken)
    monkeypatch.setattr(recents, "forget_writing", taken)
    with writing_into(tmp_path):
        pass
    assert drive(sweep_all()) >= 0
