"""The stages of the generator on a handful of phantom slices and tiny networks."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from lgesynth_gui.anatomy.captions import parse, understand
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.registry.cards import find_model, verify
from lgesynth_gui.synthesis.holes import muscle_level
from lgesynth_gui.synthesis.models import load_base, load_bundle, load_control, sizes_and_bands
from lgesynth_gui.synthesis.networks import Denoiser
from lgesynth_gui.training import data
from lgesynth_gui.training.data import (
    FILL_JITTER,
    Batches,
    Mix,
    draw_chunk,
    load_pool,
    make_pool,
)
from lgesynth_gui.training.generator import base_stage, control_stage, draw_tau, path_loss
from lgesynth_gui.training.loop import LoopOptions, train
from lgesynth_gui.training.pictures import SHOWN, WATCH
from lgesynth_gui.training.reward import (
    KEPT,
    agreement,
    contrast_error,
    perturbed,
    reward_stage,
    reward_weight,
)
from lgesynth_gui.training.template import template_stage
from tests.synthesis.tiny import SIZES, write_bundle

FEW = LoopOptions(steps=2, warmup=1, bf16=False, log_every=1)


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pool")
    return drive(make_pool(folder / "p.npz", "generator", 0, 16, workers=1))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return write_bundle(tmp_path_factory.mktemp("models"), rewards=2)


def test_that_a_pool_is_kept_and_does_not_depend_on_the_workers(pool, tmp_path):
    rows = draw_chunk("generator", 0, 3)
    assert (rows["labels"] == pool.labels[:3]).all()
    assert (rows["captions"] == pool.captions[:3]).all()
    drive(make_pool(tmp_path / "q.npz", "generator", 0, 3, workers=1))
    assert (load_pool(tmp_path / "q.npz").pictures == pool.pictures[:3]).all()


def test_that_a_drawing_that_is_broken_off_is_gone_on_with(pool, tmp_path, monkeypatch):
    monkeypatch.setattr(data, "CHUNK", 4)
    monkeypatch.setattr(data, "KEEP_S", 0.0)
    job = make_pool(tmp_path / "q.npz", "generator", 0, 12, workers=1)
    while not (tmp_path / "q.part.npz").is_file():
        next(job)
    job.close()
    kept = len(load_pool(tmp_path / "q.part.npz"))
    asked = []

    class Counting(data.ProcessPoolExecutor):
        def submit(self, function, *arguments):
            asked.append(arguments)
            return super().submit(function, *arguments)

    monkeypatch.setattr(data, "ProcessPoolExecutor", Counting)
    again = drive(make_pool(tmp_path / "q.npz", "generator", 0, 12, workers=1))
    assert len(asked) == 3 - kept // 4 < 3
    assert len(again) == 12
    assert (again.pictures[:4] == pool.pictures[:4]).all()
    assert (again.labels[4:8] == draw_chunk("generator", 1, 4)["labels"]).all()
    assert not (tmp_path / "q.part.npz").exists()


def test_that_every_item_blanks_its_hole_and_nothing_else(pool):
    batch = Batches(pool, 12).draw(np.random.default_rng(0))
    hole = batch["hole"] > 0
    assert (batch["masked"][~hole] == batch["picture"][~hole]).all()
    assert (batch["masked"][hole] != batch["picture"][hole]).mean() > 0.9
    assert all(item.any() for item in hole)


def test_that_the_wanted_scar_lies_in_the_hole_and_an_empty_wish_has_none(pool):
    batch = Batches(pool, 40, Mix(empty=0.5)).draw(np.random.default_rng(1))
    assert not (batch["scar"] * (1 - batch["hole"])).any()
    assert {bool(s.any()) for s in batch["scar"]} == {True, False}


def test_that_half_of_the_captions_are_left_out(pool):
    batch = Batches(pool, 200).draw(np.random.default_rng(2))
    assert 70 < sum(text == "" for text in batch["texts"]) < 130


def test_that_a_scar_told_in_words_only_has_no_drawing_but_a_caption(pool):
    mix = Mix(empty=0.3, ring=1.0, told=1.0)
    batch = Batches(pool, 60, mix).draw(np.random.default_rng(4))
    scarred = batch["scar"].any(axis=(1, 2, 3))
    assert not batch["maps"][:, :2].any()
    assert all(text for text, has in zip(batch["texts"], scarred, strict=True) if has)
    assert any(not text for text, has in zip(batch["texts"], scarred, strict=True) if not has)


def test_that_the_hole_is_filled_with_about_the_muscles_level(pool):
    batch = Batches(pool, 60).draw(np.random.default_rng(5))
    for k in range(60):
        hole, wall = batch["hole"][k, 0] > 0, batch["wall"][k, 0] > 0
        (level,) = np.unique(batch["masked"][k, 0][hole])
        assert abs(level - muscle_level(batch["picture"][k, 0], wall)) < 5 * FILL_JITTER


def test_that_a_drawing_stays_when_its_caption_is_another_ones(pool):
    rng = np.random.default_rng(6)
    kept = Mix(empty=0, ring=0, no_caption=0, told=0, blank=0, contradicted=0)
    batch = Batches(pool, 40, replace(kept, contradicted=1.0)).draw(rng)
    assert ((batch["maps"][:, 1:2] != 0) == (batch["scar"] > 0)).all()
    assert matching(pool, batch) < matching(pool, Batches(pool, 40, kept).draw(rng)) - 0.2


def matching(pool, batch):
    """Share of items whose caption names the segments of its own slice's caption."""
    pairs = [
        (understand(text).caption, parse(str(pool.captions[k])))
        for text, k in zip(batch["texts"], batch["index"], strict=True)
    ]
    return np.mean([segments(told) == segments(true) for told, true in pairs])


