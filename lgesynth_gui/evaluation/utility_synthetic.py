"""Synthetic training samples of one system, painted block by block and kept in the run's folder.

A block is painted whole or not at all and depends on nothing but its number, so a run that was
killed goes on with the very samples it would have had.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lgesynth_gui.core.arrays import LabelMap
from lgesynth_gui.core.jobs import Job, Progress, told_as
from lgesynth_gui.evaluation.alignment import painted_by
from lgesynth_gui.evaluation.erasing import RealSlice
from lgesynth_gui.evaluation.outcome import labelled, seen
from lgesynth_gui.evaluation.systems import System
from lgesynth_gui.evaluation.utility_wishes import wish_at
from lgesynth_gui.io.atomic import atomic_write
from lgesynth_gui.quality.overlap import dice
from lgesynth_gui.quality.sample import LIMIT
from lgesynth_gui.segmentation.crop import normalise
from lgesynth_gui.segmentation.segmenter import Segmenter
from lgesynth_gui.training.reader_data import SlicePool

BLOCK = 32  # wishes
MOST_DRAWS = 6  # for each sample wanted


@dataclass(frozen=True, eq=False)
class Block:
    """What became of some wishes; n of them, k were kept.

    Args:
        dices: `(n,)` the judge's Dice with the drawn scar.
        kept: `(k,)` places in the block.
        images: `(k, 128, 128)` float16, scaled by their own percentiles as any training slice.
        drawn: `(k, 128, 128)` uint8 labels with the scar as it was drawn.
        judged: `(k, 128, 128)` uint8 labels with the scar as the judge sees it.
    """

    dices: npt.NDArray[np.float32]
    kept: npt.NDArray[np.int64]
    images: npt.NDArray[np.float16]
    drawn: LabelMap
    judged: LabelMap


@dataclass(frozen=True, eq=False)
class SyntheticSet:
    """Samples that passed the judge.

    Args:
        pool: The first so many that passed.
        draws: Wishes painted until then; all of them when they were not enough.
        wanted: Samples asked for.
    """

    pool: SlicePool
    draws: int
    wanted: int


def synthetic_set(
    folder: Path,
    system: System,
    judge: Segmenter,
    hosts: Sequence[RealSlice],
    seed: int,
    fold: int,
    wanted: int,
    *,
    judged: bool = False,
) -> Job:
    """The first `wanted` samples of a system that the judge reads as they were drawn.

    Args:
        folder: Blocks are kept here.
        system: Who paints.
        judge: Who reads; its Dice with the drawn scar must exceed 0.6.
        hosts: Training slices without scar.
        seed: Of wishes and noise.
        fold: Of the patients.
        wanted: Samples, >= 1; fewer when 6 times as many wishes did not give them.
        judged: The judge's mask is the label, as in the paper; else the drawn one.

    Returns:
        A job that returns a `SyntheticSet`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    blocks: list[Block] = []
    most = MOST_DRAWS * wanted
    while sum(len(one.kept) for one in blocks) < wanted and len(blocks) * BLOCK < most:
        path = folder / f"block-{len(blocks):04d}.npz"
        if not path.is_file():
            start = len(blocks) * BLOCK
            block = yield from _painted(system, judge, hosts, seed, fold, start)
            _save(path, block)
        blocks.append(_load(path))
        kept = min(sum(len(one.kept) for one in blocks), wanted)
        yield Progress(kept, wanted, f"samples: {system.name}")
    return _first(blocks, wanted, most, judged=judged)


def _painted(
    system: System,
    judge: Segmenter,
    hosts: Sequence[RealSlice],
    seed: int,
    fold: int,
    start: int,
) -> Job:
    cases = [wish_at(hosts, seed, fold, start + k) for k in range(BLOCK)]
    yield None
    pictures = yield from told_as(painted_by(system, cases), lambda step: None)
    dices, kept = np.zeros(BLOCK, dtype=np.float32), []
    images, drawn, judged = [], [], []
    for k, (case, picture) in enumerate(zip(cases, pictures, strict=True)):
        found = seen((judge,), picture, case)
        dices[k] = dice(found, case.wish)
        if dices[k] > LIMIT:
            kept.append(k)
            images.append(normalise(picture)[0].astype(np.float16))
            drawn.append(case.conditions.labels)
            judged.append(labelled(found, case.ground))
        yield None
    shape = (-1, *cases[0].conditions.host.shape)
    return Block(
        dices,
        np.array(kept, dtype=np.int64),
        np.array(images, dtype=np.float16).reshape(shape),
        np.array(drawn, dtype=np.uint8).reshape(shape),
        np.array(judged, dtype=np.uint8).reshape(shape),
    )


def _save(path: Path, block: Block) -> None:
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {one.name: getattr(block, one.name) for one in fields(Block)}
    np.savez_compressed(buffer, **arrays)
    with atomic_write(path) as file:
        file.write(buffer.getbuffer())


def _load(path: Path) -> Block:
    with np.load(path, allow_pickle=False) as stored:
        return Block(**{one.name: stored[one.name] for one in fields(Block)})


def _first(blocks: Sequence[Block], wanted: int, most: int, *, judged: bool) -> SyntheticSet:
    """The first `wanted` kept samples within the first `most` draws."""
    places = np.concatenate([one.kept + k * BLOCK for k, one in enumerate(blocks)])
    some = int(min((places < most).sum(), wanted))
    images = np.concatenate([one.images for one in blocks])[:some]
    labels = np.concatenate([one.judged if judged else one.drawn for one in blocks])[:some]
    draws = int(places[some - 1]) + 1 if some == wanted else most
    return SyntheticSet(SlicePool(images, labels), draws, wanted)
