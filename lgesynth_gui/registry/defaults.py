"""Which control model this person's program takes when none is named; kept beside their models.

What is chosen is named with the hash of its weights: another model of that name is not it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io.atomic import write_json
from lgesynth_gui.io.strict_json import strict_value
from lgesynth_gui.registry.cards import ModelCard, find_model, find_models
from lgesynth_gui.registry.places import user_models

FILE = "default.json"
USUAL = ("lgesynth-net", "controlnet")  # first found wins
MAX_BYTES = 1 << 14


@dataclass(frozen=True)
class Chosen:
    """A default that a person chose.

    Args:
        model: "id/version".
        sha256: Of its weights.
        reason: Why it was chosen although it did not beat the one before; "" when it did.
        day: YYYY-MM-DD.
    """

    model: str
    sha256: str
    reason: str = ""
    day: str = ""


def read_choice(home: Path | None = None) -> Chosen | None:
    """What was chosen, whether or not that model is still here; None = the usual one.

    Args:
        home: Where this person's models live; None = the usual folder.
    """
    path = (home or user_models()) / FILE
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        told = strict_value(data) if len(data) <= MAX_BYTES else None
        names = ("model", "sha256", "reason", "day")
        if not isinstance(told, dict) or not all(isinstance(told.get(n), str) for n in names):
            return None
        return Chosen(*(told[name] for name in names))
    except (OSError, ValueError):
        return None


def default_name(folders: Sequence[Path] | None = None, home: Path | None = None) -> str:
    """The control model that is taken when none is named: its id, or "id/version"; "" without any.

    Args:
        folders: Where models live; a choice counts only where None, the usual places, is asked.
        home: Where this person's models live.
    """
    if folders is None and (chosen := read_choice(home)) is not None:
        try:
            card = find_model(chosen.model)
        except LgeSynthError:
            card = None
        if card is not None and card.role == "controlnet" and card.sha256 == chosen.sha256:
            return chosen.model
    return usual_name(folders)


def usual_name(folders: Sequence[Path] | None = None) -> str:
    """Id of the control model the program came with; "" without any.

    Args:
        folders: Where models live; None = the bundled ones and this person's own.
    """
    known = {card.id for card in find_models(folders) if card.role == "controlnet"}
    return next((one for one in USUAL if one in known), "")


def default_card(folders: Sequence[Path] | None = None, home: Path | None = None) -> ModelCard:
    """The card of the default control model.

    Raises:
        LgeSynthError: there is no control model.
    """
    name = default_name(folders, home)
    if not name:
        raise LgeSynthError("There is no synthesis model.", "Check with: lgesynth models verify.")
    return find_model(name, folders)


def write_choice(chosen: Chosen | None, home: Path | None = None) -> None:
    """Keep a choice; None goes back to the usual model."""
    place = home or user_models()
    if chosen is None:
        (place / FILE).unlink(missing_ok=True)
        return
    place.mkdir(parents=True, exist_ok=True)
    write_json(place / FILE, asdict(chosen))
