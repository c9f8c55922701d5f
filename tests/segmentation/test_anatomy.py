import numpy as np
import pytest

from lgesynth_gui.quality.overlap import dice
from lgesynth_gui.segmentation.anatomy import BLOOD, RIGHT, WALL, read_heart, rings
from lgesynth_gui.segmentation.pose import Pose
from tests.segmentation.readers import brightness_contours, drawn_heart

SIZE = 128


def answer(*hearts, gap=None, certainty=0.97):
    """What a network would say of rings `(x, y, inner, outer)`; `gap` degrees have no wall."""
    y, x = np.mgrid[:SIZE, :SIZE]
    classes = np.zeros((SIZE, SIZE), int)
    for cx, cy, inner, outer in hearts:
        radius, angle = np.hypot(x - cx, y - cy), np.rad2deg(np.arctan2(cy - y, x - cx)) % 360
        wall = (radius < outer) & (radius >= inner)
        classes[wall if gap is None else wall & (angle >= gap)] = WALL
        classes[radius < inner] = BLOOD
    spread = np.full((4, SIZE, SIZE), (1 - certainty) / 3, np.float32)
    np.put_along_axis(spread, classes[None], certainty, axis=0)
    return spread, classes


def test_that_a_ring_is_found_as_it_was_drawn():
    spread, classes = answer((60, 70, 20, 29))
    (ring,) = rings(spread)
    assert ring.centre == pytest.approx((70, 60), abs=0.1)
    assert dice(ring.labels == 1, classes == BLOOD) > 0.98
    assert dice(ring.labels == 2, classes == WALL) > 0.96
    assert ring.closed == 1.0
    assert ring.score > 0.9


def test_that_an_unsure_answer_scores_less():
    sure, unsure = (rings(answer((64, 64, 20, 29), certainty=c)[0])[0] for c in (0.95, 0.6))
    assert sure.score > unsure.score


@pytest.mark.parametrize("gap", [10, 40, 90])
def test_that_a_gap_in_the_wall_is_bridged_and_costs(gap):
    (ring,) = rings(answer((64, 64, 20, 29), gap=gap)[0])
    whole = rings(answer((64, 64, 20, 29))[0])[0]
    assert ring.closed <= whole.closed
    assert ring.score <= whole.score
    border = np.pad(ring.labels == 1, 1)
    outside = np.pad(ring.labels == 0, 1, constant_values=True)
    touching = [np.roll(border, step, axis) & outside for step in (-1, 1) for axis in (0, 1)]
    assert not np.any(touching)  # wall everywhere between cavity and background


@pytest.mark.parametrize("gap", [180, 270, 360])
def test_that_an_open_wall_is_no_ring(gap):
    assert rings(answer((64, 64, 20, 29), gap=gap)[0]) == ()


@pytest.mark.parametrize("heart", [(64, 64, 4, 8), (64, 64, 1, 20), (64, 64, 56, 62)])
def test_that_what_is_too_small_too_thick_or_too_large_is_no_heart(heart):
    assert rings(answer(heart)[0]) == ()


def test_that_the_better_of_two_rings_comes_first():
    spread, _ = answer((34, 34, 14, 22), (90, 90, 14, 22))
    spread[:, 68:112, 68:112] = 0.8 * spread[:, 68:112, 68:112] + 0.05
    first, second = rings(spread)
    assert first.centre == pytest.approx((34, 34), abs=0.2)
    assert second.centre == pytest.approx((90, 90), abs=0.2)


def test_that_specks_of_blood_and_wall_are_no_heart():
    rng = np.random.default_rng(0)
    spread = rng.dirichlet([0.3] * 4, (SIZE, SIZE)).transpose(2, 0, 1).astype(np.float32)
    assert rings(spread) == ()
    assert rings(answer()[0]) == ()


def test_that_the_right_ventricle_lies_outside_the_ring():
    spread, classes = answer((70, 64, 20, 29))
    classes[50:80, 20:45] = RIGHT
    spread[:] = 0.01
    np.put_along_axis(spread, classes[None], 0.97, axis=0)
    (ring,) = rings(spread)
    assert ring.right.sum() > 300
    assert not (ring.right & (ring.labels > 0)).any()


@pytest.mark.parametrize("pose", [Pose(), Pose(1), Pose(2, True), Pose(3, True)])
def test_that_an_answer_is_turned_back(pose):
    image, labels = drawn_heart((50, 70), (128, 128), (1.0, 1.0))
    u = (2 * image / 900 - 1).astype(np.float32)
    found = read_heart(brightness_contours(), u[None], pose)
    assert found.shape == (1, 4, 128, 128)
    assert np.allclose(found.sum(axis=1), 1, atol=1e-5)
    classes = found[0].argmax(axis=0)
    assert ((classes == BLOOD) == (labels == 1)).all()
    assert ((classes == WALL) == (labels == 2)).all()


def test_that_only_the_pose_it_was_taught_shows_the_heart_to_a_picky_network():
    image, _ = drawn_heart((60, 64), (128, 128), (1.0, 1.0))
    u = (2 * image[:, ::-1] / 900 - 1).astype(np.float32)[None]
    picky = brightness_contours(upright_only=True)
    assert rings(read_heart(picky, u)[0]) == ()
    assert len(rings(read_heart(picky, u, Pose(0, True))[0])) == 1
