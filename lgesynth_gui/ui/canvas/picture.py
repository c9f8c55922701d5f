"""What both panes show, as frozen values resolved from the state; drawing is done elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

import numpy as np

from lgesynth_gui.app import heart
from lgesynth_gui.app.look import Look
from lgesynth_gui.app.orientation import EdgeLetters, Turn, display_turn, edge_letters
from lgesynth_gui.app.outcome import zones_of
from lgesynth_gui.app.session import State
from lgesynth_gui.app.verdicts import spaced
from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.contours import Point, Polygon, SliceContours
from lgesynth_gui.core.series import LgeSeries, SliceOrder
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.ui.canvas.difference import signed

LineKind = Literal[
    "epi", "endo", "requested", "measured", "grid", "ghost", "full", "feather", "untouched"
]


@dataclass(frozen=True)
class Line:
    """A vector line in plane millimetres."""

    kind: LineKind
    points: Polygon
    closed: bool = True
    dashed: bool = False


@dataclass(frozen=True, eq=False)
class PanePicture:
    """One pane.

    Args:
        pixels: Stored values `(row, column)`, or None when there is nothing to show.
        spacing: (row, column) mm.
        turn: Display turn.
        badge: Top left: "ORIGINAL" or "SYNTHETIC seed 42".
        synthetic: Whether any shown pixel was generated.
        facts: Top right, one line each.
        below: Bottom left, one line each.
        scale: Bottom right line above the scale bar.
        letters: At the edges.
        lines, dots, marks: Overlay: lines, named points, texts at points.
        handles: Points of the border that is edited; drawn where they do not crowd.
        crossings: Where an edit was stopped.
        opacity: Of lines, points and marks, 0 to 1.
        scale_limit: Above 0 the pixels are a signed difference shown from -limit to +limit.
        frame: "PREVIEW", "APPLIED" or "".
        message: Shown in the middle when there are no pixels.
    """

    pixels: Array | None = None
    spacing: tuple[float, float] = (1.0, 1.0)
    turn: Turn = field(default_factory=Turn)
    badge: str = ""
    synthetic: bool = False
    facts: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    scale: str = ""
    letters: EdgeLetters = field(default_factory=EdgeLetters)
    lines: tuple[Line, ...] = ()
    dots: tuple[Point, ...] = ()
    marks: tuple[tuple[str, Point], ...] = ()
    handles: Polygon = ()
    crossings: tuple[Point, ...] = ()
    opacity: float = 1.0
    scale_limit: float = 0.0
    frame: str = ""
    message: str = ""


@lru_cache(maxsize=4)
def _difference(result: SynthesisResult, series: LgeSeries, index: int) -> Array:
    return signed(result.pixels[index], series.pixels[index])


def turn_of(state: State, look: Look) -> Turn:
    """How the slices are shown: turned to the standard view unless that is switched off."""
    if state.series is None or not look.upright:
        return Turn()
    return display_turn(state.contours, state.series.geometry)


def resolve(
    state: State, look: Look, result: SynthesisResult | None, frame: str = ""
) -> tuple[PanePicture, PanePicture]:
    """The ORIGINAL and the SYNTHETIC pane of the shown slice.

    Args:
        state: What is open and drawn.
        look: How it is looked at.
        result: The previewed or applied result, or None.
        frame: "PREVIEW" or "APPLIED" when `result` is given.
    """
    series = state.series
    if series is None:
        return PanePicture(), PanePicture()
    index = look.slice_index
    turn = turn_of(state, look)
    slices = series.shape[0]
    sliced, rows, columns = series.spacing
    facts = [series.label, f"slice {index + 1}/{slices}"]
    if slices > 1:
        turned = not series.geometry.known or series.order is SliceOrder.UNKNOWN
        first = "slice 1" if turned else "base"  # which end is the base may not be known
        facts.append(f"{index * sliced:.0f} mm from {first}")
    letters = edge_letters(series.geometry, turn)
    if not series.geometry.known:
        facts.append("orientation unknown")
    thick = series.geometry.thickness_mm
    original = PanePicture(
        pixels=np.asarray(series.pixels[index]),
        spacing=(rows, columns),
        turn=turn,
        badge="ORIGINAL",
        facts=tuple(facts) if look.corner else (),
        below=(f"W {plain(look.window)}  L {plain(look.level)}", *_turned(turn)),
        scale=f"{columns:.2f} × {rows:.2f}" + (f" × {thick:.1f} mm" if thick else " mm"),
        letters=letters,
        lines=_lines(state, look) if look.scar else (),
        dots=_dots(state, index) if look.scar else (),
        marks=_marks(state, look),
        handles=_handles(state, look),
        opacity=look.opacity,
    )
    if result is None or result.pixels.shape != series.shape:
        return original, PanePicture(
            badge="SYNTHETIC", message="No result yet.\nGenerate: Ctrl+Enter."
        )
    if look.original:
        return original, replace(original, badge="ORIGINAL (Q held)", frame=frame)
    measured: tuple[Line, ...] = ()
    if look.scar and index in result.slices:
        found = heart.measured_outlines(result, index, (rows, columns))
        measured = tuple(Line("measured", points, dashed=True) for points in found)
    if look.compare == "difference":
        rings, words = proof_rings(result, index, (rows, columns)) if look.rings else ((), ())
        return original, replace(
            original,
            pixels=_difference(result, series, index),
            badge="SYNTHETIC − ORIGINAL",
            synthetic=True,
            below=(*words, *_turned(turn)),
            lines=rings or original.lines,
            scale_limit=look.limit,
            frame=frame,
        )
    made = index in result.slices
    synthetic = replace(
        original,
        pixels=np.asarray(result.pixels[index]),
        badge=f"SYNTHETIC  seed {result.request.seed}" if made else "SYNTHETIC  slice unchanged",
        synthetic=True,
        lines=original.lines + measured,
        frame=frame,
    )
    return original, synthetic


def proof_rings(
    result: SynthesisResult, index: int, spacing: tuple[float, float]
) -> tuple[tuple[Line, ...], tuple[str, ...]]:
    """Borders of full change, feather and untouched zone, and what they are, in words."""
    zones = zones_of(result, index, spacing)
    lines = (
        *(Line("untouched", points) for points in zones.untouched),
        *(Line("feather", points, dashed=True) for points in zones.feather),
        *(Line("full", points) for points in zones.full),
    )
    changed, every = result.verdict.changed_outside, result.verdict.untouched
    words = (
        "white line: full change inside",
        "yellow dashes: feather inside",
        f"green line: untouched outside, {spaced(changed)} of {spaced(every)} changed",
    )
    return lines, words if lines else ("nothing was changed in this slice",)


def _turned(turn: Turn) -> tuple[str, ...]:
    """The note that the picture does not lie as it is stored; it cannot be switched off."""
    return (str(turn),) if turn != Turn() else ()


def with_borders(picture: PanePicture, one: SliceContours, active: str) -> PanePicture:
    """The picture with other borders, everything else as it was: what a drag shows at once."""
    fresh = {"epi": one.epi, "endo": one.endo}
    lines = tuple(
        replace(line, points=fresh[line.kind]) if fresh.get(line.kind) else line
        for line in picture.lines
    )
    handles = fresh.get(active, ()) if picture.handles else ()
    return replace(picture, lines=lines, handles=handles)


def plain(value: float) -> str:
    """A stored value without needless digits."""
    return f"{value:.0f}" if abs(value) >= 10 else f"{value:.3g}"


def _lines(state: State, look: Look) -> tuple[Line, ...]:
    one = state.contours.slices[look.slice_index]
    if one is None:
        return ()
    out = [Line("epi", one.epi, dashed=not one.accepted)]
    if one.endo:
        out.append(Line("endo", one.endo, dashed=not one.accepted))
    if look.grid:
        lines, _, assumed = heart.sector_lines(state.contours, look.slice_index)
        out += [Line("grid", points, closed=False, dashed=assumed) for points in lines]
    out += [Line("requested", p) for p in heart.requested_outlines(state, look.slice_index)]
    if look.ghost is not None:
        imagined = replace(state, sketch=look.ghost)
        ghosts = heart.requested_outlines(imagined, look.slice_index)
        out += [Line("ghost", points, dashed=True) for points in ghosts]
    return tuple(out)


def _handles(state: State, look: Look) -> Polygon:
    one = state.contours.slices[look.slice_index]
    if one is None or not look.scar or look.tool != "select":
        return ()
    return {"endo": one.endo, "epi": one.epi}.get(look.active, ())


def _dots(state: State, index: int) -> tuple[Point, ...]:
    one = state.contours.slices[index]
    if one is None:
        return ()
    return tuple(p for p in (one.rv_anterior, one.rv_inferior) if p is not None)


def _marks(state: State, look: Look) -> tuple[tuple[str, Point], ...]:
    if not (look.grid and look.scar):
        return ()
    _, marks, _ = heart.sector_lines(state.contours, look.slice_index)
    return tuple((str(segment), place) for segment, place in marks)
