"""How one looks at the images: zoom, place, grey window. Asks the view for changes only."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from lgesynth_gui.app import greys
from lgesynth_gui.app.look import View
from lgesynth_gui.app.session import Session
from lgesynth_gui.core.contours import Point
from lgesynth_gui.core.greys import percentile_window
from lgesynth_gui.ui.canvas.picture import turn_of

ZOOM_RANGE = (0.5, 60.0)  # screen pixels a millimetre
HEART_SHARE = 0.65  # of the pane's shorter side
OPACITY = (0.2, 1.0, 0.2)  # of the overlay: least, most, step


class Sight(QObject):
    """Turns wishes ("fit the heart", "darker") into numbers of the look."""

    said = Signal(str)

    def __init__(
        self,
        session: Session,
        view: View,
        room: Callable[[], tuple[int, int]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._view, self._room = session, view, room
        self._fitted = True
        self._auto = (0.0, 0.0)  # window and level nobody has changed yet

    # -- place

    def fit_heart(self) -> None:
        """Zoom so that the heart fills two thirds of a pane; the whole slice without contours."""
        state, look = self._session.state, self._view.look
        if state.series is None:
            return
        turn = turn_of(state, look)
        one = state.contours.slices[look.slice_index]
        if one is None:
            others = state.contours.outlined()
            one = state.contours.slices[others[len(others) // 2]] if others else None
        if one is not None:
            points = [turn.to_display(*p) for p in one.epi]
            share = HEART_SHARE
        else:
            rows, columns = state.series.shape[1:]
            _, dy, dx = state.series.spacing
            points = [turn.to_display(x * dx, y * dy) for x in (0, columns) for y in (0, rows)]
            share = 1.0
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        size = max(max(xs) - min(xs), max(ys) - min(ys), 1.0)
        zoom = share * max(min(self._room()), 50) / size
        own = None if look.own_zoom is None else zoom
        centre = ((max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2)
        self._view.set(zoom=zoom, own_zoom=own, centre=centre)
        self._fitted = True

    def refit(self) -> None:
        """Fit the heart again, unless somebody zoomed or panned."""
        if self._fitted:
            self.fit_heart()

    def zoom_by(self, factor: float) -> None:
        """Zoom both panes around the middle."""
        look = self._view.look
        own = None if look.own_zoom is None else _zoomed(look.own_zoom, factor)
        self._fitted = False
        self._view.set(zoom=_zoomed(look.zoom, factor), own_zoom=own)

    def zoom_at(self, factor: float, still: Point, *, own: bool) -> None:
        """Zoom so that one display point stays where it is.

        Args:
            factor: Above 1 enlarges.
            still: Display millimetres.
            own: Only the synthetic pane, which is unlinked.
        """
        look = self._view.look
        former = look.own_zoom if own and look.own_zoom is not None else look.zoom
        zoom = _zoomed(former, factor)
        keep = 1 - former / zoom
        centre = (
            look.centre[0] + (still[0] - look.centre[0]) * keep,
            look.centre[1] + (still[1] - look.centre[1]) * keep,
        )
        self._fitted = False
        self._view.set(**{"own_zoom" if own else "zoom": zoom}, centre=centre)

    def pan(self, dx: float, dy: float) -> None:
        """Move both images by display millimetres."""
        x, y = self._view.look.centre
        self._fitted = False
        self._view.set(centre=(x + dx, y + dy))

    # -- greys

    def auto_window(self) -> None:
        """Back to the window/level made from the original."""
        state = self._session.state
        if state.series is not None:
            self._auto = window, level = greys.grey_window(state.series, state.contours)
            self._view.set(window=window, level=level)

    def begin(self) -> None:
        """The window of a study that is new, and with it the scale of its differences."""
        self.auto_window()
        self._view.set(limit=greys.difference_limit(self._auto[0]))

    def outlined(self) -> None:
        """The first contours say where the heart is, and how bright its tissues are."""
        look = self._view.look
        self.refit()
        if (look.window, look.level) == self._auto:
            self.begin()

    def file_window(self) -> None:
        """The window/level the file states."""
        series = self._session.state.series
        found = greys.file_window(series) if series is not None else None
        if found is not None:
            self._view.set(window=found[0], level=found[1])
        elif series is not None:
            self.said.emit("This file states no window/level. J: automatic.")

    def drag_window(self, dx: float, dy: float) -> None:
        """Right widens, down darkens; screen pixels."""
        look = self._view.look
        step = max(look.window, 1e-3) / 250.0
        self._view.set(
            window=max(look.window + dx * step, look.window / 20), level=look.level + dy * step
        )

    def box_window(self, first: Point, last: Point) -> None:
        """Automatic window/level of a box of the shown slice; corners in plane mm."""
        series = self._session.state.series
        if series is None:
            return
        _, dy, dx = series.spacing
        columns = sorted(round(p[0] / dx) for p in (first, last))
        rows = sorted(round(p[1] / dy) for p in (first, last))
        plane = series.pixels[self._view.look.slice_index]
        part = plane[max(rows[0], 0) : rows[1] + 1, max(columns[0], 0) : columns[1] + 1]
        if part.size:
            window, level = percentile_window(part)
            self._view.set(window=window, level=level)

    def fade(self, by: int) -> None:
        """Less (-1) or more (+1) of the overlay."""
        least, most, step = OPACITY
        opacity = round(min(max(self._view.look.opacity + by * step, least), most), 2)
        self._view.set(opacity=opacity, scar=True)


def _zoomed(zoom: float, factor: float) -> float:
    low, high = ZOOM_RANGE
    return min(max(zoom * factor, low), high)
