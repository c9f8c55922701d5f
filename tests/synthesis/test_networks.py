import copy

import pytest
import torch

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.synthesis.networks import (
    Denoiser,
    NetworkSizes,
    TextSizes,
    build_control,
    build_unet,
    known_channels,
)
from lgesynth_gui.synthesis.precondition import clean_estimate, network_input
from tests.synthesis.tiny import BANDS, SIZES


@pytest.fixture(scope="module")
def nets():
    torch.manual_seed(0)
    unet = build_unet(SIZES).eval()
    return unet, build_control(unet, SIZES).eval()


def inputs(count=2):
    noise = torch.Generator().manual_seed(1)
    latent = torch.randn(count, 16, 32, 32, generator=noise)
    known = torch.randn(count, 32, 32, 32, generator=noise)
    context = torch.randn(count, 8, SIZES.text_width, generator=noise)
    maps = torch.randn(count, 4, 128, 128, generator=noise)
    return latent, torch.tensor([0.3, 0.9]), known, context, maps


@torch.no_grad()
def test_that_an_untrained_control_network_changes_nothing(nets):
    unet, control = nets
    latent, tau, known, context, maps = inputs()
    alone = Denoiser(unet, None, BANDS)(latent, tau, known, context, None)
    both = Denoiser(unet, control, BANDS)(latent, tau, known, context, maps)
    assert alone.shape == latent.shape
    assert torch.allclose(alone, both, atol=1e-6)


@torch.no_grad()
def test_that_items_of_a_batch_do_not_see_each_other(nets):
    latent, tau, known, context, maps = inputs()
    model = Denoiser(*nets, BANDS)
    both = model(latent, tau, known, context, maps)
    first = model(latent[:1], tau[:1], known[:1], context[:1], maps[:1])
    assert torch.allclose(both[:1], first, atol=1e-5)


def test_that_only_the_control_network_learns_when_the_base_is_frozen(nets):
    unet, control = nets
    unet.requires_grad_(False)
    latent, tau, known, context, maps = inputs()
    Denoiser(unet, control, BANDS)(latent, tau, known, context, maps).square().mean().backward()
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in control.parameters())
    assert all(p.grad is None for p in unet.parameters())
    unet.requires_grad_(True)
    control.zero_grad(set_to_none=True)


def test_that_the_hole_mask_reaches_the_latent_grid_without_loss():
    hole = (torch.rand(1, 1, 128, 128, generator=torch.Generator().manual_seed(0)) > 0.5).float()
    known = known_channels(torch.zeros(1, 16, 32, 32), hole, BANDS)
    back = torch.nn.functional.pixel_shuffle(known[:, 16:], 4)
    assert torch.equal((back + 1) / 2, hole)


@pytest.mark.parametrize(
    "wrong",
    [
        {"widths": (10, 16, 32)},
        {"heads": (0, 1, 1)},
        {"latent": 0},
        {"layers": 99},
        {"text_width": 10**9},
        {"colour": 1},
    ],
)
def test_that_sizes_out_of_range_are_refused_before_anything_is_built(wrong):
    good = {"widths": (16, 16, 32), "heads": (1, 1, 2), "norm_groups": 8}
    with pytest.raises(LgeSynthError):
        NetworkSizes.of({**good, **wrong})


def test_that_a_text_encoder_of_any_size_is_not_built():
    with pytest.raises(LgeSynthError):
        TextSizes(vocabulary=10**9)
    with pytest.raises(LgeSynthError):
        TextSizes(vocabulary=100, width=33, heads=2)


@torch.no_grad()
def test_that_a_known_hint_gives_what_the_control_network_itself_gives(nets):
    """The oracle is the library's own forward pass, stem included."""
    unet, control = nets
    loud = copy.deepcopy(control)
    for outlet in [*loud.controlnet_down_blocks, loud.controlnet_mid_block]:
        torch.nn.init.normal_(outlet.weight, std=0.2)
    latent, tau, known, context, maps = inputs()
    model = Denoiser(unet, loud, BANDS)
    told = model(latent, tau, known, context, maps, model.hint(maps))
    assert torch.equal(told, model(latent, tau, known, context, maps))
    seen = torch.cat([network_input(latent, tau, BANDS), known], dim=1)
    steps = 1000 * tau
    down, mid = loud(seen, steps, context, maps, return_dict=False)
    output = unet(
        seen, steps, context, return_dict=False,
        down_block_additional_residuals=down, mid_block_additional_residual=mid,
    )[0]  # fmt: skip
    assert torch.allclose(told, clean_estimate(output, latent, tau, BANDS), atol=1e-6)
    assert not torch.allclose(told, model(latent, tau, known, context, None), atol=1e-2)
