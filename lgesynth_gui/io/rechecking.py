"""What the parent makes of a decoder's answer: every part is checked again, none is believed."""

from __future__ import annotations

import hashlib
import math
import re
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.io import gates
from lgesynth_gui.io.answers import Answer
from lgesynth_gui.io.headers import DicomHeader, NiftiHeader
from lgesynth_gui.io.wire import NotAMessage, from_json

AGAIN = "Copy the file again, or leave it out."
_NOT_OPENED = ("FileNotFoundError", "PermissionError", "OSError")
Header = DicomHeader | NiftiHeader


def answer_in(data: bytes, number: int, listed: Header | None, *, any_modality: bool) -> Answer:
    """The answer to question `number`, its header through the gates.

    Args:
        data: The message.
        number: Of the question.
        listed: What the file was listed with, where its pixels were asked for.
        any_modality: Also take DICOM objects that are no MR images.

    Raises:
        NotAMessage: it is none.
        Refused: it says so, or a gate closes.
    """
    answer = from_json(Answer, data)
    if answer.number != number:
        raise NotAMessage("the answer to another question")
    if answer.same and not isinstance(listed, DicomHeader):
        raise NotAMessage("the same as nothing")
    if answer.outcome == "refused":
        known = re.fullmatch(r"[A-Z]{3}-\d\d", answer.code)
        gates.refuse(answer.what, answer.hint, answer.code if known else "WRK-04")
    if answer.outcome == "failed":
        if answer.what in _NOT_OPENED:
            gates.refuse("it cannot be opened", "Check the file.", "FIL-01")
        gates.refuse("its contents are damaged", AGAIN, "WRK-02")
    if answer.outcome == "read" and not answer.same:
        if answer.dicom is not None:
            gates.dicom_header(answer.dicom, any_modality=any_modality)
        elif answer.nifti is not None:
            gates.nifti_header(answer.nifti)
        else:
            gates.refuse("the decoder gave no proper answer", AGAIN, "WRK-04")
    return answer


def pixels_in(
    block: SharedMemory | None, nbytes: int, answer: Answer, listed: Header | None
) -> Array | None:
    """A copy of the pixels in a block; None when they are not what was promised.

    Args:
        block: Where they lie.
        nbytes: That were asked for.
        answer: That they are there.
        listed: What the file was listed with.
    """
    header = listed if answer.same else answer.dicom or answer.nifti
    if isinstance(header, DicomHeader):
        shape: tuple[int, ...] = header.pixels.shape
        dtype = header.pixels.dtype
    elif header is not None:
        shape, dtype = header.shape[::-1], np.dtype(header.dtype).newbyteorder("=")
    else:
        return None
    promised = math.prod(shape) * dtype.itemsize
    if (answer.shape, answer.dtype) != (shape, dtype.str) or promised != nbytes or block is None:
        return None
    shared: Any = block.buf
    raw = bytes(shared[:nbytes])
    if hashlib.sha256(raw).hexdigest() != answer.sha256:
        return None
    return np.frombuffer(raw, dtype).reshape(shape)
