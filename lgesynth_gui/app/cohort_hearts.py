"""The hearts of a cohort that is being planned: of the open study, of folders, computed ones.

A heart that cannot be used stays in the list with the reason; none is dropped in silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lgesynth_gui.app.session import State
from lgesynth_gui.app.verdicts import slice_words
from lgesynth_gui.core.arrays import LabelMap
from lgesynth_gui.core.contours import HeartContours, SliceContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress, told_as
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.series import LgeSeries

NOBODY = "Nobody accepted its contours: open it in Sketch, look at them, accept them."
OWN_SCAR_MM2 = 20.0  # of labelled scar, from which on a slice is no clean host


@dataclass(frozen=True, eq=False)
class DeskHeart:
    """One heart of the list.

    Args:
        name: Ours: "open study", "case 03", "computed heart 2".
        series: Its stack, or None when it cannot be used.
        contours: Accepted ones; slices without are None.
        why: Why it cannot be used, or "".
        note: What else is to be known of it, or "".
    """

    name: str
    series: LgeSeries | None = None
    contours: HeartContours | None = None
    why: str = ""
    note: str = ""

    @property
    def usable(self) -> bool:
        """Whether it can be planned with."""
        return self.series is not None and self.contours is not None and not self.why

    @property
    def words(self) -> str:
        """Its line in the list."""
        if not self.usable or self.contours is None:
            return f"✗ {self.name}: {self.why}"
        count = len(self.contours.outlined())
        said = f"✓ {self.name} · {count} slice{'s' * (count != 1)}"
        return f"{said} · {self.note}" if self.note else said


def heart_of_study(state: State) -> DeskHeart:
    """The open study as a heart, or why it is none."""
    if state.series is None:
        return DeskHeart("open study", why="No study is open. Open one in Sketch (Ctrl+1).")
    return accepted_heart("open study", state.series, state.contours)


def accepted_heart(
    name: str, series: LgeSeries, contours: HeartContours, labels: LabelMap | None = None
) -> DeskHeart:
    """A heart with what a person accepted of its contours; the other slices are left out.

    Args:
        name: Ours.
        series: Its stack.
        contours: Of the stack.
        labels: Its label map, where there is one: slices with scar of their own are left out, for
            they would be no clean hosts, and no controls without scar.
    """
    outlined = contours.outlined()
    if not outlined:
        return DeskHeart(name, why="It has no contours: propose or draw them in Sketch.")
    scarred: set[int] = set()
    if labels is not None:
        area = (labels >= Label.SCAR).sum(axis=(1, 2)) * series.spacing[1] * series.spacing[2]
        scarred = {i for i in outlined if area[i] >= OWN_SCAR_MM2}
    kept: list[SliceContours | None] = []
    open_: list[int] = []
    for index, one in enumerate(contours.slices):
        if one is not None and not one.accepted:
            open_.append(index)
        usable = one is not None and one.accepted and index not in scarred
        kept.append(replace(one, level=contours.level(index)) if one and usable else None)
    left = HeartContours(tuple(kept))
    if not left.outlined():
        return DeskHeart(name, why=NOBODY if open_ else "Every slice has scar of its own.")
    notes = []
    if open_:
        notes.append(f"{slice_words(tuple(open_))} not accepted, not used")
    if scarred:
        notes.append(f"{slice_words(tuple(sorted(scarred)))} with scar of its own, not used")
    return DeskHeart(name, series, left, note="; ".join(notes))


def hearts_in(path: Path) -> Job:
    """Every heart of a folder, a project or an archive, in the order of their paths.

    Contours are those that a person accepted in a project or drew as a mask.

    Returns:
        A job that returns a tuple of `DeskHeart`.

    Raises:
        LgeSynthError: the path cannot be read.
    """
    from lgesynth_gui.training.annotated import Annotated, load_case
    from lgesynth_gui.training.cases import Case, find_cases

    yield Progress(0, 1, "looking for hearts")
    cases: tuple[Case, ...] = yield from find_cases((path,))
    found = []
    for number, case in enumerate(cases):
        yield Progress(number, len(cases), "reading hearts")
        if case.generated:
            found.append(DeskHeart(case.id, why="This program painted it: it is no host."))
            continue
        try:
            read: Annotated = yield from told_as(load_case(case), lambda _: None)
        except (LgeSynthError, OSError) as error:
            why = error.what if isinstance(error, LgeSynthError) else "It cannot be opened."
            found.append(DeskHeart(case.id, why=why))
            continue
        contours = read.contours if read.muscle else HeartContours()
        labels = None if read.drawn else read.labels
        if case.project is None and case.contours_file is None:
            contours = _by_hand(contours)  # a mask was drawn by a person
        found.append(accepted_heart(case.id, read.series, contours, labels))
    return tuple(found)


def _by_hand(contours: HeartContours) -> HeartContours:
    return HeartContours(
        tuple(None if one is None else replace(one, accepted=True) for one in contours.slices)
    )


def computed_hearts(count: int, seed: int, known: int = 0) -> Job:
    """Healthy hearts that belong to nobody.

    Args:
        count: How many.
        seed: Of the cohort; the same gives the same hearts.
        known: How many there are already: their numbers go on behind them.

    Returns:
        A job that returns a tuple of `DeskHeart`.
    """
    from lgesynth_gui.phantom.study import make_study

    found = []
    for number in range(known, known + count):
        yield Progress(number - known, count, "computing hearts")
        study = make_study(np.random.default_rng((seed, number)))
        name = f"computed heart {number + 1}"
        found.append(DeskHeart(name, study.series, study.contours))
    return tuple(found)


def joined(
    known: Sequence[DeskHeart], new: Sequence[DeskHeart]
) -> tuple[tuple[DeskHeart, ...], int]:
    """(both lists without a heart twice, how many were there already)."""
    have = {one.series.pixels_sha256 for one in known if one.series is not None}
    refused = {(one.name, one.why) for one in known if not one.usable}
    out, twice = list(known), 0
    for one in new:
        key = one.series.pixels_sha256 if one.series is not None else ""
        if (key and key in have) or (not one.usable and (one.name, one.why) in refused):
            twice += 1
            continue
        have.add(key)
        out.append(one)
    return tuple(out), twice
