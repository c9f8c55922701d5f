import contextlib
import errno
import gzip
import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.geometry import Geometry
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.io import conformance, export
from lgesynth_gui.io.export import CHECKSUMS, FORMATS, PROVENANCE, export_result
from lgesynth_gui.io.provenance import request_of
from tests.io.results import IDENTITY, host, patient, result_on

REASON = "wanted for the gallery of failures"


@pytest.fixture(autouse=True, scope="module")
def no_waiting_for_the_disk():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda number: None)
        yield


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The patient's series exported as a new subject, in every format: (files, folder)."""
    series = patient(host())
    folder = tmp_path_factory.mktemp("export") / "new" / "result"
    files = export_result(result_on(series), series, folder, formats=FORMATS, mode="new_subject")
    return files, folder


def test_that_the_returned_files_are_what_lies_in_the_folder(exported):
    files, folder = exported
    assert sorted(files) == sorted(path for path in folder.rglob("*") if path.is_file())
    kinds = {path.parent.name for path in files}
    assert kinds == {"dicom", "seg", "nifti", "png", folder.name}
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_that_every_name_says_synthetic_and_nothing_of_the_patient(exported):
    for path in exported[0]:
        assert "SYNTHETIC" in path.name
        assert not any(value in path.name for value in IDENTITY.values() if len(value) > 3)


def test_that_the_checksums_hold(exported):
    files, folder = exported
    lines = (folder / CHECKSUMS).read_text().splitlines()
    told = dict(reversed(line.split("  ")) for line in lines)
    assert told == {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.name != CHECKSUMS
    }
    record = json.loads((folder / PROVENANCE).read_bytes())
    assert record["files"] == {name: told[name] for name in told if name != PROVENANCE}


def test_that_the_record_replays_the_request(exported):
    record = json.loads((exported[1] / PROVENANCE).read_bytes())
    assert request_of(record) == result_on(patient(host())).request


@pytest.mark.parametrize("mode", ["new_subject", "edit_of_patient"])
def test_that_the_same_result_twice_gives_the_same_bytes_whenever_it_was_made(tmp_path, mode):
    series = patient(host())
    result = result_on(series)
    later = replace(result, scores=(("reward Dice", 0.812), ("seconds", 77.7)))
    for name, one in (("a", result), ("b", later)):
        export_result(one, series, tmp_path / name, formats=FORMATS, mode=mode)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def spellings(text):
    return {text.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be")}


def test_that_no_identity_of_the_source_reaches_any_byte_of_a_new_subject(exported):
    source = patient(host()).source
    planted = {value for value in IDENTITY.values() if len(value) > 4}
    planted |= {source.study_uid, source.series_uid, source.frame_of_reference_uid}
    planted |= {one.sop_instance_uid for one in source.slices}
    planted |= {"Canary", "Wilhelmina", "CANARY", "4711"}
    planted -= {"IR\\GR"}
    for path in exported[0]:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        if path.suffix in (".dcm", ".gz"):  # without pixels, in which short digits occur by chance
            content = content[:348] if path.suffix == ".gz" else without_pixels(path)
        found = [text for text in planted for one in spellings(text) if one in content]
        assert not [text for text in found if not (text == "4711" and path.suffix != ".dcm")], path


def without_pixels(path):
    dataset = pydicom.dcmread(path)
    content = path.read_bytes()
    return content.replace(dataset.PixelData, b"")


def test_that_a_segmentation_alone_fits_the_images_of_another_export(exported, tmp_path):
    series = patient(host())
    files = export_result(
        result_on(series), series, tmp_path / "seg", formats=("seg",), mode="new_subject"
    )
    assert sorted(path.name for path in files) == sorted(
        ["SYNTHETIC_SEG.dcm", PROVENANCE, CHECKSUMS]
    )
    (cited,) = pydicom.dcmread(files[0]).ReferencedSeriesSequence
    image = pydicom.dcmread(next(path for path in exported[0] if path.parent.name == "dicom"))
    assert cited.SeriesInstanceUID == image.SeriesInstanceUID


def test_that_one_slice_has_one_picture(tmp_path):
    series = host()
    result = result_on(series)
    files = export_result(result, series, tmp_path / "x", formats=("png",), mode="new_subject")
    pictures = [path.name for path in files if path.suffix == ".png"]
    assert pictures == [f"SYNTHETIC_slice_{index + 1:03d}.png" for index in result.slices]


@pytest.mark.parametrize("kind", ["int16", "float32", "one slice", "far away"])
def test_that_other_hosts_are_exported_in_every_format(kind, tmp_path):
    series = host()
    if kind == "one slice":
        index = result_on(series).slices[0]
        whole, series = series, replace(series, pixels=series.pixels[index : index + 1])
        made = result_on(whole)
        cut = {name: getattr(made, name)[index : index + 1]
               for name in ("pixels", "edited", "requested", "measured")}  # fmt: skip
        request = replace(made.request, host_sha256=series.pixels_sha256)
        result = replace(made, request=request, slices=(0,), captions=((0, "x"),), **cut)
    elif kind == "far away":
        affine = series.geometry.affine.copy()
        affine[:3, 3] = (-250.1234567, 310.7654321, -400.3333333)
        series = replace(series, geometry=Geometry(affine))
        result = result_on(series)
    else:
        pixels = series.pixels.astype(kind)
        series = replace(series, pixels=pixels / 3 if kind == "float32" else pixels - 2048)
        result = result_on(series)
    assert export_result(result, series, tmp_path / "x", formats=FORMATS, mode="new_subject")


@pytest.mark.parametrize(
    ("grade", "reason", "words"),
    [
        (Grade.PASS, "", ""),
        (Grade.CHECK, "", ""),
        (Grade.FAIL, REASON, ""),
        (Grade.FAIL, "short", "only with a reason"),
        (Grade.FAIL, "a b c d e  ", "only with a reason"),
        (Grade.BLOCKED, REASON, "BLOCKED is not exported"),
        (Grade.NOT_JUDGED, REASON, "NOT JUDGED is not exported"),
    ],
)
def test_that_the_verdict_decides_what_may_leave(tmp_path, grade, reason, words):
    series, folder = host(), tmp_path / "x"
    result = result_on(series, grade)
    arguments = {"formats": ("nifti",), "mode": "new_subject", "reason": reason}
    if not words:
        assert export_result(result, series, folder, **arguments)
        return
    with pytest.raises(LgeSynthError, match=words):
        export_result(result, series, folder, **arguments)
    assert not folder.exists()


def test_that_the_reason_of_a_fail_travels_in_every_format(tmp_path):
    series = host()
    files = export_result(
        result_on(series, Grade.FAIL), series, tmp_path / "x", formats=FORMATS,
        mode="new_subject", reason=REASON,
    )  # fmt: skip
    for path in files:
        if path.suffix in (".json", ".png") or path.parent.name == "dicom":
            assert REASON.encode() in path.read_bytes(), path.name


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"formats": ("dicom", "tiff")}, "no format tiff"),
        ({"mode": "patient"}, "no export mode patient"),
        ({"mode": "edit_of_patient"}, "read from DICOM"),
    ],
)
def test_that_what_cannot_be_done_is_said_before_anything_is_written(tmp_path, change, words):
    arguments = {"formats": ("dicom",), "mode": "new_subject", **change}
    with pytest.raises(LgeSynthError, match=words):
        export_result(result_on(host()), host(), tmp_path / "x", **arguments)
    assert list(tmp_path.iterdir()) == []


