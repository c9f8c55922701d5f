"""What was understood of an opened series, in words to be confirmed, and what can be put right."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lgesynth_gui.app.memo import by_identity
from lgesynth_gui.app.orientation import display_turn, edge_letters
from lgesynth_gui.app.session import State
from lgesynth_gui.core.contours import HeartContours, Polygon
from lgesynth_gui.core.series import LgeSeries, SignalKind, SliceOrder

SIGNALS = {
    SignalKind.MAGNITUDE: "Magnitude",
    SignalKind.PSIR: "Phase-sensitive",
    SignalKind.UNKNOWN: "Not stated",
}
ORDERS = {
    SliceOrder.PLACE: "by its place in the chest",
    SliceOrder.CAVITY: "by the size of the cavity",
    SliceOrder.PERSON: "as it was set by hand",
}
TOUCHING_MM = 0.1  # a smaller gap or overlap is rounding
SWAPPED = 1.25  # so much larger is the cavity towards the apex only when the ends are swapped
FEWEST = 3  # outlined slices from which a cavity's growth says anything


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was understood.

    Args:
        name: What it is about.
        text: What was understood, without a full stop.
        sure: False where a person should look.
    """

    name: str
    text: str
    sure: bool = True


def is_imported(state: State) -> bool:
    """Whether there is something to confirm: the program's own hearts are what they say."""
    return state.series is not None and state.series.source.format != "phantom"


def outcome(state: State) -> str:
    """How it ended: "Loaded", or "Loaded with a warning" where a person should look."""
    series = state.series
    if series is None:
        return ""
    unsure = series.notes or not all(one.sure for one in facts(series, state.contours))
    return "Loaded with a warning" if unsure else "Loaded"


@by_identity(4)
def facts(series: LgeSeries, contours: HeartContours) -> tuple[Fact, ...]:
    """What was understood of a series and its contours, the most far-reaching first."""
    return (
        _slices(series),
        _spacing(series),
        _order(series, contours),
        _orientation(series, contours),
        Fact("Signal", SIGNALS[series.signal], series.signal is not SignalKind.UNKNOWN),
        _ventricle(contours),
        _outlines(contours),
    )


def _slices(series: LgeSeries) -> Fact:
    slices, rows, columns = series.shape
    _, dy, dx = series.spacing
    count = f"{slices} slice{'s' * (slices != 1)}"
    return Fact("Images", f"{count} of {columns} × {rows} pixels of {dx:.2f} × {dy:.2f} mm")


def _spacing(series: LgeSeries) -> Fact:
    """From the positions of the slices; the thickness says only what lies between them."""
    apart, thick = series.geometry.slice_distance, series.geometry.thickness_mm
    if series.shape[0] == 1:
        return Fact("Spacing", f"one slice, {thick:.1f} mm thick" if thick else "one slice")
    text = f"{apart:.1f} mm between centres"
    if not series.geometry.known:
        return Fact("Spacing", f"{text}, as the file states it")
    gap = series.geometry.gap_mm
    if gap is None:
        return Fact("Spacing", f"{text}, by position")
    if abs(gap) < TOUCHING_MM:
        between = "no gap"
    else:
        between = f"{'gaps' if gap > 0 else 'overlaps'} of {abs(gap):.1f} mm"
    return Fact("Spacing", f"{text}, by position; {thick:.1f} mm thick: {between}")


def _order(series: LgeSeries, contours: HeartContours) -> Fact:
    if series.shape[0] == 1:
        return Fact("Order", "one slice: choose its ring")
    growth = cavity_growth(contours)
    if growth is not None and growth > SWAPPED:
        return Fact("Order", "the cavity grows towards the last slice: apex to base?", sure=False)
    if series.order is not SliceOrder.UNKNOWN:
        return Fact("Order", f"slice 1 is the base, {ORDERS[series.order]}")
    if growth is not None and growth < 1 / SWAPPED:
        return Fact("Order", f"slice 1 is the base, {ORDERS[SliceOrder.CAVITY]}")
    return Fact("Order", "base and apex could not be told; slice 1 is taken for the base", False)


def cavity_growth(contours: HeartContours) -> float | None:
    """Cavity of the last third of the outlined slices over that of the first; None = too few.

    It shrinks from base to apex, so a value well above 1 means that the ends are swapped.
    """
    areas = [_area(one.endo) if one is not None else None for one in contours.slices]
    seen = [one for one in areas if one is not None]
    if len(seen) < FEWEST:
        return None
    third = max(len(seen) // 3, 1)
    first, last = float(np.mean(seen[:third])), float(np.mean(seen[-third:]))
    return last / first if first > 0 else None


def _area(polygon: Polygon) -> float:
    """Area in mm2; 0 for a slice of wall without a cavity."""
    if not polygon:
        return 0.0
    x, y = np.asarray(polygon).T
    return 0.5 * abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))


def _orientation(series: LgeSeries, contours: HeartContours) -> Fact:
    turn = display_turn(contours, series.geometry)
    letters = edge_letters(series.geometry, turn)
    if not series.geometry.known:
        return Fact("Orientation", "not stated: no letters are shown", sure=False)
    text = f"right edge {letters.right}, bottom edge {letters.bottom}"
    return Fact("Orientation", f"{text}; {turn}" if str(turn) else text)


def _ventricle(contours: HeartContours) -> Fact:
    outlined = contours.outlined()
    known = [
        one
        for one in contours.slices
        if one is not None and one.rv_anterior is not None and one.rv_inferior is not None
    ]
    if not outlined:
        return Fact("Right ventricle", "not looked for yet: propose contours", sure=False)
    if not known:
        return Fact("Right ventricle", "no insertion points: segments are nominal", sure=False)
    text = f"left of the heart as shown; insertion points on {len(known)} of {len(outlined)} slices"
    return Fact("Right ventricle", text)


def _outlines(contours: HeartContours) -> Fact:
    outlined = contours.outlined()
    if not outlined:
        return Fact("Contours", "none yet", sure=False)
    kept = sum(1 for one in contours.slices if one is not None and one.accepted)
    text = f"{len(outlined)} of {len(contours.slices)} slices"
    return Fact("Contours", f"{text}, {kept} accepted" if kept else f"{text}, none accepted")


def why_not_correct(state: State, made: bool) -> str:
    """Why order and signal stay as they are, or "" when they may still be put right.

    Args:
        state: As it is.
        made: Whether there are results or something is being made.
    """
    if state.series is None:
        return "Open a series first."
    if made or state.applied is not None:
        return "Results belong to the series as it is. Open it again to change this."
    if state.sketch.slices() or state.healed:
        return "Clear the scar first: it lies on the slices as they are."
    return ""


def turned_over(state: State) -> tuple[LgeSeries, HeartContours]:
    """The series from the other end, and its contours with it."""
    assert state.series is not None
    return state.series.turned_over(), HeartContours(state.contours.slices[::-1])


def with_signal(series: LgeSeries, signal: SignalKind) -> LgeSeries:
    """The same pixels, read as another kind of signal."""
    return replace(series, signal=signal)
