"""One entry for every training: a stage's name, an output folder, and how long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from lgesynth_gui.core.assets import bundled
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.io.run_log import EventLog
from lgesynth_gui.registry.cards import find_model, models_of
from lgesynth_gui.segmentation.segmenter import load_segmenter
from lgesynth_gui.synthesis.paper_folder import Plan, plan
from lgesynth_gui.synthesis.paper_model import load_paper
from lgesynth_gui.synthesis.spade import load_spade
from lgesynth_gui.training import loop
from lgesynth_gui.training.data import Batches, make_pool
from lgesynth_gui.training.generator import base_stage, control_stage, goes_on_from
from lgesynth_gui.training.keeping import told as in_words
from lgesynth_gui.training.machine import Machine
from lgesynth_gui.training.memory import free_bytes
from lgesynth_gui.training.paper import MIX, PaperStage
from lgesynth_gui.training.paper_memory import PaperNeed, needed
from lgesynth_gui.training.pictures import WATCH
from lgesynth_gui.training.process import holding
from lgesynth_gui.training.reader_data import make_slice_pool
from lgesynth_gui.training.record import write_record
from lgesynth_gui.training.reward import WATCHED, reward_stage
from lgesynth_gui.training.segmenter import RECIPES as READERS
from lgesynth_gui.training.segmenter import ReaderPools, reader_stage
from lgesynth_gui.training.spade import SpadeStage
from lgesynth_gui.training.stage import LoopOptions, Stage
from lgesynth_gui.training.template import template_stage
from lgesynth_gui.training.text import TextStage

READER_TEST_SEED = 9
WATCH_SEED, WATCH_SLICES = 5, 100  # of the judge's stream, which its own training does not use
TEST_SLICES = 400  # of the stream "test", which nothing is trained on


@dataclass(frozen=True)
class TrainOptions:
    """What a training may be told.

    Args:
        steps: Last step; 0 = the recipe's own.
        minutes: Stop after so many minutes; 0 = no limit.
        batch: Items a batch; 0 = the recipe's own.
        slices: Phantom slices drawn for it.
        seed: Of data, weights and noise.
        learning_rate: Peak; 0 = the recipe's own.
        models: Folders of finished models it builds on, besides the bundled ones.
        data: Folder the drawn slices are kept in and reused from; None = inside the run.
        workers: Processes that draw slices.
        bf16: Use bfloat16 where it is safe.
        start: Model to go on from, "id" or "id/version" (stages base, controlnet and the rivals
            that paint in one pass); "" = fresh weights.
        threads: Processor threads; part of what a resumed run must repeat.
        micro: Items worked off at once; 0 = the whole batch, or what fits into memory.
        recompute: Save memory by computing activations twice (the generator's stages).
        fp16: Use float16 with a scaled loss (graphics cards only).
        device: "auto", "cpu", "cuda" or "mps".
        adapters: Rank of the adapters that learn in place of all weights (stage controlnet with
            a model to start from); 0 = all weights learn.
        sample_every: Steps between pictures of the same wishes; 0 = only when asked.
        sd: Folder laid out as Stable Diffusion's (stage paper).
        bert: Folder of a BiomedBERT (stage paper).
        side: Pixels of the picture's side there; 0 = what its U-Net was trained for.
        despite_memory: Start even when memory seems too small (stage paper).
    """

    steps: int = 0
    minutes: float = 0.0
    batch: int = 0
    slices: int = 4000
    seed: int = 0
    learning_rate: float = 0.0
    models: tuple[Path, ...] = ()
    data: Path | None = None
    workers: int = 2
    bf16: bool = True
    start: str = ""
    threads: int = 1
    micro: int = 0
    recompute: bool = False
    fp16: bool = False
    device: str = "auto"
    adapters: int = 0
    sample_every: int = 0
    sd: Path | None = None
    bert: Path | None = None
    side: int = 0
    despite_memory: bool = False

    @property
    def folders(self) -> Sequence[Path]:
        """Where models are looked for, in order."""
        return (*self.models, bundled("models"))


@dataclass(frozen=True)
class Recipe:
    """How a stage is made and its usual length.

    Args:
        make: A job that returns the stage.
        options: Its usual loop.
        batch: Its usual batch.
    """

    make: Callable[[Path, TrainOptions], Job]
    options: LoopOptions
    batch: int


def _batches(out: Path, options: TrainOptions) -> Job:
    name = f"generator-{options.seed}-{options.slices}.npz"
    path = (options.data or out / "data") / name
    pool = yield from make_pool(
        path, "generator", options.seed, options.slices, workers=options.workers
    )
    return Batches(pool, options.batch)


def _text(out: Path, options: TrainOptions) -> Job:
    yield None
    return TextStage(options.seed, options.batch)


def _base(out: Path, options: TrainOptions) -> Job:
    batches = yield from _batches(out, options)
    return base_stage(batches, options.folders, options.seed, start=options.start)


def _controlnet(out: Path, options: TrainOptions) -> Job:
    batches = yield from _batches(out, options)
    return control_stage(batches, options.folders, options.seed, options.start, options.adapters)


def _template(out: Path, options: TrainOptions) -> Job:
    batches = yield from _batches(out, options)
    return template_stage(batches, options.folders, options.seed)


def _spade(kind: str) -> Callable[[Path, TrainOptions], Job]:
    """How the stage of a rival that paints in one pass is made."""

    def make(out: Path, options: TrainOptions) -> Job:
        batches = yield from _batches(out, options)
        stage = SpadeStage(kind, batches, options.seed)
        if options.start:
            card = find_model(options.start, options.folders)
            if card.id != kind:
                raise LgeSynthError(f"Stage {kind} cannot start from {card.id}.", f"Use {kind}.")
            trained = load_spade(card, options.folders)
            stage.generator.load_state_dict(trained.state_dict())
            stage.notes = goes_on_from(card)
        return stage

    return make


def _tuned(share: float) -> Callable[[Path, TrainOptions], Job]:
    """How the last stage is made with a weight of the reward."""

    def make(out: Path, options: TrainOptions) -> Job:
        batches = yield from _batches(out, options)
        path = (options.data or out / "data") / f"judge-{WATCH_SEED}-{WATCH_SLICES}.npz"
        pool = yield from make_pool(
            path, "judge", WATCH_SEED, WATCH_SLICES, workers=options.workers
        )
        watched = Batches(pool, WATCHED, WATCH)
        steps = options.steps or _TUNING.steps
        return reward_stage(batches, watched, options.folders, steps, options.seed, share)

    return make


def paper_plan(options: TrainOptions) -> tuple[Plan, PaperNeed]:
    """What the folders of the paper's stage hold, and the memory it needs; nothing is loaded.

    Raises:
        LgeSynthError: a folder is not named.
        Refused: what is in them is not in order; see `paper_folder.plan`.
    """
    if options.sd is None or options.bert is None:
        raise LgeSynthError(
            "Stage paper needs a Stable Diffusion folder and a BiomedBERT folder.",
            "Name them: --sd FOLDER --bert FOLDER.",
        )
    made = plan(options.sd, options.bert, options.side)
    return made, needed(made)


def _paper(out: Path, options: TrainOptions) -> Job:
    """The paper's stage; what memory it needs is told before anything of its size is made."""
    readers = models_of("reward", options.folders)
    if not readers:
        raise LgeSynthError("Stage paper needs a reward network.", "Train one: --stage reward-a.")
    yield Progress(0, 1, "looking at the folders")
    made, need = paper_plan(options)
    yield Progress(0, 1, need.words)
    if not options.despite_memory:
        need.require(free_bytes(Machine(options.device).device))
    batches = yield from _batches(out, options)
    paper = yield from load_paper(made, options.seed)
    reader = load_segmenter(readers[0], folders=options.folders)
    stage = PaperStage(Batches(batches.pool, options.batch, MIX), paper, reader, options.seed)
    lost = f"the autoencoder alone changes a slice by {stage.round_trip:.3f}"
    yield Progress(0, 1, f"{lost} (of a range of 3.5)")
    return stage


def _reader(name: str) -> Callable[[Path, TrainOptions], Job]:
    """How the stage of a network that reads slices is made."""

    def make(out: Path, options: TrainOptions) -> Job:
        usual = READERS[name]
        recipe = replace(
            usual,
            seed=usual.seed + 100 * options.seed,
            weights_seed=usual.weights_seed + 100 * options.seed,
            batch=options.batch,
        )
        folder = options.data or out / "data"

        def pool(stream: str, seed: int, count: int) -> Job:
            path = folder / f"{stream}-{seed}-{count}.npz"
            return (yield from make_slice_pool(path, stream, seed, count))

        drawn = yield from pool(recipe.stream, recipe.seed, options.slices)
        test = yield from pool("test", READER_TEST_SEED, min(TEST_SLICES, options.slices))
        held_out = max(1, len(drawn) // 10)
        train_part = drawn.part(0, len(drawn) - held_out)
        pools = ReaderPools(train_part, drawn.part(len(drawn) - held_out, len(drawn)), test)
        return reader_stage(recipe, pools)

    return make


_TUNING = LoopOptions(steps=300, learning_rate=3e-5, warmup=20, ema=0.99, evaluate_every=50)
_PLAYING = LoopOptions(steps=3000, learning_rate=3e-4, betas=(0.5, 0.99), clip=10.0, ema=0.998)
# 200 epochs of 429 slices in batches of 64, last weights kept; the rate is ControlNet++'s.
_PUBLISHED = LoopOptions(steps=1340, learning_rate=1e-5, ema=0.0, save_seconds=900.0)
_READING = LoopOptions(steps=1600, learning_rate=1.5e-3, ema=0.995, evaluate_every=200)

RECIPES: dict[str, Recipe] = {
    "text": Recipe(
        _text, LoopOptions(steps=800, learning_rate=6e-4, ema=0.99, evaluate_every=200), 24
    ),
    "base": Recipe(_base, LoopOptions(steps=3000, learning_rate=6e-4, ema=0.998), 16),
    "controlnet": Recipe(_controlnet, LoopOptions(steps=2000, learning_rate=3e-4, ema=0.998), 16),
    "reward": Recipe(_tuned(1.0), _TUNING, 12),
    "controlnet-tail": Recipe(_tuned(0.0), _TUNING, 12),
    "template": Recipe(_template, LoopOptions(steps=500, learning_rate=3e-4, ema=0.998), 16),
    "spade-lc": Recipe(_spade("spade-lc"), _PLAYING, 16),
    "spade-fc": Recipe(_spade("spade-fc"), _PLAYING, 16),
    "paper": Recipe(_paper, _PUBLISHED, 64),
    **{name: Recipe(_reader(name), _READING, one.batch) for name, one in READERS.items()},
}


ADAPTED = ("controlnet",)
CONTINUED = ("base", "controlnet", "spade-lc", "spade-fc")


def train(stage: str, out: str | Path, **options: Any) -> Job:
    """Train a stage in a folder; started again there, it goes on where it stopped.

    Args:
        stage: "text", "base", "controlnet", "reward", a rival's or a segmenter's stage.
        out: The run's folder.
        **options: Fields of `TrainOptions`.

    Returns:
        A job that yields progress and returns the folder of the exported model.

    Raises:
        LgeSynthError: there is no such stage, what it builds on is missing, or the folder holds a
            run that was told otherwise.
    """
    if stage not in RECIPES:
        raise LgeSynthError(f"There is no stage {stage!r}.", f"Choose among {', '.join(RECIPES)}.")
    recipe, out = RECIPES[stage], Path(out)
    told = TrainOptions(**options)
    if told.start and stage not in CONTINUED:
        raise LgeSynthError(
            f"Stage {stage} cannot start from a model.", f"These can: {', '.join(CONTINUED)}."
        )
    if told.adapters and stage not in ADAPTED:
        raise LgeSynthError(
            f"Stage {stage} trains all its weights.", f"Adapters fit: {', '.join(ADAPTED)}."
        )
    told = replace(told, batch=told.batch or recipe.batch)
    machine = Machine(told.device, fp16=told.fp16)
    out.mkdir(parents=True, exist_ok=True)
    with holding(out) if machine.main else nullcontext():
        try:
            return (yield from _train(stage, recipe, out, told, machine))
        except Exception as error:
            if machine.main:
                say_failed(out, error)
            raise


def _train(stage: str, recipe: Recipe, out: Path, told: TrainOptions, machine: Machine) -> Job:
    if machine.main:
        write_record(out, stage, asdict(told))
    else:
        machine.wait()  # the main process draws the slices; the others read them
    torch.set_num_threads(told.threads)
    made: Stage = yield from recipe.make(out, told)
    if machine.main:
        machine.wait()
    usual = recipe.options
    return (
        yield from loop.train(
            made,
            out,
            replace(
                usual,
                steps=told.steps or usual.steps,
                minutes=told.minutes,
                learning_rate=told.learning_rate or usual.learning_rate,
                micro=told.micro,
                recompute=told.recompute,
                sample_every=told.sample_every,
                bf16=told.bf16,
                fp16=told.fp16,
                device=told.device,
                seed=told.seed,
            ),
        )
    )


def say_failed(out: Path, error: Exception) -> None:
    """Note in a run's log why it ended; does nothing where nothing can be written."""
    try:
        log = EventLog(out)
        try:
            log.write("failed", message=in_words(error, out))
        finally:
            log.close()
    except (LgeSynthError, OSError):
        return  # nothing can be written there; the error itself is raised all the same
