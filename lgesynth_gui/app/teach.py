"""What is taught with: examples to show, and how far one has got in showing them. Pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from lgesynth_gui.app import heart, words
from lgesynth_gui.app.cells import CLASS_TEXTS, Cell, grade_of, requested_cells
from lgesynth_gui.app.orientation import EdgeLetters, Turn, display_turn, edge_letters
from lgesynth_gui.app.session import State, is_stale
from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.contours import HeartContours, Point, Polygon
from lgesynth_gui.core.labels import Level
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.core.verdict import Grade, cut

StrokeKind = Literal["epi", "endo", "requested", "grid"]
Mode = Literal["examples", "strip", "quiz"]
MODES: tuple[Mode, ...] = ("examples", "strip", "quiz")
COMPUTED = "computed heart"
RING_SIZES = {Level.BASAL: 6, Level.MID: 6, Level.APICAL: 4, Level.APEX: 1}
SHALLOW, DEEP = 2, 3  # classes up to which scar is called subendocardial, deep subendocardial


@dataclass(frozen=True)
class Stroke:
    """A line of the scar key, plane mm of its slide."""

    kind: StrokeKind
    points: Polygon
    closed: bool = True
    dashed: bool = False


@dataclass(frozen=True, eq=False)
class Slide:
    """One slice of an example.

    Args:
        name: "mid", "slice 5 of 10".
        original: Host `(row, column)`.
        pixels: What was generated, same shape; the host's own where nothing was.
        painted: Whether any pixel was generated.
        strokes: Contours, scar and sectors.
        marks: Segment numbers and where they stand.
        middle: Centre of the ventricle, plane mm.
        reach_mm: Its radius.
    """

    name: str
    original: Array
    pixels: Array
    painted: bool
    strokes: tuple[Stroke, ...] = ()
    marks: tuple[tuple[str, Point], ...] = ()
    middle: Point = (0.0, 0.0)
    reach_mm: float = 40.0


@dataclass(frozen=True, eq=False)
class Example:
    """A heart with its scar, ready to be shown: nothing of it is computed on stage.

    Args:
        title: What it is.
        words: The scar in words.
        slides: Base to apex, at least one.
        cells: Bullseye; rings that are not shown are missing.
        spacing: (row, column) mm.
        window, level: Grey range, one for original and synthetic.
        artery: The territory it lies in, or "".
        seed: Of the noise; None before anything was painted.
        grade, dice, judge: What was concluded, and by whom.
        computed: The host is a computed heart, no patient's.
        letters, turn: How the slices lie.
        first: Slide to begin with.
    """

    title: str
    words: str
    slides: tuple[Slide, ...]
    cells: Mapping[int, Cell]
    spacing: tuple[float, float]
    window: float
    level: float
    artery: str = ""
    seed: int | None = None
    grade: Grade = Grade.NOT_JUDGED
    dice: float | None = None
    judge: str = ""
    computed: bool = True
    letters: EdgeLetters = field(default_factory=EdgeLetters)
    turn: Turn = field(default_factory=Turn)
    first: int = 0

    def segments(self) -> tuple[int, ...]:
        """Segments with scar, ascending."""
        return tuple(s for s, cell in sorted(self.cells.items()) if cell.touched > 0)


@dataclass(frozen=True, eq=False)
class Library:
    """What can be shown without an engine.

    Args:
        examples: In the order of the pattern library.
        strip: (percent of the wall, example of one slide), ascending from 0.
    """

    examples: tuple[Example, ...] = ()
    strip: tuple[tuple[int, Example], ...] = ()


@dataclass(frozen=True)
class Show:
    """How far one has got. Frozen, so that a key press is a new value.

    Args:
        mode: Examples one by one, the transmurality strip, or the quiz.
        place: Of the example.
        slide: Of its slices; None is the example's own first.
        key: The scar key is shown.
        words: The scar in words is shown.
        dice: What the judge concluded is shown.
        original: The host instead, for as long as a key is held.
        percent: Of the strip.
        question: Of the quiz.
        answer: Segment that was clicked, or None.
    """

    mode: Mode = "examples"
    place: int = 0
    slide: int | None = None
    key: bool = False
    words: bool = True
    dice: bool = True
    original: bool = False
    percent: int = 50
    question: int = 0
    answer: int | None = None


@dataclass(frozen=True, eq=False)
class Stage:
    """Everything that can be shown.

    Args:
        library: The bundled examples.
        own: The open study's result, or None; it comes first.
        order: Of the quiz's questions, places in `library.examples`.
    """

    library: Library = field(default_factory=Library)
    own: Example | None = None
    order: tuple[int, ...] = ()

    @property
    def examples(self) -> tuple[Example, ...]:
        """The study's own first."""
        own = () if self.own is None else (self.own,)
        return own + self.library.examples

    def example(self, show: Show) -> Example | None:
        """What is on stage, or None while there is nothing of that kind."""
        if show.mode == "strip":
            steps = self.library.strip
            return min(steps, key=lambda s: abs(s[0] - show.percent))[1] if steps else None
        if show.mode == "quiz":
            question = self.order[show.question % len(self.order)] if self.order else None
            return None if question is None else self.library.examples[question]
        every = self.examples
        return every[show.place % len(every)] if every else None

    def slide(self, show: Show) -> int:
        """Index of the slide on stage."""
        example = self.example(show)
        if example is None:
            return 0
        wanted = example.first if show.slide is None else show.slide
        return max(0, min(len(example.slides) - 1, wanted))

    def shows_key(self, show: Show) -> bool:
        """The key is never shown before a question was answered."""
        return show.answer is not None if show.mode == "quiz" else show.key

    def moved(self, show: Show, by: int) -> Show:
        """The next (+1) or former (-1) example, step or question."""
        if show.mode == "strip":
            percents = [percent for percent, _ in self.library.strip]
            if not percents:
                return show
            here = min(range(len(percents)), key=lambda i: abs(percents[i] - show.percent))
            return replace(show, percent=percents[max(0, min(len(percents) - 1, here + by))])
        if show.mode == "quiz":
            count = max(len(self.order), 1)
            return replace(show, question=(show.question + by) % count, answer=None, slide=None)
        count = max(len(self.examples), 1)
        return replace(show, place=(show.place + by) % count, key=False, slide=None)

    def scrolled(self, show: Show, by: int) -> Show:
        """A slice further towards the apex (+) or the base (-)."""
        example = self.example(show)
        last = 0 if example is None else len(example.slides) - 1
        return replace(show, slide=max(0, min(last, self.slide(show) + by)))


