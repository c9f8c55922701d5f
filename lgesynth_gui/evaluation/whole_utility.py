"""The layer of use inside a run that measures everything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lgesynth_gui.core.jobs import Job
from lgesynth_gui.evaluation.lineup import Lineup, Setting
from lgesynth_gui.evaluation.panel import Panel
from lgesynth_gui.evaluation.utility import UtilityOptions, measure_utility
from lgesynth_gui.evaluation.utility_panel import panel_of
from lgesynth_gui.evaluation.utility_record import RECORD

FOLDER = "utility"
# Where everything else is quick, too: samples and steps of an arm, patients.
_SAMPLES, _STEPS, _PATIENTS = 24, 120, (16, 8, 16)


def measured_utility(
    folder: Path, data: Path | None, seed: int, setting: Setting, lineup: Lineup, *, full: bool
) -> Job:
    """Train the arms that are not there yet, in `utility` of a run's folder.

    Args:
        folder: Of the whole run.
        data: Labelled real stacks; None = simulated patients.
        seed: Of simulated patients.
        setting: How our systems sample.
        lineup: Who paints and who judges.
        full: All seeds; else one seed, few samples and a short training.

    Returns:
        A job that yields progress and returns a `Panel`.
    """
    used = UtilityOptions(data=data, phantom_seed=seed)
    if not full:
        short = replace(used.training, steps=min(_STEPS, used.training.steps))
        used = replace(used, count=_SAMPLES, seeds=1, training=short, phantoms=_PATIENTS)
    return (yield from measure_utility(folder / FOLDER, used, setting, lineup))


def utility_so_far(folder: Path) -> Panel | None:
    """What is there of this layer in a run's folder; None without any."""
    if not (folder / FOLDER / RECORD).is_file():
        return None
    return panel_of(folder / FOLDER)
