"""Our own check of an export, made on the files as they lie on the disk.

Other validators do not look at the synthetic flag, nor can they know the source: here every file
is read back and must be marked, new, free of the source's identity, and outside the edited zone
equal to the source, value by value.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from enum import Enum
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lgesynth_gui.core.arrays import Array, Mask, bits_of, content_hash
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.io.burned import Mark, mark_for
from lgesynth_gui.io.export_files import labels_in
from lgesynth_gui.io.marks import EQUIPMENT, SYNTHETIC
from lgesynth_gui.io.origins import EDIT_OF_PATIENT, KEPT_OF_PATIENT, NEW_SUBJECT
from lgesynth_gui.io.provenance import request_of
from lgesynth_gui.io.stored import coding_of

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

TOLERANCE_MM = 1e-3
WRITTEN = """
SpecificCharacterSet ImageType SOPClassUID SOPInstanceUID SyntheticData Modality Manufacturer
ManufacturerModelName SeriesDescription DerivationDescription SourceImageSequence
PatientIdentityRemoved DeidentificationMethod DeidentificationMethodCodeSequence
BodyPartExamined SliceThickness SpacingBetweenSlices SoftwareVersions
ContributingEquipmentSequence StudyInstanceUID SeriesInstanceUID SeriesNumber InstanceNumber
ImagePositionPatient ImageOrientationPatient FrameOfReferenceUID ImageComments SamplesPerPixel
PhotometricInterpretation Rows Columns PixelSpacing BitsAllocated BitsStored HighBit
PixelRepresentation BurnedInAnnotation WindowCenter WindowWidth RescaleIntercept RescaleSlope
RescaleType LossyImageCompression PixelData
"""  # the attributes of our MR images besides those of `KEPT_OF_PATIENT`
MR_TYPE = ("DERIVED", "SECONDARY", "OTHER", "SYNTHETIC")


class Check(Enum):
    """What a problem is about."""

    MARKED = "marked synthetic"
    IDENTIFIERS = "new identifiers"
    PERSONAL = "nothing personal"
    GEOMETRY = "geometry"
    UNTOUCHED = "untouched zone"
    READ_BACK = "second reader"


class Problem(NamedTuple):
    """One thing that is wrong: which check says so, and the sentence."""

    check: Check
    text: str


Found = Iterator[tuple[Check, str]]


def problems_of(
    folder: Path,
    result: SynthesisResult,
    series: LgeSeries,
    mode: str,
    burned_in: bool = False,
) -> tuple[str, ...]:
    """What is wrong with an export folder, a sentence each; () when it may be shown.

    Args:
        folder: The exported files.
        result: What they should hold.
        series: The host.
        mode: Of the export, see `io.origins`.
        burned_in: A mark was to be drawn into the DICOM images. What it covers is no change of the
            untouched zone: it must be the mark, pixel by pixel, and lie outside heart and edit.
    """
    return tuple(one.text for one in findings_of(folder, result, series, mode, burned_in))


def findings_of(
    folder: Path,
    result: SynthesisResult,
    series: LgeSeries,
    mode: str,
    burned_in: bool = False,
) -> tuple[Problem, ...]:
    """The same, each problem with the check that found it."""
    mark = mark_for(result) if burned_in else None
    return tuple(Problem(*one) for one in _problems(folder, result, series, mode, mark))


def _problems(
    folder: Path, result: SynthesisResult, series: LgeSeries, mode: str, mark: Mark | None
) -> Found:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    records = [path for path in files if path.name.endswith("provenance.json")]
    if len(records) != 1:
        yield Check.MARKED, f"There are {len(records)} provenance records instead of one."
    foreign = _foreign_uids(series) if mode == NEW_SUBJECT else ()
    images: list[FileDataset] = []
    for path in files:
        content = path.read_bytes()
        if SYNTHETIC not in str(path.relative_to(folder)):
            yield Check.MARKED, f"The name of {path.name} does not say {SYNTHETIC}."
        if any(uid in _expanded(path, content) for uid in foreign):
            yield Check.IDENTIFIERS, f"{path.name} holds an identifier of the source."
        if path.suffix == ".dcm":
            dataset = _read_dicom(path)
            yield from _named(path, _dicom(dataset, series, mode))
            if dataset.Modality == "MR":
                images.append(dataset)
                said, true = dataset.get("BurnedInAnnotation"), "NO" if mark is None else "YES"
                if said != true:
                    yield Check.MARKED, f"{path.name} does not tell whether a mark is drawn in."
            elif dataset.Modality == "SR":
                yield from _named(path, _report(dataset, result, series))
            else:
                yield from _named(path, _masks(dataset, result, series))
        elif path.name.endswith(".nii.gz"):
            yield from _named(path, _nifti(content, path, result, series))
        elif path.suffix == ".png":
            yield from _named(path, _png(path))
        elif path.suffix == ".pdf" and SYNTHETIC.encode() not in content:
            yield Check.MARKED, f"{path.name} does not say {SYNTHETIC}."
        elif path.name == "dataset.json":
            if SYNTHETIC not in json.loads(content).get("description", ""):
                yield Check.MARKED, f"{path.name} does not say {SYNTHETIC}."
        elif path.suffix == ".json":
            yield from _named(path, _record(content, result, mark is not None))
    if images:
        yield from _images(images, result, series, mode, mark)


def _named(path: Path, found: Found) -> Found:
    yield from ((check, f"{path.name} {words}") for check, words in found)


def _foreign_uids(series: LgeSeries) -> tuple[bytes, ...]:
    source = series.source
    uids = {source.study_uid, source.series_uid, source.frame_of_reference_uid}
    uids |= {one.sop_instance_uid for one in source.slices}
    return tuple(sorted(uid.encode() for uid in uids if uid))


def _expanded(path: Path, content: bytes) -> bytes:
    return gzip.decompress(content) if path.suffix == ".gz" else content


def _read_dicom(path: Path) -> FileDataset:
    from pydicom import dcmread

    return dcmread(path)


def _dicom(dataset: FileDataset, series: LgeSeries, mode: str) -> Found:
    source = series.source
    if dataset.get("SyntheticData") != "YES":
        yield Check.MARKED, "is not flagged as synthetic data."
    kind = tuple(dataset.get("ImageType", ()))
    wanted = {"MR": kind == MR_TYPE, "SR": True}.get(dataset.Modality, kind[:1] == ("DERIVED",))
    if not wanted:
        yield Check.MARKED, "is not of the derived, synthetic image type."
    if SYNTHETIC not in dataset.get("SeriesDescription", ""):
        yield Check.MARKED, f"has no {SYNTHETIC} in its series description."
    purposes = {
        (code.CodeValue, code.CodingSchemeDesignator)
        for item in dataset.get("ContributingEquipmentSequence", ())
        for code in item.get("PurposeOfReferenceCodeSequence", ())
    }
    if purposes != {EQUIPMENT[:2]}:
        yield Check.MARKED, "does not name what synthesised it, and nothing else, as equipment."
    if any(dataset.preamble or b""):
        yield Check.PERSONAL, "has a preamble that is not empty."
    if any(element.tag.is_private for element in dataset.iterall()):
        yield Check.PERSONAL, "has private attributes."
    if dataset.Modality == "MR":
        for name in sorted({one.keyword for one in dataset} - KEPT_OF_PATIENT - {*WRITTEN.split()}):
            yield Check.PERSONAL, f"has an attribute that is not written: {name or 'unknown'}."
    if dataset.SeriesInstanceUID == source.series_uid:
        yield Check.IDENTIFIERS, "is in the source's series."
    if dataset.SOPInstanceUID in {one.sop_instance_uid for one in source.slices}:
        yield Check.IDENTIFIERS, "has the identifier of a source image."
    yield from _subject(dataset, series, mode)


def _subject(dataset: FileDataset, series: LgeSeries, mode: str) -> Found:
    source = series.source
    if mode == EDIT_OF_PATIENT:
        if dataset.StudyInstanceUID != source.study_uid:
            yield Check.IDENTIFIERS, "is not in the patient's study."
        places = dataset.Modality != "SR"  # a report lies nowhere
        if places and dataset.FrameOfReferenceUID != source.frame_of_reference_uid:
            yield Check.IDENTIFIERS, "is not in the source's frame of reference."
        return
    if dataset.StudyInstanceUID == source.study_uid:
        yield Check.IDENTIFIERS, "is in the source's study."
    if not str(dataset.PatientID).startswith("SYN-"):
        yield Check.PERSONAL, "is not of a synthetic subject."
    if str(dataset.PatientName) != f"{dataset.PatientID}^{SYNTHETIC}":
        yield Check.PERSONAL, "has another name than its synthetic subject."
    if dataset.get("PatientIdentityRemoved") != "YES":
        yield Check.PERSONAL, "does not say that identity was removed."
    for name in ("PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "AccessionNumber"):
        if dataset.get(name):
            yield Check.PERSONAL, f"tells a {name} for a subject who does not exist."
    if dataset.Modality == "MR" and "SourceImageSequence" in dataset:
        yield Check.IDENTIFIERS, "refers to source images."


def _images(
    images: list[FileDataset],
    result: SynthesisResult,
    series: LgeSeries,
    mode: str,
    mark: Mark | None,
) -> Found:
    images = sorted(images, key=lambda one: int(one.InstanceNumber))
    if [int(one.InstanceNumber) for one in images] != list(range(1, series.shape[0] + 1)):
        yield Check.READ_BACK, f"There are {len(images)} images for {series.shape[0]} slices."
        return
    rule = coding_of(series.pixels, result.pixels)
    pixels = np.stack([one.pixel_array for one in images])
    host, wanted = rule.encode(series.pixels), rule.encode(result.pixels)
    if mark is not None:
        if pixels.shape == wanted.shape:
            yield from _drawn_in(pixels, mark.drawn(wanted), mark.covered(wanted.shape), result)
        host, wanted = mark.drawn(host), mark.drawn(wanted)
        host[mark.covered(host.shape)] = wanted[mark.covered(host.shape)]
    yield from _pixels("The DICOM series", pixels, host, wanted, result)
    for index, image in enumerate(images):
        gap = np.abs(np.subtract(image.ImagePositionPatient, series.geometry.position(index)))
        row_mm, column_mm = image.PixelSpacing
        right = np.array(image.ImageOrientationPatient[:3], float) * float(column_mm)
        down = np.array(image.ImageOrientationPatient[3:], float) * float(row_mm)
        axes = np.stack([down, right], axis=1) - series.geometry.affine[:3, 1:3]
        extent = max(series.shape[1:])
        if gap.max() > TOLERANCE_MM or np.abs(axes).max() * extent > TOLERANCE_MM:
            yield (
                Check.GEOMETRY,
                f"Slice {index + 1} of the DICOM series lies elsewhere than the source's.",
            )
        if mode == EDIT_OF_PATIENT:
            cited = [one.ReferencedSOPInstanceUID for one in image.get("SourceImageSequence", ())]
            if cited != [series.source.slices[index].sop_instance_uid]:
                yield (
                    Check.IDENTIFIERS,
                    f"Slice {index + 1} of the DICOM series does not cite its source image.",
                )


def _drawn_in(pixels: Array, wanted: Array, place: Mask, result: SynthesisResult) -> Found:
    """The mark that is drawn in, where it should be and nowhere in the heart."""
    if (place & (result.edited | (result.requested > 0))).any():
        yield Check.MARKED, "The mark that is drawn in covers the heart."
    if not np.array_equal(pixels[place], wanted[place]):
        yield Check.MARKED, "The mark that is drawn into the DICOM series cannot be read."


def _pixels(name: str, found: Array, host: Array, wanted: Array, result: SynthesisResult) -> Found:
    if found.shape != wanted.shape:
        yield Check.READ_BACK, f"{name} has another shape than the result."
        return
    outside = ~result.edited
    changed = int(np.count_nonzero(bits_of(found)[outside] != bits_of(host)[outside]))
    if changed:
        yield (
            Check.UNTOUCHED,
            f"{name} differs from the source in {changed} pixels outside the edited zone.",
        )
    if not np.array_equal(bits_of(found), bits_of(wanted)):
        yield Check.READ_BACK, f"{name} does not hold the result's pixels."


def _masks(dataset: FileDataset, result: SynthesisResult, series: LgeSeries) -> Found:
    """The segmentation's frames, put back on the slices they say they lie on."""
    from lgesynth_gui.io.seg import masks_of

    wanted = np.stack(masks_of(result.requested, result.measured))
    found = np.zeros(wanted.shape, dtype=bool)
    places = np.stack([series.geometry.position(index) for index in range(series.shape[0])])
    frames = dataset.pixel_array.reshape(-1, *series.shape[1:])
    for frame, groups in zip(frames, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        number = groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        at = np.array(groups.PlanePositionSequence[0].ImagePositionPatient, dtype=float)
        gaps = np.abs(places - at).max(axis=1)
        if gaps.min() > TOLERANCE_MM:
            yield Check.GEOMETRY, "has a frame that lies on no slice."
            return
        found[number - 1, int(np.argmin(gaps))] |= frame > 0
    if not np.array_equal(found, wanted):
        yield Check.READ_BACK, "does not hold the result's masks."


def _report(dataset: FileDataset, result: SynthesisResult, series: LgeSeries) -> Found:
    """The measurements, against those of the result's own masks."""
    from lgesynth_gui.io.measurements import measured_segments, values_of

    wanted = {
        (what, segment): numbers
        for what, labels in (("Requested", result.requested), ("Measured", result.measured))
        for segment, numbers in measured_segments(labels, result, series).items()
    }
    found = values_of(dataset)
    same = found.keys() == wanted.keys() and all(
        np.allclose(found[one], (100 * w.touched_mean, 100 * w.all_mean, w.grams), atol=0.01)
        for one, w in wanted.items()
    )
    if not same:
        yield Check.READ_BACK, "does not hold the result's measurements."


def _nifti(content: bytes, path: Path, result: SynthesisResult, series: LgeSeries) -> Found:
    import nibabel

    from lgesynth_gui.io.nifti_write import ras_affine

    image = nibabel.Nifti1Image.from_bytes(gzip.decompress(content))
    if not image.header["descrip"].item().startswith(SYNTHETIC.encode()):
        yield Check.MARKED, f"does not say {SYNTHETIC} in its description."
    found = np.asarray(image.dataobj.get_unscaled()).transpose(2, 1, 0)
    if (asked := labels_in(path.as_posix(), result)) is not None:
        if not np.array_equal(found, asked):
            yield Check.READ_BACK, "does not hold the result's labels."
    else:
        yield from _pixels("It", found, series.pixels, result.pixels, result)
    if series.geometry.known:
        corners = np.array(list(product(*((0, side - 1) for side in found.shape[::-1]), (1,))))
        gap = corners @ (image.affine - ras_affine(series.geometry)).T
        if np.abs(gap).max() > TOLERANCE_MM:
            yield Check.GEOMETRY, "lies elsewhere than the source."


def _png(path: Path) -> Found:
    from PIL import Image

    with Image.open(path) as picture:
        picture.load()
        if getattr(picture, "text", {}).get("Synthetic") != "YES":
            yield Check.MARKED, "has no text that marks it as synthetic."


def _record(content: bytes, result: SynthesisResult, burned_in: bool) -> Found:
    record = json.loads(content)
    if record.get("burned_in") is not burned_in:
        yield Check.MARKED, "does not tell whether a mark is drawn into the images."
    if record.get("synthetic") is not True:
        yield Check.MARKED, "does not say that it is about a synthetic image."
    try:
        same = request_of(record) == result.request
    except LgeSynthError:
        same = False
    if not same:
        yield Check.MARKED, "does not hold the request the result was made from."
    if record.get("result", {}).get("pixels_sha256") != content_hash(result.pixels):
        yield Check.READ_BACK, "does not hold the hash of the result's pixels."
