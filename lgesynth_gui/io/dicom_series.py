"""Makes the list of series out of DICOM headers: each a stack that can be loaded, or why not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.geometry import Floats, Geometry
from lgesynth_gui.io import gates
from lgesynth_gui.io.dicom_group import Found, Slice, Take, groups, same_grid, takes
from lgesynth_gui.io.gates import refuse
from lgesynth_gui.io.recognise import Facts, opinion
from lgesynth_gui.io.series_info import DicomRecipe, SeriesInfo
from lgesynth_gui.io.stacking import axis_angle, normal_of, plane_spacing, stack

WORDS = ("SeriesDescription", "ProtocolName", "SequenceName", "PulseSequenceName")
JOINED = 3  # at least that many single slices make a stack
_SEQUENCE = ("ScanningSequence", "AcquisitionContrast")


def series_in(found: Sequence[Found]) -> list[SeriesInfo]:
    """The stacks that objects make, usable or with the reason why not."""
    parts = [(take, ways) for group, ways in groups(found) for take in takes(group)]
    infos: list[SeriesInfo] = []
    joined: set[int] = set()
    for take in _joined([take for take, _ in parts]):
        info = _info(found, take, 1)
        if info.recipe is not None and info.slices == len(take.slices):
            joined |= {id(one) for one in take.slices}
            infos.append(info)
    infos += [_info(found, take, ways) for take, ways in parts if id(take.slices[0]) not in joined]
    return infos


def _joined(parts: Sequence[Take]) -> Iterator[Take]:
    """Stacks that a scanner has cut into series of one slice each, a breath-hold a series."""
    singles = [one for one in parts if len(one.slices) == 1 and not (one.aside or one.note)]
    while singles:
        first = singles[0].slices[0]
        alike = [one for one in singles if _alike(one.slices[0], first)]
        singles = [one for one in singles if one not in alike]
        slices = [one.slices[0] for one in alike]
        if len(slices) >= JOINED:
            words = f"{len(slices)} series of one slice each were taken as one stack."
            yield Take(slices, note=words)


def _alike(one: Slice, other: Slice) -> bool:
    a, b = one.header, other.header
    words = a.text("SeriesDescription"), b.text("SeriesDescription")
    same = (a.study, a.frame_of_reference) == (b.study, b.frame_of_reference)
    return same and words[0] == words[1] and a.series != "" != b.series and same_grid(one, other)


def _info(found: Sequence[Found], take: Take, directions: int) -> SeriesInfo:
    header = take.slices[0].header
    number = header.number("SeriesNumber")
    label = "Series" if number is None else f"Series {number:.0f}"
    if take.aside:
        return SeriesInfo(label, take.aside, usable=False, score=-9.0)
    try:
        recipe = _recipe(found, take)
    except Refused as refused:
        told = Refused(f"{label} was refused: {refused.what}.", refused.hint, refused.code)
        return SeriesInfo(label, str(told), usable=False, score=-9.0, refused=told)
    judged = opinion(_facts(take.slices, len(recipe.slices), directions))
    reason = judged.reason
    if take.extra and take.extra not in reason:
        reason = f"{reason.removesuffix('.')}, {take.extra}."
    return SeriesInfo(
        label=label,
        reason=reason,
        usable=judged.usable,
        score=judged.score,
        slices=len(recipe.slices),
        recipe=recipe if judged.usable else None,
    )


def _recipe(found: Sequence[Found], take: Take) -> DicomRecipe:
    part, first = take.slices, take.slices[0]
    spacing = plane_spacing(first.plane.spacing)
    thickness = first.plane.thickness_mm
    orientation = first.plane.orientation
    positions = [one.frame.position for one in part]
    notes = [note for one in part for note in one.header.notes]
    if len({one.header.frame_of_reference for one in part}) > 1:  # as some anonymisers leave them
        notes.append("The slices name different frames of reference; they were taken as one.")
    order: tuple[int, ...]
    if orientation is None or None in positions:
        if len(part) > 1:
            hint = "Export the series again, or choose another."
            refuse("the slices do not say where they lie", hint, "GEO-01")
        step = thickness if thickness and 0.1 <= thickness <= 20.0 else 1.0
        geometry, order = Geometry.plain((step, *spacing)), (0,)
        notes.append("The file does not say how the slices lie in the patient.")
    else:
        stacked = stack(_array(positions), orientation, spacing, thickness)
        geometry, order = stacked.geometry, stacked.order
        notes += stacked.notes
    bytes_needed = len(order) * first.header.pixels.nbytes // first.header.pixels.frames
    if bytes_needed > gates.STUDY_BYTES:
        refuse("it needs more than 2 GiB", "Choose a smaller series.", "PIX-03")
    chosen = [part[i] for i in order]
    used = sorted({one.file for one in chosen})
    return DicomRecipe(
        files=tuple(found[i] for i in used),
        slices=tuple((used.index(one.file), one.number) for one in chosen),
        geometry=geometry,
        notes=tuple(note for note in dict.fromkeys([*notes, take.note]) if note),
    )


def _array(positions: Sequence[tuple[float, float, float] | None]) -> Floats:
    return np.array([one for one in positions if one is not None], dtype=np.float64)


def _facts(part: list[Slice], slices: int, directions: int) -> Facts:
    header, plane = part[0].header, part[0].plane
    known = plane.orientation is not None and part[0].frame.position is not None
    return Facts(
        words=" ".join(header.text(keyword) for keyword in WORDS),
        kind=plane.kind,
        sequence=" ".join(header.text(keyword) for keyword in _SEQUENCE),
        body_part=header.text("BodyPartExamined"),
        inversion_ms=plane.inversion_ms,
        heart_phases=header.number("CardiacNumberOfImages"),
        degrees=axis_angle(normal_of(plane.orientation)) if known and plane.orientation else None,
        slices=slices,
        directions=directions,
    )
