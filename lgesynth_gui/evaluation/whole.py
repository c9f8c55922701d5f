"""All layers of evidence, for every system, in one run that can be killed and resumed.

The run's folder holds what it was told (`run.json`), each part as soon as it is measured
(`parts/`), some pictures of every row (`pictures/`), the model cards of every row (`cards/`), and
after every part the whole evaluation so far (`evaluation.json`, `tables/`). In the end a reader
study is made of the pictures (`study/`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from lgesynth_gui.anatomy.aha import segments_of
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress, told_as
from lgesynth_gui.core.synthesis import STEPS
from lgesynth_gui.evaluation.alignment import CEILING
from lgesynth_gui.evaluation.asked import Asked, asked
from lgesynth_gui.evaluation.found import Found
from lgesynth_gui.evaluation.gallery import Gallery, Shown
from lgesynth_gui.evaluation.lineup import GUIDED, Lineup, Setting, load_lineup, steps_words
from lgesynth_gui.evaluation.panel import Evaluation, Panel
from lgesynth_gui.evaluation.panel_alignment import alignment_panel
from lgesynth_gui.evaluation.panel_files import write_evaluation
from lgesynth_gui.evaluation.panel_others import diversity_panel, fidelity_panel, privacy_panel
from lgesynth_gui.evaluation.parts import (
    ALIGNMENT,
    DIVERSITY,
    FIDELITY,
    LAYERS,
    PRIVACY,
    UTILITY,
    Parts,
)
from lgesynth_gui.evaluation.row_cards import RowCards, cards_of, keep_cards
from lgesynth_gui.evaluation.study import LEAST, PRACTICE
from lgesynth_gui.evaluation.study_files import FOLDER as STUDY
from lgesynth_gui.evaluation.study_files import sittings_in, study_folder
from lgesynth_gui.evaluation.study_pairs import kept_pairs, write_pairs
from lgesynth_gui.evaluation.whole_parts import Effort, Measuring, Part
from lgesynth_gui.evaluation.whole_utility import measured_utility, utility_so_far
from lgesynth_gui.io.project_lock import Lock, Taken
from lgesynth_gui.synthesis.sampler import PAINTING
from lgesynth_gui.training.record import write_record

LOCK = ".evaluation.lock"
QUICK, FULL = 32, 500
SEED = 7  # not that of the model cards: settings may have been chosen by those figures
HEARTS = 10  # or patients, below which intervals over them say little
SURE = 100  # cases of a task below which intervals are too wide to conclude from
OURS = "LGESynthNet"
INTERVALS = (
    "95 %, over patients: bootstrap, Wilson for shares; feature distances, and the histogram "
    "distance of true scars, over 40 halvings of the cases"
)
TITLE = "Every system of the paper's tables"
_DEMONSTRATION = ("ControlNet" + GUIDED,)  # rows of other commands that the tables do not have


@dataclass(frozen=True)
class Options:
    """What a run measures.

    Args:
        data: Labelled real stacks in EMIDEC's layout; None = simulated hearts.
        count: Cases of each task; 0 = 32, or 500 in the full run.
        seed: Of hosts, wishes and noise.
        full: The large run; else one for a few minutes.
        layers: Of `parts.LAYERS`; () = all, but utility in the full run only. Diversity tells
            coverage only where alignment is measured, too.
        steps: Sampler steps.
        guidance: Of the guided row; 0 leaves it out.
        half: Whether systems that sample compute in bfloat16.
        models: Where models live; None = the bundled ones.
        device: "auto", "cpu", "cuda" or "mps".
        command: The command that makes the run again.
        effort: How much is measured besides the cases; None = as quick or full has it.
    """

    data: Path | None = None
    count: int = 0
    seed: int = SEED
    full: bool = False
    layers: tuple[str, ...] = ()
    steps: int = STEPS
    guidance: float = 0.08
    half: bool = False
    models: Path | None = None
    device: str = "cpu"
    command: str = ""
    effort: Effort | None = None

    @property
    def cases(self) -> int:
        """Cases of each task."""
        return self.count or (FULL if self.full else QUICK)

    @property
    def chosen(self) -> tuple[str, ...]:
        """Layers that are measured."""
        return self.layers or tuple(one for one in LAYERS if self.full or one != UTILITY)

    @property
    def used_effort(self) -> Effort:
        """How much is measured besides the cases."""
        return self.effort or (Effort.large() if self.full else Effort.small())


def measure_all(folder: Path, options: Options) -> Job:
    """Measure every layer of every system; what a folder holds already is not measured again.

    Args:
        folder: The run's; made when it is not there.
        options: The same as before where the run goes on.

    Returns:
        A job that yields progress and returns the finished `Evaluation`; what there is so far
        stands in the folder after every part.

    Raises:
        LgeSynthError: a network or the scans are missing; the folder holds another run, or another
            process measures in it.
        Refused: a model file is damaged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = locked(folder)
    try:
        return (yield from _measured(folder, options))
    finally:
        lock.release()


