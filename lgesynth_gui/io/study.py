"""Opens what a person points at: lists its series, loads one, puts a mask on its grid.

Files are opened by the decoder process only; each of these is a job (see `core.jobs`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lgesynth_gui.core.arrays import LabelMap
from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.io import (
    archives,
    dicom_copies,
    dicom_load,
    dicom_masks,
    dicom_series,
    gates,
    masks,
    nifti_list,
    nifti_series,
)
from lgesynth_gui.io.asking import (
    answer_of,
    ask,
    checked,
    named_as_scan,
    no_scan,
    pixels_of,
    read_pixels,
)
from lgesynth_gui.io.decoder import Decoder, Question, refusal
from lgesynth_gui.io.folder import files_in
from lgesynth_gui.io.headers import DicomHeader, NiftiHeader
from lgesynth_gui.io.series_info import DicomRecipe, NiftiRecipe, SeriesInfo
from lgesynth_gui.io.thumbnail import thumbnail

PICTURED = 40  # series whose middle slice is decoded for the list
_DECODER = Decoder()


def find(path: Path, decoder: Decoder = _DECODER) -> Job:
    """List the series of a file or folder, best first; refused files are listed with the reason.

    A ZIP archive is unpacked and its contents are listed. Of a DICOMDIR the folder it lies in is
    listed: what its records point to is not followed, the files themselves say what they are.

    Returns:
        A job that returns a tuple of `SeriesInfo`; empty when a folder holds no scans.

    Raises:
        LgeSynthError: the path cannot be read, or there is too much below it.
    """
    if archives.is_archive(path):
        path = yield from archives.unpack(path)
    paths = []
    for one in files_in(path):
        if one is None:
            yield Progress(0, 0, "looking")
        else:
            paths.append(one)
    replies = yield from ask(decoder, [Question(one) for one in paths], "looking")
    dicoms: list[tuple[Path, DicomHeader]] = []
    volumes: list[tuple[Path, NiftiHeader]] = []
    refused: list[Refused] = []
    for one, reply in zip(paths, replies, strict=True):
        if reply.refused is not None:
            if reply.refused.code != gates.DISC:
                refused.append(reply.refused)
            elif one == path:
                return (yield from find(path.parent, decoder))
        elif reply.answer.dicom is not None:
            dicoms.append((one, reply.answer.dicom))
        elif reply.answer.nifti is not None:
            volumes.append((one, reply.answer.nifti))
        elif one == path or named_as_scan(one):
            refused.append(no_scan(one, reply.answer))
    kept, notes = dicom_copies.without_copies(dicoms)
    found = dicom_masks.with_masks(dicom_series.series_in(kept), kept)
    found = [_noted(info, notes) for info in found]
    found += yield from nifti_list.series_in(volumes, path, decoder)
    found = yield from _pictured(found, decoder)
    listed = sorted(_labelled(found), key=lambda info: (not info.usable, -info.score))
    return (*listed, *_refusals(refused))


def load(info: SeriesInfo, decoder: Decoder = _DECODER) -> Job:
    """Read the pixels of a listed series, or of one of its parts (`SeriesInfo.part`).

    Of a film its first phase is read.

    Returns:
        A job that returns an `LgeSeries`.

    Raises:
        Refused: the series is not usable, a file is damaged, or changed since it was listed.
    """
    recipe = info.recipe
    if isinstance(recipe, DicomRecipe):
        return (yield from _load_dicom(recipe, info.label, decoder))
    if isinstance(recipe, NiftiRecipe):
        return (yield from _load_nifti(recipe, info.label, decoder))
    raise info.refused or Refused(info.reason, "Choose another series.")


def load_mask(path: Path, series: LgeSeries, decoder: Decoder = _DECODER) -> Job:
    """Read a label map and put it on the grid of a series.

    Returns:
        A job that returns a uint8 `LabelMap` of the series' shape.

    Raises:
        Refused: no mask, or one of another grid.
    """
    if path.is_dir():
        raise refusal(path, "it is a folder", "Choose the mask file in it.", "FIL-01")
    chosen = [one for one in files_in(path) if one is not None]  # refuses what is no file
    (reply,) = yield from ask(decoder, [Question(one) for one in chosen], "reading the mask")
    answer = answer_of(reply)
    header = answer.dicom or answer.nifti
    if header is None:
        raise no_scan(path, answer)
    voxels = yield from read_pixels(path, header, decoder)
    try:
        if isinstance(header, NiftiHeader):
            return masks.from_nifti(header, voxels, series)
        if header.sop_class not in gates.SEGMENTATIONS:
            gates.refuse("it is an image, not a mask", "Choose a label file.", "NII-08")
        return masks.from_segmentation(header, voxels, series)
    except Refused as closed:
        raise refusal(path, closed.what, closed.hint, closed.code) from None


def _load_dicom(recipe: DicomRecipe, label: str, decoder: Decoder) -> Job:
    stack = dicom_load.Stack(recipe)
    asked = decoder.ask([pixels_of(*file) for file in recipe.files])
    done = 0
    try:
        for reply in asked:
            if reply is not None:
                stack.put(reply.index, checked(*recipe.files[reply.index], reply))
                done += 1
            yield Progress(done, len(recipe.files), "reading")
    finally:
        asked.close()
    return dicom_load.series_of(recipe, label, stack.pixels)


def _load_nifti(recipe: NiftiRecipe, label: str, decoder: Decoder) -> Job:
    voxels = yield from read_pixels(recipe.path, recipe.header, decoder, recipe.volume)
    mask: LabelMap | None = None
    if recipe.mask is not None:
        (reply,) = yield from ask(decoder, [Question(recipe.mask)], "reading")
        header = reply.answer.nifti if reply.answer is not None else None
        if header is not None and header.shape == recipe.header.shape:
            stored = yield from read_pixels(recipe.mask, header, decoder)
            grid = nifti_series.grid_of(recipe.header)
            mask = masks.as_labels(grid.slices(stored), header.slope, header.intercept)
    try:
        return nifti_series.series_of(recipe.header, voxels, label, mask, recipe.notes)
    except Refused as closed:
        raise refusal(recipe.path, closed.what, closed.hint, closed.code) from None


def _pictured(found: Sequence[SeriesInfo], decoder: Decoder) -> Job:
    """The same with thumbnails, for the best ones."""
    middles: dict[int, tuple[Path, DicomHeader, int]] = {}
    for info in sorted(found, key=lambda info: -info.score):
        if info.thumbnail is None and isinstance(info.recipe, DicomRecipe):
            file, frame = info.recipe.slices[len(info.recipe.slices) // 2]
            middles[id(info)] = (*info.recipe.files[file], frame)
    asked = dict(list(middles.items())[:PICTURED])
    questions = [pixels_of(path, header) for path, header, _ in asked.values()]
    replies = yield from ask(decoder, questions, "looking")
    pictures = {
        one: thumbnail(reply.pixels[frame])
        for (one, (_, _, frame)), reply in zip(asked.items(), replies, strict=True)
        if reply.pixels is not None
    }
    return [
        replace(info, thumbnail=pictures[id(info)]) if id(info) in pictures else info
        for info in found
    ]


def _noted(info: SeriesInfo, notes: Mapping[str, list[str]]) -> SeriesInfo:
    recipe, parts = info.recipe, tuple(_noted(one, notes) for one in info.parts)
    if not isinstance(recipe, DicomRecipe):
        return replace(info, parts=parts) if parts else info
    extra = notes.get(recipe.files[0][1].series, [])
    return replace(info, parts=parts, recipe=replace(recipe, notes=(*recipe.notes, *extra)))


def _labelled(found: Sequence[SeriesInfo]) -> list[SeriesInfo]:
    """Labels made unique: "Series 7", "Series 7 (2)"."""
    seen: dict[str, int] = {}
    named = []
    for info in found:
        count = seen[info.label] = seen.get(info.label, 0) + 1
        named.append(info if count == 1 else info.named(f"{info.label} ({count})"))
    return named


def _refusals(refused: Sequence[Refused]) -> list[SeriesInfo]:
    """One line each, and one for all that are too many to list."""
    lines = [
        SeriesInfo("File", str(one), usable=False, score=-10.0, refused=one)
        for one in refused[: gates.LISTED_REFUSALS]
    ]
    if rest := len(refused) - len(lines):
        words = f"{rest} more file{'s were' if rest > 1 else ' was'} refused."
        lines.append(SeriesInfo("Files", words, usable=False, score=-11.0))
    return lines
