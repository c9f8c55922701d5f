"""The images among NIfTI files, each with the mask that belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lgesynth_gui.core.jobs import Job
from lgesynth_gui.io import nifti_series
from lgesynth_gui.io.asking import ask, pixels_of
from lgesynth_gui.io.decoder import Decoder, Question, shown_name
from lgesynth_gui.io.headers import NiftiHeader
from lgesynth_gui.io.series_info import NiftiRecipe, SeriesInfo

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
    masks = yield from _masks([*volumes, *beside], decoder)
    labels = [one for one in (*volumes, *beside) if one[0] in masks and one[1].volumes == 1]
    infos, used = [], set()
    for path, header in volumes:
        if path not in masks:
            mask = nifti_series.mask_for(path, header, labels)
            used.add(mask)
            infos.append(_image(path, header, mask, named=len(volumes) > 1))
    for path, _ in volumes:
        if path in masks and path not in used:
            words = f"{shown_name(path)} holds labels, not an image: give it as a mask."
            infos.append(SeriesInfo("Image", words, usable=False, score=-9.0))
    return infos


def _masks(volumes: Sequence[Volume], decoder: Decoder) -> Job:
    """The paths that hold labels: told by their voxels, or by name where there are too many."""
    looked = [one for one in volumes if one[1].volumes == 1][:LOOKED_INTO]
    replies = yield from ask(decoder, [pixels_of(*one) for one in looked], "looking")
    told = {
        path: nifti_series.is_mask(reply.pixels, path.name)
        for (path, _), reply in zip(looked, replies, strict=True)
        if reply.pixels is not None
    }
    return {
        path
        for path, _ in volumes
        if told.get(path, nifti_series.named_as_mask(nifti_series.stem_of(path)))
    }


def _image(path: Path, header: NiftiHeader, mask: Path | None, *, named: bool) -> SeriesInfo:
    name = f"{shown_name(path)}: " if named else ""
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