def locked(folder: Path) -> Lock:
    """The lock of a run's folder.

    Raises:
        LgeSynthError: another process measures in it.
    """
    try:
        return Lock(folder / LOCK)
    except Taken as taken:
        raise LgeSynthError(
            "Another process measures in this folder.", "Wait until it ends, or name another."
        ) from taken


def _measured(folder: Path, options: Options) -> Job:
    yield Progress(0, 0, "loading models")
    lineup = whole_lineup(options)
    cards = cards_of(lineup)
    cases: Asked = yield from asked(options.data, options.cases, options.seed)
    write_record(folder, "tables", _record(options, cases, cards.told), whole=True)
    keep_cards(folder, cards)
    run = _Run(folder, options, lineup, cases, cards)
    measuring = Measuring(
        lineup, cases, options.seed, options.used_effort, run.parts, run.gallery, run.found.guided
    )
    todo = [part for part in measuring.parts(options.chosen) if not part.there]
    total = len(todo) + (UTILITY in options.chosen)
    for done, part in enumerate(todo):
        yield from told_as(part.measure(), _counted(done, total, part))
        yield from run.told(finished=False)
        yield Progress(done + 1, total, f"{part.layer}: {part.row}")
    if UTILITY in options.chosen:
        job = measured_utility(
            folder, options.data, options.seed, setting_of(options), lineup, full=options.full
        )
        yield from told_as(job, _counted(len(todo), total, None))
    yield from run.studied()
    return (yield from run.told(finished=True))


def _counted(
    done: int, total: int, part: Part | None
) -> Callable[[Progress | None], Progress | None]:
    def counted(step: Progress | None) -> Progress | None:
        if step is None:
            return None
        where = "" if part is None or part.row in step.note else f"{part.layer}, {part.row}: "
        return Progress(done, total, where + step.note)

    return counted


def whole_lineup(options: Options) -> Lineup:
    """All rows of the paper's tables, ours and copy-paste and constant brightness besides."""
    lineup = load_lineup(setting_of(options))
    kept = tuple(one for one in lineup.ours if one.name not in _DEMONSTRATION)
    return replace(lineup, ours=kept)


def setting_of(options: Options) -> Setting:
    """How systems sample, and which take part."""
    return Setting(
        steps=options.steps,
        guidance=options.guidance,
        device=options.device,
        folders=None if options.models is None else (options.models,),
        published=True,
        half=options.half,
    )


def ours_of(lineup: Lineup) -> tuple[str, ...]:
    """Rows that all others are compared with: LGESynthNet, pasted back; else what there is."""
    pasted = tuple(one.name for one in lineup.ours if one.composited)
    return tuple(one for one in pasted if one.startswith(OURS)) or pasted


