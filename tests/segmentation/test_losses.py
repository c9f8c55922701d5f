import numpy as np
import pytest
import torch
from scipy import ndimage
from torch.nn import functional

from lgesynth_gui.segmentation.losses import anatomy_loss, roi_of, scar_loss, soft_dice


def scene(seed=0, n=3, size=24):
    rng = np.random.default_rng(seed)
    truth = torch.from_numpy((rng.random((n, 1, size, size)) < 0.2).astype(np.float32))
    logits = torch.from_numpy(rng.normal(0, 2, (n, 1, size, size)).astype(np.float32))
    roi = torch.zeros(n, 1, size, size)
    roi[..., 4:20, 4:20] = 1
    return logits, truth, roi


def test_that_the_region_is_the_wall_dilated_by_a_square():
    wall = torch.zeros(1, 1, 30, 30)
    wall[0, 0, 10:12, 14] = 1
    wanted = ndimage.binary_dilation(wall[0, 0].numpy() > 0, np.ones((7, 7)))
    assert (roi_of(wall)[0, 0].numpy() > 0).tolist() == wanted.tolist()


def test_that_soft_dice_of_masks_is_dice():
    _, truth, roi = scene()
    other = scene(1)[1]
    found = soft_dice(other, truth, roi, smooth=0).numpy()
    for k in range(3):
        a, b = other[k, 0, 4:20, 4:20].numpy() > 0, truth[k, 0, 4:20, 4:20].numpy() > 0
        assert found[k] == pytest.approx(2 * (a & b).sum() / (a.sum() + b.sum()))


def test_that_soft_dice_of_nothing_is_1():
    none = torch.zeros(1, 1, 8, 8)
    assert soft_dice(none, none, none + 1).item() == 1.0


def test_that_the_scar_loss_is_cross_entropy_and_dice_inside_the_region():
    logits, truth, roi = scene()
    found = scar_loss(logits, truth, roi)
    for k in range(3):
        inside = (slice(k, k + 1), slice(None), slice(4, 20), slice(4, 20))
        entropy = functional.binary_cross_entropy_with_logits(
            logits[inside], truth[inside], pos_weight=torch.tensor(3.0)
        )
        p, t = torch.sigmoid(logits[inside]), truth[inside]
        overlap = (2 * (p * t).sum() + 8) / (p.sum() + t.sum() + 8)
        assert found[k].item() == pytest.approx((entropy + 1 - overlap).item(), rel=1e-5)


def test_that_nothing_outside_the_region_matters():
    logits, truth, roi = scene()
    loss = scar_loss(logits, truth, roi)
    assert torch.equal(scar_loss(logits + 9 * (1 - roi), truth, roi), loss)
    logits.requires_grad_()
    scar_loss(logits, truth, roi).sum().backward()
    assert (logits.grad * (1 - roi)).abs().sum() == 0
    assert (logits.grad * roi).abs().sum() > 0


def test_that_a_better_answer_costs_less():
    _, truth, roi = scene()
    costs = [scar_loss(k * (2 * truth - 1), truth, roi).mean().item() for k in (-4, 0, 1, 4, 20)]
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] < 1e-3


def test_that_an_empty_slice_does_not_rule():
    """Without scar a small false alarm must not cost as much as a wholly missed scar."""
    roi = torch.ones(1, 1, 32, 32)
    none, scar = torch.zeros_like(roi), torch.zeros_like(roi)
    scar[..., 10:20, 10:20] = 1
    speck = torch.full_like(roi, -8.0)
    speck[..., 3, 3:5] = 8
    missed = scar_loss(torch.full_like(roi, -8.0), scar, roi)
    assert scar_loss(speck, none, roi) < 0.3 * missed


def test_that_a_region_of_nothing_costs_nothing_but_is_finite():
    logits, truth, roi = scene()
    assert torch.isfinite(scar_loss(logits, truth, roi * 0)).all()


def test_that_the_anatomy_loss_is_cross_entropy_and_mean_dice():
    rng = np.random.default_rng(0)
    logits = torch.from_numpy(rng.normal(0, 1, (2, 4, 12, 12)).astype(np.float32))
    classes = torch.from_numpy(rng.integers(0, 4, (2, 12, 12)))
    share = torch.softmax(logits, 1)
    dices = []
    for n in range(2):
        for k in (1, 2, 3):
            t = (classes[n] == k).float()
            dices.append((2 * (share[n, k] * t).sum() + 8) / (share[n, k].sum() + t.sum() + 8))
    wanted = functional.cross_entropy(logits, classes) + 1 - torch.stack(dices).mean()
    assert anatomy_loss(logits, classes).item() == pytest.approx(wanted.item(), rel=1e-5)
    perfect = 30 * functional.one_hot(classes, 4).movedim(-1, 1).float()
    assert anatomy_loss(perfect, classes) < 1e-3


def test_that_half_precision_logits_are_widened():
    logits, truth, roi = scene()
    assert scar_loss(logits.bfloat16(), truth, roi.bfloat16()).dtype == torch.float32
