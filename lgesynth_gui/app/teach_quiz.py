"""The quiz "Which territory?": the order of its questions and what it says to an answer."""

from __future__ import annotations

import random
from dataclasses import dataclass

from lgesynth_gui.app import heart
from lgesynth_gui.app.teach import Example, Library

LEAST_SHARE = 0.05  # of the scar; less in a segment is not named


@dataclass(frozen=True)
class Told:
    """What an answer is told.

    Args:
        right: Whether the clicked segment belongs to the artery.
        text: One sentence.
    """

    right: bool
    text: str


def questions(library: Library, chance: random.Random) -> tuple[int, ...]:
    """Places of the examples that lie in one territory, in a random order."""
    places = [i for i, example in enumerate(library.examples) if example.artery]
    chance.shuffle(places)
    return tuple(places)


def answered(example: Example, segment: int) -> Told:
    """What becomes of a click on a segment of the bullseye.

    Args:
        example: One with an artery.
        segment: The clicked one, 1 to 17.
    """
    chosen = artery_of(segment)
    scar = _segments_said(example)
    because = f"the scar lies in {scar}, which the {artery_name(example.artery)} usually feeds"
    if chosen == example.artery:
        return Told(True, f"Yes, {example.artery}: {because}.")
    clicked = f"segment {segment}, {heart.segment_name(segment)}"
    return Told(False, f"Not {chosen} ({clicked}) but {example.artery}: {because}.")


def artery_of(segment: int) -> str:
    """The artery that feeds a segment in the textbook."""
    from lgesynth_gui.anatomy.territories import TEXTBOOK

    return next(artery.value for artery, fed in TEXTBOOK.items() if segment in fed)


def artery_name(artery: str) -> str:
    """Its name in words: "left anterior descending artery"."""
    from lgesynth_gui.anatomy.lexicon import lexicon

    return f"{lexicon().spoken('territory', artery)[1]} artery"


def _segments_said(example: Example) -> str:
    """Numbers and names of the segments that hold the scar, the negligible ones left out."""
    grams = {s: example.cells[s].grams for s in example.segments()}
    whole = sum(grams.values())
    scarred = [s for s, mass in grams.items() if mass >= LEAST_SHARE * whole]
    if len(scarred) == 1:
        return f"segment {scarred[0]} ({heart.segment_name(scarred[0])})"
    numbers = ", ".join(map(str, scarred[:-1])) + f" and {scarred[-1]}"
    walls = dict.fromkeys(heart.segment_name(s).split()[-1] for s in scarred)
    return f"segments {numbers} ({', '.join(walls)})"
