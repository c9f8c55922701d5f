"""Stage `reward`: the ControlNet learns to paint what frozen readers recognise as the wanted scar.

After ControlNet++ (arXiv 2404.07987) and, for the weights by disagreement, Ctrl-U (arXiv
2410.11236): the reward acts on the one-step clean estimate, at low noise only, where that
estimate is sharp enough to be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.quality.overlap import dice
from lgesynth_gui.registry.cards import ModelCard, find_model, models_of
from lgesynth_gui.segmentation.losses import roi_of, scar_loss
from lgesynth_gui.segmentation.segmenter import Segmenter, load_segmenter
from lgesynth_gui.synthesis.contrast import level_and_noise, mean_under, remote_muscle, total
from lgesynth_gui.synthesis.models import load_base, load_control, load_text, sizes_and_bands
from lgesynth_gui.synthesis.networks import Denoiser
from lgesynth_gui.synthesis.painting import seen_scar
from lgesynth_gui.synthesis.sampler import generator_of, sample
from lgesynth_gui.synthesis.text import CaptionEncoder
from lgesynth_gui.training.data import Batches
from lgesynth_gui.training.generator import ControlStage, draw_tau, goes_on_from, path_loss
from lgesynth_gui.training.pictures import scene_of
from lgesynth_gui.training.stage import Evaluation, Spent

CLEAREST = 0.2  # largest noise fraction at which the estimate is read
RISE = 0.1  # share of the steps over which the reward's weight grows from 0 to 1
READINGS = 2  # perturbed copies of the estimate that are read
READ_NOISE, READ_GAMMA = 0.02, 1.1
PATIENCE = 3  # evaluations without gain before the stage stops
CONTRAST_WEIGHT = 3.0  # of the term that holds a scar to the true one's brightness
LEAST_NOISE = 0.03  # of remote muscle, u
LEAST_PX = 10  # pixels of a tissue below which its contrast is not told
# Of what the reward changes in the weights this share is kept (after Wortsman et al., arXiv
# 2109.01903): readers reward bright scar, and all of the change paints it brighter than scar is.
KEPT = 0.4
GAP = 0.10  # growth of reward Dice over judge Dice that stops the stage at once
WATCHED, WATCHED_STEPS = 24, 6


def reward_weight(step: int, steps: int) -> float:
    """0 at the first step, 1 after the first tenth of them."""
    return min(1.0, step / max(1.0, RISE * steps))


def agreement(probabilities: Tensor, roi: Tensor) -> Tensor:
    """Weight of each item from how well the readers agree, mean 1 over the batch.

    Args:
        probabilities: `(readers, n, 1, h, w)`.
        roi: `(n, 1, h, w)`, 0/1.

    Returns:
        `(n,)`: `exp(-d / median d)`, `d` the mean divergence from the readers' mean in the region.
    """
    return weights_of(divergence(probabilities, roi))


def divergence(probabilities: Tensor, roi: Tensor) -> Tensor:
    """Mean divergence of each reader from the readers' mean inside the region, `(n,)`."""
    p = probabilities.detach().clamp(1e-4, 1 - 1e-4)
    mean = p.mean(dim=0, keepdim=True)
    each = p * (p / mean).log() + (1 - p) * ((1 - p) / (1 - mean)).log()
    return (each.mean(dim=0) * roi).sum(dim=(1, 2, 3)) / roi.sum(dim=(1, 2, 3)).clamp_min(1)


def weights_of(apart: Tensor) -> Tensor:
    """Weights of items from their divergences, mean 1."""
    weight = torch.exp(-apart / apart.median().clamp_min(1e-6))
    return weight / weight.mean()


def perturbed(picture: Tensor, gamma: Tensor, grain: Tensor) -> Tensor:
    """A picture with a little noise and another gamma: flatter gradients, harder to game.

    Args:
        picture: `(n, 1, h, w)`, u.
        gamma: `(n, 1, 1, 1)`, uniform in [0, 1].
        grain: Normal, as the picture.
    """
    exponent = READ_GAMMA ** (2 * gamma - 1)
    share = ((picture + 1.5) / 3.5).clamp(1e-3, 1)  # the range of u is [-1.5, 2]
    noisy = 3.5 * share**exponent - 1.5
    return noisy + READ_NOISE * grain


