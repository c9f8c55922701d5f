import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.anatomy.polar import chart_of, places_of
from lgesynth_gui.anatomy.render import render
from lgesynth_gui.anatomy.strokes import StrokeMask, inside_scar, stroke_mask, stroke_regions
from lgesynth_gui.anatomy.wall import wall_of
from lgesynth_gui.core.contours import SliceContours
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch

CENTRE = (60.13, 62.07)  # off the pixels, or a dot ends exactly on many of them
FINE = ((248, 248), (0.5, 0.5))
FINEST = ((620, 620), (0.2, 0.2))  # a small dot has few pixels of half a millimetre


def at(angle, radius):
    a = np.deg2rad(angle)
    return float(CENTRE[0] + radius * np.cos(a)), float(CENTRE[1] - radius * np.sin(a))


def oval(radius, squeeze=0.9):
    """A ring that is no circle, so that depth is no plain radius."""
    return tuple(
        (CENTRE[0] + radius * np.cos(t), CENTRE[1] - squeeze * radius * np.sin(t))
        for t in np.arange(60) * (2 * np.pi / 60)
    )


WALL = SliceContours(oval(20.0), oval(31.0))
COARSE = wall_of(WALL, (83, 83), (1.5, 1.5))
SHARP = wall_of(WALL, *FINE)
SHARPEST = wall_of(WALL, *FINEST)


def overlap(path, radius):
    asked = stroke_mask(path, radius, *FINEST) & SHARPEST.mask
    regions = stroke_regions(path, radius, COARSE, 0)
    made = render(ScarSketch(regions), 0, SHARPEST) >= Label.SCAR
    return 2 * (asked & made).sum() / (asked.sum() + made.sum())


@settings(max_examples=40, deadline=None)
@given(
    start=st.floats(0, 360),
    arc=st.floats(-150, 150),
    depth=st.floats(22, 28),
    wave=st.floats(0, 4),
    radius=st.floats(2.5, 7.0),
)
def test_that_the_region_of_a_stroke_is_what_the_brush_covered(start, arc, depth, wave, radius):
    path = [at(start + arc * s, depth + wave * np.sin(9 * s)) for s in np.linspace(0, 1, 40)]
    assert overlap(path, radius) > 0.97


def test_that_a_single_place_is_a_dot():
    assert overlap([at(75, 24)], 3.0) > 0.97


def test_that_a_stroke_around_the_whole_wall_has_no_seam():
    path = [at(a, 23) for a in range(0, 362, 3)]
    (region,) = stroke_regions(path, 2.5, COARSE, 4)
    angles = [a for a, _ in region.outline]
    assert max(angles) - min(angles) == 360.0
    assert region.slices == (4,)
    assert overlap(path, 2.5) > 0.97


def test_that_a_loop_leaves_its_middle_empty():
    middle = at(40, 23)
    path = [(middle[0] + 4 * np.cos(t), middle[1] + 4 * np.sin(t)) for t in np.linspace(0, 6.4, 50)]
    (region,) = stroke_regions(path, 1.5, COARSE, 0)
    labels = render(ScarSketch((region,)), 0, SHARP)
    assert labels[round(middle[1] / 0.5), round(middle[0] / 0.5)] == Label.MYOCARDIUM
    assert overlap(path, 1.5) > 0.96


def test_that_clipping_decides_whether_the_region_leaves_the_wall():
    path = [at(30, 14), at(30, 36)]
    depths = [d for r in stroke_regions(path, 3, COARSE, 0, clip=True) for _, d in r.outline]
    assert (min(depths), max(depths)) == (0.0, 1.0)
    depths = [d for r in stroke_regions(path, 3, COARSE, 0, clip=False) for _, d in r.outline]
    assert min(depths) < -0.2
    assert max(depths) > 1.2


def test_that_a_stroke_across_the_cavity_gives_two_pieces_and_one_beside_the_heart_none():
    across = [at(180, 30), at(0, 30)]
    assert len(stroke_regions(across, 3, COARSE, 0)) == 2
    assert stroke_regions([at(30, 45)], 3, COARSE, 0) == ()


def test_that_a_step_writes_no_pixel_outside_its_box():
    stroke = StrokeMask(np.zeros((83, 83), dtype=bool), (1.5, 1.5), 3.0)
    box, new = stroke.add((40.0, 40.0), (44.0, 41.0))
    inside = np.zeros_like(stroke.mask)
    inside[box] = True
    assert not (stroke.mask & ~inside).any()
    assert new.sum() == stroke.mask.sum() > 10
    assert new.size < 150
    again = stroke.add((40.0, 40.0), (44.0, 41.0))[1]
    assert not again.any()


def test_that_a_step_beyond_the_image_is_cut_off():
    stroke = StrokeMask(np.zeros((20, 20), dtype=bool), (1.0, 1.0), 3.0)
    assert not stroke.add((-30.0, -30.0), (-20.0, -30.0))[1].any()
    assert stroke.add((0.0, 0.0), (0.0, 0.0))[1].sum() == stroke.mask.sum() > 4


def test_that_a_core_keeps_a_rim_of_scar():
    scar = ScarRegion(((20, 0.0), (80, 0.0), (80, 0.9), (20, 0.9)), (0,))
    path = [at(a, 24) for a in range(0, 60, 4)]
    shape = stroke_regions(path, 2.5, COARSE, 0)
    cores = inside_scar(shape, (scar,), COARSE, 0)
    assert {core.label for core in cores} == {Label.NO_REFLOW}
    before = render(ScarSketch((scar,)), 0, SHARP)
    after = render(ScarSketch((scar, *cores)), 0, SHARP)
    core = after == Label.NO_REFLOW
    assert core.sum() > 200
    assert (before[core] == Label.SCAR).all()
    near = np.zeros_like(core)
    for dr, dc in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        near |= np.roll(core, (dr, dc), (0, 1))
    assert (after[near & ~core] == Label.SCAR).all()
    assert inside_scar(shape, (), COARSE, 0) == ()


@pytest.mark.parametrize("place", [(30.0, 0.5), (359.9, 1.0), (90.0, 0.0), (725.0, 0.25)])
def test_that_wall_places_find_their_way_to_the_plane_and_back(place):
    from lgesynth_gui.anatomy.polygons import angle_of
    from lgesynth_gui.anatomy.regions import depth_at

    (point,) = places_of([place], chart_of(COARSE))
    assert abs((angle_of(point, COARSE.centre) - place[0] + 180) % 360 - 180) < 0.3
    assert depth_at(np.array([point]), COARSE)[0] == pytest.approx(place[1], abs=0.03)


def test_that_a_slice_without_cavity_can_be_painted():
    apex = wall_of(SliceContours((), oval(12.0)), (83, 83), (1.5, 1.5))
    regions = stroke_regions([at(30, 6)], 3, apex, 0)
    labels = render(ScarSketch(regions), 0, apex)
    asked = stroke_mask([at(30, 6)], 3, (83, 83), (1.5, 1.5)) & apex.mask
    assert ((labels >= Label.SCAR) & asked).sum() > 0.8 * asked.sum()
