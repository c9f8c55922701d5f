"""Makes the list of series out of DICOM headers: each a stack that can be loaded, or why not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.geometry import Floats, Geometry
from lgesynth_gui.core.series import SliceOrder
from lgesynth_gui.io import gates
from lgesynth_gui.io.dicom_group import Found, Slice, Take, groups, same_grid, takes
from lgesynth_gui.io.gates import refuse
from lgesynth_gui.io.recognise import Facts, opinion
from lgesynth_gui.io.series_info import DicomRecipe, Parts, SeriesInfo, as_film
from lgesynth_gui.io.stacking import (
    axis_angle,
    longest_part,
    normal_of,
    order_along,
    plane_spacing,
    stack,
)

WORDS = ("SeriesDescription", "ProtocolName", "SequenceName", "PulseSequenceName")
JOINED = 3  # at least that many single slices make a stack
IN_PARTS = ("GEO-01", "GEO-02", "GEO-04", "GEO-05", "GEO-06")  # only the whole stack is wrong
OFFER = "Open its slices separately, or export the series again."
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
    number = take.slices[0].header.number("SeriesNumber")
    label = "Series" if number is None else f"Series {number:.0f}"
    if take.aside:
        return _film(found, take, directions, label)
    info = _stack(found, take, directions, label)
    if info.refused is None or info.refused.code not in IN_PARTS or len(take.slices) < 2:
        return info
    parts = tuple(_pieces(found, take, directions, label))
    if not parts:
        return info
    told = Refused(info.refused.what, OFFER, info.refused.code)
    return replace(info, reason=str(told), refused=told, parts=parts, kind_of_parts=Parts.SLICES)


def _stack(found: Sequence[Found], take: Take, directions: int, label: str) -> SeriesInfo:
    """One picture a place: a stack, or why it is none."""
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


def _film(found: Sequence[Found], take: Take, directions: int, label: str) -> SeriesInfo:
    """What is no stack; the phases of a film can be loaded, each by itself."""
    phases = []
    for number, slices in enumerate(take.phases, 1):
        words = f"phase {number} of {len(take.phases)}"
        if (time := slices[0].header.number("TriggerTime")) is not None:
            note = f"{words}, {time:.0f} ms into the heartbeat, of"
        else:
            note = f"{words} of"
        note = f"This is {note} a film, not late enhancement."
        if missing := max(map(len, take.phases)) - len(slices):
            note += f" It lacks {missing} of the film's slices."
        one = Take(slices, note=note)
        phases.append(_stack(found, one, directions, f"{label}, {words}"))
    first = next((one for one in phases if one.usable), None)
    if first is None:
        return SeriesInfo(label, take.aside, usable=False, score=-9.0)
    return as_film(replace(first, label=label), take.aside, tuple(phases))


def _pieces(
    found: Sequence[Found], take: Take, directions: int, label: str
) -> Iterator[SeriesInfo]:
    """What of a stack with a refused geometry can be loaded: its longest even run, each slice."""
    part, count = take.slices, len(take.slices)
    order, run = _order_and_run(part)
    if run:
        first = order.index(run[0]) + 1
        words = f"slices {first} to {first + len(run) - 1} of {count}"
        note = f"These are {words}; the others do not lie evenly with them."
        even = Take([part[i] for i in run], note=note)
        yield _stack(found, even, directions, f"{label}, {words}")
    for number, index in enumerate(order, 1):
        words = f"slice {number} of {count}"
        note = f"This is {words}; together they do not lie evenly."
        one = _stack(found, Take([part[index]], note=note), directions, f"{label}, {words}")
        if one.refused is None:
            yield one


def _order_and_run(part: list[Slice]) -> tuple[list[int], list[int]]:
    """Indices of all slices in order, and of the longest even run among them, [] without one."""
    plane = part[0].plane
    positions = [one.frame.position for one in part]
    if plane.orientation is None or None in positions:
        numbers = [one.header.number("InstanceNumber") or 0.0 for one in part]
        return sorted(range(len(part)), key=lambda i: (numbers[i], i)), []
    places = _array(positions)
    order = order_along(places, plane.orientation)
    try:
        spacing = plane_spacing(plane.spacing)
    except Refused:
        return order, []
    return order, longest_part(places, plane.orientation, spacing, plane.thickness_mm)


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
    based = SliceOrder.UNKNOWN
    if orientation is None or None in positions:
        if len(part) > 1:
            hint = "Export the series again, or choose another."
            refuse("the slices do not say where they lie", hint, "GEO-01")
        step = thickness if thickness and 0.1 <= thickness <= 20.0 else 1.0
        geometry, order = Geometry.plain((step, *spacing)), (0,)
        notes.append("The file does not say how the slices lie in the patient.")
    else:
        stacked = stack(_array(positions), orientation, spacing, thickness)
        geometry, order, based = stacked.geometry, stacked.order, stacked.based
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
        order=based,
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
