"""How the user looks at the study: slice, window, zoom, selection. Never part of undo."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal

from lgesynth_gui.app.compare import Compare
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch

LayerName = Literal["endo", "mid", "epi"]
ActiveObject = Literal["scar", "endo", "epi", "points"]


@dataclass(frozen=True, slots=True)
class Look:
    """What is shown, and with what one draws next.

    Args:
        slice_index: Shown slice.
        segment: Selected AHA segment or None.
        window, level: Grey range in stored values; one pair for both panes, always.
        zoom: Screen pixels a millimetre.
        centre: Display millimetres in the middle of both panes.
        tool: Id of the drawing tool.
        active: What the drawing tools change.
        layer: Part of the wall a segment is filled from.
        grade: Transmurality class 0 to 4 the fill uses.
        ring: Fill every slice of the segment's ring, not the shown one only.
        scar, grid, corner: Overlay, AHA sectors and corner text shown.
        nearest: Real pixels instead of bicubic.
        preview: Number of the variation being looked at, or None.
        compare: How original and synthetic are set side by side.
        split: Share of the width left of the slider, 0 to 1.
        swapped: The two sides have changed places.
        blink: In the flicker mode the two change by themselves, slowly.
        limit: A difference is shown from -limit to +limit in stored values; one for a study.
        original: The synthetic pane shows the original for as long as a key is held.
        own_zoom: Zoom of the synthetic pane while it is unlinked, else None.
        opacity: Of everything drawn over the images, 0 to 1.
        upright: Shown turned to the standard short-axis view, where that is known.
        mouse: Name of the mouse preset.
        ghost: A drawing that is only looked at: what typed words or a pattern would draw.
        rings: Borders of full change, feather and untouched zone drawn over the result.
        silenced: Ids of hints that are not shown any more.
        brush_mm: Diameter of brush and eraser, 1 to 30.
        core: Contour and brush draw no-reflow core instead of scar.
        clip: What is drawn outside the muscle is cut off.
        lasso: The eraser takes away what lies inside a line.
        picked: The scar region that the select tool has taken hold of, or None.
    """

    slice_index: int = 0
    segment: int | None = None
    window: float = 1.0
    level: float = 0.5
    zoom: float = 4.0
    centre: tuple[float, float] = (0.0, 0.0)
    tool: str = "fill"
    active: ActiveObject = "scar"
    layer: LayerName = "endo"
    grade: int = 3
    ring: bool = True
    scar: bool = True
    grid: bool = False
    corner: bool = True
    nearest: bool = False
    preview: int | None = None
    compare: Compare = "side"
    split: float = 0.5
    swapped: bool = False
    blink: bool = False
    limit: float = 1.0
    original: bool = False
    own_zoom: float | None = None
    opacity: float = 1.0
    upright: bool = True
    mouse: str = "LGESynth"
    ghost: ScarSketch | None = None
    rings: bool = False
    silenced: frozenset[str] = frozenset()
    brush_mm: float = 6.0
    core: bool = False
    clip: bool = True
    lasso: bool = False
    picked: ScarRegion | None = None


class View(QObject):
    """Holds the look and names the parts of it that changed."""

    changed = Signal(object)  # frozenset of field names

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.look = Look()

    def set(self, **values: Any) -> None:
        """Change parts of the look; tells only what is really different."""
        names = frozenset(k for k, v in values.items() if getattr(self.look, k) != v)
        if names:
            self.look = replace(self.look, **values)
            self.changed.emit(names)
