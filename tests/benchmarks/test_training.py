"""What the training loop costs beside what it does: forward, backward and step of the network."""

import time

import numpy as np
import pytest
import torch
from torch import nn

from lgesynth_gui.core.jobs import drive
from lgesynth_gui.synthesis.networks import NetworkSizes
from lgesynth_gui.training.data import Batches, make_pool
from lgesynth_gui.training.generator import base_stage
from lgesynth_gui.training.loop import LoopOptions, train
from tests.synthesis.tiny import write_bundle

BATCH, STEPS, WARM = 4, 8, 2
SIZES = NetworkSizes((64, 96, 192), (2, 3, 6), text_width=32, gated=1)  # the usual base
OPTIONS = LoopOptions(steps=STEPS + WARM, bf16=False)


def bare(stage, batches):
    """Steps without the loop: the same loss, the same optimiser, its own clip."""
    network = stage.modules["unet"].train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4)
    noise = torch.Generator().manual_seed(0)
    for k, batch in enumerate(batches):
        loss, _ = stage.loss(batch, noise, k)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        yield k


def taken(steps):
    """Seconds of this process's own time until the next step is done; others' work is left out."""
    began = time.process_time()
    next(steps)
    return time.process_time() - began


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_the_loop_adds_to_a_step(tmp_path, capsys):
    torch.set_num_threads(1)
    models = write_bundle(tmp_path / "models")
    pool = drive(make_pool(tmp_path / "p.npz", "generator", 0, 24, workers=1))
    rng = np.random.default_rng(0)
    drawn = [Batches(pool, BATCH).draw(rng) for _ in range(STEPS + WARM)]

    def fresh():
        return base_stage(Batches(pool, BATCH), (models,), sizes=SIZES)

    given, kept = fresh(), iter([drawn[0], *drawn])  # the first is for the probe
    given.batch = lambda rng: next(kept)
    runs = {
        "network alone": bare(fresh(), drawn),
        "loop, batches given": train(given, tmp_path / "given", OPTIONS),
        "loop, batches drawn": train(fresh(), tmp_path / "drawn", OPTIONS),
    }
    found = {name: [] for name in runs}
    for _ in range(STEPS + WARM):  # side by side, so that all meet the same computer
        for name, steps in runs.items():
            found[name].append(taken(steps))
    for steps in runs.values():
        steps.close()
    usual = {name: float(np.median(seconds[WARM:])) for name, seconds in found.items()}
    with capsys.disabled():
        print()  # noqa: T201
        for name, seconds in usual.items():
            ratio = seconds / usual["network alone"]
            items = BATCH / seconds
            print(f"  {name:20} {seconds * 1e3:7.0f} ms a step, {items:5.1f} items/s, x{ratio:.3f}")  # noqa: T201
    assert all(value > 0 for value in usual.values())
