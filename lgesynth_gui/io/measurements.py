"""Transmurality of the 17 segments as a DICOM measurement report (TID 1500).

One group of measurements a segment and a source: what was asked, and what the judge found. The
segments are the codes of CID 3717. It refers to the exported images and says of everything that
it is synthetic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from lgesynth_gui import __version__
from lgesynth_gui.anatomy.transmurality import SegmentSummary, bullseye
from lgesynth_gui.core.arrays import LabelMap
from lgesynth_gui.io.dicom_write import dicom_bytes
from lgesynth_gui.io.identifiers import Identifiers
from lgesynth_gui.io.marks import MAKER, one_line, series_words
from lgesynth_gui.io.origins import Origin
from lgesynth_gui.io.seg import nameless, settle

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from lgesynth_gui.core.series import LgeSeries
    from lgesynth_gui.core.synthesis import SynthesisResult

SEGMENTS = (  # CID 3717 in the order of the AHA numbers (SNOMED CT)
    ("264850008", "left ventricle basal anterior segment"),
    ("396482007", "left ventricle basal anteroseptal segment"),
    ("396646008", "left ventricle basal inferoseptal segment"),
    ("264846001", "left ventricle basal inferior segment"),
    ("396652009", "left ventricle basal inferolateral segment"),
    ("396654005", "left ventricle basal anterolateral segment"),
    ("264848000", "left ventricle mid anterior segment"),
    ("396647004", "left ventricle mid anteroseptal segment"),
    ("396649001", "left ventricle mid inferoseptal segment"),
    ("264847005", "left ventricle mid inferior segment"),
    ("396655006", "left ventricle mid inferolateral segment"),
    ("396656007", "left ventricle mid anterolateral segment"),
    ("264844003", "left ventricle apical anterior segment"),
    ("264845002", "left ventricle apical septal segment"),
    ("264849008", "left ventricle apical inferior segment"),
    ("264853005", "left ventricle apical lateral segment"),
    ("128564006", "Apex of left ventricle"),
)
OWN = "99LGESYNTH"  # the scheme of codes that no standard holds
TRANSMURALITY = ("transmurality", OWN, "Mean transmural extent of scar where there is any")
COVERAGE = ("coverage", OWN, "Mean transmural extent of scar over the whole segment")
MASS = ("118538004", "SCT", "Mass")
ENHANCEMENT = ("122664", "DCM", "Late Contrast Enhancement")
PERCENT = ("%", "UCUM", "percent")
GRAM = ("g", "UCUM", "gram")


def measured_segments(
    labels: LabelMap, result: SynthesisResult, series: LgeSeries
) -> Mapping[int, SegmentSummary]:
    """Transmurality and mass of the segments that the outlined slices show."""
    return bullseye(labels, result.request.contours, series.geometry.spacing)


def measurement_report(
    images: Sequence[Dataset],
    result: SynthesisResult,
    series: LgeSeries,
    origin: Origin,
    names: Identifiers,
) -> Dataset:
    """A Comprehensive SR after TID 1500 with asked and found transmurality and mass.

    Args:
        images: The MR images it refers to, see `dicom_write.mr_images`.
        result: What was asked and found.
        series: The host.
        origin: Patient, study and frame of reference.
        names: Identifiers of the export.
    """
    import highdicom
    from highdicom import sr
    from pydicom.sr.codedict import codes
    from pydicom.sr.coding import Code

    sources = (
        ("Requested", result.requested, "drawn by the user"),
        ("Measured", result.measured, one_line(result.verdict.judge) or "no judge"),
    )
    shown = [_as_read(nameless(image)) for image in images]
    # The list of images describes each one, and highdicom cannot where a thickness is not known.
    used = [shown[index] for index in result.slices] or shown
    groups = [
        sr.MeasurementsAndQualitativeEvaluations(
            tracking_identifier=sr.TrackingIdentifier(
                uid=names.uid("measurements", what, segment),
                identifier=f"{what} scar, segment {segment}",
            ),
            finding_type=Code(*ENHANCEMENT),
            finding_sites=[
                sr.FindingSite(Code(SEGMENTS[segment - 1][0], "SCT", SEGMENTS[segment - 1][1]))
            ],
            algorithm_id=sr.AlgorithmIdentification(name=maker[:64], version=__version__),
            measurements=[
                sr.Measurement(Code(*name), round(float(value), 2), Code(*unit))
                for name, value, unit in (
                    (TRANSMURALITY, 100 * found.touched_mean, PERCENT),
                    (COVERAGE, 100 * found.all_mean, PERCENT),
                    (MASS, found.grams, GRAM),
                )
            ],
        )
        for what, labels, maker in sources
        for segment, found in measured_segments(labels, result, series).items()
    ]
    device = sr.DeviceObserverIdentifyingAttributes(
        uid=names.uid("observer"), name=MAKER, manufacturer_name=MAKER, model_name=MAKER
    )
    report = sr.MeasurementReport(
        observation_context=sr.ObservationContext(
            observer_device_context=sr.ObserverContext(
                observer_type=codes.DCM.Device, observer_identifying_attributes=device
            )
        ),
        procedure_reported=Code("241620005", "SCT", "Magnetic resonance imaging of heart"),
        imaging_measurements=groups,
        title=codes.DCM.ImagingMeasurementReport,
        referenced_images=used if all(one.get("SliceThickness") for one in used) else None,
    )
    made: Dataset = highdicom.sr.ComprehensiveSR(
        evidence=shown,
        content=report[0],
        series_instance_uid=names.uid("series", "SR"),
        series_number=origin.series_numbers[1] + 1,
        sop_instance_uid=names.uid("measurement report"),
        instance_number=1,
        manufacturer=MAKER,
        is_complete=True,
        is_final=False,
        is_verified=False,
        series_description=series_words(series.signal, "LGE measurements"),
    )
    settle(made, origin, names)
    made.SoftwareVersions, made.ManufacturerModelName = __version__, MAKER
    return made


def _as_read(image: Dataset) -> Dataset:
    """An image as it comes out of a file: decimal texts have become numbers there."""
    from pydicom import dcmread

    return dcmread(BytesIO(dicom_bytes(image)), stop_before_pixels=True)


def values_of(report: Dataset) -> dict[tuple[str, int], tuple[float, float, float]]:
    """What a report of `measurement_report` says.

    Args:
        report: As read from a file.

    Returns:
        ("Requested" or "Measured", segment) to transmurality %, coverage % and grams.
    """
    from highdicom import sr

    content = sr.ComprehensiveSR.from_dataset(report).content
    found = {}
    for group in content.get_image_measurement_groups():
        what, _, segment = group.tracking_identifier.partition(" scar, segment ")
        values = {one.name.value: float(one.value) for one in group.get_measurements()}
        found[what, int(segment)] = (values[TRANSMURALITY[0]], values[COVERAGE[0]], values[MASS[0]])
    return found
