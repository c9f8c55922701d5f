import numpy as np
import pytest
import torch

from lgesynth_gui.anatomy.wall import wall_of
from lgesynth_gui.segmentation.crop import limits, normalise
from lgesynth_gui.synthesis.guidance import ENOUGH, WINDOW, RewardGuide
from tests.synthesis.tiny import scarred


class Threshold(torch.nn.Module):
    """A reader without weights: bright is scar."""

    def __init__(self, at=0.0, sharp=6.0):
        super().__init__()
        self.at, self.sharp, self.threshold = at, sharp, 0.5

    def forward(self, u, wall):
        return torch.cat([self.sharp * (u - self.at)] * 2, dim=1)


@pytest.fixture(scope="module")
def heart():
    one, _ = scarred()
    wall = wall_of(one.contours, one.image.shape, (1.0, 1.0))
    labels = np.where(wall.mask | wall.cavity, one.labels, 0)
    u = normalise(one.clean, limits(one.clean))[0]
    return torch.tensor(u)[None, None], torch.tensor(labels, dtype=torch.float32)[None, None]


def guide_of(heart, reader=None, step=0.1, hole=None):
    host, labels = heart
    hole = torch.ones_like(host) if hole is None else hole
    noise = torch.Generator().manual_seed(0)
    return RewardGuide([reader or Threshold(0.5)], labels, hole, host, step, [noise])


def test_that_a_step_makes_the_readers_see_more_of_the_wanted_scar(heart):
    guide = guide_of(heart)
    before = heart[0]
    after = guide(before, 0.5)
    assert guide.losses(after)[0] < guide.losses(before)[0]
    scar = guide.scar > 0
    assert after[scar].mean() > before[scar].mean()


@pytest.mark.parametrize("tau", [1.0, WINDOW[1] + 0.01, WINDOW[0] - 0.01, 0.0])
def test_that_nothing_moves_outside_the_window(heart, tau):
    assert guide_of(heart)(heart[0], tau) is heart[0]


def test_that_only_the_hole_near_the_scar_moves(heart):
    host, _ = heart
    hole = torch.zeros_like(host)
    hole[..., :64] = 1
    guide = guide_of(heart, hole=hole)
    moved = (guide(host, 0.5) != host).float()
    near = torch.nn.functional.max_pool2d(guide.scar, 7, 1, 3)
    assert not (moved * (1 - hole)).any()
    assert not (moved * (1 - near)).any()


def test_that_the_step_has_the_asked_size(heart):
    guide = guide_of(heart, step=0.08)
    moved = guide(heart[0], 0.5) - heart[0]
    where = moved != 0
    size = moved[where].square().mean().sqrt() / heart[0].std()
    assert 0.07 < float(size) < 0.1


def test_that_it_rests_once_the_readers_see_enough(heart):
    sees_all = Threshold(-9.0, sharp=100.0)
    guide = guide_of(heart, reader=sees_all)
    guide._roi = guide.scar  # look at the scar alone: the reader's Dice there is 1
    assert guide.losses(heart[0])[1].all()
    assert guide(heart[0], 0.5) is heart[0]
    assert ENOUGH < 1


def test_that_the_contrast_bound_pulls_an_over_bright_scar_down(heart):
    """A reader that hardly cares pulls on, up; the contrast term turns the step round."""
    host, _ = heart
    guide = guide_of(heart, reader=Threshold(50.0, sharp=0.01))
    assert guide.wanted.isfinite().all()
    scar = guide.scar > 0
    bright = torch.where(scar, host.max() + 3, host)
    bounded = guide(bright, 0.5)
    assert bounded[scar].mean() < bright[scar].mean()
    assert guide.contrast(bounded) < guide.contrast(bright)
    guide.wanted = torch.full_like(guide.wanted, torch.nan)  # no bound
    assert guide(bright, 0.5)[scar].mean() > bright[scar].mean()


def test_that_a_bounded_scar_comes_to_rest_near_the_wanted_contrast(heart):
    """Step after step down from far above; the reader has no say."""
    host, _ = heart
    guide = guide_of(heart, reader=Threshold(50.0, sharp=0.0), step=0.1)
    picture = torch.where(guide.scar > 0, host.max() + 3, host)
    start = float(guide.contrast(picture) / guide.wanted)
    for _ in range(200):
        picture = guide(picture, 0.5)
    assert start > 1.5
    assert float(guide.contrast(picture) / guide.wanted) < 1 + 0.25 * (start - 1)


def test_that_items_guided_together_do_not_know_of_each_other(heart):
    """One in need, one that rests, one without scar, one whose wall needs the whole field."""
    host, labels = heart
    seen = torch.where(labels >= 3, 50.0, -50.0)  # what the reader calls scar, as asked
    healthy = torch.where(labels >= 3, 2.0, labels)
    wide = labels.clone()
    wide[..., 2:6, 2:6] = 2
    hole = torch.ones_like(host)
    hole[..., 64:] = 0
    hosts = torch.cat([host, seen, host, host.flip(-1)])
    wishes = torch.cat([labels, labels, healthy, wide])
    holes = torch.cat([hole, torch.ones_like(hole), hole, torch.ones_like(hole)])

    def guided(rows):
        noise = [torch.Generator().manual_seed(k) for k in range(4)][rows]
        reader = [Threshold(0.5)]
        guide = RewardGuide(reader, wishes[rows], holes[rows], hosts[rows], 0.1, noise)
        return guide, guide(hosts[rows], 0.5)

    whole, together = guided(slice(0, 4))
    assert (together[1] == hosts[1]).all()  # rests
    for k in range(4):
        guide, alone = guided(slice(k, k + 1))
        assert abs(alone[0] - together[k]).max() < 1e-4
        assert guide.before[0] == pytest.approx(whole.before[k], abs=1e-6)
    moved = together != hosts
    assert moved[[0, 2, 3]].flatten(1).any(dim=1).all()
    assert not (moved & (whole.zone == 0)).any()
    assert not (moved & (holes == 0)).any()
    assert whole.before[1] > 0.99


def test_that_nothing_was_read_before_the_first_step_in_the_window(heart):
    guide = guide_of(heart)
    guide(heart[0], 1.0)
    assert np.isnan(guide.before).all()
    guide(heart[0], 0.5)
    assert np.isfinite(guide.before).all()