def in_mode(show: Show, mode: Mode) -> Show:
    """The same show in another mode, from its beginning there."""
    return show if show.mode == mode else replace(show, mode=mode, slide=None, answer=None)


def class_words(percent: float) -> str:
    """The transmurality class of a share of the wall: "class 26–50 %, subendocardial"."""
    grade = grade_of(percent / 100)
    if grade == 0:
        return "class 0, no scar"
    name = "transmural"
    if grade <= DEEP:
        name = "subendocardial" if grade <= SHALLOW else "deep subendocardial"
    return f"class {CLASS_TEXTS[grade]} %, {name}"


def badge_of(example: Example, slide: Slide, *, original: bool) -> str:
    """What the picture is, for its corner."""
    if original and not example.computed:
        return "ORIGINAL"
    if not original and slide.painted:
        return "SYNTHETIC" if example.seed is None else f"SYNTHETIC  seed {example.seed}"
    if example.computed:
        return f"SYNTHETIC  {COMPUTED}, nothing painted"
    return "SYNTHETIC  slice unchanged"


def segment_words(segments: tuple[int, ...]) -> str:
    """Segments by number and name, a line a ring: "mid: 7 anterior, 8 anteroseptal"."""
    rings: dict[Level, list[int]] = {}
    for one in segments:
        rings.setdefault(heart.level_of_segment(one), []).append(one)
    lines = []
    for level, members in rings.items():
        if level is Level.APEX:
            lines.append("apex: 17")
        elif len(members) == RING_SIZES[level]:
            lines.append(f"{level_name(level)}: all, {members[0]}–{members[-1]}")
        else:
            walls = ", ".join(f"{s} {heart.segment_name(s).split()[-1]}" for s in members)
            lines.append(f"{level_name(level)}: {walls}")
    return "\n".join(lines)


