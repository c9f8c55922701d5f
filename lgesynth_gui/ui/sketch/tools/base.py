"""What a tool is, and what it is given to work on."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Literal, Protocol

from lgesynth_gui.app.look import View
from lgesynth_gui.app.session import Session
from lgesynth_gui.core.contours import Point
from lgesynth_gui.ui.canvas.overlay import Pointer

Command = Literal["close", "back"]
Gesture = Generator[None, Pointer | Command, None]


@dataclass(frozen=True)
class Desk:
    """What a gesture works on.

    Args:
        session: Its state is read and edited.
        view: Slice, layer, class, selected segment.
        ghost: Shows an open line in plane mm while it is drawn; () hides it.
        say: One sentence in the status bar.
    """

    session: Session
    view: View
    ghost: Callable[[tuple[Point, ...]], None]
    say: Callable[[str], None]


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
