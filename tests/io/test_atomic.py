"""Writing is whole or not at all, whatever fails and when."""

import errno
import json
import os
import stat
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io import atomic
from lgesynth_gui.io.atomic import (
    Transaction,
    atomic_write,
    canonical,
    require_free_space,
    write_json,
)
from lgesynth_gui.io.leftovers import STALE_S, SUFFIX, sweep


def names(folder):
    return sorted(one.name for one in folder.iterdir())


def test_that_a_file_appears_whole_and_alone(tmp_path):
    with atomic_write(tmp_path / "a.bin") as file:
        file.write(b"one")
        assert "a.bin" not in names(tmp_path)
    assert (tmp_path / "a.bin").read_bytes() == b"one"
    assert names(tmp_path) == ["a.bin"]


def test_that_an_error_leaves_the_old_file(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"old")

    def write():
        with atomic_write(tmp_path / "a.bin") as file:
            file.write(b"new")
            raise KeyError("stop")

    with pytest.raises(KeyError):
        write()
    assert (tmp_path / "a.bin").read_bytes() == b"old"
    assert names(tmp_path) == ["a.bin"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
@pytest.mark.parametrize("point", ["open", "fsync", "replace"])
def test_that_each_failing_step_keeps_the_old_file_and_is_told(
    tmp_path, monkeypatch, point, number
):
    (tmp_path / "a.bin").write_bytes(b"old")

    def fail(*arguments):
        raise OSError(number, "no")

    monkeypatch.setattr(atomic.os, point, fail)
    with pytest.raises(LgeSynthError, match=r"a\.bin"), atomic_write(tmp_path / "a.bin") as file:
        file.write(b"new")
    monkeypatch.undo()
    assert (tmp_path / "a.bin").read_bytes() == b"old"
    assert names(tmp_path) == ["a.bin"]


def test_that_a_really_full_device_is_told(tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with (
        pytest.raises(LgeSynthError, match="full"),
        atomic._told(tmp_path / "x"),
        Path("/dev/full").open("wb", buffering=0) as file,
    ):
        file.write(b"x")


def test_that_private_files_are_for_the_owner_only(tmp_path):
    with atomic_write(tmp_path / "map", private=True) as file:
        file.write(b"x")
    assert stat.S_IMODE((tmp_path / "map").stat().st_mode) == 0o600


def test_that_long_names_still_have_a_temporary_name(tmp_path):
    path = tmp_path / ("n" * 240)
    with atomic_write(path) as file:
        file.write(b"x")
    assert path.read_bytes() == b"x"


@settings(max_examples=25, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)  # fmt: skip
def test_that_canonical_json_comes_back_and_is_stable(value):
    once = canonical(value)
    assert json.loads(once) == value
    assert canonical(json.loads(once)) == once


def test_that_json_has_no_nan(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"a": float("nan")})
    assert names(tmp_path) == []


def test_that_a_transaction_shows_all_files_at_once(tmp_path):
    target = tmp_path / "deep" / "out"
    with Transaction(target) as stage:
        (stage / "a").write_text("a")
        (stage / "sub").mkdir()
        (stage / "sub" / "b").write_text("b")
        assert not target.exists()
    assert names(target) == ["a", "sub"]
    assert names(target.parent) == ["out"]


def test_that_a_failed_transaction_leaves_nothing(tmp_path):
    def run():
        with Transaction(tmp_path / "out") as stage:
            (stage / "a").write_text("a")
            raise KeyError("stop")

    with pytest.raises(KeyError):
        run()
    assert names(tmp_path) == []


def test_that_a_folder_with_files_is_never_merged_into(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    with pytest.raises(LgeSynthError, match="holds files"), Transaction(tmp_path / "out"):
        pass
    assert names(tmp_path / "out") == ["mine"]
    assert names(tmp_path) == ["out"]


def test_that_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "out").mkdir()
    with Transaction(tmp_path / "out") as stage:
        (stage / "a").write_text("a")
    assert names(tmp_path / "out") == ["a"]


def test_that_missing_space_is_told_with_both_numbers(tmp_path):
    require_free_space(tmp_path / "not" / "there", 1)
    with pytest.raises(LgeSynthError, match=r"\d+ MiB are needed and \d+ MiB are free"):
        require_free_space(tmp_path, 1 << 60)


def test_that_only_old_leftovers_are_swept(tmp_path):
    old, young = tmp_path / f".a.1{SUFFIX}", tmp_path / f".b.2{SUFFIX}"
    for one in (old, young):
        one.mkdir()
        (one / "x").write_text("x")
    past = time.time() - 2 * STALE_S
    os.utime(old, (past, past))
    (tmp_path / "mine").write_text("x")
    assert sweep(tmp_path) == 1
    assert names(tmp_path) == [young.name, "mine"]
