"""Which networks stand behind each row of a comparison, and their cards as files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lgesynth_gui.evaluation.lineup import Lineup
from lgesynth_gui.evaluation.rivals import Spade, Template
from lgesynth_gui.evaluation.systems import Diffusion, System
from lgesynth_gui.io.atomic import atomic_write
from lgesynth_gui.registry.cards import ModelCard

FOLDER = "cards"
CARD_SEED = 1  # of `lgesynth evaluate alignment`, which writes the cards
READERS = "judge and reward networks"


@dataclass(frozen=True)
class RowCards:
    """The cards of a comparison.

    Args:
        rows: (row, card), a row as often as it has networks.
    """

    rows: tuple[tuple[str, ModelCard], ...]

    @property
    def told(self) -> tuple[tuple[str, str], ...]:
        """(row, "id/version sha256") of every network."""
        return tuple((row, f"{card.reference} {card.sha256}") for row, card in self.rows)

    @property
    def taught(self) -> tuple[str, ...]:
        """References of the networks that learned from patients."""
        return tuple(sorted({c.reference for _, c in self.rows if c.trained_on.patients}))

    @property
    def unsought(self) -> str:
        """Whose copies the privacy of these rows cannot look for, a sentence; "" when nobody's."""
        if not self.taught:
            return ""
        return (
            f"Copies of the patients that {', '.join(self.taught)} learned from, who are not here:"
            " see the report of the fine-tuning."
        )

    def held_out(self, *, real: bool, seed: int) -> str:
        """Whether any network may have seen what is measured on, a sentence.

        Args:
            real: Real scans; else simulated hearts.
            seed: Of the simulated hearts.
        """
        taught = self.taught
        if real and taught:
            return (
                f"{', '.join(taught)} learned from patients, and this program cannot know"
                " whether these scans are theirs."
            )
        if real:
            return "No network that paints or reads here has learned from any patient."
        sentence = "No network that paints or reads here was trained on any of these hearts"
        if seed == CARD_SEED:
            return f"{sentence}, but the model cards' figures were measured on them."
        return f"{sentence}."


def cards_of(lineup: Lineup) -> RowCards:
    """The cards of every row and of who reads."""
    rows: list[tuple[str, ModelCard]] = []
    for system in lineup.systems:
        rows += [(system.name, card) for card in _cards(system)]
    readers = (lineup.readers.judge, *lineup.readers.rewards)
    return RowCards((*rows, *((READERS, one.card) for one in readers)))


def _cards(system: System) -> Sequence[ModelCard]:
    if isinstance(system, Template):
        return _cards(system.inner)
    if isinstance(system, Spade):
        return (system.card,)
    if isinstance(system, Diffusion):
        reads = ("reward",) if system.guidance > 0 else ()
        return [card for role, card in system.bundle.cards if role not in ("judge", "reward")] + [
            card for role, card in system.bundle.cards if role in reads
        ]
    return ()


def keep_cards(folder: Path, cards: RowCards) -> None:
    """Copy every card into a run's folder, as `cards/ID-VERSION.json`.

    Raises:
        LgeSynthError: the drive is full or closed.
    """
    place = folder / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    for card in {card.reference: card for _, card in cards.rows}.values():
        with atomic_write(place / f"{card.id}-{card.version}.json") as file:
            file.write(card.to_json())
