from dataclasses import replace

import numpy as np
import pytest
import torch

from lgesynth_gui.core.jobs import drive
from lgesynth_gui.synthesis.codec import HaarPacket
from lgesynth_gui.synthesis.networks import Denoiser, build_control, build_unet
from lgesynth_gui.synthesis.precondition import Bands
from lgesynth_gui.synthesis.sampler import (
    SHARED,
    Scene,
    generator_of,
    noise_fractions,
    sample,
    starting_noise,
)
from tests.synthesis.tiny import BANDS, SIZES

CODEC = HaarPacket()


class Knows(torch.nn.Module):
    """A denoiser that always estimates one picture; counts how often it is asked."""

    bands = Bands((0.0,) * 16, (1.0,) * 16)

    def __init__(self, picture):
        super().__init__()
        self.clean, self.asked = CODEC.encode(picture), []

    def hint(self, maps):
        return None

    def forward(self, latent, tau, known, context, maps, hint=None):
        self.asked += [(float(t), float(c.sum())) for t, c in zip(tau, context, strict=True)]
        return self.clean + 0.01 * latent


def scene(text_scale=1.0):
    host = torch.linspace(-1, 1, 128 * 128).reshape(1, 1, 128, 128)
    host = host + 0.02 * torch.randn(host.shape, generator=torch.Generator().manual_seed(0))
    hole = torch.zeros_like(host)
    hole[..., 50:70, 50:70] = 1
    blend = torch.zeros_like(host)
    blend[..., 46:74, 46:74] = 1
    full, empty = torch.ones(1, 4, 8), torch.zeros(1, 4, 8)
    return Scene(
        host, host * (1 - hole), hole, blend, torch.zeros(1, 4, 128, 128), full, empty, text_scale
    )


@pytest.mark.parametrize("steps", [1, 6, 25])
def test_that_the_painted_picture_is_the_last_estimate_inside_and_the_host_outside(steps):
    wanted = torch.full((1, 1, 128, 128), 0.5)
    one = scene()
    found = drive(sample(Knows(wanted), CODEC, one, steps, [generator_of(1, 0)]))[0]
    inside = one.blend[0, 0].numpy() > 0
    assert abs(found[inside] - 0.5).max() < 0.1
    assert (found[~inside] == one.host[0, 0].numpy()[~inside]).all()


def test_that_noise_falls_from_one_to_one_step():
    assert noise_fractions(4) == (1.0, 0.75, 0.5, 0.25)
    model = Knows(torch.zeros(1, 1, 128, 128))
    drive(sample(model, CODEC, scene(), 4, [generator_of(1, 0)]))
    assert [tau for tau, _ in model.asked] == [1.0, 0.75, 0.5, 0.25]


def test_that_the_same_seed_gives_the_same_pixels_and_another_others():
    def painted(seed, index=0):
        model = Knows(torch.zeros(1, 1, 128, 128))
        return drive(sample(model, CODEC, scene(), 3, [generator_of(seed, index)]))

    assert (painted(1) == painted(1)).all()
    assert (painted(1) != painted(2)).any()
    assert (painted(1) != painted(1, 1)).any()  # another slice has other noise


def test_that_text_guidance_asks_twice_and_moves_away_from_no_text():
    model = Knows(torch.zeros(1, 1, 128, 128))
    drive(sample(model, CODEC, scene(text_scale=2.0), 2, [generator_of(1, 0)]))
    assert [text for _, text in model.asked] == [32.0, 0.0] * 2


def test_that_a_guide_sees_every_estimate_and_cannot_touch_the_host():
    seen = []

    def guide(picture, tau):
        seen.append(tau)
        return picture + 5

    one = scene()
    found = drive(sample(Knows(one.host), CODEC, one, 3, [generator_of(1, 0)], guide))[0]
    outside = one.blend[0, 0].numpy() == 0
    assert (found[outside] == one.host[0, 0].numpy()[outside]).all()
    assert found[~outside].min() > 3
    assert seen == list(noise_fractions(3))


def test_that_gradients_stay_on_for_whoever_drives_the_job():
    job = sample(Knows(torch.zeros(1, 1, 128, 128)), CODEC, scene(), 2, [generator_of(1, 0)])
    next(job)
    assert torch.is_grad_enabled()
    job.close()


def test_that_every_step_is_told_with_a_preview():
    model = Knows(torch.zeros(1, 1, 128, 128))
    steps = [s for s in sample(model, CODEC, scene(), 4, [generator_of(1, 0)]) if s is not None]
    assert [s.done for s in steps] == [1, 2, 3, 4]
    assert all(s.preview.shape == (128, 128) for s in steps)
    assert all(0 <= np.min(s.preview) <= np.max(s.preview) <= 1 for s in steps)


