"""Edit a heart border: drag a point or the line, add and remove points, push it with a disc."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import ceil, hypot

from lgesynth_gui.app import borders
from lgesynth_gui.app.borders import Border, border_of, replaced
from lgesynth_gui.app.session import new_merge_key
from lgesynth_gui.core.contours import Point, Polygon, SliceContours
from lgesynth_gui.ui.canvas.overlay import Pointer
from lgesynth_gui.ui.sketch.tools.base import Desk, Gesture

GRIP_PX = 14.0  # from the line
VERTEX_PX = 6.0  # from a point that is shown
CLICK_PX = 3.0  # less is a click, not a drag
NONE = "There is no such border on this slice: draw it with the contour tool (C)."
APART = "The endocardium stays inside the epicardium: stopped at the mark."
ZOOM_IN = "Zoom in until the points of the border are shown, then add or remove one."


def bend(desk: Desk, press: Pointer, border: Border) -> Gesture:
    """One gesture of the left button on the endocardium or epicardium; one undo step.

    A shown point is dragged alone, the line elsewhere softly, with Shift the whole ring; a click
    on the line adds a point, Alt+click removes one.

    Args:
        desk: What is worked on.
        press: Where the border is taken hold of.
        border: "endo" or "epi".
    """
    one = desk.session.state.contours.slices[desk.view.look.slice_index]
    line = border_of(one, border) if one is not None else ()
    if one is None or not line:
        desk.say(NONE)
        return
    number, to_vertex = borders.nearest_vertex(line, press.at)
    edge, foot, to_line = borders.nearest_edge(line, press.at)
    shown = not borders.crowded(line, press.px_mm)
    if not press.shift and to_line > GRIP_PX * press.px_mm:
        desk.say("Take hold of the border itself.")
        return
    at_vertex = shown and to_vertex <= VERTEX_PX * press.px_mm
    if press.alt:
        if shown:
            fewer = borders.without_vertex(line, number)
            _edit(desk, one, border, lambda _: fewer, "remove a point", new_merge_key())
        else:
            desk.say(ZOOM_IN)
        return
    key, now, dragged = new_merge_key(), one, False
    name = "move the ring" if press.shift else "move a point" if at_vertex else f"bend {border}"
    former = (0.0, 0.0)
    while True:
        event = yield
        if not isinstance(event, Pointer):
            continue
        if event.kind in ("release", "double"):
            break
        if event.kind != "move":
            continue
        step = (event.at[0] - press.at[0], event.at[1] - press.at[1])
        dragged |= hypot(*step) > CLICK_PX * event.px_mm
        if not dragged:
            continue

        def made(share: float, start: Point = former, end: Point = step) -> Polygon:
            far = (start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1]))
            if press.shift:
                return borders.shifted(line, far)
            if at_vertex:
                x, y = line[number]
                return borders.with_vertex(line, number, (x + far[0], y + far[1]))
            return borders.bent(line, press.at, far)

        now, stopped = _edit(desk, now, border, made, name, key)
        if not stopped:
            former = step
    if not dragged and not press.shift and not at_vertex:
        if shown:
            more = borders.with_inserted(line, edge, foot)
            _edit(desk, one, border, lambda _: more, "add a point", key)
        else:
            desk.say(ZOOM_IN)


def push(desk: Desk, press: Pointer, border: Border, radius_mm: float) -> Gesture:
    """Push the border with a disc, outwards from inside and inwards from outside; one undo step.

    Args:
        desk: What is worked on.
        press: Where the disc comes down.
        border: "endo" or "epi".
        radius_mm: Of the disc.
    """
    one = desk.session.state.contours.slices[desk.view.look.slice_index]
    line = border_of(one, border) if one is not None else ()
    if one is None or not line:
        desk.say(NONE)
        return
    key, now, last = new_merge_key(), one, press.at
    line = borders.fine(line)
    within = borders.inside(line, press.at)
    event: object = press
    while True:
        if isinstance(event, Pointer):
            if event.kind in ("release", "double"):
                return
            met: tuple[Point, ...] = ()
            for at in _way(last, event.at, radius_mm / 2):
                if borders.inside(line, at) is not within:
                    continue  # past a line that was stopped: it is not pushed back from there
                after = borders.pushed(line, at, radius_mm)
                if after == line:
                    continue
                made = partial(borders.between, line, after)
                now, stop = borders.held_apart(replaced(now, border, line), border, made)
                met = met or stop
                line = borders.fine(border_of(now, border))
            last = event.at
            _put(desk, now, met, f"push {border}", key)
        event = yield


def _way(start: Point, end: Point, step_mm: float) -> list[Point]:
    """Points from after `start` to `end`, not farther apart than a step."""
    count = max(1, ceil(hypot(end[0] - start[0], end[1] - start[1]) / step_mm))
    return [
        (start[0] + k / count * (end[0] - start[0]), start[1] + k / count * (end[1] - start[1]))
        for k in range(1, count + 1)
    ]


def _edit(
    desk: Desk,
    before: SliceContours,
    border: Border,
    made: Callable[[float], Polygon],
    text: str,
    key: int,
) -> tuple[SliceContours, bool]:
    """Make an edit as far as the borders stay apart; (the contours now, whether it was stopped)."""
    after, met = borders.held_apart(before, border, made)
    _put(desk, after, met, text, key)
    return after, bool(met)


def _put(desk: Desk, after: SliceContours, met: tuple[Point, ...], text: str, key: int) -> None:
    desk.mark(met)
    if met:
        desk.say(APART)
    contours, index = desk.session.state.contours, desk.view.look.slice_index
    desk.session.edit("contours", contours.replacing(index, after), text, merge_key=key)
