"""The drawing tools: one class each, in the order of the tool strip."""

from __future__ import annotations

from lgesynth_gui.ui.sketch.tools.base import Desk, Tool
from lgesynth_gui.ui.sketch.tools.brush import Brush
from lgesynth_gui.ui.sketch.tools.contour import Contour
from lgesynth_gui.ui.sketch.tools.eraser import Eraser
from lgesynth_gui.ui.sketch.tools.fill import SegmentFill
from lgesynth_gui.ui.sketch.tools.hands import HandTool, WindowTool, ZoomTool
from lgesynth_gui.ui.sketch.tools.select import Select

HANDS: tuple[Tool, ...] = (WindowTool(), HandTool(), ZoomTool())
TOOLS: tuple[Tool, ...] = (Select(), Contour(), Brush(), Eraser(), SegmentFill(), *HANDS)

__all__ = ["TOOLS", "Brush", "Contour", "Desk", "Eraser", "SegmentFill", "Select", "Tool"]
