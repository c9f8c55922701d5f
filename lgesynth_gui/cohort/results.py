"""From a stored sample back to the result it was, on its host's grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lgesynth_gui.cohort.hosts import Host
from lgesynth_gui.cohort.samples import read_arrays, tries_of, unpack_arrays
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.synthesis import TRIES, SynthesisResult
from lgesynth_gui.io import provenance
from lgesynth_gui.io.provenance import request_of, verdict_of


def result_of_sample(folder: Path, record: Mapping[str, Any], host: Host) -> SynthesisResult:
    """The result that a painted sample is.

    Args:
        folder: The cohort's.
        record: Of the sample, from `samples.read_record`.
        host: Its heart.

    Raises:
        LgeSynthError: record or pixels are damaged, or of another heart.
    """
    if record.get("host_sha256") != host.entry.sha256:
        raise LgeSynthError(
            f"Sample {record.get('index')} belongs to another heart.", "Run the cohort again."
        )
    painted = unpack_arrays(read_arrays(folder, record), host.series)
    whole = {"format": provenance.FORMAT, "version": provenance.VERSION}
    try:
        told = {**record["request"], "contours": []}
        request = replace(request_of({**whole, "request": told}), contours=host.contours)
        requested = host.heart.labels(request.sketch)  # the heart of other slices is labelled, too
        for index in painted.slices:
            requested[index] = painted.requested[index]
        return SynthesisResult(
            request=request,
            slices=painted.slices,
            pixels=painted.pixels,
            edited=painted.edited,
            requested=requested,
            measured=painted.measured,
            captions=tuple((int(index), str(text)) for index, text in record["captions"]),
            verdict=verdict_of(record["verdict"]),
            models=tuple((str(role), str(model)) for role, model in record["models"]),
            scores=(
                *((str(name), float(value)) for name, value in record["scores"].items()),
                (TRIES, float(tries_of(record))),
            ),
            pixels_sha256=str(record["pixels_sha256"]),
        )
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, LgeSynthError) as error:
        raise LgeSynthError(
            f"The record of sample {record.get('index')} is damaged.",
            "Make it again: lgesynth cohort rebuild, then run.",
        ) from error
