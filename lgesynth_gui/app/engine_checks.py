"""The checks that compute: a real kernel, the speed of a step, a judge that reads as it did."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lgesynth_gui.app.self_checks import Check
from lgesynth_gui.app.services import GENERATE, PREPARE, sample
from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.assets import bundled
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.synthesis import STEPS as USUAL_STEPS

RunsElsewhere = Callable[..., Job]  # the engine's `run`

PROBE = "lgesynth_gui.segmentation.probe:probe_device"
JUDGE = "lgesynth_gui.segmentation.judge:judge_series"
STEPS = (1, 3)  # two lengths, so that a step can be told from what every slice costs

BRIGHT_PERCENT = 99.0
TOLERANCE = 0.01
STORED = "judge_check.json"


def device_job(run: RunsElsewhere, device: str = "auto") -> Job:
    """A small convolution on the device; the job returns a `Check`."""
    try:
        return Check("device", True, (yield from run(PROBE, device)))
    except LgeSynthError as error:
        return Check("device", False, f"{error} The processor works without a graphics card.")


def speed_job(run: RunsElsewhere, device: str = "auto") -> Job:
    """Two short generations of one slice of the sample heart, timed; returns a `Check`."""
    from lgesynth_gui.app.session import State, request_of  # here: it brings Qt with it

    asked = () if device == "auto" else (device,)
    try:
        series, contours, sketch, settings = yield from sample()
        middle = sketch.slices()[len(sketch.slices()) // 2]
        request = request_of(
            State(series, contours, sketch, replace(settings, this_slice=True)), middle
        )
        assert request is not None
        yield Progress(0, 1, "loading models")
        yield from run(PREPARE, *asked)
        took = []
        for steps in STEPS:
            result = yield from run(GENERATE, replace(request, steps=steps), series, *asked)
            took.append(dict(result.scores).get("seconds", 0.0))
    except LgeSynthError as error:
        return Check("speed", False, str(error))
    step = max((took[1] - took[0]) / (STEPS[1] - STEPS[0]), 0.0)
    whole = took[0] + (USUAL_STEPS - STEPS[0]) * step
    words = f"a step takes {step:.1f} s, a slice in {USUAL_STEPS} steps about {whole:.0f} s"
    return Check("speed", True, words)


def judge_job(run: RunsElsewhere) -> Job:
    """The judge reads a painted sample heart as it once did; returns a `Check`."""
    try:
        found, name, weights = yield from read_by_judge(run)
    except LgeSynthError as error:
        return Check("judge", False, f"{error} Results cannot be judged.")
    stored = stored_dice().get(weights)
    if not name:
        return Check("judge", False, "There is none: results cannot be judged.")
    if stored is None:
        return Check("judge", False, f"{name} has no stored Dice to compare its {found:.3f} with.")
    if abs(found - stored) > TOLERANCE:
        words = f"{name} finds Dice {found:.3f} instead of {stored:.3f}"
        return Check("judge", False, f"{words}: results cannot be judged.")
    return Check("judge", True, f"{name} finds Dice {found:.3f} on a painted heart, as stored")


def read_by_judge(run: RunsElsewhere) -> Job:
    """A job that returns (Dice, judge's name, hash of its weights) of the painted sample heart."""
    from lgesynth_gui.anatomy.render import render_stack
    from lgesynth_gui.quality.overlap import dice
    from lgesynth_gui.registry.cards import models_of

    series, contours, sketch, _ = yield from sample()
    wanted = render_stack(sketch, contours, series.shape, series.spacing) >= Label.SCAR
    slices = sketch.slices()
    labels, name = yield from run(JUDGE, painted(series, wanted), contours, slices)
    if labels is None:
        return 0.0, "", ""
    chosen = list(slices)
    value = dice(np.asarray(labels[chosen] >= Label.SCAR), wanted[chosen])
    cards = models_of("judge")
    return value, name, cards[0].sha256 if cards else ""


def painted(series: LgeSeries, wanted: Array) -> LgeSeries:
    """The series with the wanted pixels as bright as its brightest tissue; no chance in it."""
    pixels = series.pixels.copy()
    pixels[wanted] = np.percentile(series.pixels, BRIGHT_PERCENT).astype(pixels.dtype)
    return replace(series, pixels=pixels)


def stored_dice(folder: Path | None = None) -> dict[str, float]:
    """Dice by the hash of a judge's weights, as measured when it was bundled."""
    path = (folder or bundled("resources")) / STORED
    if not path.is_file():
        return {}
    found: Any = json.loads(path.read_bytes())
    return {str(weights): float(value) for weights, value in found.items()}


def store_dice(value: float, weights: str, folder: Path | None = None) -> None:
    """Keep the Dice of a judge that is bundled from now on."""
    from lgesynth_gui.io.atomic import write_json

    known = {**stored_dice(folder), weights: round(value, 4)}
    write_json((folder or bundled("resources")) / STORED, known)
