"""The unit of work: a few samples that are painted side by side, tried again until the gate passes.

Which samples stand together follows from the plan alone, so a block gives the same bytes wherever
and however often it is worked off. It runs in an engine or on another computer; what it returns is
written by whoever asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lgesynth_gui.cohort.hosts import Host
from lgesynth_gui.cohort.plan import Draw, Plan, Row, Sampling
from lgesynth_gui.cohort.samples import FORMAT, VERSION, Sample, pack_arrays, result_values
from lgesynth_gui.cohort.seeds import noise_seed
from lgesynth_gui.cohort.wishes import Wish, heart_of, wish_of
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress, drive
from lgesynth_gui.core.synthesis import Hole, SynthesisRequest, SynthesisResult
from lgesynth_gui.quality.gate import acceptable

CONTROL, ERROR = "CONTROL", "ERROR"  # statuses beside the gate's grades


@dataclass(frozen=True, eq=False)
class Item:
    """One sample to be made.

    Args:
        index: Its number in the cohort.
        heart: Its host's number.
        what: Its row, or the draw of its part.
    """

    index: int
    heart: str
    what: Row | Draw


@dataclass(frozen=True, eq=False)
class Task:
    """A block as it is handed out; everything it needs is in it.

    Args:
        items: Samples, ascending.
        hosts: Every heart they name.
        seed: Of the cohort.
        tries: Noises a wish is given.
        sampling: How samples are painted.
        device: "auto", "cpu", "cuda" or "mps".
    """

    items: tuple[Item, ...]
    hosts: tuple[Host, ...]
    seed: int
    tries: int
    sampling: Sampling
    device: str = "auto"


def task_of(plan: Plan, block: range, host: Callable[[str], Host], device: str = "auto") -> Task:
    """The task of a block.

    Args:
        plan: That plans it.
        block: One of its `blocks()`.
        host: From a heart's number to the heart.
        device: "auto", "cpu", "cuda" or "mps".

    Raises:
        LgeSynthError: a heart cannot be read.
    """
    number, place = plan.part_at(block.start)
    part = plan.parts[number]
    ids = tuple(one.id for one in plan.hosts)
    items = tuple(
        Item(index, heart_of(part, place + k, ids), part.at(place + k))
        for k, index in enumerate(block)
    )
    hosts = tuple(host(one) for one in dict.fromkeys(item.heart for item in items))
    return Task(items, hosts, plan.seed, plan.stop.tries, plan.sampling, device)


def compute(task: Task) -> Job:
    """Work a block off.

    Args:
        task: What is asked.

    Returns:
        A job that returns a `Sample` for each item, in order: painted, a control, or an error
        that belongs to that sample alone.

    Raises:
        LgeSynthError: a model is missing.
        Refused: a model's file is damaged.
    """
    from lgesynth_gui.synthesis.batch import (
        Made,
        Prepared,
        bundle_for,
        originals_for,
        paint_prepared,
        prepare_request,
        rewarded,
    )

    yield Progress(0, len(task.items), "loading models")
    bundle = bundle_for(task.sampling.model, task.device)
    originals = originals_for(bundle)
    hosts = {one.entry.id: one for one in task.hosts}
    done: dict[int, Sample] = {}
    ready: dict[int, Prepared] = {}
    wishes: dict[int, Wish] = {}
    for item in task.items:
        host = hosts[item.heart]
        try:
            wish = wish_of(item.what, host.heart, task.seed, item.index)
            wishes[item.index] = wish
            if wish.control:
                done[item.index] = _sample(item, host, CONTROL, wish)
            else:
                request = request_of(wish, host, task.sampling)
                ready[item.index] = prepare_request(request, host.series, bundle, originals)
        except LgeSynthError as error:
            done[item.index] = _sample(item, host, ERROR, wishes.get(item.index), error)
        yield None
    tries: dict[int, list[dict[str, Any]]] = {index: [] for index in ready}
    best: dict[int, Made] = {}
    left = sorted(ready)
    for attempt in range(task.tries):
        seeds = [_seed(task.seed, index, attempt, wishes[index]) for index in left]
        results = yield from paint_prepared([ready[index] for index in left], seeds, bundle)
        for index, seed, made in zip(left, seeds, results, strict=True):
            tries[index].append(_try(seed, made.result))
            if index not in best or _worth(made.result) > _worth(best[index].result):
                best[index] = made
        left = [index for index in left if not _settled(best[index].result, wishes[index])]
        yield Progress(len(ready) - len(left), len(ready), "painting samples")
        if not left:
            break
    kept = dict(zip(best, rewarded(tuple(best.values()), bundle), strict=True))
    for item in task.items:
        if item.index in kept:
            result, host = kept[item.index], hosts[item.heart]
            status = result.verdict.grade.value
            done[item.index] = _sample(
                item, host, status, wishes[item.index], None, result, tries[item.index]
            )
    return tuple(done[item.index] for item in task.items)


def compute_now(task: Task) -> tuple[Sample, ...]:
    """`compute` to its end, for workers that take functions."""
    from lgesynth_gui.core.environment import stay_offline

    stay_offline()
    made: tuple[Sample, ...] = drive(compute(task))
    return made


def request_of(wish: Wish, host: Host, sampling: Sampling, seed: int = 0) -> SynthesisRequest:
    """The request that a wish becomes."""
    return SynthesisRequest(
        host_sha256=host.entry.sha256,
        contours=host.contours,
        sketch=wish.sketch,
        caption=wish.caption,
        slices=wish.slices,
        seed=seed,
        steps=sampling.steps,
        text_scale=sampling.text_scale,
        guidance=sampling.guidance,
        hole=Hole(sampling.hole),
        model=sampling.model,
        dice_limit=sampling.dice_limit,
        half=bool(sampling.half),
    )


def _settled(result: SynthesisResult, wish: Wish) -> bool:
    """Whether there is nothing more to try: it is accepted, or its row names the noise."""
    return acceptable(result.verdict) or wish.seed is not None


def _seed(cohort_seed: int, index: int, attempt: int, wish: Wish) -> int:
    return wish.seed if wish.seed is not None else noise_seed(cohort_seed, index, attempt)


def _try(seed: int, result: SynthesisResult) -> dict[str, Any]:
    dice = result.verdict.dice
    return {
        "seed": seed,
        "grade": result.verdict.grade.value,
        "dice": None if dice is None else float(dice),
        "accepted": acceptable(result.verdict),
    }


def _worth(result: SynthesisResult) -> tuple[bool, int, float]:
    """Accepted first, then better grades, then the judge's Dice; the first of equals stays."""
    verdict = result.verdict
    return acceptable(verdict), -verdict.grade.severity, verdict.dice or 0.0


def set_aside(item: Item, host: Host, why: str) -> Sample:
    """The record of a sample that nobody could make.

    Args:
        item: The sample.
        host: Its heart.
        why: One sentence.
    """
    return _sample(item, host, ERROR, None, LgeSynthError(why))


def _sample(
    item: Item,
    host: Host,
    status: str,
    wish: Wish | None,
    error: LgeSynthError | None = None,
    result: SynthesisResult | None = None,
    tries: Sequence[dict[str, Any]] = (),
) -> Sample:
    place = None if wish is None or wish.place is None else asdict(wish.place)
    record: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "index": item.index,
        "status": status,
        "heart": item.heart,
        "host_sha256": host.entry.sha256,
        "origin": host.entry.origin,
        "pattern": "" if wish is None else wish.pattern,
        "place": place if place is None else {**place, "segments": list(place["segments"])},
        "tries": list(tries),
        "error": "" if error is None else error.what,
        "accepted": result is not None and acceptable(result.verdict),
        "synthetic": result is not None,
        "slices": [] if wish is None else list(wish.slices),
    }
    if result is None:
        return Sample(record)
    return Sample(record | result_values(result), pack_arrays(result))
