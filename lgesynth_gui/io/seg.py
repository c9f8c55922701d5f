"""What was asked and what was found, as a DICOM segmentation on the exported images."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lgesynth_gui import __version__
from lgesynth_gui.core.arrays import LabelMap, Mask
from lgesynth_gui.core.assets import bundled
from lgesynth_gui.core.labels import Label
from lgesynth_gui.io.dicom_write import add_identity, add_mark, set_known
from lgesynth_gui.io.identifiers import IMPLEMENTATION_UID, Identifiers
from lgesynth_gui.io.marks import MAKER, clipped, one_line, series_words
from lgesynth_gui.io.origins import PATIENT, STUDY, VISIT, Origin

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from lgesynth_gui.core.series import LgeSeries

EPOCH = ("20000101", "000000")  # where a date is compulsory: files know no clock
ABNORMAL = ("49755003", "SCT", "Morphologically Abnormal Structure")
ANATOMICAL = ("123037004", "SCT", "Anatomical Structure")
MYOCARDIUM = ("49848007", "SCT", "Myocardium of left ventricle")
CAVITY = ("87878005", "SCT", "Left ventricle")
SCAR = ("12402003", "SCT", "Scar tissue")
ARTIFICIAL_INTELLIGENCE = ("123110", "DCM", "Artificial Intelligence")


@dataclass(frozen=True)
class Segment:
    """One segment.

    Args:
        label: Its name, at most 64 characters.
        category, kind: Codes (value, scheme, meaning).
        algorithm: "MANUAL", "SEMIAUTOMATIC" or "AUTOMATIC".
        colour: Its name in the palette.
        made_by: Name of the algorithm; "" only when manual.
    """

    label: str
    category: tuple[str, str, str]
    kind: tuple[str, str, str]
    algorithm: str
    colour: str
    made_by: str = ""


def segments_of(judge: str) -> tuple[Segment, ...]:
    """The four segments, in the order of `masks_of`."""
    outlines = "outlines accepted by the user"
    return (
        Segment("Myocardium", ANATOMICAL, MYOCARDIUM, "SEMIAUTOMATIC", "epi", outlines),
        Segment("Blood pool", ANATOMICAL, CAVITY, "SEMIAUTOMATIC", "endo", outlines),
        Segment("Scar requested", ABNORMAL, SCAR, "MANUAL", "requested"),
        Segment(
            "Scar measured", ABNORMAL, SCAR, "AUTOMATIC", "measured", one_line(judge) or "no judge"
        ),
    )


def masks_of(requested: LabelMap, measured: LabelMap) -> tuple[Mask, ...]:
    """Myocardium (scar and core included), blood pool, requested and measured scar (with core)."""
    return (
        requested >= Label.MYOCARDIUM,
        requested == Label.BLOOD,
        requested >= Label.SCAR,
        measured >= Label.SCAR,
    )


def segmentation(
    images: Sequence[Dataset],
    requested: LabelMap,
    measured: LabelMap,
    series: LgeSeries,
    origin: Origin,
    names: Identifiers,
    judge: str,
) -> Dataset:
    """A binary segmentation of the four structures.

    Args:
        images: The MR images it refers to, see `dicom_write.mr_images`.
        requested: Label map of what was asked `(slice, row, column)`.
        measured: Label map of what the judge found, same shape.
        series: The host.
        origin: Patient, study and frame of reference.
        names: Identifiers of the export.
        judge: Name and version of the network that measured.
    """
    import highdicom
    from pydicom.sr.coding import Code

    segments = segments_of(judge)
    colours = tomllib.loads((bundled("resources") / "palette.toml").read_text("utf-8"))["data"]
    described = []
    for number, one in enumerate(segments, 1):
        algorithm = None
        if one.made_by:
            name, _, version = one.made_by.partition("/")
            algorithm = highdicom.AlgorithmIdentificationSequence(
                name=clipped(name, 64),
                family=Code(*ARTIFICIAL_INTELLIGENCE),
                version=clipped(version, 64) or __version__,
            )
        described.append(
            highdicom.seg.SegmentDescription(
                segment_number=number,
                segment_label=one.label,
                segmented_property_category=Code(*one.category),
                segmented_property_type=Code(*one.kind),
                algorithm_type=one.algorithm,
                algorithm_identification=algorithm,
                tracking_uid=names.uid("segment", number),
                tracking_id=f"{one.label} {names.digest[:12]}",
                display_color=highdicom.color.CIELabColor.from_rgb(*_rgb(colours[one.colour])),
            )
        )
    made: Dataset = highdicom.seg.Segmentation(
        source_images=[nameless(one) for one in images],
        pixel_array=np.stack(masks_of(requested, measured), axis=-1),
        segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=described,
        series_instance_uid=names.uid("series", "SEG"),
        series_number=origin.series_numbers[1],
        sop_instance_uid=names.uid("segmentation"),
        instance_number=1,
        manufacturer=MAKER,
        manufacturer_model_name=MAKER,
        software_versions=__version__,
        device_serial_number=names.digest[:16],
        content_label="SCAR",
        content_description="Synthetic scar: requested and measured",
        series_description=series_words(series.signal, "LGE scar"),
        omit_empty_frames=bool((requested > 0).any()),
    )
    settle(made, origin, names)
    return made


def nameless(image: Dataset) -> Dataset:
    """A copy without identity: highdicom would repeat an odd name in a warning, or refuse it."""
    from pydicom.dataset import Dataset

    copy = Dataset()
    copy.update(image)
    for name in (*PATIENT, *STUDY):
        set_known(copy, name, "")
    for name in VISIT:
        if name in copy:
            delattr(copy, name)
    copy.file_meta = image.file_meta
    return copy


def settle(made: Any, origin: Origin, names: Identifiers) -> None:
    """Set what highdicom takes from the clock, from chance or from the images.

    Args:
        made: An object of highdicom's.
        origin: Patient and study it belongs to.
        names: Identifiers of the export.
    """
    from pydicom.uid import UID

    made.SpecificCharacterSet = "ISO_IR 192"
    add_identity(made, origin)
    add_mark(made)
    for name in ("InstanceCreationDate", "InstanceCreationTime", "TimezoneOffsetFromUTC"):
        if name in made:
            delattr(made, name)
    made.ContentDate, made.ContentTime = EPOCH
    study_date = str(origin.attributes.get("StudyDate") or "")
    if study_date:
        set_known(made, "ContentDate", study_date)
    organization = names.uid("dimension organization")
    for sequence in ("DimensionOrganizationSequence", "DimensionIndexSequence"):
        for item in made.get(sequence, ()):
            item.DimensionOrganizationUID = organization
    made.file_meta.ImplementationClassUID = UID(IMPLEMENTATION_UID)
    made.file_meta.ImplementationVersionName = f"LGESYNTH {__version__}"[:16]


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))
