from dataclasses import replace

import numpy as np
import pytest

from lgesynth_gui.app.outcome import outcome_of
from lgesynth_gui.app.session import State, request_of
from lgesynth_gui.app.verdicts import (
    Answers,
    card_of,
    ceiling_of,
    export_summary,
    signed,
    slice_words,
    why_not_export,
    why_not_write,
    with_card,
)
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.core.synthesis import FLOOR
from lgesynth_gui.core.verdict import Finding, Grade, cut
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


def words_of(card):
    return " | ".join((card.headline, card.scope, *card.lines, card.proof))


def test_that_the_card_names_judges_limit_masses_errors_and_the_proof(drawn):
    card = card_of(applied(drawn, Grade.PASS).applied, drawn)
    for part in (
        "✓ PASS",
        "Dice 0.84",
        "limit 0.60",
        "slices 3–4, lowest 0.81 in slice 4",
        "by scar-judge 1.2 · not used while generating",
        "Co-judge n-SD (3 SD) 0.79 · agrees",
        "asked 11.2 g · measured 10.9 g",
        "error −0.3 g (−3 %) · transmurality",
        "untouched zone: 0 of 54\N{NO-BREAK SPACE}321 changed ✓",
    ):
        assert part in words_of(card)
    assert "judge Dice" in card.tooltip


def test_that_the_transmurality_error_is_the_mean_distance_of_the_shown_cells(drawn):
    result = applied(drawn, Grade.PASS).applied
    outcome = outcome_of(result, drawn.series)
    assert set(outcome.points) == set(range(7, 13))  # the generated ring alone
    touched = [7]  # the judge of the test finds what was asked, a column narrower
    errors = [abs(outcome.points[s]) for s in touched]
    assert outcome.error_points == pytest.approx(sum(errors) / len(errors))
    assert outcome.asked[7].touched == pytest.approx(0.63)
    assert all(outcome.points[s] == 0 for s in range(8, 13))
    nothing = replace(result, request=replace(result.request, sketch=ScarSketch()),
                      measured=np.zeros_like(result.measured))  # fmt: skip
    assert outcome_of(nothing, drawn.series).error_points is None


def test_that_ceiling_and_floor_stand_on_the_card(drawn, tmp_path, monkeypatch):
    result = replace(applied(drawn, Grade.PASS).applied, scores=((FLOOR, 0.0197),))
    assert "Reads the original 0.01" in words_of(card_of(result, drawn))
    seen = ceiling_of("judge 1.0.0")  # the bundled judge
    assert 0 < seen.dice <= 1
    assert seen.data
    assert ceiling_of("nobody 1.0.0") is None
    named = replace(result, verdict=replace(result.verdict, judge="judge 1.0.0"))
    words = words_of(card_of(named, drawn))
    assert f"Reads {seen.data} {cut(seen.dice)} · the original 0.01" in words


def test_that_only_the_reasons_that_the_numbers_do_not_tell_are_written_out(drawn):
    fail = applied(drawn, Grade.FAIL, 0.597).applied
    card = card_of(fail, drawn)
    assert "Dice 0.59" in card.headline
    assert not [line for line in card.lines if line.startswith("✗")]
    steep = Finding("seam", Grade.CHECK, "The seam is 1.9 times as steep as the original.")
    looked = replace(fail.verdict, grade=Grade.CHECK, dice=0.8, findings=(steep,))
    assert f"! {steep.text}" in card_of(replace(fail, verdict=looked), drawn).lines


def test_that_a_judge_that_took_part_is_said_to_have(drawn):
    result = applied(drawn, Grade.CHECK).applied
    part = Finding("independent judge", Grade.CHECK, "The judge took part.")
    told = replace(result, verdict=replace(result.verdict, findings=(part,)))
    assert "took part itself" in words_of(card_of(told, drawn))


def test_that_signs_stand_before_what_is_not_nothing():
    assert (signed(2.4), signed(-3.6), signed(0.2), signed(-0.04, 1)) == ("+2", "−4", "0", "0.0")


def test_that_the_summary_names_no_person_and_no_place(drawn):
    result = applied(drawn, Grade.PASS).applied
    text = export_summary(result, ("SYNTHETIC_LGE_001.dcm", "SYNTHETIC_LGE.nii.gz", "x.dcm"))
    assert "PASS, Dice 0.84" in text
    assert "1 nii.gz" in text
    assert "2 dcm" in text
    assert "/" not in text


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
    assert "changed" in why_not_export(stale)
    assert "no judge" in why_not_export(applied(drawn, Grade.NOT_JUDGED))


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


def test_that_the_judges_card_is_read_with_the_result_and_not_by_the_window(drawn):
    made = hearts.result_of(request_of(drawn, 2), drawn.series)

    def job():
        yield None
        return made

    ceiling_of.cache_clear()
    assert drive(with_card(job())) is made
    assert ceiling_of.cache_info().misses == 1
    ceiling_of(made.verdict.judge)
    assert ceiling_of.cache_info().misses == 1
