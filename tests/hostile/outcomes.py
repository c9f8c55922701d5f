"""Reads many files the way the program does and counts how each ended."""

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from importlib.metadata import version

import numpy as np

from lgesynth_gui.io import limits
from lgesynth_gui.io.asking import pixels_of
from lgesynth_gui.io.decoder import Question

LARGEST = 2**30  # what a decoder may hold
GROWTH = 200 * 2**20  # what the program may hold more, whatever it opens


DEATHS = ("WRK-01", "WRK-03", "WRK-05")  # the decoder died or hung
PARTS = ("pydicom", "nibabel", "numpy", "pillow", "pyjpegls", "pylibjpeg-openjpeg", "imagecodecs")


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
    before: int = field(default_factory=limits.peak_bytes)

    @property
    def grown(self):
        """Bytes by which this process, which asks, has held more than before."""
        return limits.peak_bytes() - self.before

    @property
    def total(self):
        return sum(self.counts.values())

    def told(self, seed=None):
        """What people read: counts, and what no event in so many files proves."""
        parts = ", ".join(f"{n} {name}" for name, n in self.counts.most_common())
        deaths = sum(self.counts[code] for code in DEATHS)
        proved = f" (0 in {self.total}: below {3 / max(self.total, 1):.2%} at 95 %)"
        return (
            f"{self.total} files: {parts}\n  {deaths} deaths{'' if deaths else proved},"
            f" slowest {self.slowest:.2f} s, most memory of a decoder {self.peak / 2**20:.0f} MiB,"
            f" of the program {self.grown / 2**20:.0f} MiB more"
            + ("" if seed is None else f", seed {seed}")
            + f"\n  {', '.join(f'{name} {version(name)}' for name in PARTS)}"
        )


def read_all(decoder, paths, outcomes, *, any_modality=True, look=None):
    """Ask for header and pixels of every file.

    With `any_modality`, what is no MR image goes on to the codecs. What is loaded is shown to
    `look` as `(path, header, pixels)`.
    """
    asked = [Question(path, any_modality=any_modality) for path in paths]
    headers = _asked(decoder, asked, outcomes)
    sound = []
    for path, reply in zip(paths, headers, strict=True):
        answer = reply.answer
        header = (answer.dicom or answer.nifti) if answer else None
        if header is not None:
            sound.append((path, header))
        else:
            _count(outcomes, path, reply)
    asked = [replace(pixels_of(*one), any_modality=any_modality) for one in sound]
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
        if look is not None:
            look(path, header, found)


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
    if refused.code in DEATHS:
        outcomes.wrong.append(f"{path.name}: the decoder died or hung ({refused.code})")
