"""Stage `tune`: a ControlNet goes on learning from annotated slices of a lab, its base frozen.

Half of every batch are computed slices, so that what the network can do with them is not
forgotten. A judge that no loss sees looks at watched patients now and then; of what it likes best
the weights are kept.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io.atomic import atomic_write, write_json
from lgesynth_gui.io.marks import SYNTHETIC
from lgesynth_gui.io.png import ORIGINAL, greys, marked, png_bytes
from lgesynth_gui.registry.cards import ModelCard, TrainedOn, find_model, models_of
from lgesynth_gui.registry.defaults import default_name
from lgesynth_gui.segmentation.segmenter import load_segmenter
from lgesynth_gui.synthesis.models import (
    load_base,
    load_control,
    load_text,
    sizes_and_bands,
)
from lgesynth_gui.synthesis.networks import Denoiser
from lgesynth_gui.synthesis.text import CaptionEncoder
from lgesynth_gui.training.data import Batches, Mix, Pool
from lgesynth_gui.training.generator import ControlStage, goes_on_from
from lgesynth_gui.training.loop import Evaluation, Spent
from lgesynth_gui.training.tune_options import NOT_TO_PASS_ON
from lgesynth_gui.training.watching import Watched

NAME = "tune"
PHANTOM_SHARE = 0.5  # of every batch; with a quarter, computed slices were forgotten
# A slice with scar is painted as a host with an old scar is: the whole wall anew.
WATCH = Mix(empty=0.0, ring=1.0, margin_mm=(4.0, 4.0), no_caption=0.0, blank=0.0, told=0.0,
            contradicted=0.0)  # fmt: skip
GAP = 0.10  # growth of reward Dice over judge Dice that is told
SAMPLES, LOOKS = "samples", "watched.json"
SHOWN, DRAWS = 4, 2  # fixed sketches, and seeds of each
WINDOW = (3.0, 0.0)  # width and level of pictures in u
_DATA = "annotated slices of patients of one lab, and phantom slices"
Grey = npt.NDArray[np.uint8]


class MixedBatches(Batches):
    """Batches of annotated slices with a share of computed ones.

    Args:
        local: Of the lab's own slices; its size is that of the whole batch.
        phantom: Of computed slices.
        share: Of every batch that is computed, rounded to whole items.
    """

    def __init__(self, local: Batches, phantom: Batches, share: float = PHANTOM_SHARE) -> None:
        super().__init__(local.pool, local.size, local.mix)
        self.phantom, self.computed = phantom, round(share * local.size)

    def draw(self, rng: np.random.Generator) -> Mapping[str, Any]:
        """One batch as `Batches.draw` gives it, the lab's own slices first."""
        own = [self._item(rng) for _ in range(self.size - self.computed)]
        items = own + [self.phantom._item(rng) for _ in range(self.computed)]
        batch: dict[str, Any] = {
            name: np.stack([item[name] for item in items]) for name in items[0] if name != "text"
        }
        batch["texts"] = [item["text"] for item in items]
        return batch


def mix_for(pool: Pool) -> Mix:
    """The usual mix; without slices free of scar, one that needs none."""
    usual = Mix()
    return usual if not pool.positive.all() else replace(usual, empty=0.0)


@dataclass(frozen=True)
class Made:
    """What the model's card says of where it comes from, besides the loop's own figures.

    Args:
        name: The model's id.
        patients: Patients it is trained on.
        licence: SPDX name.
    """

    name: str
    patients: int
    licence: str = NOT_TO_PASS_ON


