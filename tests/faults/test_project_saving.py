"""Whatever fails while a project is saved or journalled, what was there stays, and it is told."""

import errno
import os
import resource
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from lgesynth_gui.app.project_autosave import Keeper
from lgesynth_gui.app.project_replay import replayed
from lgesynth_gui.app.project_state import Work, plain_work, work_of
from lgesynth_gui.app.session import State
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.geometry import Geometry
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.io.project import Head, read_project, write_project
from lgesynth_gui.io.project_journal import find_work, recover
from tests.faults.harness import failing
from tests.io import projects

ROOT = Path(__file__).parents[2]
HEAD = Head("ab" * 16, "My heart", "2026-01-02T03:04:05+00:00")
ENOUGH = 200  # more operations than any of these has


def save(path, work):
    drive(
        write_project(
            path, HEAD, work.state.series, lambda packing: plain_work(work, packing), work.results()
        )
    )


def load(path):
    opened = drive(read_project(path))
    return work_of(opened.series, opened.work, opened.values)


def small():
    return Work(State(projects.host(), projects.hearts.contours()))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_that_the_old_project_survives_a_failure_of_every_operation(tmp_path, monkeypatch, number):
    path = tmp_path / "a.lgesynth"
    save(path, small())
    before = path.read_bytes()
    new = projects.full_work()
    for n in range(1, ENOUGH):
        with failing(monkeypatch, n, number) as seen:
            try:
                save(path, new)
            except LgeSynthError as error:
                told = str(error)
            else:
                break
        if "replace" in seen[: n - 1]:  # only the flush of the folder failed: the new one is there
            projects.assert_same(load(path), new)
        else:
            assert path.read_bytes() == before, (n, seen)
        assert "Not saved" in told
        assert str(tmp_path) not in told
        assert [one.name for one in tmp_path.iterdir()] == ["a.lgesynth"], (n, seen)
    else:
        pytest.fail("it never succeeded")
    assert n > 20
    assert {"open", "write", "fsync", "replace"} <= set(seen)
    projects.assert_same(load(path), new)


def test_that_a_full_drive_is_told_with_both_numbers(tmp_path, monkeypatch):
    with failing(monkeypatch, 4), pytest.raises(LgeSynthError) as told:
        save(tmp_path / "a.lgesynth", projects.full_work())
    assert "the drive is full" in told.value.what
    assert "MB are needed and" in told.value.what
    assert "MB are free" in told.value.what


def test_that_a_vanished_folder_and_a_closed_one_are_told(tmp_path, monkeypatch):
    with pytest.raises(LgeSynthError, match="folder is not there any more"):
        save(tmp_path / "gone" / "a.lgesynth", small())
    for number in (errno.EROFS, errno.EACCES):
        with (
            failing(monkeypatch, 1, number),
            pytest.raises(LgeSynthError, match="cannot be written to"),
        ):
            save(tmp_path / "a.lgesynth", small())


def test_that_a_file_that_reads_back_wrong_never_replaces_the_old_one(tmp_path, monkeypatch):
    from lgesynth_gui.io import project_archive

    path = tmp_path / "a.lgesynth"
    save(path, small())
    before = path.read_bytes()
    right = project_archive._info

    def wrong(name):
        return right(name if name != "work.json" else "work.jsom")

    monkeypatch.setattr(project_archive, "_info", wrong)
    with pytest.raises(LgeSynthError, match="The new file was refused"):
        save(path, projects.full_work())
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["a.lgesynth"]


def test_that_a_limit_of_the_system_keeps_the_old_project(tmp_path):
    path = tmp_path / "a.lgesynth"
    save(path, small())
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, hard))
    try:
        with pytest.raises(LgeSynthError, match="full"):
            save(path, projects.full_work())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before


FULL = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.faults.test_project_saving import save, small, load
from tests.io import projects
from lgesynth_gui.core.errors import LgeSynthError
path = Path({folder!r}) / "a.lgesynth"
save(path, small())
before = path.read_bytes()
filler = open(path.with_name("filler"), "wb", buffering=0)
try:
    while True:
        filler.write(bytes(4096))
except OSError:
    pass
try:
    save(path, projects.full_work())
except LgeSynthError as error:
    assert path.read_bytes() == before
    print(error)
