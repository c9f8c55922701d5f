"""Fine-tuning from folders of annotated scans to a measured model: one job, resumable."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.evaluation.held_out import bundles_of, measure_held_out, metrics_of, wishes_of
from lgesynth_gui.evaluation.privacy import WANTED, Privacy, measure_privacy
from lgesynth_gui.io.atomic import Transaction, atomic_write, require_free_space, write_json
from lgesynth_gui.registry.cards import (
    CARD,
    Metric,
    ModelCard,
    ModelFile,
    card_in,
    file_sha256,
    find_model,
    find_models,
)
from lgesynth_gui.registry.defaults import usual_name
from lgesynth_gui.synthesis.models import Bundle
from lgesynth_gui.training import loop
from lgesynth_gui.training.cases import Case, find_cases
from lgesynth_gui.training.check import Checked, Outcome, check_cases
from lgesynth_gui.training.data import Pool, draw_chunk, make_pool
from lgesynth_gui.training.held_out_table import (
    TABLE,
    TUNED,
    HeldOut,
    read_table,
    table_text,
    write_table,
)
from lgesynth_gui.training.local_pool import POOL, LocalPool, load_local_pool, make_local_pool
from lgesynth_gui.training.loop import LoopOptions
from lgesynth_gui.training.presets import (
    MIB,
    PRESETS,
    Preset,
    estimate,
    usual_threads,
)
from lgesynth_gui.training.process import holding
from lgesynth_gui.training.record import read_record, write_record
from lgesynth_gui.training.run import say_failed
from lgesynth_gui.training.split import Split, draw_split, freeze, read_split, run_secret
from lgesynth_gui.training.tune import NAME, Made, TuneStage, start_of, tune_stage
from lgesynth_gui.training.tune_options import TuneOptions

DATA, ESTIMATE = "data", "estimate.json"
PHANTOM_SEED = 71  # of the generator's stream; its own training draws from others
EMA = 0.99
FEW_SLICES = 12


@dataclass(frozen=True, eq=False)
class Prepared:
    """What stands before a fine-tuning starts.

    Args:
        split: Frozen in the run's folder.
        pool: All slices that are used.
        checked: The list; None when the run goes on without its data.
    """

    split: Split
    pool: LocalPool
    checked: Checked | None = None


def fine_tune(out: str | Path, data: Sequence[Path] = (), **options: Any) -> Job:
    """Check, split, train, measure; started again in the same folder, it goes on.

    Args:
        out: The run's folder.
        data: Folders of annotated scans; () goes on with what the run has read before.
        **options: Fields of `TuneOptions`.

    Returns:
        A job that yields progress and returns (folder of the model's folder, `HeldOut`).

    Raises:
        Refused: the data is not good enough, not the run's, or a patient would be on both sides.
        LgeSynthError: a model it builds on is missing, or the folder holds another run.
    """
    told, out = TuneOptions(**options), Path(out)
    against = told.against or told.current.reference
    told = replace(told, threads=told.threads or usual_threads(), against=against)
    out.mkdir(parents=True, exist_ok=True)
    with holding(out):
        try:
            return (yield from _fine_tune(out, data, told))
        except Exception as error:
            say_failed(out, error)
            raise


def _fine_tune(out: Path, data: Sequence[Path], told: TuneOptions) -> Job:
    recipe = told.recipe
    start = start_of(told.start or told.current.reference, told.folders)
    ready: Prepared = yield from prepare(out, data, told)
    name = told.name or _name(ready.split, told)
    record = {**asdict(told), "name": name, "start": start.reference, "pool": ready.pool.digest}
    record |= {"steps": recipe.steps, "batch": recipe.batch, "learning_rate": recipe.rate}
    del record["excluded"], record["leave_red"], record["least"]
    write_record(out, NAME, record)
    torch.set_num_threads(told.threads)
    stage: TuneStage = yield from _stage(out, told, ready, name, start)
    yield Progress(0, recipe.steps, "looking at the start")
    stage.begin()
    yield from _estimate(out, stage, recipe)
    yield from loop.train(stage, out, _loop(told, recipe))
    return (yield from finish(out, told, ready))


def prepare(out: Path, data: Sequence[Path], told: TuneOptions) -> Job:
    """Read and check the data, freeze the split, put the slices on the model's grid.

    Returns:
        A job that returns `Prepared`.

    Raises:
        Refused, LgeSynthError: see `fine_tune`.
    """
    path = out / DATA / POOL
    if not data:
        split = read_split(out)
        if split is None or not path.is_file():
            raise LgeSynthError("This run has no data yet.", "Name the folders with --data.")
        return Prepared(split, load_local_pool(path))
    secret = run_secret(out)
    cases: tuple[Case, ...] = yield from find_cases(data, secret)
    checked: Checked = yield from check_cases(cases, frozenset(told.excluded), told.least)
    if told.leave_red:
        checked = checked.excluding(checked.excluded | checked.red)
    require_ready(checked)
    split = draw_split(checked, told.seed, secret)
    freeze(out, split)
    used = {one.case for one in checked.taken}
    pool = yield from make_local_pool(path, [one for one in cases if one.id in used])
    return Prepared(split, pool, checked)


def require_ready(checked: Checked) -> None:
    """Refuse a list that may not be trained on.

    Raises:
        Refused: red cases are left, or there is too little, with the remark's code.
    """
    if checked.ready:
        return
    stops = [one for one in checked.remarks if one.outcome is Outcome.REFUSED]
    if checked.red:
        first = next(one for one in checked.findings if one.case in checked.red)
        words = f"{len(checked.red)} cases are refused; {first.case}: {first.reason}"
        raise Refused(words, "Exclude them, or put them right.", first.code)
    raise Refused(stops[0].reason, "", stops[0].code)


def _name(split: Split, told: TuneOptions) -> str:
    text = "".join(sorted(split.digests.values())) + repr((told.preset, told.seed))
    return f"tuned-{hashlib.sha256(text.encode()).hexdigest()[:6]}"


def _stage(out: Path, told: TuneOptions, ready: Prepared, name: str, start: ModelCard) -> Job:
    recipe = told.recipe
    count = recipe.phantom
    phantom = yield from make_pool(
        out / DATA / f"generator-{PHANTOM_SEED}-{count}.npz", "generator", PHANTOM_SEED, count
    )
    train, watch = ready.pool.part(ready.split.train), ready.pool.part(ready.split.watch)
    made = Made(name, ready.split.people(ready.split.train), told.licence)
    return tune_stage(
        (train.pool, watch.pool), phantom, told.folders, out, made, trusted=told.trusted,
        start=start.reference, batch=recipe.batch, watched=recipe.watched, seed=told.seed,
    )  # fmt: skip


def _estimate(out: Path, stage: TuneStage, recipe: Preset) -> Job:
    """What it will cost, measured and written once; refuses a drive that cannot hold it."""
    if (out / ESTIMATE).is_file():
        return
    stored = sum(one.stat().st_size for one in (out / DATA).iterdir())
    found = yield from estimate(stage, recipe, stored)
    write_json(out / ESTIMATE, asdict(found))
    require_free_space(out, max(0, found.disk_mib * MIB - stored))
    yield Progress(0, recipe.steps, found.words)


def estimate_presets(**options: Any) -> Job:
    """What each preset will cost on this computer, before any data is chosen.

    Args:
        **options: Fields of `TuneOptions`; models, start and threads count.

    Returns:
        A job that returns a dict of preset name -> `Estimate`.

    Raises:
        LgeSynthError: a model it builds on is missing.
    """
    told = TuneOptions(**options)
    torch.set_num_threads(told.threads or usual_threads())
    yield Progress(0, 1, "drawing a few slices")
    some = Pool(**draw_chunk("generator", PHANTOM_SEED, FEW_SLICES))
    start = told.start or told.current.reference
    stage = tune_stage(
        (some, some), some, told.folders, Path(), Made("estimate", 0),
        trusted=told.trusted, start=start,
    )  # fmt: skip
    found = {}
    for name, preset in PRESETS.items():
        found[name] = yield from estimate(stage, preset)
    return found


def _loop(told: TuneOptions, recipe: Preset) -> LoopOptions:
    return LoopOptions(
        steps=recipe.steps,
        minutes=told.minutes,
        learning_rate=recipe.rate,
        warmup=min(20, recipe.steps // 10),
        ema=EMA,
        evaluate_every=recipe.evaluate_every,
        log_every=10,
        seed=told.seed,
    )


def finish(out: Path, told: TuneOptions, ready: Prepared) -> Job:
    """Measure the trained model on held-out patients and write it with its card and table.

    Of the weights the judge liked best on watched patients the model is made; the last ones where
    it never liked any better than the start.

    Returns:
        A job that returns (folder of the model's folder, `HeldOut`).
    """
    source = _source(out)
    held = ready.pool.part(ready.split.held_out)
    patients = [ready.split.patients[str(one)] for one in held.cases]
    wishes = yield from wishes_of(held, patients, told.recipe.measured, told.seed)
    yield Progress(0, 2, "loading both models")
    earlier = find_model(told.against or told.current.reference, told.folders)
    before, after = bundles_of(earlier, source, told.folders, told.trusted)
    table: HeldOut = yield from measure_held_out(wishes, before, after, told.seed)
    found: Privacy = yield from _privacy(told, ready, (before, after), source, told.recipe.measured)
    return out / TUNED, _tell(out, table, found)


def measure_run(out: str | Path, count: int = WANTED) -> Job:
    """Look for memorised patients in the model of a finished fine-tuning, and write down what is.

    The run's table and its model's card then hold these figures.

    Args:
        out: The run's folder.
        count: Scars that are painted into held-out patients, >= 1.

    Returns:
        A job that returns a `Privacy`.

    Raises:
        LgeSynthError: there is no fine-tuning, or it has not been finished.
    """
    out = Path(out)
    record, table = read_record(out) or {}, read_table(out / TABLE)
    if record.get("stage") != NAME or table is None:
        raise LgeSynthError(
            f"{out} holds no finished fine-tuning.", "Finish it with: lgesynth train resume."
        )
    names = ("preset", "start", "against", "seed", "threads")
    kept: dict[str, Any] = {name: record[name] for name in names if name in record}
    told = TuneOptions(**kept, models=tuple(Path(one) for one in record.get("models", ())))
    torch.set_num_threads(told.threads or usual_threads())
    ready: Prepared = yield from prepare(out, (), told)
    source = _source(out)
    yield Progress(0, 2, "loading both models")
    both = bundles_of(_untouched(told), source, told.folders, told.trusted)
    found: Privacy = yield from _privacy(told, ready, both, source, count)
    _tell(out, table, found)
    return found


def _source(out: Path) -> Path:
    """Folder of the weights the judge liked best, or of the last ones."""
    best = out / "best"
    return best if any(find_models((best,))) else out / "model"


def _untouched(told: TuneOptions) -> ModelCard:
    """The model the program came with: it saw no patient."""
    return find_model(usual_name(told.models or None), told.folders)


def _privacy(
    told: TuneOptions, ready: Prepared, both: tuple[Bundle, Bundle], source: Path, count: int
) -> Job:
    """The memorisation check against the model the program came with."""
    before, after = both
    usual = _untouched(told)
    if dict(before.cards)["controlnet"].sha256 != usual.sha256:
        before, after = bundles_of(usual, source, told.folders, told.trusted)
    return (yield from measure_privacy(ready.pool, ready.split, before, after, count, told.seed))


def _tell(out: Path, table: HeldOut, found: Privacy) -> HeldOut:
    """Write the run's table and its measured model, with what is known of memorised patients."""
    whole = replace(table, memorisation=found.words, blocked=found.blocked)
    write_table(out / TABLE, whole)
    source = _source(out)
    card = next(one for one in find_models((source,)) if one.role == "controlnet")
    folder = source / card.id / card.version
    finished(folder, out / TUNED, whole, (*metrics_of(whole), *found.metrics()))
    return whole


def finished(folder: Path, root: Path, table: HeldOut, metrics: Sequence[Metric]) -> ModelCard:
    """A model folder below `root` with the table in it and its figures on the card.

    Args:
        folder: The exported model, left as it is.
        root: Folder of model folders; an older one of the same name is replaced.
        table: What was measured.
        metrics: Figures for the card.
    """
    card = card_in(folder)
    target = root / card.id / card.version
    if target.is_dir():
        shutil.rmtree(target)
    text = table_text(table).encode()
    with Transaction(target) as stage:
        for one in card.files:
            with (folder / one.name).open("rb") as source, atomic_write(stage / one.name) as file:
                while chunk := source.read(MIB):
                    file.write(chunk)
        with atomic_write(stage / TABLE) as file:
            file.write(text)
        listed = ModelFile(name=TABLE, sha256=file_sha256(stage / TABLE), size=len(text))
        whole = card.model_copy(update={"files": (*card.files, listed), "metrics": tuple(metrics)})
        with atomic_write(stage / CARD) as file:
            file.write(whole.to_json())
    return whole
