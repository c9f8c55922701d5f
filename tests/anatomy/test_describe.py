import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.anatomy.aha import Anchors, anchors, segment_map
from lgesynth_gui.anatomy.captions import say, understand
from lgesynth_gui.anatomy.describe import describe, draw_caption
from lgesynth_gui.anatomy.regions import sector_region
from lgesynth_gui.anatomy.render import render
from lgesynth_gui.anatomy.wall import wall_of
from lgesynth_gui.core.caption import Caption, CaptionRegion, Depth, Extent, Site
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.labels import Label, Level
from lgesynth_gui.core.sketch import ScarSketch
from tests.anatomy.hearts import CENTRE, SHAPE, SPACING, at, ring, ring_wall, wobbly
from tests.anatomy.structures import SIZES, regions, regions_of

BASAL, MID, APICAL, APEX = Level
LEVELS = (BASAL, MID, APICAL)
DEEPER = {
    Depth.SUBENDOCARDIAL: (Depth.DEEP_SUBENDOCARDIAL, Depth.TRANSMURAL),
    Depth.DEEP_SUBENDOCARDIAL: (Depth.TRANSMURAL,),
    Depth.SUBEPICARDIAL: (Depth.DEEP_SUBEPICARDIAL, Depth.TRANSMURAL),
    Depth.DEEP_SUBEPICARDIAL: (Depth.TRANSMURAL,),
}


def slice_at(level, inner=24.0, outer=33.0, turn=120.0, centre=CENTRE):
    """A slice of a ring heart and its wall."""
    hook = {"rv_anterior": at(turn, outer, centre), "level": level}
    one = ring(0.0 if level is APEX else inner, outer, centre, **hook)
    return one, wall_of(one, SHAPE, SPACING)


def drawn(region, one, wall):
    return render(draw_caption(Caption((region,)), HeartContours((one,))), 0, wall)


def told(region, one, wall):
    return describe(drawn(region, one, wall), wall, one.level, anchors(one))


def painted(*pieces, wall=None, level=MID, hook=None, label=Label.SCAR):
    """What the words are for sectors (start, end, from, to)."""
    wall = ring_wall() if wall is None else wall
    parts = tuple(sector_region(*piece, (0,), label=label) for piece in pieces)
    return describe(render(ScarSketch(parts), 0, wall), wall, level, hook or Anchors(120.0))


# --- there and back --------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "every"), [*zip(SIZES, (4, 4, 4, 1), strict=True)])
def test_that_what_is_drawn_is_described_in_the_same_words(size, every):
    for level in Level:
        one, wall = slice_at(level, *size)
        for region in regions_of(level)[::every]:
            assert told(region, one, wall) == Caption((region,)), say(Caption((region,)))


@settings(max_examples=60, deadline=None)
@given(regions(None), st.sampled_from(LEVELS), st.sampled_from(SIZES))
def test_that_without_a_level_the_same_walls_are_drawn_in_any_ring(region, level, size):
    if level is APICAL and (region.site is not Site.WALLS or len(region.segments) < 6):
        return  # six walls do not map one to one onto four
    one, wall = slice_at(level, *size)
    ring_segments = {BASAL: 0, MID: 6}
    numbers = (
        range(13, 17) if level is APICAL else [s + ring_segments[level] for s in region.segments]
    )
    if level is APICAL and region.extent is Extent.EXTENSIVE:
        return
    wanted = replace(region, level=level, segments=tuple(numbers))
    assert told(region, one, wall) == Caption((wanted,))