def verdict_words(example: Example) -> str:
    """What the judge concluded, with its name; "" where nothing was judged."""
    if example.dice is None or example.grade is Grade.NOT_JUDGED:
        return ""
    said = f"{example.grade.glyph} {example.grade.value}   Dice {cut(example.dice)}"
    return f"{said}\n{example.judge}" if example.judge else said


def strokes_of(
    state: State, index: int, offset: Point = (0.0, 0.0)
) -> tuple[tuple[Stroke, ...], tuple[tuple[str, Point], ...]]:
    """The scar key of a slice, and the numbers of the segments; moved by `offset` mm."""
    one = state.contours.slices[index]
    if one is None:
        return (), ()

    def moved(points: Polygon) -> Polygon:
        return tuple((x + offset[0], y + offset[1]) for x, y in points)

    lines, marks, assumed = heart.sector_lines(state.contours, index)
    found = [Stroke("grid", moved(p), closed=False, dashed=assumed) for p in lines]
    found.append(Stroke("epi", moved(one.epi)))
    if one.endo:
        found.append(Stroke("endo", moved(one.endo)))
    found += [Stroke("requested", moved(p)) for p in heart.requested_outlines(state, index)]
    places = [(str(segment), moved((place,))[0]) for segment, place in marks]
    return tuple(found), tuple(places)


def middle_of(contours: HeartContours, index: int) -> tuple[Point, float]:
    """Centre and radius of the epicardium of a slice, of the nearest one that has contours."""
    known = contours.outlined()
    if not known:
        return (0.0, 0.0), 0.0
    one = contours.slices[min(known, key=lambda i: abs(i - index))]
    assert one is not None
    points = np.asarray(one.epi)
    low, high = points.min(axis=0), points.max(axis=0)
    x, y = (low + high) / 2
    return (float(x), float(y)), float((high - low).max() / 2)


def level_name(level: Level) -> str:
    """Name of a ring: "mid"."""
    return level.name.lower()


def own_example(
    state: State, result: SynthesisResult | None, grey: tuple[float, float], index: int
) -> Example | None:
    """The open study's result as an example; None without one. No label, name or note is in it.

    Args:
        state: What is open.
        result: The previewed or applied result.
        grey: (window, level) it is looked at with.
        index: The slice it is looked at.
    """
    series = state.series
    if series is None or result is None or result.pixels.shape != series.shape:
        return None
    asked = State(series, result.request.contours, result.request.sketch)
    turn = display_turn(asked.contours, series.geometry)
    stale = is_stale(result, state)
    verdict = result.verdict
    return Example(
        title="From the open study",
        words=words.caption_of(asked, result.slices[0] if result.slices else index),
        slides=tuple(_slide(asked, series, result, i) for i in range(series.shape[0])),
        cells=requested_cells(asked),
        spacing=(series.spacing[1], series.spacing[2]),
        window=grey[0],
        level=grey[1],
        seed=result.request.seed,
        grade=Grade.NOT_JUDGED if stale else verdict.grade,
        dice=None if stale else verdict.dice,
        judge=verdict.judge,
        computed=series.source.format == "phantom",
        letters=edge_letters(series.geometry, turn),
        turn=turn,
        first=index,
    )


def _slide(state: State, series: LgeSeries, result: SynthesisResult, index: int) -> Slide:
    strokes, marks = strokes_of(state, index)
    middle, reach = middle_of(state.contours, index)
    if not reach:
        rows, columns = series.shape[1:]
        middle = (columns * series.spacing[2] / 2, rows * series.spacing[1] / 2)
        reach = max(middle) / 2
    return Slide(
        name=f"slice {index + 1} of {series.shape[0]}",
        original=np.asarray(series.pixels[index]),
        pixels=np.asarray(result.pixels[index]),
        painted=index in result.slices,
        strokes=strokes,
        marks=marks,
        middle=middle,
        reach_mm=reach,
    )
