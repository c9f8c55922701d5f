"""Pictures for a reader study from folders: exports of this program beside the scans of a lab.

Both kinds go the same way (decoder, contours, crop round the heart, one grid, one range of greys),
so that nothing but the scar can give a picture away. Only slices with scar are taken: without any,
real pictures would be known by their lack of it. No torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress, told_as
from lgesynth_gui.core.labels import Label
from lgesynth_gui.evaluation.study import LEVEL, WINDOW, Study, StudyPicture
from lgesynth_gui.evaluation.study_files import write_study
from lgesynth_gui.training.cases import Case, find_cases
from lgesynth_gui.training.local_pool import Seen, preview

LEAST_SCAR_PX = 20  # of a slice on the model grid, mm2


def study_of_folders(folders: Sequence[Path], out: Path) -> Job:
    """Make a reader study of annotated scans and of exports of this program.

    Args:
        folders: Exports, and scans with masks: what *Train* reads, too.
        out: Folder of the study.

    Returns:
        A job that returns the `Study`.

    Raises:
        LgeSynthError: there are no pictures of both kinds, or the drive is full.
    """
    pictures = yield from pictures_in(folders)
    made = sum(one.synthetic for one in pictures)
    real = len(pictures) - made
    if not made or not real:
        lacking = "exports of this program" if not made else "real scans"
        raise LgeSynthError(
            f"There are no slices with scar of {lacking} with masks in these folders.",
            "A study needs both: the exports with their masks, and scans with theirs.",
        )
    title = f"{real} slices of real scans and {made} synthetic slices, all with scar"
    study: Study = write_study(out, title, pictures, WINDOW, LEVEL)
    return study


def pictures_in(folders: Sequence[Path]) -> Job:
    """The slices with scar below some folders.

    Returns:
        A job that returns a tuple of `StudyPicture`; cases that cannot be read are left out.
    """
    cases: tuple[Case, ...] = yield from find_cases(folders)
    found: list[StudyPicture] = []
    for count, case in enumerate(cases):
        yield Progress(count, len(cases), "reading slices")
        if case.refused is not None:
            continue
        try:
            seen: tuple[Seen, ...] = yield from told_as(preview(case), lambda _: None)
        except LgeSynthError:
            continue  # without contours, or damaged
        for one in seen:
            scar = one.labels >= Label.SCAR
            if scar.sum() >= LEAST_SCAR_PX:
                number = f"{len(found) + 1:04d}"
                found.append(StudyPicture(number, case.patient, one.picture, case.generated, scar))
    return tuple(found)
