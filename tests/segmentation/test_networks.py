import pytest
import torch

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.registry.cards import Architecture
from lgesynth_gui.segmentation.networks import AttentionUNet, UNet, build
from lgesynth_gui.training.segmenter import RECIPES
from tests.segmentation.readers import SMALL


def described(name, **changes):
    return Architecture(name=name, numbers={**SMALL[name], **changes})


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("size", [(32, 32), (48, 16)])
def test_that_the_answer_has_the_size_of_the_picture(name, size):
    network = build(described(name, outputs=3)).eval()
    assert network(torch.zeros(2, 2, *size)).shape == (2, 3, *size)


def test_that_a_card_chooses_the_class():
    assert isinstance(build(described("unet")), UNet)
    assert isinstance(build(described("attention-unet")), AttentionUNet)


@pytest.mark.parametrize("name", SMALL)
def test_that_every_weight_takes_part(name):
    """A part that nothing flows through would train to nothing and hide in the file."""
    torch.manual_seed(0)
    network = build(described(name))
    network(torch.randn(2, 2, 32, 32)).pow(2).sum().backward()
    assert all(one.grad is not None and one.grad.abs().sum() > 0 for one in network.parameters())


@pytest.mark.parametrize("name", SMALL)
def test_that_a_pixel_is_judged_by_its_neighbourhood(name):
    """The answer follows a picture moved by whole cells of the coarsest level."""
    torch.manual_seed(1)
    network = build(described(name)).eval()
    picture = torch.zeros(1, 2, 64, 64)
    picture[..., 20:30, 22:28] = torch.randn(10, 6)
    with torch.no_grad():
        here = network(picture)
        there = network(torch.roll(picture, (8, 4), (2, 3)))
    assert torch.allclose(torch.roll(here, (8, 4), (2, 3))[..., 16:-16, 16:-16],
                          there[..., 16:-16, 16:-16], atol=1e-3)  # fmt: skip


@pytest.mark.parametrize(
    "broken",
    [
        described("unet", channels=(8, 12)),
        described("unet", channels=(8,)),
        described("unet", channels=(8,) * 7),
        described("unet", channels=(8, 1024)),
        described("unet", channels=8),
        described("unet", channels=(8, 16.5)),
        described("unet", inputs=0),
        described("unet", inputs=17),
        described("unet", inputs=1.5),
        described("unet", depth=3),
        described("attention-unet", blocks=(1, 1, 1)),
        described("attention-unet", blocks=(1, 9)),
        Architecture(name="attention-unet", numbers=SMALL["unet"]),
        Architecture(name="unet", numbers={}),
        Architecture(name="bert", numbers=SMALL["unet"]),
    ],
)
def test_that_an_unusable_description_is_refused(broken):
    with pytest.raises(Refused, match="MOD-04"):
        build(broken)


def test_that_the_judge_is_built_unlike_the_rewards():
    """The judge's opinion is only worth something if it is another network's."""
    names = {key: RECIPES[key].architecture for key in ("judge", "reward-a", "reward-b")}
    assert names["judge"].name != names["reward-a"].name == names["reward-b"].name
    assert names["reward-a"].numbers != names["reward-b"].numbers
    streams = {RECIPES[key].stream for key in ("judge", "reward-a", "contours")}
    assert len(streams) == 3


@torch.no_grad()
def test_that_every_recipe_can_be_built_for_the_model_grid():
    for recipe in RECIPES.values():
        network = build(recipe.architecture).eval()
        numbers = recipe.architecture.numbers
        for side in {recipe.variation.field, 128}:
            answer = network(torch.zeros(1, numbers["inputs"], side, side))
            assert answer.shape == (1, numbers["outputs"], side, side)
        assert sum(one.numel() for one in network.parameters()) < 2e6
