"""What the program is made of: libraries with their licences, models with their cards."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, metadata
from typing import TYPE_CHECKING

from lgesynth_gui import __version__
from lgesynth_gui.core.errors import LgeSynthError

if TYPE_CHECKING:
    from lgesynth_gui.registry.cards import Metric, ModelCard, TrainedOn

LIBRARIES = (
    "PySide6-Essentials", "pyqtgraph", "numpy", "scipy", "scikit-image", "torch", "diffusers",
    "transformers", "safetensors", "pydicom", "highdicom", "nibabel", "pyjpegls", "pylibjpeg",
    "pylibjpeg-openjpeg", "pillow", "imagecodecs", "pydantic", "typer", "rich",
)  # fmt: skip
LONGEST = 120  # some packages put the whole licence where its name belongs


def licence_of(name: str) -> str:
    """A package's licence in a few words, "" when it is not installed."""
    try:
        found = metadata(name)
    except PackageNotFoundError:
        return ""
    facts = found.json
    for text in (facts.get("license_expression"), facts.get("license")):
        if isinstance(text, str) and len(text.strip()) <= LONGEST and "\n" not in text.strip():
            return text.strip()
    marks = [one for one in facts.get("classifier", ()) if one.startswith("License ::")]
    return str(marks[0]).split("::")[-1].strip() if marks else "see the package"


def program_text() -> str:
    """Name, version, licence, purpose."""
    return (
        f"LGESynth {__version__}\n"
        "Licence: Apache-2.0\n\n"
        "Draws scars into late gadolinium enhancement images of the heart.\n"
        "Research and teaching only: its output is synthetic and not for diagnosis.\n"
        "It opens no network connection and sends nothing."
    )


def libraries_text() -> str:
    """One line a library: name, version, licence."""
    rows = []
    for name in LIBRARIES:
        licence = licence_of(name)
        if licence:
            rows.append(f"{name} {metadata(name)['Version']}: {licence}")
    return "\n".join(rows)


def models_text() -> str:
    """Every bundled model: what it is, what it learned from, its figures, its limits."""
    from lgesynth_gui.registry.cards import find_models

    try:
        cards = find_models()
    except LgeSynthError as error:
        return str(error)
    return "\n\n".join(model_text(card) for card in cards) or "No model is bundled."


def model_text(card: ModelCard) -> str:
    """A model: what it is, what it learned from, its figures, its limits."""
    lines = [
        f"{card.reference}: {card.title}",
        f"  role: {card.role} · licence: {card.licence} · made: {card.created}",
        f"  {card.parameters:,} numbers · SHA-256 {card.sha256[:16]}…".replace(",", " "),
        _origin(card.trained_on),
    ]
    lines += [_figure(one) for one in card.metrics]
    if card.notes:
        lines.append(f"  limits: {card.notes}")
    return "\n".join(lines)


def _origin(trained_on: TrainedOn) -> str:
    counts = f"{trained_on.slices} slices, {trained_on.patients} patients"
    return f"  learned from: {trained_on.data} ({counts})"


def _figure(one: Metric) -> str:
    known = one.low is not None and one.high is not None
    spread = f" [{one.low:.2f}, {one.high:.2f}]" if known else ""
    return f"  {one.name}: {one.value:.2f}{one.unit}{spread}, {one.data}, n = {one.n}"