class TuneStage(ControlStage):
    """The ControlNet on mixed batches.

    Args:
        batches: Mixed ones.
        watched: What the judge looks at.
        denoiser: Base with the ControlNet that is gone on from.
        encoder: The frozen caption encoder.
        cards: (text, base, start) cards.
        folder: The run's.
        made: For the card.
        seed: For the card.
    """

    name = NAME

    def __init__(
        self,
        batches: Batches,
        watched: Watched,
        denoiser: Denoiser,
        encoder: CaptionEncoder,
        cards: tuple[ModelCard, ModelCard, ModelCard],
        folder: Path,
        made: Made,
        seed: int = 0,
    ) -> None:
        super().__init__(batches, denoiser, encoder, cards[0], cards[1], seed)
        self.watched, self.folder, self.made = watched, folder, made
        self.model_name, self.licence = made.name, made.licence
        self.title = "ControlNet, fine-tuned on annotated scans of one lab"
        self.notes = goes_on_from(cards[2])
        self._shown = list(range(min(SHOWN, len(watched))))
        self._before: npt.NDArray[np.float32] | None = None

    def trained_on(self, spent: Spent) -> TrainedOn:
        """The card's account of the training: counts, no names."""
        told = super().trained_on(spent)
        return told.model_copy(update={"data": _DATA, "stream": "", "patients": self.made.patients})

    def begin(self) -> None:
        """Before the first step: what the judge says, and what the fixed wishes look like."""
        if self._looks():
            return
        self._look(0)

    def evaluate(self, step: int) -> Evaluation:
        """The judge's and the reward networks' Dice on the watched slices; the fixed pictures."""
        earlier = [one for one in self._looks() if one["step"] < step]
        now = self._look(step)
        first = earlier[0] if earlier else now
        best = max((one["judge_dice"] for one in earlier), default=-1.0)
        gap = now["reward_dice"] - now["judge_dice"] - first["reward_dice"] + first["judge_dice"]
        note = "possible reward hacking" if gap > GAP else ""
        gained = now["judge_dice"] > best and not note
        return Evaluation({k: now[k] for k in ("judge_dice", "reward_dice")}, gained, False, note)

    def samples(self) -> Sequence[Grey]:
        """The fixed wishes: the slice itself, and what the network paints with each seed."""
        rows = self._shown
        now = np.stack([self.watched.painted(self.denoiser, rows, k) for k in range(DRAWS)], 1)
        return [self._strip(k, None, now[k]) for k in rows]

    def _looks(self) -> list[dict[str, float]]:
        """What the judge said so far, in the order of steps."""
        path = self.folder / LOOKS
        if not path.is_file():
            return []
        try:
            found: list[dict[str, float]] = json.loads(path.read_text(encoding="utf-8"))
            return [{**one, "step": int(one["step"])} for one in found]
        except (ValueError, TypeError, KeyError) as error:
            raise LgeSynthError(
                "What the judge said during this run cannot be read.", "Start another run."
            ) from error

    def _look(self, step: int) -> dict[str, float]:
        """Paint the watched slices, have them read, and write both down."""
        rows = list(range(len(self.watched)))
        pictures = self.watched.painted(self.denoiser, rows)
        judged, rewarded = self.watched.dice(list(pictures), rows)
        rewarded = judged if np.isnan(rewarded).all() else rewarded
        look = {
            "step": step,
            "judge_dice": round(float(judged.mean()), 4),
            "reward_dice": round(float(rewarded.mean()), 4),
        }
        kept = [one for one in self._looks() if one["step"] < step]
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json(self.folder / LOOKS, [*kept, look])
        self._show(step)
        return look

    def _show(self, step: int) -> None:
        """Write `samples/step_000120.npz` and `.png`: the slice, before, now."""
        rows, place = self._shown, self.folder / SAMPLES
        place.mkdir(parents=True, exist_ok=True)
        now = np.stack([self.watched.painted(self.denoiser, rows, k) for k in range(DRAWS)], 1)
        before = now if step == 0 else self._first(place)
        items = self.watched.items
        arrays: dict[str, Any] = {
            "slice": items["picture"][rows, 0].astype(np.float16),
            "wish": items["scar"][rows, 0] > 0,
            "before": before.astype(np.float16),
            "now": now.astype(np.float16),
        }
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)
        name = f"step_{step:06d}"
        with atomic_write(place / f"{name}.npz", private=True) as file:
            file.write(buffer.getbuffer())
        strips = [self._strip(k, before[k], now[k]) for k in rows]
        width = max(one.shape[1] for one in strips)
        page = np.concatenate([np.pad(one, ((0, 0), (0, width - one.shape[1]))) for one in strips])
        with atomic_write(place / f"{name}.png", private=True) as file:
            file.write(png_bytes(page, {"Title": f"{SYNTHETIC}: research use only"}))

    def _first(self, place: Path) -> npt.NDArray[np.float32]:
        """The pictures before the first step."""
        if self._before is None:
            try:
                path = place / "step_000000.npz"
                with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                    self._before = stored["now"].astype(np.float32)
            except (OSError, ValueError, KeyError) as error:
                raise LgeSynthError(
                    "The first pictures of this run cannot be read.", "Start another run."
                ) from error
        return self._before

    def _strip(
        self, k: int, before: npt.NDArray[np.float32] | None, now: npt.NDArray[np.float32]
    ) -> Grey:
        """The slice, and for each seed what was painted before and what is painted now."""
        items = self.watched.items
        heart = items["wall"][k, 0] > 0
        panes = [marked(greys(items["picture"][k, 0], WINDOW), ORIGINAL, heart)]
        for draw in range(DRAWS):
            some = [now[draw]] if before is None else [before[draw], now[draw]]
            panes += [marked(greys(one, WINDOW), SYNTHETIC, heart) for one in some]
        rows = max(len(one) for one in panes)
        return np.concatenate([np.pad(one, ((rows - len(one), 0), (0, 0))) for one in panes], 1)


