from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.anatomy.polygons import area
from lgesynth_gui.anatomy.transmurality import bullseye, mass_g, scar_of
from lgesynth_gui.app import edits, greys, heart, slices
from lgesynth_gui.app.cells import numbers, requested_cells
from lgesynth_gui.app.look import View
from lgesynth_gui.app.session import Session, State
from lgesynth_gui.app.warming import warm
from tests.ui import hearts


@pytest.fixture(scope="module")
def state():
    return State(hearts.series(), hearts.contours())


def session_and_view():
    session, view = Session(), View()
    session.open(hearts.series(), hearts.contours())
    view.set(slice_index=2)
    return session, view


@settings(max_examples=12, deadline=None)
@given(
    st.integers(1, 16), st.sampled_from([0.25, 0.4, 0.63, 1.0]), st.sampled_from(["endo", "epi"])
)
def test_that_the_bullseye_prints_what_was_asked_of_a_segment(segment, fraction, layer):
    state = State(hearts.series(), hearts.contours())
    slices = heart.slices_for(state, segment, 0, True)
    sketch = heart.with_segment(state, segment, fraction, layer, slices)
    cells = requested_cells(replace(state, sketch=sketch))
    assert cells[segment].touched == pytest.approx(fraction, abs=0.006)
    assert cells[segment].arc_deg == pytest.approx(60.0 if segment < 13 else 90.0, abs=8.0)
    assert all(cell.touched == 0 for other, cell in cells.items() if other != segment)


def test_that_cells_equal_the_anatomy_packages_own_bullseye(state):
    drawn = replace(state, sketch=hearts.requested(state))
    stack = np.stack([heart.labels_at(drawn, i) for i in range(hearts.SLICES)])
    oracle = bullseye(stack, drawn.contours, drawn.series.spacing)
    cells = requested_cells(drawn)
    assert set(cells) == set(oracle)
    for segment, cell in cells.items():
        assert cell.touched == pytest.approx(oracle[segment].touched_mean, abs=0.03)
        assert cell.grams == pytest.approx(oracle[segment].grams)
    grams = mass_g(scar_of(stack), drawn.series.spacing)
    assert numbers(drawn).scar_g == pytest.approx(grams)


def test_that_outlines_enclose_the_area_of_the_rendered_scar(state):
    drawn = replace(state, sketch=hearts.requested(state))
    index = drawn.sketch.slices()[0]
    pixels = scar_of(heart.labels_at(drawn, index)).sum() * hearts.MM**2
    lines = heart.requested_outlines(drawn, index)
    assert sum(area(line) for line in lines) == pytest.approx(pixels, rel=0.12)


def test_that_a_masks_outline_lies_where_the_mask_is():
    mask = np.zeros((40, 50), dtype=bool)
    mask[10:22, 20:40] = True
    (line,) = heart.mask_outlines(mask, (2.0, 1.0))
    xs, ys = [p[0] for p in line], [p[1] for p in line]
    assert (min(xs) + max(xs)) / 2 == pytest.approx(29.5, abs=0.1)
    assert (min(ys) + max(ys)) / 2 == pytest.approx(31.0, abs=0.15)
    assert area(line) == pytest.approx(mask.sum() * 2.0, rel=0.05)


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 359.9), st.floats(0.15, 0.85))
def test_that_the_segment_under_the_pointer_is_the_one_that_is_filled(angle, depth):
    state = State(hearts.series(), hearts.contours())
    point = hearts.at(angle, 18 + 10 * depth)
    place = heart.wall_place(state, 2, point)
    assert place[0] == pytest.approx(angle, abs=0.5) or abs(place[0] - angle) > 359
    assert place[1] == pytest.approx(depth, abs=0.12)
    segment = heart.segment_at(state, 2, point)
    assert segment in range(7, 13)


def test_that_a_point_far_from_the_wall_is_no_segment(state):
    assert heart.segment_at(state, 2, hearts.CENTRE) is None
    assert heart.segment_at(state, 2, hearts.at(10, 60)) is None


def test_that_a_class_key_sets_the_midpoint_and_again_the_top(qapp):
    session, view = session_and_view()
    edits.select_segment(session, view, 7)
    edits.set_class(session, view, 2)
    assert requested_cells(session.state)[7].grade == 2
    first = requested_cells(session.state)[7].touched
    edits.set_class(session, view, 2)
    second = requested_cells(session.state)[7]
    assert second.touched > first
    edits.set_class(session, view, 0)
    assert requested_cells(session.state)[7].touched == 0


def test_that_selecting_a_segment_of_another_ring_goes_there(qapp):
    session, view = session_and_view()
    edits.select_segment(session, view, 14)
    assert session.state.contours.level(view.look.slice_index) == 2


def test_that_scope_slice_changes_the_shown_slice_alone(qapp):
    session, view = session_and_view()
    view.set(ring=False)
    edits.set_fraction(session, view, 8, 0.5)
    assert session.state.sketch.slices() == (2,)


def test_that_copying_to_the_next_slice_goes_there_and_is_one_step(qapp):
    session, view = session_and_view()
    view.set(ring=False)
    edits.set_fraction(session, view, 8, 0.5)
    assert slices.copy_to_next(session, view) == ""
    assert session.state.sketch.slices() == (2, 3)
    assert view.look.slice_index == 3
    session.undo_stack.undo()
    assert session.state.sketch.slices() == (2,)


def test_that_proposals_never_replace_accepted_contours(qapp):
    session, _ = session_and_view()
    before = session.state.contours
    edits.take_proposal(session, hearts.contours(accepted=False))
    assert session.state.contours == before


def test_that_the_window_keeps_muscle_noise_and_bright_texture(state):
    window, level = greys.grey_window(state.series, state.contours)
    low, high = level - window / 2, level + window / 2
    assert low < 60 < high
    assert high > 380


def test_that_scar_a_host_already_holds_is_not_cut_off_and_does_not_lift_the_low_end(state):
    clean = greys.grey_window(state.series, state.contours)
    pixels = np.array(state.series.pixels)
    for i in range(3):
        wall = heart.wall_at(state.series, state.contours, i)
        scar = wall.mask & (wall.angle < 90)
        pixels[i][scar] = 900
    scarred = replace(state.series, pixels=pixels)
    window, level = greys.grey_window(scarred, state.contours)
    assert level + window / 2 > 900
    assert level - window / 2 == pytest.approx(clean[1] - clean[0] / 2, abs=12)


def test_that_the_scale_of_a_difference_is_a_round_number():
    assert [greys.difference_limit(w) for w in (906.0, 40.0, 1.9, 190.0, 7200.0)] == [
        500,
        20,
        1,
        100,
        5000,
    ]


def test_that_warming_leaves_no_line_to_be_traced_in_the_window():
    from lgesynth_gui.app.outlines import sketch_outlines

    series, contours, sketch = hearts.series(), hearts.contours(), hearts.requested_sketch()
    warm(series, contours, sketch)
    before = sketch_outlines.cache_info().misses
    lines = [heart.requested_outlines(State(series, contours, sketch), i) for i in sketch.slices()]
    assert all(lines)
    assert sketch_outlines.cache_info().misses == before
