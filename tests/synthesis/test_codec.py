import torch

from lgesynth_gui.synthesis.codec import HaarPacket

CODEC = HaarPacket()


def picture(seed=0):
    return torch.randn(2, 1, 128, 128, generator=torch.Generator().manual_seed(seed))


def test_that_decoding_undoes_encoding_exactly_on_a_binary_grid():
    u = torch.round(picture().clamp(-1.5, 2) * 2**11) / 2**11
    assert torch.equal(CODEC.decode(CODEC.encode(u)), u)


def test_that_decoding_undoes_encoding_within_rounding():
    u = picture().clamp(-1.5, 2)
    assert (CODEC.decode(CODEC.encode(u)) - u).abs().max() <= 1e-6


def test_that_the_latent_has_the_promised_shape_and_energy():
    u = picture()
    z = CODEC.encode(u)
    assert z.shape == (2, CODEC.channels, 128 // CODEC.factor, 128 // CODEC.factor)
    assert torch.allclose(z.square().sum(), u.square().sum(), rtol=1e-5)  # orthonormal


def test_that_the_first_band_is_the_local_mean():
    u = torch.full((1, 1, 128, 128), 0.25)
    z = CODEC.encode(u)
    assert torch.equal(z[:, 0], torch.full((1, 32, 32), 1.0))
    assert z[:, 1:].abs().max() == 0


def test_that_it_is_two_haar_levels_with_every_band_split():
    """Against two passes of the 2 x 2 Haar transform, up to order and sign of the bands."""

    def haar(x):
        a, b, c, d = x[..., ::2, ::2], x[..., ::2, 1::2], x[..., 1::2, ::2], x[..., 1::2, 1::2]
        return torch.cat([a + b + c + d, a - b + c - d, a + b - c - d, a - b - c + d], 1) / 2

    u = picture()
    expected, found = haar(haar(u)).abs(), CODEC.encode(u).abs()
    for band in range(16):
        gap = (expected - found[:, band : band + 1]).abs().amax(dim=(0, 2, 3))
        assert gap.min() < 1e-5
