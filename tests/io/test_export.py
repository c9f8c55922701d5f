import contextlib
import errno
import gzip
import hashlib
import json
import os
import tempfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.geometry import Geometry
from lgesynth_gui.core.greys import labelled_window
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.io import conformance, export
from lgesynth_gui.io.export import export_result, rehearse_export
from lgesynth_gui.io.export_files import CHECKSUMS, FORMATS, PROVENANCE
from lgesynth_gui.io.pdf import one_page
from lgesynth_gui.io.png import greys
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
    kinds = {path.relative_to(folder).parts[0] for path in files if path.parent != folder}
    assert kinds == {"dicom", "seg", "sr", "nifti", "png", "nnunet_SYNTHETIC", "emidec_SYNTHETIC"}
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_that_every_name_says_synthetic_and_nothing_of_the_patient(exported):
    for path in exported[0]:
        name = str(path.relative_to(exported[1]))
        assert "SYNTHETIC" in name
        assert not any(value in name for value in IDENTITY.values() if len(value) > 3)


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
    return content.replace(dataset.get("PixelData", b"\0" * 9), b"")


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
    monkeypatch.setattr(export, "files_of", lambda *_: ready)
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


def rehearsed(series, result, parent, **named):
    named = {"formats": FORMATS, "mode": "new_subject", **named}
    return drive(rehearse_export(result, series, parent, **named))


def test_that_a_rehearsal_finds_what_an_export_would_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    series, target = patient(host()), tmp_path / "not" / "there"
    found = rehearsed(series, result_on(series), target, note="teaching case")
    assert found.problems == ()
    assert found.writable
    assert found.free > found.size
    assert list((tmp_path / "temporary").iterdir()) == []
    assert not target.exists()
    files = export_result(
        result_on(series), series, tmp_path / "x", formats=FORMATS, mode="new_subject",
        note="teaching case",
    )  # fmt: skip
    assert found.size == sum(path.stat().st_size for path in files)


def test_that_a_rehearsal_does_not_need_the_reason_yet_and_names_every_problem(tmp_path):
    series = host()
    result = result_on(series, Grade.FAIL)
    pixels = result.pixels.copy()
    pixels[tuple(np.argwhere(~result.edited)[0])] += 1
    found = rehearsed(series, replace(result, pixels=pixels), tmp_path, formats=("nifti", "dicom"))
    assert {one.check for one in found.problems} == {conformance.Check.UNTOUCHED}
    assert len(found.problems) == 2


def test_that_a_rehearsal_asks_the_validator_where_there_is_one(tmp_path, monkeypatch):
    series = host()
    monkeypatch.setattr(export, "find_validator", lambda: None)
    assert rehearsed(series, result_on(series), tmp_path, formats=("seg",)).validated is None
    monkeypatch.setattr(export, "find_validator", lambda: tmp_path / "missing")
    assert rehearsed(series, result_on(series), tmp_path, formats=("seg",)).validated is None
    program = tmp_path / "dciodvfy"
    program.write_text('#!/bin/sh\necho "Warning - x"\necho "Error - in $(basename $1)"\n')
    program.chmod(0o755)
    monkeypatch.setattr(export, "find_validator", lambda: program)
    found = rehearsed(series, result_on(series), tmp_path, formats=("seg",))
    assert found.validated == ("SYNTHETIC_SEG.dcm: Error - in SYNTHETIC_SEG.dcm",)


def test_that_a_rehearsal_can_be_stopped_and_then_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    series = host()
    job = rehearse_export(
        result_on(series), series, tmp_path, formats=("nifti",), mode="new_subject"
    )
    steps = [next(job), next(job), next(job)]
    assert [step.done for step in steps] == [0, 1, 2]
    job.close()
    assert list(tmp_path.iterdir()) == []


def test_that_a_note_travels_in_every_format(tmp_path):
    series = host()
    note = "Figure 3 of the lecture"
    files = export_result(
        result_on(series), series, tmp_path / "x", formats=FORMATS, mode="new_subject", note=note
    )
    record = json.loads((tmp_path / "x" / PROVENANCE).read_bytes())
    assert record["note"] == note
    for path in files:
        if path.suffix in (".json", ".png") or path.parent.name == "dicom":
            assert note.encode() in path.read_bytes(), path.name


def test_that_the_report_is_one_page_that_others_can_read(exported):
    content = (exported[1] / "SYNTHETIC_report.pdf").read_bytes()
    assert content.startswith(b"%PDF-1.4")
    assert content.count(b"/Type /Page ") == 1
    start = int(content.rsplit(b"startxref", 1)[1].split()[0])
    assert content[start:].startswith(b"xref")
    table = content[start:].split(b"trailer")[0].splitlines()[3:]
    for number, row in enumerate(table, 1):  # every object lies where the table says
        place = int(row.split()[0])
        assert content[place:].startswith(b"%d 0 obj" % number)
    streams = [
        zlib.decompress(part.split(b"stream\n", 1)[1]) for part in content.split(b"endstream")[:-1]
    ]
    words = streams[0].decode("cp1252")
    assert "(SYNTHETIC cardiac LGE, not for clinical use) Tj" in words
    assert "Verdict PASS" in words
    width, height = (int(content.split(key)[1].split()[0]) for key in (b"/Width", b"/Height"))
    assert len(streams[1]) == width * height


def test_that_letters_a_page_does_not_have_are_kept_in_its_information():
    page = one_page("Übung (1)", np.zeros((4, 6), np.uint8), ["心 heart"], {"Subject": "心"})
    assert "心".encode("utf-16-be").hex().upper().encode() in page
    assert page == one_page(
        "Übung (1)", np.zeros((4, 6), np.uint8), ["心 heart"], {"Subject": "心"}
    )


def test_that_a_picture_without_its_badge_holds_the_slice_pixel_for_pixel(exported):
    series = patient(host())
    result = result_on(series)
    for index in result.slices:
        path = exported[1] / "png" / f"SYNTHETIC_slice_{index + 1:03d}_clean.png"
        with Image.open(path) as picture:
            assert picture.text["Synthetic"] == "YES"
            found = np.asarray(picture)
        window = labelled_window(series.pixels, result.requested)
        assert np.array_equal(found, greys(result.pixels[index], window))