@settings(max_examples=80, deadline=None)
@given(st.data(), st.sampled_from(LEVELS), st.floats(0, 360))
def test_that_turning_the_anchors_turns_the_scar_and_keeps_the_words(data, level, turn):
    region = data.draw(regions(level))
    one, wall = slice_at(level, turn=turn)
    assert told(region, one, wall) == Caption((region,))


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(LEVELS))
def test_that_an_upside_down_heart_is_told_with_opposite_walls(data, level):
    region = data.draw(regions(level))
    one, wall = slice_at(level, centre=(63.5, 63.5))  # rows 0 and 127 mirror each other
    labels = drawn(region, one, wall)
    shift = {BASAL: 0, MID: 6, APICAL: 12}[level]
    swap = {1: 3, 3: 1} if level is APICAL else {1: 4, 4: 1, 2: 3, 3: 2, 5: 6, 6: 5}
    other = {
        Site.ANTERIOR_INSERTION: Site.INFERIOR_INSERTION,
        Site.INFERIOR_INSERTION: Site.ANTERIOR_INSERTION,
    }
    wanted = replace(
        region,
        segments=tuple(sorted(swap.get(s - shift, s - shift) + shift for s in region.segments)),
        site=other.get(region.site, region.site),
    )
    flipped = np.ascontiguousarray(labels[::-1])
    assert describe(flipped, wall, level, anchors(one)) == Caption((wanted,))


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(list(Level)), st.sampled_from(SIZES))
def test_that_scar_stays_in_the_wall_and_in_its_segments(data, level, size):
    region = data.draw(regions(level))
    one, wall = slice_at(level, *size)
    labels = drawn(region, one, wall)
    scar = labels >= Label.SCAR
    assert scar.any()
    assert not (scar & ~wall.mask).any()
    if region.site is Site.WALLS:
        owners = segment_map(wall, level, anchors(one))
        assert set(np.unique(owners[scar])) == set(region.segments)
    core = labels == Label.NO_REFLOW
    assert core.any() == region.no_reflow


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(list(Level)), st.sampled_from(SIZES))
def test_that_a_deeper_word_covers_more(data, level, size):
    region = data.draw(regions(level))
    one, wall = slice_at(level, *size)
    region = replace(region, no_reflow=False)
    scar = drawn(region, one, wall) >= Label.SCAR
    for depth in DEEPER.get(region.depth, ()):
        more = drawn(replace(region, depth=depth), one, wall) >= Label.SCAR
        assert (more | scar == more).all()
        assert more.sum() > scar.sum()


@settings(max_examples=60, deadline=None)
@given(st.integers(13, 88), st.integers(2, 12), st.sampled_from(list(Depth)))
def test_that_a_larger_percentage_covers_more(percent, segment, depth):
    level = BASAL if segment < 7 else MID
    one, wall = slice_at(level)
    caption = Caption((CaptionRegion(depth, (segment,), Site.WALLS, level),))
    heart = HeartContours((one,))
    less, more = (
        render(draw_caption(caption, heart, fractions=(share,)), 0, wall) == Label.SCAR
        for share in (percent / 100, percent / 100 + 0.12)
    )
    assert (more | less == more).all()
    assert more.sum() > less.sum()


@pytest.mark.parametrize("percent", [13, 25, 38, 50, 63, 75, 88, 100])
@pytest.mark.parametrize("size", SIZES)
def test_that_a_percentage_in_words_is_drawn_and_told_as_its_class(percent, size):
    one, wall = slice_at(MID, *size)
    read = understand(f"segment 7 {percent} %")
    sketch = draw_caption(read.caption, HeartContours((one,)), fractions=read.fractions)
    assert max(depth for _, depth in sketch.regions[0].outline) == percent / 100
    assert describe(render(sketch, 0, wall), wall, MID, anchors(one)) == read.caption


def test_that_any_text_that_can_be_drawn_comes_back_as_text():
    one, wall = slice_at(MID)
    said = (
        "Subendocardial enhancement in the mid anterior wall; "
        "patchy mid-wall enhancement in the mid septal wall; "
        "transmural enhancement in the mid lateral wall, with a non-enhancing core"
    )
    sketch = draw_caption(understand(said).caption, HeartContours((one,)))
    assert say(describe(render(sketch, 0, wall), wall, MID, anchors(one))) == said


