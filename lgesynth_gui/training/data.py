"""Phantom slices for the generator: drawn once by worker processes, kept, and cut into batches."""

from __future__ import annotations

import io
import itertools
import multiprocessing
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor, wait
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lgesynth_gui.anatomy.aha import anchors
from lgesynth_gui.anatomy.captions import parse, say
from lgesynth_gui.anatomy.describe import describe
from lgesynth_gui.anatomy.paraphrase import paraphrase
from lgesynth_gui.anatomy.wall import wall_of
from lgesynth_gui.core.arrays import Mask
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.io.atomic import atomic_write
from lgesynth_gui.phantom.stream import TrainingSlice, slices
from lgesynth_gui.segmentation.crop import limits, normalise
from lgesynth_gui.synthesis.holes import (
    control_maps,
    local_hole,
    masked,
    muscle_level,
    ring_hole,
    scar_mask,
    wall_mask,
)

CHUNK = 50
KEEP_S = 90.0  # longest drawing that a kill may cost
FILL_JITTER = 0.04  # deviation of the level that fills a hole, u
_MM = (1.0, 1.0)


@dataclass(frozen=True, eq=False)
class Pool:
    """Slices on the model grid.

    Args:
        pictures: `(n, 128, 128)` float16, normalised with the limits of the scar-free host.
        labels: `(n, 128, 128)` uint8.
        depth: `(n, 128, 128)` float16, 0 outside the wall.
        captions: `(n,)` canonical captions.
        limits: `(n, 2)` float32 lo and hi in scanner units.
    """

    pictures: npt.NDArray[np.float16]
    labels: npt.NDArray[np.uint8]
    depth: npt.NDArray[np.float16]
    captions: npt.NDArray[np.str_]
    limits: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.pictures)

    @property
    def positive(self) -> Mask:
        """Slices that hold scar, `(n,)`."""
        return np.asarray((self.labels >= 3).any(axis=(1, 2)))

    def first(self, count: int) -> Pool:
        """Its first slices."""
        return Pool(**{one.name: getattr(self, one.name)[:count] for one in fields(Pool)})


def draw_chunk(stream: str, seed: int, count: int) -> dict[str, npt.NDArray[Any]]:
    """Draw `count` slices of a stream; runs in a worker process."""
    rows = [_row(one) for one in itertools.islice(slices(stream, seed, None), count)]
    return {field.name: np.stack([row[field.name] for row in rows]) for field in fields(Pool)}


def _row(one: TrainingSlice) -> dict[str, Any]:
    host = one.image if one.clean is None else one.clean
    scale = limits(host)
    wall = wall_of(one.contours, one.image.shape, _MM)
    return {
        "pictures": normalise(one.image, scale)[0].astype(np.float16),
        "labels": one.labels,
        "depth": np.nan_to_num(one.depth).astype(np.float16),
        "captions": say(describe(one.labels, wall, one.level, anchors(one.contours))),
        "limits": np.array(scale, dtype=np.float32),
    }


