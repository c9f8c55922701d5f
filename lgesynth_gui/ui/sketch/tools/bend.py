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
    try:
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
                dx, dy = end[0] - start[0], end[1] - start[1]
                far = (start[0] + share * dx, start[1] + share * dy)
                if press.shift:
                    return borders.shifted(line, far)
                if at_vertex:
                    x, y = line[number]
                    return borders.with_vertex(line, number, (x + far[0], y + far[1]))
                return borders.bent(line, press.at, far)

            now, met = borders.held_apart(now, border, made)
            former = former if met else step
            _show(desk, now, met, name, key)
        if dragged:
            _put(desk, now, name, key)
    finally:
        _end(desk)
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
    key, now, last, name = new_merge_key(), one, press.at, f"push {border}"
    line = borders.fine(line)
    within = borders.inside(line, press.at)
    event: object = press
    try:
        while True:
            if isinstance(event, Pointer):
                if event.kind in ("release", "double"):
                    break
                met: tuple[Point, ...] = ()
                for at in _way(last, event.at, radius_mm / 2):
                    after = borders.pushed(line, at, radius_mm)
                    if after == line or borders.inside(line, at) is not within:
                        continue  # beyond a line that was stopped: it is not pushed back from there
                    made = partial(borders.between, line, after)
                    now, stop = borders.held_apart(replaced(now, border, line), border, made)
                    met = met or stop
                    line = borders.fine(border_of(now, border))
                last = event.at
                _show(desk, now, met, name, key)
            event = yield
        _put(desk, now, name, key)
    finally:
        _end(desk)


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
) -> None:
    """Make an edit as far as the borders stay apart."""
    after, met = borders.held_apart(before, border, made)
    _tell(desk, met)
    _put(desk, after, text, key)


def _show(desk: Desk, now: SliceContours, met: tuple[Point, ...], text: str, key: int) -> None:
    """Draw the border at once; masks, bullseye and grams follow when the hand rests."""
    _tell(desk, met)
    desk.outline(now)
    desk.rest(lambda: _put(desk, now, text, key))


def _end(desk: Desk) -> None:
    desk.rest(None)
    desk.outline(None)


def _tell(desk: Desk, met: tuple[Point, ...]) -> None:
    desk.mark(met)
    if met:
        desk.say(APART)


def _put(desk: Desk, after: SliceContours, text: str, key: int) -> None:
    contours, index = desk.session.state.contours, desk.view.look.slice_index
    desk.session.edit("contours", contours.replacing(index, after), text, merge_key=key)