def test_that_real_outlines_and_measured_insertions_keep_the_words():
    bumpy = replace(
        ring(),
        endo=wobbly(22.0),
        epi=wobbly(31.0),
        rv_anterior=at(133, 31),
        rv_inferior=at(236, 31),
        level=MID,
    )
    wall = wall_of(bumpy, SHAPE, SPACING)
    for region in regions_of(MID)[::7]:
        if region.extent is not Extent.EXTENSIVE:  # its walls are narrower than the nominal 180
            assert told(region, bumpy, wall) == Caption((region,)), say(Caption((region,)))


# --- rules of describing ---------------------------------------------------------------------


def test_that_a_healthy_slice_has_no_regions():
    assert painted() == Caption()
    assert painted((200, 230, 0, 1), label=Label.MYOCARDIUM) == Caption()


def test_that_scar_outside_the_wall_is_not_told():
    wall = ring_wall()
    labels = np.where(wall.mask, Label.MYOCARDIUM, Label.SCAR).astype(np.uint8)
    assert describe(labels, wall, MID, Anchors(120.0)) == Caption()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("share", "word"),
    [
        (0.2, Depth.SUBENDOCARDIAL),
        (0.45, Depth.SUBENDOCARDIAL),
        (0.6, Depth.DEEP_SUBENDOCARDIAL),
        (0.7, Depth.DEEP_SUBENDOCARDIAL),
        (0.9, Depth.TRANSMURAL),
        (1.0, Depth.TRANSMURAL),
    ],
)
def test_that_a_wavefront_is_called_by_the_depth_it_reaches(size, share, word):
    (region,) = painted((240, 300, 0, share), wall=ring_wall(*size)).regions
    assert (region.depth, region.segments) == (word, (10,))


def test_that_tapered_wavefronts_are_told_by_their_bulk():
    counts = {True: 0, False: 0}
    for size in SIZES:
        wall = ring_wall(*size)
        for share in (0.2, 0.4, 0.65, 0.95):
            for start in range(0, 360, 30):
                front = sector_region(start, start + 80, 0, share, (0,), taper=0.3)
                caption = describe(render(ScarSketch((front,)), 0, wall), wall, MID, Anchors(120))
                owners = segment_map(wall, MID, Anchors(120.0))
                scar = render(ScarSketch((front,)), 0, wall) == Label.SCAR
                most = int(np.bincount(owners[scar]).argmax())
                word = next(r.depth for r in caption.regions if most in r.segments)
                wanted = {
                    0.2: Depth.SUBENDOCARDIAL,
                    0.4: Depth.SUBENDOCARDIAL,
                    0.65: Depth.DEEP_SUBENDOCARDIAL,
                    0.95: Depth.TRANSMURAL,
                }[share]
                counts[word is wanted] += 1
    assert counts[False] <= 0.02 * sum(counts.values()), counts


@pytest.mark.parametrize(
    ("band", "word"),
    [
        ((0.35, 0.65), Depth.MID_WALL),
        ((0.7, 1.0), Depth.SUBEPICARDIAL),
        ((0.4, 1.0), Depth.DEEP_SUBEPICARDIAL),
    ],
)
def test_that_scar_that_spares_the_endocardium_is_told_by_its_layers(band, word):
    (region,) = painted((245, 295, *band)).regions
    assert region.depth is word


def test_that_inner_and_outer_scar_with_a_spared_middle_is_mixed():
    (region,) = painted((245, 295, 0.0, 0.3), (245, 295, 0.7, 1.0)).regions
    assert region.depth is Depth.MIXED_LAYER


def test_that_different_depths_next_to_each_other_are_two_regions():
    caption = painted((180, 240, 0.0, 1.0), (240, 300, 0.0, 0.3))
    assert [(r.depth, r.segments) for r in caption.regions] == [
        (Depth.TRANSMURAL, (9,)),
        (Depth.SUBENDOCARDIAL, (10,)),
    ]