def draw_pool(stream: str, seed: int, count: int) -> Job:
    """The first slices of `make_pool`, drawn here and kept nowhere.

    Returns:
        A job that yields progress and returns the `Pool`.
    """
    rows: list[dict[str, Any]] = []
    while len(rows) < count:
        drawn = slices(stream, seed * 100_000 + len(rows) // CHUNK, None)
        for one in itertools.islice(drawn, min(CHUNK, count - len(rows))):
            rows.append(_row(one))
            yield Progress(len(rows), count, "drawing phantom slices")
    return Pool(**{f.name: np.stack([row[f.name] for row in rows]) for f in fields(Pool)})


def save_pool(path: Path, pool: Pool) -> None:
    """Write a pool whole or not at all."""
    buffer = io.BytesIO()
    np.savez(buffer, **{field.name: getattr(pool, field.name) for field in fields(Pool)})
    with atomic_write(path) as file:
        file.write(buffer.getbuffer())


def load_pool(path: Path) -> Pool:
    """Read a pool of `save_pool`."""
    with np.load(path, allow_pickle=False) as stored:
        return Pool(**{field.name: stored[field.name] for field in fields(Pool)})


def make_pool(path: Path, stream: str, seed: int, count: int, workers: int = 2) -> Job:
    """The pool at `path`, drawn first when it is not there.

    The slices depend on stream, seed and count only, not on the number of workers.

    Args:
        path: `.npz` to keep it in.
        stream: Name of the phantom stream ("generator", "test", ...).
        seed: Of the stream.
        count: Slices.
        workers: Worker processes.

    Returns:
        A job that yields progress and returns the `Pool`.
    """
    if path.is_file():
        return load_pool(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    sizes = [min(CHUNK, count - start) for start in range(0, count, CHUNK)]
    kept = path.with_name(f"{path.stem}.part.npz")  # what a killed drawing had kept
    before = [load_pool(kept)] if kept.is_file() else []
    done = sum(len(one) for one in before) // CHUNK
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(workers, mp_context=context)
    try:
        parts = [
            executor.submit(draw_chunk, stream, seed * 100_000 + k, size)
            for k, size in enumerate(sizes)
            if k >= done
        ]
        saved = time.monotonic()
        while not all(part.done() for part in parts):
            wait(parts, timeout=0.4)
            ready = list(itertools.takewhile(lambda part: part.done(), parts))
            if ready and time.monotonic() - saved > KEEP_S:
                save_pool(kept, _joined(before, [part.result() for part in ready]))
                saved = time.monotonic()
            finished = done + sum(p.done() for p in parts)
            yield Progress(finished * CHUNK, count, "drawing phantom slices")
        pool = _joined(before, [part.result() for part in parts])
    finally:
        executor.shutdown(cancel_futures=True)
    save_pool(path, pool)
    kept.unlink(missing_ok=True)
    return pool


def _joined(before: list[Pool], drawn: list[dict[str, npt.NDArray[Any]]]) -> Pool:
    every = before + [Pool(**one) for one in drawn]
    return Pool(
        **{f.name: np.concatenate([getattr(one, f.name) for one in every]) for f in fields(Pool)}
    )


@dataclass(frozen=True)
class Mix:
    """How a batch is put together (METHOD: hole and fill).

    Args:
        empty: Share of slices without scar.
        ring: Share of positive slices whose whole wall is the hole.
        margin_mm: Smallest and largest dilation of a local hole.
        no_caption: Share of captions left out.
        blank: Probability of blanking the edge map, and of blanking the depth map.
        told: Share of scarred ring items that are told in words only: the drawing (edge and
            scar map) is left out, the caption stays.
        contradicted: Share of captions of drawn scars that are another slice's: where words and
            drawing disagree, the drawing is right.
    """

    empty: float = 0.3
    ring: float = 0.4
    margin_mm: tuple[float, float] = (2.0, 7.0)
    no_caption: float = 0.5
    blank: float = 0.1
    told: float = 0.2
    contradicted: float = 0.15


class Batches:
    """Draws training batches from a pool.

    Args:
        pool: Where slices come from; must hold slices with scar, and without where the mix
            has some.
        size: Items a batch.
        mix: How they are put together.
    """

    def __init__(self, pool: Pool, size: int, mix: Mix | None = None) -> None:
        self.pool, self.size, self.mix = pool, size, mix or Mix()
        self._with = np.flatnonzero(pool.positive)
        self._without = np.flatnonzero(~pool.positive)
        if not len(self._with) or (self.mix.empty > 0 and not len(self._without)):
            raise LgeSynthError(
                "The training slices need some with and some without scar.", "Draw more slices."
            )

    def draw(self, rng: np.random.Generator) -> Mapping[str, Any]:
        """One batch: `picture`, `masked`, `hole`, `scar`, `wall` `(n,1,128,128)`, `maps`, `texts`.

        `index` holds the places in the pool. Pictures are float32, masks float32 0/1.
        """
        items = [self._item(rng) for _ in range(self.size)]
        batch: dict[str, Any] = {
            name: np.stack([item[name] for item in items])
            for name in ("picture", "masked", "hole", "scar", "wall", "maps", "index")
        }
        batch["texts"] = [item["text"] for item in items]
        return batch

    def _item(self, rng: np.random.Generator) -> dict[str, Any]:
        mix, empty = self.mix, rng.random() < self.mix.empty
        index = int(rng.choice(self._without if empty else self._with))
        labels = self.pool.labels[index]
        picture = self.pool.pictures[index].astype(np.float32)
        ring = rng.random() < mix.ring
        hole = ring_hole(labels, _MM) if ring else self._local(labels, empty, rng)
        maps = control_maps(labels, self.pool.depth[index].astype(np.float32))
        told = ring and not empty and rng.random() < mix.told
        for channel in (0, 3):
            if rng.random() < mix.blank:
                maps[channel] = 0
        if told:
            maps[:2] = 0
        caption = self.pool.captions[index]
        if not told and not empty and rng.random() < mix.contradicted:
            caption = self.pool.captions[rng.choice(self._with)]
        return {
            "picture": picture[None],
            "masked": masked(picture, hole, filling(picture, wall_mask(labels), rng))[None],
            "hole": hole[None].astype(np.float32),
            "scar": scar_mask(labels)[None].astype(np.float32),
            "wall": wall_mask(labels)[None].astype(np.float32),
            "maps": maps,
            "index": index,
            "text": self._text(str(caption), told, rng),
        }

    def _local(self, labels: npt.NDArray[np.uint8], empty: bool, rng: np.random.Generator) -> Mask:
        margin = rng.uniform(*self.mix.margin_mm)
        if not empty:
            return local_hole(labels, _MM, margin)
        ring = ring_hole(labels, _MM)
        other = self.pool.labels[int(rng.choice(self._with))]
        pseudo = local_hole(other, _MM, margin) & ring
        return pseudo if pseudo.sum() > 30 else ring

    def _text(self, caption: str, told: bool, rng: np.random.Generator) -> str:
        if not told and rng.random() < self.mix.no_caption:
            return ""
        return caption if rng.random() < 0.5 else paraphrase(parse(caption), rng)


def filling(picture: npt.NDArray[np.float32], wall: Mask, rng: np.random.Generator) -> float:
    """What stands in the hole: about the muscle's level, never the scar's own mean."""
    return muscle_level(picture, wall) + FILL_JITTER * float(rng.standard_normal())
