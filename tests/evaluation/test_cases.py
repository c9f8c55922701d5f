import itertools

import numpy as np
import pytest

from lgesynth_gui.evaluation.cases import carried, shuffled_wishes, with_caption, with_ring
from lgesynth_gui.evaluation.warp import warped
from lgesynth_gui.phantom.stream import slice_at
from tests.evaluation.painters import again, placed


@pytest.fixture(scope="module")
def cases():
    return placed(5)


def test_that_a_placement_asks_a_healthy_host_for_the_scar_its_twin_shows(cases):
    for case in cases:
        index = int(case.group.split("-")[1])
        one = slice_at("test", 5, index)
        assert one.sketch.regions
        assert case.wish.any()
        both = (case.wish & (case.truth >= 3)).sum()
        assert both > 0.3 * min(case.wish.sum(), (case.truth >= 3).sum())
        far = np.abs(case.original - case.conditions.host)[~case.wall]
        assert np.median(far) < 0.01  # the twins differ in the wall alone


def test_that_host_wish_and_truth_share_one_wall(cases):
    for case in cases:
        assert ((case.conditions.labels >= 2) == case.wall).all()
        assert ((case.truth >= 2) == case.wall).all()


def test_that_repainting_asks_a_slice_for_its_own_scar():
    for case in again(3):
        assert (case.original == case.conditions.host).all()
        assert (case.truth == case.conditions.labels).all()
        assert case.holes.model[case.wish].all()


def test_that_a_scar_carried_to_its_own_wall_stays_as_it_is(cases):
    for case in cases:
        wall = case.ground.wall
        assert (warped(case.conditions.labels, wall, wall) == case.conditions.labels).all()


def test_that_a_carried_scar_keeps_angle_depth_and_share_of_the_wall(cases):
    for source, onto in itertools.pairwise(cases):
        labels = carried(source, onto)
        turn = onto.ground.anchors.anterior_deg - source.ground.anchors.anterior_deg
        old, new = source.ground.wall, onto.ground.wall
        there, here = source.wish, labels >= 3
        assert abs(here.sum() / new.mask.sum() - there.sum() / old.mask.sum()) < 0.06
        assert abs(new.depth[here].mean() - old.depth[there].mean()) < 0.1
        ends = [
            np.angle(np.exp(1j * np.deg2rad(wall.angle[mask] + add)).mean(), deg=True)
            for wall, mask, add in ((old, there, turn), (new, here, 0))
        ]
        weight = abs(np.exp(1j * np.deg2rad(new.angle[here])).mean())
        if weight > 0.3:  # a ring has no middle
            assert abs((ends[0] - ends[1] + 180) % 360 - 180) < 15


def test_that_half_a_turn_moves_a_scar_to_the_other_side(cases):
    case = min(cases, key=lambda one: one.wish.sum())
    wall = case.ground.wall
    turned = warped(case.conditions.labels, wall, wall, 180.0) >= 3
    assert turned.any()
    assert (turned & case.wish).sum() < 0.5 * case.wish.sum()


def test_that_shuffling_leaves_no_case_its_own_wish(cases):
    for seed in range(4):
        others = shuffled_wishes(cases, np.random.default_rng(seed))
        for case, other in zip(cases, others, strict=True):
            assert not (other == case.conditions.labels).all()
            assert ((other >= 2) == case.wall).all()


def test_that_other_words_and_a_ring_leave_the_drawing(cases):
    case = with_ring(with_caption(cases[0], "Transmural enhancement in the mid anterior wall"))
    assert (case.conditions.labels == cases[0].conditions.labels).all()
    assert case.holes.model[case.wall].all()
