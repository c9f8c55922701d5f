"""Bend a heart border: vertices near the pointer follow it, softly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lgesynth_gui.app.session import new_merge_key
from lgesynth_gui.core.contours import Point, Polygon, SliceContours
from lgesynth_gui.ui.canvas.overlay import Pointer
from lgesynth_gui.ui.sketch.tools.base import Desk, Gesture

REACH_MM = 7.0  # how far along the border a drag is felt (one standard deviation)
GRIP_PX = 14.0


def bend(desk: Desk, press: Pointer, border: str) -> Gesture:
    """Drag the endocardium or epicardium; with Shift the whole ring moves. One undo step.

    The endocardium stays inside the epicardium: a move that would cross is not made.

    Args:
        desk: What is worked on.
        press: Where the border is taken hold of.
        border: "endo" or "epi".
    """
    contours, index = desk.session.state.contours, desk.view.look.slice_index
    one = contours.slices[index]
    line: Polygon = getattr(one, border) if one is not None else ()
    if one is None or not line:
        desk.say("There is no such border on this slice: draw it with the contour tool (C).")
        return
    points = np.asarray(line)
    gaps = np.hypot(points[:, 0] - press.at[0], points[:, 1] - press.at[1])
    if not press.shift and gaps.min() > GRIP_PX * press.px_mm:
        desk.say("Take hold of the border itself.")
        return
    weight = np.ones(len(points)) if press.shift else np.exp(-0.5 * (_along(points, gaps)) ** 2)
    key = new_merge_key()
    while True:
        event = yield
        if not isinstance(event, Pointer):
            continue
        if event.kind in ("release", "double"):
            return
        if event.kind != "move":
            continue
        step = np.array([event.at[0] - press.at[0], event.at[1] - press.at[1]])
        moved = points + weight[:, None] * step
        changed: SliceContours = replace(one, **{border: _polygon(moved)})  # type: ignore[arg-type]
        if _nested(changed):
            desk.session.edit(
                "contours", contours.replacing(index, changed), f"bend {border}", merge_key=key
            )
        else:
            desk.say("The endocardium stays inside the epicardium.")


def _along(points: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """Distance along the closed border from the vertex nearest to the pointer, over the reach."""
    steps = np.hypot(*(np.roll(points, -1, axis=0) - points).T)
    place = np.concatenate([[0.0], np.cumsum(steps)[:-1]])
    away = np.abs(place - place[int(gaps.argmin())])
    return np.asarray(np.minimum(away, steps.sum() - away) / REACH_MM)


def _polygon(points: np.ndarray) -> Polygon:
    return tuple((float(x), float(y)) for x, y in points)


def _nested(contours: SliceContours) -> bool:
    """Whether every endocardial vertex lies inside the epicardium."""
    if not contours.endo:
        return True
    return all(_inside(contours.epi, point) for point in contours.endo)


def _inside(polygon: Polygon, point: Point) -> bool:
    """Even-odd rule."""
    (x1, y1), (px, py) = np.asarray(polygon).T, point
    x2, y2 = np.roll(x1, -1), np.roll(y1, -1)
    spans = (y1 > py) != (y2 > py)
    with np.errstate(divide="ignore", invalid="ignore"):
        cross = x1 + (py - y1) * (x2 - x1) / (y2 - y1)
    return bool(np.count_nonzero(spans & (cross > px)) % 2)