def test_that_equal_depths_that_do_not_touch_are_two_regions():
    caption = painted((60, 120, 0, 1), (180, 240, 0, 1))
    assert [r.segments for r in caption.regions] == [(7,), (9,)]


def test_that_a_region_over_the_first_and_last_segment_is_one():
    (region,) = painted((0, 120, 0, 1)).regions
    assert region.segments == (7, 12)


@pytest.mark.parametrize(
    ("arc", "segments", "extent"),
    [
        ((255, 283), (10,), Extent.FOCAL),
        ((250, 290), (10,), Extent.REGIONAL),
        ((240, 300), (10,), Extent.REGIONAL),
        ((240, 400), (10, 11, 12), Extent.EXTENSIVE),
        ((215, 360), (9, 10, 11), Extent.REGIONAL),
    ],
)
def test_that_the_arc_gives_the_extent(arc, segments, extent):
    (region,) = painted((*arc, 0.0, 1.0)).regions
    assert (region.segments, region.extent) == (segments, extent)


def test_that_scar_all_around_is_circumferential_without_extent():
    (region,) = painted((0, 360, 0.0, 0.3)).regions
    assert (region.segments, region.extent) == (tuple(range(7, 13)), Extent.REGIONAL)


def test_that_too_little_for_any_layer_is_told_by_its_fullest():
    (region,) = painted((265, 275, 0.4, 0.6)).regions
    assert (region.depth, region.segments) == (Depth.MID_WALL, (10,))
    assert region.extent is Extent.FOCAL


@pytest.mark.parametrize("width", [12, 20, 30, 38])
@pytest.mark.parametrize("off", [-8, 0, 8])
@pytest.mark.parametrize(
    ("hook", "site"), [(120, Site.ANTERIOR_INSERTION), (240, Site.INFERIOR_INSERTION)]
)
def test_that_a_spot_at_the_insertion_is_told_as_one(width, off, hook, site):
    spot = (hook + off - width / 2, hook + off + width / 2, 0.35, 0.65)
    assert painted(spot) == Caption((CaptionRegion(Depth.MID_WALL, (), site, MID),))
    assert painted(spot, level=APICAL).regions[0].site is Site.WALLS


@pytest.mark.parametrize("spot", [(135, 165), (122, 152), (90, 150)])
def test_that_a_spot_beside_the_insertion_or_a_wide_one_is_a_wall(spot):
    assert all(r.site is Site.WALLS for r in painted((*spot, 0.35, 0.65)).regions)


def test_that_a_spot_at_the_insertion_does_not_hide_scar_elsewhere():
    caption = painted((105, 135, 0.35, 0.65), (300, 360, 0.0, 1.0))
    assert [(r.site, r.segments) for r in caption.regions] == [
        (Site.ANTERIOR_INSERTION, ()),
        (Site.WALLS, (11,)),
    ]


def test_that_two_islands_are_not_patchy_and_three_are():
    two = painted((245, 257, 0.0, 1.0), (283, 295, 0.0, 1.0))
    three = painted(*((242 + 20 * k, 253 + 20 * k, 0.0, 1.0) for k in range(3)))
    assert not two.regions[0].patchy
    assert three.regions[0].patchy


