import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.anatomy.aha import anchors_in, segments_at
from lgesynth_gui.anatomy.captions import understand
from lgesynth_gui.anatomy.describe import draw_caption
from lgesynth_gui.anatomy.patterns import draw_pattern, load_patterns, pattern_named
from lgesynth_gui.anatomy.render import render_stack
from lgesynth_gui.anatomy.territories import TEXTBOOK
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label, Level
from lgesynth_gui.core.sketch import ScarSketch
from tests.anatomy.hearts import SHAPE, at, ring

NAMES = tuple(pattern.name for pattern in load_patterns())
SEEDS = st.integers(0, 2**32 - 1)
FROM_ENDO = ("ischaemic_subendocardial", "ischaemic_transmural", "amyloid", "eosinophilic")
SPARING = ("dilated", "insertion", "fabry", "sclerosis", "hypertrophic", "myocarditis")


def heart(count=9, turn=120.0, apex=True):
    """A stack from base to apex whose ring shrinks, last slice without cavity."""
    rings = []
    for i in range(count):
        last = apex and i == count - 1
        inner, outer = 25 - 1.5 * i, 34 - 1.7 * i
        hooks = {"rv_anterior": at(turn, outer), "rv_inferior": at(turn + 118, outer)}
        level = Level.APEX if last else Level(min(2, 3 * i // (count - apex)))
        rings.append(ring(0.0 if last else inner, outer, level=level, **hooks))
    return HeartContours(tuple(rings))


HEART = heart()


def drawn(name, seed, contours=HEART) -> ScarSketch:
    return draw_pattern(pattern_named(name), contours, np.random.default_rng(seed))


def arcs(sketch, label=Label.SCAR):
    """(middle, arc, shallowest, deepest) of each region of a label."""
    for region in sketch.regions:
        if region.label is label:
            angle, depth = np.array(region.outline).T
            yield (angle.min() + angle.max()) / 2, np.ptp(angle), depth.min(), depth.max()


def off(angle, place):
    return abs((angle - place + 180) % 360 - 180)


def test_that_there_are_thirteen_patterns_whose_shares_sum_to_one():
    assert len(set(NAMES)) == 13
    assert sum(pattern.share for pattern in load_patterns()) == pytest.approx(1)
    for pattern in load_patterns():
        assert all((pattern.title, pattern.where, pattern.depth, pattern.size))


def test_that_a_pattern_nobody_knows_is_refused_with_those_there_are():
    with pytest.raises(LgeSynthError, match="myocarditis"):
        pattern_named("gout")


@pytest.mark.parametrize("name", NAMES)
def test_that_its_example_in_words_is_read_without_a_doubt_and_can_be_drawn(name):
    read = understand(pattern_named(name).caption)
    assert (read.unknown, read.notices) == ((), ())
    assert draw_caption(read.caption, HEART, fractions=read.fractions).slices()


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_that_a_scar_lies_in_the_wall_of_outlined_slices_and_follows_the_seed(name, seed):
    sketch = drawn(name, seed)
    assert sketch == drawn(name, seed)
    assert set(sketch.slices()) <= set(HEART.outlined())
    for _, arc, low, high in arcs(sketch):
        assert arc <= 360.001
        assert -0.001 <= low < high <= 1.05


@pytest.mark.parametrize("name", NAMES)
def test_that_nearly_every_draw_leaves_scar(name):
    shape, spacing = (len(HEART.slices), *SHAPE), (8.0, 1.0, 1.0)
    filled = 0
    for seed in range(8):
        labels = render_stack(drawn(name, seed), HEART, shape, spacing)
        filled += int((labels >= Label.SCAR).sum()) >= 12
    assert filled >= 6


@pytest.mark.parametrize("name", NAMES)
def test_that_neighbouring_slices_hold_each_piece(name):
    for seed in range(20):
        places = drawn(name, seed).slices()
        if name not in ("chagas", "myocarditis", "hypertrophic", "sarcoid", "insertion"):
            assert places == tuple(range(places[0], places[-1] + 1))


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.sampled_from(("ischaemic_subendocardial", "ischaemic_transmural")))
def test_that_an_infarct_starts_at_the_endocardium_in_a_territory(seed, name):
    sketch = drawn(name, seed)
    hook = anchors_in(HEART, 3)
    for middle, arc, low, high in arcs(sketch):
        assert low == 0
        assert 15 < arc <= 150
        assert high <= 0.55 if name.endswith("subendocardial") else high >= 0.75
        (segment,) = segments_at(np.array([middle]), Level.MID, hook).tolist()
        assert any(segment in fed for fed in TEXTBOOK.values())


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_that_a_no_reflow_core_lies_inside_its_infarct(seed):
    sketch = drawn("acute_no_reflow", seed)
    cores = [region for region in sketch.regions if region.label is Label.NO_REFLOW]
    assert cores
    for core in cores:
        (outer,) = (
            region
            for region in sketch.regions
            if region.label is Label.SCAR and region.slices == core.slices
        )
        inner_depths = [depth for _, depth in core.outline]
        assert min(inner_depths) > 0
        assert max(inner_depths) < max(depth for _, depth in outer.outline)
        assert np.ptp([a for a, _ in core.outline]) < np.ptp([a for a, _ in outer.outline])


@pytest.mark.parametrize("name", SPARING)
@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_that_what_is_not_ischaemic_spares_the_endocardium(name, seed):
    assert all(low >= 0.1 for _, _, low, _ in arcs(drawn(name, seed)))


@pytest.mark.parametrize(("name", "least"), [("amyloid", 200), ("eosinophilic", 120)])
@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_that_diffuse_disease_runs_most_of_the_way_around_every_ring(name, least, seed):
    sketch = drawn(name, seed)
    assert sketch.slices() == HEART.outlined()
    for _, arc, low, _ in arcs(sketch):
        assert arc >= 0.7 * least
        assert low == 0


@pytest.mark.parametrize(
    ("name", "turns", "reach"),
    [
        ("dilated", (60,), 12),
        ("insertion", (0, 118), 12),
        ("fabry", (209,), 12),
        ("sclerosis", (59,), 75),
    ],
)
def test_that_a_pattern_lies_where_it_belongs(name, turns, reach):
    for seed in range(30):
        for middle, *_ in arcs(drawn(name, seed)):
            assert min(off(middle, 120 + turn) for turn in turns) < reach


@pytest.mark.parametrize("name", NAMES)
def test_that_turning_the_anchors_turns_the_scar(name):
    for seed in range(3):
        still, turned = drawn(name, seed), drawn(name, seed, heart(turn=157.0))
        shift = 0.0 if name in ("amyloid", "eosinophilic") else 37.0
        for before, after in zip(arcs(still), arcs(turned), strict=True):
            assert off(after[0] - before[0], shift) < 1e-6
            assert np.allclose(before[1:], after[1:])


@pytest.mark.parametrize("name", NAMES)
def test_that_a_wall_without_cavity_gets_no_scar_that_floats(name):
    last = len(HEART.slices) - 1
    for seed in range(15):
        for region in drawn(name, seed).regions:
            if last in region.slices:
                assert region.outline[0][1] <= 0.2


def test_that_slices_without_contours_stay_empty_and_none_at_all_is_refused():
    holed = HEART.replacing(0, None).replacing(4, None)
    for name in NAMES:
        assert not {0, 4} & set(drawn(name, 5, holed).slices())
    with pytest.raises(LgeSynthError, match="contours"):
        drawn("fabry", 0, HeartContours((None, None)))


def test_that_a_single_slice_can_hold_any_pattern():
    one = HeartContours((ring(rv_anterior=at(120, 33.0)),))
    for name in NAMES:
        assert drawn(name, 1, one).slices() == (0,)


def test_that_a_seed_keeps_its_scar_from_version_to_version():
    digest = hashlib.sha256()
    for name in NAMES:
        for numbers in arcs(drawn(name, 11)):
            digest.update(" ".join([name, *(f"{one:.2f}" for one in numbers)]).encode())
    assert digest.hexdigest()[:16] == "b2cad4b90f078c8d"
