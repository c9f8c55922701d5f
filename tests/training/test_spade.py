"""The SPADE stages: two networks against each other under one optimiser."""

from itertools import islice

import numpy as np
import pytest
import torch

from lgesynth_gui.core.jobs import drive
from lgesynth_gui.registry.cards import find_model, verify
from lgesynth_gui.synthesis.spade import CHANNELS, FULL, LIMITED, SpadeSizes, load_spade
from lgesynth_gui.training.checkpoint import newest_checkpoint
from lgesynth_gui.training.data import Batches, make_pool
from lgesynth_gui.training.loop import LoopOptions, train
from lgesynth_gui.training.spade import SpadeStage, divergence, held, matching, towards

FEW = LoopOptions(
    steps=4, warmup=1, bf16=False, log_every=1, learning_rate=1e-3, betas=(0.5, 0.99), clip=10.0
)


@pytest.fixture(scope="module")
def batches(tmp_path_factory):
    path = tmp_path_factory.mktemp("pool") / "p.npz"
    return Batches(drive(make_pool(path, "generator", 0, 12, workers=1)), 2)


def stage_of(batches, kind=LIMITED):
    return SpadeStage(kind, batches, 0, SpadeSizes(CHANNELS[kind], 4, (8, 8, 8, 6), (4, 4, 4)))


def gradients(module):
    return [p.grad.clone() for p in module.parameters()]


@pytest.mark.parametrize("kind", [LIMITED, FULL])
def test_that_neither_side_moves_the_other(batches, kind):
    stage = stage_of(batches, kind)
    batch = stage.batch(np.random.default_rng(0))
    stage.loss(batch, torch.Generator().manual_seed(1), 0)[0].backward()
    generator, critic = gradients(stage.generator), gradients(stage.discriminator)

    told, picture = stage.channels(batch), torch.from_numpy(batch["picture"])
    with torch.no_grad():
        mean, spread = stage.encoder(picture)
        noise = torch.randn(mean.shape, generator=torch.Generator().manual_seed(1))
        style = mean + noise * (0.5 * spread).exp()
    stage.discriminator.zero_grad()
    with torch.no_grad():
        painted = stage.generator(told, style)
    real, fake = stage.discriminator(picture, told), stage.discriminator(painted, told)
    (0.5 * (towards(real, 1.0) + towards(fake, 0.0))).backward()
    for one, other in zip(critic, gradients(stage.discriminator), strict=True):
        assert torch.allclose(one, other, atol=1e-6)

    stage.generator.zero_grad()
    painted = stage.generator(told, style)
    seen = stage.discriminator(painted, told)
    total = towards(seen, 1.0) + 10 * matching(seen, stage.discriminator(picture, told))
    if kind == FULL:
        outside = 1 - torch.from_numpy(batch["hole"])
        total = total + 10 * ((painted - picture).abs() * outside).sum() / outside.sum()
    total.backward()
    for one, other in zip(generator, gradients(stage.generator), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_that_a_held_network_lets_gradients_through_and_learns_again_afterwards():
    network, values = torch.nn.Linear(2, 1), torch.ones(1, 2, requires_grad=True)
    with held(network):
        network(values).sum().backward()
    assert network.weight.grad is None
    assert values.grad is not None
    assert all(p.requires_grad for p in network.parameters())


def test_that_limited_context_never_sees_the_picture_and_full_context_not_the_hole(batches):
    batch = stage_of(batches).batch(np.random.default_rng(2))
    other = batch | {"picture": -batch["picture"], "masked": -batch["masked"]}
    limited, full = stage_of(batches), stage_of(batches, FULL)
    assert torch.equal(limited.channels(batch), limited.channels(other))
    hole = torch.from_numpy(batch["hole"]) > 0
    told = full.channels(batch)[:, 1:]
    assert torch.equal(told[~hole], torch.from_numpy(batch["picture"])[~hole])
    assert not torch.equal(told[hole], torch.from_numpy(batch["picture"])[hole])


def test_that_the_wanted_scar_is_among_the_channels(batches):
    batch = stage_of(batches).batch(np.random.default_rng(3))
    scar = torch.from_numpy(batch["scar"])
    assert torch.equal(stage_of(batches).channels(batch)[:, 2:3], scar)
    assert torch.equal(stage_of(batches, FULL).channels(batch)[:, :1], scar)


def test_that_an_interrupted_run_ends_bit_equal_to_an_uninterrupted_one(batches, tmp_path):
    torch.set_num_threads(1)
    drive(train(stage_of(batches), tmp_path / "whole", FEW))
    job = train(stage_of(batches), tmp_path / "parts", FEW)
    assert len(list(islice(job, 2))) == 2
    job.close()
    assert newest_checkpoint(tmp_path / "parts").facts["step"] == 2
    drive(train(stage_of(batches), tmp_path / "parts", FEW))
    one, other = (newest_checkpoint(tmp_path / name).tensors for name in ("whole", "parts"))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert any(name.startswith("adam/discriminator.") for name in one)


@pytest.mark.parametrize("kind", [LIMITED, FULL])
def test_that_only_the_generator_is_exported_and_it_has_learned(batches, tmp_path, kind):
    stage = stage_of(batches, kind)
    before = {k: v.clone() for k, v in stage.generator.state_dict().items()}
    folder = drive(train(stage, tmp_path, FEW))
    card = find_model(kind, (folder,))
    verify(card, (folder,), full=True)
    loaded = load_spade(card, (folder,)).state_dict()
    assert card.role == "rival"
    assert card.trained_on.steps == 4
    assert loaded.keys() == before.keys()
    assert any((loaded[k] - before[k]).abs().max() > 1e-3 for k in before)


def test_that_a_standard_normal_style_costs_nothing():
    assert float(divergence(torch.zeros(3, 4), torch.zeros(3, 4))) == 0
    assert float(divergence(torch.ones(3, 4), torch.zeros(3, 4))) == pytest.approx(2)
    assert float(divergence(torch.zeros(3, 4), torch.ones(3, 4))) > 0


def test_that_verdicts_count_at_every_scale_and_features_without_them():
    same = [[torch.zeros(1, 2, 4, 4), torch.ones(1, 1, 2, 2)]]
    other = [[torch.ones(1, 2, 4, 4), torch.zeros(1, 1, 2, 2)]]
    assert float(towards(same + other, 1.0)) == pytest.approx(0.5)
    assert float(matching(same, other)) == 1
    assert float(matching(same, [[same[0][0], other[0][1]]])) == 0
