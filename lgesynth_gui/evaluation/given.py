"""Pictures that are there already, such as a cohort's, measured beside true scars of others.

What was painted is not painted again: a judge, the signal of the scar, the seam and the features
of the ventricle are read from the pictures as they are. The hosts have no true scar, so the ceiling
and every distance are those of other hearts: simulated ones, or scans of the user's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy import ndimage

from lgesynth_gui.anatomy.aha import segments_of
from lgesynth_gui.core.arrays import Array, LabelMap, Mask
from lgesynth_gui.core.contours import SliceContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress, told_as
from lgesynth_gui.core.labels import Level
from lgesynth_gui.evaluation.alignment import CEILING, CHANCE, UNTOUCHED, painted_by, read_row
from lgesynth_gui.evaluation.asked import originals, true_scars, truths
from lgesynth_gui.evaluation.cases import Case, case_of, ground_of, shuffled_wishes
from lgesynth_gui.evaluation.diversity import featured
from lgesynth_gui.evaluation.fidelity import REAL, real_row, row_beside
from lgesynth_gui.evaluation.found import CONSTANT, Found
from lgesynth_gui.evaluation.gallery import Gallery, Shown
from lgesynth_gui.evaluation.keeping import KEPT, shown_of
from lgesynth_gui.evaluation.lineup import readers_of
from lgesynth_gui.evaluation.outcome import Readers, outside_change
from lgesynth_gui.evaluation.panel import Evaluation, Panel
from lgesynth_gui.evaluation.panel_alignment import alignment_panel
from lgesynth_gui.evaluation.panel_files import write_evaluation
from lgesynth_gui.evaluation.panel_others import OTHER, REFERENCE, diversity_panel, fidelity_panel
from lgesynth_gui.evaluation.parts import ALIGNMENT, DIVERSITY, FIDELITY, Parts, Readings
from lgesynth_gui.evaluation.rivals import ConstantBrightness
from lgesynth_gui.evaluation.row_cards import READERS, RowCards, keep_cards
from lgesynth_gui.evaluation.rows import Row
from lgesynth_gui.evaluation.systems import FEATHER_MM
from lgesynth_gui.evaluation.whole import HEARTS, SEED, SURE, locked
from lgesynth_gui.segmentation.crop import Image, labels_in, normalise, take, take_mask
from lgesynth_gui.synthesis.conditioning import MODEL_SPACING, Holes
from lgesynth_gui.synthesis.models import load_bundle
from lgesynth_gui.training.record import write_record

SELECTED = (
    "The gate let these pictures through by the same judge: their pass rate says that it did, not"
    " how good the painter is. What it costs is in the cohort's own rates."
)
OTHERS = "True scars are those of other hearts, with other places and sizes: compare with care."


@dataclass(frozen=True, eq=False)
class GivenSlice:
    """One picture and what was asked for in it.

    Args:
        case: The host and the wish; its hole is where the picture may differ.
        picture: Normalised as the host is, `(128, 128)`.
        change: Largest change beyond the edited zone, as a share of [-1, 1].
    """

    case: Case
    picture: Image
    change: float


@dataclass(frozen=True, eq=False)
class Given:
    """Pictures that are there already.

    Args:
        name: The row's.
        title: Of the report.
        data: What they are, in words.
        sha256: By which a run knows them again.
        slices: One a sample.
        hearts: In how many hearts they lie.
        patients: Whether any host is a patient's.
        taught: "id/version" of networks behind them that learned from patients, or are not here.
    """

    name: str
    title: str
    data: str
    sha256: str
    slices: tuple[GivenSlice, ...]
    hearts: int
    patients: bool = False
    taught: tuple[str, ...] = ()


@dataclass(frozen=True)
class GivenOptions:
    """How they are measured.

    Args:
        scans: Labelled real stacks in EMIDEC's layout, whose scars are the measure; None =
            simulated hearts.
        seed: Of the true scars and of the shuffled wishes.
        device: "auto", "cpu", "cuda" or "mps".
        models: Where models live; None = the bundled ones.
        command: The command that makes the run again.
    """

    scans: Path | None = None
    seed: int = SEED
    device: str = "cpu"
    models: Path | None = None
    command: str = ""


def given_slice(
    host: Array,
    picture: Array,
    labels: LabelMap,
    edited: Mask,
    contours: SliceContours,
    level: Level,
    spacing: tuple[float, float],
    name: str,
    group: str,
) -> GivenSlice:
    """A painted slice on the model grid.

    Args:
        host: `(rows, columns)`, stored values.
        picture: The same, painted.
        labels: What was drawn.
        edited: Where they may differ.
        contours: Plane mm.
        level: The slice's ring.
        spacing: (row, column) mm.
        name: Pattern, or what stands for it.
        group: The heart.

    Raises:
        LgeSynthError: the slice has no contrast, or no wall.
    """
    ground, crop = ground_of(host, contours, spacing, level)
    case = case_of(ground, labels_in(labels, crop, ground.wall), name, group, 0)
    inside = ndimage.distance_transform_edt(take_mask(edited, crop), sampling=MODEL_SPACING)
    hole = inside > FEATHER_MM
    if hole.any():
        case = replace(case, holes=Holes(hole, hole))
    low, high = case.conditions.scale
    beyond = np.abs(picture.astype(np.float64) - host)[~edited].max(initial=0.0)
    shown = normalise(take(picture, crop), case.conditions.scale)[0]
    return GivenSlice(case, shown, 2 * float(beyond) / (high - low))


def measure_given(folder: Path, given: Given, options: GivenOptions) -> Job:
    """Measure pictures that are there; what a folder holds already is not measured again.

    Args:
        folder: The run's; made when it is not there.
        given: The pictures, one at least.
        options: The same as before where the run goes on.

    Returns:
        A job that yields progress and returns the finished `Evaluation`, which stands in the
        folder, too.

    Raises:
        LgeSynthError: there is no picture, the judge or the scans are missing; the folder holds
            another run, or another process measures in it.
    """
    if not given.slices:
        raise LgeSynthError("There is no painted picture to measure.", "Run the cohort first.")
    folder.mkdir(parents=True, exist_ok=True)
    lock = locked(folder)
    try:
        return (yield from _measured(folder, given, options))
    finally:
        lock.release()


def _measured(folder: Path, given: Given, options: GivenOptions) -> Job:
    yield Progress(0, 0, "loading models")
    folders = None if options.models is None else (options.models,)
    readers = readers_of(load_bundle("", options.device, folders))
    count = len(given.slices)
    given = _spread(given)
    words, digest, true, other = yield from true_scars(options.scans, count, options.seed)
    cards = RowCards(tuple((READERS, one.card) for one in (readers.judge, *readers.rewards)))
    told = {
        "pictures": given.sha256[:16], "count": count, "seed": options.seed,
        "scans": digest[:16] or "simulated hearts", "judge": cards.told[0][1],
    }  # fmt: skip
    write_record(folder, "given", told, whole=True)
    keep_cards(folder, cards)
    run = _Run(folder, given, options, readers, true, other)
    todo = [one for one in run.steps() if not one[0]]
    for done, (_, what, measure) in enumerate(todo):
        yield from told_as(measure(), _counted(done, len(todo), what))
    yield Progress(len(todo), len(todo), "writing")
    return (yield from run.told(words, cards))


def _counted(done: int, total: int, what: str) -> Callable[[Progress | None], Progress | None]:
    return lambda step: None if step is None else Progress(done, total, what)


class _Run:
    """The parts of one run."""

    def __init__(
        self,
        folder: Path,
        given: Given,
        options: GivenOptions,
        readers: Readers,
        true: Sequence[Case],
        other: Sequence[Case],
    ) -> None:
        self._folder, self._given, self._options = folder, given, options
        self._readers, self._true, self._other = readers, true, other
        self._parts, self._gallery = Parts(folder), Gallery(folder)
        self._cases = [one.case for one in given.slices]
        self._pictures: Sequence[Array] = [one.picture for one in given.slices]
        self._flat: Sequence[Array] | None = None

    def steps(self) -> Iterator[tuple[bool, str, Callable[[], Job]]]:
        """(whether it is there, what it is, the job that measures and keeps it)."""
        rows = (self._given.name, CONSTANT)
        readings: list[tuple[str, Callable[[], Job]]] = [
            (CEILING, self._ceiling), (UNTOUCHED, self._untouched), (CHANCE, self._chance),
        ]  # fmt: skip
        readings += [(name, lambda name=name: self._read(name)) for name in rows]  # type: ignore[misc]
        for name, make in readings:
            yield self._step(ALIGNMENT, name, make)
        yield self._step(FIDELITY, REAL, self._true_fidelity)
        for name in rows:
            yield self._step(FIDELITY, name, lambda name=name: self._fidelity(name))  # type: ignore[misc]
        sets: list[tuple[str, Callable[[], Job]]] = [
            (REFERENCE, lambda: featured(self._true, originals(self._true))),
            (OTHER, lambda: featured(self._other, originals(self._other))),
        ]
        sets += [(name, lambda name=name: self._features(name)) for name in rows]  # type: ignore[misc]
        for name, make in sets:
            if name != OTHER or self._other:
                yield self._step(DIVERSITY, name, make)
        for name in (*rows, UNTOUCHED):
            there = self._gallery.get(Shown, name) is not None
            yield there, f"pictures: {name}", lambda name=name: self._shown(name)  # type: ignore[misc]

    def _step(
        self, layer: str, row: str, make: Callable[[], Job]
    ) -> tuple[bool, str, Callable[[], Job]]:
        def kept() -> Job:
            self._parts.keep(layer, row, (yield from make()))

        return self._parts.get(layer, row) is not None, f"{layer}: {row}", kept

    def _of(self, name: str) -> Job:
        """Pictures of a row."""
        if name == self._given.name:
            return self._pictures
        if name == UNTOUCHED:
            return [case.conditions.host for case in self._cases]
        if self._flat is None:
            self._flat = yield from painted_by(ConstantBrightness(), self._cases)
        return self._flat

    # -- alignment

    def _read(self, name: str) -> Job:
        pictures = yield from self._of(name)
        row: Row = yield from read_row(name, self._cases, pictures, self._readers)
        return self._as_stored(row) if name == self._given.name else Readings(row.outcomes)

    def _ceiling(self) -> Job:
        shown, wishes = originals(self._true), truths(self._true)
        row: Row = yield from read_row(CEILING, self._true, shown, self._readers, wishes)
        return Readings(row.outcomes)

    def _untouched(self) -> Job:
        return (yield from self._read(UNTOUCHED))

    def _chance(self) -> Job:
        others = shuffled_wishes(self._cases, np.random.default_rng(self._options.seed))
        row: Row = yield from read_row(CHANCE, self._cases, self._pictures, self._readers, others)
        return self._as_stored(row)

    def _as_stored(self, row: Row) -> Readings:
        """What was read of the given pictures; what changed outside is told of them as stored."""
        changes = [one.change for one in self._given.slices]
        pairs = zip(row.outcomes, changes, strict=True)
        return Readings(tuple(replace(one, outside=change) for one, change in pairs))

    # -- fidelity, diversity

    def _true_fidelity(self) -> Job:
        yield None
        return real_row(self._true)

    def _fidelity(self, name: str) -> Job:
        pictures = yield from self._of(name)
        own = name == self._given.name
        changes = [
            one.change if own else outside_change(one.case, picture)
            for one, picture in zip(self._given.slices, pictures, strict=True)
        ]
        return (yield from row_beside(name, self._cases, pictures, changes, self._true))

    def _features(self, name: str) -> Job:
        return (yield from featured(self._cases, (yield from self._of(name))))

    def _shown(self, name: str) -> Job:
        pictures = yield from self._of(name)
        cases = self._cases[:KEPT]
        self._gallery.keep((yield from shown_of(name, cases, pictures[:KEPT], self._readers.judge)))

    # -- what is told

    def told(self, words: str, cards: RowCards) -> Job:
        """Put the panels together and write them; a job that returns the `Evaluation`."""
        given, options = self._given, self._options
        found = Found(
            parts=self._parts,
            systems=(given.name, CONSTANT),
            ours=(given.name,),
            judge=self._readers.judge.card.reference,
            rings=tuple(segments_of(case.ground.level) for case in self._cases),
            true_rings=tuple(segments_of(case.ground.level) for case in self._true),
            gallery=self._gallery,
            patients=given.patients,
        )
        aligned: Panel = yield from alignment_panel(found)
        varied: Panel = yield from diversity_panel(found)
        faithful = fidelity_panel(found, chosen=False)
        panels = [
            replace(one, words=(note, *one.words))
            for one, note in ((aligned, SELECTED), (faithful, OTHERS), (varied, OTHERS))
        ]
        settings = {
            "command": options.command,
            "pictures": f"{len(self._cases)}, one slice of each sample",
            "true scars": f"{len(self._true)} of {words}",
            "seed": str(options.seed),
            "judge": found.judge,
            "intervals": f"95 %, over {'samples' if self._few_hearts else 'hearts'}",
        }
        evaluation = Evaluation(
            title=given.title,
            data=given.data,
            settings=tuple((name, value) for name, value in settings.items() if value),
            held_out=self._held_out(cards),
            small=self._small(),
            panels=tuple(panels),
            models=cards.told,
        )
        write_evaluation(self._folder, evaluation)
        return evaluation

    @property
    def _few_hearts(self) -> bool:
        return self._given.hearts < HEARTS

    def _small(self) -> str:
        count, hearts = len(self._cases), self._given.hearts
        out = [f"{count} pictures are too few to conclude from."] if count < SURE else []
        if self._few_hearts:
            out.append(
                f"They lie in {hearts} {'hearts' if hearts > 1 else 'heart'}: intervals are over"
                " samples, and say nothing of other hearts."
            )
        return " ".join(out)

    def _held_out(self, cards: RowCards) -> str:
        real = self._given.patients or self._options.scans is not None
        if real and self._given.taught:
            return (
                f"{', '.join(self._given.taught)} learned from patients or cannot be asked, and"
                " this program cannot know whether these scans are theirs."
            )
        return cards.held_out(real=real, seed=self._options.seed)


def _spread(given: Given) -> Given:
    """Where hearts are too few to draw from, every sample stands for itself."""
    if given.hearts >= HEARTS:
        return given
    own = (
        replace(one, case=replace(one.case, group=f"{one.case.group}-{k}"))
        for k, one in enumerate(given.slices)
    )
    return replace(given, slices=tuple(own))
