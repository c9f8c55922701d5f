"""What the user asked for: scar as vectors in wall coordinates, never pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label

WallPoint = tuple[float, float]  # (angle_deg, depth)


@dataclass(frozen=True)
class ScarRegion:
    """One painted piece of one or several slices.

    Args:
        outline: Closed polygon of (angle_deg, depth). Angles are degrees counter-clockwise from
            the stored image's right, *unwrapped* so that neighbours differ by less than 180
            (a region across 0 runs for example from 340 to 380); depth is 0 at the endocardium
            and 1 at the epicardium and may overshoot a little (the wall clips it). A region that
            runs all around spans exactly 360.
        slices: Slice indices it is painted in.
        label: SCAR, NO_REFLOW (a core) or MYOCARDIUM (an eraser).
    """

    outline: tuple[WallPoint, ...]
    slices: tuple[int, ...]
    label: Label = Label.SCAR

    def __post_init__(self) -> None:
        if len(self.outline) < 3:
            raise LgeSynthError("A scar outline needs at least three points.", "Draw it again.")
        if self.label not in (Label.SCAR, Label.NO_REFLOW, Label.MYOCARDIUM):
            raise LgeSynthError(
                "A scar region is scar, core or eraser.", "Choose one of the three."
            )


@dataclass(frozen=True)
class ScarSketch:
    """Regions painted in order; a later one covers an earlier one."""

    regions: tuple[ScarRegion, ...] = ()

    def adding(self, *regions: ScarRegion) -> ScarSketch:
        """The same sketch with `regions` painted on top."""
        return replace(self, regions=self.regions + regions)

    def slices(self) -> tuple[int, ...]:
        """Indices of the slices that hold any region that is not an eraser, ascending."""
        found = {i for r in self.regions if r.label is not Label.MYOCARDIUM for i in r.slices}
        return tuple(sorted(found))
