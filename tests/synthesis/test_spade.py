"""The SPADE generator; its blocks against MONAI's with the same weights."""

import warnings

import numpy as np
import pytest
import torch

from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.registry.cards import TrainedOn, find_model
from lgesynth_gui.synthesis.spade import (
    CHANNELS,
    FULL,
    LIMITED,
    SLOPE,
    Spade,
    SpadeBlock,
    SpadeGenerator,
    SpadeSizes,
    context_channels,
    heart_channels,
    load_spade,
)
from lgesynth_gui.training.export import numbers_of, write_model

SMALL = SpadeSizes(4, 5, (8, 8, 6), (6, 4))
MONAI_NAMES = {
    "shared": "mlp_shared.conv", "scale": "mlp_gamma.conv", "shift": "mlp_beta.conv",
    "conv_0": "conv_0.conv", "conv_1": "conv_1.conv", "conv_s": "conv_s.conv",
}  # fmt: skip


@pytest.fixture(scope="module")
def monai_spade():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from monai.networks.blocks.spade_norm import SPADE
        from monai.networks.nets.spade_network import SPADENetResBlock
    return SPADE, SPADENetResBlock


def with_weights_of(ours, theirs):
    """Their module with our weights; every one of its weights must be met.

    MONAI normalises scales and shifts once more, which the paper does not, and lets fewer negative
    values through.
    """
    for name, module in list(theirs.named_modules()):
        if name.endswith(("mlp_gamma", "mlp_beta")):
            module.adn = torch.nn.Identity()
        elif isinstance(module, torch.nn.LeakyReLU):
            module.negative_slope = SLOPE
    renamed = {}
    for key, value in ours.state_dict().items():
        *path, part, kind = key.split(".")
        renamed[".".join([*path, MONAI_NAMES[part], kind])] = value
    theirs.load_state_dict(renamed)
    return theirs


def test_that_the_normalisation_is_monais(monai_spade):
    torch.manual_seed(0)
    ours = Spade(3, 5, 7)
    theirs = with_weights_of(ours, monai_spade[0](3, 5, 3, spatial_dims=2, hidden_channels=7))
    features, labels = torch.randn(2, 5, 16, 16), torch.rand(2, 3, 16, 16)
    assert torch.allclose(ours(features, labels), theirs(features, labels), atol=1e-6)


@pytest.mark.parametrize("outputs", [5, 8])
def test_that_a_block_is_monais(monai_spade, outputs):
    torch.manual_seed(1)
    ours = SpadeBlock(3, 5, outputs, 7)
    theirs = with_weights_of(ours, monai_spade[1](2, 5, outputs, 3, 7))
    features, labels = torch.randn(2, 5, 16, 16), torch.rand(2, 3, 16, 16)
    assert torch.allclose(ours(features, labels), theirs(features, labels), atol=1e-5)


@pytest.mark.parametrize("kind", [LIMITED, FULL])
def test_that_the_usual_generator_is_small(kind):
    generator = SpadeGenerator(SpadeSizes(CHANNELS[kind]))
    assert sum(value.numel() for value in generator.state_dict().values()) < 1_200_000


def test_that_labels_and_style_both_decide_the_picture():
    torch.manual_seed(2)
    generator = SpadeGenerator(SMALL)
    labels, style = torch.rand(1, 4, 128, 128), torch.randn(1, 5)
    picture = generator(labels, style)
    assert picture.shape == (1, 1, 128, 128)
    assert not torch.equal(picture, generator(labels.flip(-1), style))
    assert not torch.equal(picture, generator(labels, -style))
    assert torch.equal(picture, generator(labels, style))


def test_that_limited_context_tells_blood_wall_scar_and_core():
    labels = torch.arange(5).reshape(1, 1, 1, 5)
    told = heart_channels(labels)[0, :, 0].numpy()
    blood, wall, scar, core = [0, 1, 0, 0, 0], [0, 0, 1, 1, 1], [0, 0, 0, 1, 1], [0, 0, 0, 0, 1]
    assert (told == np.array([blood, wall, scar, core])).all()


def test_that_full_context_is_the_scar_and_the_masked_picture():
    scar, masked = torch.ones(2, 1, 4, 4).bool(), torch.randn(2, 1, 4, 4)
    told = context_channels(scar, masked)
    assert told.shape[1] == CHANNELS[FULL]
    assert torch.equal(told[:, 1:], masked)


@pytest.mark.parametrize(
    "numbers",
    [
        {},
        {"labels": 0},
        {"labels": 4, "depth": 3},
        {"labels": 4, "widths": (8, 8)},
        {"labels": 4, "widths": (8, 10**6, 8), "hidden": (4, 4)},
    ],
)
def test_that_sizes_out_of_reach_are_refused(numbers):
    with pytest.raises(LgeSynthError):
        SpadeSizes.of(numbers)


def exported(folder, **changes):
    torch.manual_seed(3)
    generator = SpadeGenerator(SMALL)
    facts = {"architecture": "spade", "numbers": numbers_of(SMALL)} | changes
    write_model(
        folder, name=LIMITED, title="t", role="rival", network=generator,
        trained_on=TrainedOn(data="random weights of a test"), **facts,
    )  # fmt: skip
    return generator


def test_that_a_written_generator_paints_the_same_when_it_is_loaded(tmp_path):
    before = exported(tmp_path)
    after = load_spade(find_model(LIMITED, (tmp_path,)), (tmp_path,))
    assert after.sizes == SMALL
    labels, style = torch.rand(1, 4, 128, 128), torch.randn(1, 5)
    with torch.no_grad():
        assert torch.allclose(before(labels, style), after(labels, style), atol=0.02)


def test_that_a_card_of_another_kind_or_other_sizes_is_refused(tmp_path):
    exported(tmp_path / "a", architecture="unet")
    with pytest.raises(LgeSynthError, match="kind spade"):
        load_spade(find_model(LIMITED, (tmp_path / "a",)), (tmp_path / "a",))
    exported(tmp_path / "b", numbers=numbers_of(SpadeSizes(4, 6, (8, 8, 6), (6, 4))))
    with pytest.raises(Refused):
        load_spade(find_model(LIMITED, (tmp_path / "b",)), (tmp_path / "b",))
