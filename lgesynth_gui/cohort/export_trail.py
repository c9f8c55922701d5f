"""What left a cohort as an export: one chain a cohort, in its folder, on this computer only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lgesynth_gui.cohort.export_choice import Choices, Chosen
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io.trail import SUFFIX, append

TRAIL = f"exports{SUFFIX}"


@contextmanager
def noted(folder: Path, choices: Choices, chosen: Chosen) -> Iterator[None]:
    """Note what is about to leave a cohort, and at the end whether it did.

    Where it goes is not noted: a path may name a patient.

    Args:
        folder: The cohort's.
        choices: What is exported, and how.
        chosen: Which samples.

    Raises:
        LgeSynthError: it cannot be noted; nothing leaves then.
    """
    trail = folder / TRAIL
    began = append(
        trail,
        "export",
        {
            "formats": sorted(choices.formats),
            "label_source": choices.label.value,
            "reviewed": choices.reviewed,
            "reasons": {str(number): why for number, why in sorted(choices.reasons.items())},
            "samples": len(chosen.kept),
            "cohort_sha256": chosen.cohort_sha256,
        },
    )
    try:
        yield
    except BaseException as error:
        with suppress(LgeSynthError, OSError):  # the trouble itself is told
            append(trail, "not exported", {"of": began["sequence"], "why": type(error).__name__})
        raise
    with suppress(LgeSynthError, OSError):  # what is shown stays; that it was meant to is noted
        append(trail, "exported", {"of": began["sequence"]})