def _record(options: Options, cases: Asked, models: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """What may not change when a run goes on, in the words of a refusal."""
    networks = hashlib.sha256("\n".join(sorted({text for _, text in models})).encode())
    return {
        "count": options.cases,
        "seed": options.seed,
        "effort": asdict(options.used_effort),
        "sampling": steps_words(options.steps, options.half),
        "guidance": options.guidance,
        "painting": PAINTING,
        "scans": cases.scans[:16] or "simulated hearts",
        "networks": networks.hexdigest()[:16],
    }


class _Run:
    """Parts, and the evaluation that is made of them."""

    def __init__(
        self,
        folder: Path,
        options: Options,
        lineup: Lineup,
        cases: Asked,
        cards: RowCards,
    ) -> None:
        self.folder, self.options, self.cases = folder, options, cases
        self.parts, self.models = Parts(folder), cards.told
        self.gallery = Gallery(folder)
        self.unsought = cards.unsought
        self.held_out = cards.held_out(real=bool(cases.scans), seed=options.seed)
        self.found = Found(
            parts=self.parts,
            systems=tuple(one.name for one in lineup.systems),
            ours=ours_of(lineup),
            judge=lineup.readers.judge.card.reference,
            rings=tuple(segments_of(case.ground.level) for case in cases.placed),
            true_rings=tuple(segments_of(case.ground.level) for case in cases.true),
            missing=lineup.missing,
            gallery=self.gallery,
            patients=bool(cases.scans),
        )

    def studied(self) -> Job:
        """Make a reader study of the pictures that were kept, where there are enough.

        One that is there already is left as it is: readers may have begun.
        """
        yield None
        folder, ours = self.folder / STUDY, self.found.guided
        true, painted = self.gallery.get(Shown, CEILING), self.gallery.get(Shown, ours)
        if true is None or painted is None:
            return
        if study_folder(folder) is not None or sittings_in(folder):
            return
        pairs = kept_pairs(true, painted)
        if len({one.group for one in pairs}) >= PRACTICE + LEAST:
            words = f"{ours}, {steps_words(self.options.steps, self.options.half)}"
            what = "slices of real scans" if self.cases.scans else "simulated slices"
            title = f"{len(pairs)} {what} with scar, and the same hearts with a scar painted by"
            write_pairs(folder, f"{title} {words}", pairs, self.options.seed)

    def told(self, *, finished: bool) -> Job:
        """Put together what there is, and write it.

        Returns:
            A job that returns the `Evaluation`.
        """
        panels: list[Panel] = []
        layers = self.options.chosen
        if ALIGNMENT in layers:
            panels.append((yield from alignment_panel(self.found)))
        if FIDELITY in layers:
            chosen = self.options.used_effort.choice_steps > 0
            panels.append(fidelity_panel(self.found, chosen=chosen))
        yield None
        used = utility_so_far(self.folder)
        if used is not None:
            panels.append(used)
        if DIVERSITY in layers:
            panels.append((yield from diversity_panel(self.found)))
        if PRIVACY in layers:
            panels.append(privacy_panel(self.found, self.unsought))
        yield None
        evaluation = Evaluation(
            title=TITLE,
            data=self.cases.data,
            settings=self._settings(),
            held_out=self.held_out,
            small=self._small(),
            panels=tuple(panels),
            models=self.models,
            finished=finished,
        )
        write_evaluation(self.folder, evaluation)
        return evaluation

    def _settings(self) -> tuple[tuple[str, str], ...]:
        options = self.options
        told = {
            "command": options.command,
            "cases": f"{len(self.cases.placed)} placements, {len(self.cases.again)} re-paintings",
            "seed": str(options.seed),
            "sampling": steps_words(options.steps, options.half),
            "guidance of guided rows": f"{options.guidance:g}",
            "judge": self.found.judge,
            "intervals": INTERVALS,
            "donors": "slices of the simulated training data (copy-paste, ControlNet+Template)",
            "scans (SHA-256)": self.cases.scans,
        }
        return tuple((name, value) for name, value in told.items() if value)

    def _small(self) -> str:
        least = min(len(self.cases.placed), len(self.cases.again))
        patients = len({case.group for case in self.cases.placed})
        out = []
        if least < SURE:
            out.append(
                f"{least} cases a row are too few to conclude from: intervals are wide, and most"
                " rows cannot be told apart. The full run has 500."
            )
        if self.cases.scans and patients < HEARTS:
            out.append(f"They are of {patients} patients: intervals over so few say little.")
        return " ".join(out)
