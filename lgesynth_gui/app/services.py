"""What the window asks of the packages below: opening, the sample heart, exporting.

Each is a job (see `core.jobs`); the defaults import what they need when they run, off the
window's thread. Tests hand in three-line generators instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lgesynth_gui.core.assets import bundled
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.synthesis import SynthesisResult

ExportMode = Literal["new_subject", "edit_of_patient"]

PROPOSE = "lgesynth_gui.segmentation.segment:propose_contours"
GENERATE = "lgesynth_gui.synthesis.generate:generate"


@dataclass(frozen=True)
class Services:
    """The jobs the window starts outside the engine.

    Args:
        find: path -> job returning tuple of SeriesInfo.
        load: info -> job returning LgeSeries.
        sample: () -> job returning (LgeSeries, HeartContours).
        export: (result, series, folder, formats, mode, reason) -> job returning written paths.
    """

    find: Callable[[Path], Job]
    load: Callable[[Any], Job]
    sample: Callable[[], Job]
    export: Callable[[SynthesisResult, LgeSeries, Path, Sequence[str], ExportMode, str], Job]


def find(path: Path) -> Job:
    """List the series of a folder or file, in the decoder process."""
    yield Progress(0, 1, "looking")
    from lgesynth_gui.io import open_path

    return open_path(path)


def load(info: Any) -> Job:
    """Read one series, in the decoder process."""
    yield Progress(0, 1, "reading")
    from lgesynth_gui.io import load as read

    return read(info)


def sample() -> Job:
    """Read the bundled sample heart and its accepted contours."""
    yield Progress(0, 1, "reading")
    from lgesynth_gui.io import load as read
    from lgesynth_gui.io import open_path
    from lgesynth_gui.io.contours import read_contours

    folder = bundled("resources") / "sample_heart"
    infos = open_path(folder)
    if not infos:
        raise LgeSynthError("The sample heart is missing.", "Install the program again.")
    series: LgeSeries = read(infos[0])
    contours: HeartContours = read_contours(folder / "contours.json")
    return series, contours


def export(
    result: SynthesisResult,
    series: LgeSeries,
    folder: Path,
    formats: Sequence[str],
    mode: ExportMode,
    reason: str,
) -> Job:
    """Write a result in the chosen formats; whole or not at all."""
    yield Progress(0, 1, "writing")
    from lgesynth_gui.io.export import export_result

    return export_result(result, series, folder, formats=tuple(formats), mode=mode)


def real_services() -> Services:
    """The services of the installed program."""
    return Services(find, load, sample, export)
