"""Settings, recent projects and reports: whatever fails, what was there stays, and it is told."""

import errno
import json
import os
import resource
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from lgesynth_gui.app import preferences, recents, reports
from lgesynth_gui.app.places import data_folder
from lgesynth_gui.app.preferences import Preferences
from lgesynth_gui.app.recents import Recent
from lgesynth_gui.core.errors import LgeSynthError
from tests.faults.harness import failing

ROOT = Path(__file__).parents[2]
OLD, NEW = Preferences(theme="light"), Preferences(percent=120, silenced=("a", "b"))


class Settings:
    """The preferences in a file."""

    def __init__(self, folder):
        self.path = folder / "settings" / "preferences.json"

    def old(self):
        preferences.write(self.path, OLD)

    def new(self):
        preferences.write(self.path, NEW)

    def is_new(self):
        return preferences.from_json(json.loads(self.path.read_bytes())) == NEW

    def is_old(self):
        return preferences.from_json(json.loads(self.path.read_bytes())) == OLD


class Recently:
    """The list of recent projects, and the places beside it."""

    def __init__(self, folder):
        self.path = data_folder() / recents.LIST

    def old(self):
        recents.add(Recent("aa", "old heart", 3), Path("/old/place.lgesynth"))

    def new(self):
        recents.add(Recent("bb", "new heart", 4), Path("/new/place.lgesynth"))

    def is_new(self):
        known = [one.id for one in recents.read().entries]
        return known == ["bb", "aa"] and recents.place_of("bb") == Path("/new/place.lgesynth")

    def is_old(self):
        known = [one.id for one in recents.read().entries]
        return known == ["aa"] and recents.place_of("aa") == Path("/old/place.lgesynth")


class Report:
    """A diagnostics ZIP that somebody saves over an older one."""

    def __init__(self, folder):
        self.path = folder / "reports" / "diagnostics.zip"
        self.path.parent.mkdir(exist_ok=True)

    def old(self):
        reports.write_zip(self.path, "old")

    def new(self):
        reports.write_zip(self.path, "new " * 9999)

    def is_new(self):
        return self._text().startswith("new")

    def is_old(self):
        return self._text() == "old"

    def _text(self):
        with zipfile.ZipFile(self.path) as archive:
            return archive.read(reports.NAME_IN_ZIP).decode()


@pytest.fixture(params=[Settings, Recently, Report])
def file(request, tmp_path):
    one = request.param(tmp_path)
    one.old()
    return one


def nothing_left(file):
    hidden = [one.name for one in file.path.parent.iterdir() if one.name.endswith(".lgestmp")]
    return hidden == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_that_every_failing_operation_keeps_the_old_file_and_is_told(file, monkeypatch, number):
    folder, kept = file.path.parent, file.path.parent.with_name("kept")
    shutil.copytree(folder, kept)
    for n in range(1, 60):
        shutil.rmtree(folder)
        shutil.copytree(kept, folder)
        with failing(monkeypatch, n, number) as seen:
            try:
                file.new()
            except LgeSynthError as error:
                told = error
            else:
                break
        assert told.hint, (n, seen)
        assert str(folder) not in str(told)
        assert file.is_old() or (file.is_new() and "replace" in seen), (n, seen)
        assert nothing_left(file), (n, seen)
    else:
        pytest.fail("it never succeeded")
    assert n > 4
    assert file.is_new()


def test_that_a_limit_of_the_system_keeps_the_old_file(file):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, hard))
    try:
        with pytest.raises(LgeSynthError) as told:
            file.new()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert told.value.hint
    assert file.is_old()
    assert nothing_left(file)


@pytest.mark.skipif(os.name == "nt", reason="no modes there")
def test_that_a_folder_that_may_only_be_read_keeps_the_old_file(file, tmp_path):
    """In a process without the rights of root, which ignores modes."""
    script = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from tests.faults.test_small_files import {type(file).__name__} as Kind
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io import atomic, failures, project_lock, strict_json
file = Kind(Path({str(tmp_path)!r}))
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    file.new()
except LgeSynthError as error:
    print(error)
"""
    folder = file.path.parent
    for one in (folder, *folder.iterdir()):
        one.chmod(0o555 if one.is_dir() else 0o444)
    above = [one for one in (tmp_path, *tmp_path.parents) if not one.stat().st_mode & 0o001]
    modes = [one.stat().st_mode for one in above]
    try:
        for one, mode in zip(above, modes, strict=True):
            one.chmod(mode | 0o005)
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", script],
            capture_output=True, text=True, check=False, cwd=ROOT,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
    finally:
        for one, mode in zip(above, modes, strict=True):
            one.chmod(mode)
        for one in (folder, *folder.iterdir()):
            one.chmod(0o755 if one.is_dir() else 0o644)
    assert "cannot be written" in done.stdout, done.stderr
    assert file.is_old()


def test_that_a_folder_that_went_away_is_told_or_made_again(file):
    shutil.rmtree(file.path.parent)
    if isinstance(file, Report):
        with pytest.raises(LgeSynthError, match="is not there any more"):
            file.new()
        assert not file.path.parent.exists()
    else:
        file.new()
        assert file.path.exists()


def test_that_settings_that_could_not_be_written_are_written_with_the_next_ones(
    tmp_path, monkeypatch
):
    store = preferences.PreferenceStore(tmp_path / "preferences.json")
    store.set(percent=130)
    with failing(monkeypatch, 1), pytest.raises(LgeSynthError):
        store.flush()
    assert store.unsaved
    assert store.now.percent == 130
    store.flush()
    assert not store.unsaved
    assert preferences.read(store.path)[0] == replace(Preferences(), percent=130)
