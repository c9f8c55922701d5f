from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.geometry import Geometry

spacing = st.tuples(*[st.floats(0.3, 20)] * 3)
angles = st.tuples(*[st.floats(-180, 180)] * 3)
points = st.lists(st.tuples(*[st.floats(-300, 300)] * 3), min_size=1, max_size=5)


def oblique(steps: tuple[float, float, float], euler: tuple[float, float, float]) -> Geometry:
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", euler, degrees=True).as_matrix() * np.array(steps)
    affine[:3, 3] = (-120.0, 33.0, 71.5)
    return Geometry(affine)


@given(spacing, angles, points)
def test_that_index_and_world_are_inverse(steps, euler, where) -> None:
    geometry = oblique(steps, euler)
    index = np.array(where)
    np.testing.assert_allclose(geometry.to_index(geometry.to_lps(index)), index, atol=1e-6)


@given(spacing, angles)
def test_that_spacing_is_the_length_of_the_axes(steps, euler) -> None:
    np.testing.assert_allclose(oblique(steps, euler).spacing, steps, rtol=1e-9)


def test_that_the_position_of_a_slice_is_its_first_pixel() -> None:
    geometry = oblique((10, 1.4, 1.5), (20, 30, 40))
    np.testing.assert_allclose(geometry.position(3), geometry.to_lps(np.array([[3.0, 0, 0]]))[0])


@pytest.mark.parametrize("bad", [np.zeros((4, 4)), np.full((4, 4), np.nan), np.eye(3)])
def test_that_a_matrix_without_three_axes_is_refused(bad) -> None:
    with pytest.raises(LgeSynthError):
        Geometry(bad)


def test_that_the_affine_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="read-only"):
        Geometry.plain((8, 1, 1)).affine[0, 0] = 5
