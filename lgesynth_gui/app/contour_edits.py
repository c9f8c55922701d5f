"""Edits of the heart contours that are no drawing: copying, smoothing, the ring of a slice."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from lgesynth_gui.app import borders
from lgesynth_gui.app.borders import Border, border_of, replaced
from lgesynth_gui.app.look import View
from lgesynth_gui.app.session import Session
from lgesynth_gui.core.contours import HeartContours, Polygon, SliceContours
from lgesynth_gui.core.labels import Level

Ring = Literal["auto", "basal", "mid", "apical", "apex", "out"]
RINGS: tuple[tuple[Ring, str], ...] = (
    ("auto", "Automatic"),
    ("basal", "Basal"),
    ("mid", "Mid"),
    ("apical", "Apical"),
    ("apex", "Apex, no cavity"),
    ("out", "Left out"),
)
LEVELS = {"basal": Level.BASAL, "mid": Level.MID, "apical": Level.APICAL}
WORDS = {Level.BASAL: "basal", Level.MID: "mid", Level.APICAL: "apical", Level.APEX: "apex"}


def ring_of(contours: HeartContours, index: int) -> Ring:
    """What is chosen for a slice: a ring, "auto" where it follows from the place in the stack."""
    one = contours.slices[index]
    if one is None:
        return "out"
    if one.level is Level.APEX or (one.level is None and not one.endo):
        return "apex"
    return next((name for name, level in _named() if level is one.level), "auto")


def _named() -> tuple[tuple[Ring, Level], ...]:
    return ("basal", Level.BASAL), ("mid", Level.MID), ("apical", Level.APICAL)


def ring_word(contours: HeartContours, index: int) -> str:
    """The ring of a slice in a word, "" where no wall is outlined."""
    return "" if contours.slices[index] is None else WORDS[contours.level(index)]


def can_be(contours: HeartContours, index: int, ring: Ring) -> str:
    """Empty where a slice can be of that ring, else the reason."""
    one = contours.slices[index]
    if one is None:
        return "" if ring == "out" else "Propose or draw the contours of this slice first."
    if not one.endo and ring in LEVELS:
        return "Draw the endocardium first (Alt+2)."
    return ""


def set_ring(session: Session, index: int, ring: Ring) -> None:
    """Give a slice a ring; without a cavity or left out it loses that border (undo brings it)."""
    contours = session.state.contours
    one = contours.slices[index]
    if one is None or can_be(contours, index, ring):
        return
    changed: SliceContours | None
    if ring == "out":
        changed = None
    elif ring == "apex":
        changed = replace(one, endo=(), level=None)
    else:
        changed = replace(one, level=LEVELS.get(ring))
    words = dict(RINGS)[ring].lower()
    session.edit("contours", contours.replacing(index, changed), f"slice {index + 1}: {words}")


def copy_contours(session: Session, view: View, by: int) -> str:
    """Copy the shown slice's contours to a neighbour and go there; a reason when that cannot be.

    They stay a proposal there until they are accepted; the neighbour keeps the ring it was given.
    """
    state, index = session.state, view.look.slice_index
    if state.series is None:
        return "Open a series first."
    target = index + by
    if not 0 <= target < state.series.shape[0]:
        return "There is no slice in that direction."
    one, former = state.contours.slices[index], state.contours.slices[target]
    if one is None:
        return "This slice has no heart contours."
    copied = replace(one, accepted=False, level=former.level if former is not None else None)
    session.edit(
        "contours",
        state.contours.replacing(target, copied),
        f"copy contours to slice {target + 1}",
    )
    view.set(slice_index=target)
    return f"Contours copied to slice {target + 1}: fit them, then accept."


def smooth(
    session: Session,
    index: int,
    base: SliceContours,
    border: Border,
    amount: float,
    merge_key: int,
) -> str:
    """Smooth a border as it was in `base`, 0 to 1, as far as the borders stay apart; why not."""
    line = border_of(base, border)

    def made(share: float) -> Polygon:
        return borders.smoothed(line, share * amount)

    after, met = borders.held_apart(replaced(base, border, line), border, made)
    contours = session.state.contours
    session.edit(
        "contours", contours.replacing(index, after), f"smooth {border}", merge_key=merge_key
    )
    return "The borders would cross: smoothed as far as they stay apart." if met else ""
