import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.anatomy import polygons
from lgesynth_gui.anatomy.aha import Anchors, segment_map, segments_of
from lgesynth_gui.anatomy.regions import (
    depth_at,
    layer_depths,
    region_from_plane_polygon,
    sector_region,
    segment_region,
    set_segment_transmurality,
)
from lgesynth_gui.anatomy.render import region_mask, render
from lgesynth_gui.anatomy.transmurality import report
from lgesynth_gui.anatomy.wall import wall_of
from lgesynth_gui.core.contours import SliceContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label, Level
from lgesynth_gui.core.sketch import ScarSketch
from tests.anatomy.hearts import (
    CENTRE,
    SHAPE,
    SPACING,
    at,
    circle,
    iou,
    ring,
    ring_wall,
    wobbly,
)

HOOK = Anchors(120.0)
ENDS_TO_MIDDLE = (35, 50, 80, 110, 125)


def blob(angle, radius, size, lumps, centre=CENTRE):
    middle = at(angle, radius, centre)
    return tuple(
        at(360 * i / 24, size * (1 + 0.3 * np.cos(lumps * 2 * np.pi * i / 24)), middle)
        for i in range(24)
    )


def drawn(polygon, wall):
    rows, columns = wall.mask.shape
    xs, ys = np.arange(columns) * wall.spacing[1], np.arange(rows) * wall.spacing[0]
    return polygons.inside_grid(polygon, xs, ys) & wall.mask


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 360), st.floats(18, 40), st.floats(5, 16), st.integers(0, 5))
def test_that_a_freehand_outline_paints_the_pixels_it_was_drawn_on(angle, radius, size, lumps):
    wall = ring_wall()
    polygon = blob(angle, radius, size, lumps)
    wanted = drawn(polygon, wall)
    got = region_mask(region_from_plane_polygon(polygon, wall, (0,)), wall)
    if wanted.sum() >= 20:
        assert iou(got, wanted) >= 0.9
    else:
        assert (got ^ wanted).sum() <= 4


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 360), st.floats(16, 34), st.floats(6, 14), st.floats(0, 180))
def test_that_freehand_also_holds_on_an_uneven_wall_and_coarse_pixels(angle, radius, size, turn):
    heart = SliceContours(wobbly(20), wobbly(30, turn))
    wall = wall_of(heart, (90, 100), (1.45, 1.3))
    polygon = blob(angle, radius, size, 3, wall.centre)
    wanted = drawn(polygon, wall)
    got = region_mask(region_from_plane_polygon(polygon, wall, (0,)), wall)
    if wanted.sum() >= 25:
        assert iou(got, wanted) >= 0.9


@pytest.mark.parametrize(
    "polygon",
    [
        circle(28.0),
        circle(28.0)[::-1],
        circle(29.0, (66.0, 61.0)),
        circle(60.0),
        circle(31.0, (70.0, 60.0)),
        tuple(at(a, 28 + 3 * np.sin(np.deg2rad(5 * a))) for a in range(0, 360, 4)),
        ((20, 60), (110, 58), (110, 70), (20, 68)),  # a bar through the cavity's centre
    ],
)
def test_that_an_outline_around_the_centre_takes_the_wall_inside_it(polygon):
    wall = ring_wall()
    region = region_from_plane_polygon(polygon, wall, (0,))
    assert iou(region_mask(region, wall), drawn(polygon, wall)) >= 0.97


def test_that_a_ring_around_the_centre_spans_exactly_one_turn():
    region = region_from_plane_polygon(circle(28.0), ring_wall(), (0,))
    angles = [angle for angle, _ in region.outline]
    assert max(angles) - min(angles) == pytest.approx(360)


def test_that_a_polygon_in_the_cavity_or_far_outside_paints_nothing():
    wall = ring_wall()
    for polygon in (circle(8.0), circle(5.0, (70, 60)), circle(6.0, (10, 10))):
        assert not region_mask(region_from_plane_polygon(polygon, wall, (0,)), wall).any()


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 360), st.floats(0, 10), st.floats(3, 8))
def test_that_freehand_works_on_an_apex_without_cavity(angle, radius, size):
    wall = wall_of(ring(0, 14), SHAPE, SPACING)
    polygon = blob(angle, radius, size, 0)
    wanted = drawn(polygon, wall)
    got = region_mask(region_from_plane_polygon(polygon, wall, (0,)), wall)
    if wanted.sum() >= 25:
        assert iou(got, wanted) >= 0.85


def test_that_neighbouring_vertices_never_turn_by_half_a_circle():
    triangle = ((20, 60), (110, 58), (110, 70))
    for region in (
        region_from_plane_polygon(triangle, ring_wall(), (0,)),
        region_from_plane_polygon(circle(28.0), ring_wall(), (0,)),
        sector_region(13, 373, 0, 1, (0,)),
        sector_region(0, 200, 0, 1, (0,)),
    ):
        angles = np.array([angle for angle, _ in (*region.outline, region.outline[0])])
        assert np.abs(np.diff(angles)).max() < 180


