"""Where each frame of a DICOM object lies and what kind it is; plain and enhanced objects alike."""

from __future__ import annotations

import math

from lgesynth_gui.io.dicom_elements import DataSet
from lgesynth_gui.io.dicom_values import integer, items, number, numbers, text, texts
from lgesynth_gui.io.gates import AGAIN, refuse
from lgesynth_gui.io.headers import Cosines, Frame, Plane, Triple


def frames_of(dataset: DataSet, count: int) -> tuple[tuple[Plane, ...], tuple[Frame, ...]]:
    """The first `count` frames of an object and the planes they share.

    Raises:
        Refused: the per-frame part is shorter than the number of frames (PIX-01).
    """
    shared = next(iter(items(dataset, "SharedFunctionalGroupsSequence")), None)
    each = items(dataset, "PerFrameFunctionalGroupsSequence")
    if not each:
        plane, position = _Groups(dataset, None, shared).plane(), _position(dataset)
        frame = Frame(0, position, _phase(dataset))
        return (plane,), (frame,) * count
    if len(each) < count:
        refuse(f"it describes {len(each)} of its {count} frames", AGAIN, "PIX-01")
    planes: dict[Plane, int] = {}
    frames = []
    for own in each[:count]:
        groups = _Groups(dataset, own, shared)
        place = planes.setdefault(groups.plane(), len(planes))
        frames.append(Frame(place, groups.position(), groups.phase(), groups.segment()))
    return tuple(planes), tuple(frames)


class _Groups:
    """The functional groups of one frame: its own, then the shared ones, then the header."""

    def __init__(self, dataset: DataSet, own: DataSet | None, shared: DataSet | None) -> None:
        self._dataset, self._parts = dataset, [one for one in (own, shared) if one is not None]

    def _group(self, keyword: str) -> DataSet:
        for part in self._parts:
            if found := items(part, keyword):
                return found[0]
        return self._dataset

    def plane(self) -> Plane:
        """What it shares with other frames."""
        measures = self._group("PixelMeasuresSequence")
        values = self._group("PixelValueTransformationSequence")
        spacing = numbers(measures, "PixelSpacing", 2)
        slope, intercept = number(values, "RescaleSlope"), number(values, "RescaleIntercept")
        for keyword, value in (("RescaleSlope", slope), ("RescaleIntercept", intercept)):
            if value is None and text(values, keyword):
                refuse("its rescale values are impossible", AGAIN, "PIX-08")
        modifier = self._group("MRModifierSequence")
        inversion = number(modifier, "InversionTimes")
        if inversion is None:
            inversion = number(self._dataset, "InversionTime")
        echo = number(self._group("MREchoSequence"), "EffectiveEchoTime")
        if echo is None:
            echo = number(self._dataset, "EchoTime")
        return Plane(
            orientation=_cosines(self._group("PlaneOrientationSequence")),
            spacing=None if spacing is None else (spacing[0], spacing[1]),
            thickness_mm=number(measures, "SliceThickness"),
            slope=1.0 if slope is None else slope,
            intercept=intercept or 0.0,
            kind=self._kind(),
            echo_ms=echo,
            inversion_ms=inversion,
        )

    def _kind(self) -> str:
        types = self._group("MRImageFrameTypeSequence")
        words = list(texts(types, "FrameType") or texts(self._dataset, "ImageType"))
        component = text(types, "ComplexImageComponent")
        if component and component not in words:
            words.append(component)
        return "/".join(words).upper()[:256]

    def position(self) -> Triple | None:
        """LPS mm of the first pixel."""
        return _position(self._group("PlanePositionSequence"))

    def phase(self) -> float | None:
        """Trigger time, else the index in time."""
        heart = self._group("CardiacSynchronizationSequence")
        found = number(heart, "NominalCardiacTriggerDelayTime")
        if found is None:
            found = number(self._group("FrameContentSequence"), "TemporalPositionIndex")
        return _phase(self._dataset) if found is None else found

    def segment(self) -> int | None:
        """Segment number in a segmentation."""
        found = integer(self._group("SegmentIdentificationSequence"), "ReferencedSegmentNumber")
        return found if found is not None and 0 <= found < 1 << 16 else None


def _phase(dataset: DataSet) -> float | None:
    found = number(dataset, "TriggerTime")
    return number(dataset, "TemporalPositionIdentifier") if found is None else found


def _position(dataset: DataSet) -> Triple | None:
    found = numbers(dataset, "ImagePositionPatient", 3)
    if found is None or any(abs(one) > 1e5 for one in found):
        return None
    return found[0], found[1], found[2]


def _cosines(dataset: DataSet) -> Cosines | None:
    """Six direction cosines, or None when they are no two perpendicular unit vectors."""
    found = numbers(dataset, "ImageOrientationPatient", 6)
    if found is None:
        return None
    row, column = found[:3], found[3:]
    lengths = math.hypot(*row), math.hypot(*column)
    slant = sum(a * b for a, b in zip(row, column, strict=True))
    if any(abs(length - 1) > 0.01 for length in lengths) or abs(slant) > 0.01:
        refuse("its orientation is impossible", AGAIN, "GEO-03")
    a, b, c, d, e, f = found
    return a, b, c, d, e, f
