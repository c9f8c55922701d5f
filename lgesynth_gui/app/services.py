"""What the window asks of the packages below: opening, the sample heart, exporting.

Each is a job (see `core.jobs`); the defaults import what they need when they run, off the
window's thread. Tests hand in three-line generators instead.
"""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lgesynth_gui.core.arrays import Array, LabelMap
from lgesynth_gui.core.assets import bundled
from lgesynth_gui.core.contours import HeartContours, SliceContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.core.synthesis import SynthesisResult

if TYPE_CHECKING:
    from lgesynth_gui.app.session import Settings

ExportMode = Literal["new_subject", "edit_of_patient"]

Export = Callable[
    [SynthesisResult, LgeSeries, Path, Sequence[str], ExportMode, str, str, bool], Job
]

PROPOSE = "lgesynth_gui.segmentation.segment:propose_contours"
GENERATE = "lgesynth_gui.synthesis.generate:generate"
WARMED = (
    "lgesynth_gui.cohort.plan",
    "lgesynth_gui.cohort.run",
    "lgesynth_gui.cohort.balance",
    "lgesynth_gui.app.cohort_reviewing",
)
PREPARE = "lgesynth_gui.engine.warm:prepare"


@dataclass(frozen=True, eq=False)
class SeriesRow:
    """One line of the series list.

    Args:
        title: Name without patient data.
        reason: Why it does or does not look like LGE short-axis.
        thumbnail: Small picture `(row, column)` in [0, 1], or None.
        usable: Whether it can be opened.
        score: The largest is opened first.
        phases: Of a film, of which the first is opened; else 0.
        aside: A film, or a part of a series that is refused as a whole.
    """

    title: str
    reason: str
    thumbnail: Array | None = None
    usable: bool = True
    score: float = 0.0
    phases: int = 0
    aside: bool = False


@dataclass(frozen=True)
class Services:
    """The jobs the window starts outside the engine.

    Args:
        find: path -> job returning tuple of SeriesInfo, parts of a refused one behind it.
        describe: info -> its line in the series list.
        load: (info, phase of a film from 1, else 0) -> job returning (LgeSeries, HeartContours of
            a mask beside it or None).
        outline: (mask file, series) -> job returning the HeartContours of the mask.
        sample: () -> job returning (LgeSeries, HeartContours, ScarSketch, Settings).
        export: (result, series, parent folder, formats, mode, reason, note, burn_in) -> job
            returning the new folder's written paths.
        rehearse: the same arguments -> job returning an `io.export.Rehearsal`, or one sentence
            that says why these files cannot be.
    """

    find: Callable[[Path], Job]
    describe: Callable[[Any], SeriesRow]
    load: Callable[[Any, int], Job]
    outline: Callable[[Path, LgeSeries], Job]
    sample: Callable[[], Job]
    export: Export
    rehearse: Export


def find(path: Path) -> Job:
    """List the series of a folder or file, in the decoder process."""
    from lgesynth_gui.io import study
    from lgesynth_gui.io.series_info import Parts, SeriesInfo

    found: tuple[SeriesInfo, ...] = yield from study.find(path)
    listed: list[SeriesInfo] = []
    for info in found:
        parts = info.parts if info.kind_of_parts is Parts.SLICES else ()
        listed += (info, *(replace(one, aside=True) for one in parts))
    return tuple(listed)


def describe(info: Any) -> SeriesRow:
    """The line of a `SeriesInfo` in the series list."""
    return SeriesRow(
        title=info.label,
        reason=info.reason,
        thumbnail=info.thumbnail,
        usable=info.usable,
        score=info.score,
        phases=info.phases,
        aside=info.aside,
    )


def load(info: Any, phase: int = 0) -> Job:
    """Read one series, in the decoder process, and outline the mask that lies beside it."""
    from lgesynth_gui.io import study

    info = info.part(phase) if phase else info
    series: LgeSeries = yield from study.load(info)
    if info.mask is None:
        return series, None
    from lgesynth_gui.app.warming import warm

    try:
        contours: HeartContours = yield from outline(info.mask, series)
    except LgeSynthError as refused:
        note = f"The mask beside it is not used: {refused.what}"
        return replace(series, notes=(*series.notes, note)), None
    warm(series, contours)
    return series, contours


