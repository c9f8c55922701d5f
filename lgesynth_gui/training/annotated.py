"""One annotated case, read: pixels, labels, contours, and what each of its slices is good for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy import ndimage

from lgesynth_gui.anatomy import polygons
from lgesynth_gui.anatomy.contours_from_mask import contours_of_mask
from lgesynth_gui.anatomy.render import render_stack
from lgesynth_gui.core.arrays import LabelMap, Mask
from lgesynth_gui.core.contours import HeartContours, SliceContours
from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.series import LgeSeries, SliceOrder
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.io import masks, nifti_series, study
from lgesynth_gui.io.asking import answer_of, ask, read_pixels
from lgesynth_gui.io.contours import read_contours
from lgesynth_gui.io.decoder import Decoder, Question
from lgesynth_gui.io.project import read_project
from lgesynth_gui.io.project_unpack import NotAValue
from lgesynth_gui.io.series_info import NiftiRecipe, SeriesInfo
from lgesynth_gui.training.cases import Case
from lgesynth_gui.training.label_names import named_labels

LEAST_SCAR_MM2 = 12.0  # a smaller patch of scar in a slice teaches nothing
EDGE_MM = 2.0  # scar this near to the wall counts as inside: contours are smoothed
DIM = 0.5  # deviations of remote muscle; scar that is less bright than this is not to be seen
REMOTE_MM = 4.0  # muscle this far from scar counts as remote
LEAST_PX = 20  # of scar and of remote muscle, below which nothing is said of their signal
STRAY = 0.5  # share of a slice's scar outside the wall from which on the slice is left out
_DECODER = Decoder()


class LabelsRefused(Refused):
    """The image can be read, its label map cannot."""


@dataclass(frozen=True, eq=False)
class Annotated:
    """A case with its pixels.

    Args:
        series: The images.
        labels: uint8 of the series' shape, see `core.labels`; without contours only scar (3, 4).
        contours: One entry a slice; None where none is known or its labels close no ring.
        open_rings: Slices whose muscle labels do not close around the cavity.
        muscle: Whether labels or contours tell the muscle.
        drawn: The scar is a drawing in a project, not a label map.
    """

    series: LgeSeries
    labels: LabelMap
    contours: HeartContours
    open_rings: tuple[int, ...] = ()
    muscle: bool = True
    drawn: bool = False


@dataclass(frozen=True)
class SliceFacts:
    """What one labelled slice is good for.

    Args:
        index: Its number in the series, from 0.
        scar_mm2: Labelled scar and core inside the wall.
        stray_mm2: The same more than 2 mm away from the wall.
        left_out: Why it is not used, in a word or two; "" when it is.
    """

    index: int
    scar_mm2: float
    stray_mm2: float = 0.0
    left_out: str = ""


def load_case(case: Case, decoder: Decoder = _DECODER) -> Job:
    """Read a case.

    Returns:
        A job that returns `Annotated`.

    Raises:
        Refused: it cannot be read, or image and labels do not fit each other.
    """
    yield Progress(0, 1, "reading")
    if case.refused is not None:
        raise case.refused
    if case.project is not None:
        return (yield from _of_project(case.project, case.contours))
    if case.info is None:
        raise Refused("The case holds no image.", "Leave it out.", "TRN-01")
    meanings = named_labels(case.mask) if case.mask is not None else None
    info = case.info if meanings is None else _without_mask(case.info)
    series: LgeSeries = yield from study.load(info, decoder)
    labels = np.zeros(series.shape, np.uint8)
    if case.mask is not None:
        try:
            labels = yield from _labels(case.mask, series, meanings, decoder)
        except Refused as closed:
            raise LabelsRefused(closed.what, closed.hint, closed.code) from closed
    if meanings is not None and series.order is SliceOrder.UNKNOWN:
        series, labels = _base_first(series, labels)
    given = case.contours
    if given is None and case.contours_file is not None:
        given = read_contours(case.contours_file)
    return _together(series, labels, given)


def _without_mask(info: SeriesInfo) -> SeriesInfo:
    """The series alone: numbers of another meaning say nothing of base and apex."""
    recipe = info.recipe
    if isinstance(recipe, NiftiRecipe):
        return replace(info, recipe=replace(recipe, mask=None))
    return info


def _base_first(series: LgeSeries, labels: LabelMap) -> tuple[LgeSeries, LabelMap]:
    """Turned over where the cavity grows towards the end."""
    larger = nifti_series.larger_end(labels)
    if larger is None:
        return series, labels
    if larger > 0:
        series, labels = series.turned_over(), np.ascontiguousarray(labels[::-1])
    return replace(series, order=SliceOrder.CAVITY), labels


def _labels(
    path: Path, series: LgeSeries, meanings: dict[int, int] | None, decoder: Decoder
) -> Job:
    """A label map on the series' grid; a dataset's own numbers are read by their names."""
    if meanings is None:
        return (yield from study.load_mask(path, series, decoder))
    (reply,) = yield from ask(decoder, [Question(path)], "reading the labels")
    header = answer_of(reply).nifti
    if header is None:
        return (yield from study.load_mask(path, series, decoder))
    voxels = yield from read_pixels(path, header, decoder)
    if set(np.unique(voxels).tolist()) - set(meanings):
        raise Refused("The labels hold a value that dataset.json does not name.", "", "TRN-04")
    table = np.zeros(256, np.uint8)
    table[list(meanings)] = list(meanings.values())
    return masks.from_nifti(header, table[voxels.astype(np.uint8)], series)


def _of_project(path: Path, contours: HeartContours | None) -> Job:
    opened = yield from read_project(path)
    series: LgeSeries = opened.series
    try:
        state = opened.work["state"]
        known: HeartContours = opened.values.value(HeartContours, state["contours"])
        sketch: ScarSketch = opened.values.value(ScarSketch, state["sketch"])
    except (KeyError, TypeError, NotAValue) as error:
        raise Refused("The project is damaged.", "Open an older copy of it.", "PRJ-07") from error
    used = contours or known
    accepted = tuple(one if one is None or one.accepted else None for one in used.slices)
    if len(accepted) != series.shape[0]:
        raise Refused("The project's contours are of another stack.", "Draw them again.", "PRJ-07")
    outlined = HeartContours(accepted)
    labels = render_stack(sketch, outlined, series.shape, series.spacing)
    return Annotated(series, labels, outlined, muscle=bool(outlined.outlined()), drawn=True)


def _together(series: LgeSeries, labels: LabelMap, given: HeartContours | None) -> Annotated:
    """Labels and contours of one stack; given contours win over the labels' own wall."""
    top = int(labels.max(initial=0))
    if top > Label.NO_REFLOW:
        raise Refused(
            f"The labels hold the value {top}.",
            "0 background, 1 cavity, 2 muscle, 3 scar and 4 no-reflow are known.",
            "TRN-04",
        )
    muscle = bool((labels == Label.MYOCARDIUM).any())
    if top == 1:  # a mask of one structure is the scar's
        labels = labels * np.uint8(Label.SCAR)
    if given is not None:
        if len(given.slices) != series.shape[0]:
            raise Refused("The contours are of another stack.", "Draw them again.", "TRN-03")
        return Annotated(series, labels, given)
    if not muscle:
        scar = np.where(labels >= Label.SCAR, labels, 0).astype(np.uint8)
        return Annotated(series, scar, HeartContours((None,) * series.shape[0]), muscle=False)
    found: list[SliceContours | None] = []
    unclosed = []
    for index, one in enumerate(labels):
        contours = contours_of_mask(one, series.spacing[1:]) if one.any() else None
        if one.any() and (contours is None or not contours.endo):
            unclosed.append(index)
        found.append(contours)
    return Annotated(series, labels, HeartContours(tuple(found)), tuple(unclosed))