def test_that_a_result_of_another_series_is_refused(tmp_path):
    other = replace(host(), pixels=host().pixels + 1)
    with pytest.raises(LgeSynthError, match="another series"):
        export_result(result_on(host()), other, tmp_path / "x", formats=("nifti",),
                      mode="new_subject")  # fmt: skip


def test_that_a_folder_in_use_is_left_alone(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "thesis.txt").write_text("all of it")
    with pytest.raises(LgeSynthError, match="already holds files"):
        export_result(result_on(host()), host(), folder, formats=("nifti",), mode="new_subject")
    assert contents(tmp_path) == {"mine/thesis.txt": b"all of it"}


def test_that_an_empty_folder_is_used(tmp_path):
    (tmp_path / "x").mkdir()
    assert export_result(
        result_on(host()), host(), tmp_path / "x", formats=("nifti",), mode="new_subject"
    )


def test_that_a_change_outside_the_edited_zone_never_becomes_visible(tmp_path):
    series = host()
    result = result_on(series)
    pixels = result.pixels.copy()
    pixels[tuple(np.argwhere(~result.edited)[0])] += 1
    spoilt = replace(result, pixels=pixels)
    with pytest.raises(LgeSynthError, match="1 pixels outside the edited zone"):
        export_result(spoilt, series, tmp_path / "x", formats=("nifti",), mode="new_subject")
    assert list(tmp_path.iterdir()) == []


def test_that_a_failed_check_stops_the_export(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "problems_of", lambda *_: ("It is blue.",))
    with pytest.raises(LgeSynthError, match="Nothing was exported: It is blue"):
        export_result(result_on(host()), host(), tmp_path / "x", formats=("nifti",),
                      mode="new_subject")  # fmt: skip
    assert list(tmp_path.iterdir()) == []


class Faults:
    """Counts what touches the disk and lets the n-th of it fail."""

    def __init__(self, monkeypatch):
        self.count, self.fail_at, self.number = 0, 0, 0
        for owner, name in (
            (os, "open"), (os, "fsync"), (Path, "replace"), (Path, "rename"), (Path, "mkdir"),
        ):  # fmt: skip
            monkeypatch.setattr(owner, name, self._counted(getattr(owner, name)))

    def _counted(self, function):
        def counted(*arguments, **named):
            self.count += 1
            if self.count == self.fail_at:
                raise OSError(self.number, os.strerror(self.number))
            return function(*arguments, **named)

        return counted


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_that_the_nth_failure_leaves_nothing_or_everything(tmp_path, monkeypatch, number):
    series, folder = host(), tmp_path / "x"
    result = result_on(series)
    ready = {"dicom/a.dcm": b"a" * 99, "dicom/b.dcm": b"b", "nifti/c": b"c", PROVENANCE: b"d"}
    monkeypatch.setattr(export, "_files", lambda *_: ready)
    monkeypatch.setattr(export, "problems_of", lambda *_: ())
    faults = Faults(monkeypatch)
    faults.number = number
    while not folder.exists():
        faults.count, faults.fail_at = 0, faults.fail_at + 1
        with contextlib.suppress(LgeSynthError, OSError):
            export_result(result, series, folder, formats=FORMATS, mode="new_subject")
        left = [path for path in tmp_path.iterdir() if path != folder]
        assert left == []
    assert faults.fail_at > 4 * len(ready)
    assert contents(folder) == ready


def test_that_the_check_reads_what_lies_on_the_disk(tmp_path, monkeypatch):
    seen = []

    def looked(folder, *rest):
        seen.append(sorted(contents(folder)))
        return conformance.problems_of(folder, *rest)

    monkeypatch.setattr(export, "problems_of", looked)
    files = export_result(
        result_on(host()), host(), tmp_path / "x", formats=("nifti",), mode="new_subject"
    )
    assert seen == [sorted(str(path.relative_to(tmp_path / "x")) for path in files)]
