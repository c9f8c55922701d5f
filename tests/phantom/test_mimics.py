from __future__ import annotations

import numpy as np
import pytest

from lgesynth_gui.phantom.heart import draw_heart
from lgesynth_gui.phantom.mimics import GREY, Mimic, draw_mimics, mimic_tables
from lgesynth_gui.phantom.scarfield import DEPTHS


@pytest.mark.parametrize("seed", range(6))
def test_that_spots_are_shares_of_blood_and_fat(seed: int) -> None:
    rng = np.random.default_rng(seed)
    spots = draw_mimics(rng, draw_heart(rng), 3)
    blood, fat = mimic_tables(spots, 9.0, rng)
    for table in (blood, fat):
        assert table.min() >= 0
        assert table.max() <= 1
    assert bool(blood.any()) == any(not one.fat for one in spots)
    assert bool(fat.any()) == any(one.fat for one in spots)


def test_that_a_spot_inside_the_wall_stays_fainter_than_a_border_zone() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        for one in draw_mimics(rng, draw_heart(rng), 2):
            if not one.fat and 0.0 < one.depth < 0.5:
                assert one.weight <= GREY


def test_that_spill_lies_at_the_endocardium_where_it_was_put() -> None:
    spill = Mimic(False, 90.0, 30.0, 0.0, 1.0, 0.6, 0.0)
    blood, fat = mimic_tables((spill,), 10.0, np.random.default_rng(0))
    assert not fat.any()
    assert blood[0, 180] == pytest.approx(0.6, abs=0.02)
    assert blood[DEPTHS // 2, 180] < 0.01
    assert blood[0, 540] < 1e-3
