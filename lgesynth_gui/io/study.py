"""Opens what a person points at: lists its series, loads one, puts a mask on its grid.

Files are opened by the decoder process only; each of these is a job (see `core.jobs`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lgesynth_gui.core.arrays import Array, LabelMap
from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.io import dicom_load, dicom_series, gates, masks, nifti_series
from lgesynth_gui.io.answers import Answer
from lgesynth_gui.io.decoder import Decoder, Question, Reply, refusal
from lgesynth_gui.io.folder import files_in
from lgesynth_gui.io.headers import DicomHeader, NiftiHeader
from lgesynth_gui.io.series_info import DicomRecipe, NiftiRecipe, SeriesInfo

PICTURED = 40  # series whose middle slice is decoded for the list
SIDE = 96  # pixels of a thumbnail's longer side
LOOKED_INTO = 60  # volumes whose voxels are looked at to tell masks from images
READS = "DICOM, NIfTI and Analyze files are read."
_DECODER = Decoder()


def find(path: Path, decoder: Decoder = _DECODER) -> Job:
    """List the series of a file or folder, best first; refused files are listed with the reason.

    Returns:
        A job that returns a tuple of `SeriesInfo`; empty when a folder holds no scans.

    Raises:
        LgeSynthError: the path cannot be read, or there is too much below it.
    """
    paths = []
    for one in files_in(path):
        if one is None:
            yield Progress(0, 0, "looking")
        else:
            paths.append(one)
    replies = yield from _ask(decoder, [Question(one) for one in paths], "looking")
    dicoms: list[tuple[Path, DicomHeader]] = []
    volumes: list[tuple[Path, NiftiHeader]] = []
    refused: list[Refused] = []
    for one, reply in zip(paths, replies, strict=True):
        answer = reply.answer
        if answer is None:
            refused.append(reply.refused)
        elif answer.dicom is not None:
            dicoms.append((one, answer.dicom))
        elif answer.nifti is not None:
            volumes.append((one, answer.nifti))
        elif one == path:
            refused.append(_no_scan(one, answer))
    kept, notes = _without_copies(dicoms)
    found = [_noted(info, notes) for info in dicom_series.series_in(kept)]
    found += yield from _volumes(volumes, path, decoder)
    found = yield from _pictured(found, decoder)
    listed = sorted(_labelled(found), key=lambda info: (not info.usable, -info.score))
    return (*listed, *_refusals(refused))


def load(info: SeriesInfo, decoder: Decoder = _DECODER) -> Job:
    """Read the pixels of a listed series.

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
    (path,) = (one for one in files_in(path) if one is not None) if path.is_file() else (path,)
    (listed,) = yield from _ask(decoder, [Question(path)], "reading the mask")
    answer = _answer_of(listed)
    if answer.outcome == "other":
        raise _no_scan(path, answer)
    header = answer.dicom or answer.nifti
    voxels = yield from _pixels(path, header, decoder)
    try:
        if answer.nifti is not None:
            return masks.from_nifti(answer.nifti, voxels, series)
        if answer.dicom is None or answer.dicom.sop_class not in gates.SEGMENTATIONS:
            gates.refuse("it is an image, not a mask", "Choose a label file.", "NII-08")
        return masks.from_segmentation(answer.dicom, voxels, series)
    except Refused as closed:
        raise refusal(path, closed.what, closed.hint, closed.code) from None


def _ask(decoder: Decoder, questions: Sequence[Question], note: str) -> Job:
    """All replies, in the order of the questions."""
    replies: list[Reply | None] = [None] * len(questions)
    done, asked = 0, decoder.ask(questions)
    try:
        for reply in asked:
            if reply is not None:
                replies[reply.index] = reply
                done += 1
            yield Progress(done, len(questions), note)
    finally:
        asked.close()
    return replies


def _answer_of(reply: Reply) -> Answer:
    if reply.answer is None:
        raise reply.refused or Refused("The file was refused.", READS)
    return reply.answer


def _pixels(path: Path, header: DicomHeader | NiftiHeader | None, decoder: Decoder) -> Job:
    """The stored pixels of one file that was listed with `header`."""
    (reply,) = yield from _ask(decoder, [_question(path, header)], "reading")
    return _checked(path, header, reply)


