"""The job: a request and its host in, one judged sample out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
import torch

from lgesynth_gui.anatomy.render import render_stack
from lgesynth_gui.core.arrays import Array, LabelMap, Mask, content_hash
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress, told_as
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.synthesis import FLOOR, SynthesisRequest, SynthesisResult
from lgesynth_gui.core.verdict import Verdict
from lgesynth_gui.quality.gate import gate
from lgesynth_gui.quality.overlap import dice
from lgesynth_gui.quality.sample import Sample
from lgesynth_gui.segmentation.judge import judge_name, read_stack
from lgesynth_gui.segmentation.segmenter import Segmenter
from lgesynth_gui.synthesis.conditioning import wanted_slices
from lgesynth_gui.synthesis.models import THREADS, Bundle, best_device, load_models
from lgesynth_gui.synthesis.painting import Painted, paint

REWARD = "reward Dice"
Reading = Callable[[Segmenter, SynthesisRequest, LgeSeries, int], LabelMap]


def generate(request: SynthesisRequest, series: LgeSeries, device: str = "auto") -> Job:
    """Paint the requested scar, then let the judge and the gate look at it.

    The same request and host give the same pixels on the same computer: every slice's noise
    comes from (seed, slice), slices are painted one by one, and sums keep their order.

    Args:
        request: What is wanted.
        series: The host it was made for.
        device: "auto", "cpu", "cuda" or "mps".

    Returns:
        A job that yields progress with previews and returns a `SynthesisResult`.

    Raises:
        LgeSynthError: request and series do not fit, or a model is missing.
        Refused: a model file is damaged.
    """
    began = time.monotonic()
    slices = wanted_slices(request, series)
    yield Progress(0, request.steps * len(slices), "loading models")
    torch.set_num_threads(THREADS)
    bundle = load_models(request.model, best_device(device).type)
    return (yield from generate_with(bundle, request, series, began))


def generate_with(
    bundle: Bundle, request: SynthesisRequest, series: LgeSeries, began: float
) -> Job:
    """As `generate`, with networks that are loaded; `began` is when the work did (monotonic)."""
    slices = wanted_slices(request, series)
    painted: list[Painted] = []
    for index in slices:
        job = paint(request, series, index, bundle)
        painted.append((yield from _counted(job, len(painted), len(slices))))
    total = request.steps * len(slices)
    yield Progress(total, total, "judging")
    floor = floor_of(bundle.judge, request, series)
    scores = (*floor, ("seconds", round(time.monotonic() - began, 2)))
    return result_of(request, series, painted, bundle, scores)


def prepare(device: str = "auto") -> Job:
    """Load the default models, so that the first picture does not have to wait for them.

    Returns:
        A job that returns None; a missing model is told by `generate`, not here.
    """
    yield Progress(0, 1, "loading models")
    torch.set_num_threads(THREADS)
    try:
        load_models("", best_device(device).type)
    except LgeSynthError:
        return


def _counted(job: Job, done: int, slices: int) -> Job:
    """The same job, its steps counted over all slices."""

    def counted(step: Progress | None) -> Progress | None:
        if step is None:
            return None
        note = step.note if slices == 1 else f"{step.note}, slice {done + 1} of {slices}"
        past = done * step.total
        return Progress(past + step.done, slices * step.total, note, step.preview)

    return told_as(job, counted)


def result_of(
    request: SynthesisRequest,
    series: LgeSeries,
    painted: Sequence[Painted],
    bundle: Bundle,
    scores: tuple[tuple[str, float], ...] = (),
    requested: LabelMap | None = None,
) -> SynthesisResult:
    """What was painted, put into its stack, read by the judge and concluded by the gate.

    Args:
        request: What was asked.
        series: Its host.
        painted: One a slice, ascending.
        bundle: Its judge reads.
        scores: Further figures of the result.
        requested: The asked heart as a label map; None renders it.
    """
    pixels, edited = _assembled(series, painted)
    slices = tuple(one.conditions.index for one in painted)
    if requested is None:
        requested = requested_of(request, series)
    measured = np.zeros(series.shape, dtype=np.uint8)
    judge = bundle.judge
    if judge is not None:
        measured = read_stack(
            judge, pixels, request.contours, series.spacing, slices, host=series.pixels
        )
    verdict: Verdict = gate(
        Sample(
            pixels=pixels,
            requested=requested,
            measured=None if judge is None else measured,
            spacing=series.spacing,
            slices=slices,
            host=series.pixels,
            edited=edited,
            limit=request.dice_limit,
            judge="" if judge is None else judge_name(judge),
            signal=series.signal,
            zero=-series.intercept / series.slope if series.slope else 0.0,
            feather_mm=request.feather_mm,
        )
    )
    rewarded = (
        *mean_score(REWARD, [one.reward_dice for one in painted]),
        *mean_score("reward Dice before guidance", [one.before_dice for one in painted]),
    )
    return SynthesisResult(
        request=request,
        slices=slices,
        pixels=pixels,
        edited=edited,
        requested=requested,
        measured=measured,
        captions=tuple((one.conditions.index, one.conditions.caption) for one in painted),
        verdict=verdict,
        models=bundle.models,
        scores=(*rewarded, *scores),
        pixels_sha256=content_hash(pixels),
    )


def requested_of(request: SynthesisRequest, series: LgeSeries) -> LabelMap:
    """The asked heart on the series' own grid."""
    return render_stack(request.sketch, request.contours, series.shape, series.spacing)


def floor_of(
    judge: Segmenter | None,
    request: SynthesisRequest,
    series: LgeSeries,
    read: Reading | None = None,
    requested: LabelMap | None = None,
) -> tuple[tuple[str, float], ...]:
    """What the judge gives the original for the same wish: the Dice of having done nothing.

    Args:
        judge: The judge, or None.
        request: Its drawing is compared with.
        series: The original.
        read: Gives the judge's label map of a slice; None = it is read now.
        requested: The asked heart as a label map; None renders it.

    Returns:
        The score, or nothing without a judge or without scar in the wish. Seeds have no part.
    """
    slices = wanted_slices(request, series)
    if requested is None:
        requested = requested_of(request, series)
    asked = requested[list(slices)] >= Label.SCAR
    if judge is None or not asked.any():
        return ()
    found = [(read or read_original)(judge, request, series, index) for index in slices]
    return ((FLOOR, round(dice(asked, np.stack(found) >= Label.SCAR), 6)),)


def read_original(
    judge: Segmenter, request: SynthesisRequest, series: LgeSeries, index: int
) -> LabelMap:
    """The judge's label map of an untouched slice; the request's drawing has no part in it."""
    stack = read_stack(judge, series.pixels, request.contours, series.spacing, (index,))
    return np.asarray(stack[index])


def mean_score(name: str, values: Sequence[float]) -> tuple[tuple[str, float], ...]:
    """The mean of what is known, as a named score; nothing when nothing is."""
    known = [value for value in values if np.isfinite(value)]
    return ((name, round(float(np.mean(known)), 6)),) if known else ()


def _assembled(series: LgeSeries, painted: Sequence[Painted]) -> tuple[Array, Mask]:
    """The whole stack with the painted slices in place, and where it was edited."""
    pixels, edited = series.pixels.copy(), np.zeros(series.shape, dtype=bool)
    for one in painted:
        pixels[one.conditions.index] = one.pixels
        edited[one.conditions.index] = one.edited
    return pixels, edited