def mixed(
    start: Mapping[str, Tensor], end: Mapping[str, Tensor], share: float
) -> dict[str, Tensor]:
    """Weights on the straight line from `start` (share 0) to `end` (share 1)."""
    return {key: torch.lerp(value, end[key], share) for key, value in start.items()}


def contrast_error(picture: Tensor, truth: Tensor, bright: Tensor, remote: Tensor) -> Tensor:
    """How far a scar's contrast-to-noise is from the true picture's, one value an item `(n,)`.

    A reader's reward alone is also earned by brightness; this term bounds it.

    Args:
        picture: Estimates `(n, 1, h, w)`.
        truth: True pictures of the same shape; their remote muscle gives the noise.
        bright: Scar without core, 0/1.
        remote: Muscle far from scar, 0/1.

    Returns:
        Smooth L1 of the difference in deviations of remote muscle; 0 where a tissue has fewer
        than 10 pixels.
    """
    dark, noise = level_and_noise(truth, remote, LEAST_NOISE)
    wanted = (mean_under(truth, bright) - dark) / noise
    found = (mean_under(picture, bright) - mean_under(picture, remote)) / noise
    error = functional.smooth_l1_loss(found, wanted, reduction="none")
    told = (total(bright) >= LEAST_PX) & (total(remote) >= LEAST_PX)
    return torch.where(told, error, 0.0)


