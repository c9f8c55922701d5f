"""The mark drawn into DICOM pixels: at one place, outside the heart, and told wherever it is."""

import json
import os
from dataclasses import replace

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.io import comparing, open_path
from lgesynth_gui.io.burned import SMALLEST, Mark, mark_for
from lgesynth_gui.io.comparing import Outcome, compare
from lgesynth_gui.io.conformance import problems_of
from lgesynth_gui.io.dicom_write import dicom_bytes
from lgesynth_gui.io.evidence import find
from lgesynth_gui.io.export import export_result, rehearse_export
from lgesynth_gui.io.export_files import PROVENANCE
from lgesynth_gui.io.png import LEAST_HEIGHT, WHITE, letter_size, word_box
from lgesynth_gui.io.provenance import identifiers_of
from tests.io.oracles import errors_of_dciodvfy
from tests.io.results import host, patient, result_on

SERIES = patient(host())
MODES = ("new_subject", "edit_of_patient")


@pytest.fixture(autouse=True, scope="module")
def no_waiting_for_the_disk():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda number: None)
        yield


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    """Folders of one result by (mode, whether the mark is drawn in)."""
    made = {}
    for mode in MODES:
        for burn_in in (False, True):
            made[mode, burn_in] = tmp_path_factory.mktemp("export") / "x"
            export_result(
                result_on(SERIES), SERIES, made[mode, burn_in], formats=("dicom", "seg", "nifti"),
                mode=mode, burn_in=burn_in,
            )  # fmt: skip
    return made


def images(folder):
    return [pydicom.dcmread(path) for path in sorted((folder / "dicom").iterdir())]


def pixels(folder):
    return np.stack([one.pixel_array for one in images(folder)])


def heart(result):
    return (result.requested > 0) | result.edited


@pytest.mark.parametrize("mode", MODES)
def test_that_only_the_place_of_the_mark_differs_and_it_lies_outside_the_heart(exports, mode):
    result = result_on(SERIES)
    clean, drawn = pixels(exports[mode, False]), pixels(exports[mode, True])
    place = mark_for(result).covered(clean.shape)
    assert np.array_equal(clean[~place], drawn[~place])
    assert not (place & heart(result)).any()
    mark = mark_for(result)
    rows = slice(mark.row, mark.row + mark.box.shape[0])
    columns = slice(mark.column, mark.column + mark.box.shape[1])
    for plane in drawn:  # found by template match in every slice
        found = plane[rows, columns].astype(float)
        assert np.corrcoef(found.ravel(), mark.box.astype(float).ravel())[0, 1] > 0.999
    assert mark.box.shape[0] >= LEAST_HEIGHT * clean.shape[1]


@pytest.mark.parametrize("mode", MODES)
def test_that_every_image_and_the_record_tell_it(exports, mode):
    for burn_in, said in ((False, "NO"), (True, "YES")):
        folder = exports[mode, burn_in]
        assert {one.BurnedInAnnotation for one in images(folder)} == {said}
        drawn = {"drawn into the pixels" in one.ImageComments for one in images(folder)}
        assert drawn == {burn_in}
        assert json.loads((folder / PROVENANCE).read_bytes())["burned_in"] is burn_in


def test_that_images_with_and_without_a_mark_are_different_objects(exports):
    first, second = (images(exports["new_subject", one])[0] for one in (False, True))
    assert first.SOPInstanceUID != second.SOPInstanceUID
    assert first.SeriesInstanceUID != second.SeriesInstanceUID


def test_that_other_formats_have_no_mark_drawn_in(exports):
    names = [
        exports["new_subject", one] / "nifti" / "SYNTHETIC_LGE.nii.gz" for one in (False, True)
    ]
    assert names[0].read_bytes() == names[1].read_bytes()


def test_that_the_validator_finds_no_error(exports):
    for path in sorted(exports["new_subject", True].rglob("*.dcm")):
        assert errors_of_dciodvfy(path) == []


def test_that_a_rehearsal_draws_the_mark_too(tmp_path):
    found = drive(
        rehearse_export(
            result_on(SERIES),
            SERIES,
            tmp_path,
            formats=("dicom",),
            mode="new_subject",
            burn_in=True,
        )
    )
    assert found.problems == ()


