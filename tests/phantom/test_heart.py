from __future__ import annotations

import numpy as np
import pytest

from lgesynth_gui.anatomy.aha import anchors
from lgesynth_gui.anatomy.wall import wall_of
from lgesynth_gui.core.labels import Level
from lgesynth_gui.phantom.heart import draw_heart


@pytest.mark.parametrize("seed", range(8))
def test_that_the_wall_has_the_thickness_of_a_heart_and_the_stack_its_rings(seed: int) -> None:
    heart = draw_heart(np.random.default_rng(seed))
    z = np.array(heart.z_mm)
    assert 8 <= len(z) <= 12
    thickness = heart.epi(z) - heart.endo(z)
    assert thickness.min() >= 3.0 - 1e-9
    assert thickness.max() <= 26.0 + 1e-9
    levels = [heart.level(i) for i in range(len(z))]
    assert levels == sorted(levels)
    assert {Level.BASAL, Level.MID, Level.APICAL} <= set(levels)


@pytest.mark.parametrize("seed", range(4))
def test_that_insertions_lie_where_they_were_drawn(seed: int) -> None:
    heart = draw_heart(np.random.default_rng(seed))
    contours = heart.contours(2, (80.0, 70.0))
    found = anchors(contours)
    off = (found.anterior_deg - heart.anterior_deg + 180) % 360 - 180
    assert abs(off) < 4
    assert contours.accepted
    assert contours.rv_centroid is not None
    assert contours.rv_centroid[0] < 80


def test_that_neighbouring_heights_differ_little() -> None:
    heart = draw_heart(np.random.default_rng(3))
    epi = heart.epi(np.array([30.0, 31.0]))
    assert np.abs(epi[1] - epi[0]).max() < 1.0


def test_that_the_analytic_depth_is_near_the_laplace_depth() -> None:
    from lgesynth_gui.phantom.stream import slice_at

    one = slice_at("test", 0, 1)
    wall = wall_of(one.contours, (128, 128), (1.0, 1.0))
    both = wall.mask & np.isfinite(one.depth)
    assert both.sum() > 0.95 * wall.mask.sum()
    assert np.abs(wall.depth - one.depth)[both].mean() < 0.06
