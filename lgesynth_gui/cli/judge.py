"""`lgesynth judge`: the gate alone, for a picture and the scar it is meant to show."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from lgesynth_gui.cli import hosts
from lgesynth_gui.cli.console import drive_shown, note, say, show_json, show_table
from lgesynth_gui.cli.outcomes import verdict_json, verdict_rows, verdict_words
from lgesynth_gui.core.arrays import LabelMap
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.engine.client import Engine

JUDGE = "lgesynth_gui.segmentation.judge:judge_series"


def judge(
    image: Annotated[Path, typer.Argument(help="DICOM folder or file, or NIfTI.")],
    mask: Annotated[Path, typer.Argument(help="Label map on its grid with the asked scar (3, 4).")],
    series: hosts.Number = None,
    part: hosts.Part = None,
    contours: Annotated[
        Path | None,
        typer.Option(help="Heart contours (JSON) or a label map; else from MASK, else proposed."),
    ] = None,
    limit: Annotated[float, typer.Option(min=0.0, max=1.0, help="Dice must be larger.")] = 0.60,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Judge a picture against the scar it is meant to show: the gate alone."""
    picture = hosts.open_series(image, series, part)
    labels = _scar_labels(hosts.read_mask(mask, picture))
    engine = Engine()
    try:
        heart, origin = drive_shown(
            hosts.contours_for(picture, contours, labels, engine), quiet=as_json
        )
        if origin == "proposed":
            note("The heart was outlined by the contour network; look at it before you rely on it.")
        slices = _slices(labels, heart)
        measured, name = drive_shown(engine.run(JUDGE, picture, heart, slices), quiet=as_json)
    finally:
        engine.kill()
    verdict = _verdict(picture, _asked(labels, heart, picture), measured, slices, limit, name)
    if as_json:
        show_json({"slices": [index + 1 for index in slices], "verdict": verdict_json(verdict)})
    else:
        words = ", ".join(str(index + 1) for index in slices)
        show_table(
            picture.label or "Verdict", ("", ""), [("slices", words), *verdict_rows(verdict)]
        )
        say("For research and teaching only; not for diagnosis.")
    if verdict.grade not in (Grade.PASS, Grade.CHECK):
        raise LgeSynthError(f"The picture is {verdict_words(verdict)}.", "See the reasons.")


def _scar_labels(labels: LabelMap) -> LabelMap:
    """A map of only 0 and 1 is a scar mask."""
    return labels * np.uint8(Label.SCAR) if labels.max(initial=0) == 1 else labels


def _slices(labels: LabelMap, heart: HeartContours) -> tuple[int, ...]:
    """The slices with asked scar; all outlined ones when there is none."""
    scarred = np.flatnonzero((labels >= Label.SCAR).any(axis=(1, 2)))
    if not len(scarred):
        return heart.outlined()
    missing = [int(index) + 1 for index in scarred if heart.slices[index] is None]
    if missing:
        raise LgeSynthError(
            f"Slice {missing[0]} of the mask holds scar but has no heart contour.",
            "Give contours for it: --contours.",
        )
    return tuple(int(index) for index in scarred)


def _asked(labels: LabelMap, heart: HeartContours, picture: LgeSeries) -> LabelMap:
    """The asked heart: cavity and wall from the contours, scar and core from the mask."""
    from lgesynth_gui.anatomy.wall import wall_of

    asked = np.zeros(picture.shape, dtype=np.uint8)
    for index in heart.outlined():
        outlined = heart.slices[index]
        if outlined is not None:
            wall = wall_of(outlined, picture.shape[1:], picture.spacing[1:])
            asked[index][wall.cavity] = Label.BLOOD
            asked[index][wall.mask] = Label.MYOCARDIUM
    scar = labels >= Label.SCAR
    asked[scar] = labels[scar]
    return asked


def _verdict(
    picture: LgeSeries,
    asked: LabelMap,
    measured: Any,
    slices: tuple[int, ...],
    limit: float,
    name: str,
) -> Any:
    from lgesynth_gui.quality.gate import gate
    from lgesynth_gui.quality.sample import Sample

    return gate(
        Sample(
            pixels=picture.pixels,
            requested=asked,
            measured=measured,
            spacing=picture.spacing,
            slices=slices,
            limit=limit,
            judge=name,
            signal=picture.signal,
            zero=-picture.intercept / picture.slope,
        )
    )
