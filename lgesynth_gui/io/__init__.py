"""Files in and out.

A format is one module that reads (in the decoder process, see `decoder`) or writes; `FORMATS`
lists them. The three functions here are what everything above uses to read.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lgesynth_gui.core.arrays import LabelMap
    from lgesynth_gui.core.series import LgeSeries
    from lgesynth_gui.io.series_info import SeriesInfo

FORMATS = {  # what is read -> the module that reads it
    "dicom": "lgesynth_gui.io.dicom_read",
    "nifti": "lgesynth_gui.io.nifti_read",
}


def open_path(path: Path) -> tuple[SeriesInfo, ...]:
    """The series found in a file or folder, usable ones first, the most LGE-like first.

    A file that is refused is listed with the reason; a folder without scans gives ().

    Raises:
        LgeSynthError: the path cannot be read, or there is too much below it.
    """
    from lgesynth_gui.core.jobs import drive
    from lgesynth_gui.io.study import find

    found: tuple[SeriesInfo, ...] = drive(find(path))
    return found


def load(info: SeriesInfo) -> LgeSeries:
    """Read the pixels of a series that `open_path` listed, or of one of its parts.

    Of a film the first phase is read; `load(info.part(3))` reads the third.

    Raises:
        Refused: it is not usable, damaged, or has changed since.
    """
    from lgesynth_gui.core.jobs import drive
    from lgesynth_gui.io import study

    series: LgeSeries = drive(study.load(info))
    return series


def load_mask(path: Path, series: LgeSeries) -> LabelMap:
    """Read a NIfTI mask or DICOM segmentation onto the grid of a series.

    Returns:
        uint8 labels (see `core.labels`) of the series' shape.

    Raises:
        Refused: it is no mask, or lies on another grid.
    """
    from lgesynth_gui.core.jobs import drive
    from lgesynth_gui.io import study

    labels: LabelMap = drive(study.load_mask(path, series))
    return labels
