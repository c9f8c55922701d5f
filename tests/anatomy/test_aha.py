import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.anatomy.aha import (
    SEGMENT_NAMES,
    Anchors,
    anchors,
    anchors_in,
    is_mirrored,
    level_of,
    sector_of,
    sectors,
    segment_map,
    segments_at,
    segments_of,
)
from lgesynth_gui.anatomy.regions import segment_region
from lgesynth_gui.anatomy.render import region_mask
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Level
from tests.anatomy.hearts import CENTRE, at, ring, ring_wall

angles = st.floats(0.0, 359.99)
hooks = st.builds(Anchors, angles, st.none() | angles)
levels = st.sampled_from(list(Level))


@settings(max_examples=60, deadline=None)
@given(hooks, levels)
def test_that_sectors_partition_the_myocardium(hook, level):
    wall = ring_wall()
    segments = segment_map(wall, level, hook)
    assert np.array_equal(segments > 0, wall.mask)
    assert set(np.unique(segments[wall.mask])) <= set(segments_of(level))
    parts = sectors(level, hook)
    assert sum(end - start for _, start, end in parts) == pytest.approx(360)
    assert [a[2] for a in parts[:-1]] == [b[1] for b in parts[1:]]
    assert sorted(number for number, _, _ in parts) == list(segments_of(level))


@settings(max_examples=25, deadline=None)
@given(hooks, levels)
def test_that_painted_segments_are_the_segments_of_the_map(hook, level):
    wall = ring_wall()
    painted = np.zeros(wall.mask.shape, dtype=int)
    for number, start, end in sectors(level, hook):
        if end > start:
            mask = region_mask(segment_region(number, level, hook, 0, 1, (0,)), wall)
            assert not painted[mask].any()
            painted[mask] = number
    assert np.array_equal(painted, segment_map(wall, level, hook))


NOMINAL = {
    **{n: 60 + 60 * (i % 6) for i, n in enumerate(range(1, 7))},
    **{n: 60 + 60 * i for i, n in enumerate(range(7, 13))},
    **{n: 45 + 90 * i for i, n in enumerate(range(13, 17))},
}


@pytest.mark.parametrize("segment", sorted(NOMINAL))
def test_that_nominal_sectors_are_those_of_the_model(segment):
    start, end = sector_of(segment, Anchors(120.0, assumed=True))
    assert start % 360 == NOMINAL[segment] % 360
    assert end - start == (90 if segment > 12 else 60)


def test_that_nothing_known_assumes_120_degrees_and_says_so():
    assert anchors(ring()) == Anchors(120.0, None, assumed=True)


def test_that_one_insertion_steps_by_sixty_degrees_from_it():
    hook = anchors(ring(rv_anterior=at(100, 33)))
    assert hook.anterior_deg == pytest.approx(100)
    assert hook.inferior_deg is None
    assert not hook.assumed
    assert sector_of(4, hook)[0] == pytest.approx(220)
    assert sector_of(14, hook) == pytest.approx((115, 205))


def test_that_the_inferior_insertion_alone_puts_the_border_of_3_and_4_on_it():
    hook = anchors(ring(rv_inferior=at(250, 33)))
    assert sector_of(3, hook)[1] == pytest.approx(250)
    assert sector_of(4, hook)[0] == pytest.approx(250)


def test_that_two_insertions_halve_the_septum_and_quarter_the_rest():
    hook = anchors(ring(rv_anterior=at(110, 33), rv_inferior=at(250, 33)))
    widths = {n: b - a for n, a, b in sectors(Level.BASAL, hook)}
    assert widths[2] == pytest.approx(70)
    assert widths[3] == pytest.approx(70)
    assert [widths[n] for n in (4, 5, 6, 1)] == pytest.approx([55] * 4)
    assert sector_of(14, hook) == pytest.approx((135, 225))


def test_that_the_right_ventricle_alone_gives_the_middle_of_the_septum():
    hook = anchors(ring(rv_centroid=at(190, 50)))
    assert hook.anterior_deg == pytest.approx(130)
    assert not hook.assumed


@settings(max_examples=30, deadline=None)
@given(hooks, st.floats(0, 359), st.sampled_from([Level.BASAL, Level.MID, Level.APICAL]))
def test_that_turning_the_anchors_turns_the_segments(hook, turn, level):
    inferior = None if hook.inferior_deg is None else (hook.inferior_deg + turn) % 360
    turned = Anchors((hook.anterior_deg + turn) % 360, inferior)
    probe = np.arange(0.37, 360, 7.3)
    edges = np.array([a for _, a, _ in sectors(level, hook)])
    clear = (np.abs((probe[:, None] - edges + 180) % 360 - 180) > 1e-6).all(axis=1)
    before = segments_at(probe, level, hook)
    after = segments_at((probe + turn) % 360, level, turned)
    assert np.array_equal(before[clear], after[clear])


def test_that_moving_the_anterior_insertion_by_a_sector_renames_every_segment():
    wall = ring_wall()
    before = segment_map(wall, Level.MID, Anchors(120.0))
    after = segment_map(wall, Level.MID, Anchors(180.0))
    follows = {7: 12, 8: 7, 9: 8, 10: 9, 11: 10, 12: 11}
    for segment, renamed in follows.items():
        assert set(after[before == segment]) == {renamed}


@pytest.mark.parametrize(
    ("extra", "mirrored"),
    [
        ({}, False),
        ({"rv_anterior": at(120, 33), "rv_inferior": at(240, 33)}, False),
        ({"rv_anterior": at(60, 33), "rv_inferior": at(300, 33)}, True),
        ({"rv_centroid": at(180, 50)}, False),
        ({"rv_centroid": at(0, 50)}, True),
        ({"rv_anterior": at(120, 33), "rv_centroid": at(180, 50)}, False),
        ({"rv_anterior": at(60, 33), "rv_centroid": at(0, 50)}, True),
        ({"rv_inferior": at(240, 33), "rv_centroid": at(180, 50)}, False),
        ({"rv_inferior": at(300, 33), "rv_centroid": at(0, 50)}, True),
    ],
)
def test_that_a_mirrored_display_is_noticed(extra, mirrored):
    assert is_mirrored(ring(**extra)) is mirrored


def test_that_a_slice_without_insertion_borrows_it_from_the_nearest_slice():
    heart = HeartContours((ring(), None, ring(), ring(rv_anterior=at(99, 33))))
    assert anchors_in(heart, 2).anterior_deg == pytest.approx(99)
    assert anchors_in(HeartContours((ring(),)), 0).assumed
    with pytest.raises(LgeSynthError):
        anchors_in(heart, 1)


def test_that_every_segment_has_a_name_and_one_ring():
    assert sorted(SEGMENT_NAMES) == list(range(1, 18))
    assert [level_of(s) for s in (1, 7, 13, 17)] == list(Level)
    with pytest.raises(LgeSynthError):
        level_of(18)


def test_that_the_centre_is_the_cavity_centre():
    assert ring_wall().centre == pytest.approx(CENTRE)
