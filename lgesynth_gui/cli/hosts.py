"""Opens what a command is pointed at: a series, its contours, a mask, the sample heart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from lgesynth_gui.core.arrays import LabelMap
from lgesynth_gui.core.assets import bundled
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.synthesis import SynthesisRequest
from lgesynth_gui.engine.client import Engine

PROPOSE = "lgesynth_gui.segmentation.segment:propose_contours"
SAMPLE = "sample_heart"

Number = Annotated[int | None, typer.Option("--series", min=1, help="Which series, as info lists.")]
Part = Annotated[
    int | None,
    typer.Option(
        "--part", "--phase", min=1, help="Which phase of a film, or part of an uneven stack."
    ),
]


def open_series(path: Path, number: int | None = None, part: int | None = None) -> LgeSeries:
    """Read one series of a file or folder, in the decoder process.

    Args:
        path: A file or folder.
        number: Which series, counted from 1 as `lgesynth info` lists them; None = the only one.
            A film is never taken unasked.
        part: Which phase of a film or part of a stack that is refused as a whole, from 1.

    Raises:
        LgeSynthError: nothing readable, several series and no choice, or no such number.
    """
    from lgesynth_gui.io import load, open_path

    if not path.exists():
        raise LgeSynthError(f"There is no {path}.", "Check the path.")
    infos = open_path(path)
    if not infos:
        raise LgeSynthError(f"Nothing readable was found in {path}.", "See: lgesynth info PATH.")
    usable = [index for index, info in enumerate(infos, 1) if info.usable and not info.aside]
    if number is None and len(usable) > 1:
        raise LgeSynthError(
            f"{path} holds {len(usable)} series.", "Choose one with --series; lgesynth info lists."
        )
    chosen = number or (usable or [1])[0]
    if chosen > len(infos):
        raise LgeSynthError(f"{path} has no series {chosen}.", f"It holds {len(infos)}.")
    info = infos[chosen - 1]
    if info.aside and number is None and part is None:
        raise LgeSynthError(f"{path} holds no stack: {info.reason}", "Choose one with --phase.")
    series: LgeSeries = load(info if part is None else info.part(part))
    return series


def sample_heart() -> tuple[LgeSeries, HeartContours]:
    """The bundled sample heart and its accepted contours.

    Raises:
        LgeSynthError: it is missing.
    """
    from lgesynth_gui.io import load, open_path
    from lgesynth_gui.io.contours import read_contours

    folder = bundled("resources") / SAMPLE
    infos = open_path(folder) if folder.is_dir() else ()
    if not infos:
        raise LgeSynthError("The sample heart is missing.", "Install the program again.")
    series: LgeSeries = load(infos[0])
    computed = replace(series.source, format="phantom")  # no patient is in it, whatever the file
    named = replace(series, label="sample heart", source=computed)
    return named, read_contours(folder / "contours.json")


def sample_request(series: LgeSeries, contours: HeartContours) -> SynthesisRequest:
    """What the demo asks for: `resources/sample_request.toml` on the sample heart."""
    from lgesynth_gui.anatomy.sample_wish import sample_wish

    wish = sample_wish(contours)
    return SynthesisRequest(
        host_sha256=series.pixels_sha256,
        contours=contours,
        sketch=wish.sketch,
        seed=wish.seed,
        steps=wish.steps,
        guidance=wish.guidance,
    )


def contours_for(
    series: LgeSeries, path: Path | None, mask: LabelMap | None, engine: Engine
) -> Job:
    """Heart contours: from a file, else from a mask that shows the heart, else proposed.

    Args:
        series: The host.
        path: A contours file (JSON) or a label map of the heart (NIfTI), or None.
        mask: The user's scar mask, or None; used when it holds the heart's labels too.
        engine: Runs the contour network.

    Returns:
        A job that returns `(HeartContours, where they come from)`.

    Raises:
        LgeSynthError: they do not fit the series, or no heart was found.
    """
    if path is not None and path.suffix == ".json":
        from lgesynth_gui.io.contours import read_contours

        yield Progress(0, 1, "reading contours")
        found, origin = read_contours(path), "file"
    elif path is not None:
        yield Progress(0, 1, "outlining the mask")
        found, origin = contours_of_labels(read_mask(path, series), series), "mask"
    elif mask is not None and shows_heart(mask):
        yield Progress(0, 1, "outlining the mask")
        found, origin = contours_of_labels(mask, series), "mask"
    else:
        proposed: Any = yield from engine.run(PROPOSE, series)
        found, origin = proposed, "proposed"
    if len(found.slices) != series.shape[0]:
        raise LgeSynthError(
            f"The contours have {len(found.slices)} slices, the series has {series.shape[0]}.",
            "Use contours made for this series.",
        )
    if not found.outlined():
        raise LgeSynthError("No heart was found in any slice.", "Give contours: --contours.")
    return found, origin


def read_mask(path: Path, series: LgeSeries) -> LabelMap:
    """A label map on the grid of a series, read in the decoder process."""
    from lgesynth_gui.io import load_mask

    labels: LabelMap = load_mask(path, series)
    return labels


def shows_heart(labels: LabelMap) -> bool:
    """Whether a label map holds the blood pool and the muscle besides scar."""
    return bool((labels == Label.BLOOD).any() and (labels == Label.MYOCARDIUM).any())


def contours_of_labels(labels: LabelMap, series: LgeSeries) -> HeartContours:
    """Outline each slice of a label map that shows the heart."""
    from lgesynth_gui.anatomy.contours_from_mask import contours_of_mask

    spacing = series.spacing[1:]
    return HeartContours(tuple(contours_of_mask(one, spacing) for one in labels))
