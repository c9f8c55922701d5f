"""Drives that are full, closed, limited or gone while an export is written: all or nothing."""

import errno
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io import export
from lgesynth_gui.io.export import export_result
from lgesynth_gui.io.export_files import files_of
from lgesynth_gui.io.provenance import identifiers_of, record_of
from tests.faults.harness import failing
from tests.io.results import host, patient, result_on

ROOT = Path(__file__).parents[2]
FORMATS = ("seg", "nifti")
MODE = "new_subject"
BEFORE = {"thesis.txt": b"all of it", "old/SYNTHETIC_LGE.nii.gz": b"an older export"}


@pytest.fixture(scope="module")
def ready():
    """(series, result, the files of their export), made once."""
    series = patient(host())
    result = result_on(series)
    record = record_of(result, series, mode=MODE)
    names = identifiers_of(record)
    return series, result, files_of(result, series, FORMATS, MODE, "", record, names)


@pytest.fixture
def exporting(ready, tmp_path, monkeypatch):
    """Exports into `tmp_path/x`; beside it lies what must stay as it is."""
    series, result, files = ready
    monkeypatch.setattr(export, "files_of", lambda *_: files)
    for name, content in BEFORE.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return lambda: export_result(result, series, tmp_path / "x", formats=FORMATS, mode=MODE)


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "MB are needed and"),
        (errno.EIO, "the drive failed (Input/output error)"),
        (errno.EROFS, "cannot be written to"),
        (errno.ESTALE, "is not there any more"),
    ],
)
def test_that_every_failing_operation_leaves_nothing_and_is_told(
    exporting, ready, tmp_path, monkeypatch, number, words
):
    monkeypatch.setattr(export, "problems_of", lambda *_: ())  # not what fails here
    whole = BEFORE | {f"x/{name}": content for name, content in ready[2].items()}
    for n in range(1, 200):
        shutil.rmtree(tmp_path / "x", ignore_errors=True)
        with failing(monkeypatch, n, number) as seen:
            try:
                exporting()
            except LgeSynthError as error:
                told = str(error)
            else:
                break
        assert "Nothing was exported" in told, (n, told)
        assert words in told, (n, told)
        assert "another" in told, (n, told)  # what to do
        assert str(tmp_path) not in told
        assert contents(tmp_path) == BEFORE, (n, seen)
        assert not list(tmp_path.rglob(".*")), (n, seen)
    else:
        pytest.fail("it never succeeded")
    assert n > 4 * len(ready[2])
    assert contents(tmp_path) == whole


def test_that_a_limit_of_the_system_leaves_nothing(exporting, ready, tmp_path):
    largest = max(map(len, ready[2].values()))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest // 2, hard))
    try:
        with pytest.raises(LgeSynthError, match="Nothing was exported: the drive is full"):
            exporting()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert contents(tmp_path) == BEFORE


def test_that_a_folder_that_vanishes_during_the_work_is_told(exporting, tmp_path, monkeypatch):
    parent = tmp_path / "deep"
    real, count = export.atomic_write, [0]

    def vanishing(path, **named):
        count[0] += 1
        if count[0] == 3:
            shutil.rmtree(parent)
        return real(path, **named)

    monkeypatch.setattr(export, "atomic_write", vanishing)
    monkeypatch.setattr(
        export, "Transaction", lambda _, made=export.Transaction: made(parent / "x")
    )
    with pytest.raises(LgeSynthError, match="the folder is not there any more") as told:
        exporting()
    assert "another folder" in told.value.hint
    assert contents(tmp_path) == BEFORE


def test_that_a_target_that_turns_up_meanwhile_is_not_merged_into(exporting, tmp_path, monkeypatch):
    real = export.problems_of

    def slow(*arguments):
        (tmp_path / "x").mkdir()
        (tmp_path / "x" / "mine").write_bytes(b"mine")
        return real(*arguments)

    monkeypatch.setattr(export, "problems_of", slow)
    with pytest.raises(LgeSynthError, match="Nothing was exported"):
        exporting()
    assert contents(tmp_path) == BEFORE | {"x/mine": b"mine"}


# -- drives of their own

INSIDE = """
import os, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io import export
from tests.faults.test_export_drives import FORMATS, MODE, contents
from tests.io.results import host, patient, result_on
drive = Path({drive!r})
series = patient(host())
{prepare}
before = contents(drive)
try:
    export.export_result(result_on(series), series, drive / "x", formats=FORMATS, mode=MODE)
except LgeSynthError as error:
    print(error)
assert contents(drive) == before, sorted(contents(drive))
assert not [one for one in drive.iterdir() if one.name.startswith(".")]
"""
FILL = """
left = open(drive / "filler", "wb", buffering=0)
try:
    while True:
        left.write(bytes(4096))
except OSError:
    pass
left.truncate({room})
"""


def inside(drive, mount, prepare):
    """What an export into a mounted drive says; skipped where nothing can be mounted."""
    enter = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    if shutil.which("unshare") is None or subprocess.run(
        [*enter, mount], capture_output=True, check=False
    ).returncode:  # fmt: skip
        pytest.skip("no drive can be mounted here")
    script = INSIDE.format(root=str(ROOT), drive=str(drive), prepare=prepare)
    done = subprocess.run(
        [*enter, f'{mount} && exec {sys.executable} -W ignore -c "$0"', script],
        capture_output=True, text=True, check=False, cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_that_a_really_full_drive_is_told_before_the_work_with_both_numbers(tmp_path):
    mount = f"mount -t tmpfs -o size=400k none {tmp_path}"
    told = inside(tmp_path, mount, FILL.format(room=300_000))
    assert "MiB are needed and 0 MiB are free" in told


def test_that_a_drive_that_fills_up_during_the_work_is_told_with_both_numbers(tmp_path):
    mount = f"mount -t tmpfs -o size=400k none {tmp_path}"
    unasked = FILL.format(room=300_000) + "\nexport.require_free_space = lambda *_: None"
    told = inside(tmp_path, mount, unasked)
    assert "Nothing was exported: the drive is full" in told
    assert "MB are needed and" in told


def test_that_a_drive_that_may_only_be_read_is_told(tmp_path):
    (tmp_path / "thesis.txt").write_text("all of it")
    mount = f"mount --bind {tmp_path} {tmp_path} && mount -o remount,bind,ro {tmp_path}"
    told = inside(tmp_path, mount, "")
    assert "Nothing was exported: this place cannot be written to" in told
    assert "Export to another folder" in told
