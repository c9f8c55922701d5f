"""Makes a sample again from its record: the same request, host and networks. Runs in the engine."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import torch

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.synthesis import SynthesisRequest
from lgesynth_gui.registry.cards import ModelCard, find_weights
from lgesynth_gui.synthesis.generate import generate_with
from lgesynth_gui.synthesis.models import THREADS, best_device, bundle_of


def recreate(
    request: SynthesisRequest,
    series: LgeSeries,
    models: Sequence[tuple[str, str]],
    device: str = "auto",
    folders: Sequence[Path] | None = None,
) -> Job:
    """Paint a request again with the very networks that painted it first.

    Args:
        request: From the record.
        series: The host it was made for.
        models: (role, SHA-256 of the main weights) of every network, in the record's order.
        device: "auto", "cpu", "cuda" or "mps".
        folders: Where models live; None = the bundled ones and this person's own.

    Returns:
        A job that yields progress and returns a `SynthesisResult`.

    Raises:
        LgeSynthError: a network is not here, or is of another kind than the record says.
        Refused: a model's file is damaged.
    """
    began = time.monotonic()
    yield Progress(0, 0, "loading models")
    torch.set_num_threads(THREADS)
    cards = [(role, _card(role, sha256, folders)) for role, sha256 in models]
    bundle = bundle_of(cards, best_device(device), folders)
    return (yield from generate_with(bundle, request, series, began))


def _card(role: str, sha256: str, folders: Sequence[Path] | None) -> ModelCard:
    card = find_weights(sha256, folders)
    if card is None or card.role != role:
        raise LgeSynthError(
            f"The {role} model with SHA-256 {sha256[:12]}… is not here.",
            "Import it: lgesynth models import FILE.",
        )
    return card