def _question(path: Path, header: DicomHeader | NiftiHeader | None) -> Question:
    if isinstance(header, DicomHeader):
        return Question(path, "pixels", header.pixels.nbytes)
    assert header is not None
    return Question(path, "pixels", header.nbytes // header.volumes)


def _checked(path: Path, header: DicomHeader | NiftiHeader | None, reply: Reply) -> Array:
    answer = _answer_of(reply)
    if (answer.dicom or answer.nifti) != header or reply.pixels is None:
        raise refusal(path, "it has changed since it was listed", "Open it again.", "WRK-06")
    return reply.pixels


def _load_dicom(recipe: DicomRecipe, label: str, decoder: Decoder) -> Job:
    questions = [_question(path, header) for path, header in recipe.files]
    replies = yield from _ask(decoder, questions, "reading")
    decoded = {
        index: _checked(path, header, replies[index])
        for index, (path, header) in enumerate(recipe.files)
    }
    return dicom_load.series_of(recipe, label, decoded)


def _load_nifti(recipe: NiftiRecipe, label: str, decoder: Decoder) -> Job:
    voxels = yield from _pixels(recipe.path, recipe.header, decoder)
    mask: LabelMap | None = None
    if recipe.mask is not None:
        (listed,) = yield from _ask(decoder, [Question(recipe.mask)], "reading")
        header = listed.answer.nifti if listed.answer is not None else None
        if header is not None and header.shape == recipe.header.shape:
            stored = yield from _pixels(recipe.mask, header, decoder)
            grid = nifti_series.grid_of(recipe.header)
            mask = masks.as_labels(grid.slices(stored), header.slope, header.intercept)
    try:
        return nifti_series.series_of(recipe.header, voxels, label, mask)
    except Refused as closed:
        raise refusal(recipe.path, closed.what, closed.hint, closed.code) from None


def _volumes(volumes: list[tuple[Path, NiftiHeader]], chosen: Path, decoder: Decoder) -> Job:
    """The images among NIfTI files, each with the mask that belongs to it."""
    beside: list[tuple[Path, NiftiHeader]] = []
    if len(volumes) == 1 and chosen.is_file():
        near = nifti_series.masks_beside(chosen)
        replies = yield from _ask(decoder, [Question(one) for one in near], "looking")
        for one, reply in zip(near, replies, strict=True):
            if reply.answer is not None and reply.answer.nifti is not None:
                beside.append((one, reply.answer.nifti))
    looked = [*volumes[:LOOKED_INTO], *beside]
    replies = yield from _ask(decoder, [_question(*one) for one in looked], "looking")
    labels = {
        one: nifti_series.is_mask(reply.pixels, one.name) if reply.pixels is not None else None
        for (one, _), reply in zip(looked, replies, strict=True)
    }
    bad = {
        one[0]: reply.refused for one, reply in zip(looked, replies, strict=True) if reply.refused
    }
    is_mask = {
        one: labels[one] if labels.get(one) is not None else nifti_series.named_as_mask(one.stem)
        for one, _ in (*volumes, *beside)
    }
    all_masks = [one for one in (*volumes, *beside) if is_mask[one[0]] and one[1].volumes == 1]
    infos, used = [], set()
    for one, header in volumes:
        if is_mask[one] or one in bad:
            continue
        mask = nifti_series.mask_for(one, header, all_masks)
        used.add(mask)
        infos.append(_volume(one, header, mask, several=len(volumes) > 1))
    for one, _ in volumes:
        if one in bad:
            infos.append(_refusals([bad[one]])[0])
        elif is_mask[one] and one not in used:
            words = f"{_shown(one)} holds labels, not an image: give it as a mask."
            infos.append(SeriesInfo("Image", words, usable=False, score=-9.0))
    return infos


def _volume(path: Path, header: NiftiHeader, mask: Path | None, *, several: bool) -> SeriesInfo:
    name = f"{_shown(path)}: " if several else ""
    if header.volumes > 1:
        words = f"{name}{header.volumes} volumes in time: a film, not a stack."
        return SeriesInfo("Image", words, usable=False, score=-9.0)
    judged = nifti_series.judge(path, header, mask is not None)
    return SeriesInfo(
        label="Image",
        reason=name + judged.reason,
        usable=judged.usable,
        score=judged.score,
        slices=header.shape[nifti_series.grid_of(header).axes[0]],
        mask=mask,
        recipe=NiftiRecipe(path, header, mask) if judged.usable else None,
    )


def _pictured(found: list[SeriesInfo], decoder: Decoder) -> Job:
    """The same with thumbnails, for the best ones."""
    best = sorted((i for i in found if i.recipe is not None), key=lambda i: -i.score)[:PICTURED]
    questions = []
    for info in best:
        if isinstance(info.recipe, DicomRecipe):
            file, _ = info.recipe.slices[len(info.recipe.slices) // 2]
            questions.append(_question(*info.recipe.files[file]))
        elif isinstance(info.recipe, NiftiRecipe):
            questions.append(_question(info.recipe.path, info.recipe.header))
    replies = yield from _ask(decoder, questions, "looking")
    pictures = dict(zip(map(id, best), replies, strict=True))
    return [_with_picture(info, pictures.get(id(info))) for info in found]


def _with_picture(info: SeriesInfo, reply: Reply | None) -> SeriesInfo:
    if reply is None or reply.pixels is None:
        return info
    if isinstance(info.recipe, DicomRecipe):
        _, frame = info.recipe.slices[len(info.recipe.slices) // 2]
        return replace(info, thumbnail=thumbnail(reply.pixels[frame]))
    assert isinstance(info.recipe, NiftiRecipe)
    slices = nifti_series.grid_of(info.recipe.header).slices(reply.pixels)
    return replace(info, thumbnail=thumbnail(slices[len(slices) // 2]))


def thumbnail(pixels: Array) -> Array:
    """A small picture: float32 `(row, column)` in [0, 1], longer side at most `SIDE`."""
    step = -(-max(pixels.shape) // SIDE)
    rows, columns = (max(side // step, 1) for side in pixels.shape)
    cut = pixels[: rows * step, : columns * step].astype(np.float32)
    if min(pixels.shape) >= step:
        cut = cut.reshape(rows, step, columns, step).mean(axis=(1, 3))
    low, high = np.percentile(cut, (1.0, 99.5))
    return np.asarray(np.clip((cut - low) / max(high - low, 1e-6), 0.0, 1.0), dtype=np.float32)


def _without_copies(
    dicoms: list[tuple[Path, DicomHeader]],
) -> tuple[list[tuple[Path, DicomHeader]], dict[str, list[str]]]:
    """Objects with one identity each, and notes by series UID on those left out."""
    seen: dict[str, Path] = {}
    kept, copies, others = [], dict[str, int](), dict[str, int]()
    for path, header in dicoms:
        first = seen.get(header.sop_instance) if header.sop_instance else None
        if first is None:
            seen[header.sop_instance] = path
            kept.append((path, header))
            continue
        same = _digest(first) == _digest(path)
        counted = copies if same else others
        counted[header.series] = counted.get(header.series, 0) + 1
    notes: dict[str, list[str]] = {}
    for series, count in copies.items():
        words = "1 copy of a file was" if count == 1 else f"{count} copies of files were"
        notes.setdefault(series, []).append(f"{words} left out.")
    for series, count in others.items():
        words = "1 file says it is" if count == 1 else f"{count} files say they are"
        notes.setdefault(series, []).append(f"{words} another one but differ; left out.")
    return kept, notes


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return str(path)


def _noted(info: SeriesInfo, notes: dict[str, list[str]]) -> SeriesInfo:
    recipe = info.recipe
    if not isinstance(recipe, DicomRecipe):
        return info
    extra = notes.get(recipe.files[0][1].series, [])
    return replace(info, recipe=replace(recipe, notes=(*recipe.notes, *extra)))


def _labelled(found: list[SeriesInfo]) -> list[SeriesInfo]:
    """Labels made unique: "Series 7", "Series 7 (2)"."""
    seen: dict[str, int] = {}
    named = []
    for info in found:
        count = seen[info.label] = seen.get(info.label, 0) + 1
        named.append(info if count == 1 else replace(info, label=f"{info.label} ({count})"))
    return named


def _refusals(refused: list[Any]) -> list[SeriesInfo]:
    """One line each, and one for all that are too many to list."""
    lines = [
        SeriesInfo("File", str(one), usable=False, score=-10.0, refused=one)
        for one in refused[: gates.LISTED_REFUSALS]
    ]
    if rest := len(refused) - len(lines):
        words = f"{rest} more file{'s were' if rest > 1 else ' was'} refused."
        lines.append(SeriesInfo("Files", words, usable=False, score=-11.0))
    return lines


def _no_scan(path: Path, answer: Answer) -> Refused:
    return refusal(path, f"it is {answer.what}", READS, "HDR-01")


def _shown(path: Path) -> str:
    name = "".join(one for one in path.name if one.isprintable())
    return name if len(name) <= 64 else f"{name[:40]}…{name[-20:]}"
