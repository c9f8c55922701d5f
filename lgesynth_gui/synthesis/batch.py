"""Many requests painted side by side, each judged as if it were alone.

Slices share the sampler's batches; which slices stand in one batch follows from the order of the
requests alone, so the same list of requests gives the same pixels on the same kind of processor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import torch

from lgesynth_gui.core.arrays import LabelMap
from lgesynth_gui.core.jobs import Job, Progress, told_as
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.synthesis import SynthesisRequest, SynthesisResult
from lgesynth_gui.segmentation.segmenter import Segmenter
from lgesynth_gui.synthesis.conditioning import Conditions, wanted_slices
from lgesynth_gui.synthesis.generate import (
    REWARD,
    floor_of,
    mean_score,
    read_original,
    requested_of,
    result_of,
)
from lgesynth_gui.synthesis.models import THREADS, Bundle, best_device, load_models
from lgesynth_gui.synthesis.painting import (
    Asked,
    Painted,
    Wish,
    asked_of,
    paint_asked,
    reward_dices,
    shows_scar,
)

KEPT = 2000  # slices whose readings are remembered
WIDTH = 16  # slices a batch, at most: from there on no processor here gains

Scores = tuple[tuple[str, float], ...]


@dataclass(frozen=True, eq=False)
class Prepared:
    """A request that can be painted under any seed.

    Args:
        request: What is asked.
        series: Its host.
        asked: What the networks are shown, one a slice.
        requested: The asked heart on the host's grid.
        floor: What the judge gives the untouched original.
    """

    request: SynthesisRequest
    series: LgeSeries
    asked: tuple[Asked, ...]
    requested: LabelMap
    floor: Scores = field(default=())


@dataclass(frozen=True, eq=False)
class Made:
    """A request painted under one seed.

    Args:
        result: What it became; the reward networks have not read it yet.
        painted: Its slices.
    """

    result: SynthesisResult
    painted: tuple[Painted, ...]


def bundle_for(model: str, device: str) -> Bundle:
    """The networks of a model that is here, on a device, with the threads results rest on.

    Args:
        model: "id" or "id/version"; "" = the default.
        device: "auto", "cpu", "cuda" or "mps".

    Raises:
        LgeSynthError: a model is missing.
        Refused: a model's file is damaged.
    """
    torch.set_num_threads(THREADS)
    return load_models(model, best_device(device).type)


class Originals:
    """What networks read in untouched slices, each read once however often it is a host."""

    def __init__(self) -> None:
        self._scarred: dict[object, bool] = {}
        self._read: dict[object, LabelMap] = {}

    def scarred(self, wish: Wish, conditions: Conditions, bundle: Bundle) -> bool:
        """As `painting.shows_scar`."""
        key = _slice_of(wish[0], wish[2])
        if key not in self._scarred:
            _make_room(self._scarred)
            self._scarred[key] = shows_scar(wish, conditions, bundle)
        return self._scarred[key]

    def read(
        self, judge: Segmenter, request: SynthesisRequest, series: LgeSeries, index: int
    ) -> LabelMap:
        """As `generate.read_original`."""
        key = _slice_of(request, index)
        if key not in self._read:
            _make_room(self._read)
            self._read[key] = read_original(judge, request, series, index)
        return self._read[key]


@lru_cache(maxsize=1)
def originals_for(bundle: Bundle) -> Originals:
    """What this process has read with the networks of a bundle; it outlives a batch."""
    del bundle  # the key
    return Originals()


def _make_room(kept: dict[object, Any]) -> None:
    if len(kept) >= KEPT:
        del kept[next(iter(kept))]


def _slice_of(request: SynthesisRequest, index: int) -> object:
    return request.host_sha256, request.contours.slices[index], index


def prepare_request(
    request: SynthesisRequest, series: LgeSeries, bundle: Bundle, originals: Originals
) -> Prepared:
    """Everything of a request that does not depend on its seed.

    Args:
        request: What is asked.
        series: Its host.
        bundle: The networks.
        originals: What was read of hosts before, with the same networks.

    Raises:
        LgeSynthError: request and series do not fit.
    """
    wishes = [(request, series, index) for index in wanted_slices(request, series)]
    asked = tuple(asked_of(wish, bundle, originals.scarred) for wish in wishes)
    requested = requested_of(request, series)
    floor = floor_of(bundle.judge, request, series, originals.read, requested)
    return Prepared(request, series, asked, requested, floor)


def paint_prepared(
    prepared: Sequence[Prepared], seeds: Sequence[int], bundle: Bundle, width: int = WIDTH
) -> Job:
    """Paint prepared requests under given seeds and judge each.

    Args:
        prepared: With the same sampler settings.
        seeds: One a request, in place of its own.
        bundle: The networks.
        width: Slices a batch, >= 1. Other widths give other roundings.

    Returns:
        A job that returns a list of `Made`, in order, whose results have no score of time.
    """
    requests = [replace(one.request, seed=seed) for one, seed in zip(prepared, seeds, strict=True)]
    flat: list[Asked] = []
    for one, request in zip(prepared, requests, strict=True):
        for asked in one.asked:
            wish = (request, asked.wish[1], asked.wish[2])
            flat.append(Asked(wish, asked.conditions, asked.holes))
    painted: list[Painted] = []
    for start in range(0, len(flat), width):
        some = paint_asked(flat[start : start + width], bundle, scored=False)
        painted += yield from told_as(some, _alive)
        yield Progress(len(painted), len(flat), "painting")
    made: list[Made] = []
    place = 0
    for one, request in zip(prepared, requests, strict=True):
        own = painted[place : place + len(one.asked)]
        place += len(own)
        result = result_of(request, one.series, own, bundle, one.floor, one.requested)
        made.append(Made(result, tuple(own)))
        yield Progress(len(made), len(prepared), "judging")
    return made


def rewarded(made: Sequence[Made], bundle: Bundle) -> tuple[SynthesisResult, ...]:
    """Results with what the reward networks see in them, read side by side.

    Noises that were not kept need no such reading: it decides nothing.

    Args:
        made: With the same sampler settings.
        bundle: The networks.
    """
    flat = [one for each in made for one in each.painted]
    dices: list[float] = []
    for start in range(0, len(flat), WIDTH):
        some = flat[start : start + WIDTH]
        conditions, pictures = [one.conditions for one in some], [one.picture for one in some]
        dices += reward_dices(conditions, pictures, bundle, made[0].result.request.half)
    known, out = iter(dices), []
    for each in made:
        score = mean_score(REWARD, [next(known) for _ in each.painted])
        out.append(replace(each.result, scores=(*score, *each.result.scores)))
    return tuple(out)


def _alive(step: Progress | None) -> None:
    """Steps of a batch are nobody's progress."""
