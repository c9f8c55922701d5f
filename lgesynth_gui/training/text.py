"""Stage `text`: the small caption encoder, from scratch on the grammar's own paraphrases."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from lgesynth_gui.anatomy.captions import say
from lgesynth_gui.anatomy.paraphrase import paraphrase
from lgesynth_gui.registry.cards import TrainedOn
from lgesynth_gui.synthesis.networks import TextSizes, build_text
from lgesynth_gui.synthesis.text import CaptionEncoder
from lgesynth_gui.synthesis.tokens import MASKED, PAD, Tokens
from lgesynth_gui.training.captions import ATTRIBUTES, attributes, draw_structure, near_miss
from lgesynth_gui.training.export import numbers_of, write_model
from lgesynth_gui.training.figures import share_of
from lgesynth_gui.training.stage import Evaluation, Spent

TEMPERATURE = 0.07


def learn_vocabulary(seed: int, texts: int = 6000, size: int = 400) -> Tokens:
    """A vocabulary from random paraphrases."""
    rng = np.random.default_rng([seed, 1])
    structures = [draw_structure(rng) for _ in range(texts)]
    return Tokens.learn([t for s in structures for t in (say(s), paraphrase(s, rng))], size)


class Heads(nn.Module):
    """Attribute classifiers and masked-word head; used in training only."""

    def __init__(self, width: int, vocabulary: int) -> None:
        super().__init__()
        self.attributes = nn.ModuleDict({k: nn.Linear(width, n) for k, n in ATTRIBUTES.items()})
        self.words = nn.Linear(width, vocabulary)
        self.contrast = nn.Linear(width, 128)


def pooled(state: Tensor, mask: Tensor) -> Tensor:
    """Mean over the tokens, `(n, width)`."""
    return state.sum(1) / mask.sum(1, keepdim=True)


class TextStage:
    """Masked words, attributes, and contrast against near misses (InfoNCE).

    Args:
        seed: Of vocabulary, weights and probe.
        size: Structures a batch; each gives two phrasings and a near miss.
    """

    name = "text"

    def __init__(self, seed: int = 0, size: int = 24, sizes: TextSizes | None = None) -> None:
        self.tokens = learn_vocabulary(seed)
        self.sizes = sizes or TextSizes(vocabulary=len(self.tokens))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            bert = build_text(self.sizes)
            self.heads = Heads(self.sizes.width, len(self.tokens))
        self.encoder = CaptionEncoder(bert, self.tokens, self.sizes.positions)
        self.modules: Mapping[str, nn.Module] = {"encoder": self.encoder, "heads": self.heads}
        self.size, self.seed = size, seed

    def batch(self, rng: np.random.Generator) -> Any:
        """Structures with three texts each."""
        structures = [draw_structure(rng) for _ in range(self.size)]
        first = [say(s) if rng.random() < 0.2 else paraphrase(s, rng) for s in structures]
        second = [paraphrase(s, rng) for s in structures]
        misses = [paraphrase(near_miss(s, rng), rng) for s in structures]
        hot = [attributes(s) for s in structures]
        targets = {k: torch.from_numpy(np.stack([h[k] for h in hot])) for k in ATTRIBUTES}
        return first + second + misses, targets

    def _read(self, texts: list[str], hidden: Tensor | None = None) -> tuple[Tensor, Tensor]:
        numbers, mask = self.encoder.numbers(texts)
        longest = int(mask.sum(1).max())
        numbers, mask = numbers[:, :longest], mask[:, :longest]
        if hidden is not None:
            numbers = numbers.masked_fill(
                hidden[:, :longest] & (mask > 0), self.tokens.number(MASKED)
            )
        return self.encoder.hidden(numbers, mask), mask

    def loss(
        self, batch: Any, noise: torch.Generator, step: int
    ) -> tuple[Tensor, Mapping[str, float]]:
        """Sum of the three losses."""
        texts, targets = batch
        n = self.size
        hidden = torch.rand(3 * n, self.encoder.length, generator=noise) < 0.15
        hidden[n:] = False
        state, mask = self._read(texts, hidden)
        mean = pooled(state, mask)
        told = torch.zeros(())
        for key, head in self.heads.attributes.items():
            goal = targets[key].repeat(2, 1)
            told = told + functional.binary_cross_entropy_with_logits(head(mean[: 2 * n]), goal)
        numbers, _ = self.encoder.numbers(texts[:n])
        numbers = numbers[:, : state.shape[1]]
        chosen = hidden[:n, : state.shape[1]] & (numbers != self.tokens.number(PAD))
        words = functional.cross_entropy(
            self.heads.words(state[:n])[chosen].float(), numbers[chosen]
        )
        place = functional.normalize(self.heads.contrast(mean).float(), dim=1)
        scores = place[:n] @ place[n:].T / TEMPERATURE
        contrast = functional.cross_entropy(scores, torch.arange(n))
        loss = told + 0.3 * words + 0.5 * contrast
        parts = {"attributes": told, "words": words, "contrast": contrast}
        return loss, {name: float(value.detach()) for name, value in parts.items()}

    @torch.no_grad()
    def probe(self, count: int = 200) -> dict[str, list[bool]]:
        """Whether the attribute set of each unseen phrasing is read exactly, by attribute."""
        rng = np.random.default_rng([self.seed, 2])
        structures = [draw_structure(rng) for _ in range(count)]
        hits: dict[str, list[bool]] = {key: [] for key in ATTRIBUTES}
        for start in range(0, count, 25):
            part = structures[start : start + 25]
            mean = pooled(*self._read([paraphrase(s, rng) for s in part]))
            for row, structure in enumerate(part):
                hot = attributes(structure)
                for key, head in self.heads.attributes.items():
                    found = (head(mean[row]) > 0).float().numpy()
                    hits[key].append(bool((found == hot[key]).all()))
        return hits

    def evaluate(self, step: int) -> Evaluation:
        """The probe."""
        return Evaluation(
            {f"probe_{key}": float(np.mean(hits)) for key, hits in self.probe().items()}
        )

    def export(self, folder: Path, spent: Spent) -> None:
        """Write the encoder's model folder; the heads stay behind."""
        data = "400 unseen phrasings of the caption grammar, a caption right only when all of it is"
        write_model(
            folder,
            name="text-encoder",
            title="Caption encoder for LGE captions",
            role="text",
            architecture="bert",
            numbers=numbers_of(self.sizes),
            network=self.encoder.bert,
            texts={"vocab.txt": self.tokens.text()},
            trained_on=TrainedOn(
                data="captions of the grammar with paraphrases and typing slips",
                seed=self.seed,
                steps=spent.steps,
                batch=self.size,
                minutes=spent.minutes,
            ),
            metrics=[
                share_of(f"Captions whose {key} are read right", hits, data)
                for key, hits in self.probe(400).items()
            ],
        )