def segments(caption):
    return {number for region in caption.regions for number in region.segments}


def test_that_noise_fractions_are_drawn_inside_the_path():
    tau = draw_tau(4000, torch.Generator().manual_seed(0))
    assert 0 < tau.min() < 0.001
    assert 0.15 < (tau < 0.2).float().mean() < 0.35  # the grain is learned, too
    assert 0.95 < tau.max() < 1


def test_that_the_loss_counts_the_hole_more_than_the_rest():
    clean = torch.zeros(1, 16, 32, 32)
    hole = torch.zeros(1, 1, 128, 128)
    hole[..., :64, :] = 1
    tau = torch.tensor([0.5])
    inside, outside = clean.clone(), clean.clone()
    inside[..., :16, :] = 1
    outside[..., 16:, :] = 1
    ratio = path_loss(inside, clean, tau, hole) / path_loss(outside, clean, tau, hole)
    assert float(ratio) == pytest.approx(1.15 / 0.15)


def test_that_the_base_trains_and_its_model_can_be_loaded(pool, models, tmp_path):
    stage = base_stage(Batches(pool, 4), (models,), sizes=SIZES)
    before = {k: v.clone() for k, v in stage.denoiser.unet.state_dict().items()}
    folder = drive(train(stage, tmp_path / "run", FEW))
    after = stage.denoiser.unet.state_dict()
    assert any((before[k] != after[k]).any() for k in before)
    verify(find_model("base", (folder,)), (folder,), full=True)


def test_that_a_base_goes_on_from_a_trained_one_with_a_gain_of_its_own(pool, models, tmp_path):
    stage = base_stage(Batches(pool, 2), [models], start="base")
    assert stage.sizes.gated == 1
    plain, bands = load_base(find_model("base", [models]), [models])
    assert stage.denoiser.bands == bands
    latent, tau = torch.randn(1, 16, 32, 32), torch.tensor([0.4])
    known, context = torch.randn(1, 32, 32, 32), torch.randn(1, 5, 32)
    found = stage.denoiser.eval()(latent, tau, known, context, None)
    assert torch.allclose(found, Denoiser(plain, None, bands)(latent, tau, known, context, None))
    drive(train(stage, tmp_path, FEW))
    card = find_model("base", [tmp_path / "model"])
    assert sizes_and_bands(card)[0].gated == 1
    assert card.notes.startswith("Goes on from base after ")
    assert stage.denoiser.unet.conv_out.weight[16:].abs().max() > 0  # the gain learns


