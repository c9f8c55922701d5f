"""Questions to the decoder as jobs, and what to make of the replies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.io.answers import Answer
from lgesynth_gui.io.decoder import Decoder, Question, Reply, refusal
from lgesynth_gui.io.headers import DicomHeader, NiftiHeader

READS = "DICOM, NIfTI and Analyze files are read."
DICOM_NAMES, NIFTI_NAMES = (".dcm", ".ima"), (".nii", ".nii.gz")


def ask(decoder: Decoder, questions: Sequence[Question], note: str) -> Job:
    """A job that returns all replies, in the order of the questions."""
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


def pixels_of(path: Path, header: DicomHeader | NiftiHeader, volume: int = 0) -> Question:
    """The question for the pixels of a file that was listed with `header`.

    Args:
        path: The file.
        header: As it was listed.
        volume: Which one of a NIfTI film, from 0.
    """
    if isinstance(header, DicomHeader):
        return Question(path, "pixels", header.pixels.nbytes, header=header)
    size = header.nbytes // header.volumes
    return Question(path, "pixels", size, header=header, volume=volume)


def answer_of(reply: Reply) -> Answer:
    """The answer in a reply.

    Raises:
        Refused: it is a refusal.
    """
    if reply.answer is None:
        raise reply.refused or Refused("The file was refused.", READS)
    return reply.answer


def checked(path: Path, header: DicomHeader | NiftiHeader, reply: Reply) -> Array:
    """The pixels in a reply, if the file is still the one that was listed.

    Raises:
        Refused: it is a refusal, or the file has changed (WRK-06).
    """
    answer = answer_of(reply)
    told = answer.dicom or answer.nifti
    if not (answer.same or told == header) or reply.pixels is None:
        raise refusal(path, "it has changed since it was listed", "Open it again.", "WRK-06")
    return reply.pixels


def read_pixels(
    path: Path, header: DicomHeader | NiftiHeader, decoder: Decoder, volume: int = 0
) -> Job:
    """A job that returns the stored pixels of one file that was listed with `header`."""
    (reply,) = yield from ask(decoder, [pixels_of(path, header, volume)], "reading")
    return checked(path, header, reply)


def no_scan(path: Path, answer: Answer) -> Refused:
    """The refusal of a file that is no scan at all."""
    code = "NII-01" if path.name.lower().endswith(NIFTI_NAMES) else "HDR-01"
    return refusal(path, f"it is {answer.what}", READS, code)


def named_as_scan(path: Path) -> bool:
    """Whether a file's name says that it is a scan, so that it is missed if it is none."""
    return path.name.lower().endswith((*DICOM_NAMES, *NIFTI_NAMES))
