"""The ControlNet that is also shown another patient's slice."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.registry.cards import find_model
from lgesynth_gui.synthesis.models import load_bundle
from lgesynth_gui.training.data import Batches, make_pool
from lgesynth_gui.training.loop import LoopOptions, train
from lgesynth_gui.training.template import NEAREST, Donors, radii, template_stage
from tests.synthesis.tiny import write_bundle

FEW = LoopOptions(steps=2, warmup=1, bf16=False, log_every=1, learning_rate=1e-3)


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pool")
    return drive(make_pool(folder / "p.npz", "generator", 0, 24, workers=1))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return write_bundle(tmp_path_factory.mktemp("models"))


def test_that_a_donor_holds_scar_is_another_slice_and_of_about_the_same_size(pool):
    donors, rng = Donors(pool), np.random.default_rng(0)
    sizes = radii(pool.labels)
    for place in range(len(pool)):
        found = {donors.near(pool.labels[place], rng, place) for _ in range(20)}
        assert place not in found
        assert pool.positive[list(found)].all()
        far = np.square(sizes - sizes[place]).sum(axis=1)
        far[~pool.positive] = np.inf
        far[place] = np.inf
        assert max(far[list(found)]) <= np.sort(far)[NEAREST - 1]


def test_that_a_donor_shows_its_slice_its_scar_and_its_wall(pool):
    place = int(np.flatnonzero(pool.positive)[0])
    picture, scar, wall = Donors(pool).maps(place)
    assert (picture == pool.pictures[place].astype(np.float32)).all()
    assert ((scar != 0) == (pool.labels[place] >= 3)).all()
    assert ((wall > 0) == (pool.labels[place] >= 2)).all()


def test_that_a_pool_without_other_scars_is_refused(pool):
    few = np.flatnonzero(pool.positive)[:1]
    fields = ("pictures", "labels", "depth", "captions", "limits")
    lonely = replace(pool, **{name: getattr(pool, name)[few] for name in fields})
    with pytest.raises(LgeSynthError):
        Donors(lonely)


def test_that_it_starts_as_the_trained_control_network_whatever_the_donor(pool, models):
    stage = template_stage(Batches(pool, 2), (models,))
    plain = load_bundle(folders=(models,)).denoiser
    parts = stage.prepared(stage.batch(np.random.default_rng(1)))
    assert parts["maps"].shape == (2, 7, 128, 128)
    tau, white = torch.tensor([0.5, 0.9]), torch.randn(2, 16, 32, 32)
    with torch.no_grad():
        wide = stage.estimate(parts, tau, white)
        fewer = parts | {"maps": parts["maps"][:, :4]}
        stage.denoiser = plain
        narrow = stage.estimate(fewer, tau, white)
    assert torch.allclose(wide, narrow, atol=1e-6)


def test_that_it_learns_to_look_at_the_donor_and_nothing_else_learns(pool, models, tmp_path):
    stage = template_stage(Batches(pool, 2), (models,))
    for module in (stage.denoiser.unet, stage.encoder):
        assert not any(p.requires_grad for p in module.parameters())
    # outputs of a fresh ControlNet are silent, so that its stem hears nothing in the first step
    folder = drive(train(stage, tmp_path, replace(FEW, steps=3)))
    stem = stage.denoiser.control.controlnet_cond_embedding.conv_in.weight
    assert stem[:, 4:].abs().max() > 0
    card = find_model("controlnet-template", (folder,))
    assert card.base == find_model("controlnet", (models,)).base
    assert "Starts from controlnet/1.0.0" in card.notes


def test_that_it_is_no_control_network_of_the_program(pool, models, tmp_path):
    folder = drive(train(template_stage(Batches(pool, 2), (models,)), tmp_path, FEW))
    folders = (folder, models)
    assert find_model("controlnet-template", folders).role == "rival"
    assert load_bundle(folders=folders).cards[0][1].id == "controlnet"
    with pytest.raises(LgeSynthError, match="comparison only"):
        load_bundle("controlnet-template", folders=folders)
    bundle = load_bundle("controlnet-template", folders=folders, template=True)
    assert bundle.denoiser.control.controlnet_cond_embedding.conv_in.in_channels == 7
    with pytest.raises(LgeSynthError, match="no synthesis model"):  # it alone is no default
        load_bundle(folders=(folder,))
