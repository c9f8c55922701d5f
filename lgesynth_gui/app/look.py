"""How the user looks at the study: slice, window, zoom, selection. Never part of undo."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal

from lgesynth_gui.core.sketch import ScarSketch

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
        difference: The right pane shows synthetic minus original in colours.
        original: The right pane shows the original for as long as a key is held.
        ghost: A drawing that is only looked at: what typed words or a pattern would draw.
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
    difference: bool = False
    original: bool = False
    ghost: ScarSketch | None = None


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
