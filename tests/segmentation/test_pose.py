import numpy as np
import pytest

from lgesynth_gui.core.geometry import Geometry
from lgesynth_gui.phantom.study import short_axis_affine
from lgesynth_gui.segmentation.pose import AS_STORED, Pose, pose_of

EVERY = [Pose(quarters, mirrored) for quarters in range(4) for mirrored in (False, True)]


def stored_as(pose):
    """Geometry of the standard short axis, stored so that `pose` brings it upright again."""
    upright = Geometry(short_axis_affine((10, 10), 1.4, (7, 7)))
    right, down = upright.affine[:3, 2], upright.affine[:3, 1]
    picture = pose.back(np.arange(100).reshape(10, 10))

    def place(value):
        return np.array(divmod(int(value), 10))

    along_row = place(picture[5, 6]) - place(picture[5, 5])
    along_column = place(picture[6, 5]) - place(picture[5, 5])
    affine = upright.affine.copy()
    affine[:3, 2] = along_row[1] * right + along_row[0] * down
    affine[:3, 1] = along_column[1] * right + along_column[0] * down
    return affine


@pytest.mark.parametrize("pose", EVERY)
def test_that_turning_back_undoes_turning(pose):
    picture = np.random.default_rng(0).random((2, 3, 5, 7))
    assert (pose.back(pose.turned(picture)) == picture).all()
    assert (pose.turned(pose.back(picture)) == picture).all()


def test_that_the_eight_poses_are_eight_pictures():
    picture = np.arange(9).reshape(3, 3)
    assert len({pose.turned(picture).tobytes() for pose in EVERY}) == 8
    assert (AS_STORED.turned(picture) == picture).all()


@pytest.mark.parametrize("pose", EVERY)
def test_that_the_files_orientation_tells_the_pose(pose):
    assert pose_of(Geometry(stored_as(pose))) == pose


@pytest.mark.parametrize("pose", EVERY)
def test_that_the_direction_of_the_slices_does_not_matter(pose):
    affine = stored_as(pose)
    affine[:3, 0] *= -1
    assert pose_of(Geometry(affine)) == pose


def test_that_an_unknown_or_another_orientation_leaves_the_picture_as_it_is():
    turned = stored_as(Pose(2))
    assert pose_of(Geometry(turned, known=False)) == AS_STORED
    assert pose_of(Geometry.plain((8, 1, 1), known=True)) == AS_STORED  # axial


@pytest.mark.parametrize("pose", EVERY)
def test_that_upside_down_swaps_top_and_bottom(pose):
    picture = np.arange(9).reshape(3, 3)
    assert (pose.upside_down().turned(picture) == pose.turned(picture)[::-1]).all()


def test_that_the_rotations_keep_the_mirror_and_begin_with_themselves():
    for pose in EVERY:
        turns = pose.rotations()
        assert turns[0] == pose
        assert len(set(turns)) == 4
        assert {one.mirrored for one in turns} == {pose.mirrored}
