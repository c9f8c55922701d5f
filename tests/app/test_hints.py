from dataclasses import replace

from lgesynth_gui.app import heart
from lgesynth_gui.app.hints import hint
from lgesynth_gui.app.session import State
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch
from tests.ui import hearts


def state_with(segment, fraction, layer, slices):
    state = State(hearts.series(), hearts.contours())
    return replace(state, sketch=heart.with_segment(state, segment, fraction, layer, slices))


def test_that_an_ordinary_infarct_has_no_hint():
    assert hint(state_with(7, 0.8, "endo", (2, 3))) == ""
    assert hint(State()) == ""


def test_that_small_scar_says_that_dice_is_unstable():
    assert "unstable" in hint(state_with(7, 0.1, "endo", (2, 3)))


def test_that_scar_on_a_single_slice_is_named():
    assert "one slice" in hint(state_with(8, 1.0, "endo", (2,)))


def test_that_epicardial_scar_in_lad_territory_is_named():
    assert "LAD" in hint(state_with(7, 0.8, "epi", (2, 3)))


def test_that_a_drawing_beside_the_wall_is_named():
    outside = ScarRegion(((10, 1.2), (40, 1.2), (40, 1.4), (10, 1.4)), (2,))
    state = State(hearts.series(), hearts.contours(), ScarSketch((outside,)))
    assert "outside" in hint(state)
