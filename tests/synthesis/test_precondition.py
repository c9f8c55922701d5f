import pytest
import torch

from lgesynth_gui.synthesis.precondition import Bands, clean_estimate, network_input, noisy

BANDS = Bands((0.5, -1.0), (2.0, 0.3))


def gaussian(count=4000, seed=0):
    noise = torch.Generator().manual_seed(seed)
    mean, s = BANDS.tensors(torch.zeros(1))
    clean = mean + s * torch.randn(count, 2, 4, 4, generator=noise)
    return clean, torch.randn(count, 2, 4, 4, generator=noise)


@pytest.mark.parametrize("tau", [0.05, 0.3, 0.7, 1.0])
def test_that_the_network_sees_unit_bands_at_every_noise(tau):
    clean, noise = gaussian()
    at = torch.full((len(clean),), tau)
    seen = network_input(noisy(clean, noise, at), at, BANDS)
    assert seen.mean(dim=(0, 2, 3)).abs().max() < 0.02
    assert (seen.std(dim=(0, 2, 3)) - 1).abs().max() < 0.02


@pytest.mark.parametrize("tau", [0.1, 0.5, 0.9])
def test_that_a_silent_network_gives_the_best_linear_estimate(tau):
    """Its residual is uncorrelated with the noisy latent, and as large as the network's factor."""
    clean, noise = gaussian()
    at = torch.full((len(clean),), tau)
    latent = noisy(clean, noise, at)
    residual = clean - clean_estimate(torch.zeros_like(latent), latent, at, BANDS)
    for band, s in enumerate(BANDS.deviation):
        r, z = residual[:, band].flatten(), latent[:, band].flatten()
        assert abs(torch.corrcoef(torch.stack([r, z]))[0, 1]) < 0.02
        factor = s * tau / ((1 - tau) ** 2 * s**2 + tau**2) ** 0.5
        assert float(r.std()) == pytest.approx(factor, rel=0.03)


def test_that_no_noise_leaves_the_latent_as_it_is():
    clean, _ = gaussian(4)
    at = torch.full((4,), 1e-6)
    found = clean_estimate(torch.ones_like(clean), clean, at, BANDS)
    assert torch.allclose(found, clean, atol=1e-4)


@pytest.mark.parametrize("tau", [0.05, 0.4, 0.9])
def test_that_a_second_output_can_shut_the_noisy_input_out(tau):
    """With the gain that undoes the linear estimate, nothing of the noisy latent is left."""
    clean, noise = gaussian(8)
    at = torch.full((8,), tau)
    latent = noisy(clean, noise, at)
    mean, s = BANDS.tensors(latent)
    output = torch.zeros(8, 4, 4, 4)
    assert torch.equal(
        clean_estimate(output, latent, at, BANDS),
        clean_estimate(output[:, :2], latent, at, BANDS),
    )
    output[:, 2:] = -(1 - tau) * s / tau
    found = clean_estimate(output, latent, at, BANDS)
    assert torch.allclose(found, mean.expand_as(found), atol=1e-4)
