"""Scar across slices: copy and paste, filling gaps, and slices to be healed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lgesynth_gui.app import heart
from lgesynth_gui.app.look import View
from lgesynth_gui.app.session import Session, State
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch

if TYPE_CHECKING:
    from lgesynth_gui.anatomy.aha import Anchors


@dataclass(frozen=True)
class Clip:
    """A copied slice: what is painted in it, the anchors of its ring, and where it came from."""

    regions: tuple[ScarRegion, ...]
    anchors: Anchors
    index: int


@dataclass(frozen=True)
class Filling:
    """A drawing in which a gap is filled, before anybody agreed to it.

    Args:
        sketch: The whole drawing.
        filled: Slices that got scar.
        skipped: Slices left out for want of accepted contours.
    """

    sketch: ScarSketch
    filled: tuple[int, ...]
    skipped: tuple[int, ...]


def listed(slices: Iterable[int]) -> str:
    """Slices in words, counted from 1: "slice 4", "slices 4, 5 and 7"."""
    names = [str(i + 1) for i in slices]
    if len(names) == 1:
        return f"slice {names[0]}"
    return f"slices {', '.join(names[:-1])} and {names[-1]}"


def copy(state: State, index: int) -> Clip | None:
    """The scar of a slice, or None when there is none or no contour to tell its place by."""
    from lgesynth_gui.anatomy.aha import anchors_in
    from lgesynth_gui.anatomy.transforms import of_slice

    if index not in state.sketch.slices() or state.contours.slices[index] is None:
        return None
    return Clip(of_slice(state.sketch, index), anchors_in(state.contours, index), index)


def why_not_paste(clip: Clip | None, state: State, index: int) -> str:
    """The reason a scar cannot be pasted here, or ""."""
    if clip is None:
        return "Copy the scar of a slice first (Ctrl+C)."
    if state.series is None or state.contours.slices[index] is None:
        return f"Slice {index + 1} has no heart contours."
    return ""


def pasted(clip: Clip, state: State, index: int) -> ScarSketch:
    """The sketch with a copied scar instead of what slice `index` had.

    Where both slices have the same anchors, the scar stays one scar of both, so that what is done
    to a whole ring later is done to it in both.
    """
    from lgesynth_gui.anatomy.aha import anchors_in
    from lgesynth_gui.anatomy.transforms import carried, of_slice, without_slice

    here, rest = anchors_in(state.contours, index), without_slice(state.sketch, index)
    if here == clip.anchors and index != clip.index and of_slice(rest, clip.index) == clip.regions:
        return ScarSketch(tuple(_also(region, clip.index, index) for region in rest.regions))
    return rest.adding(*(carried(region, clip.anchors, here, index) for region in clip.regions))


def _also(region: ScarRegion, index: int, other: int) -> ScarRegion:
    """A region of slice `index` painted in another one, too."""
    if index not in region.slices:
        return region
    return replace(region, slices=tuple(sorted((*region.slices, other))))


def paste(session: Session, clip: Clip | None, index: int) -> str:
    """Paste a copied scar into a slice, as one step; a reason when it cannot be."""
    if reason := why_not_paste(clip, session.state, index):
        return reason
    assert clip is not None
    sketch = pasted(clip, session.state, index)
    session.edit("sketch", sketch, f"paste scar into slice {index + 1}")
    return ""


def copy_to_next(session: Session, view: View) -> str:
    """Copy the shown slice's scar to the next slice in wall coordinates and go there."""
    state, index = session.state, view.look.slice_index
    if state.series is None or index + 1 >= state.series.shape[0]:
        return "This is the last slice."
    clip = copy(state, index)
    if clip is None:
        return f"Slice {index + 1} holds no scar to copy."
    if reason := why_not_paste(clip, state, index + 1):
        return reason
    session.edit("sketch", pasted(clip, state, index + 1), "copy scar to the next slice")
    view.set(slice_index=index + 1)
    return ""


def filling(state: State, index: int) -> Filling | str:
    """The gap nearest to a slice, filled; or the reason why there is nothing to fill."""
    from lgesynth_gui.anatomy.between import between, gap_around

    gap = gap_around(state.sketch, index)
    if gap is None:
        return "There is no gap: draw scar in two slices with empty ones between them."
    if any(state.contours.slices[i] is None for i in gap):
        return f"{listed(gap).capitalize()} need heart contours."
    sketch, filled, skipped = between(state.sketch, state.contours, *gap)
    if not filled:
        if skipped:
            return f"Accept the contours of {listed(skipped)} first."
        return "The two scars have no part in common to fill the gap with."
    return Filling(sketch, filled, skipped)


def filling_words(made: Filling) -> str:
    """What a filling did, skipped slices named."""
    words = f"Filled {listed(made.filled)}."
    if made.skipped:
        words += f" Skipped {listed(made.skipped)}: no accepted contours."
    return words


def heal(session: Session, view: View) -> str:
    """Mark slices to be painted anew as healthy muscle, or take the mark away again.

    The shown slice alone, or, when the panel edits whole rings, every slice of its ring.

    Returns:
        What was marked, or why nothing could be.
    """
    state, index = session.state, view.look.slice_index
    if state.series is None:
        return "Open a series first."
    if state.contours.slices[index] is None:
        return f"Slice {index + 1} has no heart contours."
    chosen = {index}
    if view.look.ring:
        level = state.contours.level(index)
        chosen = {i for i in state.contours.outlined() if state.contours.level(i) == level}
    names = listed(sorted(chosen))
    if index in state.healed:
        session.edit("healed", state.healed - chosen, f"leave {names} as it is")
        return f"{names.capitalize()}: old scar stays."
    session.edit("healed", state.healed | chosen, f"make {names} healthy")
    return f"{names.capitalize()}: old scar will be painted over as healthy muscle."


def heal_words(state: State, index: int) -> str:
    """What the panel says about slices to be healed, or ""."""
    if not state.healed:
        return ""
    here = " Scar drawn here is painted anew." if _drawn(state, index) else ""
    words = f"Healthy muscle instead of old scar in {listed(sorted(state.healed))}."
    return words + (here if index in state.healed else "")


def _drawn(state: State, index: int) -> bool:
    labels = heart.labels_at(state, index) if state.series is not None else None
    return labels is not None and bool((labels >= 3).any())
