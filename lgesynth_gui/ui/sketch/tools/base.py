"""What a tool is, and what it is given to work on."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from lgesynth_gui.app.look import View
from lgesynth_gui.app.mouse import Deed
from lgesynth_gui.app.session import Session
from lgesynth_gui.core.contours import Point, SliceContours
from lgesynth_gui.ui.canvas.overlay import Pointer

Command = Literal["close", "back"]
Gesture = Generator[None, Pointer | Command, None]


@dataclass(frozen=True)
class Wash:
    """A stroke on its way.

    Args:
        path: Plane mm; it grows while the stroke goes on.
        radius_mm: Of the brush.
        erase: Whether scar goes.
    """

    path: Sequence[Point]
    radius_mm: float
    erase: bool = False


@dataclass(frozen=True)
class Desk:
    """What a gesture works on.

    Args:
        session: Its state is read and edited.
        view: Slice, layer, class, selected segment.
        ghost: Shows an open line in plane mm while it is drawn; () hides it.
        say: One sentence in the status bar.
        drag: Lets the left drag that has just begun go on as window/level, pan or zoom.
        mark: Marks where an edit was stopped; () takes the marks away.
        outline: Shows a border that is being dragged; None takes it away.
        rest: Has something done when the hand rests; a later call replaces it, None drops it.
        wash: Shows a stroke on its way; None takes it away.
        badge: Shows a number beside a plane point while something is dragged; "" takes it away.
    """

    session: Session
    view: View
    ghost: Callable[[tuple[Point, ...]], None]
    say: Callable[[str], None]
    drag: Callable[[Deed], None] = lambda _: None
    mark: Callable[[tuple[Point, ...]], None] = lambda _: None
    outline: Callable[[SliceContours | None], None] = lambda _: None
    rest: Callable[[Callable[[], None] | None], None] = lambda do: do() if do else None
    wash: Callable[[Wash | None], None] = lambda _: None
    badge: Callable[[str, Point], None] = lambda _, __: None


class Tool(Protocol):
    """A drawing tool. A gesture is a generator: press above the loop, moves inside, end after.

    A gesture that is closed half-way leaves nothing behind but finished edits.
    """

    id: str
    text: str
    key: str
    icon: str
    hint: str

    def gesture(self, desk: Desk, press: Pointer) -> Gesture:
        """Follow one gesture of the left button."""
