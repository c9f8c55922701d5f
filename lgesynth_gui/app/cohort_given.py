"""A cohort's kept samples as pictures that an evaluation can measure."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from lgesynth_gui.cohort.export_choice import Choices, Chosen, choose
from lgesynth_gui.cohort.hosts import Host, Shelf
from lgesynth_gui.cohort.plan import PLAN, read_plan
from lgesynth_gui.cohort.results import result_of_sample
from lgesynth_gui.cohort.samples import read_record
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.evaluation.given import Given, GivenSlice, given_slice
from lgesynth_gui.registry.cards import find_models

MOST = 200  # samples that are measured where nothing else is said
ROW = "the cohort"
TITLE = "What a cohort kept"


def cohort_given(folder: Path, count: int = MOST, seed: int = 0) -> Job:
    """Some kept samples of a cohort, chosen by chance; of each the slice with most scar.

    Kept is what an export takes: accepted by the gate or a reviewer, rejected by nobody.

    Args:
        folder: The cohort's.
        count: Samples, at most.
        seed: Which.

    Returns:
        A job that returns `Given`.

    Raises:
        LgeSynthError: it is no cohort, nothing painted is kept, or a sample is damaged.
    """
    plan = read_plan(folder / PLAN)
    hosts = Shelf(folder, plan.hosts)
    chosen: Chosen = yield from choose(folder, Choices(("nnunet",), controls=False))
    order = np.random.default_rng((seed, 23)).permutation(len(chosen.kept))[:count]
    slices: list[GivenSlice] = []
    taught, digest, patients = set(), hashlib.sha256(), False
    simulated = {c.reference for c in find_models() if not c.trained_on.patients}
    for place in sorted(int(one) for one in order):
        kept = chosen.kept[place]
        record, sha256 = read_record(folder, kept.number)
        if sha256 != kept.sha256:
            raise LgeSynthError(
                f"Sample {kept.number} is not the one the index knows.",
                "Make the index anew: lgesynth cohort rebuild.",
            )
        host = hosts(str(record["heart"]))
        result = result_of_sample(folder, record, host)
        slices.append(_slice(host, result, str(record["pattern"])))
        digest.update(f"{kept.number}:{sha256}\n".encode())
        patients |= host.entry.origin == "patient"
        taught |= {text.split(" ")[0] for _, text in result.models} - simulated
        yield Progress(len(slices), len(order), "reading samples")
    hearts = len({one.case.group for one in slices})
    return Given(
        name=ROW,
        title=TITLE,
        data=f"{len(slices)} of {len(chosen.kept)} kept samples of a cohort, in {hearts} hearts",
        sha256=digest.hexdigest(),
        slices=tuple(slices),
        hearts=hearts,
        patients=patients,
        taught=tuple(sorted(taught)),
    )


def _slice(host: Host, result: SynthesisResult, pattern: str) -> GivenSlice:
    """The painted slice with most scar."""
    series = host.series
    areas = {k: int((result.requested[k] >= Label.SCAR).sum()) for k in result.slices}
    index = max(areas, key=lambda k: areas[k])
    outlined = host.contours.slices[index]
    if outlined is None:
        raise LgeSynthError(f"Slice {index + 1} of heart {host.entry.id} has no contour.")
    return given_slice(
        series.pixels[index],
        result.pixels[index],
        result.requested[index],
        result.edited[index],
        outlined,
        host.contours.level(index),
        (series.spacing[1], series.spacing[2]),
        pattern or "drawn",
        host.entry.id,
    )
