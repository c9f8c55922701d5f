"""The hearts of a cohort: opened from files, folders of annotated scans, or computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from lgesynth_gui.cli.hosts import PROPOSE, open_series, sample_heart
from lgesynth_gui.core.arrays import LabelMap
from lgesynth_gui.core.contours import HeartContours, SliceContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress, told_as
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.series import LgeSeries

SCARRED_MM2 = 20.0  # of labelled scar, from which on a slice is no clean host
Heart = tuple[LgeSeries, HeartContours]


@dataclass
class Hearts:
    """What was found.

    Args:
        hearts: (series, accepted contours).
        notes: What was left out and why, a sentence each.
    """

    hearts: list[Heart] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def hearts_of(
    paths: Sequence[Path],
    *,
    phantoms: int = 0,
    seed: int = 0,
    sample: bool = False,
    accept: bool = False,
    scarred: bool = False,
) -> Job:
    """Open the hearts of a cohort.

    Args:
        paths: DICOM or NIfTI scans, projects, or folders of annotated cases. Contours drawn or
            taken from label maps count as accepted.
        phantoms: How many healthy hearts are computed.
        seed: Computed heart k is drawn from (seed, k).
        sample: With the bundled sample heart.
        accept: Let the network propose contours where there are none, and rest on them.
        scarred: Also paint into slices whose label map shows scar of the patient's own.

    Returns:
        A job that returns `Hearts`.

    Raises:
        LgeSynthError: a path is not there or holds nothing that can be read.
    """
    found = Hearts()
    if sample:
        found.hearts.append(sample_heart())
    yield from _computed(found, phantoms, seed)
    if paths:
        yield from _annotated(found, paths, accept, scarred)
    return found


def _computed(found: Hearts, count: int, seed: int) -> Job:
    from lgesynth_gui.phantom.study import make_study

    for number in range(count):
        yield Progress(number, count, "computing hearts")
        study = make_study(np.random.default_rng((seed, number)), pattern=None)
        found.hearts.append((study.series, study.contours))


def _annotated(found: Hearts, paths: Sequence[Path], accept: bool, scarred: bool) -> Job:
    from lgesynth_gui.engine.client import Engine
    from lgesynth_gui.training.annotated import load_case
    from lgesynth_gui.training.cases import find_cases

    for path in paths:
        if not path.exists():
            raise LgeSynthError(f"There is no {path}.", "Check the path.")
    folders = [path for path in paths if path.is_dir() or path.suffix in (".lgesynth", ".zip")]
    cases: Any = (yield from find_cases(folders)) if folders else ()
    if folders and not cases:
        raise LgeSynthError("No scan was found in the given folders.", "See: lgesynth info PATH.")
    engine = Engine()
    try:
        for number, case in enumerate(cases):
            yield Progress(number, len(cases), "reading hearts")
            if case.generated:
                found.notes.append(f"{case.id} is left out: this program painted it.")
                continue
            try:
                read = yield from told_as(load_case(case), lambda _: None)
            except (LgeSynthError, OSError) as error:
                why = error.what if isinstance(error, LgeSynthError) else "it cannot be opened."
                found.notes.append(f"{case.id} is left out: {why}")
                continue
            contours = read.contours if read.muscle else HeartContours()
            yield from _one(
                found, case.id, read.series, contours, read.labels, engine, accept, scarred
            )
        for path in paths:
            if path not in folders:
                series = open_series(path)
                nothing = np.zeros(series.shape, np.uint8)
                yield from _one(
                    found, path.name, series, HeartContours(), nothing, engine, accept, scarred
                )
    finally:
        engine.kill()


def _one(
    found: Hearts,
    name: str,
    series: LgeSeries,
    contours: HeartContours,
    labels: LabelMap,
    engine: Any,
    accept: bool,
    scarred: bool,
) -> Job:
    if not contours.outlined():
        if not accept:
            found.notes.append(
                f"{name} is left out: it has no contours. With --accept-contours a network"
                " proposes them and nobody looks."
            )
            return
        proposed: HeartContours = yield from engine.run(PROPOSE, series)
        contours = proposed
        if not contours.outlined():
            found.notes.append(f"{name} is left out: no heart was found in any slice.")
            return
    levels = {index: contours.level(index) for index in contours.outlined()}
    area = (labels >= Label.SCAR).sum(axis=(1, 2)) * series.spacing[1] * series.spacing[2]
    slices: list[SliceContours | None] = []
    for index, one in enumerate(contours.slices):
        if one is None or (area[index] >= SCARRED_MM2 and not scarred):
            slices.append(None)
        else:
            slices.append(replace(one, accepted=True, level=levels[index]))
    clean = HeartContours(tuple(slices))
    dropped = len(levels) - len(clean.outlined())
    if not clean.outlined():
        found.notes.append(f"{name} is left out: every slice has scar of its own.")
        return
    if dropped:
        found.notes.append(
            f"{name}: {dropped} slices with scar of its own are left out; --with-scarred takes them"
            " (a control of such a slice is not free of scar)."
        )
    found.hearts.append((series, clean))
