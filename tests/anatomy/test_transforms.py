from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.anatomy.aha import Anchors
from lgesynth_gui.anatomy.between import between, blend, gap_around
from lgesynth_gui.anatomy.regions import sector_region
from lgesynth_gui.anatomy.render import render
from lgesynth_gui.anatomy.transforms import (
    carried,
    clipped,
    deepened,
    depths_of,
    is_ring,
    mirrored,
    of_slice,
    smoothed,
    span_of,
    split_off,
    widened,
    with_end,
    with_new_vertex,
    with_vertex,
    without_slice,
    without_vertex,
)
from lgesynth_gui.core.contours import HeartContours, SliceContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch
from tests.anatomy.test_strokes import COARSE, SHARP, oval
from tests.ui import hearts

NOMINAL = Anchors(120.0, 240.0)
angles = st.floats(0, 359)
anchors = st.builds(lambda a, septum: Anchors(a, (a + septum) % 360.0), angles, st.floats(60, 180))
sectors = st.builds(
    lambda start, arc, low, thick, taper: sector_region(
        start, start + arc, low, low + thick, (0,), taper=taper
    ),
    angles,
    st.one_of(st.floats(8, 300), st.just(360.0)),
    st.sampled_from([0.0, 0.2, 0.4]),
    st.floats(0.1, 0.6),
    st.sampled_from([0.0, 0.5]),
)


def square(low=20.0, high=60.0, inner=0.0, outer=0.5, **named):
    return ScarRegion(((low, inner), (high, inner), (high, outer), (low, outer)), (0,), **named)


def pixels(*regions, index=0):
    return render(ScarSketch(regions), index, SHARP) >= Label.SCAR


def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


@settings(max_examples=60, deadline=None)
@given(region=sectors, here=anchors, there=anchors)
def test_that_a_scar_carried_to_another_ring_and_back_is_the_same(region, here, there):
    back = carried(carried(region, here, there, 3), there, here, 0)
    assert back.slices == region.slices
    assert is_ring(back) == is_ring(region)
    shift = back.outline[0][0] - region.outline[0][0]
    assert shift % 360.0 == pytest.approx(0, abs=1e-6) or shift % 360 == pytest.approx(360)
    for (a, d), (b, e) in zip(region.outline, back.outline, strict=True):
        assert b - shift == pytest.approx(a, abs=1e-6)
        assert d == e


def test_that_the_septum_of_a_carried_scar_follows_the_insertions():
    septal = square(120, 240)
    carry = carried(septal, NOMINAL, Anchors(100.0, 200.0), 2)
    assert span_of(carry) == pytest.approx((100.0, 200.0))
    lateral = carried(square(300, 360), NOMINAL, Anchors(100.0, 200.0), 2)
    assert span_of(lateral) == pytest.approx((265.0, 330.0), abs=0.1)


@settings(max_examples=30, deadline=None)
@given(region=sectors, share=st.floats(0, 1), extra=sectors)
def test_that_what_lies_between_equal_drawings_is_that_drawing(region, share, extra):
    both = (region, replace(extra, label=Label.NO_REFLOW))
    assert blend(both, both, share) == both


def stack(count=6, missing=()):
    return HeartContours(
        tuple(
            None
            if i in missing
            else SliceContours(
                oval(20.0), oval(31.0), rv_anterior=hearts.at(120, 30), accepted=True
            )
            for i in range(count)
        )
    )


def test_that_empty_slices_are_filled_half_way_and_others_are_named():
    a, b = square(20, 60, 0, 0.4), replace(square(40, 100, 0, 0.8), slices=(4,))
    sketch, filled, skipped = between(ScarSketch((a, b)), stack(missing=(3,)), 0, 4)
    assert (filled, skipped) == ((1, 2), (3,))
    (middle,) = of_slice(sketch, 2)
    assert span_of(middle) == pytest.approx((30, 80))
    assert depths_of(middle) == pytest.approx((0, 0.6))
    assert of_slice(sketch, 0) == (a,)


def test_that_a_proposal_is_no_accepted_contour():
    contours = stack()
    one = replace(contours.slices[1], accepted=False)
    b = replace(square(), slices=(2,))
    sketch = ScarSketch((square(), b))
    assert between(sketch, contours.replacing(1, one), 0, 2) == (sketch, (), (1,))


def test_that_a_scar_without_partner_narrows_and_one_with_another_shape_is_blended():
    alone = square(20, 60)
    (thin,) = blend((alone,), (), 0.5)
    assert span_of(thin) == pytest.approx((30, 50))
    assert blend((alone,), (), 0.95) == ()
    curved = sector_region(40, 100, 0, 0.8, (0,), taper=0.8)
    (mixed,) = blend((alone,), (curved,), 0.5)
    assert span_of(mixed) == pytest.approx((30, 80), abs=3)
    assert depths_of(mixed)[1] == pytest.approx(0.65, abs=0.05)
    far = square(200, 240)
    assert len(blend((alone,), (far,), 0.5)) == 2


