"""MR images as DICOM, each built from nothing by an allow-list and marked synthetic."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from lgesynth_gui import __version__
from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.io.identifiers import IMPLEMENTATION_UID, Identifiers
from lgesynth_gui.io.marks import EQUIPMENT, MAKER, NOTICE, clipped, series_words
from lgesynth_gui.io.origins import PATIENT, STUDY, TECHNICAL, VISIT, Origin
from lgesynth_gui.io.stored import Coding, coding_of

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from lgesynth_gui.io.burned import Mark

IMAGE_TYPE = ("DERIVED", "SECONDARY", "OTHER", "SYNTHETIC")
SKEW = 1e-4  # cosine between rows and columns that DICOM still calls orthogonal
SOURCE_PURPOSE = ("121322", "DCM", "Source Image for Image Processing Operation")
BASIC_PROFILE = ("113100", "DCM", "Basic Application Confidentiality Profile")
SIGNAL = {"ScanningSequence": "IR\\GR", "SequenceVariant": "NONE", "MRAcquisitionType": "2D"}


@dataclass(frozen=True)
class Words:
    """Text of the images.

    Args:
        series: Series description, at most 64 characters.
        derivation: How they came about, at most 1024 bytes; one for all or one a slice.
        comments: What a reader must know, after the notice.
        phantom: The subject is a computed phantom through and through.
    """

    series: str
    derivation: tuple[str, ...]
    comments: str = ""
    phantom: bool = False


def mr_images(
    pixels: Array,
    series: LgeSeries,
    origin: Origin,
    names: Identifiers,
    words: Words,
    *,
    coding: Coding | None = None,
    window: tuple[float, float] | None = None,
    mark: Mark | None = None,
) -> tuple[Dataset, ...]:
    """One MR image a slice, in the order of the array.

    Args:
        pixels: Stored values `(slice, row, column)`.
        series: Gives geometry, slope, intercept and signal.
        origin: Patient, study and frame of reference.
        names: Identifiers of the export.
        words: Text.
        coding: How stored values become 16-bit numbers; by default from `pixels` alone.
        window: (window, level) in stored values, or None.
        mark: Drawn into the pixels of every image, which say so; or None.

    Raises:
        LgeSynthError: DICOM cannot hold the grid, because rows and columns are not orthogonal.
    """
    rule = coding or coding_of(pixels)
    cosines = np.array([*series.geometry.row_cosines, *series.geometry.column_cosines])
    if abs(float(np.dot(cosines[:3], cosines[3:]))) > SKEW:
        raise LgeSynthError(
            "DICOM cannot hold this grid: its rows and columns are not orthogonal.",
            "Export it as NIfTI.",
        )
    shared = (_subject(origin), _equipment(words, series, names, origin))
    images = []
    coded = rule.encode(pixels)
    if mark is not None:
        coded = mark.drawn(coded)
    for index, plane in enumerate(coded):
        image = _image(shared)
        image.BurnedInAnnotation = "NO" if mark is None else "YES"
        image.SOPInstanceUID = names.uid("image", index)
        image.InstanceNumber = index + 1
        image.DerivationDescription = words.derivation[min(index, len(words.derivation) - 1)]
        _add_source(image, origin, index)
        _add_plane(image, series, cosines, index)
        _add_pixels(image, plane, series, rule, window)
        _add_meta(image)
        images.append(image)
    return tuple(images)


def dicom_bytes(dataset: Dataset) -> bytes:
    """The file of a data set: 128 zero bytes, meta information, explicit little endian."""
    from pydicom import dcmwrite

    buffer = BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def add_mark(dataset: Dataset) -> None:
    """Flag a data set as synthetic and name this program as what made it."""
    from pydicom.dataset import Dataset

    dataset.SyntheticData = "YES"
    item = Dataset()
    item.Manufacturer = item.ManufacturerModelName = MAKER
    item.SoftwareVersions = __version__
    item.ContributionDescription = NOTICE
    item.PurposeOfReferenceCodeSequence = [coded(EQUIPMENT)]
    dataset.ContributingEquipmentSequence = [item]


def add_identity(dataset: Dataset, origin: Origin) -> None:
    """Patient and study of a data set; empty where nothing is known."""
    for name in (*PATIENT, *STUDY):
        set_known(dataset, name, origin.attributes.get(name, ""))
    for name in VISIT:
        if name in origin.attributes:
            set_known(dataset, name, origin.attributes[name])
    if origin.deidentified:
        dataset.PatientIdentityRemoved = "YES"
        dataset.DeidentificationMethod = origin.deidentified
        dataset.DeidentificationMethodCodeSequence = [coded(BASIC_PROFILE)]


def set_known(dataset: Dataset, keyword: str, value: Any) -> None:
    """Set an attribute as the source has it, even where the source is not quite to the rules."""
    from pydicom import DataElement, config
    from pydicom.datadict import dictionary_VR, tag_for_keyword

    tag = tag_for_keyword(keyword)
    if tag is None:
        raise ValueError(f"{keyword} is not a DICOM keyword")
    value = "" if value is None else value
    try:
        element = DataElement(tag, dictionary_VR(tag), value, validation_mode=config.IGNORE)
    except (ValueError, TypeError, OverflowError):  # text where a number belongs
        element = DataElement(tag, dictionary_VR(tag), "")
    dataset[tag] = element


def coded(code: tuple[str, str, str]) -> Dataset:
    """A code sequence item of (value, scheme, meaning)."""
    from pydicom.dataset import Dataset

    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code
    return item


def _subject(origin: Origin) -> Dataset:
    from pydicom.dataset import Dataset

    part = Dataset()
    part.SpecificCharacterSet = "ISO_IR 192"
    part.StudyInstanceUID = origin.study_uid
    part.FrameOfReferenceUID = origin.frame_of_reference_uid
    part.PositionReferenceIndicator = ""
    add_identity(part, origin)
    for name in ("ScanOptions", "RepetitionTime", "EchoTime", "InversionTime", "EchoTrainLength"):
        set_known(part, name, "")
    part.PatientPosition = ""
    for name, value in SIGNAL.items():
        set_known(part, name, value)
    for name in TECHNICAL:
        if name in origin.attributes:
            set_known(part, name, origin.attributes[name])
    return part


def _equipment(words: Words, series: LgeSeries, names: Identifiers, origin: Origin) -> Dataset:
    from pydicom.dataset import Dataset
    from pydicom.uid import MRImageStorage

    part = Dataset()
    part.SOPClassUID = MRImageStorage
    part.ImageType = list(IMAGE_TYPE)
    part.Modality = "MR"
    part.BodyPartExamined = "HEART"
    part.SeriesInstanceUID = names.uid("series", "MR")
    part.SeriesNumber = origin.series_numbers[0]
    part.SeriesDescription = words.series
    part.Manufacturer = part.ManufacturerModelName = MAKER
    part.SoftwareVersions = __version__
    if words.phantom:
        part.QualityControlSubject = "YES"
    comments = f"{NOTICE} {words.comments}"
    if not series.geometry.known:
        comments += " Position and orientation are unknown."
    part.ImageComments = clipped(comments.strip(), 1024)
    part.LossyImageCompression = "00"
    add_mark(part)
    return part


def _image(shared: Sequence[Dataset]) -> Dataset:
    from pydicom.dataset import Dataset

    image = Dataset()
    for part in shared:
        image.update(copy.deepcopy(part))
    return image


def _add_source(image: Dataset, origin: Origin, index: int) -> None:
    from pydicom.dataset import Dataset

    if not origin.sources:
        return
    source = origin.sources[index]
    item = Dataset()
    item.ReferencedSOPClassUID = source.sop_class_uid
    item.ReferencedSOPInstanceUID = source.sop_instance_uid
    if source.frame is not None:
        item.ReferencedFrameNumber = source.frame
    item.PurposeOfReferenceCodeSequence = [coded(SOURCE_PURPOSE)]
    image.SourceImageSequence = [item]


def _add_plane(image: Dataset, series: LgeSeries, cosines: Array, index: int) -> None:
    geometry = series.geometry
    step, row_mm, column_mm = geometry.spacing
    image.PixelSpacing = [_decimal(row_mm), _decimal(column_mm)]
    image.ImageOrientationPatient = [_decimal(one) for one in cosines]
    image.ImagePositionPatient = [_decimal(one) for one in geometry.position(index)]
    thickness = geometry.thickness_mm
    image.SliceThickness = None if thickness is None else _decimal(thickness)
    if series.shape[0] > 1:
        image.SpacingBetweenSlices = _decimal(step)


def _add_pixels(
    image: Dataset,
    plane: Array,
    series: LgeSeries,
    rule: Coding,
    window: tuple[float, float] | None,
) -> None:
    image.SamplesPerPixel = 1
    image.PhotometricInterpretation = "MONOCHROME2"
    image.Rows, image.Columns = plane.shape
    image.BitsAllocated = image.BitsStored = 16
    image.HighBit = 15
    image.PixelRepresentation = int(rule.signed)
    slope, intercept = rule.slope * series.slope, rule.intercept * series.slope + series.intercept
    if (slope, intercept) != (1.0, 0.0):
        image.RescaleSlope, image.RescaleIntercept = _decimal(slope), _decimal(intercept)
        image.RescaleType = "US"
    if window is not None:
        width, level = window[0] * series.slope, window[1] * series.slope + series.intercept
        if width >= 1.0:  # the standard knows no narrower one
            image.WindowWidth, image.WindowCenter = _decimal(width), _decimal(level)
    image.PixelData = np.ascontiguousarray(plane).tobytes()


def _add_meta(image: Dataset) -> None:
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = image.SOPClassUID
    meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(IMPLEMENTATION_UID)
    meta.ImplementationVersionName = f"LGESYNTH {__version__}"[:16]
    image.file_meta = meta


def _decimal(value: float) -> str:
    from pydicom.valuerep import format_number_as_ds

    return format_number_as_ds(float(value) + 0.0)  # + 0.0: no minus before a zero


def export_words(series: LgeSeries, slices: Sequence[int], derivation: str, comments: str) -> Words:
    """The words of an exported result; slices that were not generated say so."""
    untouched = clipped(f"Slice not edited: its pixels are the host's own. {derivation}", 1024)
    made = set(slices)
    return Words(
        series=series_words(series.signal),
        derivation=tuple(derivation if i in made else untouched for i in range(series.shape[0])),
        comments=comments,
    )
