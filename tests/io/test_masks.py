"""DICOM segmentations, made by highdicom, on the grid of their series."""

import highdicom as hd
import numpy as np
import pytest
from highdicom.sr.coding import CodedConcept
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.io import gates, load, load_mask, open_path
from tests.io.dicoms import SEG, dataset, pixels_of, places, save, write_stack


def described(number, label, code=None):
    return hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=label,
        segmented_property_category=codes.SCT.Tissue,
        segmented_property_type=CodedConcept(code or "1", "SCT" if code else "99X", label),
        algorithm_type=hd.seg.SegmentAlgorithmTypeValues.MANUAL,
    )


def segmentation(sources, masks, segments, **changed):
    """`masks` is `(slice, row, column, segment)`."""
    return hd.seg.Segmentation(
        source_images=sources,
        pixel_array=masks.astype(np.uint8),
        segment_descriptions=segments,
        series_instance_uid="1.2.9", series_number=9, sop_instance_uid="1.2.9.1",
        instance_number=1, manufacturer="x", manufacturer_model_name="x",
        software_versions="1", device_serial_number="1",
        **{"segmentation_type": hd.seg.SegmentationTypeValues.BINARY, **changed},
    )  # fmt: skip


@pytest.fixture
def stack(tmp_path):
    """A series, and the files it came from in order from apex to base."""

    def complete(i, ds):
        ds.StudyDate = ds.StudyTime = ds.AccessionNumber = ds.StudyID = ""
        ds.PatientBirthDate = ds.PatientSex = ds.ReferringPhysicianName = ""

    paths = write_stack(tmp_path / "s", pixels_of(6), change=complete)
    (info,) = open_path(tmp_path / "s")
    return load(info), [dcmread(path) for path in reversed(paths)]


def heart_masks():
    """(slice, row, column, 4): cavity, muscle, scar, no-reflow; slices from apex to base."""
    masks = np.zeros((6, 40, 48, 4), bool)
    masks[1:, 10:20, 10:20, 0] = True
    masks[1:, 8:22, 8:22, 1] = True
    masks[..., 1] &= ~masks[..., 0]
    masks[2:4, 8:10, 8:16, 2] = True
    masks[3, 8:10, 12:14, 3] = True
    return masks


HEART = [
    described(1, "LV blood pool"),
    described(2, "Left ventricular myocardium", "49848007"),
    described(3, "Scar", "12402003"),
    described(4, "No-reflow"),
]


def ours(masks):
    expected = np.zeros(masks.shape[:3], np.uint8)
    for number in range(masks.shape[3]):
        expected[masks[..., number]] = number + 1
    return expected[::-1]


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL"])
def test_that_a_heart_segmentation_becomes_a_label_map_base_first(tmp_path, stack, kind):
    series, sources = stack
    masks = heart_masks()
    changed = {"segmentation_type": hd.seg.SegmentationTypeValues[kind]}
    segmentation(sources, masks, HEART, **changed).save_as(tmp_path / "seg.dcm")
    found = load_mask(tmp_path / "seg.dcm", series)
    np.testing.assert_array_equal(found, ours(masks))


def test_that_a_label_map_segmentation_is_read(tmp_path, stack):
    series, sources = stack
    labels = ours(heart_masks())[::-1]
    made = segmentation(
        sources, labels, HEART, segmentation_type=hd.seg.SegmentationTypeValues.LABELMAP
    )
    made.save_as(tmp_path / "seg.dcm")
    np.testing.assert_array_equal(load_mask(tmp_path / "seg.dcm", series), labels[::-1])


def test_that_a_segmentation_is_found_for_the_series_it_lies_on(tmp_path, stack):
    _, sources = stack
    masks = heart_masks()
    segmentation(sources, masks, HEART).save_as(tmp_path / "s" / "seg.dcm")
    write_stack(tmp_path / "s" / "other", pixels_of(6), series="1.2.3.8", SeriesNumber=8)
    for path in (tmp_path / "s" / "other").iterdir():  # same places, another body
        ds = dcmread(path)
        ds.FrameOfReferenceUID = "1.2.99"
        ds.save_as(path)
    infos = {info.label: info for info in open_path(tmp_path / "s")}
    mine, other = infos["Series 7"], infos["Series 8"]
    assert (mine.mask, other.mask) == (tmp_path / "s" / "seg.dcm", None)
    assert mine.reason.endswith(", a mask lies beside it.")
    assert mine.score > other.score
    np.testing.assert_array_equal(load_mask(mine.mask, load(mine)), ours(masks))
    assert "give it as a mask" in infos["Series 9"].reason


