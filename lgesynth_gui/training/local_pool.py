"""Annotated cases on the model's grid: what a network sees of them, read once and kept in the run.

The file holds pictures of patients: it is readable by its owner only and never leaves the run.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lgesynth_gui.anatomy.aha import anchors
from lgesynth_gui.anatomy.captions import say
from lgesynth_gui.anatomy.describe import describe
from lgesynth_gui.anatomy.wall import Wall, wall_of
from lgesynth_gui.core.contours import SliceContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress, told_as
from lgesynth_gui.io.atomic import atomic_write
from lgesynth_gui.io.contours import slice_of, slice_values
from lgesynth_gui.segmentation.crop import (
    SIZE,
    Image,
    contours_in,
    crop_of,
    labels_in,
    limits,
    normalise,
    take,
)
from lgesynth_gui.training.annotated import Annotated, load_case, slices_of, values_of
from lgesynth_gui.training.cases import Case
from lgesynth_gui.training.data import Pool

POOL = "local-pool.npz"
_SHAPE, _MM = (SIZE, SIZE), (1.0, 1.0)
_Texts = npt.NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class LocalPool:
    """Slices of annotated cases on the model grid.

    Args:
        pool: What training reads; `limits` are those of the slice itself.
        cases: `(n,)` ids of ours.
        slices: `(n,)` slice numbers in their series, from 0.
        contours: `(n,)` contours on the model grid with their level, JSON.
    """

    pool: Pool
    cases: _Texts
    slices: npt.NDArray[np.int32]
    contours: _Texts

    def __len__(self) -> int:
        return len(self.pool)

    def part(self, cases: Iterable[str]) -> LocalPool:
        """The slices of some cases, in the order of the pool."""
        keep = np.isin(self.cases, list(cases))
        pool = Pool(**{one.name: getattr(self.pool, one.name)[keep] for one in fields(Pool)})
        return LocalPool(pool, self.cases[keep], self.slices[keep], self.contours[keep])

    def outline(self, row: int) -> SliceContours:
        """Contours of a slice on the model grid; their level is known."""
        return slice_of(json.loads(str(self.contours[row])))

    def wall(self, row: int) -> Wall:
        """The wall of a slice on the model grid."""
        return wall_of(self.outline(row), _SHAPE, _MM)

    @property
    def digest(self) -> str:
        """Of everything in it, hexadecimal."""
        whole = hashlib.sha256()
        for name, value in sorted(_arrays(self).items()):
            whole.update(f"{name}{value.dtype.str}{value.shape}".encode())
            whole.update(np.ascontiguousarray(value).tobytes())
        return whole.hexdigest()


@dataclass(frozen=True, eq=False)
class Seen:
    """What the network sees of one slice.

    Args:
        index: Slice in its series, from 0.
        picture: Normalised `(128, 128)` float32.
        labels: uint8, the same grid.
        caption: Made from the labels.
        used: Whether it is trained on.
        left_out: Why not.
    """

    index: int
    picture: Image
    labels: npt.NDArray[np.uint8]
    caption: str
    used: bool = True
    left_out: str = ""


def preview(case: Case) -> Job:
    """What the network will see of a case, with the captions that are made of its labels.

    Returns:
        A job that returns a tuple of `Seen`, one a slice with a closed ring.

    Raises:
        Refused: the case cannot be read.
    """
    read: Annotated = yield from load_case(case)
    out: list[Seen] = []
    for facts in slices_of(read):
        yield Progress(len(out), read.series.shape[0], "showing")
        contours = read.contours.slices[facts.index]
        if contours is None or not contours.endo or facts.left_out == "heart outside the image":
            continue
        row = _row(read, facts.index)
        picture = row["pictures"].astype(np.float32)
        used = not facts.left_out
        out.append(Seen(facts.index, picture, row["labels"], row["captions"], used, facts.left_out))
    return tuple(out)


def make_local_pool(path: Path, cases: Sequence[Case]) -> Job:
    """The pool at `path`, read from the cases when it is not there.

    Args:
        path: The file; written whole or not at all.
        cases: Checked ones, none of them refused.

    Returns:
        A job that returns a `LocalPool`.

    Raises:
        LgeSynthError: a case cannot be read, or none has a slice to use.
    """
    if path.is_file():
        return load_local_pool(path)
    rows: list[dict[str, Any]] = []
    for count, case in enumerate(cases):
        yield Progress(count, len(cases), "reading cases")
        read: Annotated = yield from told_as(load_case(case), lambda step: None)
        for facts in slices_of(read):
            yield None
            if not facts.left_out:
                rows.append(_row(read, facts.index) | {"cases": case.id})
    if not rows:
        raise LgeSynthError("No slice of the cases can be used.", "Look at the check again.")
    stacked = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    pool = _of_arrays(stacked)
    save_local_pool(path, pool)
    return pool


def _row(read: Annotated, index: int) -> dict[str, Any]:
    """One slice on the model grid, by the fields of the stored pool."""
    series = read.series
    outlined = read.contours.slices[index]
    assert outlined is not None
    level = read.contours.level(index)
    crop = crop_of(outlined, series.spacing[1:], series.shape[1:])
    contours = replace(contours_in(outlined, crop), level=level)
    wall = wall_of(contours, _SHAPE, _MM)
    image = take(values_of(series, index), crop)
    labels = labels_in(read.labels[index], crop, wall)
    scale = limits(image)
    return {
        "pictures": normalise(image, scale)[0].astype(np.float16),
        "labels": labels,
        "depth": np.nan_to_num(wall.depth).astype(np.float16),
        "captions": say(describe(labels, wall, level, anchors(contours))),
        "limits": np.array(scale, dtype=np.float32),
        "slices": np.int32(index),
        "contours": json.dumps(slice_values(contours)),
    }


def save_local_pool(path: Path, pool: LocalPool) -> None:
    """Write a pool whole or not at all, for its owner's eyes."""
    buffer = io.BytesIO()
    arrays: dict[str, Any] = _arrays(pool)
    np.savez_compressed(buffer, **arrays)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path, private=True) as file:
        file.write(buffer.getbuffer())


def load_local_pool(path: Path) -> LocalPool:
    """Read a pool of `save_local_pool`.

    Raises:
        LgeSynthError: it is not there, or damaged.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return _of_arrays({name: stored[name] for name in stored.files})
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise LgeSynthError(
            "The slices kept in the run cannot be read.", "Remove them, and start the run again."
        ) from error


def _arrays(pool: LocalPool) -> dict[str, npt.NDArray[Any]]:
    arrays = {one.name: getattr(pool.pool, one.name) for one in fields(Pool)}
    return arrays | {"cases": pool.cases, "slices": pool.slices, "contours": pool.contours}


def _of_arrays(arrays: dict[str, npt.NDArray[Any]]) -> LocalPool:
    own = {one.name: arrays[one.name] for one in fields(Pool)}
    return LocalPool(Pool(**own), arrays["cases"], arrays["slices"], arrays["contours"])