def outline(mask: Path, series: LgeSeries) -> Job:
    """Read a mask in the decoder process and outline the walls it holds.

    Raises:
        LgeSynthError: it is no mask of this series, or holds no wall.
    """
    from lgesynth_gui.anatomy.contours_from_mask import contours_of_mask
    from lgesynth_gui.io import study

    labels: LabelMap = yield from study.load_mask(mask, series)
    outlined: list[SliceContours | None] = []
    for one in labels:
        yield Progress(len(outlined), len(labels), "outlining the mask")
        outlined.append(contours_of_mask(one, series.spacing[1:]))
    if not any(outlined):
        raise LgeSynthError(
            "The mask holds no wall of the left ventricle.",
            "Choose one with blood pool and muscle, or propose contours.",
        )
    return HeartContours(tuple(outlined))


def sample() -> Job:
    """Read the bundled sample heart and its accepted contours."""
    from lgesynth_gui.app.warming import warm
    from lgesynth_gui.io import study
    from lgesynth_gui.io.contours import read_contours

    folder = bundled("resources") / "sample_heart"
    infos = (yield from study.find(folder)) if folder.is_dir() else ()
    if not infos:
        raise LgeSynthError("The sample heart is missing.", "Install the program again.")
    series: LgeSeries = yield from study.load(infos[0])
    contours: HeartContours = read_contours(folder / "contours.json")
    computed = replace(series.source, format="phantom")  # no patient is in it, whatever the file
    named = replace(series, label="sample heart", source=computed, notes=())
    sketch, settings = sample_request(contours)
    warm(named, contours, sketch)
    return named, contours, sketch, settings


def sample_request(contours: HeartContours) -> tuple[ScarSketch, Settings]:
    """What the sample heart asks for at first: the pinned scar, seed and settings."""
    from lgesynth_gui.anatomy.sample_wish import sample_wish
    from lgesynth_gui.app.session import Settings

    wish = sample_wish(contours)
    return wish.sketch, Settings(seed=wish.seed, steps=wish.steps, guidance=wish.guidance)


def warm_up() -> Job:
    """Import what the first open study needs, and tidy up, after the first paint."""
    yield Progress(0, 1, "warming up")
    from lgesynth_gui.anatomy import captions, describe
    from lgesynth_gui.app import outlines
    from lgesynth_gui.app.leftovers import sweep_all

    yield from sweep_all()
    return captions, describe, outlines


def warm_modes() -> Job:
    """Import what the other modes need, so that each of them opens at once."""
    yield Progress(0, 1, "warming up")
    for name in WARMED:
        importlib.import_module(name)
        yield None


def export(
    result: SynthesisResult,
    series: LgeSeries,
    parent: Path,
    formats: Sequence[str],
    mode: ExportMode,
    reason: str,
    note: str = "",
    burn_in: bool = False,
) -> Job:
    """Write a result in the chosen formats into a new folder; whole or not at all."""
    yield Progress(0, 1, "writing")
    from lgesynth_gui.app.leftovers import writing_into
    from lgesynth_gui.app.places import trail_of
    from lgesynth_gui.io.export import export_result

    folder = new_folder(parent, result)
    with writing_into(parent):
        return export_result(
            result,
            series,
            folder,
            formats=tuple(formats),
            mode=mode,
            reason=reason,
            note=note,
            burn_in=burn_in,
            trail=trail_of(series.pixels_sha256),
        )


def rehearse(
    result: SynthesisResult,
    series: LgeSeries,
    parent: Path,
    formats: Sequence[str],
    mode: ExportMode,
    reason: str,
    note: str = "",
    burn_in: bool = False,
) -> Job:
    """Make and check the files of an export without showing them; trouble comes as a sentence."""
    yield Progress(0, 3, "checking the export")
    from lgesynth_gui.io.export import rehearse_export

    kind: Any = {"formats": tuple(formats), "mode": mode, "reason": reason, "note": note}
    kind["burn_in"] = burn_in
    try:
        return (yield from rehearse_export(result, series, parent, **kind))
    except LgeSynthError as error:
        return str(error)
    except OSError as error:
        return f"The files cannot be made: {error.strerror or type(error).__name__}."


def new_folder(parent: Path, result: SynthesisResult) -> Path:
    """A folder in `parent` that does not exist yet, named after the seed and the verdict."""
    grade = result.verdict.grade.value.replace(" ", "-")
    name = f"SYNTHETIC_LGE_seed{result.request.seed}_{grade}"
    places = (parent / (f"{name}_{n}" if n > 1 else name) for n in itertools.count(1))
    return next(place for place in places if not place.exists())


def real_services() -> Services:
    """The services of the installed program."""
    return Services(find, describe, load, outline, sample, export, rehearse)
