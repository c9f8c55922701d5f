"""A project file: everything of one study that may be kept, and nothing that names a person.

Pixels and geometry of the series, the work (a plain value its owner makes with `Packing`), and a
small picture. See `project_archive` for the container.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np

from lgesynth_gui import __version__
from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.io import failures
from lgesynth_gui.io.atomic import atomic_write, canonical
from lgesynth_gui.io.failures import MEBI, Work
from lgesynth_gui.io.marks import NOTICE
from lgesynth_gui.io.project_archive import FILE_BYTES, MEMBERS, Archive, write_members
from lgesynth_gui.io.project_pack import Packing, little
from lgesynth_gui.io.project_series import picture_shape, series_of, series_values
from lgesynth_gui.io.project_unpack import NotAValue, Unpacking, require_room
from lgesynth_gui.io.thumbnail import thumbnail

SAVING = Work("Not saved", "save to", "What was saved before is whole.")
LONGEST_HEAD = 200  # characters of a value of the head


@dataclass(frozen=True)
class Head:
    """What can be known of a project without reading the work.

    Args:
        id: Random name of the project.
        label: The user's name for it.
        saved: UTC, ISO 8601, seconds.
        slices: Of the series.
        edits: Edits since it was last saved by the user (0 in a saved project).
        sequence: Number of the last journal record that is in it.
        project: Id of the saved project this is a copy of; "" for none.
    """

    id: str
    label: str
    saved: str
    slices: int = 0
    edits: int = 0
    sequence: int = 0
    project: str = ""


@dataclass(frozen=True, eq=False)
class Opened:
    """A project that was read: `values` turns parts of `work` into what they were."""

    head: Head
    series: LgeSeries
    work: Any
    values: Unpacking


def write_project(
    path: Path,
    head: Head,
    series: LgeSeries,
    build: Callable[[Packing], Any],
    results: Sequence[SynthesisResult] = (),
) -> Job:
    """A job that writes a project: new file, flushed, read again, then renamed over the old one.

    Args:
        path: The file.
        head: What is said of it.
        series: The open series.
        build: Makes the work plain with the `Packing` it is given.
        results: Results in the order of their numbers.

    Raises:
        LgeSynthError: it could not be written, in words; the old file is as it was.
    """
    yield Progress(0, 1, "saving")
    host = np.asarray(series.pixels)
    try:
        require_room(len(results), host)
    except NotAValue:
        raise LgeSynthError(
            "The project was not saved: it has more variations than fit into memory.",
            "Open the study anew and keep fewer of them.",
        ) from None
    packing = Packing(host)
    values = series_values(series, packing.plain(host))
    for one in results:
        packing.plain(one)
        yield None
    work = build(packing)
    shared = packing.shared()
    texts = {"series.json": values, "work.json": work, "shared.json": shared}
    small = (255 * thumbnail(host[len(host) // 2])).astype(np.uint8)
    members: list[tuple[str, Callable[[], bytes]]] = [
        *((name, partial(canonical, value)) for name, value in texts.items()),
        ("thumbnail.raw", small.tobytes),
        *((array_name(i), partial(raw_bytes, array)) for i, array in enumerate(packing.arrays)),
    ]
    about = {
        **asdict(head),
        "slices": len(host),
        "thumbnail": list(small.shape),
        "app": __version__,
        "synthetic": bool(shared["results"]),
        "notice": NOTICE,
    }
    needed = sum(one.nbytes for one in packing.arrays) + MEBI
    if len(members) >= MEMBERS or needed > FILE_BYTES:
        raise LgeSynthError("The project was not saved: it is larger than 4 GiB.", "")
    yield Progress(0, needed, "saving")
    with told(path, needed), atomic_write(path, private=True, verify=verify) as file:
        for done in write_members(file, about, members):
            yield Progress(min(done, needed), needed, "saving")
    return head


def read_project(path: Path) -> Job:
    """A job that reads a project and returns `Opened`.

    Raises:
        Refused: see `Archive`; a value that no project can have is PRJ-07.
        OSError: the file cannot be read.
    """
    yield Progress(0, 1, "opening")
    with Archive(path) as archive:
        total = sum(size for _, size in archive.manifest.members.values()) or 1
        for done in archive.verify():
            yield Progress(done, total, "opening")
        try:
            head = head_of(archive.manifest.about)
            series, values = _content(archive)
        except NotAValue as error:
            archive.refuse(f"it holds {error}", "PRJ-07", "It is damaged; open an older copy.")
        return Opened(head, series, archive.json("work.json"), values)


def read_head(path: Path) -> tuple[Head, Array]:
    """(head, small picture `(row, column)` uint8) of a project, the rest unread.

    Raises:
        Refused: no project, or damaged.
        OSError: the file cannot be read.
    """
    with Archive(path) as archive:
        try:
            head = head_of(archive.manifest.about)
            shape = picture_shape(archive.manifest.about.get("thumbnail"), 2)
        except NotAValue as error:
            archive.refuse(f"it holds {error}", "PRJ-07")
        data = archive.read("thumbnail.raw")
        if math.prod(shape) != len(data) or len(data) > 1 << 20:
            archive.refuse("its part thumbnail.raw is damaged", "PRJ-05")
        return head, np.frombuffer(data, np.uint8).reshape(shape)


def verify(path: Path) -> None:
    """Read every member again.

    Raises:
        Refused: what was read is not what was written.
    """
    with Archive(path, "The new file") as archive:
        for _ in archive.verify():
            pass


def head_of(about: Mapping[str, Any]) -> Head:
    """The head in a manifest.

    Raises:
        NotAValue: it is not one.
    """
    found: dict[str, Any] = {}
    for name, kind in get_type_hints(Head).items():
        value = found[name] = about.get(name)
        if type(value) is not kind or len(str(value)) > LONGEST_HEAD:
            raise NotAValue(f"no {name}")
    return Head(**found)


def array_name(number: int) -> str:
    """Name of the member that holds an array."""
    return f"arrays/{number:05d}.raw"


def raw_bytes(array: Array) -> bytes:
    """Little-endian values, last axis fastest."""
    return np.ascontiguousarray(array, dtype=little(array)).tobytes()


def told(path: Path, needed: int) -> AbstractContextManager[None]:
    """Failures of a drive while a project is written, see `failures.told`."""
    return failures.told(path, needed, SAVING)


def _content(archive: Archive) -> tuple[LgeSeries, Unpacking]:
    shared = archive.json("shared.json")
    plain = archive.json("series.json")
    if not isinstance(shared, dict) or not isinstance(plain, dict):
        raise NotAValue("no series")

    def load(number: int, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
        data = archive.read(array_name(number))
        if math.prod(shape) * dtype.itemsize != len(data):
            archive.refuse(f"its part {array_name(number)} is of another size", "PRJ-07")
        return np.frombuffer(data, dtype).reshape(shape)

    series = series_of(plain, shared.get("arrays"), load)
    return series, Unpacking(shared, load, series.pixels)
