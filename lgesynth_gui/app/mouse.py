"""What the mouse does on an image: one row a preset, named after the viewer hands are used to.

The presets are approximate. In all of them the wheel changes the slice, Ctrl+wheel zooms,
Shift+wheel sizes the brush, Space+left pans, and a drawing tool owns the left button.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Deed = Literal["window", "pan", "zoom", "box"]
WORDS: dict[Deed, str] = {
    "window": "window (x) and level (y)",
    "pan": "pan",
    "zoom": "zoom",
    "box": "automatic window/level of a box",
}


@dataclass(frozen=True)
class Preset:
    """What each button does when it is dragged.

    Args:
        right, middle: Dragged with that button.
        idle: Dragged with the left button by the select tool where nothing is to be taken hold
            of; None leaves the drag to the tool.
        shift_left, ctrl_left: Left with that key; None leaves it to the tool.
    """

    right: Deed = "window"
    middle: Deed = "pan"
    idle: Deed | None = None
    shift_left: Deed | None = None
    ctrl_left: Deed | None = None


PRESETS: dict[str, Preset] = {
    "LGESynth": Preset(),
    "OHIF/Weasis": Preset(idle="window"),
    "Horos": Preset(right="zoom", idle="window"),
    "cvi42-like": Preset(middle="window"),
    "3D Slicer": Preset(right="zoom", shift_left="pan", ctrl_left="box"),
}


def preset_of(name: str) -> Preset:
    """The preset of that name; the first one for a name nobody knows."""
    return PRESETS.get(name, PRESETS["LGESynth"])


def lines(name: str) -> tuple[tuple[str, str], ...]:
    """(gesture, what it does) of a preset, for the list of keys."""
    one = preset_of(name)
    rows = [("left", "current tool")]
    for gesture, deed in (
        ("left, nothing to hold", one.idle),
        ("Shift + left drag", one.shift_left),
        ("Ctrl + left drag", one.ctrl_left),
        ("right drag", one.right),
        ("middle drag", one.middle),
    ):
        if deed is not None:
            rows.append((gesture, WORDS[deed]))
    rows += [
        ("Space + left", "pan"),
        ("right click", "menu"),
        ("wheel", "slice, also while drawing"),
        ("Ctrl + wheel", "zoom at the cursor"),
        ("Shift + wheel", "brush size"),
        ("double click", "one pane alone, again: both"),
        ("hold Q", "the original in the synthetic pane"),
    ]
    return tuple(rows)
