"""Which label map belongs to which image, and which files are one person's: told by names alone.

Wrong labels or one person on both sides of a split spoil a training without a word. So a label map
is paired only where every part of the name agrees, and what may be one person is kept together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum
from pathlib import Path, PurePath

from lgesynth_gui.io.nifti_series import named_as_mask, stem_of


class Layout(Enum):
    """How a folder of annotated scans is laid out."""

    OWN = "this program's own"
    EMIDEC = "EMIDEC"
    MYOPS = "MyoPS"
    NNUNET = "nnU-Net"
    DICOM = "DICOM with masks"
    NIFTI = "NIfTI with masks"
    PROJECT = "project file"


IMAGE_FOLDERS = {"images", "image", "imagestr", "imagests", "img", "imgs"}
LABEL_FOLDERS = {"labels", "label", "labelstr", "contours", "masks", "mask", "seg", "gt"}
CHANNELS = {"imagestr", "imagests"}  # nnU-Net numbers the channels of an image there
GENERIC = IMAGE_FOLDERS | LABEL_FOLDERS | {"dicom", "nifti", "data", "lge", "scans", "train"}
# What says which picture of a person a file is, not whose: a sequence, a time, a visit, a reading.
_SEQUENCE = (
    r"gt|seg|segmentation|masks?|labels?|contours?|gd|manual|img|images?|lge|de|c0|t2|psir|mag|sax"
    r"|requested"  # of this program's exports: what was drawn, not what a network measured
)
_MOMENT = (
    r"(ed|es|(frame|slice|phase|time|ses|session|visit|scan|run|acq|rep|reader|rater|obs|v)\d*)"
)
_CHANNEL = re.compile(r"_\d{4}$")


def words_of(path: PurePath) -> tuple[str, ...]:
    """The parts of a file's name that an image and its label map share."""
    stem = stem_of(Path(path))
    if path.parent.name.lower() in CHANNELS:
        stem = _CHANNEL.sub("", stem)
    words = re.split(r"[^a-z0-9]+", stem.lower())
    return tuple(one for one in words if one and not re.fullmatch(_SEQUENCE, one))


def role_of(path: PurePath) -> str:
    """What a file is where its folder or its name says so: "image" or "labels"; else ""."""
    folder = path.parent.name.lower()
    if folder in LABEL_FOLDERS or named_as_mask(stem_of(Path(path))):
        return "labels"
    return "image" if folder in IMAGE_FOLDERS else ""


def person_of(path: PurePath, root: PurePath) -> str:
    """Whose scan a file is: `patient012_es` is patient012's, `case_03_frame2` is case_03's.

    The words of the name up to the first one that tells a moment; where they hold no number, those
    of the nearest folder that does, below the chosen one; where none does, the name with its
    folders. Two datasets that number alike share persons: too few of them is the smaller error.
    """
    own = _whose(words_of(path))
    if _numbered(own):
        return "_".join(own)
    for folder in path.parents:
        if folder == root or not folder.is_relative_to(root):
            break
        if folder.name.lower() not in GENERIC:
            found = _whose(words_of(PurePath(folder.name)))
            if found and (_numbered(found) or not own):
                return "_".join(found)
    above = path.relative_to(root).parts[:-1] if path.is_relative_to(root) else ()
    kept = [one.lower() for one in above if one.lower() not in GENERIC]
    return "/".join((*kept, "_".join(own) or path.name.lower()))


def _whose(words: Iterable[str]) -> tuple[str, ...]:
    out: list[str] = []
    for one in words:
        if re.fullmatch(_MOMENT, one):
            break
        out.append(one)
    return tuple(out)


def _numbered(words: Sequence[str]) -> bool:
    return any(any(letter.isdigit() for letter in one) for one in words)


def near(image: PurePath, labels: PurePath) -> bool:
    """Whether a label map lies where that of an image would: beside it, above, or opposite."""
    if labels.parent in (image.parent, image.parent.parent):
        return True
    opposite = {image.parent.name.lower(), labels.parent.name.lower()} & GENERIC
    below = labels.parent.parent == image.parent
    return bool(opposite) and (below or labels.parent.parent == image.parent.parent)


def labels_for(image: PurePath, labels: Iterable[Path]) -> list[Path]:
    """The label maps whose names agree with an image's, those in its own folder first."""
    words = words_of(image)
    found = [one for one in labels if near(image, one) and words_of(one) == words]
    return sorted(found, key=lambda one: (one.parent != image.parent, str(one)))


def layout_of(image: PurePath, labels: PurePath | None) -> Layout:
    """What the folders and names of a NIfTI image and its labels look like."""
    folders = image.parent.name.lower(), labels.parent.name.lower() if labels else ""
    if folders[0] == "imagestr":
        return Layout.NNUNET
    if folders == ("images", "contours"):
        return Layout.EMIDEC
    if image.name.startswith("SYNTHETIC_"):
        return Layout.OWN
    if labels is not None and re.search(r"_gd\.", labels.name.lower()):
        return Layout.MYOPS
    return Layout.NIFTI
