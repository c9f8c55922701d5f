"""Edits of scar: what they change, what they are called, and what they say when they cannot."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from lgesynth_gui.app import drawing, heart, regions, slices
from lgesynth_gui.app.cells import numbers
from lgesynth_gui.app.look import View
from lgesynth_gui.app.session import (
    Session,
    healed_in,
    is_stale,
    request_of,
    wanted_slices,
    why_not_generate,
)
from lgesynth_gui.app.stamps import Stamp, stamped
from lgesynth_gui.app.words import patterns
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch
from lgesynth_gui.core.synthesis import Hole
from tests.ui import hearts


def region(low=20.0, high=60.0, deep=0.5, where=(2,), label=Label.SCAR):
    return ScarRegion(((low, 0.0), (high, 0.0), (high, deep), (low, deep)), where, label)


@pytest.fixture
def desk(qapp):
    session, view = Session(), View()
    session.open(hearts.series(), hearts.contours(), ScarSketch((region(),)))
    view.set(slice_index=2, picked=region())
    return session, view


def wall(angle, depth, index=2):
    return hearts.at(angle, 20 - index + 10 * depth)


def pixels(state, index=2):
    return heart.labels_at(state, index)


# -- drawing


def test_that_a_brush_stroke_paints_scar_and_its_grams_are_known_beforehand(desk):
    session, _ = desk
    state, path = session.state, [wall(a, 0.5) for a in range(100, 160, 4)]
    stroke = drawing.begin_stroke(state, 2, 3.0, erase=False)
    for start, end in pairwise(path):
        stroke.add(start, end)
    after = replace(state, sketch=drawing.with_stroke(path, 3.0, state, 2, Label.SCAR))
    change, total = stroke.grams
    assert total == pytest.approx(numbers(after).scar_g, rel=0.03)
    assert change == pytest.approx(total - numbers(state).scar_g)


def test_that_erasing_everything_leaves_no_region_of_the_slice(desk):
    session, _ = desk
    state = session.state
    path = [wall(a, d) for d in (0.0, 0.3, 0.6) for a in range(10, 72, 3)]
    gone = drawing.with_stroke(path, 4.0, state, 2, Label.MYOCARDIUM)
    assert gone == ScarSketch()
    part = drawing.with_stroke(path[:6], 2.0, state, 2, Label.MYOCARDIUM)
    assert [r.label for r in part.regions] == [Label.SCAR, Label.MYOCARDIUM]


def test_that_a_core_is_drawn_inside_scar_only(desk):
    session, _ = desk
    state = replace(session.state, sketch=ScarSketch((region(deep=1.0),)))
    line = [wall(a, d) for a, d in ((30, 0.3), (50, 0.3), (75, 0.7), (30, 0.7))]
    sketch = drawing.with_line(line, state, 2, Label.NO_REFLOW)
    before, after = pixels(state), pixels(replace(state, sketch=sketch))
    assert (after == Label.NO_REFLOW).sum() > 8
    assert (before[after == Label.NO_REFLOW] == Label.SCAR).all()
    with pytest.raises(LgeSynthError, match="inside scar"):
        drawing.with_line(
            [wall(a, d) for a, d in ((200, 0.3), (220, 0.3), (220, 0.7))], state, 2, Label.NO_REFLOW
        )


def test_that_what_is_drawn_outside_the_muscle_is_cut_off_unless_the_switch_is_off(desk):
    state = desk[0].state
    line = [wall(a, d) for a, d in ((100, 0.5), (130, 0.5), (130, 1.4), (100, 1.4))]
    cut = drawing.with_line(line, state, 2, Label.SCAR).regions[-1]
    whole = drawing.with_line(line, state, 2, Label.SCAR, clip=False).regions[-1]
    assert max(d for _, d in cut.outline) == 1.0
    assert max(d for _, d in whole.outline) > 1.2
    with pytest.raises(LgeSynthError, match="outside the heart muscle"):
        drawing.with_stroke([wall(100, 2.2)], 2.0, state, 2, Label.SCAR)


def test_that_a_slice_without_contours_cannot_be_painted(desk):
    session, _ = desk
    bare = replace(session.state, contours=session.state.contours.replacing(2, None))
    for run in (
        lambda: drawing.begin_stroke(bare, 2, 3.0, erase=False),
        lambda: drawing.with_stroke([wall(30, 0.5)], 3.0, bare, 2, Label.SCAR),
    ):
        with pytest.raises(LgeSynthError, match="no heart contours"):
            run()


# -- one region


def test_that_delete_mirror_and_smooth_are_one_named_step_each(desk):
    session, view = desk
    for run, name in (
        (regions.mirror, "mirror scar, anterior-inferior"),
        (regions.smooth, "smooth scar"),
        (regions.delete, "delete scar"),
    ):
        count = session.undo_stack.count()
        assert run(session, view) == ""
        assert session.undo_stack.count() == count + 1
        assert session.undo_stack.undoText() == name
    assert session.state.sketch == ScarSketch()
    assert view.look.picked is None
    for run in (regions.mirror, regions.smooth, regions.delete):
        assert "Pick a scar first" in run(session, view)


def test_that_this_slice_leaves_the_other_slices_of_a_scar_alone(desk):
    session, view = desk
    shared = region(where=(1, 2, 3))
    session.edit("sketch", ScarSketch((shared,)), "draw")
    view.set(picked=shared, ring=False)
    regions.delete(session, view)
    assert session.state.sketch.slices() == (1, 3)
    session.undo_stack.undo()
    view.set(picked=shared, ring=True)
    regions.delete(session, view)
    assert session.state.sketch == ScarSketch()


def test_that_a_scar_of_another_slice_is_not_picked(desk):
    session, view = desk
    assert regions.picked(session.state, view) == 0
    view.set(slice_index=1)
    assert regions.picked(session.state, view) is None


# -- across slices


def turned_contours():
    """Contours whose insertions lie elsewhere in slice 4."""
    contours = hearts.contours()
    one = replace(contours.slices[4], rv_anterior=hearts.at(80, 26), rv_inferior=hearts.at(200, 26))
    return contours.replacing(4, one)


def test_that_a_pasted_scar_follows_the_insertions_and_replaces_what_was_there(desk):
    session, _ = desk
    session.edit("contours", turned_contours(), "turn")
    session.edit("sketch", session.state.sketch.adding(region(200, 300, where=(4,))), "draw")
    clip = slices.copy(session.state, 2)
    assert slices.paste(session, clip, 4) == ""
    assert session.undo_stack.undoText() == "paste scar into slice 5"
    (here,) = [r for r in session.state.sketch.regions if 4 in r.slices]
    low, high = min(a for a, _ in here.outline), max(a for a, _ in here.outline)
    assert (low % 360, high % 360) == pytest.approx((340, 20))
    back = slices.copy(session.state, 4)
    before = pixels(session.state)
    session.edit("sketch", slices.pasted(back, session.state, 2), "back")
    assert np.array_equal(pixels(session.state), before)


def test_that_copying_says_what_is_missing(desk):
    session, view = desk
    assert slices.copy(session.state, 0) is None
    assert "Ctrl+C" in slices.paste(session, None, 3)
    clip = slices.copy(session.state, 2)
    session.edit("contours", session.state.contours.replacing(3, None), "bare")
    assert "no heart contours" in slices.paste(session, clip, 3)
    assert "no heart contours" in slices.copy_to_next(session, view)
    view.set(slice_index=5)
    assert slices.copy_to_next(session, view) == "This is the last slice."
    view.set(slice_index=0)
    assert "no scar" in slices.copy_to_next(session, view)


def test_that_a_copy_in_a_ring_with_the_same_anchors_stays_one_scar(desk):
    session, view = desk
    assert slices.copy_to_next(session, view) == ""
    assert session.state.sketch.regions == (region(where=(2, 3)),)


def test_that_a_gap_is_filled_and_slices_without_contours_are_named(desk):
    session, _ = desk
    session.edit("sketch", session.state.sketch.adding(region(40, 80, 0.7, (5,))), "draw")
    contours = session.state.contours
    open_ = replace(contours.slices[3], accepted=False)
    session.edit("contours", contours.replacing(3, open_), "open")
    made = slices.filling(session.state, 2)
    assert (made.filled, made.skipped) == ((4,), (3,))
    assert slices.filling_words(made) == "Filled slice 5. Skipped slice 4: no accepted contours."
    assert made.sketch.slices() == (2, 4, 5)
    session.edit("sketch", ScarSketch((region(),)), "one")
    assert "no gap" in slices.filling(session.state, 2)


# -- slices to be healed


def test_that_a_slice_is_healed_without_any_scar_drawn(desk):
    session, view = desk
    session.edit("sketch", ScarSketch(), "clear")
    assert why_not_generate(session.state, 2) == "Draw a scar first."
    view.set(ring=False)
    assert "Slice 3" in slices.heal(session, view)
    assert session.undo_stack.undoText() == "make slice 3 healthy"
    assert why_not_generate(session.state, 2) == ""
    request = request_of(session.state, 2)
    assert (request.slices, request.hole) == ((2,), Hole.AUTO)
    assert healed_in(request) == {2}
    assert "slice 3" in slices.heal_words(session.state, 2)
    slices.heal(session, view)
    assert session.state.healed == frozenset()


def test_that_scar_drawn_in_a_healed_slice_is_painted_into_the_whole_wall(desk):
    session, view = desk
    slices.heal(session, view)  # the whole ring: slices 3 and 4
    assert session.state.healed == {2, 3}
    request = request_of(session.state, 2)
    assert (request.slices, request.hole) == ((2, 3), Hole.RING)
    assert wanted_slices(session.state, 2) == (2, 3)
    one = replace(session.state.settings, this_slice=True)
    session.edit("settings", one, "this slice")
    assert request_of(session.state, 3).slices == (3,)
    assert why_not_generate(session.state, 5) == "No scar on this slice yet."


def test_that_a_result_is_stale_once_other_slices_are_to_be_healed(desk):
    session, view = desk
    slices.heal(session, view)
    result = hearts.result_of(request_of(session.state, 2), session.state.series)
    assert not is_stale(result, session.state)
    slices.heal(session, view)
    assert is_stale(result, session.state)
    session.undo_stack.undo()
    assert not is_stale(result, session.state)
    view.set(slice_index=0)
    slices.heal(session, view)
    assert is_stale(result, session.state)


def test_that_healing_needs_accepted_contours(desk):
    session, view = desk
    session.edit("contours", hearts.contours(accepted=False), "open")
    session.edit("sketch", ScarSketch(), "clear")
    view.set(ring=False)
    slices.heal(session, view)
    assert "Accept the contours of slice 3" in why_not_generate(session.state, 2)
    session.edit("contours", session.state.contours.replacing(2, None), "bare")
    assert "no heart contours" in slices.heal(session, view)


# -- patterns


def test_that_every_pattern_can_be_sized_turned_and_moved_along(desk):
    state = replace(desk[0].state, sketch=ScarSketch())
    for row in patterns():
        plain = stamped(Stamp(row.name, 3), state)
        grams = numbers(replace(state, sketch=plain)).scar_g
        small = stamped(Stamp(row.name, 3, size=50, depth=60), state)
        assert numbers(replace(state, sketch=small)).scar_g < grams
        turned = stamped(Stamp(row.name, 3, turn=90), state)
        assert turned.regions[0].outline[0][0] == plain.regions[0].outline[0][0] + 90


def test_that_a_stamp_adds_or_replaces_and_never_leaves_the_heart(desk):
    state = desk[0].state
    name = patterns()[0].name
    assert stamped(Stamp(name, 1, adding=True), state).regions[0] == region()
    assert region() not in stamped(Stamp(name, 1), state).regions
    with pytest.raises(LgeSynthError, match="beyond the heart"):
        stamped(Stamp(name, 1, level=10), state)


def test_that_the_card_of_a_healed_slice_says_whether_scar_is_left(desk):
    from lgesynth_gui.app.verdicts import card_of
    from lgesynth_gui.core.verdict import Finding, Grade

    session, view = desk
    session.edit("sketch", ScarSketch(), "clear")
    view.set(ring=False)
    slices.heal(session, view)
    made = hearts.result_of(request_of(session.state, 2), session.state.series)
    for grade, words in ((Grade.PASS, "no scar left"), (Grade.FAIL, "scar is left")):
        finding = Finding("judge Dice", grade, "No scar was asked for.")
        verdict = replace(
            made.verdict, grade=grade, findings=(finding,), dice=None, requested_g=0.0
        )
        card = card_of(replace(made, verdict=replace(verdict, slice_dice=())), session.state)
        assert card.headline.endswith(words)
        assert "Dice" not in card.headline
        assert card.scope == "healthy muscle asked · slice 3"
