"""Adapters learn in place of the weights, and are gone from what is exported."""

from dataclasses import replace

import pytest
import torch

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.registry.cards import find_model, verify
from lgesynth_gui.synthesis.models import load_control
from lgesynth_gui.training.adapters import adapt, plain
from lgesynth_gui.training.data import Batches, make_pool
from lgesynth_gui.training.generator import control_stage
from lgesynth_gui.training.loop import LoopOptions, train
from tests.synthesis.tiny import SIZES, write_bundle

FEW = LoopOptions(steps=3, warmup=1, bf16=False, learning_rate=1e-2, ema=0.0)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return write_bundle(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pool")
    return drive(make_pool(folder / "p.npz", "generator", 0, 12, workers=1))


def told(control):
    noise = torch.Generator().manual_seed(1)
    sample, context = torch.randn(1, 48, 8, 8, generator=noise), torch.ones(1, 3, 32)
    maps = torch.ones(1, 4, 32, 32)
    with torch.no_grad():
        down, mid = control(sample, 500.0, context, maps, return_dict=False)
    return torch.cat([one.flatten() for one in (*down, mid)])


def test_that_fresh_adapters_change_nothing_and_merged_ones_compute_the_same(models):
    control = load_control(find_model("controlnet", [models]), SIZES, [models])
    for outlet in (*control.controlnet_down_blocks, control.controlnet_mid_block):
        torch.nn.init.normal_(outlet.weight, std=0.2)  # else they are silent, whatever is adapted
    before, names = told(control), set(control.state_dict())
    adapt(control, 2)
    assert torch.allclose(told(control), before, atol=1e-6)
    learning = [name for name, value in control.named_parameters() if value.requires_grad]
    assert learning
    assert all("lora_" in name for name in learning)
    with torch.no_grad():
        for name, value in control.named_parameters():
            if "lora_B" in name:
                value.normal_(std=0.3)
    after, whole = told(control), plain(control)
    assert (after - before).abs().max() > 1e-3
    assert torch.allclose(told(whole), after, atol=1e-4)
    assert set(whole.state_dict()) == names
    assert torch.allclose(told(control), after)  # the one that learns still has its adapters


def test_that_a_control_network_learns_by_adapters_and_is_exported_as_a_plain_one(
    pool, models, tmp_path
):
    stage = control_stage(Batches(pool, 2), [models], start="controlnet", adapters=2)
    before = load_control(find_model("controlnet", [models]), SIZES, [models]).state_dict()
    torch.manual_seed(0)
    for outlet in stage.denoiser.control.controlnet_down_blocks:
        torch.nn.init.normal_(outlet.weight, std=0.2)
    job = train(stage, tmp_path, FEW)
    for _ in range(2):
        next(job)
    job.close()
    again = control_stage(Batches(pool, 2), [models], start="controlnet", adapters=2)
    folder = drive(train(again, tmp_path, FEW))
    card = find_model("controlnet", (folder,))
    verify(card, (folder,), full=True)
    after = load_control(card, SIZES, [folder]).state_dict()
    assert set(after) == set(before)
    moved = {n for n in before if not torch.allclose(after[n], before[n].half().float(), atol=1e-4)}
    learnt = {n for n in moved if not n.startswith("controlnet_down_blocks")}
    assert learnt
    assert all(("attentions" in n or "resnets" in n) and n.endswith("weight") for n in learnt)


def test_that_a_fresh_control_network_needs_all_its_weights(pool, models):
    with pytest.raises(LgeSynthError, match="trained ControlNet"):
        control_stage(Batches(pool, 2), [models], adapters=2)
    with pytest.raises(LgeSynthError, match="rank 0"):
        adapt(torch.nn.Linear(2, 2), 0)
    with pytest.raises(LgeSynthError, match="no place"):
        adapt(torch.nn.Linear(2, 2), 1)
    network = torch.nn.Linear(2, 2)
    assert plain(network) is network


def test_that_recomputed_activations_give_the_same_weights(pool, models, tmp_path):
    found = {}
    for name, recompute in (("kept", False), ("twice", True)):
        stage = control_stage(Batches(pool, 2), [models], start="controlnet")
        drive(train(stage, tmp_path / name, replace(FEW, recompute=recompute)))
        found[name] = stage.denoiser.control.state_dict()
        log = (tmp_path / name / "events.jsonl").read_text()
        found[name + " memory"] = int(log.split('"activations": ')[1].split(",")[0])
    assert all(torch.allclose(v, found["twice"][k], atol=1e-5) for k, v in found["kept"].items())
    assert found["twice memory"] < 0.7 * found["kept memory"]
