"""Writes model folders: weights first, the card that names their hashes last."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import nn

from lgesynth_gui.io.atomic import atomic_write
from lgesynth_gui.registry.cards import (
    CARD,
    Architecture,
    ArchitectureName,
    Metric,
    ModelCard,
    ModelFile,
    Role,
    TrainedOn,
    file_sha256,
)
from lgesynth_gui.segmentation.weights import save_weights
from lgesynth_gui.synthesis.precondition import Bands

VERSION = "1.0.0"
LICENCE = "Apache-2.0"


def numbers_of(sizes: Any, bands: Bands | None = None) -> dict[str, Any]:
    """The plain numbers a card keeps of a network's sizes and latent statistics."""
    numbers = asdict(sizes)
    if bands is not None:
        numbers |= {"band_mean": bands.mean, "band_deviation": bands.deviation}
    return numbers


def write_model(
    root: Path,
    *,
    name: str,
    title: str,
    role: Role,
    architecture: ArchitectureName,
    numbers: Mapping[str, Any],
    network: nn.Module,
    trained_on: TrainedOn,
    metrics: Sequence[Metric] = (),
    texts: Mapping[str, str] | None = None,
    text_encoder: str | None = None,
    base: str | None = None,
    notes: str = "",
    version: str = VERSION,
    licence: str = LICENCE,
) -> ModelCard:
    """Write `root/<name>/<version>`.

    Args:
        root: Folder of model folders.
        name: The model's id.
        title: One line for people.
        role: What the program uses it for.
        architecture: Which class to build.
        numbers: That class's arguments.
        network: Its weights, stored as float16.
        trained_on: Where the weights come from.
        metrics: What the run measured.
        texts: Further text files by name (a vocabulary).
        text_encoder: "id/version sha256" of its text encoder.
        base: The same of its base network.
        notes: Known limits.
        version: The version's name.
        licence: SPDX name, or "LicenseRef-" and a word.

    Returns:
        The card that was written.
    """
    folder = root / name / version
    folder.mkdir(parents=True, exist_ok=True)
    parameters = save_weights(network, folder / "weights.safetensors")
    names = ["weights.safetensors"]
    for file_name, text in (texts or {}).items():
        with atomic_write(folder / file_name) as file:
            file.write(text.encode())
        names.append(file_name)
    card = ModelCard(
        id=name,
        version=version,
        title=title,
        role=role,
        architecture=Architecture(name=architecture, numbers=dict(numbers)),
        files=tuple(
            ModelFile(name=n, sha256=file_sha256(folder / n), size=(folder / n).stat().st_size)
            for n in names
        ),
        parameters=parameters,
        trained_on=trained_on,
        metrics=tuple(metrics),
        created=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        text_encoder=text_encoder,
        base=base,
        notes=notes,
        licence=licence,
    )
    with atomic_write(folder / CARD) as file:
        file.write(card.to_json())
    return card


def reference(card: ModelCard) -> str:
    """How partners are named: "id/version sha256"."""
    return f"{card.reference} {card.sha256}"
