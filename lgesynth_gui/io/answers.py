"""What the decoder and its parent say to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lgesynth_gui.io.headers import DicomHeader, NiftiHeader

Task = Literal["header", "pixels"]


@dataclass(frozen=True)
class Ask:
    """One question about one file.

    Args:
        number: Comes back with the answer.
        task: What to do.
        path: The file.
        any_modality: Also take DICOM objects that are no MR images, or have text burned in.
        block: Name of the shared memory the pixels go to, or "".
        nbytes: Its size.
        volume: Which one of a NIfTI film, from 0.
    """

    number: int
    task: Task
    path: str
    any_modality: bool = False
    block: str = ""
    nbytes: int = 0
    volume: int = 0


@dataclass(frozen=True)
class Answer:
    """What became of one file.

    Args:
        number: Of the question.
        outcome: "read"; "refused" by a gate; "failed" in a library; "other": no scan at all.
        dicom, nifti: Its header when it was read.
        what, hint, code: Our own words of a refusal; for "other", what it is.
        same: The pixels are of a file whose header this process read before and that has not
            changed since; `dicom` is then left out.
        shape, dtype, sha256: Of the pixels in the shared memory.
        peak_bytes: Most memory the decoder has held so far.
    """

    number: int
    outcome: Literal["read", "refused", "failed", "other"]
    dicom: DicomHeader | None = None
    nifti: NiftiHeader | None = None
    what: str = ""
    hint: str = ""
    code: str = ""
    shape: tuple[int, ...] = ()
    dtype: str = ""
    sha256: str = ""
    same: bool = False
    peak_bytes: int = 0
