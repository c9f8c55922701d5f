from dataclasses import replace

import pytest

from lgesynth_gui.app import borders, contour_edits
from lgesynth_gui.app.look import View
from lgesynth_gui.app.session import Session, new_merge_key
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.labels import Level
from tests.ui import hearts


@pytest.fixture
def session(qapp):
    made = Session()
    made.open(hearts.series(), hearts.contours())
    return made


def test_that_a_ring_is_given_and_taken_back(session):
    assert contour_edits.ring_of(session.state.contours, 0) == "auto"
    contour_edits.set_ring(session, 0, "apical")
    assert session.state.contours.level(0) is Level.APICAL
    assert contour_edits.ring_of(session.state.contours, 0) == "apical"
    contour_edits.set_ring(session, 0, "auto")
    assert session.state.contours.level(0) is Level.BASAL
    session.undo_stack.undo()
    assert session.state.contours.level(0) is Level.APICAL


def test_that_an_apex_has_no_cavity_and_cannot_become_a_ring_without_one(session):
    contour_edits.set_ring(session, 5, "apex")
    one = session.state.contours.slices[5]
    assert (one.endo, session.state.contours.level(5)) == ((), Level.APEX)
    assert contour_edits.ring_of(session.state.contours, 5) == "apex"
    assert "endocardium" in contour_edits.can_be(session.state.contours, 5, "mid")
    contour_edits.set_ring(session, 5, "mid")
    assert session.state.contours.level(5) is Level.APEX
    session.undo_stack.undo()
    assert session.state.contours == hearts.contours()


def test_that_a_slice_left_out_has_no_contours_and_the_thirds_follow(session):
    for index in (0, 1):
        contour_edits.set_ring(session, index, "out")
    contours = session.state.contours
    assert contours.slices[0] is None
    assert contour_edits.ring_of(contours, 0) == "out"
    assert contour_edits.ring_word(contours, 0) == ""
    assert contours.level(2) is Level.BASAL
    assert contour_edits.can_be(contours, 0, "mid")


def test_that_copied_contours_are_a_proposal_of_the_neighbour_and_are_shown(session):
    view = View()
    view.set(slice_index=2)
    contour_edits.set_ring(session, 3, "apical")
    said = contour_edits.copy_contours(session, view, 1)
    copied, source = session.state.contours.slices[3], session.state.contours.slices[2]
    assert (copied.endo, copied.epi, copied.rv_anterior) == (
        source.endo,
        source.epi,
        source.rv_anterior,
    )
    assert not copied.accepted
    assert copied.level is Level.APICAL
    assert view.look.slice_index == 3
    assert "slice 4" in said
    view.set(slice_index=0)
    before = session.state
    assert "no slice" in contour_edits.copy_contours(session, view, -1)
    assert session.state is before


def test_that_smoothing_is_one_undo_step_and_starts_from_the_same_border(session):
    rough = tuple(hearts.at(5.0 * k, 28 + (k % 2)) for k in range(72))
    contours = session.state.contours
    base = replace(contours.slices[1], epi=rough)
    session.edit("contours", contours.replacing(1, base), "rough")
    count, key = session.undo_stack.count(), new_merge_key()
    for amount in (0.2, 0.9, 0.4):
        assert contour_edits.smooth(session, 1, base, "epi", amount, key) == ""
    assert session.state.contours.slices[1].epi == borders.smoothed(rough, 0.4)
    assert session.undo_stack.count() == count + 1
    session.undo_stack.undo()
    assert session.state.contours.slices[1] == base


def test_that_smoothing_stops_where_the_borders_would_cross(session):
    wavy = tuple(hearts.at(5.0 * k, 27 + (2 if 17 <= k <= 19 else 0)) for k in range(72))
    base = replace(
        session.state.contours.slices[1],
        epi=wavy,
        endo=tuple(hearts.at(5.0 * k, 20 + (8.5 if k == 18 else 0)) for k in range(72)),
    )
    assert borders.crossings(base) == ()
    session.edit("contours", session.state.contours.replacing(1, base), "near")
    why = contour_edits.smooth(session, 1, base, "epi", 1.0, new_merge_key())
    assert "cross" in why
    assert borders.crossings(session.state.contours.slices[1]) == ()


def test_that_words_of_a_slice_without_contours_are_none():
    assert contour_edits.ring_word(HeartContours((None,)), 0) == ""
