"""The paper's stage on tiny folders: only the ControlNet learns, resumable, told beforehand."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from lgesynth_gui.anatomy.captions import parse, say_as_paper
from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.registry.cards import card_in, find_model
from lgesynth_gui.segmentation.segmenter import load_segmenter
from lgesynth_gui.synthesis.paper_folder import plan
from lgesynth_gui.synthesis.paper_model import load_paper, load_trained
from lgesynth_gui.synthesis.trial import try_model
from lgesynth_gui.training import loop, run
from lgesynth_gui.training.checkpoint import newest_checkpoint
from lgesynth_gui.training.data import Batches, make_pool
from lgesynth_gui.training.memory import kept_for_backward
from lgesynth_gui.training.paper import MIX, NAME, PaperStage, reading_loss
from lgesynth_gui.training.paper_memory import needed
from lgesynth_gui.training.stage import LoopOptions
from tests.synthesis.tiny import write_bundle
from tests.synthesis.tiny_paper import WEIGHTS, reweigh, write_bert, write_sd

OPTIONS = LoopOptions(steps=4, learning_rate=1e-3, warmup=1, bf16=False, log_every=1, ema=0.0)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("paper")
    write_bundle(root / "models")
    write_sd(root / "sd", inputs=9)
    write_bert(root / "bert")
    return root


@pytest.fixture(scope="module")
def pool(root):
    return drive(make_pool(root / "data" / "generator-0-8.npz", "generator", 0, 8, workers=1))


@pytest.fixture
def make(root, pool):
    reader = load_segmenter("reward-a", folders=(root / "models",))

    def stage(size=4, share=1.0, sd="sd", bert="bert"):
        paper = drive(load_paper(plan(root / sd, root / bert)))
        return PaperStage(Batches(pool, size, MIX), paper, reader, share=share)

    return stage


def states(stage):
    networks = {
        "unet": stage.denoiser.unet, "vae": stage.vae, "text": stage.encoder.bert,
        "reader": stage.reader, "control": stage.denoiser.control,
    }  # fmt: skip
    return {
        name: {key: value.clone() for key, value in network.state_dict().items()}
        for name, network in networks.items()
    }


def changed(before, after):
    return {
        name
        for name in before
        if any(not torch.equal(before[name][key], after[name][key]) for key in before[name])
    }


def test_that_a_batch_is_what_the_paper_trains_on(make, pool):
    batch = make(24).batch(np.random.default_rng(0))
    assert batch["scar"].any(axis=(1, 2, 3)).all()
    assert (batch["hole"] == batch["scar"]).all()
    left_out = [text == "" for text in batch["texts"]]
    assert 4 < sum(left_out) < 20
    said = [say_as_paper(parse(str(one))) for one in pool.captions[batch["index"]]]
    assert all(text in ("", own) for text, own in zip(batch["texts"], said, strict=True))


def test_that_training_changes_the_controlnet_alone_and_lowers_the_loss(make, tmp_path):
    stage = make()
    before = states(stage)
    batch = stage.batch(np.random.default_rng(3))
    stage.batch = lambda rng: batch  # one batch again and again, so that the loss can be compared

    def loss():
        with torch.no_grad():
            return stage.loss(batch, torch.Generator().manual_seed(5), 0)[0].item()

    first = loss()
    folder = drive(loop.train(stage, tmp_path, replace(OPTIONS, steps=15, learning_rate=3e-3)))
    assert changed(before, states(stage)) == {"control"}
    assert loss() < first
    assert folder == tmp_path / "model"


def test_that_a_projection_learns_beside_the_controlnet_where_one_is_needed(make, root, tmp_path):
    write_bert(root / "wide", width=24)
    stage = make(bert="wide")
    before = stage.encoder.projection.weight.detach().clone()
    rest = states(stage)
    drive(loop.train(stage, tmp_path, OPTIONS))
    assert not torch.equal(before, stage.encoder.projection.weight)
    assert changed(rest, states(stage)) == {"control"}
    trained = load_trained(find_model(NAME, (tmp_path / "model",)), (tmp_path / "model",))
    assert torch.allclose(trained["projection"].weight, stage.encoder.projection.weight, atol=1e-3)


def test_that_the_reader_is_asked_near_the_clean_end_alone_and_moves_the_controlnet(make):
    stage = make(6)
    batch = stage.batch(np.random.default_rng(1))
    chance = dict(stage.chance(batch, torch.Generator().manual_seed(0), 0))
    schedule = stage.paper.schedule
    assert schedule.window == 200
    assert (chance["read"] == (chance["at"] <= 200)).all()
    chance["at"] = torch.tensor([0, 200, 201, 600, 900, 999])
    chance["read"] = chance["at"] <= 200
    chance["share"] = chance["read"].float().mean().expand(6)
    _, figures = stage.part_loss(batch, chance, 0)
    alone, _ = make(6, share=0.0).part_loss(batch, chance, 0)
    both, _ = stage.part_loss(batch, chance, 0)
    assert both.item() == pytest.approx(alone.item() + figures["reward"], rel=1e-4)
    reward = both - alone.detach()
    reward.backward()
    outlet = stage.denoiser.control.controlnet_mid_block.weight
    assert outlet.grad is not None
    assert outlet.grad.abs().sum() > 0
    chance["read"] = chance["at"] < 0
    assert "reward" not in stage.part_loss(batch, chance, 0)[1]


def test_that_a_batch_in_parts_has_the_loss_of_the_whole(make):
    stage = make(4)
    batch = stage.batch(np.random.default_rng(1))
    chance = dict(stage.chance(batch, torch.Generator().manual_seed(2), 0))
    chance["at"] = torch.tensor([10, 700, 900, 150])
    chance["read"] = chance["at"] <= 200
    chance["share"] = chance["read"].float().mean().expand(4)
    with torch.no_grad():
        whole = stage.part_loss(batch, chance, 0)[0]
        each = [
            stage.part_loss(
                {k: v[k0 : k0 + 1] for k, v in batch.items()},
                {k: v[k0 : k0 + 1] for k, v in chance.items()},
                0,
            )[0]
            for k0 in range(4)
        ]
    assert whole.item() == pytest.approx(torch.stack(each).mean().item(), rel=1e-4)


def test_that_the_readers_loss_looks_at_the_wall_and_a_little_around_it():
    wall, scar = torch.zeros(1, 1, 32, 32), torch.zeros(1, 1, 32, 32)
    wall[..., 14:18, 14:18] = 1
    scar[..., 14:16, 14:18] = 1
    right = torch.where(scar > 0, 9.0, -9.0)
    assert reading_loss(right, scar, wall).item() < 1e-3
    far = right.clone()
    far[..., :8, :] = 9.0
    assert torch.equal(reading_loss(far, scar, wall), reading_loss(right, scar, wall))
    assert reading_loss(-right, scar, wall).item() > 8


def test_that_an_interrupted_run_ends_bit_equal_to_an_uninterrupted_one(make, tmp_path):
    drive(loop.train(make(2), tmp_path / "whole", OPTIONS))
    job = loop.train(make(2), tmp_path / "parts", OPTIONS)
    next(step for step in job if step is not None and step.done == 2)
    job.close()
    drive(loop.train(make(2), tmp_path / "parts", OPTIONS))
    whole, parts = (newest_checkpoint(tmp_path / name) for name in ("whole", "parts"))
    assert whole.facts["rng"] == parts.facts["rng"]
    assert whole.tensors.keys() == parts.tensors.keys()
    assert all(torch.equal(whole.tensors[k], parts.tensors[k]) for k in whole.tensors)


def test_that_a_run_goes_on_with_the_networks_it_was_started_with_alone(make, root, tmp_path):
    drive(loop.train(make(2), tmp_path, replace(OPTIONS, steps=1)))
    shutil.copytree(root / "sd", root / "other")
    reweigh(root / "other" / "unet" / WEIGHTS, lambda t: t["conv_out.bias"].add_(1))
    with pytest.raises(LgeSynthError, match="other networks"):
        drive(loop.train(make(2, sd="other"), tmp_path, OPTIONS))


def test_that_an_exported_controlnet_is_whole_and_belongs_to_its_folders(make, root, tmp_path):
    stage = make(2)
    folder = drive(loop.train(stage, tmp_path, OPTIONS))
    card = card_in(folder / NAME / "1.0.0")
    assert (card.role, card.architecture.name) == ("rival", "paper-controlnet")
    assert card.trained_on.steps == 4
    assert card.metrics[0].value == pytest.approx(stage.round_trip, abs=1e-4)
    assert drive(try_model(folder / NAME / "1.0.0")) > 0
    told = plan(root / "sd", root / "bert")
    trained = load_trained(card, (folder,), told)
    weight = trained["control"].state_dict()
    assert all(
        torch.allclose(weight[key], value, atol=1e-3)
        for key, value in stage.denoiser.control.state_dict().items()
    )
    write_sd(root / "four")
    with pytest.raises(Refused) as refused:
        load_trained(card, (folder,), plan(root / "four", root / "bert"))
    assert refused.value.code == "MOD-27"
    spoilt = card.model_copy(update={"architecture": card.architecture.model_copy(
        update={"numbers": {**card.architecture.numbers, "heads": (0, 2)}}
    )})  # fmt: skip
    with pytest.raises(Refused) as refused:
        load_trained(spoilt, (folder,))
    assert refused.value.code == "MOD-04"


def test_that_the_memory_is_told_and_asked_for_before_anything_is_loaded(
    root, pool, tmp_path, monkeypatch
):
    told = {
        "sd": root / "sd", "bert": root / "bert", "models": (root / "models",),
        "data": root / "data", "slices": 8, "steps": 2, "batch": 2, "bf16": False,
    }  # fmt: skip
    need = needed(plan(root / "sd", root / "bert"))
    monkeypatch.setattr(run, "free_bytes", lambda device: need.total - 1)
    loaded = []
    monkeypatch.setattr(run, "load_paper", lambda *one: loaded.append(one) or load_paper(*one))
    with pytest.raises(LgeSynthError, match="this machine has"):
        drive(run.train("paper", tmp_path / "a", **told))
    assert not loaded
    notes = []
    job = run.train("paper", tmp_path / "b", despite_memory=True, **told)
    folder = drive(job, lambda step: notes.append(step.note))
    assert loaded
    assert (folder / NAME / "1.0.0" / "model.json").is_file()
    assert notes.index(need.words) < notes.index("loading the U-Net")
    assert any("the autoencoder alone changes a slice by" in note for note in notes)
    record = json.loads((tmp_path / "b" / "run.json").read_text())
    assert record["sd"] == str(root / "sd")
    with pytest.raises(LgeSynthError, match="needs a Stable Diffusion folder"):
        drive(run.train("paper", tmp_path / "c", models=(root / "models",)))


def test_that_the_estimate_of_activations_is_what_a_real_pass_keeps(make, root):
    stage = make(1)
    told = needed(plan(root / "sd", root / "bert"))
    paper, side = stage.paper, stage.paper.codec.latent_side
    latent, known = torch.zeros(1, 4, side, side), torch.zeros(1, 5, side, side)
    shown = torch.zeros(1, 2, 4 * side, 4 * side)

    def compute():
        predicted = paper.denoiser(latent, torch.zeros(1), known, torch.zeros(1, 64, 16), shown)
        return stage.vae.decode(predicted).sample

    real = kept_for_backward(compute, (paper.denoiser, stage.vae))
    assert real == pytest.approx(told.activations, rel=0.1)
    trained = sum(p.numel() for m in stage.modules.values() for p in m.parameters())
    assert told.training == 28 * trained


def test_that_pictures_of_the_same_wishes_are_shown(make):
    pictures = make(2).samples()
    assert len(pictures) == 4
    assert all(one.dtype == np.uint8 for one in pictures)
    assert all(one.shape[1] > 256 for one in pictures)