def spoil(folder, change):
    path = folder / "dicom" / "SYNTHETIC_LGE_003.dcm"
    image = pydicom.dcmread(path)
    values = image.pixel_array.copy()
    change(values, image)
    image.PixelData = values.tobytes()
    path.write_bytes(dicom_bytes(image))


def copy_of(exports, tmp_path, burn_in=True):
    import shutil

    return shutil.copytree(exports["new_subject", burn_in], tmp_path / "copy")


def found_in(folder, *, burned_in=True):
    return problems_of(folder, result_on(SERIES), SERIES, "new_subject", burned_in)


def test_that_the_mark_is_no_change_outside_the_edit_but_a_pixel_beside_it_is(exports, tmp_path):
    folder = copy_of(exports, tmp_path)
    assert found_in(folder) == ()
    result = result_on(SERIES)
    place = mark_for(result).covered(SERIES.shape)
    row, column = np.argwhere(~place[2] & ~heart(result)[2])[0]

    def beside(values, _):
        values[row, column] += 1

    spoil(folder, beside)
    assert any("1 pixels outside the edited zone" in one for one in found_in(folder))


def test_that_a_mark_that_cannot_be_read_is_found(exports, tmp_path):
    folder = copy_of(exports, tmp_path)
    row, column = np.argwhere(mark_for(result_on(SERIES)).covered(SERIES.shape)[2])[40]

    def scratched(values, _):
        values[row, column] += 1

    spoil(folder, scratched)
    assert "The mark that is drawn into the DICOM series cannot be read." in found_in(folder)


def test_that_a_mark_over_the_heart_is_found(exports, tmp_path, monkeypatch):
    from lgesynth_gui.io import conformance

    result = result_on(SERIES)
    row, column = np.argwhere(heart(result).any(axis=0))[0]
    right = mark_for(result)
    wrong = Mark(int(row), int(min(column, SERIES.shape[2] - right.box.shape[1])), right.box)
    monkeypatch.setattr(conformance, "mark_for", lambda _: wrong)
    assert "The mark that is drawn in covers the heart." in found_in(exports["new_subject", True])


@pytest.mark.parametrize("burned_in", [False, True])
def test_that_a_lie_about_the_mark_is_found(exports, tmp_path, burned_in):
    folder = copy_of(exports, tmp_path, burned_in)

    def lie(_, image):
        image.BurnedInAnnotation = "NO" if burned_in else "YES"

    spoil(folder, lie)
    found = found_in(folder, burned_in=burned_in)
    assert found == ("SYNTHETIC_LGE_003.dcm does not tell whether a mark is drawn in.",)


def test_that_a_mark_nobody_asked_for_is_found(exports):
    found = found_in(exports["new_subject", True], burned_in=False)
    assert any("does not tell whether a mark is drawn into the images" in one for one in found)
    assert any("outside the edited zone" in one for one in found)


def test_that_an_export_with_a_mark_is_compared_byte_by_byte_and_pixel_by_pixel(
    exports, tmp_path, monkeypatch
):
    monkeypatch.setattr(comparing, "FORMATS", ("dicom", "seg", "nifti"))  # no report was exported
    folder = copy_of(exports, tmp_path)
    found = drive(find(folder))
    assert found.problems == ()
    findings = drive(compare(found, result_on(SERIES), SERIES))
    assert {one.outcome for one in findings} == {Outcome.EXACT}
    path = folder / "dicom" / "SYNTHETIC_LGE_003.dcm"
    image = pydicom.dcmread(path)
    image.SeriesDescription += "."  # other bytes, so that the pixels are looked at
    path.write_bytes(dicom_bytes(image))
    old = replace(found, record={**found.record, "versions": {}})
    assert compared(old, path) == (Outcome.DIFFERENT, "it is no image of this record")
    same = identifiers_of(found.record).uid("image", 2)
    monkeypatch.setattr(comparing, "identifiers_of", lambda record: identifiers_of(found.record))
    assert image.SOPInstanceUID == same
    assert compared(old, path) == (Outcome.EXACT, "the same pixels")
    place = mark_for(result_on(SERIES)).covered(SERIES.shape)
    for where in (place, ~place & ~heart(result_on(SERIES))):
        values = pydicom.dcmread(path).pixel_array.copy()
        values[tuple(np.argwhere(where[2])[0])] += 9
        image.PixelData = values.tobytes()
        path.write_bytes(dicom_bytes(image))
        outcome, said = compared(old, path)
        assert outcome is Outcome.DIFFERENT
        assert "outside the edited zone" in said


