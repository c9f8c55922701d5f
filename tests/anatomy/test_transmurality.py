import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.anatomy.aha import Anchors
from lgesynth_gui.anatomy.regions import sector_region, segment_region
from lgesynth_gui.anatomy.render import render, render_stack
from lgesynth_gui.anatomy.transmurality import (
    bullseye,
    chords,
    mass_g,
    report,
    scar_of,
    transmural_extent,
    transmurality_class,
)
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.errors import NoMyocardium
from lgesynth_gui.core.labels import Label, Level
from lgesynth_gui.core.sketch import ScarSketch
from tests.anatomy.hearts import SHAPE, SPACING, ring, ring_wall

HOOK = Anchors(120.0)


def painted(*regions):
    return render(ScarSketch(regions), 0, ring_wall())


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 0.7), st.floats(0.3, 1), st.integers(1, 6), st.floats(0, 359))
def test_that_a_filled_segment_reads_its_own_thickness_and_its_neighbours_nothing(
    low, more, segment, turn
):
    hook, high = Anchors(turn), min(1.0, low + more)
    labels = painted(segment_region(segment, Level.BASAL, hook, low, high, (0,)))
    for found in report(labels, ring_wall(), Level.BASAL, hook):
        if found.segment == segment:
            assert found.touched_mean == pytest.approx(high - low, abs=0.05)
            assert found.all_mean == pytest.approx(found.touched_mean, abs=0.02)
            assert found.arc_deg == pytest.approx(60, abs=4)
        else:
            assert found.touched_mean == found.arc_deg == found.area_mm2 == 0


def test_that_half_a_segment_halves_the_mean_over_all_chords_only():
    labels = painted(sector_region(0, 30, 0, 1, (0,)))
    found = {e.segment: e for e in report(labels, ring_wall(), Level.BASAL, HOOK)}[6]
    assert found.touched_mean > 0.88  # chords at both ends graze it
    assert found.all_mean == pytest.approx(0.5, abs=0.05)
    assert found.arc_deg == pytest.approx(30, abs=4)
    assert found.area_mm2 == pytest.approx(np.pi / 12 * (33**2 - 24**2), rel=0.04)


def test_that_no_reflow_counts_as_scar():
    core = sector_region(0, 60, 0, 0.5, (0,), label=Label.NO_REFLOW)
    labels = painted(core)
    assert scar_of(labels).sum() == (labels == Label.NO_REFLOW).sum() > 0
    found = {e.segment: e for e in report(labels, ring_wall(), Level.BASAL, HOOK)}[6]
    assert found.touched_mean == pytest.approx(0.5, abs=0.05)


def test_that_chords_cross_the_whole_wall():
    rays = chords(painted(sector_region(0, 360, 0, 1, (0,))), ring_wall(), Level.BASAL, HOOK)
    assert len(rays.angle_deg) == 100
    assert rays.wall_mm.mean() == pytest.approx(9, abs=0.2)
    assert np.allclose(rays.covered, 1)


@pytest.mark.parametrize(
    ("share", "grade"),
    [(0, 0), (0.001, 1), (0.13, 1), (0.25, 1), (0.2501, 2), (0.5, 2), (0.55, 3), (0.75, 3), (1, 4)],
)
def test_that_classes_are_quarters_and_zero_means_no_scar(share, grade):
    assert transmurality_class(share) == grade


def test_that_rounding_noise_does_not_raise_a_class():
    assert transmurality_class(0.1 + 0.15 + 1e-12) == 1
    assert transmurality_class(1.0000001) == 4


def test_that_extent_of_any_sector_may_run_through_zero():
    scar = scar_of(painted(sector_region(340, 380, 0, 0.5, (0,))))
    assert transmural_extent(scar, ring_wall(), (345, 15)) == pytest.approx(0.5, abs=0.05)
    assert transmural_extent(scar, ring_wall(), (90, 200)) == 0
    with pytest.raises(NoMyocardium):
        transmural_extent(scar, ring_wall(), (10.0, 10.5))


def test_that_a_heart_pools_its_slices_and_weighs_them_by_slice_distance():
    heart = HeartContours(tuple(ring(level=Level.BASAL) for _ in range(2)))
    region = sector_region(0, 60, 0, 0.5, (0,))
    spacing = (10.0, *SPACING)
    labels = render_stack(ScarSketch((region,)), heart, (2, *SHAPE), spacing)
    found = bullseye(labels, heart, spacing)
    assert sorted(found) == [1, 2, 3, 4, 5, 6]
    touched, every, grams = found[6]
    assert touched == pytest.approx(0.5, abs=0.05)
    assert every == pytest.approx(0.25, abs=0.03)
    assert grams == pytest.approx(scar_of(labels).sum() * 10 / 1000 * 1.05)
    assert grams == pytest.approx(mass_g(scar_of(labels), spacing))
    assert found[1] == (0, 0, 0)


def test_that_rings_without_contours_are_missing_not_zero():
    heart = HeartContours((None, ring(level=Level.APICAL), ring(0, 12)))
    labels = render_stack(ScarSketch(), heart, (3, *SHAPE), (10.0, *SPACING))
    assert sorted(bullseye(labels, heart, (10.0, *SPACING))) == [13, 14, 15, 16, 17]


def test_that_one_millilitre_weighs_1_05_grams():
    assert mass_g(np.ones((10, 10, 10), dtype=bool), (1.0, 1.0, 1.0)) == pytest.approx(1.05)
