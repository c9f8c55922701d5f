"""The images among NIfTI files, each with the mask that belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.jobs import Job
from lgesynth_gui.io import nifti_series
from lgesynth_gui.io.asking import ask, pixels_of
from lgesynth_gui.io.decoder import Decoder, Question, shown_name
from lgesynth_gui.io.headers import NiftiHeader
from lgesynth_gui.io.series_info import NiftiRecipe, SeriesInfo, as_film
from lgesynth_gui.io.thumbnail import thumbnail

LOOKED_INTO = 60  # volumes whose voxels are looked at to tell masks from images
Volume = tuple[Path, NiftiHeader]


def series_in(volumes: Sequence[Volume], chosen: Path, decoder: Decoder) -> Job:
    """Images and what they are; masks are listed only when they belong to none.

    Args:
        volumes: Files and their headers.
        chosen: What the person pointed at; masks beside a single file are looked for.
        decoder: Answers questions about the files.

    Returns:
        A job that returns a list of `SeriesInfo`.
    """
    beside: list[Volume] = []
    if len(volumes) == 1 and chosen == volumes[0][0]:
        near = nifti_series.masks_beside(chosen)
        replies = yield from ask(decoder, [Question(one) for one in near], "looking")
        for path, reply in zip(near, replies, strict=True):
            if reply.answer is not None and reply.answer.nifti is not None:
                beside.append((path, reply.answer.nifti))
    known = [*volumes, *beside]
    looked = known[:LOOKED_INTO]
    replies = yield from ask(decoder, [pixels_of(*one) for one in looked], "looking")
    voxels = {path: reply.pixels for (path, _), reply in zip(looked, replies, strict=True)}
    refused = {path: reply.refused for (path, _), reply in zip(looked, replies, strict=True)}
    masks = {path for path, _ in known if _is_mask(path, voxels.get(path))}
    labels = [one for one in known if one[0] in masks and one[1].volumes == 1]
    infos, used = [], set()
    for path, header in volumes:
        if (told := refused.get(path)) is not None:
            infos.append(SeriesInfo("Image", str(told), usable=False, score=-9.0, refused=told))
        elif path not in masks:
            mask = nifti_series.mask_for(path, header, labels) if header.volumes == 1 else None
            used.add(mask)
            infos.append(_image(path, header, mask, voxels.get(path), named=len(volumes) > 1))
    for path, _ in volumes:
        if path in masks and path not in used:
            words = f"{shown_name(path)} holds labels, not an image: give it as a mask."
            infos.append(SeriesInfo("Image", words, usable=False, score=-9.0))
    return infos


def _is_mask(path: Path, voxels: Array | None) -> bool:
    """Told by the voxels, or by the name where there are too many files to look into."""
    if voxels is not None:
        return nifti_series.is_mask(voxels, path.name)
    return nifti_series.named_as_mask(nifti_series.stem_of(path))


def _image(
    path: Path, header: NiftiHeader, mask: Path | None, voxels: Array | None, *, named: bool
) -> SeriesInfo:
    name = f"{shown_name(path)}: " if named else ""
    judged = nifti_series.judge(path, header, mask is not None)
    grid = nifti_series.grid_of(header)
    picture = None
    if voxels is not None:
        slices = grid.slices(voxels)
        picture = thumbnail(slices[len(slices) // 2])
    found = SeriesInfo(
        label="Image",
        reason=name + judged.reason,
        usable=judged.usable,
        score=judged.score,
        thumbnail=picture,
        slices=header.shape[grid.axes[0]],
        mask=mask,
        recipe=NiftiRecipe(path, header, mask) if judged.usable else None,
    )
    return found if header.volumes == 1 else _film(found, NiftiRecipe(path, header), name)


def _film(found: SeriesInfo, recipe: NiftiRecipe, name: str) -> SeriesInfo:
    count = recipe.header.volumes
    words = f"{name}{count} volumes in time: a film, not a stack."
    if not found.usable:
        return replace(found, reason=words)
    phases = []
    for number in range(1, count + 1):
        which = f"phase {number} of {count}"
        notes = (f"This is {which} of a film, not late enhancement.",)
        one = replace(recipe, volume=number - 1, notes=notes)
        phases.append(replace(found, label=f"{found.label}, {which}", recipe=one))
    return as_film(replace(found, recipe=phases[0].recipe), words, tuple(phases))