def compared(evidence, path):
    found = drive(compare(evidence, result_on(SERIES), SERIES))
    (one,) = [one for one in found if one.name.endswith(path.name)]
    return one.outcome, one.words


def test_that_what_has_a_mark_drawn_in_is_no_host_for_another_scar(exports):
    infos = open_path(exports["new_subject", True] / "dicom")
    assert not [one for one in infos if one.usable]


@given(st.integers(-3000, 3000), st.integers(0, 5000), st.sampled_from([np.int16, np.uint16]))
@settings(max_examples=30, deadline=None)
def test_that_the_mark_stands_out_from_any_picture(low, span, kind):
    low = low if kind is np.int16 else abs(low)
    stack = np.full((2, 40, 90), low, kind)
    stack[0, 0, 0] = low + span
    mark = Mark(20, 10, word_box("SYNTHETIC", (40, 90), 12))
    drawn = mark.drawn(stack)
    place = mark.covered(stack.shape)
    assert np.array_equal(drawn[~place], stack[~place])
    inside = drawn[1][place[1]].reshape(mark.box.shape).astype(int)
    assert inside[mark.box == WHITE].min() > inside[mark.box == 0].max()
    assert drawn.dtype == stack.dtype


def test_that_a_flat_picture_at_the_end_of_its_range_takes_a_mark():
    for value in (0, 65535):
        stack = np.full((1, 30, 90), value, np.uint16)
        mark = Mark(0, 0, word_box("SYNTHETIC", (30, 90), 12))
        assert len(np.unique(mark.drawn(stack))) == 2


def with_heart(taken):
    made = result_on(SERIES)
    stack = np.repeat(taken[None], SERIES.shape[0], axis=0)
    return replace(made, requested=stack.astype(np.uint8), edited=np.zeros_like(stack))


def test_that_where_corners_are_taken_it_lies_elsewhere_and_where_little_is_free_it_is_smaller():
    shape = SERIES.shape[1:]
    corners = np.zeros(shape, bool)
    for row in (0, -1):
        corners[row, 0] = corners[row, -1] = True
    mark = mark_for(with_heart(corners))
    assert not (mark.covered(SERIES.shape)[0] & corners).any()
    tight = np.ones(shape, bool)
    rows, columns = word_box("SYNTHETIC", shape, SMALLEST + 1).shape
    tight[20 : 20 + rows + 1, 4 : 4 + columns + 1] = False
    small = mark_for(with_heart(tight))
    assert not (small.covered(SERIES.shape)[0] & tight).any()
    assert small.box.shape[0] < word_box("SYNTHETIC", shape, letter_size(shape)).shape[0]


def test_that_no_room_is_said_and_nothing_is_exported(tmp_path):
    everywhere = with_heart(np.ones(SERIES.shape[1:], bool))
    with pytest.raises(LgeSynthError, match="no room"):
        export_result(
            everywhere, SERIES, tmp_path / "x", formats=("dicom",), mode="new_subject", burn_in=True
        )
    assert not list(tmp_path.iterdir())


def test_that_the_bytes_are_the_same_every_time(exports, tmp_path):
    export_result(
        result_on(SERIES), SERIES, tmp_path / "x", formats=("dicom", "seg", "nifti"),
        mode="new_subject", burn_in=True,
    )  # fmt: skip
    whole = exports["new_subject", True]
    for path in whole.rglob("*.*"):
        assert (tmp_path / "x" / path.relative_to(whole)).read_bytes() == path.read_bytes()
