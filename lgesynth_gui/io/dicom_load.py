"""Puts the decoded frames of DICOM objects together: one series on one grid."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.series import LgeSeries, SeriesSource, SourceSlice
from lgesynth_gui.io.dicom_series import WORDS
from lgesynth_gui.io.headers import DicomHeader, Plane, Value
from lgesynth_gui.io.recognise import signal_of
from lgesynth_gui.io.series_info import DicomRecipe

_OF_ONE_SLICE = {"InstanceNumber", "TriggerTime", "ContentTime", "AcquisitionTime"}


class Stack:
    """The slices of a recipe, filled file by file as they are decoded.

    Args:
        recipe: From the listing.

    Attributes:
        pixels: `(slice, row, column)` as stored.
    """

    def __init__(self, recipe: DicomRecipe) -> None:
        kept = recipe.files[recipe.slices[0][0]][1].pixels
        self.pixels = np.empty((len(recipe.slices), kept.rows, kept.columns), kept.dtype)
        self._places: dict[int, list[tuple[int, int]]] = {}  # file -> its (slice, frame)
        for index, (file, frame) in enumerate(recipe.slices):
            self._places.setdefault(file, []).append((index, frame))

    def put(self, file: int, frames: Array) -> None:
        """Take from one file's frames `(frame, row, column)` those that are slices."""
        for index, frame in self._places[file]:
            self.pixels[index] = frames[frame]


def series_of(recipe: DicomRecipe, label: str, pixels: Array) -> LgeSeries:
    """The series a recipe describes.

    Args:
        recipe: From the listing.
        label: Name without patient data.
        pixels: Its slices `(slice, row, column)` as stored.
    """
    planes = [plane for plane, _ in _planes(recipe)]
    notes = list(recipe.notes)
    slope, intercept = planes[0].slope, planes[0].intercept
    if any((one.slope, one.intercept) != (slope, intercept) for one in planes):
        scaled = [
            one.slope * stored.astype(np.float64) + one.intercept
            for one, stored in zip(planes, pixels, strict=True)
        ]
        pixels, slope, intercept = np.stack(scaled).astype(np.float32), 1.0, 0.0
        notes.append("Slices have different rescale values; pixels are in the scanner's units.")
    first = recipe.files[recipe.slices[0][0]][1]
    if first.text("SyntheticData").upper() == "YES":
        notes.append("The file says that it is synthetic.")
    edges = [float(value) * slope + intercept for value in (pixels.min(), pixels.max())]
    words = " ".join(first.text(keyword) for keyword in WORDS)
    return LgeSeries(
        pixels=pixels,
        geometry=recipe.geometry,
        slope=slope,
        intercept=intercept,
        signal=signal_of(planes[0].kind, words, negative=min(edges) < 0),
        label=label,
        source=SeriesSource(
            format="dicom",
            slices=tuple(
                SourceSlice(
                    header.sop_class,
                    header.sop_instance,
                    frame + 1 if header.pixels.frames > 1 else None,
                )
                for (_, header), (_, frame) in zip(_planes(recipe), recipe.slices, strict=True)
            ),
            study_uid=first.study,
            series_uid=first.series,
            frame_of_reference_uid=first.frame_of_reference,
            attributes=_attributes(first, planes[0]),
        ),
        notes=tuple(notes),
        order=recipe.order,
    )


def _planes(recipe: DicomRecipe) -> Iterator[tuple[Plane, DicomHeader]]:
    for file, frame in recipe.slices:
        header = recipe.files[file][1]
        yield header.planes[header.frames[frame].plane], header


def _attributes(header: DicomHeader, plane: Plane) -> tuple[tuple[str, Value], ...]:
    kept = {name: value for name, value in header.attributes if name not in _OF_ONE_SLICE}
    for keyword, value in (("InversionTime", plane.inversion_ms), ("EchoTime", plane.echo_ms)):
        if value is not None:
            kept.setdefault(keyword, value)
    return tuple(kept.items())
