from dataclasses import replace

import pytest

from lgesynth_gui.app.export_checks import check_lines, first_fix, mebibytes
from lgesynth_gui.app.session import State, request_of
from lgesynth_gui.app.verdicts import Answers
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.io.conformance import Check, Problem
from lgesynth_gui.io.export import Rehearsal
from tests.ui import hearts

ANSWERS = Answers(understood=True, formats=("dicom",), folder=True)
CLEAN = Rehearsal((), 3 << 20, 9 << 30, True, ())


@pytest.fixture(scope="module")
def drawn():
    state = State(hearts.series(), hearts.contours())
    return replace(state, sketch=hearts.requested(state))


def applied(state, grade, dice=0.84):
    result = hearts.result_of(request_of(state, 0), state.series, grade=grade, dice=dice)
    return replace(state, applied=result)


def grades(lines):
    return {one.title: one.grade for one in lines}


def test_that_all_is_green_when_nothing_was_found(drawn):
    lines = check_lines(applied(drawn, Grade.PASS), ANSWERS, CLEAN)
    assert set(grades(lines).values()) == {Grade.PASS}
    assert first_fix(lines) == ""
    assert len(lines) == 9
    assert all(one.why for one in lines)
    assert "0 of 54" in next(one.text for one in lines if one.title == "Untouched zone")


def test_that_nothing_is_green_before_it_was_looked_at(drawn):
    lines = check_lines(applied(drawn, Grade.PASS), ANSWERS, None)
    found = grades(lines)
    assert found.pop("Gate") is Grade.PASS
    assert set(found.values()) == {Grade.NOT_JUDGED}
    assert "checked" in first_fix(lines)


@pytest.mark.parametrize(
    ("check", "title"),
    [
        (Check.MARKED, "Marked synthetic"),
        (Check.IDENTIFIERS, "New identifiers"),
        (Check.PERSONAL, "Nothing personal"),
        (Check.GEOMETRY, "Geometry"),
        (Check.UNTOUCHED, "Untouched zone"),
        (Check.READ_BACK, "Second reader"),
    ],
)
def test_that_a_problem_turns_its_own_line_red_and_names_a_fix(drawn, check, title):
    problems = tuple(Problem(check, f"It is wrong {n} times.") for n in range(4))
    lines = check_lines(applied(drawn, Grade.PASS), ANSWERS, replace(CLEAN, problems=problems))
    red = [one for one in lines if one.grade is Grade.FAIL]
    assert [one.title for one in red] == [title]
    assert "wrong 0 times" in red[0].text
    assert "And 2 more." in red[0].text
    assert first_fix(lines).startswith(f"{title}: ")


def test_that_every_kind_of_problem_has_a_line():
    from lgesynth_gui.app.export_checks import FILE_CHECKS

    assert {one.name for one in FILE_CHECKS} == {one.name for one in Check}


def test_that_a_missing_validator_is_amber_and_its_errors_are_red(drawn):
    state = applied(drawn, Grade.PASS)
    without = replace(CLEAN, validated=None)
    assert grades(check_lines(state, ANSWERS, without))["DICOM conformance"] is Grade.CHECK
    assert first_fix(check_lines(state, ANSWERS, without)) == ""
    wrong = replace(CLEAN, validated=("x.dcm: Error - no",))
    assert grades(check_lines(state, ANSWERS, wrong))["DICOM conformance"] is Grade.FAIL
    pictures = replace(ANSWERS, formats=("png",))
    assert grades(check_lines(state, pictures, without))["DICOM conformance"] is Grade.PASS


def test_that_a_fail_is_red_until_its_reason_is_long_enough(drawn):
    state = applied(drawn, Grade.FAIL, 0.4)
    for reason, grade in (
        ("", Grade.FAIL),
        ("a b c d e f", Grade.FAIL),
        ("for a figure", Grade.CHECK),
    ):
        lines = check_lines(state, replace(ANSWERS, reason=reason), CLEAN)
        assert grades(lines)["Gate"] is grade
    assert "4 to go" in first_fix(check_lines(state, replace(ANSWERS, reason="a b c d e f"), CLEAN))


def test_that_a_check_is_red_until_somebody_looked(drawn):
    state = applied(drawn, Grade.CHECK)
    assert grades(check_lines(state, ANSWERS, CLEAN))["Gate"] is Grade.FAIL
    looked = replace(ANSWERS, looked=True)
    assert grades(check_lines(state, looked, CLEAN))["Gate"] is Grade.CHECK


@pytest.mark.parametrize("grade", [Grade.BLOCKED, Grade.NOT_JUDGED])
def test_that_there_is_no_way_around_blocked_and_not_judged(drawn, grade):
    answers = replace(ANSWERS, looked=True, reason="because I want it")
    assert grades(check_lines(applied(drawn, grade), answers, CLEAN))["Gate"] is Grade.FAIL


def test_that_space_is_said_and_too_little_is_red(drawn):
    state = applied(drawn, Grade.PASS)
    lines = check_lines(state, ANSWERS, replace(CLEAN, free=3 << 20))
    assert grades(lines)["Space"] is Grade.FAIL
    assert "3.0 MiB needed, 3.0 MiB free" in lines[-1].text
    lines = check_lines(state, ANSWERS, replace(CLEAN, writable=False))
    assert "another folder" in first_fix(lines)
    assert [mebibytes(n << 20) for n in (2, 40, 3000)] == ["2.0 MiB", "40 MiB", "2.9 GiB"]


def test_that_trouble_with_the_files_is_said_instead_of_their_checks(drawn):
    lines = check_lines(applied(drawn, Grade.PASS), ANSWERS, None, "It needs DICOM.")
    assert [one.title for one in lines] == ["Gate", "Files"]
    assert first_fix(lines) == "It needs DICOM."