def test_that_a_control_network_goes_on_from_a_trained_one_on_another_base(pool, models, tmp_path):
    drive(train(base_stage(Batches(pool, 2), [models], start="base"), tmp_path, FEW))
    folders = [tmp_path / "model", models]
    stage = control_stage(Batches(pool, 2), folders, start="controlnet")
    card = find_model("controlnet", folders)
    before = load_control(card, sizes_and_bands(find_model("base", [models]))[0], [models])
    for name, value in stage.denoiser.control.state_dict().items():
        assert torch.equal(value, before.state_dict()[name])
    assert stage.base_card.sha256 == find_model("base", [tmp_path / "model"]).sha256


def test_that_the_control_stage_leaves_base_and_text_alone(pool, models, tmp_path):
    stage = control_stage(Batches(pool, 4), (models,))
    unet = {k: v.clone() for k, v in stage.denoiser.unet.state_dict().items()}
    folder = drive(train(stage, tmp_path / "run", FEW))
    assert all((unet[k] == v).all() for k, v in stage.denoiser.unet.state_dict().items())
    assert load_bundle(folders=(folder, models)).cards[0][1].trained_on.steps == 2


def test_that_the_reward_stage_trains_the_control_network_and_asks_the_judge(
    pool, models, tmp_path
):
    watched = Batches(pool, 2, WATCH)
    stage = reward_stage(Batches(pool, 4), watched, (models,), steps=2)
    frozen = [{k: v.clone() for k, v in r.state_dict().items()} for r in stage.rewards]
    options = LoopOptions(steps=2, warmup=1, bf16=False, log_every=1, evaluate_every=1)
    folder = drive(train(stage, tmp_path / "run", options))
    for before, reader in zip(frozen, stage.rewards, strict=True):
        assert all((before[k] == v).all() for k, v in reader.state_dict().items())
    assert find_model("lgesynth-net", (folder,)).base == find_model("controlnet", (models,)).base
    log = (tmp_path / "run" / "events.jsonl").read_text()
    assert "judge_dice" in log
    assert '"reward"' in log


def test_that_the_reward_reaches_the_control_network(pool, models):
    stage = reward_stage(Batches(pool, 4, Mix(empty=0)), Batches(pool, 2, WATCH), (models,), 10)
    batch = stage.batch(np.random.default_rng(0))
    chance = dict(stage.chance(batch, torch.Generator().manual_seed(0), 5))
    parts = stage.prepared(batch)
    assert chance["read"][:2].all()  # half of the batch is drawn clear
    estimate = stage.estimate(parts, chance["tau"], chance["white"])
    stage.reward(estimate, parts, chance).backward()
    control = stage.denoiser.control
    assert sum(float(p.grad.abs().sum()) for p in control.parameters() if p.grad is not None) > 0
    chance["read"] = torch.zeros(4, dtype=torch.bool)
    assert float(stage.reward(estimate, parts, chance)) == 0


@pytest.mark.parametrize("kind", ["base", "control", "reward"])
def test_that_a_batch_in_parts_teaches_what_the_whole_one_does(pool, models, tmp_path, kind):
    losses = []
    for micro in (0, 3):
        if kind == "reward":
            some = Batches(pool, 2, WATCH)
            stage = reward_stage(Batches(pool, 4, Mix(empty=0)), some, (models,), 2)
        elif kind == "base":
            stage = base_stage(Batches(pool, 4), (models,), sizes=SIZES)
        else:
            stage = control_stage(Batches(pool, 4), (models,), start="controlnet")
        options = replace(FEW, steps=3, micro=micro, learning_rate=1e-3)
        drive(train(stage, tmp_path / str(micro), options))
        log = (tmp_path / str(micro) / "events.jsonl").read_text().splitlines()
        steps = [one for one in map(json.loads, log) if one["event"] == "step"]
        losses.append([(one["loss"], one["norm"], one.get("reward", 0.0)) for one in steps])
    assert np.allclose(*losses, rtol=2e-3, atol=1e-5)
    assert kind != "reward" or losses[0][1][2] > 0


