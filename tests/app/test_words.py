"""Words draw what they say, and what is drawn is said so that it can be drawn again."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.anatomy.coverage import covered
from lgesynth_gui.app import heart, words
from lgesynth_gui.app.cells import requested_cells
from lgesynth_gui.app.session import State
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.sketch import ScarRegion
from tests.ui import hearts

SERIES, CONTOURS = hearts.series(), hearts.contours()
BARE = State(SERIES, CONTOURS)
DEPTHS = ("subendocardial", "transmural", "mid-wall", "subepicardial")
WALLS = ("anterior", "anteroseptal", "inferior", "inferolateral", "septal", "lateral")


def drawn(text, state=BARE):
    return replace(state, sketch=words.from_words(text, state).sketch)


def percents(state):
    cells = requested_cells(state)
    return {s: round(100 * cell.touched) for s, cell in cells.items() if cell.touched > 0}


def band(state):
    """Least and largest depth of what is drawn."""
    depths = [depth for region in state.sketch.regions for _, depth in region.outline]
    return round(min(depths), 3), round(max(depths), 3)


@pytest.mark.parametrize(
    ("text", "cells", "depths"),
    [
        ("subendocardial LAD, 60 %, mid to apex", {7: 60, 8: 60, 13: 60, 14: 60}, (0.0, 0.6)),
        ("mid-wall septal, basal and mid", {2: 30, 3: 30, 8: 30, 9: 30}, (0.35, 0.65)),
        ("transmural inferolateral basal", {5: 100}, (0.0, 1.0)),
        ("7 50% and 12 25%", {7: 50, 12: 25}, (0.0, 0.5)),
        ("transmural posterior basal", {4: 100}, (0.0, 1.0)),
        ("transmural posteroseptal basal", {3: 100}, (0.0, 1.0)),
    ],
)
def test_that_words_draw_what_they_say(text, cells, depths):
    state = drawn(text)
    assert percents(state) == cells
    assert band(state) == depths


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(DEPTHS),
    st.sampled_from(WALLS),
    st.sampled_from(("basal", "mid", "basal and mid")),
    st.sampled_from((None, 26, 34, 40)),
)
def test_that_text_to_sketch_to_text_comes_back(depth, wall, level, percent):
    share = "" if percent is None or depth == "transmural" else f", {percent} %"
    first = drawn(f"{depth} {wall}, {level}{share}")
    text = words.caption_of(first, 0)
    second = drawn(text)
    assert words.caption_of(second, 0) == text
    assert percents(second) == percents(first)
    assert band(second) == band(first)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 12), st.sampled_from((0.25, 0.38, 0.5, 0.63, 0.75, 0.88, 1.0)))
def test_that_a_cell_of_the_bullseye_is_said_so_that_it_is_drawn_alike(segment, fraction):
    slices = heart.slices_for(BARE, segment, 0, True)
    first = replace(BARE, sketch=heart.with_segment(BARE, segment, fraction, "endo", slices))
    assert percents(drawn(words.caption_of(first, 0))) == percents(first)


def test_that_all_rings_are_said_and_those_that_say_the_same_together():
    text = words.caption_of(drawn("transmural inferolateral basal; mid-wall septal, mid"), 0)
    assert "basal inferolateral wall" in text
    assert "mid septal wall" in text
    both = words.caption_of(drawn("transmural inferior, basal and mid"), 3)
    assert both == "Transmural enhancement in the basal and mid inferior wall"


def test_that_nothing_drawn_is_said_too():
    assert words.caption_of(BARE, 0).startswith("No enhancement")
    assert words.caption_of(State(), 0) == ""


def test_that_the_nearest_known_word_is_found_only_where_one_is_near():
    assert words.nearest_word("antoiroir") == "anterior"
    assert words.nearest_word("infrolaterol") == "inferolateral"
    assert words.nearest_word("xyzzy") == ""
    assert words.nearest_word("no1") == ""
    assert drawn("transmural mid septal antoiroir").sketch.regions
    assert words.from_words("transmural mid septal antoiroir", BARE).offers == (
        ("antoiroir", "anterior"),
    )


def test_that_coverage_follows_the_outlines_not_the_pixels():
    ring = ScarRegion(((0, 0.0), (90, 0.0), (180, 0.0), (270, 0.0), (360, 0.0),
                       (360, 0.4), (270, 0.4), (180, 0.4), (90, 0.4), (0, 0.4)), (0,))  # fmt: skip
    assert covered([ring]) == pytest.approx(0.4)
    eraser = ScarRegion(((350, -0.5), (370, -0.5), (370, 1.5), (350, 1.5)), (0,), Label.MYOCARDIUM)
    share = covered([ring, eraser])
    assert np.count_nonzero(share == 0) == 6  # 20 of 360 degrees, 3.6 apart
    assert covered([]) == pytest.approx(0.0)
