"""What left a cohort as an export: one chain a cohort, in its folder, on this computer only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lgesynth_gui.cohort.export_choice import Choices, Chosen
from lgesynth_gui.io.trail import SUFFIX, leaving

TRAIL = f"exports{SUFFIX}"


@contextmanager
def noted(folder: Path, choices: Choices, chosen: Chosen) -> Iterator[None]:
    """Note what is about to leave a cohort, and at the end whether it did.

    Args:
        folder: The cohort's.
        choices: What is exported, and how.
        chosen: Which samples.

    Raises:
        LgeSynthError: it cannot be noted; nothing leaves then.
    """
    values = {
        "formats": sorted(choices.formats),
        "label_source": choices.label.value,
        "reviewed": choices.reviewed,
        "reasons": {str(number): why for number, why in sorted(choices.reasons.items())},
        "samples": len(chosen.kept),
        "cohort_sha256": chosen.cohort_sha256,
    }
    with leaving(folder / TRAIL, values):
        yield