def test_that_a_generator_shows_what_it_paints(pool, models):
    for stage in (
        base_stage(Batches(pool, 4), (models,), sizes=SIZES),
        template_stage(Batches(pool, 4), (models,)),
    ):
        first, again = stage.samples(), stage.samples()
        assert len(first) == SHOWN
        assert all((a == b).all() for a, b in zip(first, again, strict=True))
        assert first[0].shape[1] == 128 + 8 + 128
        assert first[0].dtype == np.uint8


def test_that_a_share_of_what_the_reward_changed_is_exported(pool, models, tmp_path):
    watched = Batches(pool, 2, WATCH)
    stage = reward_stage(Batches(pool, 4), watched, [models], 2)
    before = {k: v.clone() for k, v in stage.denoiser.control.state_dict().items()}
    options = replace(FEW, learning_rate=1e-2, ema=0.0)
    drive(train(stage, tmp_path, options))
    after = stage.denoiser.control.state_dict()
    card = find_model("lgesynth-net", [tmp_path / "model"])
    kept = load_control(card, stage.sizes, [tmp_path / "model"]).state_dict()
    moved = 0
    for name, start in before.items():
        wanted = start + KEPT * (after[name] - start)
        assert torch.allclose(kept[name], wanted, atol=2e-3), name
        moved += int((start != after[name]).any())
    assert moved > 0
    seen = {}

    def watched_dice():
        seen.update({k: v.clone() for k, v in stage.denoiser.control.state_dict().items()})
        return 0.0, 0.0

    stage._watched_dice = watched_dice
    stage.evaluate(3)  # what is measured is what is exported
    assert all(torch.allclose(seen[name], kept[name], atol=2e-3) for name in before)
    assert card.notes.startswith("40% of what the reward changed is kept.")


def test_that_the_tail_without_reward_is_the_same_stage_under_the_control_networks_name(
    pool, models, tmp_path
):
    watched = Batches(pool, 2, WATCH)
    stage = reward_stage(Batches(pool, 4), watched, (models,), steps=2, share=0.0)
    options = LoopOptions(steps=2, warmup=1, bf16=False, log_every=1, evaluate_every=1)
    folder = drive(train(stage, tmp_path / "run", options))
    assert find_model("controlnet", (folder,)).role == "controlnet"
    assert '"reward"' not in (tmp_path / "run" / "events.jsonl").read_text()


def test_that_a_scar_brighter_or_darker_than_the_true_one_costs():
    wall, bright = torch.zeros(2, 1, 32, 32), torch.zeros(2, 1, 32, 32)
    wall[..., 8:24, 8:24] = 1
    bright[..., 8:12, 8:24] = 1
    remote = wall * (1 - bright)
    truth = 0.05 * torch.randn(2, 1, 32, 32, generator=torch.Generator().manual_seed(1)) + bright
    assert contrast_error(truth, truth, bright, remote).abs().max() == 0
    assert (contrast_error(truth + 0.5 * bright, truth, bright, remote) > 1).all()
    assert (contrast_error(truth - 0.5 * bright, truth, bright, remote) > 1).all()
    assert contrast_error(truth + bright, truth, bright * 0, remote).abs().max() == 0


def test_that_the_reward_rises_over_the_first_tenth():
    assert [reward_weight(k, 100) for k in (0, 5, 10, 50)] == [0, 0.5, 1, 1]


def test_that_items_the_readers_disagree_on_teach_less():
    roi = torch.ones(2, 1, 4, 4)
    same, apart = torch.full((2, 1, 4, 4), 0.5), torch.full((2, 1, 4, 4), 0.5)
    apart[1], same[1] = 0.95, 0.05
    weight = agreement(torch.stack([same, apart]), roi)
    assert weight[0] > weight[1]
    assert float(weight.mean()) == pytest.approx(1)


def test_that_a_perturbed_picture_stays_near_and_in_range():
    picture = torch.linspace(-1.5, 2, 1024).reshape(1, 1, 32, 32)
    noise = torch.Generator().manual_seed(0)
    grain = torch.randn(picture.shape, generator=noise)
    moved = perturbed(picture, torch.rand(1, 1, 1, 1, generator=noise), grain)
    assert 0 < (moved - picture).abs().max() < 0.3
