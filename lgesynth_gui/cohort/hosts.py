"""The hearts of a cohort: copies of their pixels and contours in its folder, without a name.

A cohort needs nothing but its folder. Of the files a heart came from nothing is kept but its
pixels, where they lie and how they are scaled.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lgesynth_gui.cohort.plan import HostEntry
from lgesynth_gui.cohort.wishes import Heart
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.io.atomic import atomic_write, canonical
from lgesynth_gui.io.contours import slice_of, slice_values
from lgesynth_gui.io.project_series import series_of, series_values
from lgesynth_gui.io.project_unpack import NotAValue
from lgesynth_gui.io.strict_json import strict_value

FOLDER = "hosts"
KEPT = 64  # hearts in memory
FORMAT = "lgesynth cohort host"
MAX_BYTES = 4 << 20
_HINT = "Copy the cohort again from where it was whole."


@dataclass(frozen=True, eq=False)
class Host:
    """A heart of a cohort.

    Args:
        entry: How the plan lists it.
        series: Its stack; labelled by its number.
        contours: Accepted contours.
    """

    entry: HostEntry
    series: LgeSeries
    contours: HeartContours

    @property
    def heart(self) -> Heart:
        """As far as drawing goes."""
        return Heart(self.entry.id, self.contours, self.series.shape, self.series.spacing)


def add_host(folder: Path, number: int, series: LgeSeries, contours: HeartContours) -> HostEntry:
    """Copy a heart into a cohort's folder.

    Args:
        folder: The cohort's.
        number: From 1; its name becomes "H001".
        series: The stack.
        contours: All accepted by a person, or of a mask or phantom.

    Raises:
        LgeSynthError: contours that nobody accepted, none at all, or of another stack; or the
            drive is full.
    """
    entry = HostEntry(
        id=f"H{number:03d}",
        sha256=series.pixels_sha256,
        origin="phantom" if series.source.format == "phantom" else "patient",
    )
    require_contours(series, contours)
    place = folder / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    pixels = np.ascontiguousarray(series.pixels, dtype=series.pixels.dtype.newbyteorder("<"))
    with atomic_write(place / f"{entry.id}.npy") as file:
        np.lib.format.write_array(file, pixels, allow_pickle=False)
    values = {
        "format": FORMAT,
        "version": 1,
        "id": entry.id,
        "sha256": entry.sha256,
        "series": {**series_values(series, 0), "label": f"heart {entry.id}", "notes": []},
        "arrays": [{"dtype": pixels.dtype.str, "shape": list(pixels.shape)}],
        "contours": [slice_values(one) for one in contours.slices],
    }
    data = canonical(values) + b"\n"
    with atomic_write(place / f"{entry.id}.json") as file:
        file.write(data)
    return entry.model_copy(update={"outlines": hashlib.sha256(data).hexdigest()})


def require_contours(series: LgeSeries, contours: HeartContours) -> None:
    """Refuse contours that a cohort cannot rest on.

    Raises:
        LgeSynthError: says which.
    """
    if len(contours.slices) != series.shape[0] or not contours.outlined():
        raise LgeSynthError(
            "A heart has no contours of its own stack.", "Draw them, or accept the proposal."
        )
    if not all(one.accepted for one in contours.slices if one is not None):
        raise LgeSynthError(
            "The contours of a heart were proposed, but nobody accepted them.",
            "Look at them in Sketch and accept them; on the command line: --accept-contours.",
        )


def load_host(folder: Path, entry: HostEntry) -> Host:
    """Read a heart of a cohort.

    Raises:
        LgeSynthError: it is missing, damaged, or another one than the plan lists.
    """
    place = folder / FOLDER
    try:
        with (place / f"{entry.id}.json").open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        values: Any = strict_value(data) if len(data) <= MAX_BYTES else None
        if not isinstance(values, dict) or values.get("format") != FORMAT:
            raise ValueError("no heart")
        series = series_of(
            values["series"], values["arrays"], lambda _, kind, shape: _pixels(place, entry.id)
        )
        contours = HeartContours(
            tuple(None if one is None else slice_of(one) for one in values["contours"])
        )
    except (OSError, ValueError, KeyError, TypeError, NotAValue, LgeSynthError) as error:
        raise LgeSynthError(f"Heart {entry.id} of the cohort cannot be read.", _HINT) from error
    changed = entry.outlines and hashlib.sha256(data).hexdigest() != entry.outlines
    if changed or series.pixels_sha256 != entry.sha256 or len(contours.slices) != series.shape[0]:
        raise LgeSynthError(f"Heart {entry.id} is not the one that was planned.", _HINT)
    return Host(entry, series, contours)


def _pixels(place: Path, name: str) -> Any:
    with (place / f"{name}.npy").open("rb") as file:
        return np.load(io.BytesIO(file.read()), allow_pickle=False)


class Shelf:
    """The hearts of a cohort, each read when it is first asked for; the last 64 are kept.

    Args:
        folder: The cohort's.
        entries: Hearts of its plan.
    """

    def __init__(self, folder: Path, entries: Sequence[HostEntry]) -> None:
        self._folder, self._entries = folder, {one.id: one for one in entries}
        self._kept: dict[str, Host] = {}

    def __contains__(self, name: str) -> bool:
        """Whether the plan has a heart of that number."""
        return name in self._entries

    def __call__(self, name: str) -> Host:
        """The heart of some number.

        Raises:
            LgeSynthError: it is missing, damaged, or another one than the plan lists.
            KeyError: the plan has none of that number.
        """
        if name not in self._kept:
            if len(self._kept) >= KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[name] = load_host(self._folder, self._entries[name])
        return self._kept[name]
