"""The words beside the picture on stage: a pure function of what can be shown and what is."""

from __future__ import annotations

from dataclasses import dataclass

from lgesynth_gui.app.teach import Show, Stage, class_words, segment_words, verdict_words
from lgesynth_gui.app.teach_quiz import answered

ASKED = "Where is the scar? Click a segment of the bullseye: LAD, RCA or LCx."


@dataclass(frozen=True)
class Said:
    """What stands beside the picture; "" where nothing does.

    Args:
        head: Large.
        place: Which of how many, and which slice.
        number: Very large: the share of the wall.
        text: The scar in words, the transmurality class, or the quiz's question or answer.
        segments: Segments with scar, a line a ring.
        verdict: What the judge concluded.
        tally: Right answers so far; kept nowhere.
    """

    head: str = ""
    place: str = ""
    number: str = ""
    text: str = ""
    segments: str = ""
    verdict: str = ""
    tally: str = ""

    def lines(self) -> tuple[str, ...]:
        """Everything but the head and the number, in order."""
        parts = (self.text, self.segments, self.verdict)
        return tuple(part for part in parts if part)


def said_of(stage: Stage, show: Show, right: int = 0, given: int = 0) -> Said:
    """The words of what is on stage.

    Args:
        stage: What can be shown.
        show: What is.
        right: Right answers of this presentation.
        given: All answers of it.
    """
    example = stage.example(show)
    if example is None:
        return Said()
    key = stage.shows_key(show)
    slide = example.slides[stage.slide(show)].name
    segments = segment_words(example.segments()) if key else ""
    verdict = verdict_words(example) if show.dice else ""
    if show.mode == "strip":
        percent = min((p for p, _ in stage.library.strip), key=lambda p: abs(p - show.percent))
        return Said(
            head=example.title,
            place=f"One heart, one seed · {slide}",
            number=f"{percent} %",
            text=class_words(percent),
            segments=segments,
            verdict=verdict,
        )
    if show.mode == "quiz":
        known = show.answer is not None
        told = answered(example, show.answer).text if show.answer is not None else ASKED
        return Said(
            head="Which territory?",
            place=f"Question {show.question + 1} of {len(stage.order)} · {slide}",
            text=told,
            segments=segments,
            verdict=verdict if known else "",
            tally=f"{right} of {given} right. Nothing is stored." if given else "",
        )
    return Said(
        head=example.title,
        place=f"Example {show.place + 1} of {len(stage.examples)} · {slide}",
        text=example.words if show.words else "",
        segments=segments,
        verdict=verdict,
    )
