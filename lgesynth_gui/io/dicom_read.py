"""Reads DICOM: what a header says, and the frames as stored. Runs in the decoder process."""

from __future__ import annotations

import math
from collections.abc import Iterator

from pydicom import config
from pydicom.uid import UID

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.io import dicom_pixels, gates
from lgesynth_gui.io.dicom_elements import Bytes, DataSet
from lgesynth_gui.io.dicom_frames import frames_of
from lgesynth_gui.io.dicom_stream import Stream, looks_like_dicom, open_stream
from lgesynth_gui.io.dicom_values import integer, items, keywords_in, number, stated, text
from lgesynth_gui.io.gates import AGAIN, OTHER, refuse
from lgesynth_gui.io.headers import DicomHeader, PixelFormat, Segment, Value

# What may leave the decoder of a header; everything else is dropped there.
TEXTS = (
    "PatientName PatientID PatientBirthDate PatientSex PatientAge StudyDate StudyTime StudyID "
    "StudyDescription AccessionNumber ReferringPhysicianName SeriesDate SeriesTime "
    "AcquisitionDate AcquisitionTime AcquisitionDateTime ContentDate ContentTime Modality "
    "Manufacturer ManufacturerModelName SeriesDescription ProtocolName SequenceName "
    "PulseSequenceName BodyPartExamined PatientPosition PositionReferenceIndicator "
    "ContrastBolusAgent BurnedInAnnotation MRAcquisitionType AcquisitionContrast SyntheticData "
    "ImagedNucleus ImageType ScanningSequence SequenceVariant ScanOptions"
)
NUMBERS = (
    "PatientWeight PatientSize MagneticFieldStrength RepetitionTime EchoTime InversionTime "
    "TriggerTime FlipAngle NumberOfAverages ImagingFrequency SliceThickness SpacingBetweenSlices "
    "HeartRate FrameTime"
)
INTEGERS = (
    "SeriesNumber InstanceNumber AcquisitionNumber EchoTrainLength CardiacNumberOfImages "
    "TemporalPositionIdentifier NumberOfTemporalPositions"
)
MAX_SEGMENTS = 100
_WORDS = 256  # of one attribute; longer text is cut


def sniff(head: bytes) -> bool:
    """Whether a file that begins like this is DICOM."""
    return looks_like_dicom(head)


def read_header(data: Bytes, *, any_modality: bool = False) -> DicomHeader:
    """Everything but the pixels, through all gates.

    Args:
        data: The whole file.
        any_modality: Also take what is no MR image, or has text burned in.

    Raises:
        Refused: see `gates`.
    """
    return read_placed(data, any_modality=any_modality)[0]


def read_placed(data: Bytes, *, any_modality: bool = False) -> tuple[DicomHeader, Stream]:
    """What `read_header` returns, and where in the file its pixels lie.

    Raises:
        Refused: see `gates`.
    """
    stream = open_stream(data)
    header = _header(stream, any_modality=any_modality)
    gates.dicom_header(header, any_modality=any_modality)
    return header, stream


def read_pixels(data: Bytes, *, any_modality: bool = False) -> tuple[DicomHeader, Iterator[Array]]:
    """The header, and the frames as stored, `(row, column)` each.

    Raises:
        Refused: see `gates`; also while the frames are taken.
    """
    header, stream = read_placed(data, any_modality=any_modality)
    return header, dicom_pixels.read_frames(stream, header.pixels)