"""


def test_that_a_really_full_drive_keeps_the_old_project(tmp_path):
    mount = f'mount -t tmpfs -o size=300k none {tmp_path} && exec {sys.executable} -c "$0"'
    enter = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    if shutil.which("unshare") is None or subprocess.run(
        [*enter, f"mount -t tmpfs none {tmp_path}"], capture_output=True, check=False
    ).returncode:  # fmt: skip
        pytest.skip("no drive can be mounted here")
    done = subprocess.run(
        [*enter, mount, FULL.format(root=str(ROOT), folder=str(tmp_path))],
        capture_output=True, text=True, check=False, cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    assert "MB are needed and 0.0 MB are free" in done.stdout, done.stderr


# -- the journal


@lru_cache
def tiny():
    pixels = np.arange(2 * 12 * 12, dtype=np.int16).reshape(2, 12, 12)
    series = LgeSeries(pixels, Geometry.plain((8.0, 1.0, 1.0)))
    return Work(State(series, projects.HeartContours((None, None))))


def drawn(k):
    work = tiny()
    sketch = projects.ScarSketch(
        (projects.ScarRegion(((float(k), 0.0), (k + 9.0, 0.2), (k + 9.0, 0.9)), (1,)),)
    )
    return replace(work, state=replace(work.state, sketch=sketch))


def recovered(folder):
    opened, records = drive(recover(folder))
    return replayed(opened, records)


@pytest.mark.parametrize(("number", "copy"), [(errno.ENOSPC, 2), (errno.EIO, 3), (errno.EIO, 9)])
def test_that_every_kept_edit_survives_a_failure_of_every_operation(
    tmp_path, monkeypatch, number, copy
):
    """Edits 1 to 3, with a whole copy; the n-th operation fails; what was kept is there."""
    for n in range(1, ENOUGH):
        folder = tmp_path / str(n)
        keeper, last, failed = Keeper(folder), None, 0
        with failing(monkeypatch, n, number) as seen:
            for k in range(1, 4):
                try:
                    drive(keeper.keep(drawn(k), HEAD, whole=k == copy))
                    last = k
                except LgeSynthError:
                    failed += 1
        drive(keeper.let_go(discard=False))
        if last is not None:
            got = int(recovered(folder).state.sketch.regions[0].outline[0][0])
            assert last <= got <= 3, (n, seen)  # more than was told is no loss
        assert last == 3 or failed, (n, seen)
        if not failed:
            break
    else:
        pytest.fail("it never succeeded")
    assert n > 20


def test_that_a_cut_or_changed_journal_gives_the_edits_before_it(tmp_path):
    keeper = Keeper(tmp_path / "w")
    for k in range(1, 7):
        drive(keeper.keep(drawn(k), HEAD, whole=False))
    drive(keeper.let_go(discard=False))
    journal = tmp_path / "w" / "000001.journal"
    whole = journal.read_bytes()
    lines = whole.splitlines(keepends=True)
    assert len(lines) == 6  # its head and five edits behind the copy
    starts = [sum(map(len, lines[:i])) for i in range(len(lines) + 1)]
    for i in range(1, len(lines)):
        for data in (
            whole[: starts[i]],
            whole[: starts[i] + 10],
            whole[: starts[i + 1] - 1],
            whole[: starts[i] + 70] + b"X" + whole[starts[i] + 71 :],
            whole[: starts[i]] + whole[starts[i + 1] :],
        ):
            journal.write_bytes(data)
            assert recovered(tmp_path / "w").state.sketch == drawn(i).state.sketch
    journal.write_bytes(b"")
    assert recovered(tmp_path / "w").state.sketch == drawn(1).state.sketch
    journal.unlink()
    assert recovered(tmp_path / "w").state.sketch == drawn(1).state.sketch


def test_that_a_folder_that_was_taken_away_is_made_again(tmp_path):
    keeper = Keeper(tmp_path / "w")
    drive(keeper.keep(drawn(1), HEAD, whole=False))
    shutil.rmtree(tmp_path / "w")
    drive(keeper.keep(drawn(2), HEAD, whole=False))
    drive(keeper.let_go(discard=False))
    assert recovered(tmp_path / "w").state.sketch == drawn(2).state.sketch


def test_that_work_on_its_way_out_is_never_taken_for_damaged_work(tmp_path, monkeypatch):
    """Another window looks before each file and folder goes."""
    keeper, looks = Keeper(tmp_path / "w"), []
    for k in range(1, 4):
        drive(keeper.keep(drawn(k), HEAD, whole=True))

    def looking_first(remove):
        def removing(*args, **more):
            with monkeypatch.context() as plain:
                plain.setattr(os, "unlink", unlink)
                plain.setattr(os, "rmdir", rmdir)
                looks.append(drive(find_work(tmp_path)))
            assert not list(tmp_path.rglob("*.corrupt"))
            return remove(*args, **more)

        return removing

    unlink, rmdir = os.unlink, os.rmdir
    monkeypatch.setattr(os, "unlink", looking_first(unlink))
    monkeypatch.setattr(os, "rmdir", looking_first(rmdir))
    drive(keeper.let_go(discard=True))
    assert len(looks) > 6  # three copies, their journals, the lock
    assert not any(looks)
    assert not list(tmp_path.iterdir())


def test_that_a_journal_at_a_limit_of_the_system_keeps_what_was_told_and_goes_on(tmp_path):
    keeper = Keeper(tmp_path / "w")
    drive(keeper.keep(drawn(1), HEAD, whole=False))
    drive(keeper.keep(drawn(2), HEAD, whole=False))
    size = (tmp_path / "w" / "000001.journal").stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 40, hard))
    try:
        with pytest.raises(LgeSynthError, match="the drive is full"):
            drive(keeper.keep(drawn(3), HEAD, whole=False))
        assert recovered(tmp_path / "w").state.sketch == drawn(2).state.sketch
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    drive(keeper.keep(drawn(4), HEAD, whole=False))
    drive(keeper.let_go(discard=False))
    assert recovered(tmp_path / "w").state.sketch == drawn(4).state.sketch