def slices_of(case: Annotated) -> tuple[SliceFacts, ...]:
    """What every outlined or labelled slice is good for, in order."""
    out = []
    _, rows, columns = case.series.shape
    spacing = case.series.spacing[1:]
    pixel = spacing[0] * spacing[1]
    for index, contours in enumerate(case.contours.slices):
        scar = case.labels[index] >= Label.SCAR
        if contours is None:
            if case.labels[index].any():
                out.append(SliceFacts(index, 0.0, float(scar.sum()) * pixel, "no closed ring"))
            continue
        if not contours.endo:
            out.append(SliceFacts(index, 0.0, 0.0, "no cavity"))
            continue
        wall = _wall(contours, (rows, columns), spacing)
        close = ndimage.distance_transform_edt(~wall, sampling=spacing) <= EDGE_MM
        inside, stray = float((scar & wall).sum()) * pixel, float((scar & ~close).sum()) * pixel
        why = _left_out(contours, scar, inside, stray, case)
        if not why and _dim(case, index, wall):
            why = "scar not brighter than muscle"
        out.append(SliceFacts(index, inside, stray, why))
    return tuple(out)


def _wall(contours: SliceContours, shape: tuple[int, int], spacing: tuple[float, float]) -> Mask:
    xs = np.arange(shape[1], dtype=np.float64) * spacing[1]
    ys = np.arange(shape[0], dtype=np.float64) * spacing[0]
    inner = polygons.inside_grid(contours.endo, xs, ys)
    return np.asarray(polygons.inside_grid(contours.epi, xs, ys) & ~inner)


def _left_out(
    contours: SliceContours, scar: Mask, inside: float, stray: float, case: Annotated
) -> str:
    _, rows, columns = case.series.shape
    _, row_mm, column_mm = case.series.spacing
    x, y = polygons.centroid(contours.epi)
    if not (0 <= y <= (rows - 1) * row_mm and 0 <= x <= (columns - 1) * column_mm):
        return "heart outside the image"
    total = float(scar.sum()) * row_mm * column_mm
    if total and stray > STRAY * total:
        return "scar outside the muscle"
    if total and inside < LEAST_SCAR_MM2:
        return "scar too small"
    return ""


def _dim(case: Annotated, index: int, wall: Mask) -> bool:
    """Whether labelled scar is no brighter than the muscle far from it: another image, perhaps."""
    labels, spacing = case.labels[index], case.series.spacing[1:]
    bright = wall & (labels == Label.SCAR)
    away = ndimage.distance_transform_edt(labels < Label.SCAR, sampling=spacing) > REMOTE_MM
    remote = ndimage.binary_erosion(wall) & away
    if min(bright.sum(), remote.sum()) < LEAST_PX:
        return False
    values = values_of(case.series, index)
    noise = max(float(values[remote].std()), 1e-6)
    return float(values[bright].mean() - values[remote].mean()) < DIM * noise


def values_of(series: LgeSeries, index: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """A slice in the scanner's units, float32 `(row, column)`.

    Raises:
        LgeSynthError: it holds values that are no numbers.
    """
    stored = np.asarray(series.pixels[index], dtype=np.float64)
    values = (stored * series.slope + series.intercept).astype(np.float32)
    if not np.isfinite(values).all():
        raise LgeSynthError("The slice holds values that are no numbers.", "Leave the case out.")
    return values