def _header(stream: Stream, *, any_modality: bool) -> DicomHeader:
    dataset = stream.dataset
    sop_class = text(dataset, "SOPClassUID")
    if sop_class not in gates.SEGMENTATIONS and not any_modality:
        gates.dicom_class(sop_class, _class_name(sop_class))
    if text(dataset, "BurnedInAnnotation").upper() == "YES" and not any_modality:
        refuse("its header says that text is burned into the picture", OTHER, "HDR-03")
    if stream.pixels is None:
        refuse("it holds no pixels", AGAIN, "PIX-09")
    pixels = _pixel_format(dataset, floating=stream.pixels.keyword != "PixelData")
    mask = sop_class in gates.SEGMENTATIONS
    gates.transfer_syntax(stream.syntax)
    gates.pixel_format(pixels, single_bits=mask)
    notes = []
    if not stream.pixels.encapsulated:
        notes.append(gates.native_length(pixels, stream.pixels.length))
    if stream.active_preamble:
        notes.append("The file begins with bytes of another format; they were ignored.")
    if pixels.photometric == "MONOCHROME1":
        notes.append("Dark and bright are exchanged in this file (MONOCHROME1).")
    planes, frames = frames_of(dataset, min(pixels.frames, gates.LISTED_FRAMES))
    return DicomHeader(
        sop_class=sop_class,
        sop_instance=text(dataset, "SOPInstanceUID"),
        study=text(dataset, "StudyInstanceUID"),
        series=text(dataset, "SeriesInstanceUID"),
        frame_of_reference=text(dataset, "FrameOfReferenceUID"),
        syntax=stream.syntax,
        pixels=pixels,
        planes=planes,
        frames=frames,
        attributes=_attributes(dataset),
        segments=_segments(dataset) if mask else (),
        notes=tuple(note for note in notes if note),
    )


def _pixel_format(dataset: DataSet, *, floating: bool) -> PixelFormat:
    def needed(keyword: str, otherwise: int | None = None) -> int:
        value = integer(dataset, keyword)
        if value is None and stated(dataset, keyword) and otherwise is not None:
            refuse(f"its {keyword} is not a number", AGAIN, "PIX-01")
        value = otherwise if value is None else value
        if value is None:
            refuse(f"it does not say its {keyword}", AGAIN, "PIX-01")
        return value

    allocated = needed("BitsAllocated")
    stored = needed("BitsStored", allocated)
    signed = needed("PixelRepresentation", 0)
    if signed not in (0, 1):
        refuse("its pixels are neither signed nor unsigned", AGAIN, "PIX-02")
    return PixelFormat(
        rows=needed("Rows"),
        columns=needed("Columns"),
        frames=needed("NumberOfFrames", 1),
        samples=needed("SamplesPerPixel", 1),
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=needed("HighBit", stored - 1),
        signed=bool(signed),
        photometric=text(dataset, "PhotometricInterpretation").upper(),
        floating=floating,
    )


def _attributes(dataset: DataSet) -> tuple[tuple[str, Value], ...]:
    found: dict[str, Value] = {}
    for keyword in keywords_in(dataset, TEXTS):
        if words := text(dataset, keyword)[:_WORDS]:
            found[keyword] = words
    for keyword in keywords_in(dataset, NUMBERS):
        if (value := number(dataset, keyword)) is not None:
            found[keyword] = value
    for keyword in keywords_in(dataset, INTEGERS):
        whole = integer(dataset, keyword)
        if whole is not None and abs(whole) < 1 << 31:
            found[keyword] = whole
    centre, width = number(dataset, "WindowCenter"), number(dataset, "WindowWidth")
    if centre is not None and width is not None and width > 0 and math.isfinite(centre + width):
        found["WindowCenter"], found["WindowWidth"] = centre, width
    return tuple(found.items())


def _segments(dataset: DataSet) -> tuple[Segment, ...]:
    found = []
    for item in items(dataset, "SegmentSequence")[:MAX_SEGMENTS]:
        what = items(item, "SegmentedPropertyTypeCodeSequence")
        code = text(what[0], "CodeValue")[:64] if what else ""
        value = integer(item, "SegmentNumber")
        if value is not None and abs(value) < 1 << 31:
            found.append(Segment(value, text(item, "SegmentLabel")[:64], code))
    return tuple(found)


def _class_name(sop_class: str) -> str:
    """What an object is, in words of the standard and not of the file; completes "it is ..."."""
    known = UID(sop_class, config.IGNORE)
    if not known.is_valid or known.name == sop_class or known.type != "SOP Class":
        return "of an unknown kind"
    return f"of the kind {known.name.removesuffix(' (Retired)').removesuffix(' Storage')}"
