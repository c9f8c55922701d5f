"""Reads many files the way the program does and counts how each ended."""

import time
from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np

from lgesynth_gui.io.asking import pixels_of
from lgesynth_gui.io.decoder import Question

LARGEST = 2**30  # what a decoder may hold


@dataclass
class Outcomes:
    """How files ended.

    `counts` by "loaded" or the code of the refusal; `slowest` in seconds a file; `peak` bytes of
    a decoder; `wrong` what must never happen, in words.
    """

    counts: Counter = field(default_factory=Counter)
    slowest: float = 0.0
    peak: int = 0
    wrong: list = field(default_factory=list)

    def told(self):
        """One line for people."""
        parts = ", ".join(f"{n} {name}" for name, n in self.counts.most_common())
        return (
            f"{sum(self.counts.values())} files: {parts}; slowest {self.slowest:.2f} s, "
            f"most memory {self.peak / 2**20:.0f} MiB"
        )


def read_all(decoder, paths, outcomes):
    """Ask for header and pixels of every file."""
    asked = [Question(path, any_modality=True) for path in paths]  # more reaches the codecs
    headers = _asked(decoder, asked, outcomes)
    sound = []
    for path, reply in zip(paths, headers, strict=True):
        answer = reply.answer
        header = (answer.dicom or answer.nifti) if answer else None
        if header is not None:
            sound.append((path, header))
        else:
            _count(outcomes, path, reply)
    asked = [replace(pixels_of(*one), any_modality=True) for one in sound]
    pixels = _asked(decoder, asked, outcomes)
    for (path, header), reply in zip(sound, pixels, strict=True):
        if reply.pixels is None:
            _count(outcomes, path, reply)
            continue
        outcomes.counts["loaded"] += 1
        told = header.pixels.shape if hasattr(header, "pixels") else header.shape[::-1]
        found = reply.pixels
        if found.shape != tuple(told) or found.size == 0:
            outcomes.wrong.append(f"{path.name}: {found.shape} instead of {told}")
        if found.dtype.kind == "f" and not np.isfinite(found).all():
            outcomes.wrong.append(f"{path.name}: values that are no numbers")


def _asked(decoder, questions, outcomes):
    replies = [None] * len(questions)
    before = time.monotonic()
    for reply in decoder.ask(questions):
        now = time.monotonic()
        if reply is not None:
            replies[reply.index] = reply
            outcomes.slowest = max(outcomes.slowest, now - before)
            before = now
            if reply.answer is not None:
                outcomes.peak = max(outcomes.peak, reply.answer.peak_bytes)
    return replies


def _count(outcomes, path, reply):
    if reply.answer is not None and reply.answer.outcome == "other":
        outcomes.counts["no scan"] += 1
        return
    refused = reply.refused
    if refused is None:
        outcomes.wrong.append(f"{path.name}: neither loaded nor refused")
        return
    outcomes.counts[refused.code] += 1
    words = str(refused)
    if "\n" in words or not refused.code or not refused.what.endswith("."):
        outcomes.wrong.append(f"{path.name}: not one sentence with a code: {words!r}")
    if refused.code in ("WRK-01", "WRK-03", "WRK-05"):
        outcomes.wrong.append(f"{path.name}: the decoder died or hung ({refused.code})")
