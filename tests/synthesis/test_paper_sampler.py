"""Painting in the paper's configuration: its schedule, its conditions, the same seed again."""

import numpy as np
import pytest
import torch
from diffusers import DDPMScheduler

from lgesynth_gui.core.jobs import drive
from lgesynth_gui.synthesis.paper_configs import ScheduleConfig
from lgesynth_gui.synthesis.paper_folder import plan
from lgesynth_gui.synthesis.paper_model import load_paper
from lgesynth_gui.synthesis.paper_sampler import conditions, filled, paint_as_paper
from lgesynth_gui.synthesis.paper_schedule import Schedule
from tests.synthesis.tiny_paper import BETAS, write_bert, write_sd

WORDS = "Transmural enhancement in the anterior wall"


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    root = tmp_path_factory.mktemp("paper")
    bert = write_bert(root / "bert")
    return {
        "painting": drive(load_paper(plan(write_sd(root / "four", control=3), bert))),
        "inpainting": drive(load_paper(plan(write_sd(root / "nine", inputs=9), bert))),
        "velocity": drive(load_paper(plan(write_sd(root / "v", prediction="v_prediction"), bert))),
    }


@pytest.fixture
def scene():
    rng = torch.Generator().manual_seed(0)
    picture = torch.rand(2, 1, 128, 128, generator=rng)
    hole = torch.zeros_like(picture)
    hole[..., 60:70, 50:62] = 1
    edge = hole.clone()
    edge[..., 61:69, 51:61] = 0
    return picture, hole, edge


def noise(*seeds):
    return [torch.Generator().manual_seed(seed) for seed in seeds]


@pytest.mark.parametrize("kind", ["painting", "inpainting", "velocity"])
def test_that_a_seed_gives_the_same_picture_again_and_another_gives_another(papers, scene, kind):
    paper = papers[kind]
    told = conditions(paper, *scene)
    first, again, other = (
        drive(paint_as_paper(paper, told, [WORDS, WORDS], noise(*seeds)))
        for seeds in ((1, 2), (1, 2), (1, 3))
    )
    assert first.shape == (2, 128, 128)
    assert np.isfinite(first).all()
    assert (first == again).all()
    assert np.allclose(first[0], other[0], atol=1e-4)
    assert not np.allclose(first[1], other[1], atol=1e-3)


def test_that_it_yields_after_each_of_ten_steps(papers, scene):
    told = conditions(papers["painting"], *scene)
    steps = list(paint_as_paper(papers["painting"], told, [WORDS] * 2, noise(1, 2)))
    assert [step.done for step in steps] == list(range(1, 11))
    with pytest.raises(ValueError, match="as many captions"):
        drive(paint_as_paper(papers["painting"], told, [WORDS], noise(1)))


def test_that_the_caption_changes_the_picture_and_more_so_with_more_guidance(papers, scene):
    paper, words = papers["painting"], [WORDS, WORDS]
    told = conditions(paper, *scene)
    plain = drive(paint_as_paper(paper, told, ["", ""], noise(1, 2), text_scale=1))
    little, much = (
        np.abs(drive(paint_as_paper(paper, told, words, noise(1, 2), text_scale=k)) - plain).mean()
        for k in (1, 9)
    )
    assert 0 < little < much


def test_that_the_hole_is_filled_by_its_own_mean_and_nothing_else_changes(scene):
    picture, hole, _ = scene
    told = filled(picture, hole)
    inside = hole > 0
    assert torch.equal(told[~inside], picture[~inside])
    assert told[0][inside[0]].std() < 1e-6
    assert told[0][inside[0]].mean() == pytest.approx(picture[0][inside[0]].mean().item(), abs=1e-6)
    assert torch.equal(filled(picture, torch.zeros_like(hole)), picture)


def test_that_edge_map_and_masked_slice_are_shown_and_the_scar_itself_is_not(papers, scene):
    picture, hole, edge = scene
    brighter = torch.where(hole > 0, hole.cumsum(dim=2) - 5.0, picture)  # another scar
    brighter += torch.where(hole > 0, picture[hole > 0].mean() - brighter[hole > 0].mean(), 0.0)
    for kind, channels in (("painting", 3), ("inpainting", 2)):
        told = conditions(papers[kind], picture, hole, edge)
        assert told.shown.shape == (2, channels, 64, 64)
        assert set(told.shown[:, 0].unique().tolist()) == {0.0, 1.0}
    same = conditions(papers["inpainting"], brighter, hole, edge)
    one = conditions(papers["inpainting"], brighter.flip(0), hole, edge)
    inner = same.known[:, :1] > 0
    assert inner.any()
    assert not torch.equal(same.shown, one.shown)
    moved = torch.where(hole > 0, filled(brighter, hole), brighter)
    flat = conditions(papers["inpainting"], moved, hole, edge)
    assert torch.allclose(flat.shown, same.shown, atol=1e-5)


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction"])
def test_that_the_noise_is_the_librarys_and_a_right_prediction_gives_the_clean_latent(kind):
    schedule = Schedule(ScheduleConfig(**BETAS, prediction_type=kind))
    theirs = DDPMScheduler(**BETAS, prediction_type=kind)
    clean, white = torch.randn(2, 3, 4, 8, 8)
    at = torch.tensor([0, 200, 999])
    latent = schedule.noisy(clean, white, at)
    target = schedule.target(clean, white, at)
    assert torch.allclose(latent, theirs.add_noise(clean, white, at), atol=1e-5)
    wanted = white if kind == "epsilon" else theirs.get_velocity(clean, white, at)
    assert torch.allclose(target, wanted, atol=1e-5)
    assert torch.allclose(schedule.clean(target, latent, at), clean, atol=1e-3)
    assert (schedule.window, len(schedule)) == (200, 1000)