def test_that_depth_goes_on_smoothly_past_both_contours():
    radii = np.arange(20.0, 37.0, 0.5)
    points = np.array([at(37, r) for r in radii])
    assert np.allclose(depth_at(points, ring_wall()), (radii - 24) / 9, atol=0.05)


def test_that_two_points_are_not_an_outline():
    with pytest.raises(LgeSynthError):
        region_from_plane_polygon(((0, 0), (1, 1)), ring_wall(), (0,))


def test_that_a_tapered_infarct_is_thickest_in_its_middle_and_thins_to_its_ends():
    wall = ring_wall()
    mask = region_mask(sector_region(30, 130, 0, 0.9, (0,), taper=1.0), wall)
    reach = [wall.depth[mask & (np.abs(wall.angle - a) < 3)].max(initial=0) for a in ENDS_TO_MIDDLE]
    assert reach[0] < reach[1] < reach[2]
    assert reach[4] < reach[3] < reach[2]
    assert reach[2] == pytest.approx(0.9, abs=0.1)


def test_that_taper_keeps_to_the_layer_the_scar_starts_from():
    wall = ring_wall()
    ends = np.abs(wall.angle - 35) < 3
    inner, outer = wall.depth < 0.15, wall.depth > 0.85
    endo = region_mask(sector_region(30, 130, 0, 0.9, (0,), taper=0.8), wall)
    epi = region_mask(sector_region(30, 130, 0.1, 1, (0,), taper=0.8), wall)
    middle = region_mask(sector_region(30, 130, 0.1, 0.9, (0,), taper=0.8), wall)
    assert (endo & ends & inner).any()
    assert not (endo & ends & outer).any()
    assert (epi & ends & outer).any()
    assert not (epi & ends & inner).any()
    assert not (middle & ends & (inner | outer)).any()


@pytest.mark.parametrize(("start", "end"), [(350, 10), (350, 370), (-10, 10)])
def test_that_a_sector_may_run_through_zero(start, end):
    mask = region_mask(sector_region(start, end, 0, 1, (0,)), ring_wall())
    assert mask.sum() == pytest.approx(1611 * 20 / 360, rel=0.06)


def test_that_impossible_sectors_are_refused():
    with pytest.raises(LgeSynthError):
        sector_region(0, 50, 0.5, 0.5, (0,))
    with pytest.raises(LgeSynthError):
        sector_region(0, 400, 0, 1, (0,))
    with pytest.raises(LgeSynthError):
        segment_region(3, Level.APICAL, HOOK, 0, 1, (0,))


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from([Level.BASAL, Level.MID, Level.APICAL]),
    st.integers(0, 3),
    st.sampled_from([0.0, 0.13, 0.38, 0.5, 0.63, 0.88, 1.0]),
    st.sampled_from(["endo", "mid", "epi"]),
    st.floats(0, 359),
)
def test_that_setting_a_segment_changes_it_alone_and_to_that_share(
    level, place, share, layer, turn
):
    wall, hook = ring_wall(), Anchors(turn)
    segment = segments_of(level)[place]
    before = ScarSketch((sector_region(turn + 20, turn + 200, 0.2, 0.9, (0, 1)),))
    after = set_segment_transmurality(before, segment, level, hook, (0,), share, layer)
    own = segment_map(wall, level, hook) == segment
    old, new = render(before, 0, wall), render(after, 0, wall)
    assert np.array_equal(old[~own], new[~own])
    assert np.array_equal(render(before, 1, wall), render(after, 1, wall))
    low, high = layer_depths(share, layer)
    depth = np.clip(wall.depth, 1e-6, 1 - 1e-6)
    assert np.array_equal((new == Label.SCAR) & own, own & (depth >= low) & (depth < high))
    found = {e.segment: e for e in report(new, wall, level, hook)}[segment]
    assert found.all_mean == pytest.approx(share, abs=0.06)


def test_that_dragging_one_segment_up_and_down_does_not_pile_up_regions():
    sketch = ScarSketch((sector_region(0, 360, 0.0, 0.5, (0, 1)),))
    for share in np.linspace(0, 1, 21):
        sketch = set_segment_transmurality(sketch, 8, Level.MID, HOOK, (0,), float(share))
    assert len(sketch.regions) == 3  # the ring, its eraser, the sector
    empty = ScarSketch()
    for share in (0.1, 0.7, 0.4):
        empty = set_segment_transmurality(empty, 8, Level.MID, HOOK, (0, 1), share)
    assert len(empty.regions) == 1


def test_that_setting_part_of_the_slices_keeps_the_others():
    sketch = set_segment_transmurality(ScarSketch(), 8, Level.MID, HOOK, (0, 1, 2), 0.5)
    sketch = set_segment_transmurality(sketch, 8, Level.MID, HOOK, (1,), 0.0)
    assert sketch.slices() == (0, 2)


@pytest.mark.parametrize("share", [-0.1, 1.2])
def test_that_a_share_beyond_the_wall_is_refused(share):
    with pytest.raises(LgeSynthError):
        set_segment_transmurality(ScarSketch(), 2, Level.BASAL, HOOK, (0,), share)