def test_that_a_core_counts_from_five_pixels():
    wall = ring_wall()
    labels = render(ScarSketch((sector_region(240, 300, 0, 1, (0,)),)), 0, wall)
    inside = np.argwhere((labels == Label.SCAR) & (wall.depth > 0.3) & (wall.depth < 0.6))
    for count, told_so in ((4, False), (5, True)):
        dotted = labels.copy()
        dotted[tuple(inside[:count].T)] = Label.NO_REFLOW
        (region,) = describe(dotted, wall, MID, Anchors(120.0)).regions
        assert region.no_reflow is told_so
        assert region.depth is Depth.TRANSMURAL


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 360), st.floats(5, 360), st.floats(0, 0.9), st.floats(0.05, 1.0),
            st.sampled_from([Label.SCAR, Label.SCAR, Label.NO_REFLOW, Label.MYOCARDIUM]),
        ),
        min_size=1, max_size=5,
    ),
    st.sampled_from(list(Level)),
    st.floats(20, 190),
)  # fmt: skip
def test_that_any_drawing_has_words_that_can_be_said_and_read(pieces, level, septum):
    _, wall = slice_at(level)
    parts = tuple(
        sector_region(start, start + arc, low, low + deep, (0,), label=label, taper=0.3)
        for start, arc, low, deep, label in pieces
    )
    labels = render(ScarSketch(parts), 0, wall)
    hook = Anchors(120.0, (120.0 + septum) % 360.0)
    caption = describe(labels, wall, level, hook)
    assert bool(caption.regions) == bool((labels >= Label.SCAR).any())
    assert understand(say(caption)).caption == caption
    assert not understand(say(caption)).notices


def test_that_describing_a_slice_takes_a_few_milliseconds():
    one, wall = slice_at(BASAL)
    region = next(r for r in regions_of(BASAL) if r.patchy and r.extent is Extent.EXTENSIVE)
    labels = drawn(region, one, wall)
    hook = anchors(one)
    describe(labels, wall, BASAL, hook)
    best = min(_seconds(lambda: describe(labels, wall, BASAL, hook)) for _ in range(20))
    assert best < 0.01


def _seconds(job) -> float:
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


# --- drawing on a stack ----------------------------------------------------------------------


def stack(*levels):
    return HeartContours(
        tuple(
            None if level is None else slice_at(level, turn=115.0 + 2 * i)[0]
            for i, level in enumerate(levels)
        )
    )


STACK = stack(BASAL, BASAL, None, MID, MID, APICAL, APEX)


def test_that_a_level_chooses_the_slices():
    for text, slices in (
        ("transmural basal anterior", (0, 1)),
        ("transmural mid anterior", (3, 4)),
        ("transmural apical anterior", (5,)),
        ("transmural apex", (6,)),
        ("transmural anterior", (0, 1, 3, 4, 5)),
        ("transmural global", (0, 1, 3, 4, 5, 6)),
        ("mid-wall anterior RV insertion point", (0, 1, 3, 4)),
        ("transmural LAD, mid to apex", (3, 4, 5, 6)),
    ):
        assert draw_caption(understand(text).caption, STACK).slices() == slices, text


def test_that_only_the_given_slices_with_contours_are_drawn():
    caption = understand("transmural anterior").caption
    assert draw_caption(caption, STACK, (1, 2, 4)).slices() == (1, 4)
    assert draw_caption(caption, STACK, ()).regions == ()
    assert draw_caption(understand("transmural apex").caption, STACK, (0,)).regions == ()
    assert draw_caption(Caption(), STACK).regions == ()


def test_that_every_slice_is_drawn_on_its_own_anchors():
    caption = understand("transmural basal inferolateral").caption
    sketch = draw_caption(caption, STACK)
    starts = {r.slices: min(angle for angle, _ in r.outline) for r in sketch.regions}
    assert starts[1,] - starts[0,] == pytest.approx(2.0)


def test_that_slices_with_the_same_anchors_share_an_outline():
    heart = HeartContours((slice_at(MID)[0], slice_at(MID)[0]))
    (region,) = draw_caption(understand("transmural mid inferior").caption, heart).regions
    assert region.slices == (0, 1)


def test_that_six_walls_without_a_level_fall_on_the_four_apical_ones():
    one, wall = slice_at(APICAL)
    for word, name in (("inferolateral", "lateral"), ("anteroseptal", "septal")):
        caption = understand(f"transmural {word}").caption
        labels = render(draw_caption(caption, HeartContours((one,))), 0, wall)
        text = say(describe(labels, wall, APICAL, anchors(one)))
        assert text == f"Transmural enhancement in the apical {name} wall"
