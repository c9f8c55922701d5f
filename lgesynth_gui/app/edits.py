"""Edits that several places ask for: what is drawn, class of a segment, words, contours."""

from __future__ import annotations

from dataclasses import replace

from lgesynth_gui.app import heart, words
from lgesynth_gui.app.borders import nearest_edge
from lgesynth_gui.app.cells import CLASS_FRACTIONS, CLASS_TOPS, requested_cells
from lgesynth_gui.app.look import ActiveObject, View
from lgesynth_gui.app.session import Session
from lgesynth_gui.core.contours import HeartContours, SliceContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.sketch import ScarSketch

ANTERIOR_OF = (1, 7, 13, 17)


def select_segment(session: Session, view: View, segment: int) -> None:
    """Select a segment and show a slice of its ring if the shown one is of another."""
    state = session.state
    view.set(segment=segment)
    if state.series is None:
        return
    members = heart.slices_for(state, segment, view.look.slice_index, True)
    if members and view.look.slice_index not in members:
        drawn = [i for i in members if i in state.sketch.slices()]
        chosen = drawn or list(members)
        view.set(slice_index=chosen[len(chosen) // 2])


def anterior_segment(session: Session, view: View) -> int:
    """The anterior segment of the shown slice's ring."""
    contours, index = session.state.contours, view.look.slice_index
    if index < len(contours.slices) and contours.slices[index] is not None:
        return ANTERIOR_OF[int(contours.level(index))]
    return 7


def choose_object(session: Session, view: View, name: ActiveObject) -> None:
    """Let the drawing tools change this object, with the tool that suits it."""
    view.set(active=name)
    outlined = view.look.slice_index in session.state.contours.outlined()
    if name in ("endo", "epi"):
        view.set(tool="select" if outlined else "contour")
    elif name == "points":
        view.set(tool="contour")


def set_class(session: Session, view: View, grade: int) -> str:
    """Choose class 0 to 4 and give it to the selected segment; a reason when that cannot be.

    The class's midpoint the first time, its top when the same class is asked for again.
    """
    again = view.look.grade == grade
    view.set(grade=grade)
    segment = view.look.segment
    if segment is None or session.state.series is None:
        return ""
    cell = requested_cells(session.state).get(segment)
    if cell is None:
        return f"No slice with contours shows segment {segment}."
    fraction = CLASS_FRACTIONS[grade]
    if again and cell.grade == grade and grade > 0 and cell.touched < CLASS_TOPS[grade] - 0.04:
        fraction = CLASS_TOPS[grade]
    return set_fraction(session, view, segment, fraction)


def set_fraction(
    session: Session, view: View, segment: int, fraction: float, merge_key: int = -1
) -> str:
    """Set a segment's transmurality from the current layer; a reason when that cannot be."""
    look = view.look
    slices = heart.slices_for(session.state, segment, look.slice_index, look.ring)
    if not slices:
        return f"No slice with contours shows segment {segment}."
    sketch = heart.with_segment(session.state, segment, fraction, look.layer, slices)
    name = heart.segment_name(segment)
    session.edit("sketch", sketch, f"{name} {100 * fraction:.0f} %", merge_key=merge_key)
    return ""


def all_normal(session: Session) -> None:
    """Take all scar away in one step."""
    session.edit("sketch", ScarSketch(), "all normal")


def draw_words(session: Session, text: str) -> tuple[bool, str, tuple[str, ...]]:
    """Draw what words say; (drawn?, what there is to say, words that were not understood)."""
    try:
        read = words.from_words(text, session.state)
    except LgeSynthError as error:
        return False, str(error), ()
    session.edit("sketch", read.sketch, "draw words")
    missing = [w for w in read.unknown if not any(f'"{w}"' in said for said in read.notices)]
    named = (f"Not understood: {', '.join(missing)}.",) if missing else ()
    return True, " ".join((*named, *read.notices)), read.unknown


def accept_contours(session: Session, index: int | None = None) -> None:
    """Accept the proposed contours of one slice, or of all."""
    contours = session.state.contours
    wanted = contours.outlined() if index is None else (index,)
    slices = tuple(
        replace(one, accepted=True) if one is not None and i in wanted else one
        for i, one in enumerate(contours.slices)
    )
    session.edit("contours", HeartContours(slices), "accept contours")


def take_proposal(session: Session, proposal: HeartContours) -> None:
    """Take proposed contours for every slice that has no accepted ones; one undo step."""
    slices = tuple(
        old if old is not None and old.accepted else new
        for old, new in zip(session.state.contours.slices, proposal.slices, strict=True)
    )
    session.edit("contours", HeartContours(slices), "propose contours")


def take_points(session: Session, proposal: HeartContours) -> str:
    """Take the RV insertion points of a proposal where a slice has none; one undo step.

    Masks outline the wall but do not say where the right ventricle meets it.

    Returns:
        What was done, for the status line; "" when nothing was.
    """
    slices = tuple(
        old if old is None or new is None else _with_points(old, new)
        for old, new in zip(session.state.contours.slices, proposal.slices, strict=True)
    )
    found = sum(a is not b for a, b in zip(slices, session.state.contours.slices, strict=True))
    if not found:
        return ""
    session.edit("contours", HeartContours(slices), "find RV insertion points")
    return f"RV insertion points proposed on {found} slices: look at them (Alt+4 drags)."


def _with_points(old: SliceContours, new: SliceContours) -> SliceContours:
    """The slice with the other's insertion points, laid onto its own epicardium."""
    anterior, inferior = new.rv_anterior, new.rv_inferior
    if old.rv_anterior or old.rv_inferior or anterior is None or inferior is None:
        return old
    return replace(
        old,
        rv_anterior=nearest_edge(old.epi, anterior)[1],
        rv_inferior=nearest_edge(old.epi, inferior)[1],
    )


def take_mask(session: Session, outlined: HeartContours) -> str:
    """Take the contours of a mask on the slices where it has a wall; one undo step.

    Returns:
        What was done, for the status line.
    """
    slices = tuple(
        old if new is None else new if old is None else _with_points(new, old)
        for old, new in zip(session.state.contours.slices, outlined.slices, strict=True)
    )
    session.edit("contours", HeartContours(slices), "contours from a mask")
    count = len(outlined.outlined())
    return f"The mask outlines {count} slice{'s' * (count != 1)}: look, then Accept all."


def clear_slice(session: Session, index: int) -> None:
    """Take the scar of one slice away."""
    regions = []
    for region in session.state.sketch.regions:
        rest = tuple(i for i in region.slices if i != index)
        if rest:
            regions.append(replace(region, slices=rest))
    session.edit("sketch", ScarSketch(tuple(regions)), f"clear slice {index + 1}")
