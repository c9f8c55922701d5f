"""Phantom studies as files: computed hearts that belong to nobody, with their truth beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from lgesynth_gui import __version__
from lgesynth_gui.core.arrays import content_hash
from lgesynth_gui.core.greys import labelled_window
from lgesynth_gui.io.atomic import Transaction, atomic_write, canonical
from lgesynth_gui.io.contours import write_contours
from lgesynth_gui.io.dicom_write import Words, dicom_bytes, mr_images
from lgesynth_gui.io.identifiers import Identifiers
from lgesynth_gui.io.marks import MAKER, NOTICE, SYNTHETIC, series_words
from lgesynth_gui.io.nifti_write import nifti_bytes
from lgesynth_gui.io.origins import new_subject
from lgesynth_gui.phantom.study import PhantomStudy

Format = Literal["dicom", "nifti"]

CONTOURS, IMAGES = "contours.json", "images"
MADE_BY = f"{MAKER} computed this heart and its inversion-recovery image; no patient is in it."


def write_phantom(
    study: PhantomStudy,
    folder: Path,
    form: Format,
    *,
    truth: bool = True,
    facts: Mapping[str, Any] | None = None,
) -> tuple[Path, ...]:
    """Write a study into a new folder, whole or not at all; the same study gives the same bytes.

    With its truth the images lie in a folder of their own, so that opening it finds only them.

    Args:
        study: What to write.
        folder: Must not exist, or be empty.
        form: "dicom" (one image a slice) or "nifti" (one volume).
        truth: Also write the label map (NIfTI) and a JSON of what the heart was made with.
        facts: Added to that JSON, for example the seed.

    Returns:
        The images, the contours, and with `truth` the label map and the JSON.

    Raises:
        LgeSynthError: the folder holds files, or its drive is full or closed.
    """
    files = _dicom(study) if form == "dicom" else _nifti(study)
    if truth:
        files = {f"{IMAGES}/{name}": content for name, content in files.items()}
        files[f"{SYNTHETIC}_labels.nii.gz"] = nifti_bytes(
            study.labels,
            study.series.geometry,
            description=f"{SYNTHETIC}, phantom labels",
            labels=True,
        )
        files[f"{SYNTHETIC}_phantom.json"] = canonical(_told(study, facts or {})) + b"\n"
    with Transaction(folder) as stage:
        for name, content in files.items():
            (stage / name).parent.mkdir(exist_ok=True)
            with atomic_write(stage / name) as file:
                file.write(content)
        write_contours(stage / CONTOURS, study.contours)
    return tuple(folder / name for name in (*files, CONTOURS))


def phantom_identifiers(study: PhantomStudy) -> Identifiers:
    """Identifiers that follow from the stored values and where they lie."""
    series = study.series
    content = f"phantom {series.pixels_sha256} {content_hash(series.geometry.affine)}"
    return Identifiers(hashlib.sha256(content.encode()).hexdigest())


def _dicom(study: PhantomStudy) -> dict[str, bytes]:
    names = phantom_identifiers(study)
    words = Words(
        series=series_words(study.series.signal, "phantom LGE"),
        derivation=(MADE_BY,),
        comments="Computed phantom, no patient.",
        phantom=True,
    )
    origin = new_subject(study.series, names)
    window = labelled_window(study.series.pixels, study.labels)
    images = mr_images(study.series.pixels, study.series, origin, names, words, window=window)
    return {
        f"{SYNTHETIC}_LGE_{number:03d}.dcm": dicom_bytes(image)
        for number, image in enumerate(images, 1)
    }


def _nifti(study: PhantomStudy) -> dict[str, bytes]:
    series = study.series
    volume = nifti_bytes(
        series.pixels,
        series.geometry,
        slope=series.slope,
        intercept=series.intercept,
        description=f"{SYNTHETIC}, computed phantom",
    )
    return {f"{SYNTHETIC}_LGE.nii.gz": volume}


def _told(study: PhantomStudy, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "synthetic": True,
        "notice": NOTICE,
        "made_by": MADE_BY,
        "version": __version__,
        "signal": study.series.signal.value,
        "pattern": study.pattern,
        "labels": {"blood": 1, "myocardium": 2, "scar": 3, "no_reflow": 4},
        "pixels_sha256": study.series.pixels_sha256,
        "labels_sha256": content_hash(study.labels),
        "sketch": [
            {
                "outline": [[float(angle), float(depth)] for angle, depth in region.outline],
                "slices": [int(index) for index in region.slices],
                "label": region.label.name,
            }
            for region in study.sketch.regions
        ],
        **{name: _plain(value) for name, value in (study.facts | dict(facts)).items()},
    }


def _plain(value: Any) -> Any:
    """Numbers, tuples and mappings as JSON knows them."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value.item() if hasattr(value, "item") else value