class RewardStage(ControlStage):
    """Diffusion loss as in the control stage, plus what the frozen readers say of the estimate.

    Args:
        batches: Where training items come from.
        watched: Slices the judge looks at, never trained on.
        denoiser: Base with the trained ControlNet.
        encoder: The frozen caption encoder.
        cards: (text, base) cards.
        rewards: Frozen reward networks, one at least.
        judge: Never in the loss; decides what is kept and when to stop.
        steps: Length of the run, for the rise of the weight.
        share: Largest weight of the reward. 0 trains the control stage as long on the same
            batches and exports it under the ControlNet's name, so that the two rows differ in
            nothing but the reward.
        seed: Of the phantom stream, for the card.
    """

    def __init__(
        self,
        batches: Batches,
        watched: Batches,
        denoiser: Denoiser,
        encoder: CaptionEncoder,
        cards: tuple[ModelCard, ModelCard],
        rewards: Sequence[Segmenter],
        judge: Segmenter,
        steps: int,
        share: float = 1.0,
        seed: int = 0,
    ) -> None:
        super().__init__(batches, denoiser, encoder, cards[0], cards[1], seed)
        self.rewards = tuple(one.requires_grad_(False).eval() for one in rewards)
        self.judge, self.steps, self.share = judge, steps, share
        self._start: Mapping[str, Tensor] = {}
        if share > 0 and denoiser.control is not None:
            self._start = {k: v.clone() for k, v in denoiser.control.state_dict().items()}
            self.name, self.model_name = "reward", "lgesynth-net"
            self.title = "ControlNet, fine-tuned so that frozen readers find the drawn scar"
        self._items = watched.draw(np.random.default_rng([seed, 7]))
        self._best, self._stale = -1.0, 0
        self._gap: float | None = None

    def chance(self, batch: Any, noise: torch.Generator, step: int) -> Mapping[str, Tensor]:
        """As in the control stage, half of the batch drawn clear, and what its reading needs.

        `read` (n,) marks the items whose estimate is read; `gamma` and `grain` perturb it for each
        reading; `positive` is the weight of a scar pixel in this batch.
        """
        count = len(batch["picture"])
        clear = count // 2
        low = CLEAREST * torch.rand(clear, generator=noise)
        tau = torch.cat([low.clamp_min(1e-3), draw_tau(count - clear, noise)])
        found = {"tau": tau, "white": self._white(batch, noise)}
        if self.share == 0:
            return found
        read = tau <= CLEAREST
        scar, wall = (torch.from_numpy(batch[name])[read] for name in ("scar", "wall"))
        background = (roi_of(wall) * (1 - scar)).sum(dim=(1, 2, 3))
        positive = (background / scar.sum(dim=(1, 2, 3)).clamp_min(1)).clamp(1, 20).mean()
        shape = batch["picture"].shape
        gamma, grain = torch.zeros(count, READINGS), torch.zeros(count, READINGS, *shape[1:])
        for k in range(READINGS):
            gamma[read, k] = torch.rand(len(scar), 1, 1, 1, generator=noise)[:, 0, 0, 0]
            grain[read, k] = torch.randn(len(scar), *shape[1:], generator=noise)
        return {
            **found,
            "read": read,
            "gamma": gamma,
            "grain": grain,
            "positive": positive.expand(count),
            "share": (read.float().mean()).expand(count),
        }

    def survey(self, part: Any, chance: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """How far the readers are apart about each item that is read; nan for the others."""
        apart = torch.full_like(chance["tau"], float("nan"))
        if self.share and bool(chance["read"].any()):
            parts = self.prepared(part)
            estimate = self.estimate(parts, chance["tau"], chance["white"])
            read = chance["read"]
            roi = roi_of(parts["wall"][read])
            logits = self.readings(estimate, parts, chance)[0]
            apart[read] = divergence(torch.sigmoid(logits), roi)
        return {"apart": apart}

    def settle(self, found: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Weight of each item by how well the readers agree, among all of the batch."""
        apart = found["apart"]
        read = torch.isfinite(apart)
        weight = torch.zeros_like(apart)
        if bool(read.any()):
            weight[read] = weights_of(apart[read])
        return {"weight": weight}

    def part_loss(
        self, part: Any, chance: Mapping[str, Tensor], step: int
    ) -> tuple[Tensor, Mapping[str, float]]:
        """Diffusion loss and weighted reward of the items that are drawn clear."""
        parts, tau = self.prepared(part), chance["tau"]
        estimate = self.estimate(parts, tau, chance["white"])
        diffusion = path_loss(estimate, parts["clean"], tau, parts["hole"]).mean()
        if self.share == 0:
            return diffusion, {}
        reward = self.reward(estimate, parts, chance)
        both = diffusion + self.share * reward_weight(step, self.steps) * reward
        return both, {"diffusion": diffusion.item(), "reward": reward.item()}

    def reward(
        self, estimate: Tensor, parts: Mapping[str, Tensor], chance: Mapping[str, Tensor]
    ) -> Tensor:
        """Reward and contrast loss of the items that are read, as their mean in the batch."""
        read = chance["read"]
        if not bool(read.any()):
            return estimate.new_zeros(())
        scar, wall = (parts[name][read] for name in ("scar", "wall"))
        logits, picture = self.readings(estimate, parts, chance)
        roi, positive = roi_of(wall), float(chance["positive"][0])
        losses = [scar_loss(one, scar, roi, positive=positive, smooth=1.0) for one in logits]
        bright = (parts["maps"][read, 1:2] > 0).float()
        off = contrast_error(picture, parts["picture"][read], bright, remote_muscle(wall, scar))
        weight = chance.get("weight")
        by_agreement = agreement(torch.sigmoid(logits), roi) if weight is None else weight[read]
        each = by_agreement * torch.stack(losses).mean(dim=0) + CONTRAST_WEIGHT * off
        # mean over the items read in the whole batch, told as a mean over the items here
        return each.sum() / len(read) / chance["share"][0]

    def readings(
        self, estimate: Tensor, parts: Mapping[str, Tensor], chance: Mapping[str, Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Logits `(readings, n, 1, h, w)` of all readers, and the picture that was read."""
        read = chance["read"]
        wall = parts["wall"][read]
        picture = self.codec.decode(estimate[read].float())
        picture = torch.where(parts["hole"][read] > 0, picture, parts["picture"][read])
        logits = []
        for k in range(READINGS):
            gamma = chance["gamma"][read, k].reshape(-1, 1, 1, 1)
            seen = perturbed(picture, gamma, chance["grain"][read, k])
            logits += [reader(seen, wall)[:, :1].float() for reader in self.rewards]
        return torch.stack(logits), picture

    def to(self, device: torch.device) -> None:
        """Move the readers, too."""
        super().to(device)
        for one in (*self.rewards, self.judge):
            one.to(device)
        self._start = {key: value.to(device) for key, value in self._start.items()}

    def memory(self) -> Mapping[str, Any]:
        """What decides about the best weights and the end."""
        return {"best": self._best, "stale": self._stale, "gap": self._gap}

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Take back what `memory` gave; an older checkpoint knows nothing of it."""
        self._best = float(memory.get("best", self._best))
        self._stale = int(memory.get("stale", self._stale))
        self._gap = memory.get("gap", self._gap)

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """Inside this block the ControlNet has only the share of the change that is kept."""
        control = self.denoiser.control
        if control is None or not self._start:
            yield
            return
        tuned = {key: value.clone() for key, value in control.state_dict().items()}
        control.load_state_dict(mixed(self._start, tuned, KEPT))
        try:
            yield
        finally:
            control.load_state_dict(tuned)

    def export(self, folder: Path, spent: Spent) -> None:
        """Write the ControlNet's model folder, as it is evaluated."""
        with self._kept():
            super().export(folder, spent)

    def evaluate(self, step: int) -> Evaluation:
        """The judge's and the reward networks' Dice on samples of the watched slices."""
        with self._kept():
            by_judge, by_reward = self._watched_dice()
        gap = by_reward - by_judge
        first = self._gap is None
        self._gap = gap if first else self._gap
        gained = by_judge > self._best
        self._stale = 0 if gained else self._stale + 1
        self._best = max(self._best, by_judge)
        alarm = self._gap is not None and gap - self._gap > GAP
        note = "reward and judge drift apart" if alarm else ""
        figures = {"judge_dice": round(by_judge, 4), "reward_dice": round(by_reward, 4)}
        return Evaluation(figures, gained and not alarm, alarm or self._stale >= PATIENCE, note)

    def _watched_dice(self) -> tuple[float, float]:
        judged, rewarded = [], []
        items = self._items
        for k in range(len(items["picture"])):
            noise = [generator_of(self.seed, k)]
            job = sample(
                self.denoiser, self.codec, scene_of(self.encoder, items, k), WATCHED_STEPS, noise
            )
            picture = drive(job)[0]
            wall, scar = items["wall"][k, 0] > 0, items["scar"][k, 0] > 0
            judged.append(dice(seen_scar((self.judge,), picture, wall), scar))
            rewarded.append(dice(seen_scar(self.rewards, picture, wall), scar))
        return float(np.mean(judged)), float(np.mean(rewarded))


def reward_stage(
    batches: Batches,
    watched: Batches,
    folders: Sequence[Path],
    steps: int,
    seed: int = 0,
    share: float = 1.0,
) -> RewardStage:
    """The ControlNet found in `folders`, with base, readers and judge found there too.

    Raises:
        LgeSynthError: a network it builds on is missing.
    """
    control_card = find_model("controlnet", folders)
    base_card, text_card = find_model("base", folders), find_model("text-encoder", folders)
    rewards, judges = models_of("reward", folders), models_of("judge", folders)
    if not rewards or not judges:
        raise LgeSynthError(
            "The reward stage needs reward networks and a judge.", "Train those stages first."
        )
    sizes, _ = sizes_and_bands(base_card)
    unet, bands = load_base(base_card, folders)
    control = load_control(control_card, sizes, folders).requires_grad_(True)
    stage = RewardStage(
        batches,
        watched,
        Denoiser(unet, control, bands),
        load_text(text_card, folders),
        (text_card, base_card),
        [load_segmenter(card, folders=folders) for card in rewards],
        load_segmenter(judges[0], folders=folders),
        steps,
        share,
        seed,
    )
    stage.sizes, stage.notes = sizes, goes_on_from(control_card)
    if share > 0:
        stage.notes = f"{KEPT:.0%} of what the reward changed is kept. {stage.notes}"
    return stage
