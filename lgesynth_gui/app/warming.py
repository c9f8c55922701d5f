"""Computes ahead, off the window's thread, what the window will ask for first."""

from __future__ import annotations

from lgesynth_gui.app import heart
from lgesynth_gui.app.cells import numbers
from lgesynth_gui.app.greys import grey_window
from lgesynth_gui.app.session import State
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.sketch import ScarSketch

NOTHING = ScarSketch()


def warm(series: LgeSeries, contours: HeartContours, sketch: ScarSketch = NOTHING) -> None:
    """Compute what the window will ask for first, on the thread that calls."""
    grey_window(series, contours)
    state = State(series, contours, sketch)
    numbers(state)
    for index in sketch.slices():
        heart.requested_outlines(state, index)
