"""Whom exported DICOM objects belong to: a new synthetic subject, or the patient it was made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.series import LgeSeries, SourceSlice
from lgesynth_gui.io.identifiers import Identifiers

NEW_SUBJECT = "new_subject"
EDIT_OF_PATIENT = "edit_of_patient"
MODES = (NEW_SUBJECT, EDIT_OF_PATIENT)

PATIENT = ("PatientName", "PatientID", "PatientBirthDate", "PatientSex")
VISIT = ("PatientAge", "PatientSize", "PatientWeight")
STUDY = (
    "StudyDate",
    "StudyTime",
    "StudyID",
    "AccessionNumber",
    "ReferringPhysicianName",
    "StudyDescription",
)
TECHNICAL = (
    "PatientPosition",
    "PositionReferenceIndicator",
    "ScanningSequence",
    "SequenceVariant",
    "ScanOptions",
    "MRAcquisitionType",
    "RepetitionTime",
    "EchoTime",
    "InversionTime",
    "FlipAngle",
    "EchoTrainLength",
    "MagneticFieldStrength",
    "ImagingFrequency",
    "ImagedNucleus",
    "NumberOfAverages",
)
KEPT_OF_PATIENT = frozenset((*PATIENT, *VISIT, *STUDY, *TECHNICAL))


@dataclass(frozen=True)
class Origin:
    """What all objects of one export share.

    Args:
        mode: One of `MODES`.
        study_uid, frame_of_reference_uid: The source's for an edit, else new.
        attributes: Patient, study and technical values by keyword.
        sources: Source image of each slice; empty for a new subject.
        series_numbers: Of the images and of the segmentation.
        deidentified: X
    """

    mode: str
    study_uid: str
    frame_of_reference_uid: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    sources: tuple[SourceSlice, ...] = ()
    series_numbers: tuple[int, int] = (1, 2)
    deidentified: str = ""


def origin_of(mode: str, series: LgeSeries, names: Identifiers) -> Origin:
    """The origin of an export.

    Args:
        mode: One of `MODES`.
        series: The host.
        names: Identifiers of the export.

    Raises:
        LgeSynthError: an edit of a patient, but the host was not read from DICOM.
    """
    return edit_of(series) if mode == EDIT_OF_PATIENT else new_subject(series, names)


def new_subject(series: LgeSeries, names: Identifiers) -> Origin:
    """A subject who does not exist, with a study of their own; nothing of the source is taken."""
    if series.source.format == "phantom":
        how = "No patient: the anatomy was computed."
    else:
        how = "Header made new; anatomy outside the edit is the source's own."
    return Origin(
        mode=NEW_SUBJECT,
        study_uid=names.uid("study"),
        frame_of_reference_uid=names.uid("frame of reference"),
        attributes={
            "PatientName": f"{names.subject}^SYNTHETIC",
            "PatientID": names.subject,
            "StudyID": names.subject[:16],
            "StudyDescription": "SYNTHETIC cardiac MR, not for clinical use",
        },
        deidentified=how,
    )


def edit_of(series: LgeSeries) -> Origin:
    """The source's own patient, study and frame of reference."""
    source = series.source
    if (
        source.format != "dicom"
        or not (source.study_uid and source.frame_of_reference_uid)
        or len(source.slices) != series.shape[0]
    ):
        raise LgeSynthError(
            "An edit of a patient needs a series that was read from DICOM files.",
            "Export it as a new synthetic subject.",
        )
    kept = {name: value for name, value in source.attributes if name in KEPT_OF_PATIENT}
    return Origin(
        mode=EDIT_OF_PATIENT,
        study_uid=source.study_uid,
        frame_of_reference_uid=source.frame_of_reference_uid,
        attributes=kept,
        sources=source.slices,
        series_numbers=(9001, 9002),
    )
