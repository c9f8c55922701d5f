"""Samples on the drive: whole or not there, and what is damaged is named."""

import errno
import hashlib
import json

import numpy as np
import pytest

from lgesynth_gui.cohort.samples import (
    FORMAT,
    Sample,
    file_of,
    made_files,
    npz_bytes,
    read_arrays,
    read_record,
    store,
    stored_numbers,
    unpack_arrays,
)
from lgesynth_gui.core.errors import LgeSynthError
from tests.cohort.hearts import heart
from tests.faults.harness import failing

RECORD = {"format": FORMAT, "version": 1, "index": 4321, "status": "PASS"}


def arrays_of(**changes):
    host = heart(0)[0]
    shape = (1, 5, 6)
    arrays = {
        "box": np.array([10, 15, 20, 26], "<i4"), "slices": np.array([1], "<i4"),
        "pixels": np.ones(shape, host.pixels.dtype), "edited": np.ones(shape, bool),
        "requested": np.ones(shape, "u1"), "measured": np.ones(shape, "u1"),
    }  # fmt: skip
    return npz_bytes(arrays | changes)


def test_that_a_sample_comes_back_and_lies_in_its_thousand(tmp_path):
    data = arrays_of()
    sha256, size = store(tmp_path, Sample(RECORD, data))
    record, found = read_record(tmp_path, 4321)
    assert (
        found == sha256 == hashlib.sha256(file_of(tmp_path, 4321, "json").read_bytes()).hexdigest()
    )
    assert read_arrays(tmp_path, record) == data
    assert file_of(tmp_path, 4321, "npz").parent.name == "00004"
    assert list(stored_numbers(tmp_path)) == [4321]
    assert size == sum(path.stat().st_size for path in made_files(tmp_path, 4321))


def test_that_the_same_arrays_give_the_same_bytes():
    assert arrays_of() == arrays_of()


def test_that_arrays_go_to_their_place_in_the_host():
    host = heart(0)[0]
    back = unpack_arrays(arrays_of(), host)
    assert back.edited.sum() == back.requested.sum() == 30
    assert back.edited[1, 10:15, 20:26].all()
    assert (back.pixels[0] == host.pixels[0]).all()


@pytest.mark.parametrize(
    "changes",
    [
        {"box": np.array([10, 15, 20, 27], "<i4")},
        {"box": np.array([-5, 0, 20, 26], "<i4")},
        {"box": np.array([110, 115, 20, 26], "<i4")},
        {"slices": np.array([9], "<i4")},
        {"slices": np.array([], "<i4")},
        {"pixels": np.ones((1, 5, 6), "<f8")},
        {"edited": np.ones((1, 5, 6), "u1")},
        {"measured": np.ones((1, 5, 7), "u1")},
    ],
)
def test_that_arrays_of_another_grid_are_refused(changes):
    with pytest.raises(LgeSynthError, match="damaged"):
        unpack_arrays(arrays_of(**changes), heart(0)[0])


@pytest.mark.parametrize("data", [b"", b"PK", arrays_of()[:200]])
def test_that_cut_arrays_are_refused(data):
    with pytest.raises(LgeSynthError, match="damaged"):
        unpack_arrays(data, heart(0)[0])


def test_that_a_changed_byte_is_named(tmp_path):
    store(tmp_path, Sample(RECORD, arrays_of()))
    record, _ = read_record(tmp_path, 4321)
    path = file_of(tmp_path, 4321, "npz")
    data = bytearray(path.read_bytes())
    data[50] ^= 1
    path.write_bytes(data)
    with pytest.raises(LgeSynthError, match="pixels of sample 4321 are damaged"):
        read_arrays(tmp_path, record)
    path.unlink()
    with pytest.raises(LgeSynthError, match="missing"):
        read_arrays(tmp_path, record)
    file_of(tmp_path, 4321, "json").write_text(json.dumps(RECORD | {"index": 7}))
    with pytest.raises(LgeSynthError, match="record of sample 4321 is damaged"):
        read_record(tmp_path, 4321)


def test_that_a_sample_without_a_record_is_not_there_whatever_fails(tmp_path, monkeypatch):
    with failing(monkeypatch, 10**6) as seen:
        store(tmp_path / "count", Sample(RECORD, arrays_of()))
    for n in range(1, len(seen) + 1):
        folder = tmp_path / str(n)
        with failing(monkeypatch, n, errno.ENOSPC), pytest.raises((LgeSynthError, OSError)):
            store(folder, Sample(RECORD, arrays_of()))
        numbers = list(stored_numbers(folder))
        assert numbers in ([], [4321])
        if numbers:
            record, _ = read_record(folder, 4321)
            assert read_arrays(folder, record) == arrays_of()