def test_that_rings_stay_rings_and_scar_across_zero_takes_the_short_way():
    inner = sector_region(10, 370, 0.0, 0.3, (0,))
    outer = sector_region(50, 410, 0.5, 0.9, (0,))
    (ring,) = blend((inner,), (outer,), 0.5)
    assert is_ring(ring)
    (mixed,) = blend((square(340, 360),), (square(0, 20),), 0.5)
    assert span_of(mixed) == pytest.approx((350, 370))


def test_that_the_nearest_gap_is_found():
    sketch = ScarSketch(tuple(replace(square(), slices=(i,)) for i in (0, 1, 4, 8)))
    assert gap_around(sketch, 2) == (1, 4)
    assert gap_around(sketch, 7) == (4, 8)
    assert gap_around(sketch, 0) == (1, 4)
    assert gap_around(ScarSketch((square(),)), 0) is None


def test_that_mirroring_twice_is_nothing_and_once_swaps_the_walls():
    region = square(50, 80)
    for axis in ("anterior-inferior", "septal-lateral"):
        once = mirrored(region, NOMINAL, axis)
        assert dice(pixels(mirrored(once, NOMINAL, axis)), pixels(region)) > 0.99
    assert span_of(mirrored(region, NOMINAL, "anterior-inferior")) == (280, 310)
    assert span_of(mirrored(region, NOMINAL, "septal-lateral")) == (100, 130)


def test_that_ends_are_dragged_within_a_turn_and_widening_keeps_the_middle():
    region = square(20, 60)
    assert span_of(with_end(region, "end", 90)) == (20, 90)
    assert span_of(with_end(region, "start", 350)) == (-10, 60)
    assert span_of(with_end(region, "end", 10)) == (20, 24)
    assert span_of(widened(region, 2.0)) == (0, 80)
    assert span_of(widened(region, 20.0))[1] - span_of(widened(region, 20.0))[0] == 355
    ring = sector_region(0, 360, 0, 0.5, (0,))
    assert with_end(ring, "end", 30) == widened(ring, 0.5) == ring


def test_that_thickness_grows_from_the_border_a_scar_stands_on():
    assert depths_of(deepened((square(),), 1.5)[0]) == (0, 0.75)
    assert depths_of(deepened((square(inner=0.6, outer=1.0),), 1.5)[0]) == pytest.approx((0.4, 1))
    middle = deepened((square(inner=0.4, outer=0.6),), 2)[0]
    assert depths_of(middle) == pytest.approx((0.3, 0.7))
    assert depths_of(deepened((square(inner=0.1, outer=0.8),), 3)[0]) == pytest.approx((0, 1))
    scar, core = square(outer=0.8), square(30, 50, 0.2, 0.4, label=Label.NO_REFLOW)
    assert depths_of(deepened((scar, core), 0.5)[1]) == pytest.approx((0.1, 0.2))


@settings(max_examples=40, deadline=None)
@given(region=sectors, low=st.floats(-0.4, 0.3))
def test_that_clipping_changes_no_pixel(region, low):
    moved = replace(region, outline=tuple((a, d + low) for a, d in region.outline))
    cut = clipped(moved)
    if cut is None:
        assert not pixels(moved).any()
        return
    assert depths_of(cut)[0] >= 0
    assert depths_of(cut)[1] <= 1
    assert np.count_nonzero(pixels(cut) != pixels(moved)) <= 2


def test_that_smoothing_rounds_corners_and_keeps_the_border_and_the_ring():
    region = square(20, 90, 0.0, 0.6)
    (soft,) = smoothed(region, COARSE, 1.5)
    assert depths_of(soft)[0] == 0.0
    assert 0.9 < dice(pixels(soft), pixels(region)) < 0.999
    ring = sector_region(0, 360, 0.2, 0.6, (0,))
    assert is_ring(smoothed(ring, COARSE)[0])
    assert smoothed(square(20, 21, 0.4, 0.45), COARSE, 2.0) == ()
    assert smoothed(square(label=Label.NO_REFLOW), COARSE)[0].label is Label.NO_REFLOW


def test_that_vertices_move_come_and_go():
    region = square(350, 390)
    assert with_vertex(region, 0, (345.0, 0.1)).outline[0] == (345.0, 0.1)
    assert with_vertex(region, 1, (40.0, 0.0)).outline[1] == (400.0, 0.0)
    assert len(with_new_vertex(region, 0, (10.0, -0.1)).outline) == 5
    assert with_new_vertex(region, 0, (10.0, -0.1)).outline[1] == (370.0, -0.1)
    three = without_vertex(region, 3)
    assert len(three.outline) == 3
    with pytest.raises(LgeSynthError, match="three points"):
        without_vertex(three, 0)


def test_that_a_region_of_several_slices_can_be_split_without_a_change():
    first = replace(square(), slices=(0, 1, 2))
    sketch = ScarSketch((first, replace(square(30, 70), slices=(1,), label=Label.MYOCARDIUM)))
    split, number = split_off(sketch, 0, 1)
    assert split.regions[number].slices == (1,)
    for i in range(3):
        assert (render(split, i, SHARP) == render(sketch, i, SHARP)).all()
    assert split_off(split, number, 1) == (split, number)
    assert without_slice(sketch, 1).slices() == (0, 2)