@pytest.mark.parametrize("change", ["place", "turn", "pixel", "sides", "several"])
def test_that_a_segmentation_on_another_grid_is_not_taken_for_a_series(tmp_path, stack, change):
    _, sources = stack
    made = segmentation(sources, heart_masks(), HEART)
    frame, shared = made.PerFrameFunctionalGroupsSequence[2], made.SharedFunctionalGroupsSequence[0]
    if change == "place":
        at = frame.PlanePositionSequence[0]
        at.ImagePositionPatient = [at.ImagePositionPatient[0], at.ImagePositionPatient[1], 999.0]
    elif change == "turn":
        cosines = shared.PlaneOrientationSequence[0].ImageOrientationPatient
        shared.PlaneOrientationSequence[0].ImageOrientationPatient = [*cosines[3:], *cosines[:3]]
    elif change == "pixel":
        shared.PixelMeasuresSequence[0].PixelSpacing = [1.5, 1.26]
    elif change == "sides":
        made.Rows, made.Columns = made.Columns, made.Rows
    else:
        again = segmentation(sources, heart_masks(), HEART)
        again.SOPInstanceUID = again.file_meta.MediaStorageSOPInstanceUID = "1.2.9.2"
        again.save_as(tmp_path / "s" / "seg2.dcm")
    made.save_as(tmp_path / "s" / "seg.dcm")
    stack_info = next(info for info in open_path(tmp_path / "s") if info.usable)
    assert stack_info.mask is None
    assert "mask" not in stack_info.reason


def test_that_a_lone_segment_without_a_known_name_is_a_plain_mask(tmp_path, stack):
    series, sources = stack
    masks = heart_masks()[..., 2:3]
    segmentation(sources, masks, [described(1, "ROI")]).save_as(tmp_path / "seg.dcm")
    np.testing.assert_array_equal(load_mask(tmp_path / "seg.dcm", series), ours(masks))


def test_that_of_an_earlier_result_the_requested_scar_counts(tmp_path, stack):
    series, sources = stack
    masks = heart_masks()[..., 2:4]
    segments = [described(1, "Scar requested"), described(2, "Scar measured")]
    segmentation(sources, masks, segments).save_as(tmp_path / "seg.dcm")
    expected = (heart_masks()[::-1, ..., 2] * 3).astype(np.uint8)
    np.testing.assert_array_equal(load_mask(tmp_path / "seg.dcm", series), expected)


def test_that_segments_of_other_organs_are_refused(tmp_path, stack):
    series, sources = stack
    segments = [described(1, "Liver"), described(2, "Right ventricle blood")]
    segmentation(sources, heart_masks()[..., :2], segments).save_as(tmp_path / "seg.dcm")
    with pytest.raises(Refused) as refused:
        load_mask(tmp_path / "seg.dcm", series)
    assert refused.value.code == "HDR-05"


def test_that_a_segmentation_of_another_place_is_refused(tmp_path, stack):
    _, sources = stack
    segmentation(sources, heart_masks(), HEART).save_as(tmp_path / "seg.dcm")
    away = [place + np.array([0.0, 0.0, 4.0]) for place in places(6)]
    write_stack(tmp_path / "t", pixels_of(6), away)
    (info,) = open_path(tmp_path / "t")
    with pytest.raises(Refused) as refused:
        load_mask(tmp_path / "seg.dcm", load(info))
    assert refused.value.code == "GEO-08"


def test_that_a_segmentation_of_more_frames_than_are_listed_is_refused(tmp_path, stack):
    series, _ = stack
    for count, code in ((gates.LISTED_FRAMES + 1, "PIX-01"), (gates.LISTED_FRAMES, "GEO-01")):
        ds = dataset(pixels_of(count, (2, 2), "u1", top=2), places(1)[0], SOPClassUID=SEG)
        part = Dataset()
        part.SegmentNumber, part.SegmentLabel = 1, "Scar"
        ds.SegmentSequence = [part]
        del ds.ImagePositionPatient
        save(tmp_path / "seg.dcm", ds)
        with pytest.raises(Refused) as refused:
            load_mask(tmp_path / "seg.dcm", series)
        assert refused.value.code == code


def test_that_images_folders_and_texts_are_no_masks(tmp_path, stack):
    series, _ = stack
    (tmp_path / "a.txt").write_text("x" * 200)
    for path, code in [
        (tmp_path / "a.txt", "HDR-01"),
        (tmp_path / "s", "FIL-01"),
        (next((tmp_path / "s").iterdir()), "NII-08"),
    ]:
        with pytest.raises(Refused) as refused:
            load_mask(path, series)
        assert refused.value.code == code
        assert path.name in refused.value.what