def test_that_pictures_painted_together_are_the_ones_painted_alone():
    """Real networks, another drawing, caption and hole each, with text guidance."""
    torch.manual_seed(0)
    unet = build_unet(SIZES)
    control = build_control(unet, SIZES)
    for outlet in [*control.controlnet_down_blocks, control.controlnet_mid_block]:
        torch.nn.init.normal_(outlet.weight, std=0.2)
    denoiser = Denoiser(unet, control, BANDS).eval()
    host = torch.rand(3, 1, 128, 128)
    hole = (torch.rand(3, 1, 16, 16) > 0.6).float().repeat_interleave(8, 2).repeat_interleave(8, 3)
    maps, context = torch.rand(3, 4, 128, 128), torch.randn(3, 6, 32)
    masked = host * (1 - hole)
    whole = Scene(host, masked, hole, hole, maps, context, torch.randn(1, 6, 32), 2.0)
    together = drive(sample(denoiser, CODEC, whole, 3, [generator_of(8, k) for k in range(3)]))
    for k in range(3):
        part = [t[k : k + 1] for t in (host, masked, hole, hole, maps, context)]
        one = Scene(*part, whole.no_context, 2.0)
        alone = drive(sample(denoiser, CODEC, one, 3, [generator_of(8, k)]))
        assert abs(alone[0] - together[k]).max() < 1e-4
        assert abs(alone[0] - together[(k + 1) % 3]).max() > 0.1


def test_that_every_picture_needs_its_own_noise():
    with pytest.raises(ValueError, match="as many generators"):
        next(sample(Knows(scene().host), CODEC, scene(), 1, []))


def test_that_half_precision_is_near_and_full_precision_is_not_touched_by_it():
    """Autocast ends with the networks: the path and the picture stay float32."""
    torch.manual_seed(0)
    denoiser = Denoiser(build_unet(SIZES), None, BANDS).eval()
    one = scene()
    one = replace(one, context=torch.ones(1, 4, 32), no_context=torch.zeros(1, 4, 32))

    def painted(half):
        return drive(sample(denoiser, CODEC, one, 3, [generator_of(8, 0)], None, half))

    full, half = painted(False), painted(True)
    assert half.dtype == np.float32
    assert 0 < abs(full - half).max() < 0.05
    assert (painted(False) == full).all()


SHAPE = (1, 16, 32, 32)


def likeness(one, other):
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def test_that_slices_of_a_seed_share_coarse_noise_and_keep_a_grain_of_their_own():
    pairs = [(drawn(seed, 3), drawn(seed, 4)) for seed in range(8)]
    coarse = np.mean([likeness(a[:, 0], b[:, 0]) for a, b in pairs])
    fine = np.mean([likeness(a[:, 1:], b[:, 1:]) for a, b in pairs])
    assert abs(coarse - SHARED) < 0.05
    assert abs(fine) < 0.02


def test_that_other_seeds_and_other_sources_share_nothing():
    assert abs(likeness(drawn(1, 3)[:, 0], drawn(2, 3)[:, 0])) < 0.1
    assert abs(likeness(drawn(1, 3)[:, 0], drawn(2, 4)[:, 0])) < 0.1
    plain = starting_noise(torch.Generator().manual_seed(1), SHAPE)
    assert (plain == torch.randn(SHAPE, generator=torch.Generator().manual_seed(1))).all()


def test_that_shared_noise_stays_white_with_deviation_one():
    noise = np.stack([drawn(seed, 5)[0] for seed in range(40)])
    assert abs(noise[:, 0].std() - 1) < 0.02
    assert abs(noise[:, 1:].std() - 1) < 0.01
    first = noise[:, 0]
    assert abs(likeness(first[:, :, 1:], first[:, :, :-1])) < 0.02  # no pixel knows its neighbour
    assert abs(likeness(noise[:, 0], noise[:, 1])) < 0.02  # nor a band the other


def test_that_a_slice_draws_the_same_noise_alone_and_in_a_stack():
    alone = drawn(9, 6)
    stack = [drawn(9, index) for index in range(10)]
    assert (alone == stack[6]).all()
    assert all((alone != other).any() for k, other in enumerate(stack) if k != 6)


def drawn(seed, index):
    return starting_noise(generator_of(seed, index), SHAPE).numpy()
