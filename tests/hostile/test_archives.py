"""Zipped folders: sound ones are listed like folders, hostile ones leave nothing behind."""

import io
import os
import stat
import struct
import tempfile
import warnings
import zipfile
from pathlib import Path

import pydicom
import pytest

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.io import archives, gates, study
from tests.io.dicoms import pixels_of, write_stack


@pytest.fixture(autouse=True)
def scratch(tmp_path, monkeypatch):
    """Where archives are unpacked; nothing else lies there."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def zipped(path, members, **options):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def test_that_a_zipped_folder_is_listed_and_loaded_like_the_folder(tmp_path, scratch):
    folder = tmp_path / "stack"
    write_stack(folder, pixels_of(4))
    members = [(f"study/{p.name}", p.read_bytes()) for p in sorted(folder.iterdir())]
    (info,) = drive(study.find(zipped(tmp_path / "s.zip", members)))
    (same,) = drive(study.find(folder))
    assert drive(study.load(info)).pixels_sha256 == drive(study.load(same)).pixels_sha256
    (unpacked,) = scratch.iterdir()
    if os.name != "nt":
        assert stat.S_IMODE(unpacked.stat().st_mode) == 0o700


def test_that_what_a_killed_program_unpacked_is_removed(tmp_path, scratch):
    left = scratch / f"{archives.PREFIX}999999999-x"
    own = scratch / f"{archives.PREFIX}{os.getpid()}-x"
    for folder in (left, own):
        folder.mkdir()
    drive(archives.unpack(zipped(tmp_path / "s.zip", [("a.dcm", b"x")])))
    assert own.exists()
    assert left.exists() == (os.name == "nt")


def test_that_strange_names_get_names_of_ours(tmp_path):
    names = ["Zoë 心臓/a b.dcm", "CON/aux.dcm", "x/trailing. ", "x/<img src=1>.nii.gz"]
    names.append("ok/Case_P001.nii.gz")
    folder = drive(archives.unpack(zipped(tmp_path / "s.zip", [(n, n.encode()) for n in names])))
    files = [p for p in folder.rglob("*") if p.is_file()]
    found = {p.relative_to(folder).as_posix(): p.read_bytes().decode() for p in files}
    assert sorted(found.values()) == sorted(names)
    assert found["ok/Case_P001.nii.gz"] == "ok/Case_P001.nii.gz"
    for name in found:
        assert all(archives._is_plain(part) for part in name.split("/")), name
    assert next(k for k, v in found.items() if "img" in v).endswith(".nii.gz")


def link(path):
    entry = zipfile.ZipInfo("a.dcm")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return zipped(path, [(entry, "/etc/passwd")])


def locked(path):
    data = bytearray(zipped(path, [("a.dcm", b"x" * 50)]).read_bytes())
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.index(magic) + offset
        data[place] |= 1
    path.write_bytes(data)
    return path


def lying(path):
    """Declares 10 bytes, unpacks to 50 MB."""
    data = bytearray(zipped(path, [("a.dcm", bytes(50 << 20))]).read_bytes())
    place = data.index(b"PK\x01\x02") + 24
    data[place : place + 4] = struct.pack("<I", 10)
    path.write_bytes(data)
    return path


def many(path):
    return zipped(path, [(f"{k}", b"") for k in range(archives.ENTRIES + 1)])


def same_names(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return zipped(path, [("a.dcm", b"1"), ("A.DCM", b"2")])


def cut(path):
    data = zipped(path, [("a.dcm", os.urandom(5000))]).read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


def flipped(path):
    data = bytearray(zipped(path, [("a.dcm", os.urandom(5000))]).read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    return path


def packed_with(method):
    def make(path):
        with zipfile.ZipFile(path, "w", method) as archive:
            archive.writestr("bomb.dcm", bytes(8 << 20))
        return path

    make.__name__ = f"method {method}"
    return make


def file_and_folder(path):
    return zipped(path, [("a", b"1"), ("A/b", b"2")])


def named(name):
    def make(path):
        return zipped(path, [(name, b"x")])

    make.__name__ = name.encode("unicode_escape").decode()
    return make


OUTSIDE = (
    "../../out.dcm", "/etc/out.dcm", "C:\\out.dcm", "C:/out.dcm", "a\\..\\..\\out.dcm",
    "x/../../../out",
)  # fmt: skip
HOSTILE = [
    link,
    locked,
    lying,
    many,
    same_names,
    cut,
    flipped,
    lambda path: zipped(path, [("bomb.dcm", bytes(200 << 20))]),
    lambda path: zipped(path, [("folder/", b"")]),
    lambda path: zipped(path, [("/".join("abcdefghijklmnopqrst") + "/a", b"x")]),
    *map(named, OUTSIDE),
    packed_with(zipfile.ZIP_BZIP2),
    packed_with(zipfile.ZIP_LZMA),
    file_and_folder,
]


@pytest.mark.parametrize("make", HOSTILE, ids=lambda make: make.__name__)
def test_that_hostile_archives_are_refused_and_leave_nothing(tmp_path, scratch, make):
    path = make(tmp_path / "s.zip")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(Refused) as refused:
        drive(study.find(path))
    assert refused.value.code == "FIL-04"
    assert sorted(tmp_path.rglob("*")) == before
    assert list(scratch.iterdir()) == []


def ended(path):
    """The code an archive is refused with, or None."""
    try:
        drive(archives.unpack(path))
    except Refused as refused:
        return refused.code
    return None


@pytest.mark.parametrize(("beyond", "code"), [(0, None), (1, "FIL-04")])
def test_that_archives_are_taken_up_to_their_limits(tmp_path, monkeypatch, beyond, code):
    """G4: the same archive at each limit, and one beyond it."""
    content = os.urandom(1000)
    four = zipped(tmp_path / "s.zip", [(f"d/e/{k}.dcm", content) for k in range(4)])
    for owner, limit, value in [
        (archives, "ENTRIES", 4),
        (archives, "TOTAL_BYTES", 4000),
        (gates, "DICOM_BYTES", 1000),
        (gates, "FOLDER_DEPTH", 3),
    ]:
        with monkeypatch.context() as patch:
            patch.setattr(owner, limit, value - beyond)
            assert ended(four) == code, limit
    thin = zipped(tmp_path / "t.zip", [("a.dcm", bytes(3 << 20))])
    with zipfile.ZipFile(thin) as archive:
        (entry,) = archive.infolist()
    monkeypatch.setattr(archives, "RATIO", (3 << 20) / entry.compress_size)
    assert ended(thin) is None
    monkeypatch.setattr(archives, "RATIO", ((3 << 20) - beyond) / entry.compress_size)
    assert ended(thin) == code


def test_that_an_archive_in_an_archive_is_a_file_like_others(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.dcm", b"x")
    infos = drive(study.find(zipped(tmp_path / "s.zip", [("inner.zip", inner.getvalue())])))
    assert not any(info.usable for info in infos)


def test_that_stopping_leaves_nothing(tmp_path, scratch):
    job = study.find(zipped(tmp_path / "s.zip", [(f"{k}.dcm", b"x") for k in range(20)]))
    for _ in range(5):
        next(job)
    assert list(scratch.iterdir())
    job.close()
    assert list(scratch.iterdir()) == []


def test_that_of_a_dicomdir_its_folder_is_listed(tmp_path):
    folder = Path(pydicom.__file__).parent / "data" / "test_files" / "dicomdirtests"
    by_table = drive(study.find(folder / "DICOMDIR"))
    by_folder = drive(study.find(folder))
    assert [info.label for info in by_table] == [info.label for info in by_folder]
    assert any(info.usable for info in by_table) or len(by_table) > 10
    assert not any("DICOMDIR" in info.reason for info in by_folder)
    with_outside = tmp_path / "DICOMDIR"  # its records point to files that are not here
    with_outside.write_bytes((folder / "DICOMDIR").read_bytes())
    assert drive(study.find(with_outside)) == ()
