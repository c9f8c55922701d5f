from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.anatomy import polygons
from lgesynth_gui.anatomy.aha import anchors, is_mirrored
from lgesynth_gui.anatomy.contours_from_mask import contours_of_mask
from lgesynth_gui.anatomy.regions import sector_region
from lgesynth_gui.anatomy.render import render
from lgesynth_gui.anatomy.wall import wall_of
from lgesynth_gui.core.sketch import ScarSketch
from tests.anatomy.hearts import CENTRE, SHAPE, SPACING, at, circle, iou, ring, ring_wall

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"


def labels_of(wall, *regions):
    return render(ScarSketch(regions), 0, wall)


@settings(max_examples=25, deadline=None)
@given(st.floats(8, 30), st.floats(4, 14), st.sampled_from([0.8, 1.0, 1.45]))
def test_that_contours_keep_the_areas_of_the_mask_and_give_it_back(inner, thickness, spacing):
    size = round(128 / spacing)
    wall = wall_of(ring(inner, inner + thickness), (size, size), (spacing, spacing))
    contours = contours_of_mask(labels_of(wall), wall.spacing)
    assert not contours.accepted
    pixel = spacing**2
    assert polygons.area(contours.endo) == pytest.approx(wall.cavity.sum() * pixel, rel=0.02)
    heart = (wall.cavity | wall.mask).sum() * pixel
    assert polygons.area(contours.epi) == pytest.approx(heart, rel=0.02)
    again = wall_of(contours, wall.mask.shape, wall.spacing)
    assert 2 * (again.mask & wall.mask).sum() / (again.mask.sum() + wall.mask.sum()) > 0.95
    assert (
        np.abs(polygons.distance(ring(inner, inner + thickness).epi, np.array(contours.epi))).max()
        < 0.6 * spacing
    )


def test_that_scar_and_core_are_wall_and_specks_and_holes_are_ignored():
    wall = ring_wall()
    clean = contours_of_mask(labels_of(wall), SPACING)
    labels = labels_of(wall, sector_region(0, 90, 0, 1, (0,)))
    labels[5:7, 5:7] = 2
    x, y = at(200, 28)
    assert labels[round(y), round(x)] == 2
    labels[round(y), round(x)] = 0
    x, y = at(10, 10)
    labels[round(y), round(x)] = 2
    found = contours_of_mask(labels, SPACING)
    assert found.epi == clean.epi
    assert polygons.area(found.endo) == pytest.approx(polygons.area(clean.endo), rel=0.01)


def test_that_a_wall_that_does_not_close_has_no_contours():
    labels = labels_of(ring_wall())
    labels[60:68, 85:] = 0
    assert contours_of_mask(labels, SPACING) is None


def test_that_an_empty_slice_or_blood_alone_has_no_contours():
    assert contours_of_mask(np.zeros(SHAPE, dtype=np.uint8), SPACING) is None
    labels = labels_of(ring_wall())
    labels[labels == 2] = 0
    assert contours_of_mask(labels, SPACING) is None


def test_that_wall_without_blood_is_an_apex():
    wall = wall_of(ring(0, 12), SHAPE, SPACING)
    contours = contours_of_mask(labels_of(wall), SPACING)
    assert contours.endo == ()
    assert polygons.area(contours.epi) == pytest.approx(wall.mask.sum(), rel=0.02)


def test_that_an_unlabelled_cavity_inside_a_closed_wall_is_a_cavity():
    labels = labels_of(ring_wall())
    labels[labels == 1] = 0
    assert polygons.area(contours_of_mask(labels, SPACING).endo) == pytest.approx(
        ring_wall().cavity.sum(), rel=0.02
    )


def test_that_a_heart_at_the_border_of_the_image_is_outlined():
    wall = wall_of(ring(centre=(33.2, 33.4)), (68, 70), SPACING)
    assert contours_of_mask(labels_of(wall), SPACING) is not None


def crescent(first: float, last: float, turn: float = 0.0):
    """RV blood along the wall from one angle to the other, two pixels of RV wall between."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    radius = np.hypot(x - CENTRE[0], y - CENTRE[1])
    angle = np.rad2deg(np.arctan2(CENTRE[1] - y, x - CENTRE[0])) % 360
    return (radius > 34.5) & (radius < 50) & ((angle - first - turn) % 360 < last - first)


@pytest.mark.parametrize("turn", [0, 25, 180, 300])
def test_that_insertions_are_the_ends_of_the_contact_with_the_right_ventricle(turn):
    found = contours_of_mask(labels_of(ring_wall()), SPACING, crescent(125, 235, turn))
    hook = anchors(found)
    assert (hook.anterior_deg - 125 - turn + 180) % 360 - 180 == pytest.approx(0, abs=3)
    assert (hook.inferior_deg - 235 - turn + 180) % 360 - 180 == pytest.approx(0, abs=3)
    assert polygons.distance(found.epi, np.array([found.rv_anterior]))[0] < 0.05
    assert not is_mirrored(found)
    middle = polygons.angle_of(found.rv_centroid, CENTRE)
    assert (middle - 180 - turn + 180) % 360 - 180 == pytest.approx(0, abs=3)


def test_that_a_far_away_right_ventricle_gives_its_direction_only():
    mask = polygons.inside_grid(circle(6.0, (8, 64)), np.arange(128.0), np.arange(128.0))
    found = contours_of_mask(labels_of(ring_wall()), SPACING, mask)
    assert found.rv_anterior is None
    assert found.rv_centroid == pytest.approx((8, 64), abs=0.6)
    assert not anchors(found).assumed


def test_that_real_hand_labels_come_back_nearly_unchanged():
    file = DATA / "emidec_dev" / "Case_P008.npz"
    if not file.exists():
        pytest.skip("the public LGE development set is not beside the checkout")
    volume = np.load(file)["mask"]
    dice = []
    for i in range(volume.shape[2]):
        labels = np.ascontiguousarray(volume[:, :, i].T)
        contours = contours_of_mask(labels, (1.458, 1.458))
        if contours is not None:
            wall = wall_of(contours, labels.shape, (1.458, 1.458)).mask
            dice.append(iou(wall, labels >= 2))
    assert len(dice) >= 6
    assert min(dice) > 0.97
