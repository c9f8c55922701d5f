"""One loop for every stage: resumable, averaged, finite."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.training.checkpoint import newest_checkpoint
from lgesynth_gui.training.loop import Evaluation, LoopOptions, Spent, cosine, train


class Line:
    """Fits y = 3x with noise drawn from the loop's generators."""

    name = "line"

    def __init__(self, poison: int | None = None, stop_at: int | None = None) -> None:
        torch.manual_seed(3)
        self.net = nn.Linear(4, 1)
        self.modules = {"net": self.net}
        self.poison, self.stop_at = poison, stop_at

    def batch(self, rng):
        return torch.from_numpy(rng.standard_normal((8, 4)).astype(np.float32))

    def loss(self, batch, noise, step):
        target = 3 * batch.sum(1, keepdim=True) + torch.randn(8, 1, generator=noise) * 0.1
        loss = (self.net(batch) - target).pow(2).mean()
        return (loss * float("nan") if step == self.poison else loss), {"mean": 1.0}

    def evaluate(self, step):
        return Evaluation({"x": 1.0}, best=True, stop=step == self.stop_at)

    def export(self, folder: Path, spent: Spent) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        values = [v.tolist() for v in self.net.state_dict().values()]
        (folder / "model.json").write_text(json.dumps(values))


OPTIONS = LoopOptions(steps=30, learning_rate=0.3, warmup=2, ema=0.5, bf16=False, log_every=5)


def test_that_training_lowers_the_loss_and_logs_it(tmp_path):
    model = drive(train(Line(), tmp_path, OPTIONS))
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    losses = [event["loss"] for event in events if event["event"] == "step"]
    assert model == tmp_path / "model"
    assert losses[-1] < 0.3 * losses[0]
    assert events[-1]["event"] == "done"


def test_that_an_interrupted_run_ends_bit_equal_to_an_uninterrupted_one(tmp_path):
    drive(train(Line(), tmp_path / "whole", OPTIONS))
    job = train(Line(), tmp_path / "parts", OPTIONS)
    for _ in range(11):
        next(job)
    job.close()
    drive(train(Line(), tmp_path / "parts", OPTIONS))
    whole, parts = (newest_checkpoint(tmp_path / name) for name in ("whole", "parts"))
    assert whole is not None
    assert parts is not None
    assert whole.facts["rng"] == parts.facts["rng"]
    assert whole.tensors.keys() == parts.tensors.keys()
    assert all(torch.equal(whole.tensors[k], parts.tensors[k]) for k in whole.tensors)


def test_that_a_loss_that_is_no_number_stops_the_run_and_keeps_the_last_good_state(tmp_path):
    with pytest.raises(LgeSynthError, match="no number at step 7"):
        drive(train(Line(poison=7), tmp_path, OPTIONS))
    state = newest_checkpoint(tmp_path)
    assert state is not None
    assert state.facts["step"] == 7
    assert all(torch.isfinite(v).all() for v in state.tensors.values() if v.is_floating_point())


def test_that_an_evaluation_can_stop_the_run_and_export_the_best(tmp_path):
    options = LoopOptions(steps=30, bf16=False, evaluate_every=5)
    drive(train(Line(stop_at=10), tmp_path, options))
    state = newest_checkpoint(tmp_path)
    assert state is not None
    assert state.facts["step"] == 10
    assert (tmp_path / "best" / "model.json").is_file()


def test_that_another_stages_folder_is_refused(tmp_path):
    drive(train(Line(), tmp_path, OPTIONS))
    other = Line()
    other.name = "circle"
    with pytest.raises(LgeSynthError, match="stage line"):
        drive(train(other, tmp_path, OPTIONS))


def test_that_the_cosine_falls_from_one_to_two_percent():
    values = [cosine(x) for x in np.linspace(0, 1, 20)]
    assert values[0] == 1
    assert values[-1] == pytest.approx(0.02)
    assert all(a > b for a, b in pairwise(values))
