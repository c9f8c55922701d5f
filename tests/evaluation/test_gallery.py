"""Pictures that are kept: they come back as they were, and nothing else is taken for them."""

import io
import math
import stat
import sys
import zipfile

import numpy as np
import pytest

from lgesynth_gui.evaluation.gallery import Alike, Gallery, Shown


def shown(row="LGESynthNet, guided", n=3):
    rng = np.random.default_rng(n)
    planes = rng.uniform(-1, 1, (n, 128, 128)).astype(np.float16).astype(np.float32)
    masks = rng.uniform(0, 1, (2, n, 128, 128)) > 0.9
    numbers = tuple(k / 7 for k in range(n))
    return Shown(row, ("mid-wall",) * n, tuple(range(1, n + 1)), numbers, planes, *masks)


def alike(row="LGESynthNet", n=2):
    rng = np.random.default_rng(n)
    planes = rng.uniform(-1, 1, (2, n, 128, 128)).astype(np.float16).astype(np.float32)
    part = rng.uniform(0, 1, (n, 128, 128)) > 0.9
    return Alike(row, 1, (1.5, 0.25), (0.9, math.nan), *planes, part)


def equal(one, other):
    return all(
        np.array_equal(a, b) if isinstance(a, np.ndarray) else str(a) == str(b)
        for a, b in zip(vars(one).values(), vars(other).values(), strict=True)
    )


def file_of(folder):
    (path,) = (folder / "pictures").iterdir()
    return path


@pytest.mark.parametrize("some", [shown(), alike()])
def test_that_pictures_come_back_as_they_were(some, tmp_path):
    assert Gallery(tmp_path).get(type(some), some.row) is None
    assert not (tmp_path / "pictures").exists(), "reading leaves nothing in a folder"
    Gallery(tmp_path).keep(some)
    assert equal(Gallery(tmp_path).get(type(some), some.row), some)
    first = file_of(tmp_path).read_bytes()
    Gallery(tmp_path).keep(some)
    assert file_of(tmp_path).read_bytes() == first
    if sys.platform != "win32":
        assert stat.S_IMODE(file_of(tmp_path).stat().st_mode) == 0o600, "they may be of patients"


def test_that_what_was_kept_last_is_what_is_read(tmp_path):
    gallery = Gallery(tmp_path)
    gallery.keep(shown(n=3))
    assert len(gallery.get(Shown, shown().row)) == 3
    gallery.keep(shown(n=5))
    assert len(gallery.get(Shown, shown().row)) == 5


def arrays_of(path):
    with np.load(path) as held:
        return {name: held[name] for name in held.files}


def _text(words):
    return np.frombuffer(words.encode(), dtype=np.uint8)


@pytest.mark.parametrize(
    "change",
    [
        {"pictures": np.zeros((3, 128, 128), dtype=object)},  # would need a pickle
        {"pictures": np.zeros((3, 128, 128))},
        {"pictures": np.zeros((3, 64, 64), dtype=np.float16)},
        {"pictures": np.full((3, 128, 128), np.nan, dtype=np.float16)},
        {"wishes": np.zeros((2, 128, 128), dtype=bool)},
        {"found": np.zeros((3, 128, 128), dtype=np.uint8)},
        {"more": np.zeros(1)},
        {"told": _text('{"row":"another"}')},
        {"told": _text("{")},
        {"told": _text('{"row":"LGESynthNet, guided","names":["a"],"hosts":[1],"dice":[0.5]}')},
        {
            "told": _text(
                '{"row":"LGESynthNet, guided","names":["a","b","c"],"hosts":[1,2,3],'
                '"dice":[0.5,true,0.5]}'
            )
        },
    ],
)
def test_that_a_foreign_file_is_no_picture(change, tmp_path):
    Gallery(tmp_path).keep(shown())
    path = file_of(tmp_path)
    packed = io.BytesIO()
    np.savez_compressed(packed, **{**arrays_of(path), **change})
    path.write_bytes(packed.getvalue())
    assert Gallery(tmp_path).get(Shown, shown().row) is None


def test_that_a_stump_is_no_picture(tmp_path):
    Gallery(tmp_path).keep(shown())
    path = file_of(tmp_path)
    path.write_bytes(path.read_bytes()[:2000])
    assert Gallery(tmp_path).get(Shown, shown().row) is None
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("told.npy", b"")
    assert Gallery(tmp_path).get(Shown, shown().row) is None


def test_that_nothing_is_read_that_would_unpack_to_more_than_memory(tmp_path, monkeypatch):
    Gallery(tmp_path).keep(shown())
    monkeypatch.setattr("lgesynth_gui.evaluation.gallery.LARGEST", 100_000)
    assert Gallery(tmp_path).get(Shown, shown().row) is None
