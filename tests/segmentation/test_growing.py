"""Fast ways of pooling give what torch's own give, to the bit."""

import pytest
import torch
from torch.nn import functional

from lgesynth_gui.segmentation.growing import grown
from lgesynth_gui.segmentation.networks import halved


@pytest.mark.parametrize("pixels", [1, 3, 6])
def test_that_a_mask_grows_as_by_pooling_in_two_dimensions(pixels):
    mask = (torch.rand(3, 1, 40, 52, generator=torch.Generator().manual_seed(1)) > 0.97).float()
    size = 2 * pixels + 1
    wanted = functional.max_pool2d(mask, size, stride=1, padding=pixels)
    assert torch.equal(grown(mask, pixels), wanted)


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_that_halving_has_the_values_and_gradients_of_max_pooling_also_among_equals(kind):
    chance = torch.Generator().manual_seed(2)
    picture = torch.randint(-2, 3, (4, 5, 16, 12), generator=chance).to(kind).requires_grad_()
    weight = torch.rand(4, 5, 8, 6, generator=chance).to(kind)
    found, wanted = halved(picture), functional.max_pool2d(picture, 2)
    assert torch.equal(found, wanted)
    (ours,) = torch.autograd.grad((found * weight).sum(), picture)
    (theirs,) = torch.autograd.grad((wanted * weight).sum(), picture)
    assert torch.equal(ours, theirs)
