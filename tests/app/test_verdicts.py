from dataclasses import replace

import pytest

from lgesynth_gui.app.session import State, request_of
from lgesynth_gui.app.verdicts import (
    Answers,
    card_of,
    slice_words,
    why_not_export,
    why_not_write,
)
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.core.verdict import Grade, cut
from tests.ui import hearts

FULL = Answers(looked=True, reason="", understood=True, formats=("dicom",), folder=True)


@pytest.fixture(scope="module")
def drawn():
    state = State(hearts.series(), hearts.contours())
    return replace(state, sketch=hearts.requested(state))


def applied(state, grade, dice=0.84):
    result = hearts.result_of(request_of(state, 0), state.series, grade=grade, dice=dice)
    return replace(state, applied=result)


def test_that_decimals_are_cut_so_that_a_fail_never_reads_as_the_limit():
    assert cut(0.597) == "0.59"
    assert cut(0.60) == "0.60"
    assert cut(0.29) == "0.29"
    assert cut(None) == cut(float("nan")) == "–"


def test_that_the_card_names_judge_dice_grams_and_the_untouched_zone(drawn):
    card = card_of(applied(drawn, Grade.PASS).applied, drawn)
    words = " ".join((card.headline, card.scope, *card.lines))
    for part in (
        "✓ PASS",
        "Dice 0.84",
        "0.60",
        "scar-judge 1.2",
        "n-SD",
        "11.2 g",
        "10.9 g",
        "0 of",
    ):
        assert part in words


def test_that_an_edit_makes_the_verdict_void(drawn):
    result = applied(drawn, Grade.PASS).applied
    card = card_of(result, replace(drawn, sketch=ScarSketch()))
    assert card.grade is Grade.NOT_JUDGED
    assert "Dice" not in card.headline


def test_that_export_follows_the_table_of_grades(drawn):
    assert "Apply" in why_not_export(drawn)
    assert why_not_export(applied(drawn, Grade.PASS)) == ""
    assert "BLOCKED" in why_not_export(applied(drawn, Grade.BLOCKED))
    stale = replace(applied(drawn, Grade.PASS), sketch=ScarSketch())
    assert "Not judged" in why_not_export(stale)


def test_that_a_fail_needs_ten_letters_and_a_check_a_tick(drawn):
    fail = applied(drawn, Grade.FAIL, 0.4)
    assert "reason" in why_not_write(fail, FULL)
    assert "reason" in why_not_write(fail, replace(FULL, reason="  a b c d  e  "))
    assert why_not_write(fail, replace(FULL, reason="for the failure gallery")) == ""
    check = applied(drawn, Grade.CHECK)
    assert "looked" in why_not_write(check, replace(FULL, looked=False))
    assert why_not_write(check, FULL) == ""


@pytest.mark.parametrize(
    ("missing", "word"),
    [({"formats": ()}, "format"), ({"folder": False}, "folder"), ({"understood": False}, "Tick")],
)
def test_that_nothing_is_written_while_an_answer_is_missing(drawn, missing, word):
    assert word in why_not_write(applied(drawn, Grade.PASS), replace(FULL, **missing))


def test_that_slices_are_counted_from_one():
    assert slice_words((3,)) == "slice 4"
    assert slice_words((3, 4, 5)) == "slices 4–6"
    assert slice_words((1, 4)) == "slices 2, 5"
