"""Datasets of several cases in the layouts that others train on: nnU-Net raw and EMIDEC's.

A case's label map is what was drawn, in the order 0 background, 1 blood, 2 muscle, 3 scar,
4 no-reflow, which is EMIDEC's own and is consecutive, as nnU-Net wants it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lgesynth_gui.core.arrays import Array, LabelMap
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.io.atomic import canonical
from lgesynth_gui.io.marks import MAKER, NOTICE, SYNTHETIC
from lgesynth_gui.io.nifti_write import nifti_bytes

NUMBERS = (1, 999)  # of nnU-Net datasets
EMIDEC_NOTE = f"{SYNTHETIC}.txt"
_NAME = re.compile(r"[A-Za-z0-9]{1,40}")
NNUNET_LABELS = {
    "background": int(Label.BACKGROUND),
    "blood_pool": int(Label.BLOOD),
    "myocardium": int(Label.MYOCARDIUM),
    "scar": int(Label.SCAR),
    "no_reflow": int(Label.NO_REFLOW),
}


@dataclass(frozen=True, eq=False)
class DatasetCase:
    """One stack with its labels.

    Args:
        series: Its geometry and how stored values become the scanner's.
        pixels: Stored values `(slice, row, column)`.
        labels: uint8, the same shape.
        source: Whose the labels are.
        synthetic: False for an original in which nothing was painted.
    """

    series: LgeSeries
    pixels: Array
    labels: LabelMap
    source: str = "requested"
    synthetic: bool = True


def nnunet_files(
    cases: Sequence[DatasetCase], words: str = "", number: int = 501, name: str = "LGESynth"
) -> Mapping[str, bytes]:
    """An nnU-Net v2 raw dataset: every file by its name below the raw folder.

    Args:
        cases: One at least; all of them are training cases.
        words: What else its description says: how the cases were made.
        number: Of the dataset, 1 to 999.
        name: Letters and digits, at most 40.

    Raises:
        LgeSynthError: no case, or a number or name that nnU-Net does not take.
    """
    _require(cases)
    root = nnunet_root(number, name)
    files: dict[str, bytes] = {}
    for k, case in enumerate(cases, 1):
        files |= nnunet_case(case, f"{SYNTHETIC}_{k:04d}", root)
    return files | {f"{root}/dataset.json": nnunet_table(len(cases), words, name)}


def nnunet_root(number: int, name: str) -> str:
    """The folder of an nnU-Net dataset.

    Raises:
        LgeSynthError: nnU-Net does not take such a number or name.
    """
    if not NUMBERS[0] <= number <= NUMBERS[1]:
        raise LgeSynthError(
            f"A dataset cannot have number {number}.", f"Choose {NUMBERS[0]} to {NUMBERS[1]}."
        )
    if not _NAME.fullmatch(name):
        raise LgeSynthError(
            "The name of a dataset holds letters and digits only.", "Choose another name."
        )
    return f"Dataset{number:03d}_{name}"


def nnunet_case(case: DatasetCase, key: str, root: str) -> Mapping[str, bytes]:
    """Image and labels of one training case, by their names below the raw folder."""
    return {
        f"{root}/imagesTr/{key}_0000.nii.gz": _image(case),
        f"{root}/labelsTr/{key}.nii.gz": labels_file(case),
    }


def nnunet_table(count: int, words: str, name: str) -> bytes:
    """The `dataset.json` of so many training cases."""
    return (
        canonical(
            {
                "channel_names": {"0": "LGE"},
                "labels": NNUNET_LABELS,
                "numTraining": count,
                "file_ending": ".nii.gz",
                "overwrite_image_reader_writer": "SimpleITKIO",
                "name": name,
                "description": _description(words),
                "reference": MAKER,
            }
        )
        + b"\n"
    )


def emidec_files(cases: Sequence[DatasetCase], words: str = "") -> Mapping[str, bytes]:
    """Cases laid out as the EMIDEC challenge does: a folder a case with Images and Contours.

    Args:
        cases: One at least. A case with scar is called Case_P, one without Case_N.
        words: What else the description beside them says.

    Raises:
        LgeSynthError: no case.
    """
    _require(cases)
    files: dict[str, bytes] = {}
    for k, case in enumerate(cases, 1):
        files |= emidec_case(case, f"{k:03d}")
    return files | {EMIDEC_NOTE: emidec_note(words)}


def emidec_case(case: DatasetCase, number: str) -> Mapping[str, bytes]:
    """Image and labels of one case; its name says whether it has scar."""
    kind = "P" if (case.labels >= Label.SCAR).any() else "N"
    key = f"Case_{kind}{number}"
    return {
        f"{key}/Images/{key}.nii.gz": _image(case),
        f"{key}/Contours/{key}.nii.gz": labels_file(case),
    }


def emidec_note(words: str) -> bytes:
    """What stands beside the cases: that they are synthetic, and what else is said."""
    return f"{_description(words)}\n".encode()


def _description(words: str) -> str:
    return f"{SYNTHETIC}: {NOTICE}" + (f" {words}" if words else "")


def _require(cases: Sequence[DatasetCase]) -> None:
    if not cases:
        raise LgeSynthError("There is no case to write.", "Choose one at least.")
    for case in cases:
        if not case.pixels.shape == case.labels.shape == case.series.shape:
            raise ValueError("pixels and labels need the shape of their series")


def _image(case: DatasetCase) -> bytes:
    series = case.series
    words = f"{SYNTHETIC}, not for clinical use" if case.synthetic else "control, not synthesised"
    return nifti_bytes(
        case.pixels,
        series.geometry,
        slope=series.slope,
        intercept=series.intercept,
        description=words,
        mark=SYNTHETIC if case.synthetic else "",
    )


def labels_file(case: DatasetCase) -> bytes:
    """The label map of a case as NIfTI; its description names the source."""
    return nifti_bytes(
        case.labels,
        case.series.geometry,
        description=f"{SYNTHETIC if case.synthetic else 'control'}, labels: {case.source}",
        labels=True,
        mark=SYNTHETIC if case.synthetic else "",
    )