def start_of(name: str, folders: Sequence[Path]) -> ModelCard:
    """The card of the ControlNet to go on from; "" = the default that is bundled.

    Raises:
        LgeSynthError: there is none, or it is no ControlNet.
    """
    wanted = name or default_name(folders)
    if not wanted:
        raise LgeSynthError("There is no synthesis model.", "Check with: lgesynth models verify.")
    card = find_model(wanted, folders)
    if card.role != "controlnet":
        raise LgeSynthError(f"{card.reference} cannot be fine-tuned.", "Name a control model.")
    return card


def tune_stage(
    local: tuple[Pool, Pool],
    phantom: Pool,
    folders: Sequence[Path],
    folder: Path,
    made: Made,
    *,
    trusted: Sequence[Path] | None = None,
    start: str = "",
    batch: int = 8,
    watched: int = 12,
    share: float = PHANTOM_SHARE,
    seed: int = 0,
) -> TuneStage:
    """The stage with all its networks.

    Args:
        local: Annotated slices that are trained on, and those that are watched.
        phantom: Computed slices.
        folders: Where models live.
        folder: The run's.
        made: For the card.
        trusted: Where judge and reward networks live; None = there, too.
        start: ControlNet to go on from; "" = the default.
        batch: Items a step.
        watched: Slices the judge looks at.
        share: Of every batch that is computed.
        seed: Of the watched items and their noise.

    Raises:
        LgeSynthError: a network is missing, or there is no slice with scar.
    """
    card = start_of(start, folders)
    text_card = find_model((card.text_encoder or "text-encoder").split(" ")[0], folders)
    base_card = find_model((card.base or "base").split(" ")[0], folders)
    readers = folders if trusted is None else trusted
    judges, rewards = models_of("judge", readers), models_of("reward", readers)
    if not judges:
        raise LgeSynthError("Fine-tuning needs a judge.", "Check with: lgesynth models verify.")
    sizes, _ = sizes_and_bands(base_card)
    unet, bands = load_base(base_card, folders)
    control = load_control(card, sizes, folders).requires_grad_(True)
    encoder = load_text(text_card, folders)
    train, watch = local
    mixed = MixedBatches(Batches(train, batch, mix_for(train)), Batches(phantom, batch), share)
    seen = watch if watch.positive.any() else train
    count = min(watched, int(seen.positive.sum()))
    looked_at = Watched(
        distinct(seen, count, seed),
        encoder,
        load_segmenter(judges[0], folders=readers),
        tuple(load_segmenter(one, folders=readers) for one in rewards),
        seed,
    )
    stage = TuneStage(
        mixed, looked_at, Denoiser(unet, control, bands), encoder, (text_card, base_card, card),
        folder, made, seed,
    )  # fmt: skip
    stage.sizes = sizes
    return stage


def distinct(pool: Pool, count: int, seed: int) -> Mapping[str, Any]:
    """Items of different slices with scar, each with its own caption and its wall as the hole."""
    rng = np.random.default_rng((seed, 13))
    places = rng.permutation(np.flatnonzero(pool.positive))[:count]
    items = [Batches(_only(pool, int(k)), 1, WATCH).draw(rng) for k in places]
    names = [name for name in items[0] if name != "texts"]
    out: dict[str, Any] = {name: np.concatenate([one[name] for one in items]) for name in names}
    out["texts"] = [str(pool.captions[int(k)]) for k in places]
    return out


def _only(pool: Pool, row: int) -> Pool:
    part = slice(row, row + 1)
    return Pool(
        pool.pictures[part], pool.labels[part], pool.depth[part], pool.captions[part],
        pool.limits[part],
    )  # fmt: skip
