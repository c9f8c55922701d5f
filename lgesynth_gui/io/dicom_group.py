"""Sorts the frames of many DICOM objects into stacks that share one grid."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lgesynth_gui.io import gates
from lgesynth_gui.io.headers import DicomHeader, Frame, Plane
from lgesynth_gui.io.stacking import SAME_PLACE_MM, normal_of

Found = tuple[Path, DicomHeader]
SAME_DIRECTION = 1e-3  # largest difference of two direction cosines
CINE_PHASES = 5  # pictures at one place from which on it is a film
REPEATS = 4  # at most that many takes of one slice are a repeated breath-hold


@dataclass(frozen=True, eq=False)
class Slice:
    """One frame of one object."""

    file: int
    number: int  # of the frame, from 0
    frame: Frame
    plane: Plane
    header: DicomHeader


@dataclass(frozen=True, eq=False)
class Take:
    """Slices with one picture a place.

    Args:
        slices: In no order.
        aside: Why they are no stack, one sentence, or "".
        note: A warning about them, one sentence, or "".
        extra: What tells them from the other takes of their series, or "".
        phases: Of a film: slices with one picture a place, one after the other in time.
    """

    slices: list[Slice]
    aside: str = ""
    note: str = ""
    extra: str = ""
    phases: tuple[list[Slice], ...] = ()


def groups(found: Sequence[Found]) -> Iterator[tuple[list[Slice], int]]:
    """Frames that share series, grid size, kind and direction; and the directions in the series."""
    kept: list[list[Slice]] = []
    for one in _slices(found):
        for group in kept:
            if _belongs(one, group[0]):
                group.append(one)
                break
        else:
            kept.append([one])
    for group in kept:
        series = group[0].header.series
        ways = [other[0] for other in kept if other[0].header.series == series]
        yield (
            group,
            sum(1 for i, a in enumerate(ways) if not any(_parallel(a, b) for b in ways[:i])),
        )


def _slices(found: Sequence[Found]) -> Iterator[Slice]:
    for index, (_, header) in enumerate(found):
        for number, frame in enumerate(header.frames):
            yield Slice(index, number, frame, header.planes[frame.plane], header)


def _belongs(one: Slice, other: Slice) -> bool:
    a, b = one.header, other.header
    return (a.study, a.series) == (b.study, b.series) and same_grid(one, other)


def same_grid(one: Slice, other: Slice) -> bool:
    """Whether two slices are of one kind and could lie in one stack."""
    a, b = one.header.pixels, other.header.pixels
    same = (a.rows, a.columns, a.dtype, a.photometric) == (
        b.rows,
        b.columns,
        b.dtype,
        b.photometric,
    )
    if not same or one.plane.kind != other.plane.kind or not _same_echo(one.plane, other.plane):
        return False
    return _same_spacing(one.plane.spacing, other.plane.spacing) and _parallel(one, other)


def _same_echo(one: Plane, other: Plane) -> bool:
    """Some scanners state an echo time that differs a little from slice to slice."""
    if one.echo_ms is None or other.echo_ms is None:
        return one.echo_ms is other.echo_ms
    return math.isclose(one.echo_ms, other.echo_ms, rel_tol=0.1)


def _same_spacing(one: tuple[float, float] | None, other: tuple[float, float] | None) -> bool:
    if one is None or other is None:
        return one is other
    return all(math.isclose(a, b, rel_tol=1e-3) for a, b in zip(one, other, strict=True))


def _parallel(one: Slice, other: Slice) -> bool:
    a, b = one.plane.orientation, other.plane.orientation
    if a is None or b is None:
        return a is b
    return max(abs(x - y) for x, y in zip(a, b, strict=True)) < SAME_DIRECTION


def takes(group: list[Slice]) -> Iterator[Take]:
    """Parts of a group with one picture a place, or the whole group with why it is none."""
    pixels = group[0].header.pixels
    if group[0].header.sop_class in gates.SEGMENTATIONS:
        yield Take(group, aside="A segmentation, not an image: give it as a mask.")
        return
    if len(group[0].header.frames) < pixels.frames:
        yield Take(group, aside=f"{pixels.frames} frames: a film, not a stack.")
        return
    places = _places(group)
    most = max(len(place) for place in places)
    cine = _cine_phases(group, places) if most > 1 else 0
    if most == 1 or (not cine and _nowhere(group)):
        yield Take(group)
        return
    times = sorted({one.plane.inversion_ms for one in group if one.plane.inversion_ms is not None})
    timed = len(times) == most and all(
        len({one.plane.inversion_ms for one in place}) == len(place) for place in places
    )
    one_object = any(len({one.file for one in place}) < len(place) for place in places)
    if cine:
        words = f"A cine ({cine} phases of the heartbeat), not late enhancement."
        yield Take(group, aside=words, phases=phases_of(places))
    elif timed and len(places) == 1 and most > 2:
        yield Take(group, aside=f"A TI scout: one place at {most} inversion times.")
    elif timed:
        for time in times:
            part = [one for one in group if one.plane.inversion_ms == time]
            yield Take(part, extra=f"inversion time {time:.0f} ms")
    elif most > REPEATS or one_object:
        words = f"{most} pictures at each place: a time series, not a stack."
        one_place = one_object and len({one.frame.phase for one in group}) == 1
        yield Take(group, aside=words, phases=() if one_place else phases_of(places))
    else:
        repeated = sum(len(place) > 1 for place in places)
        words = f"{repeated} slice{'s were' if repeated > 1 else ' was'} taken more than once"
        latest = [max(place, key=_taken) for place in places]
        yield Take(latest, note=f"{words}; the latest is used.")


def _nowhere(group: list[Slice]) -> bool:
    """Whether a frame does not say where it lies."""
    return any(one.frame.position is None or one.plane.orientation is None for one in group)


def _places(group: list[Slice]) -> list[list[Slice]]:
    """Frames by place; those that do not say where they lie are at one unknown place."""
    orientation = group[0].plane.orientation
    if orientation is None or _nowhere(group):
        return [group]
    normal = normal_of(orientation)
    points = {id(one): np.asarray(one.frame.position) for one in group}
    ordered = sorted(group, key=lambda one: float(points[id(one)] @ normal))
    places = [[ordered[0]]]
    for one in ordered[1:]:
        step = points[id(one)] - points[id(places[-1][0])]
        if abs(float(step @ normal)) <= SAME_PLACE_MM:
            places[-1].append(one)
        else:
            places.append([one])
    return places


def _cine_phases(group: list[Slice], places: list[list[Slice]]) -> int:
    """Pictures a place when this is a film of the beating heart, else 0."""
    header, most = group[0].header, max(len(place) for place in places)
    stated = header.number("CardiacNumberOfImages")
    if stated is not None and stated >= CINE_PHASES:
        return int(stated)
    moving = any(len({s.frame.phase for s in place}) >= CINE_PHASES for place in places)
    film = header.number("FrameTime") is not None and header.pixels.frames > 1
    return most if moving or film else 0


def phases_of(places: list[list[Slice]]) -> tuple[list[Slice], ...]:
    """Pictures of many moments at each place, as one list a moment, in the order of time.

    Times differ a little from place to place, since heartbeats do. The place with the most
    pictures sets the moments; each picture of another one goes to the moment closest to its own
    time, or, where times are not stated or not different, to the one of its number.
    """
    ordered = [sorted(place, key=_moment) for place in places]
    longest = max(ordered, key=len)
    times = [one.frame.phase for one in longest]
    timed = None not in times and len(set(times)) == len(times)
    found: list[list[Slice]] = [[] for _ in longest]
    for place in ordered:
        numbers = list(range(len(place)))
        if timed and len(place) < len(longest) and all(s.frame.phase is not None for s in place):
            numbers = [
                min(
                    range(len(times)), key=lambda k: abs((times[k] or 0.0) - (s.frame.phase or 0.0))
                )
                for s in place
            ]
        for number, one in zip(numbers, place, strict=True):
            if not found[number] or found[number][-1] not in place:
                found[number].append(one)
    return tuple(found)


def _moment(one: Slice) -> tuple[float, tuple[float, str, float, int]]:
    return (one.frame.phase or 0.0, _taken(one))


def _taken(one: Slice) -> tuple[float, str, float, int]:
    """Sorts repeated takes of a slice by when they were taken."""
    header = one.header
    moment = header.text("AcquisitionDateTime")
    moment = moment or header.text("AcquisitionDate") + header.text("AcquisitionTime")
    instance = header.number("InstanceNumber") or 0.0
    return header.number("AcquisitionNumber") or 0.0, moment, instance, one.number
