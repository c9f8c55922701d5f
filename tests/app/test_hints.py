from dataclasses import replace

import numpy as np

from lgesynth_gui.app import heart, words
from lgesynth_gui.app.hints import hints
from lgesynth_gui.app.session import State
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch
from tests.ui import hearts

SERIES, CONTOURS = hearts.series(), hearts.contours()


def state_with(segment, fraction, layer, slices):
    state = State(SERIES, CONTOURS)
    return replace(state, sketch=heart.with_segment(state, segment, fraction, layer, slices))


def said(text):
    state = State(SERIES, CONTOURS)
    return replace(state, sketch=words.from_words(text, state).sketch)


def ids(state):
    return [one.id for one in hints(state)]


def test_that_an_ordinary_infarct_has_no_hint():
    assert ids(state_with(7, 0.63, "endo", (2, 3))) == []
    assert ids(State()) == []
    assert ids(State(SERIES, CONTOURS)) == []


def test_that_every_hint_is_one_short_line_with_a_reason():
    drawings = (
        state_with(7, 0.1, "endo", (2,)),
        state_with(7, 0.8, "epi", (2, 3)),
        state_with(7, 0.3, "mid", (2, 3)),
        state_with(8, 1.0, "endo", (2, 3)),
    )
    found = {one for state in drawings for one in hints(state)}
    assert {one.id for one in found} == {"small", "single", "epi-lad", "mid-wall", "steep"}
    for one in found:
        assert len(one.text) <= 80
        assert len(one.why) > len(one.text)


def test_that_small_scar_says_that_dice_is_unstable():
    (first, *_) = hints(state_with(7, 0.1, "endo", (2, 3)))
    assert "unstable" in first.text


def test_that_scar_on_a_single_slice_is_named_only_between_clean_neighbours():
    assert "single" in ids(state_with(8, 0.6, "endo", (2,)))
    lonely = replace(state_with(8, 0.6, "endo", (2,)), contours=CONTOURS)
    for other in (0, 1, 3, 4, 5):
        lonely = replace(lonely, contours=lonely.contours.replacing(other, None))
    assert "single" not in ids(lonely)


def test_that_mid_wall_scar_is_unusual_only_inside_one_territory():
    assert "mid-wall" in ids(state_with(7, 0.3, "mid", (2, 3)))
    assert "mid-wall" not in ids(said("mid-wall septal, basal and mid"))  # LAD and RCA


def test_that_epicardial_scar_is_unusual_in_lad_territory_and_not_in_the_lateral_wall():
    assert "epi-lad" in ids(state_with(7, 0.6, "epi", (2, 3)))
    assert "epi-lad" not in ids(state_with(11, 0.6, "epi", (2, 3)))


def test_that_transmural_scar_needs_a_taper_beside_healthy_wall():
    assert "steep" in ids(state_with(7, 0.9, "endo", (2, 3)))
    ring = said("transmural circumferential, basal and mid and apical")
    assert "steep" not in ids(ring)
    points = [(60 + 6 * i, 0.0) for i in range(11)]
    bow = [(60 + 6 * i, 0.9 * np.sin(np.pi * i / 10)) for i in range(10, -1, -1)]
    tapered = ScarSketch((ScarRegion((*points, *bow), (2, 3)),))
    assert "steep" not in ids(State(SERIES, CONTOURS, tapered))


def test_that_bright_wall_in_the_original_is_named():
    pixels = np.array(SERIES.pixels)
    drawn = state_with(7, 0.6, "endo", (2, 3))
    pixels[2][heart.labels_at(state_with(10, 0.8, "endo", (2,)), 2) >= 3] = 400
    scarred = replace(drawn, series=replace(SERIES, pixels=pixels))
    assert "bright" in ids(scarred)
    assert "Slice 3" in next(one.text for one in hints(scarred) if one.id == "bright")


def test_that_a_drawing_beside_the_wall_is_named():
    outside = ScarRegion(((10, 1.2), (40, 1.2), (40, 1.4), (10, 1.4)), (2,))
    (only,) = hints(State(SERIES, CONTOURS, ScarSketch((outside,))))
    assert "outside" in only.text
